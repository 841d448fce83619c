INSERT INTO logout_notice (sid, client_id, subject, sub, ended_us, next_us, attempts)
SELECT c.sid, c.client_id, c.subject, s.sub, $3, $3, 0
FROM session s
JOIN session_client c ON c.sid = s.sid
WHERE s.sub = $1 AND s.sid <> $2
ON CONFLICT DO NOTHING
