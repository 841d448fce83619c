SELECT notice_id, version, lang, sha256, body
FROM notice_text
WHERE notice_id = $1 AND version = $2 AND lang = $3
