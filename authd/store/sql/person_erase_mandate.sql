-- The paper goes; that there was a mandate names nobody without the key, and is what old entries refer to.
UPDATE mandate
SET document = NULL, code_hash = NULL, state = CASE WHEN state IN ('proposed', 'active') THEN 'ended' ELSE state END,
	reason = COALESCE(reason, 'erased')
WHERE sub = $1 OR representative = $1
