-- Of each client only the one that waits longest, so that one client's many hold up nobody else's.
SELECT n.sid, n.client_id, n.subject, n.sub, n.ended_us, n.next_us, n.attempts
FROM logout_notice n
WHERE n.next_us <= $1 AND NOT EXISTS (SELECT 1 FROM logout_notice o
	WHERE o.client_id = n.client_id AND (o.next_us < n.next_us OR (o.next_us = n.next_us AND o.sid < n.sid)))
ORDER BY n.next_us, n.client_id
LIMIT $2
