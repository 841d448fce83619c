-- What an office says about a death, and that it takes one back: each a word of two officials. A person is dead while a
-- row of kind 'death' is confirmed. event_id and log_index are those of the proposal; the others of what became of it.
CREATE TABLE death (
	death_id text COLLATE "C" NOT NULL PRIMARY KEY,
	sub text COLLATE "C" NOT NULL REFERENCES person (sub),
	kind text COLLATE "C" NOT NULL CHECK (kind IN ('death', 'undo')),
	state text COLLATE "C" NOT NULL CHECK (state IN ('proposed', 'contested', 'declined', 'confirmed', 'undone')),
	undoes text COLLATE "C" REFERENCES death (death_id),
	organisation text COLLATE "C" NOT NULL,
	operator_id text COLLATE "C" NOT NULL,
	confirmer text COLLATE "C",
	document bytea,
	digest text COLLATE "C" NOT NULL,
	person_status bigint NOT NULL CHECK (person_status IN (0, 1)),
	proposed_us bigint NOT NULL,
	decided_us bigint,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint,
	decided_event_id text COLLATE "C",
	decided_index bigint,
	CHECK ((kind = 'undo') = (undoes IS NOT NULL)),
	CHECK (confirmer IS NULL OR confirmer <> operator_id),
	CHECK (state <> 'undone' OR kind = 'death')
);
CREATE UNIQUE INDEX death_open ON death (sub) WHERE state = 'proposed';
CREATE UNIQUE INDEX death_stands ON death (sub) WHERE kind = 'death' AND state = 'confirmed';
CREATE INDEX death_of ON death (sub, proposed_us);
CREATE INDEX death_waits ON death (organisation, death_id) WHERE state = 'proposed';

-- The death that the mandate of an heir rests on.
ALTER TABLE mandate ADD COLUMN death_id text COLLATE "C" REFERENCES death (death_id);
CREATE INDEX mandate_death ON mandate (death_id) WHERE death_id IS NOT NULL;
