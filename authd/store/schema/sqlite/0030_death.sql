-- What an office says about a death, and that it takes one back: each a word of two officials. A person is dead while a
-- row of kind 'death' is confirmed. event_id and log_index are those of the proposal; the others of what became of it.
CREATE TABLE death (
	death_id TEXT NOT NULL PRIMARY KEY,
	sub TEXT NOT NULL REFERENCES person (sub),
	kind TEXT NOT NULL CHECK (kind IN ('death', 'undo')),
	state TEXT NOT NULL CHECK (state IN ('proposed', 'contested', 'declined', 'confirmed', 'undone')),
	undoes TEXT REFERENCES death (death_id),
	organisation TEXT NOT NULL,
	operator_id TEXT NOT NULL,
	confirmer TEXT,
	document BLOB,
	digest TEXT NOT NULL,
	person_status INTEGER NOT NULL CHECK (person_status IN (0, 1)),
	proposed_us INTEGER NOT NULL,
	decided_us INTEGER,
	event_id TEXT NOT NULL,
	log_index INTEGER,
	decided_event_id TEXT,
	decided_index INTEGER,
	CHECK ((kind = 'undo') = (undoes IS NOT NULL)),
	CHECK (confirmer IS NULL OR confirmer <> operator_id),
	CHECK (state <> 'undone' OR kind = 'death')
) STRICT;
CREATE UNIQUE INDEX death_open ON death (sub) WHERE state = 'proposed';
CREATE UNIQUE INDEX death_stands ON death (sub) WHERE kind = 'death' AND state = 'confirmed';
CREATE INDEX death_of ON death (sub, proposed_us);
CREATE INDEX death_waits ON death (organisation, death_id) WHERE state = 'proposed';

-- The death that the mandate of an heir rests on.
ALTER TABLE mandate ADD COLUMN death_id TEXT REFERENCES death (death_id);
CREATE INDEX mandate_death ON mandate (death_id) WHERE death_id IS NOT NULL;
