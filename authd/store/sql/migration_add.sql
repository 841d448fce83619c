INSERT INTO schema_migration (version, name, sha256, applied_us)
VALUES ($1, $2, $3, $4)
