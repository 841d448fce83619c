#include "authd/oauth/code.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/random.h"
#include "authd/audit/audit.h"
#include "authd/identity/session.h"
#include "authd/oauth/pkce.h"
#include "authd/request.h"
#include "authd/store/store_approval.h"
#include "authd/store/store_grant.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_person.h"
#include "authd/store/store_pushed.h"

/* ---- giving one out ---- */

struct issue {
	struct request *rq;
	const struct code_terms *terms;
	struct buf grant_id;
	uint8_t hash[32];
	struct audit_draft code, approval;
};

static void
issue_clear(struct issue *i)
{
	buf_clear(&i->grant_id);
	audit_draft_clear(&i->code);
	audit_draft_clear(&i->approval);
}

static struct audit_event
event_of(const struct issue *i, enum entry_event event)
{
	struct audit_event ev = audit_of(i->rq, event);

	audit_fact(&ev, "client", i->terms->client_id);
	ev.person = request_person(i->rq);
	return ev;
}

/* A client that uses one challenge for several requests has made PKCE worth nothing (RFC 9700 2.1.1): its entries say
 * so. A page that was loaded twice looks the same, so it is no refusal. */
static enum status
draft_code(struct issue *i)
{
	struct audit_event ev = event_of(i, ENTRY_TOKEN_CODE_ISSUED);
	bool seen = false;

	TRY(store_code_challenge_seen(request_store(i->rq), i->terms->client_id, i->terms->challenge, &seen));
	if (seen)
		audit_fact(&ev, "challenge", STR("repeated"));
	return audit_draft(i->rq->authd, &ev, &i->code);
}

/* The scopes are what was allowed; of details only that there were some, for the person's consents say the rest. */
static enum status
draft_approval(struct issue *i)
{
	struct audit_event ev = event_of(i, ENTRY_TOKEN_CLIENT_ALLOWED);

	audit_fact_if_short(&ev, "scope", i->terms->scope);
	audit_fact(&ev, "details", i->terms->details.n > 0 ? STR("yes") : STR("no"));
	return audit_draft(i->rq->authd, &ev, &i->approval);
}

static enum status
save_approval(struct store_tx *tx, const struct issue *i, int64_t now)
{
	const struct store_approval row = { .sub = str_of(i->rq->who.sub),
					    .client_id = i->terms->client_id,
					    .fingerprint = i->terms->approval,
					    .scope = i->terms->scope,
					    .details = i->terms->details,
					    .given_us = now,
					    .event_id = str_of(i->approval.id_text) };

	TRY(store_approval_give(tx, &row));
	return audit_emit(tx, &i->approval, STORE_TARGET_APPROVAL, row.sub);
}

static enum status
save_grant(struct store_tx *tx, const struct issue *i, int64_t now)
{
	const struct store_grant grant = {
		.grant_id = buf_str(&i->grant_id),
		.client_id = i->terms->client_id,
		.sub = str_of(i->rq->who.sub),
		.sid = str_of(i->rq->who.sid),
		.scope = i->terms->scope,
		.created_us = now,
	};

	return store_grant_add(tx, &grant);
}

static enum status
save_code(struct store_tx *tx, const struct issue *i, int64_t now)
{
	const struct principal *who = &i->rq->who;
	const struct code_terms *terms = i->terms;
	const struct store_code code = {
		.code_hash = str_from(i->hash, sizeof(i->hash)),
		.client_id = terms->client_id,
		.sub = str_of(who->sub),
		.sid = str_of(who->sid),
		.redirect_uri = terms->redirect_uri,
		.scope = terms->scope,
		.nonce = terms->nonce,
		.challenge = terms->challenge,
		.auth_us = who->auth_us,
		.acr = (int)(terms->acr != 0 ? terms->acr : who->acr),
		.amr = str_of(who->amr),
		.grant_id = buf_str(&i->grant_id),
		.expires_us = now + CODE_LIFE_US,
		.details = terms->details,
		.dpop_jkt = terms->dpop_jkt,
		.resource = terms->resource,
		.event_id = str_of(i->code.id_text),
		.log_index = STORE_NO_INDEX,
	};

	TRY(store_code_add(tx, &code));
	return audit_emit(tx, &i->code, STORE_TARGET_CODE, code.grant_id);
}

/* The pushed request first: of any number of tabs that finish it at once, one goes on. */
static enum status
save(const struct issue *i)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const int64_t now = clock_now_us();

	TRY(store_begin(request_store(i->rq), &tx));
	TRY(session_hold(i->rq, &tx));
	if (i->terms->pushed_hash.n > 0)
		TRY(store_pushed_consume(&tx, i->terms->pushed_hash, i->terms->client_id, now));
	if (i->terms->approval.n > 0)
		TRY(save_approval(&tx, i, now));
	TRY(save_grant(&tx, i, now));
	TRY(save_code(&tx, i, now));
	return store_commit(&tx);
}

enum status
code_issue(struct request *rq, const struct code_terms *terms, struct buf *code)
{
	CLEANUP(issue_clear) struct issue i = { .rq = rq, .terms = terms, .grant_id = BUF(64) };
	struct receipt receipt;

	TRY(session_random(code));
	session_id_hash(buf_str(code), i.hash);
	random_put_id(&i.grant_id, "grt_");
	TRY(buf_status(&i.grant_id));
	TRY(draft_code(&i));
	if (terms->approval.n > 0)
		TRY(draft_approval(&i));
	TRY(save(&i));
	if (terms->approval.n > 0)
		TRY(audit_forward(rq->authd, &i.approval, &receipt));
	return audit_forward(rq->authd, &i.code, &receipt);
}

/* ---- taking one back ---- */

/* E_DENIED and not E_INVALID: a code that does not fit may be a stolen one, so that the attempt is an entry of the log.
 */
static enum status
invalid_grant(struct request *rq, const char *why)
{
	return request_fail(rq, E_DENIED, "invalid_grant", why);
}

static enum status
consume(struct request *rq, struct str hash, struct str client_id, struct store_code *out)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_code_consume(&tx, hash, client_id, clock_now_us(), out));
	return store_commit(&tx);
}

static enum status
draft_reuse(struct request *rq, const struct store_code *code, struct audit_draft *out)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	struct audit_event ev = audit_of(rq, ENTRY_TOKEN_REUSE_DETECTED);

	audit_fact(&ev, "grant", code->grant_id);
	TRY(store_person_find(request_store(rq), code->sub, &person));
	if (person.wrapped_key.n > 0)
		ev.person = (struct keys_person){ .sub = person.sub, .wrapped = person.wrapped_key };
	return audit_draft(rq->authd, &ev, out);
}

/* Somebody else has seen this code: whoever used it first may be the thief, so nobody keeps what it gave. */
static enum status
revoke_grant(struct request *rq, const struct store_code *code)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct receipt receipt;

	rq->refusal_recorded = true;
	TRY(draft_reuse(rq, code, &draft));
	TRY(store_begin(request_store(rq), &tx));
	TRY(store_grant_revoke(&tx, code->grant_id, clock_now_us()));
	TRY(audit_emit(&tx, &draft, STORE_TARGET_NONE, STR("")));
	TRY(store_commit(&tx));
	TRY(audit_forward(rq->authd, &draft, &receipt));
	return invalid_grant(rq, "this code was used before");
}

static enum status
fits(struct request *rq, const struct code_redeem *with, const struct store_code *code)
{
	if (code->expires_us <= clock_now_us())
		return invalid_grant(rq, "this code has expired");
	if (!str_eq(code->redirect_uri, with->redirect_uri))
		return invalid_grant(rq, "redirect_uri is not the one that the code was given to");
	if (pkce_check(with->verifier, code->challenge) != OK)
		return invalid_grant(rq, "code_verifier does not fit");
	return OK;
}

enum status
code_take(struct request *rq, const struct code_redeem *with, struct store_code *out)
{
	uint8_t hash[32];
	enum status st;

	session_id_hash(with->code, hash);
	/* Another client's code is not found: a stranger with a stolen code neither spends it nor revokes anything. */
	st = consume(rq, str_from(hash, sizeof(hash)), with->client_id, out);
	if (st == E_NOT_FOUND)
		return invalid_grant(rq, "this code is not good");
	if (st == E_USED)
		return revoke_grant(rq, out);
	TRY(st);
	return fits(rq, with, out);
}
