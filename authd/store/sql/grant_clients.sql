SELECT g.client_id, c.name, MIN(g.created_us), MAX(g.created_us)
FROM oauth_grant g
JOIN client c ON c.client_id = g.client_id
WHERE g.sub = $1 AND g.revoked_us IS NULL
GROUP BY g.client_id, c.name
ORDER BY MAX(g.created_us) DESC, g.client_id
LIMIT $2
