/*
 * consenting.h: the life of a consent as the database and the log see it: asked, given, refused, withdrawn. Each step
 * is one transaction with its event, then the entry; a grant counts from its log index, a withdrawal from its commit
 * (R6).
 *
 * All of it runs on a worker (SLOW routes). The steps are in consenting_ask.c, consenting_give.c and consenting_end.c.
 */
#ifndef AUTHD_ACCESS_CONSENTING_H
#define AUTHD_ACCESS_CONSENTING_H

#include <jansson.h>

#include "auditlog/base/random.h"
#include "authd/store/store_consent.h"
#include "authd/store/store_request.h"

struct request;

#define CONSENTING_CATEGORIES_MOST 32
/* How long a request waits for the person's answer. */
#define CONSENTING_OPEN_US (INT64_C(30) * DAY_US)

/* What a service asks a person for. Borrowed; empty means absent. */
struct consenting_ask {
	struct str client_id, service, organisation;
	struct str sub;
	struct str purpose;
	struct str categories[CONSENTING_CATEGORIES_MOST]; /* necessary */
	size_t category_count;
	struct str optional[CONSENTING_CATEGORIES_MOST];
	size_t optional_count;
	int64_t until_us; /* 0: as long as the purpose allows */
	struct str return_to, case_ref;
};

/*
 * Makes the request, or finds an equal open one (*existed). E_INVALID: the purpose, a category or the term does not fit
 * the policy (said in the response); E_NOT_FOUND: no such person. audit.h statuses.
 */
MUST_USE enum status
consenting_ask(struct request *rq, const struct consenting_ask *ask, struct store_request *out, bool *existed);

/*
 * The signed-in person says yes to a request of theirs, with the optional categories that they ticked. The record is
 * validated before it is stored. record_id gets its id. E_USED: answered before. E_EXPIRED. E_CONFLICT: the policy has
 * changed since it was asked; the service must ask anew. E_INVALID: the person's particulars lack what the law asks
 * for.
 */
MUST_USE enum status consenting_give(struct request *rq, const struct store_request *request, const struct str *ticked,
				     size_t ticked_count, char record_id[UUID_TEXT_LEN + 1]);
/* The person says no. */
MUST_USE enum status consenting_refuse(struct request *rq, const struct store_request *request);

/* The person takes a consent of theirs back. E_NOT_FOUND; E_USED: withdrawn before. */
MUST_USE enum status consenting_withdraw(struct request *rq, struct str sub, struct str wrapped, struct str record_id);

/* The record as it is now: the stored one with every event and log position. The caller owns *out. */
MUST_USE enum status consenting_record(struct request *rq, const struct store_consent *stored, json_t **out);

/*
 * The receipt that can be checked without us: {"record","code","log","withdrawal"}: the record, and of its grant and,
 * when it was withdrawn, of its withdrawal the entry with its proof. E_UNAVAILABLE: not in the log, or under no
 * checkpoint yet.
 */
MUST_USE enum status consenting_receipt(struct request *rq, const struct store_consent *stored, json_t **out);

#endif
