INSERT INTO desk_offer (offer_id, case_id, sub, operator_sub, operator, organisation, role, action, channel, way, content, digest, list_id, code_number, created_us, expires_us, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
