INSERT INTO service_level (month, node, name, count)
VALUES ($1, $2, $3, $4)
ON CONFLICT (month, node, name) DO UPDATE
SET count = excluded.count
