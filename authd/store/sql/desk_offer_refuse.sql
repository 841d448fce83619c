UPDATE desk_offer
SET state = 'refused'
WHERE offer_id = $1 AND organisation = $2 AND state = 'prepared'
