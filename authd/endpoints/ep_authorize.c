/*
 * ep_authorize.c: GET and POST /oauth2/authorize: authorization code with PKCE S256 and nothing else; the page that
 * asks the person, its answer, and the way out of a sign-in.
 *
 * What is wrong with client or redirect URI is said on a page of ours: nobody is sent to an address that is not
 * registered. Everything else goes back to the client, with state and iss (RFC 9207), by 303.
 */
#include "auditlog/base/clock.h"
#include "authd/audit/refusals.h"
#include "authd/consent/consenting.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/cookie.h"
#include "authd/identity/signin.h"
#include "authd/jose/jws.h"
#include "authd/keyset.h"
#include "authd/oauth/approve.h"
#include "authd/oauth/client.h"
#include "authd/oauth/details.h"
#include "authd/oauth/subject.h"
#include "authd/request.h"

#define LEVEL_MOST       2    /* what signing in here can reach */
#define CONSENT_WAY_MOST 3500 /* of an address that a request for consent leads back to */

/* E_END: answered; the caller stops. */
static enum status
tell(struct flow *f, const char *error, const char *description)
{
	TRY(flow_tell(f, error, description));
	return E_END;
}

/* ---- the person ---- */

static bool
wants_none(const struct flow *f)
{
	return (f->asked.prompt & AUTHORIZE_PROMPT_NONE) != 0;
}

/* prompt=login, select_account and max_age ask for a fresh sign-in: one since this request began, or young enough. */
static bool
fresh_enough(const struct flow *f)
{
	const int64_t auth_us = f->rq->who.auth_us, began_us = flow_began_us(f), now = clock_now_us();

	if (began_us >= 0 && began_us <= now && auth_us >= began_us)
		return true;
	if ((f->asked.prompt & (AUTHORIZE_PROMPT_LOGIN | AUTHORIZE_PROMPT_SELECT)) != 0)
		return false;
	return f->asked.max_age_s < 0 || now - auth_us <= f->asked.max_age_s * SECOND_US;
}

/* The first of ui_locales that we speak, unless this browser's person has chosen a language before. */
static bool
wants_language(const struct flow *f, enum i18n_lang *lang)
{
	struct str rest = f->asked.ui_locales, one, chosen;

	if (cookie_find(f->rq->http, COOKIE_LANG, &chosen) == OK || form_get(&f->rq->query, "lang").n > 0)
		return false;
	while (rest.n > 0 && str_next(&rest, ' ', &one))
		if (i18n_by_code(one, lang) == OK)
			return true;
	return false;
}

static void
put_language(const struct flow *f, struct buf *to)
{
	enum i18n_lang lang;

	if (wants_language(f, &lang))
		form_put_param(to, "lang", str_of(i18n_code(lang)));
}

/* To the sign-in page, also for somebody who is signed in, and back here. A posted request comes back as GET. */
static enum status
to_login(struct flow *f)
{
	CLEANUP(buf_clear) struct buf here = BUF(SIGNIN_RETURN_MOST), to = BUF(65536), now = BUF(24);
	enum status st = flow_here(f, "/oauth2/authorize", &here);

	if (st == OK && f->pushed.id_hash.n == 0) {
		buf_put_u64_dec(&now, (uint64_t)clock_now_us());
		form_put_param(&here, FLOW_SENT, buf_str(&now));
		st = buf_status(&here);
	}
	if (st == E_TOO_LARGE)
		return tell(f, "invalid_request", "the request is too long to come back to after signing in; push it");
	TRY(st);
	buf_put_cstr(&to, "/login");
	form_put_param(&to, "again", STR("1"));
	form_put_param(&to, "return_to", buf_str(&here));
	put_language(f, &to);
	TRY(buf_status(&to));
	response_redirect(f->rq->rsp, buf_str(&to));
	return E_END;
}

static enum status
sign_in(struct flow *f, const char *why)
{
	return wants_none(f) ? tell(f, "login_required", why) : to_login(f);
}

/* The person by the name that this client knows them by. */
static enum status
is_called(struct flow *f, struct str said, bool *same)
{
	CLEANUP(buf_clear) struct buf name = BUF(PRINCIPAL_ID_MOST);

	TRY(subject_for(f->rq, &f->client, str_of(f->rq->who.sub), &name));
	*same = str_eq(buf_str(&name), said);
	return OK;
}

/* Expired ones are fine (OpenID Connect Core 3.1.2.1): a hint says who, and is no proof of anything. */
static enum status
check_hint(struct flow *f)
{
	CLEANUP(keyset_unrefp) struct keyset *keys = keyset_get(f->rq->authd->keyset);
	CLEANUP(jws_freep) struct jws *j = NULL;
	const struct jws_expect expect = { .iss = f->rq->authd->issuer,
					   .aud = f->client.client_id,
					   .now_us = clock_now_us() };
	bool same = false;

	if (f->asked.id_token_hint.n == 0)
		return OK;
	if (keys == NULL)
		return E_UNAVAILABLE;
	if (jws_accept(JWS_ID_TOKEN_HINT, f->asked.id_token_hint, keyset_keys(keys), &expect, &j) != OK)
		return tell(f, "invalid_request", "id_token_hint is not an ID token of ours for this client");
	TRY(is_called(f, str_of(json_string_value(json_object_get(jws_claims(j), "sub"))), &same));
	return same ? OK : tell(f, "login_required", "somebody else is signed in");
}

static enum status
check_wanted(struct flow *f)
{
	bool same = f->asked.wanted_sub.n == 0;

	if (!same)
		TRY(is_called(f, f->asked.wanted_sub, &same));
	return same ? OK : tell(f, "login_required", "somebody else is signed in");
}

/* An essential level that the session has not: once more when signing in can reach it, else a refusal, never less. */
static enum status
check_level(struct flow *f)
{
	bool reachable = false;

	if (f->asked.essential_acr_count == 0)
		return OK;
	for (size_t i = 0; i < f->asked.essential_acr_count; i++) {
		uint64_t level;

		if (str_to_u64(f->asked.essential_acr[i], 3, &level) != OK || level == 0)
			continue;
		if (level <= f->rq->who.acr)
			return OK;
		reachable |= level <= LEVEL_MOST;
	}
	if (reachable)
		return sign_in(f, "a stronger sign-in is needed");
	return tell(f, "access_denied", "no sign-in here reaches the level that was asked for");
}

static enum status
check_person(struct flow *f)
{
	if (f->rq->who.kind != PRINCIPAL_PERSON)
		return sign_in(f, "nobody is signed in");
	TRY(check_hint(f));
	TRY(check_wanted(f));
	if (!fresh_enough(f))
		return sign_in(f, "the sign-in is too old");
	return check_level(f);
}

/* ---- consents that authorization_details rest on ---- */

static void
names_of(const json_t *one, struct consenting_ask *ask, const struct policy *policy, const struct purpose *purpose)
{
	const json_t *list = json_object_get(one, "categories");

	for (size_t i = 0; i < json_array_size(list) && ask->category_count < CONSENTING_CATEGORIES_MOST; i++) {
		const json_t *v = json_array_get(list, i);
		const struct str name = str_from(json_string_value(v), json_string_length(v));
		const struct category *c = policy_category(policy, name);
		const struct purpose_rule *rule = c != NULL ? purpose_rule_for(purpose, c) : NULL;

		if (rule != NULL && rule->basis == BASIS_CONSENT)
			ask->categories[ask->category_count++] = name;
	}
}

/* The request that this browser has come back from, with the person's no. */
static enum status
was_refused(struct flow *f, bool *refused)
{
	CLEANUP(store_request_clear) struct store_request asked = { 0 };
	struct str id = form_get(f->outer, "request_id");
	enum status st;

	*refused = false;
	if (id.n == 0)
		return OK;
	st = store_request_find(request_store(f->rq), id, str_of(f->rq->who.sub), &asked);
	if (st == OK)
		*refused = str_eq(asked.client_id, f->client.client_id) && str_is(asked.state, "refused");
	return st == E_NOT_FOUND ? OK : st;
}

/* The whole address, because the page for consents leads back to services, too. */
static enum status
way_back(const struct flow *f, struct buf *out)
{
	CLEANUP(buf_clear) struct buf path = BUF(CONSENT_WAY_MOST);

	TRY(flow_here(f, "/oauth2/authorize", &path));
	buf_put(out, f->rq->authd->issuer);
	buf_put(out, buf_str(&path));
	return buf_status(out);
}

/* A consent is given on its own page, under its own notice (152-FZ art. 9), never in passing on ours. */
static enum status
ask_for_consent(struct flow *f, size_t which)
{
	CLEANUP(store_request_clear) struct store_request made = { 0 };
	CLEANUP(buf_clear) struct buf back = BUF(CONSENT_WAY_MOST + 512), to = BUF(256);
	const json_t *one = json_array_get(f->asked.details, which), *name = json_object_get(one, "purpose");
	const struct str id = str_from(json_string_value(name), json_string_length(name));
	struct consenting_ask ask = { .client_id = f->client.client_id,
				      .service = f->client.service,
				      .organisation = f->client.organisation,
				      .sub = str_of(f->rq->who.sub),
				      .purpose = id };
	const struct purpose *purpose = policy_purpose(f->rq->policy, id);
	bool refused, existed;

	TRY(was_refused(f, &refused));
	if (refused)
		return tell(f, "access_denied", "the person did not give the consent");
	if (wants_none(f))
		return tell(f, "interaction_required", "the person has to be asked for consent");
	if (purpose == NULL || way_back(f, &back) != OK)
		return tell(f, "invalid_request", "the request is too long to come back to; push it");
	names_of(one, &ask, f->rq->policy, purpose);
	ask.return_to = buf_str(&back);
	TRY(consenting_ask(f->rq, &ask, &made, &existed));
	buf_put_cstr(&to, "/ask/");
	buf_put(&to, made.request_id);
	put_language(f, &to);
	TRY(buf_status(&to));
	response_redirect(f->rq->rsp, buf_str(&to));
	return E_END;
}

static enum status
check_details(struct flow *f)
{
	size_t missing = 0;
	enum status st;

	if (f->asked.details == NULL)
		return OK;
	st = details_bind(f->rq, &f->client, f->asked.details, &missing);
	if (st == E_NOT_FOUND)
		return ask_for_consent(f, missing);
	if (st != E_DENIED)
		return st;
	/* Somebody tries what is not theirs: an entry, although the client is told by a redirect. */
	request_fail(f->rq, E_DENIED, "invalid_authorization_details", NULL);
	TRY(refusals_record(f->rq, E_DENIED));
	return tell(f, "access_denied", "consent_id is not a consent of this person to this service for this");
}

/* ---- the endpoint ---- */

/* The page is in the language of its address (http/i18n.h): so whom ui_locales means is sent to that address first. */
static enum status
ask_person(struct flow *f)
{
	CLEANUP(buf_clear) struct buf to = BUF(SIGNIN_RETURN_MOST);
	const struct str sent = form_get(f->outer, FLOW_SENT);
	enum i18n_lang lang;

	if (!wants_language(f, &lang) || lang == f->rq->http->lang || flow_here(f, "/oauth2/authorize", &to) != OK)
		return approve_page(f, 200, NULL);
	if (sent.n > 0)
		form_put_param(&to, FLOW_SENT, sent);
	put_language(f, &to);
	if (buf_status(&to) != OK)
		return approve_page(f, 200, NULL);
	response_redirect(f->rq->rsp, buf_str(&to));
	return OK;
}

static enum status
proceed(struct flow *f)
{
	bool ask = false;

	TRY(check_person(f));
	TRY(check_details(f));
	TRY(approve_needed(f, &ask));
	if (!ask)
		return flow_complete(f, STR(""));
	if (wants_none(f))
		return tell(f, "consent_required", "the person has to be asked");
	return ask_person(f);
}

/* Reads the request and hands it on; what cannot be handed on is answered here. */
static enum status
with_flow(struct request *rq, const struct form *in, enum status (*then)(struct flow *))
{
	struct flow f;
	enum status st = flow_load(rq, in, &f);

	if (st == OK)
		st = then(&f);
	else if (st == E_INVALID && f.asked.redirect_uri.p != NULL)
		st = flow_tell(&f, f.fault.error, f.fault.description);
	else if (st == E_DENIED && str_is(str_of(f.fault.error), "invalid_request"))
		st = request_fail(rq, E_INVALID, f.fault.error, f.fault.description);
	else if (st == E_INVALID || st == E_DENIED)
		st = request_fail(rq, st, f.fault.error, f.fault.description);
	flow_clear(&f);
	return st == E_END ? OK : st;
}

enum status
ep_authorize(struct request *rq)
{
	return with_flow(rq, rq->http->method == HTTP_POST ? &rq->form : &rq->query, proceed);
}

/* ---- the person's answer ---- */

/* Everything is looked at again: between page and answer a consent may have ended, a client been shut out. */
static enum status
take_answer(struct flow *f)
{
	struct str answer = form_get(&f->rq->form, "answer");
	uint8_t print[32];

	if (str_is(answer, "refuse")) {
		TRY(approve_refusal(f));
		return flow_refused(f);
	}
	if (!str_is(answer, "give"))
		return approve_page(f, 400, "ask_answer_missing");
	TRY(check_person(f));
	TRY(check_details(f));
	TRY(approve_fingerprint(f, print));
	return flow_complete(f, str_from(print, sizeof(print)));
}

enum status
ep_approve(struct request *rq)
{
	return with_flow(rq, &rq->form, take_answer);
}

enum status
ep_authorize_cancel(struct request *rq)
{
	return with_flow(rq, &rq->query, flow_refused);
}
