-- What an authorization code is bound to beyond its first day; requests that were pushed (RFC 9126); what people allowed.
ALTER TABLE code ADD COLUMN dpop_jkt TEXT;
ALTER TABLE code ADD COLUMN resource TEXT;
ALTER TABLE code ADD COLUMN claims TEXT;

CREATE TABLE pushed_request (
	id_hash BLOB NOT NULL PRIMARY KEY,
	client_id TEXT NOT NULL,
	params TEXT NOT NULL,
	dpop_jkt TEXT,
	created_us INTEGER NOT NULL,
	expires_us INTEGER NOT NULL,
	used_us INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX pushed_request_expires ON pushed_request (expires_us);

CREATE TABLE approval (
	sub TEXT NOT NULL,
	client_id TEXT NOT NULL,
	fingerprint BLOB NOT NULL,
	scope TEXT NOT NULL,
	details TEXT,
	given_us INTEGER NOT NULL,
	revoked_us INTEGER,
	event_id TEXT NOT NULL,
	log_index INTEGER,
	PRIMARY KEY (sub, client_id, fingerprint)
) STRICT, WITHOUT ROWID;

CREATE INDEX oauth_grant_sub ON oauth_grant (sub, client_id);
