-- Also when the rotation's entry never became durable: then nobody has been told of the next token.
UPDATE refresh_token
SET retries = retries + 1
WHERE handle = $1 AND former_hash = $2 AND (rotated_us >= $3 OR log_index IS NULL)
