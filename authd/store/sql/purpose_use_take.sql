-- Nobody is counted any more who was erased while the decision was under way.
INSERT INTO purpose_use (sub, service, purpose, window_start_us, window_end_us, count)
SELECT $1, $2, $3, $4, $5, 1
WHERE EXISTS (SELECT 1 FROM person_key WHERE sub = $1)
ON CONFLICT (sub, service, purpose, window_start_us) DO UPDATE
SET count = purpose_use.count + 1
WHERE purpose_use.count < $6
RETURNING count
