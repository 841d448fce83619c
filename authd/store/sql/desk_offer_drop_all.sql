-- What was prepared at a desk for somebody who is there no more.
UPDATE desk_offer
SET state = 'refused'
WHERE sub = $1 AND state = 'prepared'
