-- Whoever ends it meanwhile waits for the commit; whoever ended it was first, and there is no row.
UPDATE mandate
SET zone = zone
WHERE mandate_id = $1 AND state = 'active' AND log_index IS NOT NULL AND frozen_us IS NULL AND until_us > $2
	AND COALESCE(majority_us, $2 + 1) > $2
