/*
 * search.h: who may, whose, and what (AuthZEN 1.0, Search APIs):
 *
 *	subject    which services may do this to this category of this person's data. A service learns about
 *	           itself alone; a person asks who may see their data, and for what: with no purpose named, for each
 *	resource   of which people may this service do this; only people of whom it has a consent record are asked
 *	           about
 *	action     what may this service do to this category of this person's data
 *
 * What is found is what decision_evaluate() would permit now, from the same facts: nothing else decides here. A search
 * uses up no limit and gives no ticket. It is one entry of the log (access.searched), durable before the answer leaves;
 * when it was about one person, that person sees it among who looked. Whom a page of a search for people names has an
 * entry each, in one batch with it (search_entry.c). A service of which no client may work is not among those that may.
 *
 * Its cost is bounded: SEARCH_LOOKS questions to the database and SEARCH_WALK steps through the policy a page, along
 * indexes only. When that is used up the page ends early and says where to go on.
 *
 * Runs on a worker (SLOW routes). search_find.c looks, search_entry.c writes the entries, search_token.c makes
 * the page tokens.
 */
#ifndef AUTHD_ACCESS_SEARCH_H
#define AUTHD_ACCESS_SEARCH_H

#include "authd/access/evaluation.h"
#include "authd/store/store_mandate.h"

#define SEARCH_PAGE  20  /* results when no limit is named */
#define SEARCH_MOST  100 /* and at most */
#define SEARCH_LOOKS 200
#define SEARCH_WALK  4096

enum search_kind { SEARCH_SUBJECT, SEARCH_RESOURCE, SEARCH_ACTION };

/* Where a page begins: a service or an action, and a purpose of it; or the person behind whom it goes on. */
struct search_place {
	uint64_t outer, purpose;
	char person[QUESTION_ID_MOST + 1];
};

/* Begin with search_of(), end with search_clear(). Borrows from the body. */
struct search {
	struct request *rq;
	enum search_kind kind;
	struct question q;
	const json_t *body;
	struct str token;
	int64_t limit;
	bool by_person;               /* a person asks about themselves, or about whom they represent */
	bool under_mandate;           /* the latter, under the mandate of this entry */
	struct store_mandate mandate; /* of whom the person represents */
	uint64_t seen;
	struct buf person;      /* whom resource.id means; empty: nobody in particular */
	struct buf wrapped;     /* their key; empty: nobody knows them */
	struct buf operator_id; /* its pseudonym */
	struct search_place at;
	bool more;
	size_t looks, walked;
	json_t *results;
	struct buf listed;          /* the people among the results: blocks of sub and wrapped key */
	struct audit_draft *drafts; /* the search's, then theirs */
	size_t drafted;
	struct receipt receipt;        /* of the first */
	const struct service *working; /* the last that was found to have a client that may work */
	struct buf next;
};

struct search search_of(struct request *rq, enum search_kind kind);
void search_clear(struct search *s);
/* E_INVALID: in->why names the member. */
MUST_USE enum status search_read(struct json_in *in, struct search *s);
/*
 * The whole order. E_DENIED: not the caller's to ask (said in the response). E_INVALID: the page token is not one of
 * ours, or of another search (said). E_UNAVAILABLE, E_TIMEOUT, E_BUSY: it cannot be recorded now.
 */
MUST_USE enum status search_run(struct search *s);
/* {"page": …, "context": …, "results": […]}. Only after search_run said OK. */
MUST_USE enum status search_answer(const struct search *s, json_t **out);

#endif
