-- The entry of the rotation is still on its way; the family can be used again when it has arrived.
UPDATE refresh_token
SET token_hash = former_hash, former_hash = NULL, rotated_us = NULL
WHERE handle = $1 AND former_hash = $2 AND event_id = $3 AND log_index IS NULL AND retries = 0
