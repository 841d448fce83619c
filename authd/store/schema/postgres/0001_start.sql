-- Times are microseconds (_us). JSON is opaque text. log_index is NULL until the audit log has the event.
-- Text compares by bytes ("C"), as SQLite does, so that keys page in the same order everywhere.

CREATE TABLE person (
	sub text COLLATE "C" NOT NULL PRIMARY KEY,
	login text COLLATE "C" UNIQUE,
	kind text COLLATE "C" NOT NULL CHECK (kind IN ('adult', 'child', 'staff')),
	status bigint NOT NULL CHECK (status IN (0, 1)),
	wrapped_key bytea,
	profile bytea,
	pseudonym text COLLATE "C" UNIQUE,
	created_us bigint NOT NULL,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint
);

CREATE TABLE person_tag (
	tag text COLLATE "C" NOT NULL PRIMARY KEY,
	sub text COLLATE "C" NOT NULL REFERENCES person (sub),
	month text COLLATE "C" NOT NULL
);
CREATE INDEX person_tag_sub ON person_tag (sub, month);

CREATE TABLE person_role (
	sub text COLLATE "C" NOT NULL REFERENCES person (sub),
	organisation text COLLATE "C" NOT NULL,
	role text COLLATE "C" NOT NULL,
	assigned_us bigint NOT NULL,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint,
	PRIMARY KEY (sub, organisation, role)
);
CREATE INDEX person_role_who ON person_role (organisation, role, sub);

CREATE TABLE password (
	sub text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES person (sub),
	phc text COLLATE "C" NOT NULL,
	changed_us bigint NOT NULL,
	failures bigint NOT NULL,
	next_try_us bigint
);

CREATE TABLE totp (
	id text COLLATE "C" NOT NULL PRIMARY KEY,
	sub text COLLATE "C" NOT NULL REFERENCES person (sub),
	secret_sealed bytea NOT NULL,
	last_step bigint NOT NULL,
	confirmed bigint NOT NULL CHECK (confirmed IN (0, 1)),
	failures bigint NOT NULL,
	locked bigint NOT NULL CHECK (locked IN (0, 1))
);
CREATE INDEX totp_sub ON totp (sub, id);

CREATE TABLE recovery_code (
	sub text COLLATE "C" NOT NULL REFERENCES person (sub),
	code_hash bytea NOT NULL,
	used_us bigint,
	PRIMARY KEY (sub, code_hash)
);

CREATE TABLE login (
	id_hash bytea NOT NULL PRIMARY KEY,
	sub text COLLATE "C",
	stage bigint NOT NULL,
	return_to text COLLATE "C" NOT NULL,
	csrf_hash bytea NOT NULL,
	created_us bigint NOT NULL,
	expires_us bigint NOT NULL,
	failures bigint NOT NULL
);
CREATE INDEX login_expires ON login (expires_us);

CREATE TABLE session (
	id_hash bytea NOT NULL PRIMARY KEY,
	sid text COLLATE "C" NOT NULL UNIQUE,
	sub text COLLATE "C" NOT NULL REFERENCES person (sub),
	csrf bytea NOT NULL,
	acr bigint NOT NULL,
	amr text COLLATE "C" NOT NULL,
	auth_us bigint NOT NULL,
	created_us bigint NOT NULL,
	seen_us bigint NOT NULL,
	idle_us_limit bigint NOT NULL,
	expires_us bigint NOT NULL,
	ended_us bigint,
	agent text COLLATE "C" NOT NULL,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint
);
CREATE INDEX session_sub ON session (sub, created_us, sid);
CREATE INDEX session_created ON session (created_us, sid);
CREATE INDEX session_expires ON session (expires_us);

CREATE TABLE client (
	client_id text COLLATE "C" NOT NULL PRIMARY KEY,
	name text COLLATE "C" NOT NULL,
	kind text COLLATE "C" NOT NULL CHECK (kind IN ('confidential', 'public', 'service')),
	organisation text COLLATE "C" NOT NULL,
	status bigint NOT NULL CHECK (status IN (0, 1)),
	auth_method text COLLATE "C" NOT NULL,
	secret_hash bytea,
	jwks text COLLATE "C",
	tls_san text COLLATE "C",
	redirect_uris text COLLATE "C" NOT NULL,
	post_logout_uris text COLLATE "C" NOT NULL,
	scopes text COLLATE "C" NOT NULL,
	grants text COLLATE "C" NOT NULL,
	audiences text COLLATE "C" NOT NULL,
	id_token_alg text COLLATE "C" NOT NULL,
	fapi bigint NOT NULL CHECK (fapi IN (0, 1)),
	service text COLLATE "C",
	roles text COLLATE "C" NOT NULL,
	legacy bigint NOT NULL CHECK (legacy IN (0, 1)),
	created_us bigint NOT NULL,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint
);

CREATE TABLE client_assertion (
	client_id text COLLATE "C" NOT NULL,
	jti text COLLATE "C" NOT NULL,
	expires_us bigint NOT NULL,
	PRIMARY KEY (client_id, jti)
);
CREATE INDEX client_assertion_expires ON client_assertion (expires_us);

CREATE TABLE code (
	code_hash bytea NOT NULL PRIMARY KEY,
	client_id text COLLATE "C" NOT NULL,
	sub text COLLATE "C" NOT NULL,
	sid text COLLATE "C" NOT NULL,
	redirect_uri text COLLATE "C" NOT NULL,
	scope text COLLATE "C" NOT NULL,
	nonce text COLLATE "C",
	challenge text COLLATE "C" NOT NULL,
	auth_us bigint NOT NULL,
	acr bigint NOT NULL,
	amr text COLLATE "C" NOT NULL,
	grant_id text COLLATE "C" NOT NULL,
	expires_us bigint NOT NULL,
	used_us bigint,
	details text COLLATE "C",
	event_id text COLLATE "C" NOT NULL,
	log_index bigint
);
CREATE INDEX code_grant ON code (grant_id);
CREATE INDEX code_expires ON code (expires_us);

CREATE TABLE oauth_grant (
	grant_id text COLLATE "C" NOT NULL PRIMARY KEY,
	client_id text COLLATE "C" NOT NULL,
	sub text COLLATE "C" NOT NULL,
	sid text COLLATE "C" NOT NULL,
	scope text COLLATE "C" NOT NULL,
	created_us bigint NOT NULL,
	revoked_us bigint
);
CREATE INDEX oauth_grant_sid ON oauth_grant (sid);

CREATE TABLE issued_token (
	jti text COLLATE "C" NOT NULL PRIMARY KEY,
	grant_id text COLLATE "C" NOT NULL,
	expires_us bigint NOT NULL
);
CREATE INDEX issued_token_grant ON issued_token (grant_id);
CREATE INDEX issued_token_expires ON issued_token (expires_us);

CREATE TABLE revoked_token (
	jti text COLLATE "C" NOT NULL PRIMARY KEY,
	expires_us bigint NOT NULL
);
CREATE INDEX revoked_token_expires ON revoked_token (expires_us);

CREATE TABLE consent_request (
	request_id text COLLATE "C" NOT NULL PRIMARY KEY,
	client_id text COLLATE "C" NOT NULL,
	service text COLLATE "C" NOT NULL,
	organisation text COLLATE "C" NOT NULL,
	sub text COLLATE "C" NOT NULL,
	purpose text COLLATE "C" NOT NULL,
	purpose_version bigint NOT NULL,
	categories text COLLATE "C" NOT NULL,
	optional text COLLATE "C" NOT NULL,
	until_us bigint,
	return_to text COLLATE "C",
	case_ref text COLLATE "C",
	notice_id text COLLATE "C" NOT NULL,
	notice_version bigint NOT NULL,
	state text COLLATE "C" NOT NULL CHECK (state IN ('requested', 'given', 'refused', 'deferred', 'expired')),
	created_us bigint NOT NULL,
	expires_us bigint NOT NULL,
	record_id text COLLATE "C",
	fingerprint bytea NOT NULL,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint,
	leaf bytea
);
CREATE UNIQUE INDEX consent_request_open ON consent_request (fingerprint) WHERE state IN ('requested', 'deferred');
CREATE INDEX consent_request_sub ON consent_request (sub, created_us, request_id);

CREATE TABLE consent (
	record_id text COLLATE "C" NOT NULL PRIMARY KEY,
	request_id text COLLATE "C" NOT NULL,
	sub text COLLATE "C" NOT NULL,
	service text COLLATE "C" NOT NULL,
	organisation text COLLATE "C" NOT NULL,
	purpose text COLLATE "C" NOT NULL,
	purpose_version bigint NOT NULL,
	state text COLLATE "C" NOT NULL
		CHECK (state IN ('given', 'withdrawn', 'expired', 'revoked', 'invalidated', 'renewed', 'refused')),
	from_us bigint NOT NULL,
	until_us bigint NOT NULL,
	record text COLLATE "C" NOT NULL,
	code text COLLATE "C" NOT NULL UNIQUE,
	ctag text COLLATE "C" NOT NULL,
	given_us bigint NOT NULL,
	withdrawn_us bigint,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint,
	withdraw_event_id text COLLATE "C",
	withdraw_index bigint
);
CREATE INDEX consent_facts ON consent (sub, service, purpose, given_us);
CREATE INDEX consent_sub ON consent (sub, given_us, record_id);
CREATE INDEX consent_service ON consent (service, given_us, record_id);

CREATE TABLE consent_category (
	record_id text COLLATE "C" NOT NULL REFERENCES consent (record_id),
	category text COLLATE "C" NOT NULL,
	PRIMARY KEY (record_id, category)
);

CREATE TABLE consent_event (
	record_id text COLLATE "C" NOT NULL REFERENCES consent (record_id),
	seq bigint NOT NULL CHECK (seq > 0),
	state text COLLATE "C" NOT NULL,
	at_us bigint NOT NULL,
	by_id text COLLATE "C" NOT NULL,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint,
	leaf bytea,
	PRIMARY KEY (record_id, seq)
);

CREATE TABLE objection (
	sub text COLLATE "C" NOT NULL,
	purpose text COLLATE "C" NOT NULL,
	category text COLLATE "C" NOT NULL,
	since_us bigint NOT NULL,
	PRIMARY KEY (sub, purpose, category)
);

CREATE TABLE outcome (
	evaluation_id text COLLATE "C" NOT NULL PRIMARY KEY,
	sub text COLLATE "C" NOT NULL,
	outcome text COLLATE "C" NOT NULL CHECK (outcome IN ('released', 'empty', 'failed')),
	records bigint NOT NULL CHECK (records >= 0),
	by_client text COLLATE "C" NOT NULL,
	at_us bigint NOT NULL,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint
);

CREATE TABLE limit_use (
	record_id text COLLATE "C" NOT NULL,
	window_start_us bigint NOT NULL,
	count bigint NOT NULL CHECK (count >= 0),
	PRIMARY KEY (record_id, window_start_us)
);
CREATE INDEX limit_use_window ON limit_use (window_start_us);

CREATE TABLE outbox (
	event_id text COLLATE "C" NOT NULL PRIMARY KEY,
	target text COLLATE "C" NOT NULL,
	target_key text COLLATE "C" NOT NULL,
	fragment text COLLATE "C" NOT NULL,
	created_us bigint NOT NULL,
	sent_us bigint,
	log_index bigint,
	leaf bytea
);
CREATE INDEX outbox_unsent ON outbox (created_us, event_id) WHERE sent_us IS NULL;
CREATE INDEX outbox_sent ON outbox (sent_us) WHERE sent_us IS NOT NULL;

CREATE TABLE policy_activation (
	version bigint NOT NULL PRIMARY KEY,
	sha256 text COLLATE "C" NOT NULL,
	bundle text COLLATE "C" NOT NULL,
	activated_us bigint NOT NULL,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint
);

CREATE TABLE question (
	id text COLLATE "C" NOT NULL PRIMARY KEY,
	sub text COLLATE "C" NOT NULL,
	log_index_about bigint NOT NULL,
	kind text COLLATE "C" NOT NULL CHECK (kind IN ('question', 'complaint')),
	text bytea NOT NULL,
	state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'answered')),
	created_us bigint NOT NULL,
	answer bytea,
	answered_us bigint
);
CREATE INDEX question_sub ON question (sub, created_us, id);
CREATE INDEX question_created ON question (created_us, id);

CREATE TABLE setting (
	name text COLLATE "C" NOT NULL PRIMARY KEY,
	value text COLLATE "C" NOT NULL
);
