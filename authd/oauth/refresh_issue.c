/*
 * refresh_issue.c: a token that was checked is used up, once, and the next one leaves when its entry is durable. Two
 * requests with one token may be here at the same time, on two nodes: the row decides who was first, and whoever was
 * not looks again at what the token is now.
 */
#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "authd/oauth/refresh_parts.h"
#include "authd/store/store_grant.h"
#include "authd/store/store_outbox.h"

#define TURNS_MOST 4 /* of finding out what a token is, when others use it at the same time */

/* ---- a token that had its time ---- */

static enum status
draft_reuse(struct request *rq, const struct store_refresh *family, struct audit_draft *out)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	struct audit_event ev = audit_of(rq, ENTRY_TOKEN_REUSE_DETECTED);
	enum status st = store_person_find(request_store(rq), family->sub, &person);

	audit_fact(&ev, "grant", family->grant_id);
	if (st != OK && st != E_NOT_FOUND)
		return st;
	if (person.wrapped_key.n > 0)
		ev.person = (struct keys_person){ .sub = person.sub, .wrapped = person.wrapped_key };
	return audit_draft(rq->authd, &ev, out);
}

/* Two have it, and one of them should not. Nobody can tell which, so neither keeps anything. */
static enum status
end_stolen(struct request *rq, const struct store_refresh *family)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct receipt receipt;

	rq->refusal_recorded = true;
	TRY(draft_reuse(rq, family, &draft));
	TRY(store_begin(request_store(rq), &tx));
	TRY(store_grant_revoke(&tx, family->grant_id, clock_now_us()));
	TRY(audit_emit(&tx, &draft, STORE_TARGET_NONE, STR("")));
	TRY(store_commit(&tx));
	TRY(audit_forward(rq->authd, &draft, &receipt));
	return request_fail(rq, E_DENIED, "invalid_grant", "this refresh token was used before");
}

/* ---- which way ---- */

enum way {
	WAY_KEEP,   /* the good one of a family that does not rotate */
	WAY_ROTATE, /* the good one */
	WAY_RETRY,  /* the one before it, again, and soon */
	WAY_STOLEN, /* one that had its time */
	WAY_WRONG,  /* right handle, wrong secret */
};

/* A rotation whose entry is not in the log yet was told to nobody, however long ago it was. */
static bool
is_soon(const struct refreshing *r, int64_t now_us)
{
	return r->family.rotated_us >= now_us - r->window_us || r->family.log_index == STORE_NO_INDEX;
}

static enum way
way_of(const struct refreshing *r, int64_t now_us)
{
	if (refresh_token_is(r->family.token_hash, &r->hash))
		return r->family.rotating ? WAY_ROTATE : WAY_KEEP;
	if (!r->family.rotating)
		return WAY_WRONG;
	/* The good one must be what we would give now: else the pepper is another one, and a retry cannot be served. */
	if (refresh_token_is(r->family.former_hash, &r->hash) && is_soon(r, now_us) &&
	    refresh_token_is(r->family.token_hash, &r->next.hash))
		return WAY_RETRY;
	return WAY_STOLEN;
}

/* ---- issuing ---- */

static enum status
work_keep(struct store_tx *tx, const struct token_issue *issue, void *arg)
{
	const struct refreshing *r = arg;

	return store_refresh_touch(tx, r->family.handle, hash_str(&r->hash), issue->issued_us);
}

static enum status
work_rotate(struct store_tx *tx, const struct token_issue *issue, void *arg)
{
	const struct refreshing *r = arg;

	return store_refresh_rotate(tx, r->family.handle, hash_str(&r->hash), hash_str(&r->next.hash), issue->issued_us,
				    str_of(issue->draft.id_text));
}

static enum status
work_retry(struct store_tx *tx, const struct token_issue *issue, void *arg)
{
	const struct refreshing *r = arg;

	return store_refresh_retry(tx, r->family.handle, hash_str(&r->hash), issue->issued_us - r->window_us);
}

/* What each way does to the family's row, in the transaction of the issue. */
static grant_work *const works[] = { [WAY_KEEP] = work_keep, [WAY_ROTATE] = work_rotate, [WAY_RETRY] = work_retry };

/* E_USED: somebody else was faster; look again. */
static enum status
save_once(struct request *rq, struct refreshing *r, const struct token_issue *issue, enum way *way)
{
	struct grant_also also = { .arg = r };

	*way = way_of(r, issue->issued_us);
	if (*way == WAY_WRONG)
		return refresh_invalid(rq);
	if (*way == WAY_STOLEN)
		return end_stolen(rq, &r->family);
	/* A retry is for exactly this case: its rotation is not in the log, or its answer was lost. */
	if (*way != WAY_RETRY && r->family.log_index == STORE_NO_INDEX)
		return request_fail(rq, E_UNAVAILABLE, "log_unavailable", "this token is on its way into the log");
	also.work = works[*way];
	if (*way == WAY_ROTATE) {
		also.target = STORE_TARGET_REFRESH;
		also.target_key = r->family.handle;
	}
	return grant_save(rq, issue, &also);
}

static enum status
save(struct request *rq, struct refreshing *r, const struct token_issue *issue, enum way *way)
{
	for (size_t i = 0; i < TURNS_MOST; i++) {
		enum status st = save_once(rq, r, issue, way);

		if (st != E_USED)
			return st;
		TRY(refresh_find_family(rq, r, &r->family));
		TRY(refresh_check_life(rq, &r->family));
	}
	return E_BUSY;
}

/* Nobody was told of the next token, so the client has the old one: let it be good again. */
static void
take_back(struct request *rq, const struct refreshing *r, const struct token_issue *issue)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	enum status st = store_begin(request_store(rq), &tx);

	if (st == OK)
		st = store_refresh_unrotate(&tx, r->family.handle, hash_str(&r->hash), str_of(issue->draft.id_text));
	if (st == OK)
		st = store_commit(&tx);
	if (st != OK && st != E_USED)
		log_warn(st, "refresh.take_back", "client=%.*s", STR_ARG(r->client->client_id));
}

enum status
refresh_issue(struct request *rq, struct refreshing *r, const struct token_terms *terms)
{
	CLEANUP(token_issue_clear) struct token_issue issue = { 0 };
	struct receipt receipt;
	enum status st;
	enum way way;

	TRY(token_draft(rq, terms, &issue));
	TRY(save(rq, r, &issue, &way));
	st = audit_forward(rq->authd, &issue.draft, &receipt);
	if (st != OK && way == WAY_ROTATE)
		take_back(rq, r, &issue);
	TRY(st);
	return token_answer(rq, &issue, &receipt);
}
