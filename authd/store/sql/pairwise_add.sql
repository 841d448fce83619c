INSERT INTO pairwise (alias, organisation, sub)
VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
