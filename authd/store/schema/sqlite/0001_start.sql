-- Times are microseconds (_us). JSON is opaque text. log_index is NULL until the audit log has the event.

CREATE TABLE person (
	sub TEXT NOT NULL PRIMARY KEY,
	login TEXT UNIQUE,
	kind TEXT NOT NULL CHECK (kind IN ('adult', 'child', 'staff')),
	status INTEGER NOT NULL CHECK (status IN (0, 1)),
	wrapped_key BLOB,
	profile BLOB,
	pseudonym TEXT UNIQUE,
	created_us INTEGER NOT NULL,
	event_id TEXT NOT NULL,
	log_index INTEGER
) STRICT;

CREATE TABLE person_tag (
	tag TEXT NOT NULL PRIMARY KEY,
	sub TEXT NOT NULL REFERENCES person (sub),
	month TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX person_tag_sub ON person_tag (sub, month);

CREATE TABLE person_role (
	sub TEXT NOT NULL REFERENCES person (sub),
	organisation TEXT NOT NULL,
	role TEXT NOT NULL,
	assigned_us INTEGER NOT NULL,
	event_id TEXT NOT NULL,
	log_index INTEGER,
	PRIMARY KEY (sub, organisation, role)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_role_who ON person_role (organisation, role, sub);

CREATE TABLE password (
	sub TEXT NOT NULL PRIMARY KEY REFERENCES person (sub),
	phc TEXT NOT NULL,
	changed_us INTEGER NOT NULL,
	failures INTEGER NOT NULL,
	next_try_us INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE totp (
	id TEXT NOT NULL PRIMARY KEY,
	sub TEXT NOT NULL REFERENCES person (sub),
	secret_sealed BLOB NOT NULL,
	last_step INTEGER NOT NULL,
	confirmed INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
	failures INTEGER NOT NULL,
	locked INTEGER NOT NULL CHECK (locked IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX totp_sub ON totp (sub, id);

CREATE TABLE recovery_code (
	sub TEXT NOT NULL REFERENCES person (sub),
	code_hash BLOB NOT NULL,
	used_us INTEGER,
	PRIMARY KEY (sub, code_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE login (
	id_hash BLOB NOT NULL PRIMARY KEY,
	sub TEXT,
	stage INTEGER NOT NULL,
	return_to TEXT NOT NULL,
	csrf_hash BLOB NOT NULL,
	created_us INTEGER NOT NULL,
	expires_us INTEGER NOT NULL,
	failures INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX login_expires ON login (expires_us);

CREATE TABLE session (
	id_hash BLOB NOT NULL PRIMARY KEY,
	sid TEXT NOT NULL UNIQUE,
	sub TEXT NOT NULL REFERENCES person (sub),
	csrf BLOB NOT NULL,
	acr INTEGER NOT NULL,
	amr TEXT NOT NULL,
	auth_us INTEGER NOT NULL,
	created_us INTEGER NOT NULL,
	seen_us INTEGER NOT NULL,
	idle_us_limit INTEGER NOT NULL,
	expires_us INTEGER NOT NULL,
	ended_us INTEGER,
	agent TEXT NOT NULL,
	event_id TEXT NOT NULL,
	log_index INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX session_sub ON session (sub, created_us, sid);
CREATE INDEX session_created ON session (created_us, sid);
CREATE INDEX session_expires ON session (expires_us);

CREATE TABLE client (
	client_id TEXT NOT NULL PRIMARY KEY,
	name TEXT NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('confidential', 'public', 'service')),
	organisation TEXT NOT NULL,
	status INTEGER NOT NULL CHECK (status IN (0, 1)),
	auth_method TEXT NOT NULL,
	secret_hash BLOB,
	jwks TEXT,
	tls_san TEXT,
	redirect_uris TEXT NOT NULL,
	post_logout_uris TEXT NOT NULL,
	scopes TEXT NOT NULL,
	grants TEXT NOT NULL,
	audiences TEXT NOT NULL,
	id_token_alg TEXT NOT NULL,
	fapi INTEGER NOT NULL CHECK (fapi IN (0, 1)),
	service TEXT,
	roles TEXT NOT NULL,
	legacy INTEGER NOT NULL CHECK (legacy IN (0, 1)),
	created_us INTEGER NOT NULL,
	event_id TEXT NOT NULL,
	log_index INTEGER
) STRICT;

CREATE TABLE client_assertion (
	client_id TEXT NOT NULL,
	jti TEXT NOT NULL,
	expires_us INTEGER NOT NULL,
	PRIMARY KEY (client_id, jti)
) STRICT, WITHOUT ROWID;
CREATE INDEX client_assertion_expires ON client_assertion (expires_us);

CREATE TABLE code (
	code_hash BLOB NOT NULL PRIMARY KEY,
	client_id TEXT NOT NULL,
	sub TEXT NOT NULL,
	sid TEXT NOT NULL,
	redirect_uri TEXT NOT NULL,
	scope TEXT NOT NULL,
	nonce TEXT,
	challenge TEXT NOT NULL,
	auth_us INTEGER NOT NULL,
	acr INTEGER NOT NULL,
	amr TEXT NOT NULL,
	grant_id TEXT NOT NULL,
	expires_us INTEGER NOT NULL,
	used_us INTEGER,
	details TEXT,
	event_id TEXT NOT NULL,
	log_index INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX code_grant ON code (grant_id);
CREATE INDEX code_expires ON code (expires_us);

CREATE TABLE oauth_grant (
	grant_id TEXT NOT NULL PRIMARY KEY,
	client_id TEXT NOT NULL,
	sub TEXT NOT NULL,
	sid TEXT NOT NULL,
	scope TEXT NOT NULL,
	created_us INTEGER NOT NULL,
	revoked_us INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_grant_sid ON oauth_grant (sid);

CREATE TABLE issued_token (
	jti TEXT NOT NULL PRIMARY KEY,
	grant_id TEXT NOT NULL,
	expires_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX issued_token_grant ON issued_token (grant_id);
CREATE INDEX issued_token_expires ON issued_token (expires_us);

CREATE TABLE revoked_token (
	jti TEXT NOT NULL PRIMARY KEY,
	expires_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_token_expires ON revoked_token (expires_us);

CREATE TABLE consent_request (
	request_id TEXT NOT NULL PRIMARY KEY,
	client_id TEXT NOT NULL,
	service TEXT NOT NULL,
	organisation TEXT NOT NULL,
	sub TEXT NOT NULL,
	purpose TEXT NOT NULL,
	purpose_version INTEGER NOT NULL,
	categories TEXT NOT NULL,
	optional TEXT NOT NULL,
	until_us INTEGER,
	return_to TEXT,
	case_ref TEXT,
	notice_id TEXT NOT NULL,
	notice_version INTEGER NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('requested', 'given', 'refused', 'deferred', 'expired')),
	created_us INTEGER NOT NULL,
	expires_us INTEGER NOT NULL,
	record_id TEXT,
	fingerprint BLOB NOT NULL,
	event_id TEXT NOT NULL,
	log_index INTEGER,
	leaf BLOB
) STRICT;
CREATE UNIQUE INDEX consent_request_open ON consent_request (fingerprint) WHERE state IN ('requested', 'deferred');
CREATE INDEX consent_request_sub ON consent_request (sub, created_us, request_id);

CREATE TABLE consent (
	record_id TEXT NOT NULL PRIMARY KEY,
	request_id TEXT NOT NULL,
	sub TEXT NOT NULL,
	service TEXT NOT NULL,
	organisation TEXT NOT NULL,
	purpose TEXT NOT NULL,
	purpose_version INTEGER NOT NULL,
	state TEXT NOT NULL
		CHECK (state IN ('given', 'withdrawn', 'expired', 'revoked', 'invalidated', 'renewed', 'refused')),
	from_us INTEGER NOT NULL,
	until_us INTEGER NOT NULL,
	record TEXT NOT NULL,
	code TEXT NOT NULL UNIQUE,
	ctag TEXT NOT NULL,
	given_us INTEGER NOT NULL,
	withdrawn_us INTEGER,
	event_id TEXT NOT NULL,
	log_index INTEGER,
	withdraw_event_id TEXT,
	withdraw_index INTEGER
) STRICT;
CREATE INDEX consent_facts ON consent (sub, service, purpose, given_us);
CREATE INDEX consent_sub ON consent (sub, given_us, record_id);
CREATE INDEX consent_service ON consent (service, given_us, record_id);

CREATE TABLE consent_category (
	record_id TEXT NOT NULL REFERENCES consent (record_id),
	category TEXT NOT NULL,
	PRIMARY KEY (record_id, category)
) STRICT, WITHOUT ROWID;

CREATE TABLE consent_event (
	record_id TEXT NOT NULL REFERENCES consent (record_id),
	seq INTEGER NOT NULL CHECK (seq > 0),
	state TEXT NOT NULL,
	at_us INTEGER NOT NULL,
	by_id TEXT NOT NULL,
	event_id TEXT NOT NULL,
	log_index INTEGER,
	leaf BLOB,
	PRIMARY KEY (record_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE objection (
	sub TEXT NOT NULL,
	purpose TEXT NOT NULL,
	category TEXT NOT NULL,
	since_us INTEGER NOT NULL,
	PRIMARY KEY (sub, purpose, category)
) STRICT, WITHOUT ROWID;

CREATE TABLE outcome (
	evaluation_id TEXT NOT NULL PRIMARY KEY,
	sub TEXT NOT NULL,
	outcome TEXT NOT NULL CHECK (outcome IN ('released', 'empty', 'failed')),
	records INTEGER NOT NULL CHECK (records >= 0),
	by_client TEXT NOT NULL,
	at_us INTEGER NOT NULL,
	event_id TEXT NOT NULL,
	log_index INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE limit_use (
	record_id TEXT NOT NULL,
	window_start_us INTEGER NOT NULL,
	count INTEGER NOT NULL CHECK (count >= 0),
	PRIMARY KEY (record_id, window_start_us)
) STRICT, WITHOUT ROWID;
CREATE INDEX limit_use_window ON limit_use (window_start_us);

CREATE TABLE outbox (
	event_id TEXT NOT NULL PRIMARY KEY,
	target TEXT NOT NULL,
	target_key TEXT NOT NULL,
	fragment TEXT NOT NULL,
	created_us INTEGER NOT NULL,
	sent_us INTEGER,
	log_index INTEGER,
	leaf BLOB
) STRICT;
CREATE INDEX outbox_unsent ON outbox (created_us, event_id) WHERE sent_us IS NULL;
CREATE INDEX outbox_sent ON outbox (sent_us) WHERE sent_us IS NOT NULL;

CREATE TABLE policy_activation (
	version INTEGER NOT NULL PRIMARY KEY,
	sha256 TEXT NOT NULL,
	bundle TEXT NOT NULL,
	activated_us INTEGER NOT NULL,
	event_id TEXT NOT NULL,
	log_index INTEGER
) STRICT;

CREATE TABLE question (
	id TEXT NOT NULL PRIMARY KEY,
	sub TEXT NOT NULL,
	log_index_about INTEGER NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('question', 'complaint')),
	text BLOB NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('open', 'answered')),
	created_us INTEGER NOT NULL,
	answer BLOB,
	answered_us INTEGER
) STRICT;
CREATE INDEX question_sub ON question (sub, created_us, id);
CREATE INDEX question_created ON question (created_us, id);

CREATE TABLE setting (
	name TEXT NOT NULL PRIMARY KEY,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
