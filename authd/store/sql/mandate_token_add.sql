-- Heirs see documents in the portal; there are no tokens for them.
INSERT INTO mandate_token (jti, mandate_id, expires_us)
SELECT $2, mandate_id, $3
FROM mandate
WHERE mandate_id = $1 AND state = 'active' AND frozen_us IS NULL AND kind <> 'heir'
