/* death_parts.h: what the files of death.h share. Nobody else includes this. */
#ifndef AUTHD_ACCESS_DEATH_PARTS_H
#define AUTHD_ACCESS_DEATH_PARTS_H

#include "authd/access/death.h"
#include "authd/access/officers.h"
#include "authd/audit/audit.h"
#include "authd/store/store_consent.h"
#include "authd/store/store_contract.h"
#include "authd/store/store_mandate.h"
#include "authd/store/store_person.h"
#include "authd/store/store_request.h"

/* Themselves, or ever a relative. E_DENIED, said. */
MUST_USE enum status death_check_stranger(struct request *rq, const struct officer *o, struct str sub);
/* Nothing of an account goes on: sign-ins under way, sessions, what a desk prepared, and what was let in for longer. */
MUST_USE enum status death_end_account(struct store_tx *tx, struct str sub, int64_t now_us);

/* ---- what ends with a person (death_ends.c) ---- */

struct death_end; /* one of them with its entry */

struct death_ends {
	struct store_consent_list consents;
	struct store_request_list requests;
	struct store_contract_list contracts;
	struct store_mandate_list mandates;
	struct death_end *item;
	size_t count;
	bool more; /* there is something that is left for the next time */
};

void death_ends_clear(struct death_ends *e);
/*
 * What of a person has to end now, with the drafts of its entries, DEATH_ENDS_MOST at most. What is still on its way
 * into the log is left for the next time: nothing rests on it. heirs: the mandates of the heirs, and nothing else.
 */
MUST_USE enum status
death_ends_gather(struct authd *a, struct store *db, struct str sub, bool heirs, struct death_ends *out);
/* In the transaction of what ends them; what ended meanwhile is passed over. */
MUST_USE enum status death_ends_save(struct store_tx *tx, struct death_ends *e);
/* After the commit. */
MUST_USE enum status death_ends_forward(struct authd *a, const struct death_ends *e);

#endif
