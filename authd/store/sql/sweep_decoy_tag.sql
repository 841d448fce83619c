DELETE FROM decoy_tag
WHERE tag IN (SELECT tag FROM decoy_tag WHERE expires_us < $1 ORDER BY expires_us LIMIT $2)
