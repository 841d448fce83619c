/* store_sweep.c: expired rows go in small batches, so that no sweep holds locks for long or grows the log of the
 * database. */
#include "authd/store/store_contract.h"
#include "authd/store/store_driver.h"
#include "authd/store/store_inbox.h"
#include "authd/store/store_proposal.h"

/* What is kept past its end, and why. */
static const struct {
	enum sql_id id;
	int64_t keep_us;
} sweeps[] = {
	{ SQL_SWEEP_LOGIN, 0 },
	{ SQL_SWEEP_PUSHED_REQUEST, 0 },
	/* A replayed code must be recognised while tokens of its grant may live. */
	{ SQL_SWEEP_CODE, DAY_US },
	/* A clock that is behind on another node must not let an assertion through twice. */
	{ SQL_SWEEP_CLIENT_ASSERTION, 600 * SECOND_US },
	{ SQL_SWEEP_DPOP_PROOF, 600 * SECOND_US },
	/* A device that comes too late is told so, not that there was nothing. */
	{ SQL_SWEEP_DEVICE_CODE, DAY_US },
	{ SQL_SWEEP_REFRESH_TOKEN, DAY_US },
	{ SQL_SWEEP_OAUTH_GRANT, DAY_US },
	{ SQL_SWEEP_ISSUED_TOKEN, 600 * SECOND_US },
	{ SQL_SWEEP_REVOKED_TOKEN, 600 * SECOND_US },
	{ SQL_SWEEP_MANDATE_TOKEN, 600 * SECOND_US },
	/* People see their recent sign-ins. */
	{ SQL_SWEEP_SESSION, 30 * DAY_US },
	/* A node whose clock is behind still counts in the window that has just ended. */
	{ SQL_SWEEP_LIMIT_USE, DAY_US },
	{ SQL_SWEEP_PURPOSE_USE, DAY_US },
	{ SQL_SWEEP_DECOY_TAG, 0 },
	{ SQL_SWEEP_LATER_LOOK, 0 },
	{ SQL_SWEEP_OUTBOX, 7 * DAY_US },
	{ SQL_SWEEP_DESK_CASE, 0 },
	/* A form that is sent again is told what became of it. */
	{ SQL_SWEEP_DESK_OFFER, DAY_US },
	{ SQL_SWEEP_DESK_USE, DAY_US },
	/* A code is good for a day. */
	{ SQL_SWEEP_MANDATE, 30 * DAY_US },
	/* Whoever was to approve it may still read what became of it. The bundles go after their proposals. */
	{ SQL_SWEEP_PROPOSAL, STORE_PROPOSAL_KEEP_US },
	{ SQL_SWEEP_BUNDLE, STORE_PROPOSAL_KEEP_US },
	{ SQL_SWEEP_INBOX, STORE_INBOX_KEEP_US },
	/* The person and the service may still see what became of it. */
	{ SQL_SWEEP_CONTRACT, STORE_CONTRACT_KEEP_US },
	{ SQL_SWEEP_CONTRACT_UNANSWERED, STORE_CONTRACT_KEEP_US },
};

enum status
store_sweep(struct store *db, int64_t now_us, int batch, int64_t *removed)
{
	enum status first = OK, st;
	int64_t sum = 0;

	if (batch < 1 || batch > 1000)
		return E_INVALID;
	for (size_t i = 0; i < ARRAY_LEN(sweeps); i++) {
		CLEANUP(store_result_drop) struct store_result *rows = NULL;
		st = store_run(db, sweeps[i].id, STORE_ARGS(store_int(now_us - sweeps[i].keep_us), store_int(batch)),
			       &rows);
		if (st == E_UNAVAILABLE || st == E_TIMEOUT) /* the database is away, for the others as well */
			return st;
		if (st == OK)
			sum += rows->changes;
		else if (first == OK)
			first = st;
	}
	if (removed)
		*removed = sum;
	return first;
}
