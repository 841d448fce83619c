-- Two different people, whatever the program above thinks. Under a freeze of either side it begins frozen.
UPDATE mandate
SET confirmer = $2, state = 'active', event_id = $3,
	frozen_us = (SELECT min(f.frozen_us) FROM frozen f WHERE f.sub = mandate.sub OR f.sub = mandate.representative)
WHERE mandate_id = $1 AND state = 'proposed' AND code_hash IS NULL AND representative IS NOT NULL AND operator_id <> $2
