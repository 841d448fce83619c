-- The texts of every bundle that was proposed or activated, by its hash; and what was proposed, by whom. `author` is a
-- pseudonym of staff, never a person's id. A proposal counts from its log index.
CREATE TABLE policy_bundle (
	sha256 TEXT NOT NULL PRIMARY KEY,
	files TEXT NOT NULL,
	added_us INTEGER NOT NULL
) STRICT;
CREATE TABLE policy_proposal (
	id TEXT NOT NULL PRIMARY KEY,
	sha256 TEXT NOT NULL REFERENCES policy_bundle (sha256),
	bundle_version INTEGER NOT NULL,
	author TEXT NOT NULL,
	base_sha256 TEXT NOT NULL,
	diff TEXT NOT NULL,
	diff_sha256 TEXT NOT NULL,
	proposed_us INTEGER NOT NULL,
	expires_us INTEGER NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('open', 'withdrawn', 'activated')),
	event_id TEXT NOT NULL,
	log_index INTEGER
) STRICT;
CREATE INDEX policy_proposal_proposed ON policy_proposal (proposed_us, id);
