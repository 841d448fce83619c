#include "authd/oauth/represent.h"

#include "auditlog/base/clock.h"
#include "authd/access/mandate.h"
#include "authd/oauth/client.h"
#include "authd/request.h"
#include "authd/store/store_token.h"

void
represent_clear(struct represent *r)
{
	store_mandate_clear(&r->mandate);
	store_person_clear(&r->person);
}

static enum status
refuse(struct request *rq, const char *why)
{
	return request_fail(rq, E_DENIED, "invalid_request", why);
}

static struct str
claim(const json_t *claims, const char *name)
{
	const char *text = json_string_value(json_object_get(claims, name));

	return str_of(text != NULL ? text : "");
}

bool
represent_is_acting(const json_t *claims)
{
	for (const json_t *act = json_object_get(claims, "act"); act != NULL; act = json_object_get(act, "act"))
		if (str_starts(claim(act, "sub"), STR("rep_")))
			return true;
	return false;
}

/* ---- the mandate ---- */

/* The person let this client, and no other, act for others; and they themselves are asking, nobody in their name. */
static enum status
check_allowed(struct request *rq, const struct store_client *client, const json_t *claims)
{
	if (!str_eq(claim(claims, "client_id"), client->client_id))
		return refuse(rq, "only the client whom the representative let act for others does");
	if (json_object_get(claims, "act") != NULL)
		return refuse(rq, "somebody acts with this token already");
	if (!client_has(claim(claims, "scope"), STR(REPRESENT_SCOPE)))
		return refuse(rq, "the representative did not let this client act for others");
	return OK;
}

/* Somebody else's is as good as none. */
static enum status
find_mandate(struct request *rq, const json_t *claims, struct str mandate_id, struct represent *out)
{
	enum status st = store_mandate_find(request_store(rq), mandate_id, &out->mandate);

	if (st == E_NOT_FOUND)
		return refuse(rq, "the mandate does not hold");
	TRY(st);
	if (!str_eq(out->mandate.representative, claim(claims, "sub")) || !mandate_for_clients(&out->mandate) ||
	    mandate_judge(&out->mandate, STR(""), 0, clock_now_us()) != MANDATE_HOLDS)
		return refuse(rq, "the mandate does not hold");
	return OK;
}

enum status
represent_find(struct request *rq, const struct store_client *client, const json_t *claims, struct str mandate_id,
	       struct represent *out)
{
	TRY(check_allowed(rq, client, claims));
	out->seen = audit_seen(rq->authd);
	TRY(find_mandate(rq, claims, mandate_id, out));
	return store_person_find(request_store(rq), out->mandate.sub, &out->person);
}

bool
represent_has_scope(const struct represent *r, struct str scope)
{
	static const struct {
		const char *scope;
		unsigned actions; /* any of them */
	} known[] = {
		{ "consent:manage", MANDATE_SEE | MANDATE_GIVE | MANDATE_WITHDRAW | MANDATE_OBJECT },
		{ "audit:read", MANDATE_SEE },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (str_is(scope, known[i].scope))
			return ((unsigned)r->mandate.actions & known[i].actions) != 0;
	return false;
}

/* ---- issuing ---- */

struct noting {
	const struct token_issue *issue;
	struct str parent_jti, mandate_id;
	bool gone;
};

/* Whoever ends one of the two meanwhile waits for this, and finds the token; or was first, and there is none. */
static enum status
note(struct store_tx *tx, void *arg)
{
	struct noting *n = arg;
	const struct str jti = str_of(n->issue->draft.id_text);
	const int64_t end_us = n->issue->issued_us + token_life_s(n->issue) * SECOND_US;
	enum status st = store_token_derived(tx, jti, n->parent_jti, end_us);

	if (st == OK)
		st = store_mandate_token(tx, n->mandate_id, jti, end_us);
	n->gone = st == E_NOT_FOUND;
	return st;
}

enum status
represent_issue(struct request *rq, const struct represent *r, const struct token_terms *terms, struct str parent_jti)
{
	CLEANUP(token_issue_clear) struct token_issue issue = { 0 };
	struct noting n = { .issue = &issue, .parent_jti = parent_jti, .mandate_id = r->mandate.mandate_id };
	struct receipt receipt;
	enum status st;

	TRY(token_draft(rq, terms, &issue));
	st = audit_append_fenced(rq->authd, &issue.draft, 1, r->seen, mandate_end_us(&r->mandate), &receipt);
	if (st == E_EXPIRED)
		return refuse(rq, "the mandate does not hold");
	TRY(st);
	st = store_retry(request_store(rq), note, &n);
	if (n.gone)
		return refuse(rq, "the token or the mandate does not hold any more");
	TRY(st);
	return token_answer(rq, &issue, &receipt);
}
