SELECT DISTINCT sub
FROM consent_recipient
WHERE service = $1 AND sub > $2
ORDER BY sub
LIMIT $3
