SELECT version, sha256, bundle, activated_us, event_id, log_index
FROM policy_activation
ORDER BY version DESC
LIMIT 1
