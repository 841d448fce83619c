SELECT month, complete, '', made_us
FROM report
ORDER BY month DESC
LIMIT $1
