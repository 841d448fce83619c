INSERT INTO person_key (sub, wrapped_key)
VALUES ($1, $2)
