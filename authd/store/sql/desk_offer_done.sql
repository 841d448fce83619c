-- Particulars of a new account are the account's from now on.
UPDATE desk_offer
SET state = 'done', sub = $2, result = $3, content = CASE WHEN action = 'account' THEN '' ELSE content END
WHERE offer_id = $1 AND state = 'confirmed'
