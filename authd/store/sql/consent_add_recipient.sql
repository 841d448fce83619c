INSERT INTO consent_recipient (record_id, sub, service, purpose, given_us, seq)
SELECT c.record_id, c.sub, $2, c.purpose, c.given_us, 1 + (SELECT count(*) FROM consent_recipient v WHERE v.record_id = $1)
FROM consent c
WHERE c.record_id = $1
