-- The desk (access/desk.h): cases that operators opened, what was prepared for a person's confirmation, paper codes.
-- Subs of operators stand here so that rules about two different people hold in the database itself.

-- Which duty a session took up when its person holds roles that may not be active together.
CREATE TABLE desk_duty (
	sid TEXT NOT NULL PRIMARY KEY REFERENCES session (sid) ON DELETE CASCADE,
	role TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE desk_case (
	case_id TEXT NOT NULL PRIMARY KEY,
	sub TEXT NOT NULL,
	operator_sub TEXT NOT NULL,
	organisation TEXT NOT NULL,
	sid TEXT NOT NULL,
	channel TEXT NOT NULL CHECK (channel IN ('office', 'phone')),
	opened_us INTEGER NOT NULL,
	expires_us INTEGER NOT NULL,
	event_id TEXT NOT NULL,
	log_index INTEGER,
	CHECK (operator_sub <> sub)
) STRICT, WITHOUT ROWID;
CREATE INDEX desk_case_expires ON desk_case (expires_us);

-- sub is empty for an account that is not there yet. Nobody finishes alone: what is confirmed by code has a number of
-- the person's list, what is on paper a second operator, and neither is the person.
CREATE TABLE desk_offer (
	offer_id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	sub TEXT NOT NULL,
	operator_sub TEXT NOT NULL,
	operator TEXT NOT NULL,
	organisation TEXT NOT NULL,
	role TEXT NOT NULL,
	action TEXT NOT NULL CHECK (action IN ('give', 'refuse', 'defer', 'withdraw', 'see', 'question', 'complaint', 'codes', 'account')),
	channel TEXT NOT NULL CHECK (channel IN ('office', 'phone')),
	way TEXT NOT NULL CHECK (way IN ('code', 'paper')),
	content TEXT NOT NULL,
	digest BLOB NOT NULL,
	list_id TEXT NOT NULL,
	code_number INTEGER NOT NULL,
	tries INTEGER NOT NULL DEFAULT 0,
	state TEXT NOT NULL DEFAULT 'prepared' CHECK (state IN ('prepared', 'confirmed', 'done', 'refused')),
	created_us INTEGER NOT NULL,
	expires_us INTEGER NOT NULL,
	second_sub TEXT,
	second TEXT,
	confirmed_us INTEGER,
	result TEXT NOT NULL DEFAULT '',
	event_id TEXT NOT NULL,
	log_index INTEGER,
	CHECK (operator_sub <> sub),
	CHECK (second_sub IS NULL OR (second_sub <> operator_sub AND second_sub <> sub)),
	CHECK (way = 'code' OR channel = 'office'),
	CHECK (way = 'paper' OR (code_number > 0 AND sub <> '')),
	CHECK (way = 'code' OR state NOT IN ('confirmed', 'done') OR second_sub IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX desk_offer_queue ON desk_offer (organisation, created_us, offer_id) WHERE state = 'prepared' AND way = 'paper';
CREATE INDEX desk_offer_sub ON desk_offer (sub);
CREATE INDEX desk_offer_expires ON desk_offer (expires_us);

-- One list of paper codes a person. seen_by: the operator who printed it, empty when the person did.
CREATE TABLE desk_codes (
	sub TEXT NOT NULL PRIMARY KEY REFERENCES person (sub),
	list_id TEXT NOT NULL UNIQUE,
	sealed TEXT NOT NULL,
	size INTEGER NOT NULL,
	next INTEGER NOT NULL,
	failures INTEGER NOT NULL DEFAULT 0,
	seen_by TEXT NOT NULL,
	made_us INTEGER NOT NULL,
	event_id TEXT NOT NULL,
	log_index INTEGER,
	CHECK (seen_by <> sub)
) STRICT, WITHOUT ROWID;

-- How often somebody did something in an hour.
CREATE TABLE desk_use (
	who TEXT NOT NULL,
	what TEXT NOT NULL,
	window_us INTEGER NOT NULL,
	count INTEGER NOT NULL CHECK (count > 0),
	PRIMARY KEY (who, what, window_us)
) STRICT, WITHOUT ROWID;
CREATE INDEX desk_use_window ON desk_use (window_us);

-- Until when a question or complaint must be answered; who helped to ask it.
ALTER TABLE question ADD COLUMN due_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE question ADD COLUMN event_id TEXT NOT NULL DEFAULT '';
ALTER TABLE question ADD COLUMN log_index INTEGER;
