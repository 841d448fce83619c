-- Questions are answered: whose they are to answer, how far each is, and what was said back and forth (access/inquiry.h).
-- An `operators` is a list of pseudonyms, one space before and behind each: who did what the question is about.
ALTER TABLE question DROP CONSTRAINT question_state_check;
ALTER TABLE question ADD CHECK (state IN ('open', 'in_work', 'answered', 'escalated', 'closed'));
ALTER TABLE question DROP COLUMN answer;
ALTER TABLE question ADD COLUMN asked_us bigint NOT NULL DEFAULT 0;
UPDATE question SET asked_us = created_us;
ALTER TABLE question ADD COLUMN organisation text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE question ADD COLUMN service text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE question ADD COLUMN operators text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE question ADD COLUMN follow_ups integer NOT NULL DEFAULT 0;
ALTER TABLE question ADD COLUMN escalated_us bigint;
ALTER TABLE question ADD COLUMN escalated_why text COLLATE "C" NOT NULL DEFAULT ''
	CHECK (escalated_why IN ('', 'no_answer', 'not_satisfied'));
DROP INDEX question_created;
CREATE INDEX question_for ON question (organisation, created_us, id);
CREATE INDEX question_due ON question (due_us) WHERE state IN ('open', 'in_work');
CREATE TABLE question_turn (
	turn_id text COLLATE "C" NOT NULL PRIMARY KEY,
	question_id text COLLATE "C" NOT NULL,
	sub text COLLATE "C" NOT NULL,
	side text COLLATE "C" NOT NULL CHECK (side IN ('person', 'organisation', 'officer')),
	author text COLLATE "C" NOT NULL,
	text bytea NOT NULL,
	at_us bigint NOT NULL,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint
);
CREATE INDEX question_turn_of ON question_turn (question_id, at_us);
CREATE INDEX question_turn_sub ON question_turn (sub);
-- At the desk contracts are confirmed and declined, too.
ALTER TABLE desk_offer DROP CONSTRAINT desk_offer_action_check;
ALTER TABLE desk_offer ADD CHECK (action IN ('give', 'refuse', 'defer', 'withdraw', 'see', 'question', 'complaint', 'codes', 'account',
	'contract', 'contract_no'));
