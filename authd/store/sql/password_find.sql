SELECT sub, phc, changed_us, failures, next_try_us
FROM password
WHERE sub = $1
