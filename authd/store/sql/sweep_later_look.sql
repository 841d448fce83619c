DELETE FROM later_look
WHERE tag IN (SELECT tag FROM later_look WHERE sub IS NULL AND made_us < $1 ORDER BY made_us LIMIT $2)
