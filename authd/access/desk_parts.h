/*
 * desk_parts.h: what the steps at the desk share (desk.c, desk_prepare.c, desk_offer.c, desk_confirm.c, desk_act.c,
 * desk_account.c). Everybody else uses desk.h.
 */
#ifndef AUTHD_ACCESS_DESK_PARTS_H
#define AUTHD_ACCESS_DESK_PARTS_H

#include "authd/access/desk.h"
#include "authd/audit/audit.h"

/* A new name, with its prefix ("dsk_", "off_"). */
MUST_USE enum status desk_new_id(const char *prefix, char out[DESK_ID_MOST + 1]);
/* Active, with a key, and in the log. */
bool desk_can_be_helped(const struct store_person *p);

/*
 * A try at what may be guessed, by an official in an hour: counted before it is made, so that many at the same moment
 * are no more than one after the other; given back when it was right or none was made. E_LIMITED, said with
 * Retry-After.
 */
struct desk_try {
	const char *who, *what;
	int64_t window_us;
};
MUST_USE enum status
desk_try_take(struct request *rq, const char *who, const char *what, int most, struct desk_try *out);
MUST_USE enum status desk_try_give_back(struct request *rq, const struct desk_try *t);

/* Carries out what was confirmed, from the stored text (desk_act.c). o: who confirmed. */
MUST_USE enum status
desk_act(struct request *rq, const struct officer *o, struct desk_offer *offer, struct desk_result *out);
/* Makes the account of an offer (desk_account.c); sub gets its id. */
MUST_USE enum status desk_account(struct request *rq, const struct officer *second, struct desk_offer *offer,
				  struct desk_result *out, char sub[DESK_ID_MOST + 1]);

#endif
