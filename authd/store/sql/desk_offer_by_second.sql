-- Another person of the same organisation, who is not the one whom it is about.
UPDATE desk_offer
SET state = 'confirmed', confirmed_us = $6, second_sub = $2, second = $3
WHERE offer_id = $1 AND operator_sub <> $2 AND sub <> $2 AND organisation = $4 AND digest = $5 AND way = 'paper' AND state = 'prepared' AND expires_us > $6 AND log_index IS NOT NULL
