INSERT INTO session_client (sid, client_id, subject, look_us)
SELECT sid, $2, $3, CASE WHEN seen_us + idle_us_limit < expires_us THEN seen_us + idle_us_limit ELSE expires_us END
FROM session
WHERE sid = $1
ON CONFLICT DO NOTHING
