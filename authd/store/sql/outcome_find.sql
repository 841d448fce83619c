SELECT evaluation_id, sub, outcome, records, by_client, at_us, event_id, log_index
FROM outcome
WHERE evaluation_id = $1
