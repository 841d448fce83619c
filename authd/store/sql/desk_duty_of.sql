SELECT role
FROM desk_duty
WHERE sid = $1
