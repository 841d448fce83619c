SELECT sub, organisation, role, assigned_us, event_id, log_index
FROM person_role
WHERE sub = $1
ORDER BY organisation, role
LIMIT 1000
