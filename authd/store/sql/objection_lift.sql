-- Only the one that was read: lifted and set anew meanwhile, it is another one, with an entry of its own.
UPDATE objection
SET lift_event_id = $4
WHERE sub = $1 AND purpose = $2 AND category = $3 AND log_index = $5 AND lift_event_id IS NULL
