-- Every tag is the person's own of a month again: nothing is kept from them, so nothing needs a class of its own.
DROP INDEX person_tag_case;
ALTER TABLE person_tag DROP COLUMN delay_us;
ALTER TABLE person_tag DROP COLUMN service;
ALTER TABLE person_tag DROP COLUMN case_ref;
