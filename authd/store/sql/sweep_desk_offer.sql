DELETE FROM desk_offer
WHERE offer_id IN (SELECT offer_id FROM desk_offer WHERE expires_us < $1 ORDER BY expires_us LIMIT $2)
