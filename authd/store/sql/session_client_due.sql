SELECT c.sid, s.sub, s.seen_us, s.idle_us_limit, s.expires_us
FROM session_client c
JOIN session s ON s.sid = c.sid
WHERE c.look_us <= $1
ORDER BY c.look_us, c.sid
LIMIT $2
