DELETE FROM oauth_grant
WHERE grant_id IN (SELECT grant_id FROM oauth_grant WHERE expires_us < $1 ORDER BY expires_us LIMIT $2)
