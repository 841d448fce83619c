-- Who may act for whom. event_id and log_index are those of mandate.granted.
CREATE TABLE mandate (
	mandate_id TEXT NOT NULL PRIMARY KEY,
	sub TEXT NOT NULL REFERENCES person (sub),
	representative TEXT REFERENCES person (sub),
	kind TEXT NOT NULL CHECK (kind IN ('parent', 'guardian', 'power_of_attorney', 'heir')),
	state TEXT NOT NULL CHECK (state IN ('proposed', 'active', 'revoked', 'ended')),
	rep_id TEXT NOT NULL UNIQUE,
	purposes TEXT NOT NULL,
	actions INTEGER NOT NULL CHECK (actions > 0),
	document BLOB,
	issued_us INTEGER NOT NULL,
	from_us INTEGER NOT NULL,
	until_us INTEGER NOT NULL,
	majority_us INTEGER,
	zone TEXT NOT NULL,
	organisation TEXT,
	operator_id TEXT,
	confirmer TEXT,
	code_hash BLOB,
	code_until_us INTEGER,
	reason TEXT,
	created_us INTEGER NOT NULL,
	ended_us INTEGER,
	frozen_us INTEGER,
	event_id TEXT NOT NULL,
	log_index INTEGER,
	CHECK (sub <> representative),
	CHECK (until_us > from_us),
	CHECK (state <> 'active' OR representative IS NOT NULL)
) STRICT;
CREATE INDEX mandate_sub ON mandate (sub, created_us);
CREATE INDEX mandate_representative ON mandate (representative, created_us);
CREATE INDEX mandate_due ON mandate (until_us) WHERE state = 'active';
CREATE INDEX mandate_majority ON mandate (majority_us) WHERE state = 'active';
CREATE UNIQUE INDEX mandate_code ON mandate (code_hash) WHERE code_hash IS NOT NULL;

-- In which sessions somebody acts for somebody else now.
CREATE TABLE acting (
	sid TEXT NOT NULL PRIMARY KEY REFERENCES session (sid) ON DELETE CASCADE,
	mandate_id TEXT NOT NULL REFERENCES mandate (mandate_id),
	since_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX acting_mandate ON acting (mandate_id);

-- Tokens that were made under a mandate, while they may live.
CREATE TABLE mandate_token (
	jti TEXT NOT NULL PRIMARY KEY,
	mandate_id TEXT NOT NULL REFERENCES mandate (mandate_id),
	expires_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX mandate_token_mandate ON mandate_token (mandate_id);
CREATE INDEX mandate_token_expires ON mandate_token (expires_us);
