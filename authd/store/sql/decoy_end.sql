DELETE FROM decoy_tag
WHERE tag = $1 AND expires_us <= $2
