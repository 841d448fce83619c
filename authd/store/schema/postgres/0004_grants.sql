-- What may be had again under an authorization, and authorizations that begin on another device.

-- When nothing that was issued under it can live any more; of those that are there, a day after they were made.
ALTER TABLE oauth_grant ADD COLUMN expires_us bigint NOT NULL DEFAULT 0;
UPDATE oauth_grant SET expires_us = created_us + 86400000000;
CREATE INDEX oauth_grant_expires ON oauth_grant (expires_us);

-- The token that this one was exchanged for (RFC 8693): revoking that one reaches this one.
ALTER TABLE issued_token ADD COLUMN parent_jti text COLLATE "C";
CREATE INDEX issued_token_parent ON issued_token (parent_jti) WHERE parent_jti IS NOT NULL;

-- One row is a family: the token that is good now, and the one it took the place of.
CREATE TABLE refresh_token (
	handle text COLLATE "C" NOT NULL PRIMARY KEY,
	grant_id text COLLATE "C" NOT NULL UNIQUE,
	client_id text COLLATE "C" NOT NULL,
	sub text COLLATE "C" NOT NULL,
	sid text COLLATE "C" NOT NULL,
	scope text COLLATE "C" NOT NULL,
	audience text COLLATE "C" NOT NULL,
	cnf text COLLATE "C" NOT NULL,
	details text COLLATE "C",
	acr bigint NOT NULL,
	amr text COLLATE "C" NOT NULL,
	auth_us bigint NOT NULL,
	rotating bigint NOT NULL CHECK (rotating IN (0, 1)),
	token_hash bytea NOT NULL,
	created_us bigint NOT NULL,
	used_us bigint NOT NULL,
	idle_us bigint NOT NULL,
	expires_us bigint NOT NULL,
	former_hash bytea,
	rotated_us bigint,
	retries bigint NOT NULL DEFAULT 0,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint
);
CREATE INDEX refresh_token_expires ON refresh_token (expires_us);
CREATE INDEX refresh_token_sub ON refresh_token (sub, created_us, handle);
CREATE INDEX refresh_token_created ON refresh_token (created_us, handle);

CREATE TABLE device_code (
	device_hash bytea NOT NULL PRIMARY KEY,
	user_hash bytea NOT NULL UNIQUE,
	client_id text COLLATE "C" NOT NULL,
	scope text COLLATE "C" NOT NULL,
	audience text COLLATE "C" NOT NULL,
	state text COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'approved', 'refused')),
	interval_us bigint NOT NULL,
	created_us bigint NOT NULL,
	expires_us bigint NOT NULL,
	sub text COLLATE "C",
	sid text COLLATE "C",
	acr bigint NOT NULL DEFAULT 0,
	amr text COLLATE "C",
	auth_us bigint,
	grant_id text COLLATE "C",
	polled_us bigint,
	slowed bigint NOT NULL DEFAULT 0 CHECK (slowed IN (0, 1)),
	used_us bigint,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint
);
CREATE INDEX device_code_expires ON device_code (expires_us);
CREATE INDEX device_code_client ON device_code (client_id, expires_us);
