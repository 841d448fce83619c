-- Texts that no proposal names any more and that were never in force. The outer condition is judged again when somebody
-- has just needed the same text (bundle_add.sql).
DELETE FROM policy_bundle
WHERE added_us < $1 AND sha256 IN (
	SELECT b.sha256
	FROM policy_bundle b
	WHERE b.added_us < $1
		AND NOT EXISTS (SELECT 1 FROM policy_proposal p WHERE p.sha256 = b.sha256)
		AND NOT EXISTS (SELECT 1 FROM policy_activation a WHERE a.sha256 = b.sha256)
	LIMIT $2)
