SELECT count(*)
FROM policy_proposal
WHERE state <> 'activated' AND ($1 = '' OR author = $1)
