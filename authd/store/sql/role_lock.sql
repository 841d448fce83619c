-- Two assignments to one person at the same time must see each other: separation of duties is checked in between.
UPDATE person
SET kind = kind
WHERE sub = $1
