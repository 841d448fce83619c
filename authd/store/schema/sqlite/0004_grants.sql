-- What may be had again under an authorization, and authorizations that begin on another device.

-- When nothing that was issued under it can live any more; of those that are there, a day after they were made.
ALTER TABLE oauth_grant ADD COLUMN expires_us INTEGER NOT NULL DEFAULT 0;
UPDATE oauth_grant SET expires_us = created_us + 86400000000;
CREATE INDEX oauth_grant_expires ON oauth_grant (expires_us);

-- The token that this one was exchanged for (RFC 8693): revoking that one reaches this one.
ALTER TABLE issued_token ADD COLUMN parent_jti TEXT;
CREATE INDEX issued_token_parent ON issued_token (parent_jti) WHERE parent_jti IS NOT NULL;

-- One row is a family: the token that is good now, and the one it took the place of.
CREATE TABLE refresh_token (
	handle TEXT NOT NULL PRIMARY KEY,
	grant_id TEXT NOT NULL UNIQUE,
	client_id TEXT NOT NULL,
	sub TEXT NOT NULL,
	sid TEXT NOT NULL,
	scope TEXT NOT NULL,
	audience TEXT NOT NULL,
	cnf TEXT NOT NULL,
	details TEXT,
	acr INTEGER NOT NULL,
	amr TEXT NOT NULL,
	auth_us INTEGER NOT NULL,
	rotating INTEGER NOT NULL CHECK (rotating IN (0, 1)),
	token_hash BLOB NOT NULL,
	created_us INTEGER NOT NULL,
	used_us INTEGER NOT NULL,
	idle_us INTEGER NOT NULL,
	expires_us INTEGER NOT NULL,
	former_hash BLOB,
	rotated_us INTEGER,
	retries INTEGER NOT NULL DEFAULT 0,
	event_id TEXT NOT NULL,
	log_index INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_token_expires ON refresh_token (expires_us);
CREATE INDEX refresh_token_sub ON refresh_token (sub, created_us, handle);
CREATE INDEX refresh_token_created ON refresh_token (created_us, handle);

CREATE TABLE device_code (
	device_hash BLOB NOT NULL PRIMARY KEY,
	user_hash BLOB NOT NULL UNIQUE,
	client_id TEXT NOT NULL,
	scope TEXT NOT NULL,
	audience TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'refused')),
	interval_us INTEGER NOT NULL,
	created_us INTEGER NOT NULL,
	expires_us INTEGER NOT NULL,
	sub TEXT,
	sid TEXT,
	acr INTEGER NOT NULL DEFAULT 0,
	amr TEXT,
	auth_us INTEGER,
	grant_id TEXT,
	polled_us INTEGER,
	slowed INTEGER NOT NULL DEFAULT 0 CHECK (slowed IN (0, 1)),
	used_us INTEGER,
	event_id TEXT NOT NULL,
	log_index INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX device_code_expires ON device_code (expires_us);
CREATE INDEX device_code_client ON device_code (client_id, expires_us);
