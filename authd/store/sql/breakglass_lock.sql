-- Two emergencies of one operator at the same time must see each other: the quota is counted in between.
UPDATE person
SET kind = kind
WHERE pseudonym = $1
