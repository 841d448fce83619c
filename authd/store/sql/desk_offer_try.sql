-- A try is counted before the code is looked at, so that many at once are no more than a few one after the other.
UPDATE desk_offer
SET tries = tries + 1
WHERE offer_id = $1 AND operator_sub = $2 AND way = 'code' AND state = 'prepared' AND tries < $3 AND expires_us > $4 AND log_index IS NOT NULL
