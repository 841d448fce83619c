SELECT sha256, files, added_us
FROM policy_bundle
WHERE sha256 = $1
