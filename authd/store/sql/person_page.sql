SELECT p.sub, p.login, p.kind, p.status, p.profile, p.pseudonym, p.created_us, p.event_id, p.log_index, k.wrapped_key
FROM person p
LEFT JOIN person_key k ON k.sub = p.sub
WHERE ($1 = '' OR p.kind = $1) AND p.sub > $2 AND p.event_id <> ''
ORDER BY p.sub
LIMIT $3
