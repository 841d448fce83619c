DELETE FROM session_client
WHERE sid IN (SELECT sid FROM session WHERE sub = $1 AND sid <> $2)
