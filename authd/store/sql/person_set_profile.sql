-- Not after erasure: there is no key to seal it under then.
UPDATE person
SET profile = $2
WHERE sub = $1 AND wrapped_key IS NOT NULL
