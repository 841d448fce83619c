#include "authd/oauth/code.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/random.h"
#include "authd/audit/audit.h"
#include "authd/identity/session.h"
#include "authd/oauth/pkce.h"
#include "authd/request.h"
#include "authd/store/store_grant.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_person.h"

/* ---- giving one out ---- */

static enum status
draft_issue(struct request *rq, const struct code_terms *terms, struct audit_draft *out)
{
	struct audit_event ev = audit_of(rq, ENTRY_TOKEN_CODE_ISSUED);

	ev.entry.facts[0] = (struct entry_fact){ .name = STR("client"), .text = terms->client_id };
	ev.entry.fact_count = 1;
	ev.person = (struct keys_person){ .sub = str_of(rq->who.sub), .wrapped = buf_str(&rq->who.wrapped) };
	return audit_draft(rq->authd, &ev, out);
}

static enum status
save(struct request *rq, const struct code_terms *terms, struct str hash, struct str grant_id,
     const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const int64_t now = clock_now_us();
	const struct store_grant grant = {
		.grant_id = grant_id,
		.client_id = terms->client_id,
		.sub = str_of(rq->who.sub),
		.sid = str_of(rq->who.sid),
		.scope = terms->scope,
		.created_us = now,
	};
	const struct store_code code = {
		.code_hash = hash,
		.client_id = terms->client_id,
		.sub = str_of(rq->who.sub),
		.sid = str_of(rq->who.sid),
		.redirect_uri = terms->redirect_uri,
		.scope = terms->scope,
		.nonce = terms->nonce,
		.challenge = terms->challenge,
		.auth_us = rq->who.auth_us,
		.acr = (int)rq->who.acr,
		.amr = str_of(rq->who.amr),
		.grant_id = grant_id,
		.expires_us = now + CODE_LIFE_US,
		.event_id = str_of(draft->id_text),
		.log_index = STORE_NO_INDEX,
	};

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_grant_add(&tx, &grant));
	TRY(store_code_add(&tx, &code));
	TRY(audit_emit(&tx, draft, STORE_TARGET_CODE, grant_id));
	return store_commit(&tx);
}

enum status
code_issue(struct request *rq, const struct code_terms *terms, struct buf *code)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(buf_clear) struct buf grant_id = BUF(64);
	struct receipt receipt;
	uint8_t hash[32];

	TRY(session_random(code));
	session_id_hash(buf_str(code), hash);
	random_put_id(&grant_id, "grt_");
	TRY(buf_status(&grant_id));
	TRY(draft_issue(rq, terms, &draft));
	TRY(save(rq, terms, str_from(hash, sizeof(hash)), buf_str(&grant_id), &draft));
	return audit_forward(rq->authd, &draft, &receipt);
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

	ev.entry.facts[0] = (struct entry_fact){ .name = STR("grant"), .text = code->grant_id };
	ev.entry.fact_count = 1;
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
