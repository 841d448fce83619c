-- Keys of people in a table of their own: backups of data leave it out (authctl(1), BACKUPS), and what leads from an
-- entry of the log to a person lives no longer than the key.
CREATE TABLE person_key (
	sub text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES person (sub),
	wrapped_key bytea NOT NULL
);
INSERT INTO person_key (sub, wrapped_key)
SELECT sub, wrapped_key
FROM person
WHERE wrapped_key IS NOT NULL;
ALTER TABLE person DROP COLUMN wrapped_key;

DELETE FROM person_tag
WHERE sub NOT IN (SELECT sub FROM person_key);
ALTER TABLE person_tag
	DROP CONSTRAINT person_tag_sub_fkey,
	ADD CONSTRAINT person_tag_sub_fkey FOREIGN KEY (sub) REFERENCES person_key (sub) ON DELETE CASCADE;

-- One row for each erasure, so that one which a crash cut short is finished.
CREATE TABLE erasure (
	sub text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES person (sub),
	asked_by text COLLATE "C" NOT NULL,
	asked_us bigint NOT NULL,
	state text COLLATE "C" NOT NULL CHECK (state IN ('asked', 'destroyed', 'done')),
	erasing_event_id text COLLATE "C" NOT NULL,
	erased_event_id text COLLATE "C" NOT NULL,
	erasing_index bigint,
	erasing_leaf bytea,
	erased_index bigint,
	erased_leaf bytea
);
CREATE INDEX erasure_open ON erasure (asked_us) WHERE state <> 'done';

-- Rows that the log refuses for good stand aside and hold up no others.
ALTER TABLE outbox ADD COLUMN refused_us bigint;
DROP INDEX outbox_unsent;
CREATE INDEX outbox_unsent ON outbox (created_us, event_id) WHERE sent_us IS NULL AND refused_us IS NULL;
CREATE INDEX outbox_refused ON outbox (refused_us) WHERE refused_us IS NOT NULL;
