SELECT count(*)
FROM pushed_request
WHERE client_id = $1 AND expires_us > $2 AND used_us IS NULL
