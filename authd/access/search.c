#include "authd/access/search.h"

#include <stdlib.h>
#include <string.h>

#include "auditlog/base/encode.h"
#include "authd/access/bynumber.h"
#include "authd/access/evaluation_parts.h"
#include "authd/access/mandate.h"
#include "authd/access/rate.h"
#include "authd/access/search_parts.h"
#include "authd/http/json.h"
#include "authd/oauth/subject.h"
#include "authd/request.h"
#include "authd/store/store_person.h"

#define TOKEN_MOST ((size_t)2 << 10)
#define KEY_MOST   ((size_t)2 << 10)

struct search
search_of(struct request *rq, enum search_kind kind)
{
	return (struct search){ .rq = rq,
				.kind = kind,
				.limit = -1,
				.person = BUF(2 * QUESTION_ID_MOST),
				.wrapped = BUF(KEY_MOST),
				.operator_id = BUF(FACTS_TEXT_MOST),
				.listed = BUF(SEARCH_MOST * (KEY_MOST + 2 * QUESTION_ID_MOST)),
				.next = BUF(TOKEN_MOST) };
}

void
search_clear(struct search *s)
{
	store_mandate_clear(&s->mandate);
	buf_clear(&s->person);
	buf_clear(&s->wrapped);
	buf_clear(&s->operator_id);
	buf_clear(&s->next);
	json_decref(s->results);
	buf_clear(&s->listed);
	for (size_t i = 0; i < s->drafted; i++)
		audit_draft_clear(&s->drafts[i]);
	free(s->drafts);
}

/* ---- reading ---- */

static enum status
read_page(struct json_in *in, struct search *s)
{
	struct json_in page, ignored;

	TRY(json_opt_object(in, "page", &page));
	if (page.at == NULL)
		return OK;
	TRY(json_opt_str(&page, "token", TOKEN_MOST, &s->token));
	TRY(json_opt_int(&page, "limit", 0, INT64_MAX, -1, &s->limit));
	if (s->limit > SEARCH_MOST)
		s->limit = SEARCH_MOST;
	return json_opt_object(&page, "properties", &ignored);
}

enum status
search_read(struct json_in *in, struct search *s)
{
	static const unsigned lacks[] = {
		[SEARCH_SUBJECT] = QUESTION_LACKS_SUBJECT,
		[SEARCH_RESOURCE] = QUESTION_LACKS_RESOURCE,
		[SEARCH_ACTION] = QUESTION_LACKS_ACTION,
	};

	s->body = in->at;
	TRY(question_read_search(in, lacks[s->kind], &s->q));
	return read_page(in, s);
}

/* ---- who may search ---- */

static enum status
admit_service(struct search *s)
{
	struct request *rq = s->rq;
	struct evaluation first;
	enum status st;

	if (!principal_has_scope(&rq->who, "access:evaluate"))
		return request_fail(rq, E_DENIED, "insufficient_scope", "this needs access:evaluate");
	if (s->kind != SEARCH_SUBJECT && !str_is(s->q.subject, rq->who.client_id))
		return request_fail(rq, E_DENIED, "subject_mismatch", "subject.id must be the client that asks");
	TRY(rate_take(rq, 1));
	if (s->q.person.n > 0)
		TRY(bynumber_resolve(rq, s->q.person, &s->person));
	/* The same question whoever the person is, also when there turns out to be nothing to look for. */
	first = evaluation_of(rq);
	first.q = s->q;
	first.q.person = buf_str(&s->person);
	evaluation_fill(&first);
	st = evaluation_gather(&first);
	if (st == OK) {
		buf_put(&s->wrapped, facts_wrapped(first.facts));
		buf_put(&s->operator_id, facts_operator(first.facts));
	}
	evaluation_clear(&first);
	TRY(st);
	TRY(buf_status(&s->wrapped));
	return buf_status(&s->operator_id);
}

/* About somebody else only under a mandate; without one it is the same answer for whoever that is. */
static enum status
find_represented(struct search *s, struct str sub)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	enum mandate_fault why;
	enum status st;

	s->seen = audit_seen(s->rq->authd); /* before the mandate is read */
	st = mandate_find(request_store(s->rq), str_of(s->rq->who.sub), sub, s->q.purpose, MANDATE_SEE, s->q.now_us,
			  &s->mandate, &why);

	/* An heir has papers, and no client of theirs anything. */
	if (st == OK && !mandate_for_clients(&s->mandate))
		st = E_DENIED;
	if (st == E_DENIED)
		return request_fail(s->rq, st, "access_denied", "you may ask about yourself and whom you represent");
	TRY(st);
	TRY(store_person_find(request_store(s->rq), sub, &person));
	buf_put(&s->wrapped, person.wrapped_key);
	s->under_mandate = true;
	return buf_status(&s->wrapped);
}

static enum status
admit_person(struct search *s)
{
	struct request *rq = s->rq;

	if (!principal_has_scope(&rq->who, "audit:read"))
		return request_fail(rq, E_DENIED, "insufficient_scope", "this needs audit:read");
	if (s->kind == SEARCH_RESOURCE)
		return request_fail(rq, E_DENIED, "access_denied", "only a service asks whose data it may see");
	s->by_person = true;
	TRY(subject_resolve(rq, str_of(rq->who.organisation), s->q.person, &s->person));
	if (!str_is(buf_str(&s->person), rq->who.sub))
		return find_represented(s, buf_str(&s->person));
	buf_put(&s->wrapped, buf_str(&rq->who.wrapped));
	return buf_status(&s->wrapped);
}

static enum status
admit(struct search *s)
{
	switch (s->rq->who.kind) {
	case PRINCIPAL_SERVICE:
		return admit_service(s);
	case PRINCIPAL_TOKEN:
		return admit_person(s);
	default:
		return request_fail(s->rq, E_DENIED, "insufficient_scope", "this needs access:evaluate or audit:read");
	}
}

/* ---- the order ---- */

static enum status
open_token(struct search *s)
{
	enum status st = s->token.n > 0 ? search_token_open(s) : OK;

	if (s->limit < 0)
		s->limit = SEARCH_PAGE;
	if (st == E_INVALID)
		return request_fail(s->rq, st, "invalid_request",
				    "page.token is not one of ours, too old, or of another search");
	return st;
}

enum status
search_run(struct search *s)
{
	TRY(open_token(s));
	TRY(admit(s));
	s->results = json_array();
	if (s->results == NULL)
		return E_NOMEM;
	TRY(search_find(s));
	if (s->more)
		TRY(search_token_make(s));
	return search_record(s);
}

/* ---- the answer ---- */

enum status
search_answer(const struct search *s, json_t **out)
{
	CLEANUP(buf_clear) struct buf leaf = BUF(64);
	struct str hash = policy_hash(s->rq->policy);

	encode_base64(&leaf, str_from(s->receipt.leaf.b, sizeof(s->receipt.leaf.b)));
	TRY(buf_status(&leaf));
	*out = json_pack("{s:{s:s%, s:I}, s:{s:s, s:{s:i, s:s%}, s:{s:I, s:s%}}, s:O}", "page", "next_token",
			 s->next.n > 0 ? s->next.p : "", s->next.n, "count", (json_int_t)json_array_size(s->results),
			 "context", "search_id", s->drafts[0].id_text, "policy", "version",
			 (int)policy_version(s->rq->policy), "sha256", hash.p, hash.n, "log", "index",
			 (json_int_t)s->receipt.index, "leaf", leaf.p, leaf.n, "results", s->results);
	return *out != NULL ? OK : E_NOMEM;
}
