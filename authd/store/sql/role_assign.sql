INSERT INTO person_role (sub, organisation, role, assigned_us, event_id)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
