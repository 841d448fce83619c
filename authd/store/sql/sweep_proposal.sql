DELETE FROM policy_proposal
WHERE id IN (SELECT id FROM policy_proposal WHERE state <> 'activated' AND expires_us < $1 LIMIT $2)
