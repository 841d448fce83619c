-- Emergencies: one person, one category, one purpose, for a while. `operator` is a pseudonym, so that neither the erasure
-- of the person nor that of the official makes room in a quota or ends a suspension. It counts from its log index.
CREATE TABLE breakglass (
	id text COLLATE "C" NOT NULL PRIMARY KEY,
	operator text COLLATE "C" NOT NULL,
	organisation text COLLATE "C" NOT NULL,
	service text COLLATE "C" NOT NULL,
	role text COLLATE "C" NOT NULL,
	sub text COLLATE "C" NOT NULL,
	category text COLLATE "C" NOT NULL,
	purpose text COLLATE "C" NOT NULL,
	reason text COLLATE "C" NOT NULL,
	words bytea,
	ctag text COLLATE "C" NOT NULL,
	opened_us bigint NOT NULL,
	until_us bigint NOT NULL,
	review_by_us bigint NOT NULL,
	closed_us bigint,
	event_id text COLLATE "C" NOT NULL,
	log_index bigint,
	verdict text COLLATE "C" CHECK (verdict IN ('justified', 'unjustified')),
	reviewed_us bigint,
	reviewer text COLLATE "C",
	review_words bytea,
	suspended_us bigint,
	restored_us bigint
);
CREATE INDEX breakglass_operator ON breakglass (operator, opened_us);
CREATE INDEX breakglass_opened ON breakglass (opened_us, id);
CREATE INDEX breakglass_sub ON breakglass (sub, opened_us);
CREATE INDEX breakglass_index ON breakglass (log_index) WHERE log_index IS NOT NULL;
CREATE INDEX breakglass_waiting ON breakglass (review_by_us) WHERE verdict IS NULL;
