DELETE FROM logout_notice
WHERE sid = $1 AND client_id = $2
