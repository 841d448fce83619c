-- What was taken back counts as expired from then on: the sweep goes by that.
UPDATE policy_proposal
SET state = $2, expires_us = CASE WHEN $2 = 'withdrawn' THEN $3 ELSE expires_us END
WHERE id = $1 AND state = 'open' AND expires_us > $3 AND log_index IS NOT NULL
