-- Who gave a consent (a mandate that is revoked later makes it fail), what it renews, what must be destroyed and when,
-- and which reminder was told last.
ALTER TABLE consent ADD COLUMN mandate_id text COLLATE "C";
ALTER TABLE consent ADD COLUMN renews text COLLATE "C";
ALTER TABLE consent ADD COLUMN destroy_by_us bigint;
ALTER TABLE consent ADD COLUMN reminded bigint NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX consent_renews ON consent (renews) WHERE renews IS NOT NULL;
CREATE INDEX consent_due ON consent (until_us, record_id) WHERE state = 'given';
ALTER TABLE consent_event ADD COLUMN method text COLLATE "C";
ALTER TABLE consent_event ADD COLUMN acr text COLLATE "C";
ALTER TABLE consent_request ADD COLUMN renews text COLLATE "C";
ALTER TABLE consent_request ADD COLUMN answered_us bigint;
CREATE INDEX consent_request_due ON consent_request (expires_us, request_id) WHERE state IN ('requested', 'deferred');

-- What people are told in the portal. refs: JSON, names only what the page may show and link to.
CREATE TABLE inbox (
	message_id text COLLATE "C" NOT NULL PRIMARY KEY,
	sub text COLLATE "C" NOT NULL,
	kind text COLLATE "C" NOT NULL,
	refs text COLLATE "C" NOT NULL,
	created_us bigint NOT NULL,
	read_us bigint
);
CREATE INDEX inbox_sub ON inbox (sub, created_us, message_id);
CREATE INDEX inbox_unread ON inbox (sub) WHERE read_us IS NULL;

-- Every text of a notice that people may have agreed to, for as long as a record names it.
CREATE TABLE notice_text (
	notice_id text COLLATE "C" NOT NULL,
	version bigint NOT NULL,
	lang text COLLATE "C" NOT NULL,
	sha256 text COLLATE "C" NOT NULL,
	body text COLLATE "C" NOT NULL,
	PRIMARY KEY (notice_id, version, lang)
);

-- A national number only as a hash under the pepper. Where nobody has it, a key of its own stands for the stranger, so
-- that a question about them looks like one about anybody.
CREATE TABLE national_id (
	hash bytea NOT NULL PRIMARY KEY,
	sub text COLLATE "C" NOT NULL UNIQUE,
	wrapped_key bytea
);
