-- Not after erasure: there is no key to seal it under then.
UPDATE person
SET profile = $2
WHERE sub = $1 AND EXISTS (SELECT 1 FROM person_key k WHERE k.sub = $1)
