#include "authd/identity/acting.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/base/secret.h"
#include "auditlog/core/hash.h"
#include "authd/access/mandate.h"
#include "authd/access/mandate_paper.h"
#include "authd/audit/audit.h"
#include "authd/http/json.h"
#include "authd/request.h"
#include "authd/store/store_person.h"

/* ---- what a representative may reach: no row, no access ---- */

enum how {
	REPRESENTS, /* the page is the represented person's */
	OWN,        /* stays the representative's own: where they choose, sign out, read what everybody reads */
	ELSEWHERE,  /* leads to /consents: an address that people type */
};

static const struct {
	enum http_method method;
	const char *path;
	enum how how;
	unsigned action;
	bool all_purposes; /* cannot be shown in part */
} rows[] = {
	{ HTTP_GET, "/me", ELSEWHERE, 0, false },
	{ HTTP_GET, "/consents", REPRESENTS, MANDATE_SEE, false },
	{ HTTP_GET, "/consents/{id}", REPRESENTS, MANDATE_SEE, false },
	{ HTTP_GET, "/consents/{id}/receipt", REPRESENTS, MANDATE_SEE, false },
	{ HTTP_GET, "/consents/{id}/document", REPRESENTS, MANDATE_SEE, false },
	{ HTTP_GET, "/consents/{id}/withdraw", REPRESENTS, MANDATE_WITHDRAW, false },
	{ HTTP_POST, "/consents/{id}/withdraw", REPRESENTS, MANDATE_WITHDRAW, false },
	{ HTTP_POST, "/consents/{id}/renew", REPRESENTS, MANDATE_GIVE, false },
	{ HTTP_GET, "/notices/{id}/{version}/{lang}", OWN, 0, false },
	{ HTTP_GET, "/ask/{id}", REPRESENTS, MANDATE_GIVE, false },
	{ HTTP_GET, "/ask/{id}/document", REPRESENTS, MANDATE_GIVE, false },
	{ HTTP_POST, "/ask/{id}", REPRESENTS, MANDATE_GIVE, false },
	{ HTTP_GET, "/accesses", REPRESENTS, MANDATE_SEE, false },
	{ HTTP_GET, "/accesses/{id}", REPRESENTS, MANDATE_SEE, false },
	{ HTTP_GET, "/accesses/{id}/proof", REPRESENTS, MANDATE_SEE, false },
	{ HTTP_GET, "/accesses/proof", REPRESENTS, MANDATE_SEE, true },
	{ HTTP_POST, "/accesses/{id}/question", REPRESENTS, MANDATE_ASK, false },
	{ HTTP_GET, "/objections", REPRESENTS, MANDATE_OBJECT, false },
	{ HTTP_POST, "/objections/set", REPRESENTS, MANDATE_OBJECT, false },
	{ HTTP_POST, "/objections/lift", REPRESENTS, MANDATE_OBJECT, false },
	{ HTTP_POST, "/objections/restrict", REPRESENTS, MANDATE_OBJECT, true },
	{ HTTP_POST, "/objections/unrestrict", REPRESENTS, MANDATE_OBJECT, true },
	{ HTTP_GET, "/export", REPRESENTS, MANDATE_EXPORT, true },
	{ HTTP_POST, "/export", REPRESENTS, MANDATE_EXPORT, true },
	{ HTTP_GET, "/representatives", OWN, 0, false },
	{ HTTP_POST, "/representatives/act", OWN, 0, false },
	{ HTTP_POST, "/representatives/stop", OWN, 0, false },
	{ HTTP_POST, "/representatives/{id}/end", OWN, 0, false },
	{ HTTP_POST, "/sign-out", OWN, 0, false },
	/* with a token */
	{ HTTP_GET, "/consent/v1/records", REPRESENTS, MANDATE_SEE, false },
	{ HTTP_GET, "/consent/v1/records/{id}", REPRESENTS, MANDATE_SEE, false },
	{ HTTP_GET, "/consent/v1/records/{id}/receipt", REPRESENTS, MANDATE_SEE, false },
	{ HTTP_POST, "/consent/v1/records/{id}/withdraw", REPRESENTS, MANDATE_WITHDRAW, false },
	{ HTTP_GET, "/audit/v1/proof", REPRESENTS, MANDATE_SEE, true },
	{ HTTP_GET, "/grants", REPRESENTS, MANDATE_SEE, false },
	{ HTTP_GET, "/grants/{id}", REPRESENTS, MANDATE_SEE, false },
	{ HTTP_DELETE, "/grants/{id}", REPRESENTS, MANDATE_WITHDRAW, false },
	{ HTTP_GET, "/consent/v1/objections", REPRESENTS, MANDATE_OBJECT, false },
	{ HTTP_POST, "/consent/v1/objections", REPRESENTS, MANDATE_OBJECT, false },
	{ HTTP_POST, "/consent/v1/objections/lift", REPRESENTS, MANDATE_OBJECT, false },
	{ HTTP_GET, "/v2/findUsage", REPRESENTS, MANDATE_SEE, false },
	{ HTTP_GET, "/v2/usagePeriod", REPRESENTS, MANDATE_SEE, false },
};

/* ARRAY_LEN(rows) when there is none. */
static size_t
find_row(const struct route *route)
{
	size_t i = 0;

	while (i < ARRAY_LEN(rows) && (rows[i].method != route->method || strcmp(rows[i].path, route->path) != 0))
		i++;
	return i;
}

static enum status
not_here(struct request *rq)
{
	return request_fail(rq, E_DENIED, "acting_not_allowed",
			    "this is not possible while you act for somebody else; stop acting first");
}

/* A page to look at instead, where there is a browser that can follow; a form does nothing. */
static enum status
look_at(struct request *rq, const char *page, const char *why)
{
	if (rq->http->method != HTTP_GET || rq->who.kind == PRINCIPAL_TOKEN)
		return request_fail(rq, E_DENIED, "representative_invalid", why);
	response_redirect(rq->rsp, str_of(page));
	return E_UNAUTHENTICATED;
}

/* ---- taking on ---- */

/* Of the session's token and the mandate: no form of another context has it. */
static enum status
own_csrf(struct request *rq)
{
	CLEANUP(buf_clear) struct buf plain = BUF(256), text = BUF(64);
	struct hash h;

	buf_put_cstr(&plain, "ombud acting csrf v1\n");
	buf_put_block(&plain, str_of(rq->who.csrf));
	buf_put_block(&plain, rq->who.mandate.mandate_id);
	TRY(buf_status(&plain));
	h = hash_sha256(buf_str(&plain));
	encode_base64url(&text, str_from(h.b, sizeof(h.b)));
	TRY(buf_status(&text));
	if (text.n >= sizeof(rq->who.csrf))
		return E_SYSTEM;
	memcpy(rq->who.csrf, text.p, text.n);
	rq->who.csrf[text.n] = '\0';
	secret_wipe(plain.p, plain.n);
	return OK;
}

/* The name at the top of each page. */
static enum status
put_name(struct request *rq, const struct store_person *p)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	CLEANUP(json_decrefp) json_t *profile = NULL;
	const struct keys_person who = { .sub = p->sub, .wrapped = p->wrapped_key };
	const struct keys_place place = { STR("person"), STR("profile"), p->sub };
	const char *name;

	if (p->profile.n == 0)
		return OK;
	TRY(keys_field_open(rq->authd->keys, &who, &place, p->profile, &text));
	TRY(json_read(buf_str(&text), KEYS_FIELD_MAX, &profile, NULL));
	name = json_string_value(json_object_get(profile, "name"));
	if (name != NULL && strlen(name) < sizeof(rq->who.acting_for))
		memcpy(rq->who.acting_for, name, strlen(name) + 1);
	return OK;
}

/* What a consent that is given under it names (152-FZ 9(4) item 2). What was given in the portal is its own paper. */
static enum status
put_paper(struct request *rq, const struct store_person *p)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	CLEANUP(json_decrefp) json_t *paper = NULL;
	const struct store_mandate *m = &rq->who.mandate;
	const struct keys_person who = { .sub = p->sub, .wrapped = p->wrapped_key };
	enum status st = mandate_paper_open(rq->authd->keys, &who, m, &paper);

	if (st == E_NOT_FOUND)
		buf_put(&text, m->mandate_id);
	else
		TRY(st);
	mandate_paper_words(paper, &text);
	TRY(buf_status(&text));
	if (text.n >= sizeof(rq->who.paper))
		return E_CORRUPT;
	memcpy(rq->who.paper, text.p, text.n);
	rq->who.paper[text.n] = '\0';
	return OK;
}

/* From here on rq->who is the represented person. */
static enum status
put_person(struct principal *who, const struct store_person *p)
{
	if (p->sub.n >= sizeof(who->sub))
		return E_CORRUPT;
	memcpy(who->sub, p->sub.p, p->sub.n + 1);
	who->pseudonym[0] = '\0'; /* what either of them is at work is nothing here */
	who->role_count = 0;
	buf_reset(&who->wrapped);
	buf_put(&who->wrapped, p->wrapped_key);
	who->acting = true;
	return buf_status(&who->wrapped);
}

static enum status
become(struct request *rq)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };

	TRY(store_person_find(request_store(rq), rq->who.mandate.sub, &p));
	TRY(put_name(rq, &p));
	TRY(put_paper(rq, &p));
	TRY(own_csrf(rq));
	return put_person(&rq->who, &p);
}

/* Somebody else's page: the person can see afterwards that it was read, by whom, and which. */
static enum status
record_view(struct request *rq)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct audit_event ev = audit_of(rq, ENTRY_PROFILE_READ);
	struct receipt receipt;
	enum status st;

	if (rq->route->method != HTTP_GET)
		return OK; /* what a form does has its own entry */
	ev.entry.facts[ev.entry.fact_count++] =
	    (struct entry_fact){ .name = STR("page"), .text = str_of(rq->route->path) };
	ev.person = (struct keys_person){ .sub = str_of(rq->who.sub), .wrapped = buf_str(&rq->who.wrapped) };
	TRY(audit_draft(rq->authd, &ev, &draft));
	st = audit_append(rq->authd, &draft, &receipt);
	/* It ended while this page was being asked for. */
	return st == E_DENIED ? request_fail(rq, E_DENIED, "representative_invalid", "your mandate has just changed")
			      : st;
}

static enum status
take_on(struct request *rq, size_t row)
{
	const struct store_mandate *m = &rq->who.mandate;
	enum mandate_fault fault = mandate_judge(m, STR(""), rows[row].action, clock_now_us());

	if (fault == MANDATE_ACTION || (fault == MANDATE_HOLDS && rows[row].all_purposes && !str_is(m->purposes, "*")))
		return request_fail(rq, E_DENIED, "representative_invalid", "your mandate does not allow this");
	if (fault != MANDATE_HOLDS)
		return look_at(rq, "/representatives?over=1", "the mandate does not hold any more");
	TRY(become(rq));
	return record_view(rq);
}

enum status
acting_take_on(struct request *rq)
{
	const size_t row = find_row(rq->route);
	enum status st;

	if (rq->route->authn == AUTHN_SESSION_OPTIONAL)
		return OK;
	rq->who.seen = audit_seen(rq->authd); /* before the mandate is read */
	st = store_acting_find(request_store(rq), str_of(rq->who.sid), &rq->who.mandate);
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	if (row == ARRAY_LEN(rows))
		return not_here(rq);
	switch (rows[row].how) {
	case OWN:
		return OK;
	case ELSEWHERE:
		return look_at(rq, "/consents", "");
	case REPRESENTS:
		return take_on(rq, row);
	}
	return E_SYSTEM;
}

/* On the loop thread nothing has a row. */
enum status
acting_take_on_token(struct request *rq)
{
	const size_t row = find_row(rq->route);
	enum status st;

	if (row == ARRAY_LEN(rows) || rq->route->authn != AUTHN_BEARER)
		return not_here(rq);
	rq->who.seen = audit_seen(rq->authd);
	st = store_mandate_by_token(request_store(rq), str_of(rq->who.jti), &rq->who.mandate);
	if (st == E_NOT_FOUND || (st == OK && !str_is(rq->who.mandate.sub, rq->who.sub)))
		return request_fail(rq, E_DENIED, "representative_invalid", "the mandate does not hold any more");
	TRY(st);
	return take_on(rq, row);
}

/* ---- with a token ---- */

enum status
acting_represent(struct request *rq, struct str sub, unsigned action)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	enum mandate_fault why;

	rq->who.seen = audit_seen(rq->authd); /* before the mandate is read */
	TRY(mandate_find(request_store(rq), str_of(rq->who.sub), sub, STR(""), action, clock_now_us(), &rq->who.mandate,
			 &why));
	if (!mandate_for_clients(&rq->who.mandate))
		return E_DENIED;
	TRY(store_person_find(request_store(rq), rq->who.mandate.sub, &p));
	return put_person(&rq->who, &p);
}

/* ---- themes ---- */

bool
acting_covers(const struct request *rq, struct str purpose)
{
	/* "eligibility/3" is a version of eligibility. */
	return !rq->who.acting || mandate_covers(&rq->who.mandate, str_slice(purpose, 0, str_find_char(purpose, '/')));
}

struct str
acting_themes(const struct request *rq)
{
	return acting_covers_all(rq) ? STR("") : rq->who.mandate.purposes;
}

bool
acting_covers_all(const struct request *rq)
{
	return !rq->who.acting || str_is(rq->who.mandate.purposes, "*");
}
