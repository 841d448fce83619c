SELECT tag, sub, month
FROM person_tag
WHERE tag = $1
