-- Looks that the person sees later, or never (access/later.h): each carries a tag of its own, and this is the only way
-- from it to the person. A row whose sub is NULL is of a question about somebody unknown, which costs the same write.
CREATE TABLE later_look (
	tag text COLLATE "C" NOT NULL PRIMARY KEY,
	sub text COLLATE "C" REFERENCES person_key (sub) ON DELETE CASCADE,
	month text COLLATE "C" NOT NULL,
	shown text COLLATE "C" NOT NULL CHECK (shown IN ('delayed', 'on_close', 'withheld')),
	visible_us bigint NOT NULL,
	service text COLLATE "C" NOT NULL,
	case_ref text COLLATE "C" NOT NULL,
	made_us bigint NOT NULL,
	log_index bigint
);
CREATE INDEX later_look_sub ON later_look (sub, month);
CREATE INDEX later_look_case ON later_look (service, case_ref) WHERE case_ref <> '';
CREATE INDEX later_look_due ON later_look (visible_us) WHERE log_index IS NULL AND sub IS NOT NULL;
CREATE INDEX later_look_nobody ON later_look (made_us) WHERE sub IS NULL;
