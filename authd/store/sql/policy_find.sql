SELECT version, sha256, bundle, activated_us, event_id, log_index
FROM policy_activation
WHERE version = $1
