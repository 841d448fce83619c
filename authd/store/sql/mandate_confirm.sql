-- Two different people, and an heir only of whoever is dead by the very word on which they were registered, whatever the
-- program above thinks. Under a freeze of either side it begins frozen.
UPDATE mandate
SET confirmer = $2, state = 'active', event_id = $3,
	frozen_us = (SELECT min(f.frozen_us) FROM frozen f WHERE f.sub = mandate.sub OR f.sub = mandate.representative)
WHERE mandate_id = $1 AND state = 'proposed' AND code_hash IS NULL AND representative IS NOT NULL AND operator_id <> $2
	AND (kind <> 'heir' OR EXISTS (SELECT 1 FROM death d WHERE d.death_id = mandate.death_id AND d.state = 'confirmed'))
