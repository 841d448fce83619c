SELECT month, complete, body, made_us
FROM report
WHERE month = $1
