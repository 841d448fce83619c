-- The desk (access/desk.h): cases that operators opened, what was prepared for a person's confirmation, paper codes.
-- Subs of operators stand here so that rules about two different people hold in the database itself.

-- Which duty a session took up when its person holds roles that may not be active together.
CREATE TABLE desk_duty (
	sid text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES session (sid) ON DELETE CASCADE,
	role text COLLATE "C" NOT NULL
);

CREATE TABLE desk_case (
	case_id text COLLATE "C" NOT NULL PRIMARY KEY,
	sub text COLLATE "C" NOT NULL,
	operator_sub text COLLATE "C" NOT NULL,
	organisation text COLLATE "C" NOT NULL,
	sid text COLLATE "C" NOT NULL,
	channel text COLLATE "C" NOT NULL CHECK (channel IN ('office', 'phone')),
	opened_us bigint NOT NULL,
	expires_us bigint NOT NULL,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint,
	CHECK (operator_sub <> sub)
);
CREATE INDEX desk_case_expires ON desk_case (expires_us);

-- sub is empty for an account that is not there yet. Nobody finishes alone: what is confirmed by code has a number of
-- the person's list, what is on paper a second operator, and neither is the person.
CREATE TABLE desk_offer (
	offer_id text COLLATE "C" NOT NULL PRIMARY KEY,
	case_id text COLLATE "C" NOT NULL,
	sub text COLLATE "C" NOT NULL,
	operator_sub text COLLATE "C" NOT NULL,
	operator text COLLATE "C" NOT NULL,
	organisation text COLLATE "C" NOT NULL,
	role text COLLATE "C" NOT NULL,
	action text COLLATE "C" NOT NULL CHECK (action IN ('give', 'refuse', 'defer', 'withdraw', 'see', 'question', 'complaint', 'codes', 'account')),
	channel text COLLATE "C" NOT NULL CHECK (channel IN ('office', 'phone')),
	way text COLLATE "C" NOT NULL CHECK (way IN ('code', 'paper')),
	content text COLLATE "C" NOT NULL,
	digest bytea NOT NULL,
	list_id text COLLATE "C" NOT NULL,
	code_number bigint NOT NULL,
	tries bigint NOT NULL DEFAULT 0,
	state text COLLATE "C" NOT NULL DEFAULT 'prepared' CHECK (state IN ('prepared', 'confirmed', 'done', 'refused')),
	created_us bigint NOT NULL,
	expires_us bigint NOT NULL,
	second_sub text COLLATE "C",
	second text COLLATE "C",
	confirmed_us bigint,
	result text COLLATE "C" NOT NULL DEFAULT '',
	event_id text COLLATE "C" NOT NULL,
	log_index bigint,
	CHECK (operator_sub <> sub),
	CHECK (second_sub IS NULL OR (second_sub <> operator_sub AND second_sub <> sub)),
	CHECK (way = 'code' OR channel = 'office'),
	CHECK (way = 'paper' OR (code_number > 0 AND sub <> '')),
	CHECK (way = 'code' OR state NOT IN ('confirmed', 'done') OR second_sub IS NOT NULL)
);
CREATE INDEX desk_offer_queue ON desk_offer (organisation, created_us, offer_id) WHERE state = 'prepared' AND way = 'paper';
CREATE INDEX desk_offer_sub ON desk_offer (sub);
CREATE INDEX desk_offer_expires ON desk_offer (expires_us);

-- One list of paper codes a person. seen_by: the operator who printed it, empty when the person did.
CREATE TABLE desk_codes (
	sub text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES person (sub),
	list_id text COLLATE "C" NOT NULL UNIQUE,
	sealed text COLLATE "C" NOT NULL,
	size bigint NOT NULL,
	next bigint NOT NULL,
	failures bigint NOT NULL DEFAULT 0,
	seen_by text COLLATE "C" NOT NULL,
	made_us bigint NOT NULL,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint,
	CHECK (seen_by <> sub)
);

-- How often somebody did something in an hour.
CREATE TABLE desk_use (
	who text COLLATE "C" NOT NULL,
	what text COLLATE "C" NOT NULL,
	window_us bigint NOT NULL,
	count bigint NOT NULL CHECK (count > 0),
	PRIMARY KEY (who, what, window_us)
);
CREATE INDEX desk_use_window ON desk_use (window_us);

-- Until when a question or complaint must be answered; who helped to ask it.
ALTER TABLE question ADD COLUMN due_us bigint NOT NULL DEFAULT 0;
ALTER TABLE question ADD COLUMN event_id text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE question ADD COLUMN log_index bigint;
