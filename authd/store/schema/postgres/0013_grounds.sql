-- Objections and restrictions hold from the commit that sets them until the entry that lifts them is durable.
ALTER TABLE objection ADD COLUMN event_id text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE objection ADD COLUMN log_index bigint;
ALTER TABLE objection ADD COLUMN lift_event_id text COLLATE "C";
ALTER TABLE objection ADD COLUMN lift_index bigint;

-- Processing of everything about a person is blocked: by themselves and, apart from that, by an officer. The reason is
-- sealed for the person.
CREATE TABLE restriction (
	sub text COLLATE "C" NOT NULL,
	set_by text COLLATE "C" NOT NULL CHECK (set_by IN ('person', 'officer')),
	reason text COLLATE "C" NOT NULL,
	since_us bigint NOT NULL,
	until_us bigint,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint,
	lift_event_id text COLLATE "C",
	lift_index bigint,
	PRIMARY KEY (sub, set_by)
);

-- What a service says it agreed with a person. It counts when the person has confirmed it and the log knows. The number
-- and the words are sealed for the person.
CREATE TABLE contract (
	contract_id text COLLATE "C" NOT NULL PRIMARY KEY,
	sub text COLLATE "C" NOT NULL,
	service text COLLATE "C" NOT NULL,
	organisation text COLLATE "C" NOT NULL,
	kind text COLLATE "C" NOT NULL,
	details text COLLATE "C" NOT NULL,
	state text COLLATE "C" NOT NULL CHECK (state IN ('proposed', 'in_force', 'declined', 'ended')),
	from_us bigint NOT NULL,
	until_us bigint NOT NULL,
	ctag text COLLATE "C" NOT NULL,
	proposed_us bigint NOT NULL,
	answered_us bigint,
	ended_us bigint,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint,
	leaf bytea,
	end_event_id text COLLATE "C",
	end_index bigint
);
CREATE INDEX contract_facts ON contract (sub, service, kind);
CREATE INDEX contract_sub ON contract (sub, proposed_us, contract_id);
CREATE INDEX contract_service ON contract (service, proposed_us, contract_id);

-- A look that the person is to see later, or not at all, carries a tag of its own class: from when on an entry under
-- this tag is shown, counted from its time; NULL: never.
ALTER TABLE person_tag ADD COLUMN delay_us bigint DEFAULT 0;
-- Of looks that wait for the end of a case: whose, and which.
ALTER TABLE person_tag ADD COLUMN service text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE person_tag ADD COLUMN case_ref text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX person_tag_case ON person_tag (service, case_ref) WHERE case_ref <> '';
