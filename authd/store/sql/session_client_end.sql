INSERT INTO logout_notice (sid, client_id, subject, sub, ended_us, next_us, attempts)
SELECT c.sid, c.client_id, c.subject, s.sub, $2, $2, 0
FROM session_client c
JOIN session s ON s.sid = c.sid
WHERE c.sid = $1
ON CONFLICT DO NOTHING
