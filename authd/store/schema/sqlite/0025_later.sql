-- Looks that the person sees later, or never (access/later.h): each carries a tag of its own, and this is the only way
-- from it to the person. A row whose sub is NULL is of a question about somebody unknown, which costs the same write.
CREATE TABLE later_look (
	tag TEXT NOT NULL PRIMARY KEY,
	sub TEXT REFERENCES person_key (sub) ON DELETE CASCADE,
	month TEXT NOT NULL,
	shown TEXT NOT NULL CHECK (shown IN ('delayed', 'on_close', 'withheld')),
	visible_us INTEGER NOT NULL,
	service TEXT NOT NULL,
	case_ref TEXT NOT NULL,
	made_us INTEGER NOT NULL,
	log_index INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX later_look_sub ON later_look (sub, month);
CREATE INDEX later_look_case ON later_look (service, case_ref) WHERE case_ref <> '';
CREATE INDEX later_look_due ON later_look (visible_us) WHERE log_index IS NULL AND sub IS NOT NULL;
CREATE INDEX later_look_nobody ON later_look (made_us) WHERE sub IS NULL;
