SELECT alias, organisation, sub
FROM pairwise
WHERE alias = $1 AND organisation = $2
