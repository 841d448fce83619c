-- A national number only as an HMAC under the pepper (access/bynumber.h). Whoever was asked about and is nobody's yet is
-- a stranger: a person without an event, with a key of their own; asked_us is when a service last named them anew.
DROP TABLE national_id;
CREATE TABLE national_id (
	hash bytea NOT NULL PRIMARY KEY,
	sub text COLLATE "C" NOT NULL UNIQUE REFERENCES person (sub),
	asked_us bigint
);
CREATE INDEX national_id_stranger ON national_id (asked_us) WHERE asked_us IS NOT NULL;
