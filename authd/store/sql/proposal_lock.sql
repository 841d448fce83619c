-- As person_lock.sql, for proposals: there is one row for all of them, whoever makes one.
INSERT INTO setting (name, value)
VALUES ('policy_proposals', '')
ON CONFLICT (name) DO UPDATE
SET value = setting.value
