INSERT INTO consent_category (record_id, category)
VALUES ($1, $2)
