-- Questions are answered: whose they are to answer, how far each is, and what was said back and forth (access/inquiry.h).
-- An `operators` is a list of pseudonyms, one space before and behind each: who did what the question is about.
CREATE TABLE question_next (
	id TEXT NOT NULL PRIMARY KEY,
	sub TEXT NOT NULL,
	log_index_about INTEGER NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('question', 'complaint')),
	text BLOB NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('open', 'in_work', 'answered', 'escalated', 'closed')),
	created_us INTEGER NOT NULL,
	asked_us INTEGER NOT NULL,
	due_us INTEGER NOT NULL,
	organisation TEXT NOT NULL,
	service TEXT NOT NULL,
	operators TEXT NOT NULL,
	follow_ups INTEGER NOT NULL,
	answered_us INTEGER,
	escalated_us INTEGER,
	escalated_why TEXT NOT NULL CHECK (escalated_why IN ('', 'no_answer', 'not_satisfied')),
	event_id TEXT NOT NULL,
	log_index INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO question_next
SELECT id, sub, log_index_about, kind, text, state, created_us, created_us, due_us, '', '', '', 0, answered_us, NULL, '',
	event_id, log_index
FROM question;
DROP TABLE question;
ALTER TABLE question_next RENAME TO question;
CREATE INDEX question_sub ON question (sub, created_us, id);
CREATE INDEX question_for ON question (organisation, created_us, id);
CREATE INDEX question_due ON question (due_us) WHERE state IN ('open', 'in_work');
CREATE TABLE question_turn (
	turn_id TEXT NOT NULL PRIMARY KEY,
	question_id TEXT NOT NULL,
	sub TEXT NOT NULL,
	side TEXT NOT NULL CHECK (side IN ('person', 'organisation', 'officer')),
	author TEXT NOT NULL,
	text BLOB NOT NULL,
	at_us INTEGER NOT NULL,
	event_id TEXT NOT NULL,
	log_index INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX question_turn_of ON question_turn (question_id, at_us);
CREATE INDEX question_turn_sub ON question_turn (sub);
-- At the desk contracts are confirmed and declined, too.
CREATE TABLE desk_offer_next (
	offer_id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	sub TEXT NOT NULL,
	operator_sub TEXT NOT NULL,
	operator TEXT NOT NULL,
	organisation TEXT NOT NULL,
	role TEXT NOT NULL,
	action TEXT NOT NULL CHECK (action IN ('give', 'refuse', 'defer', 'withdraw', 'see', 'question', 'complaint', 'codes', 'account',
		'contract', 'contract_no')),
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
INSERT INTO desk_offer_next (offer_id, case_id, sub, operator_sub, operator, organisation, role, action, channel, way, content, digest, list_id, code_number, tries, state, created_us, expires_us, second_sub, second, confirmed_us, result, event_id, log_index)
SELECT offer_id, case_id, sub, operator_sub, operator, organisation, role, action, channel, way, content, digest, list_id, code_number, tries, state, created_us, expires_us, second_sub, second, confirmed_us, result, event_id, log_index
FROM desk_offer;
DROP TABLE desk_offer;
ALTER TABLE desk_offer_next RENAME TO desk_offer;
CREATE INDEX desk_offer_queue ON desk_offer (organisation, created_us, offer_id) WHERE state = 'prepared' AND way = 'paper';
CREATE INDEX desk_offer_sub ON desk_offer (sub);
CREATE INDEX desk_offer_expires ON desk_offer (expires_us);
