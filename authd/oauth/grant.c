#include "authd/oauth/grant.h"

#include "auditlog/base/clock.h"
#include "authd/oauth/client.h"
#include "authd/request.h"
#include "authd/store/store_logout.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_session.h"
#include "authd/store/store_token.h"

enum status
grant_person(struct request *rq, struct str sub, struct store_person *out)
{
	enum status st = store_person_find(request_store(rq), sub, out);

	if (st == E_NOT_FOUND || (st == OK && (out->status != STORE_PERSON_ACTIVE || out->wrapped_key.n == 0)))
		return request_fail(rq, E_DENIED, "invalid_grant", "this grant is not good any more");
	return st;
}

enum status
grant_session(struct request *rq, struct str sid)
{
	CLEANUP(store_session_clear) struct store_session s = { 0 };

	TRY(store_session_by_sid(request_store(rq), sid, &s));
	return s.ended_us != 0 || s.expires_us <= clock_now_us() ? E_NOT_FOUND : OK;
}

/* ---- what is asked for, within what was granted ---- */

static void
put_word(struct buf *out, struct str word)
{
	if (out->n > 0)
		buf_put_char(out, ' ');
	buf_put(out, word);
}

enum status
grant_narrow(struct str granted, struct str asked, struct buf *out)
{
	struct str word;

	if (asked.n == 0)
		buf_put(out, granted);
	while (asked.n > 0 && str_next(&asked, ' ', &word)) {
		if (word.n == 0)
			continue;
		if (!client_has(granted, word) || client_has(buf_str(out), word))
			return E_INVALID;
		put_word(out, word);
	}
	return buf_status(out);
}

static bool
may_reach(struct request *rq, const struct store_client *client, struct str resource)
{
	return str_eq(resource, rq->authd->issuer) || client_has(client->audiences, resource);
}

static enum status
wrong_target(struct request *rq)
{
	return request_fail(rq, E_DENIED, "invalid_target", "a resource is not one that this client may reach");
}

/* Each `resource` that was sent, once; within `all` when that is not empty. */
static enum status
put_asked(struct request *rq, const struct store_client *client, struct str all, struct buf *out)
{
	struct str one;

	for (size_t i = 0; one = form_get_nth(&rq->form, "resource", i), one.p != NULL; i++) {
		if (one.n == 0)
			continue;
		if (!may_reach(rq, client, one) || (all.n > 0 && !client_has(all, one)))
			return wrong_target(rq);
		if (!client_has(buf_str(out), one))
			put_word(out, one);
	}
	return buf_status(out);
}

enum status
grant_audience(struct request *rq, const struct store_client *client, struct str granted, struct buf *out)
{
	struct str rest = granted, word;

	TRY(put_asked(rq, client, granted.n > 0 ? granted : rq->authd->issuer, out));
	if (out->n > 0)
		return OK;
	while (rest.n > 0 && str_next(&rest, ' ', &word)) {
		if (!may_reach(rq, client, word))
			return wrong_target(rq);
		put_word(out, word);
	}
	return buf_status(out);
}

enum status
grant_own_audience(struct request *rq, const struct store_client *client, struct buf *out)
{
	return put_asked(rq, client, STR(""), out);
}

/* ---- issuing ---- */

struct saving {
	const struct token_issue *issue;
	const struct grant_also *also;
	bool revoked; /* the grant is */
	bool over;    /* the session is */
};

static enum status
note_token(struct store_tx *tx, struct saving *s)
{
	const struct token_issue *issue = s->issue;
	enum status st;

	if (issue->terms.grant_id.n == 0)
		return OK;
	st = store_token_issued(tx, str_of(issue->draft.id_text), issue->terms.grant_id,
				issue->issued_us + token_life_s(issue) * SECOND_US);
	s->revoked = st == E_USED || st == E_NOT_FOUND;
	return st;
}

/* Whoever is told of a session is told of its end. */
static enum status
note_session(struct store_tx *tx, struct saving *s)
{
	const struct token_issue *issue = s->issue;
	enum status st;

	if (!token_tells_of_session(issue))
		return OK;
	st = store_logout_told(tx, issue->terms.sid, issue->terms.client->client_id, buf_str(&issue->subject));
	s->over = st == E_NOT_FOUND;
	return st;
}

static enum status
save(struct store_tx *tx, void *arg)
{
	struct saving *s = arg;
	const struct grant_also *also = s->also;

	TRY(note_token(tx, s));
	TRY(note_session(tx, s));
	if (also->work != NULL)
		TRY(also->work(tx, s->issue, also->arg));
	return audit_emit(tx, &s->issue->draft, also->target != NULL ? also->target : STORE_TARGET_NONE,
			  also->target != NULL ? also->target_key : STR(""));
}

enum status
grant_save(struct request *rq, const struct token_issue *issue, const struct grant_also *also)
{
	struct saving s = { .issue = issue, .also = also };
	enum status st = store_retry(request_store(rq), save, &s);

	if (s.over)
		return request_fail(rq, E_DENIED, "invalid_grant", "the person has signed out meanwhile");
	return s.revoked ? request_fail(rq, E_DENIED, "invalid_grant", "this grant was revoked") : st;
}

enum status
grant_issue(struct request *rq, const struct token_terms *terms, const struct grant_also *also)
{
	CLEANUP(token_issue_clear) struct token_issue issue = { 0 };
	struct receipt receipt;

	TRY(token_draft(rq, terms, &issue));
	TRY(grant_save(rq, &issue, also));
	TRY(audit_forward(rq->authd, &issue.draft, &receipt));
	return token_answer(rq, &issue, &receipt);
}
