-- Keys of people in a table of their own: backups of data leave it out (authctl(1), BACKUPS), and what leads from an
-- entry of the log to a person lives no longer than the key.
CREATE TABLE person_key (
	sub TEXT NOT NULL PRIMARY KEY REFERENCES person (sub),
	wrapped_key BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO person_key (sub, wrapped_key)
SELECT sub, wrapped_key
FROM person
WHERE wrapped_key IS NOT NULL;
ALTER TABLE person DROP COLUMN wrapped_key;

CREATE TABLE person_tag_of_key (
	tag TEXT NOT NULL PRIMARY KEY,
	sub TEXT NOT NULL REFERENCES person_key (sub) ON DELETE CASCADE,
	month TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO person_tag_of_key (tag, sub, month)
SELECT t.tag, t.sub, t.month
FROM person_tag t
JOIN person_key k ON k.sub = t.sub;
DROP TABLE person_tag;
ALTER TABLE person_tag_of_key RENAME TO person_tag;
CREATE INDEX person_tag_sub ON person_tag (sub, month);

-- One row for each erasure, so that one which a crash cut short is finished.
CREATE TABLE erasure (
	sub TEXT NOT NULL PRIMARY KEY REFERENCES person (sub),
	asked_by TEXT NOT NULL,
	asked_us INTEGER NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('asked', 'destroyed', 'done')),
	erasing_event_id TEXT NOT NULL,
	erased_event_id TEXT NOT NULL,
	erasing_index INTEGER,
	erasing_leaf BLOB,
	erased_index INTEGER,
	erased_leaf BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX erasure_open ON erasure (asked_us) WHERE state <> 'done';

-- Rows that the log refuses for good stand aside and hold up no others.
ALTER TABLE outbox ADD COLUMN refused_us INTEGER;
DROP INDEX outbox_unsent;
CREATE INDEX outbox_unsent ON outbox (created_us, event_id) WHERE sent_us IS NULL AND refused_us IS NULL;
CREATE INDEX outbox_refused ON outbox (refused_us) WHERE refused_us IS NOT NULL;
