INSERT INTO desk_duty (sid, role)
VALUES ($1, $2)
ON CONFLICT (sid) DO NOTHING
