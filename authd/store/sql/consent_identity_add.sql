INSERT INTO consent_identity (record_id, sub, sealed)
VALUES ($1, $2, $3)
