-- The next number, for one offer and no other. A list with too many wrong codes gives none any more.
UPDATE desk_codes
SET next = next + 1
WHERE sub = $1 AND next <= size AND failures < $3 AND seen_by <> $2 AND log_index IS NOT NULL
RETURNING next - 1, list_id
