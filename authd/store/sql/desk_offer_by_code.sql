-- The number belongs to this offer alone, and to the list that is good now; whoever printed the list does not use it.
UPDATE desk_offer
SET state = 'confirmed', confirmed_us = $4
WHERE offer_id = $1 AND operator_sub = $2 AND digest = $3 AND way = 'code' AND state = 'prepared' AND expires_us > $4 AND log_index IS NOT NULL
	AND EXISTS (SELECT 1 FROM desk_codes c WHERE c.sub = desk_offer.sub AND c.list_id = desk_offer.list_id AND c.seen_by <> desk_offer.operator_sub)
