-- Objections and restrictions hold from the commit that sets them until the entry that lifts them is durable.
ALTER TABLE objection ADD COLUMN event_id TEXT NOT NULL DEFAULT '';
ALTER TABLE objection ADD COLUMN log_index INTEGER;
ALTER TABLE objection ADD COLUMN lift_event_id TEXT;
ALTER TABLE objection ADD COLUMN lift_index INTEGER;

-- Processing of everything about a person is blocked: by themselves and, apart from that, by an officer. The reason is
-- sealed for the person.
CREATE TABLE restriction (
	sub TEXT NOT NULL,
	set_by TEXT NOT NULL CHECK (set_by IN ('person', 'officer')),
	reason TEXT NOT NULL,
	since_us INTEGER NOT NULL,
	until_us INTEGER,
	event_id TEXT NOT NULL,
	log_index INTEGER,
	lift_event_id TEXT,
	lift_index INTEGER,
	PRIMARY KEY (sub, set_by)
) STRICT, WITHOUT ROWID;

-- What a service says it agreed with a person. It counts when the person has confirmed it and the log knows. The number
-- and the words are sealed for the person.
CREATE TABLE contract (
	contract_id TEXT NOT NULL PRIMARY KEY,
	sub TEXT NOT NULL,
	service TEXT NOT NULL,
	organisation TEXT NOT NULL,
	kind TEXT NOT NULL,
	details TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('proposed', 'in_force', 'declined', 'ended')),
	from_us INTEGER NOT NULL,
	until_us INTEGER NOT NULL,
	ctag TEXT NOT NULL,
	proposed_us INTEGER NOT NULL,
	answered_us INTEGER,
	ended_us INTEGER,
	event_id TEXT NOT NULL,
	log_index INTEGER,
	leaf BLOB,
	end_event_id TEXT,
	end_index INTEGER
) STRICT;
CREATE INDEX contract_facts ON contract (sub, service, kind);
CREATE INDEX contract_sub ON contract (sub, proposed_us, contract_id);
CREATE INDEX contract_service ON contract (service, proposed_us, contract_id);

-- A look that the person is to see later, or not at all, carries a tag of its own class: from when on an entry under
-- this tag is shown, counted from its time; NULL: never.
ALTER TABLE person_tag ADD COLUMN delay_us INTEGER DEFAULT 0;
-- Of looks that wait for the end of a case: whose, and which.
ALTER TABLE person_tag ADD COLUMN service TEXT NOT NULL DEFAULT '';
ALTER TABLE person_tag ADD COLUMN case_ref TEXT NOT NULL DEFAULT '';
CREATE INDEX person_tag_case ON person_tag (service, case_ref) WHERE case_ref <> '';
