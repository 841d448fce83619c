-- Who gave a consent (a mandate that is revoked later makes it fail), what it renews, what must be destroyed and when,
-- and which reminder was told last.
ALTER TABLE consent ADD COLUMN mandate_id TEXT;
ALTER TABLE consent ADD COLUMN renews TEXT;
ALTER TABLE consent ADD COLUMN destroy_by_us INTEGER;
ALTER TABLE consent ADD COLUMN reminded INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX consent_renews ON consent (renews) WHERE renews IS NOT NULL;
CREATE INDEX consent_due ON consent (until_us, record_id) WHERE state = 'given';
ALTER TABLE consent_event ADD COLUMN method TEXT;
ALTER TABLE consent_event ADD COLUMN acr TEXT;
ALTER TABLE consent_request ADD COLUMN renews TEXT;
ALTER TABLE consent_request ADD COLUMN answered_us INTEGER;
CREATE INDEX consent_request_due ON consent_request (expires_us, request_id) WHERE state IN ('requested', 'deferred');

-- What people are told in the portal. refs: JSON, names only what the page may show and link to.
CREATE TABLE inbox (
	message_id TEXT NOT NULL PRIMARY KEY,
	sub TEXT NOT NULL,
	kind TEXT NOT NULL,
	refs TEXT NOT NULL,
	created_us INTEGER NOT NULL,
	read_us INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_sub ON inbox (sub, created_us, message_id);
CREATE INDEX inbox_unread ON inbox (sub) WHERE read_us IS NULL;

-- Every text of a notice that people may have agreed to, for as long as a record names it.
CREATE TABLE notice_text (
	notice_id TEXT NOT NULL,
	version INTEGER NOT NULL,
	lang TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (notice_id, version, lang)
) STRICT, WITHOUT ROWID;

-- A national number only as a hash under the pepper. Where nobody has it, a key of its own stands for the stranger, so
-- that a question about them looks like one about anybody.
CREATE TABLE national_id (
	hash BLOB NOT NULL PRIMARY KEY,
	sub TEXT NOT NULL UNIQUE,
	wrapped_key BLOB
) STRICT, WITHOUT ROWID;
