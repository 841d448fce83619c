/*
 * store_proposal.h: the texts of policy bundles by their hash, and proposals to put one in force. Whoever proposes is a
 * pseudonym of staff. A proposal is open until it expires, is withdrawn or is activated, and counts with a log index.
 *
 * What was never activated goes an hour after its end, with its bundle (store_sweep.c); what was, and every bundle that
 * was ever in force, stays. Until then it counts towards what an author, and all together, may leave here: a bundle and
 * its diff have up to 4 MiB each.
 */
#ifndef AUTHD_STORE_STORE_PROPOSAL_H
#define AUTHD_STORE_STORE_PROPOSAL_H

#include "authd/store/store.h"

#define STORE_PROPOSALS_OF_AUTHOR 10
#define STORE_PROPOSALS_ALL       40
#define STORE_PROPOSAL_KEEP_US    (3600 * SECOND_US)

struct store_bundle {
	struct str sha256; /* policy_hash() */
	struct str files;  /* JSON of policy_files() */
	int64_t added_us;
	struct store_result *mem;
};

struct store_proposal {
	struct str id; /* a UUID */
	struct str sha256;
	int64_t bundle_version;
	struct str author;      /* "opr_…" */
	struct str base_sha256; /* what was in force when it was made: the diff is against that */
	struct str diff;        /* JSON of policy_diff() */
	struct str diff_sha256;
	int64_t proposed_us, expires_us;
	struct str state; /* open, withdrawn, activated */
	struct str event_id;
	int64_t log_index;
	struct store_result *mem;
};

struct store_proposal_list {
	struct store_proposal *items;
	size_t count;
	struct store_result *mem;
};

/* Consents in force for one version of a purpose. */
struct store_policy_consents {
	struct str purpose;
	int64_t purpose_version;
	int64_t count;
};

struct store_policy_consents_list {
	struct store_policy_consents *items;
	size_t count;
	struct store_result *mem;
};

void store_bundle_clear(struct store_bundle *b);
void store_proposal_clear(struct store_proposal *p);
void store_proposal_list_clear(struct store_proposal_list *l);
void store_policy_consents_list_clear(struct store_policy_consents_list *l);

/* The text that is there already under that hash stays; its time becomes that of b. */
MUST_USE enum status store_bundle_add(struct store_tx *tx, const struct store_bundle *b);
/* E_NOT_FOUND. */
MUST_USE enum status store_bundle_find(struct store *db, struct str sha256, struct store_bundle *out);

/*
 * E_LIMITED: the author, or all together, have left as many as they may. Two that come at the same moment may both be
 * let in with one place left.
 */
MUST_USE enum status store_proposal_add(struct store_tx *tx, const struct store_proposal *p);
/* E_NOT_FOUND. */
MUST_USE enum status store_proposal_find(struct store *db, struct str id, struct store_proposal *out);
/* The newest open ones. */
MUST_USE enum status store_proposal_open(struct store *db, int64_t now_us, int limit, struct store_proposal_list *out);
/* Ends an open one, exactly once whoever else tries. E_CONFLICT: it is not open, has expired or is not in the log. */
MUST_USE enum status store_proposal_end(struct store_tx *tx, struct str id, const char *state, int64_t now_us);

/* How many consents are in force, by purpose and version. */
MUST_USE enum status store_policy_consents(struct store *db, int64_t now_us, struct store_policy_consents_list *out);

#endif
