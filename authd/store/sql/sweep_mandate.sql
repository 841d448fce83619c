-- What nobody took or confirmed: nobody ever acted under it, and no entry refers to it.
DELETE FROM mandate
WHERE mandate_id IN (SELECT mandate_id FROM mandate WHERE state = 'proposed' AND created_us < $1 ORDER BY created_us LIMIT $2)
