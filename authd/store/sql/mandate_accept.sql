-- One statement: of two who use a code at the same moment, one gets it. Under a freeze of either side it begins frozen.
UPDATE mandate
SET representative = $2, state = 'active', code_hash = NULL, event_id = $3,
	frozen_us = (SELECT min(f.frozen_us) FROM frozen f WHERE f.sub = mandate.sub OR f.sub = $2)
WHERE mandate_id = $1 AND state = 'proposed' AND code_hash IS NOT NULL AND code_until_us > $4 AND sub <> $2
