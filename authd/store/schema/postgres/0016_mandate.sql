-- Who may act for whom. event_id and log_index are those of mandate.granted.
CREATE TABLE mandate (
	mandate_id text COLLATE "C" NOT NULL PRIMARY KEY,
	sub text COLLATE "C" NOT NULL REFERENCES person (sub),
	representative text COLLATE "C" REFERENCES person (sub),
	kind text COLLATE "C" NOT NULL CHECK (kind IN ('parent', 'guardian', 'power_of_attorney', 'heir')),
	state text COLLATE "C" NOT NULL CHECK (state IN ('proposed', 'active', 'revoked', 'ended')),
	rep_id text COLLATE "C" NOT NULL UNIQUE,
	purposes text COLLATE "C" NOT NULL,
	actions bigint NOT NULL CHECK (actions > 0),
	document bytea,
	issued_us bigint NOT NULL,
	from_us bigint NOT NULL,
	until_us bigint NOT NULL,
	majority_us bigint,
	zone text COLLATE "C" NOT NULL,
	organisation text COLLATE "C",
	operator_id text COLLATE "C",
	confirmer text COLLATE "C",
	code_hash bytea,
	code_until_us bigint,
	reason text COLLATE "C",
	created_us bigint NOT NULL,
	ended_us bigint,
	frozen_us bigint,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint,
	CHECK (sub <> representative),
	CHECK (until_us > from_us),
	CHECK (state <> 'active' OR representative IS NOT NULL)
);
CREATE INDEX mandate_sub ON mandate (sub, created_us);
CREATE INDEX mandate_representative ON mandate (representative, created_us);
CREATE INDEX mandate_due ON mandate (until_us) WHERE state = 'active';
CREATE INDEX mandate_majority ON mandate (majority_us) WHERE state = 'active';
CREATE UNIQUE INDEX mandate_code ON mandate (code_hash) WHERE code_hash IS NOT NULL;

-- In which sessions somebody acts for somebody else now.
CREATE TABLE acting (
	sid text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES session (sid) ON DELETE CASCADE,
	mandate_id text COLLATE "C" NOT NULL REFERENCES mandate (mandate_id),
	since_us bigint NOT NULL
);
CREATE INDEX acting_mandate ON acting (mandate_id);

-- Tokens that were made under a mandate, while they may live.
CREATE TABLE mandate_token (
	jti text COLLATE "C" NOT NULL PRIMARY KEY,
	mandate_id text COLLATE "C" NOT NULL REFERENCES mandate (mandate_id),
	expires_us bigint NOT NULL
);
CREATE INDEX mandate_token_mandate ON mandate_token (mandate_id);
CREATE INDEX mandate_token_expires ON mandate_token (expires_us);
