SELECT offer_id, case_id, sub, operator_sub, operator, organisation, role, action, channel, way, content, digest, list_id, code_number, created_us, expires_us, event_id, log_index, tries, state, second_sub, second, confirmed_us, result
FROM desk_offer
WHERE offer_id = $1 AND organisation = $2 AND log_index IS NOT NULL
