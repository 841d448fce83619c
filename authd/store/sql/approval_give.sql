INSERT INTO approval (sub, client_id, fingerprint, scope, details, given_us, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (sub, client_id, fingerprint) DO UPDATE
SET given_us = $6, revoked_us = NULL, event_id = $7, log_index = NULL
