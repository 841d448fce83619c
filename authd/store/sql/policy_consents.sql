SELECT purpose, purpose_version, count(*)
FROM consent
WHERE state IN ('given', 'renewed') AND withdraw_index IS NULL AND until_us > $1 AND log_index IS NOT NULL
GROUP BY purpose, purpose_version
ORDER BY purpose, purpose_version
