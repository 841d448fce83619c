-- Emergencies: one person, one category, one purpose, for a while. `operator` is a pseudonym, so that neither the erasure
-- of the person nor that of the official makes room in a quota or ends a suspension. It counts from its log index.
CREATE TABLE breakglass (
	id TEXT NOT NULL PRIMARY KEY,
	operator TEXT NOT NULL,
	organisation TEXT NOT NULL,
	service TEXT NOT NULL,
	role TEXT NOT NULL,
	sub TEXT NOT NULL,
	category TEXT NOT NULL,
	purpose TEXT NOT NULL,
	reason TEXT NOT NULL,
	words BLOB,
	ctag TEXT NOT NULL,
	opened_us INTEGER NOT NULL,
	until_us INTEGER NOT NULL,
	review_by_us INTEGER NOT NULL,
	closed_us INTEGER,
	event_id TEXT NOT NULL,
	log_index INTEGER,
	verdict TEXT CHECK (verdict IN ('justified', 'unjustified')),
	reviewed_us INTEGER,
	reviewer TEXT,
	review_words BLOB,
	suspended_us INTEGER,
	restored_us INTEGER
) STRICT;
CREATE INDEX breakglass_operator ON breakglass (operator, opened_us);
CREATE INDEX breakglass_opened ON breakglass (opened_us, id);
CREATE INDEX breakglass_sub ON breakglass (sub, opened_us);
CREATE INDEX breakglass_index ON breakglass (log_index) WHERE log_index IS NOT NULL;
CREATE INDEX breakglass_waiting ON breakglass (review_by_us) WHERE verdict IS NULL;
