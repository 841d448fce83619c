SELECT name, value
FROM setting
WHERE name = $1
