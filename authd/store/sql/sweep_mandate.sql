-- What nobody took: nobody ever acted under it, and no entry refers to it. What an office registered ends with an entry
-- instead (mandate_lapse.sql).
DELETE FROM mandate
WHERE mandate_id IN (
	SELECT mandate_id FROM mandate WHERE state = 'proposed' AND operator_id IS NULL AND created_us < $1 ORDER BY created_us LIMIT $2)
