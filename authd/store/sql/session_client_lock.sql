-- The end of a session and an ID token of it wait for one another, so that the later of the two sees the other.
UPDATE session
SET seen_us = seen_us
WHERE sid = $1 AND ended_us IS NULL
