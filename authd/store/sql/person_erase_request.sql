-- What services wrote about the person goes; what is open is answered by nobody any more.
UPDATE consent_request
SET case_ref = NULL, return_to = NULL, state = CASE WHEN state IN ('requested', 'deferred') THEN 'expired' ELSE state END
WHERE sub = $1
