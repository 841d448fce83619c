UPDATE desk_offer
SET log_index = $3
WHERE offer_id = $1 AND event_id = $2 AND log_index IS NULL
