-- $1: a mandate, or a person: all that they gave or hold.
DELETE FROM acting
WHERE mandate_id IN (SELECT m.mandate_id FROM mandate m WHERE m.mandate_id = $1 OR m.sub = $1 OR m.representative = $1)
