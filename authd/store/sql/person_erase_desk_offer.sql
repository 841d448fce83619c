-- What was prepared for the person goes; that somebody helped is in the log and in the records.
DELETE FROM desk_offer
WHERE sub = $1
