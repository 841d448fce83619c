-- The texts of every bundle that was proposed or activated, by its hash; and what was proposed, by whom. `author` is a
-- pseudonym of staff, never a person's id. A proposal counts from its log index.
CREATE TABLE policy_bundle (
	sha256 text COLLATE "C" NOT NULL PRIMARY KEY,
	files text COLLATE "C" NOT NULL,
	added_us bigint NOT NULL
);
CREATE TABLE policy_proposal (
	id text COLLATE "C" NOT NULL PRIMARY KEY,
	sha256 text COLLATE "C" NOT NULL REFERENCES policy_bundle (sha256),
	bundle_version bigint NOT NULL,
	author text COLLATE "C" NOT NULL,
	base_sha256 text COLLATE "C" NOT NULL,
	diff text COLLATE "C" NOT NULL,
	diff_sha256 text COLLATE "C" NOT NULL,
	proposed_us bigint NOT NULL,
	expires_us bigint NOT NULL,
	state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'withdrawn', 'activated')),
	event_id text COLLATE "C" NOT NULL,
	log_index bigint
);
CREATE INDEX policy_proposal_proposed ON policy_proposal (proposed_us, id);
