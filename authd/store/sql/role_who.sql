SELECT sub, organisation, role, assigned_us, event_id, log_index
FROM person_role
WHERE ($1 = '' OR organisation = $1) AND ($2 = '' OR role = $2)
	AND (organisation, role, sub) > ($3, $4, $5)
ORDER BY organisation, role, sub
LIMIT $6
