INSERT INTO notice_text (notice_id, version, lang, sha256, body)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
