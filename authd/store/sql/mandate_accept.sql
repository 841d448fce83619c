-- One statement: of two who use a code at the same moment, one gets it.
UPDATE mandate
SET representative = $2, state = 'active', code_hash = NULL, event_id = $3
WHERE mandate_id = $1 AND state = 'proposed' AND code_hash IS NOT NULL AND code_until_us > $4 AND sub <> $2
