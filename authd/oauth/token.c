#include "authd/oauth/token.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/core/hash.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/jose/jws.h"
#include "authd/oauth/client.h"
#include "authd/oauth/may_act.h"
#include "authd/oauth/subject.h"
#include "authd/request.h"
#include "authd/store/store_role.h"

int64_t
token_life_s(const struct token_issue *t)
{
	const int64_t left_s = (t->terms.until_us - t->issued_us) / SECOND_US;

	return t->terms.until_us != 0 && left_s < TOKEN_LIFE_S ? left_s : TOKEN_LIFE_S;
}

/* ---- the entry ---- */

/* Who acts, the nearest first. A person among them goes by the pseudonym that entries have for them. */
static void
put_actors(const json_t *act, struct buf *out)
{
	for (; act != NULL; act = json_object_get(act, "act")) {
		const char *sub = json_string_value(json_object_get(act, "sub"));

		if (out->n > 0)
			buf_put_char(out, ' ');
		buf_put_cstr(out, sub != NULL ? sub : "-");
	}
}

/* An exchanged token signs nobody in. */
static bool
has_id_token(const struct token_terms *t)
{
	return t->person != NULL && t->issued_token_type.n == 0 && client_has(t->scope, STR("openid"));
}

bool
token_tells_of_session(const struct token_issue *t)
{
	return t->subject.n > 0 && t->terms.sid.n > 0 && t->terms.client->backchannel_logout_uri.n > 0;
}

void
token_issue_clear(struct token_issue *t)
{
	audit_draft_clear(&t->draft);
	buf_clear(&t->subject);
	buf_clear(&t->claims);
}

/* ---- claims ---- */

static bool
has_role(const json_t *claims, struct str role)
{
	const json_t *roles = json_object_get(claims, "roles");

	for (size_t i = 0; i < json_array_size(roles); i++)
		if (str_is(role, json_string_value(json_array_get(roles, i))))
			return true;
	return false;
}

/* A token that was exchanged has what the one before had, or less: else two turns would give what one does not. */
static bool
may_have(const struct token_terms *t, struct str role)
{
	const char *org = json_string_value(json_object_get(t->exchanged, "org"));

	if (t->exchanged == NULL)
		return true;
	return org != NULL && str_is(t->client->organisation, org) && has_role(t->exchanged, role);
}

/* Of the audience only: what somebody is in another organisation is not this client's business, nor in its token. */
static enum status
person_roles(struct request *rq, const struct token_terms *t, json_t *roles)
{
	CLEANUP(store_role_list_clear) struct store_role_list list = { 0 };

	TRY(store_role_of(request_store(rq), t->person->sub, &list));
	for (size_t i = 0; i < list.count; i++)
		if (str_eq(list.items[i].organisation, t->client->organisation) && may_have(t, list.items[i].role))
			json_array_append_new(roles, json_of_str(list.items[i].role));
	return json_array_size(roles) <= PRINCIPAL_ROLES_MOST ? OK : E_TOO_LARGE;
}

static enum status
add_roles(struct request *rq, const struct token_terms *t, json_t *claims)
{
	json_t *roles = json_array();
	struct str rest = t->client->roles, word;

	if (roles == NULL || json_object_set_new(claims, "roles", roles) != 0)
		return E_NOMEM;
	if (t->mandate != NULL)
		return OK;
	if (t->person != NULL)
		return person_roles(rq, t, roles);
	while (rest.n > 0 && str_next(&rest, ' ', &word))
		if (word.n > 0)
			json_array_append_new(roles, json_of_str(word));
	return OK;
}

/* A service's name in `sub` cannot be a person's: people's start with sub_ (RFC 9700 4.15). */
static json_t *
subject(const struct token_terms *t)
{
	CLEANUP(buf_clear) struct buf sub = BUF(256);

	if (t->person != NULL)
		return json_of_str(t->person->sub);
	buf_put_cstr(&sub, "svc:");
	buf_put(&sub, t->client->client_id);
	return json_of_str(buf_str(&sub));
}

static const char *
acr_text(unsigned acr)
{
	static const char *const text[] = { "0", "1", "2", "3" };

	return text[acr < ARRAY_LEN(text) ? acr : 0];
}

/* A service with a key of its own counts as two factors, one with a shared secret as one. */
static unsigned
acr_of(const struct token_terms *t)
{
	return t->person != NULL ? t->acr : t->client->legacy ? 1 : 2;
}

/* What both kinds of token begin with. */
static json_t *
common_claims(struct request *rq, const struct token_issue *t, int64_t life_s)
{
	const int64_t now = t->issued_us / SECOND_US;
	json_t *claims = json_pack("{s:s, s:o, s:I, s:I, s:s, s:s}", "iss", rq->authd->config.issuer, "sub",
				   subject(&t->terms), "iat", (json_int_t)now, "exp", (json_int_t)(now + life_s), "jti",
				   t->draft.id_text, "acr", acr_text(acr_of(&t->terms)));

	if (claims != NULL && t->terms.person != NULL) {
		json_object_set_new(claims, "auth_time", json_integer(t->terms.auth_us / SECOND_US));
		if (t->terms.sid.n > 0) /* none: the person signed out since; what was granted for long goes on */
			json_object_set_new(claims, "sid", json_of_str(t->terms.sid));
	}
	return claims;
}

/* RFC 9396 9.1: what was granted, in the token and in the answer alike. */
static enum status
add_details(const struct token_terms *t, json_t *object)
{
	json_t *details = NULL;

	if (t->authorization_details.n == 0)
		return OK;
	TRY(json_read(t->authorization_details, ROUTE_BODY_MOST, &details, NULL));
	return json_object_set_new(object, "authorization_details", details) == 0 ? OK : E_NOMEM;
}

/* A list in one text as a JSON array. */
static json_t *
words(struct str list)
{
	json_t *array = json_array();
	struct str word;

	while (list.n > 0 && str_next(&list, ' ', &word))
		if (word.n > 0)
			json_array_append_new(array, json_of_str(word));
	return array;
}

/* One audience is a string, so that a reader who knows only strings can read it. */
static json_t *
audience(struct request *rq, struct str list)
{
	if (list.n == 0)
		return json_string(rq->authd->config.issuer);
	return memchr(list.p, ' ', list.n) == NULL ? json_of_str(list) : words(list);
}

/* Who may act with it: of an exchanged token whoever might before, else whom the client's registration names. */
static enum status
add_may_act(const struct token_terms *t, json_t *claims)
{
	json_t *before = json_object_get(t->exchanged, "may_act"), *claim;

	if (t->exchanged != NULL)
		return before == NULL || json_object_set(claims, "may_act", before) == 0 ? OK : E_NOMEM;
	if (t->person == NULL || t->client->may_act.n == 0)
		return OK;
	claim = may_act_claim(t->client->may_act);
	return claim != NULL && json_object_set_new(claims, "may_act", claim) == 0 ? OK : E_NOMEM;
}

/* Whose hands it works in, who acts in it or may, and what of a person it opens. */
static enum status
add_bounds(const struct token_terms *t, json_t *claims)
{
	bool failed = false;
	json_t *cnf = cnf_claim(&t->cnf, &failed);

	if (failed || (cnf != NULL && json_object_set_new(claims, "cnf", cnf) != 0))
		return E_NOMEM;
	if (t->act != NULL && json_object_set_new(claims, "act", json_deep_copy(t->act)) != 0)
		return E_NOMEM;
	TRY(add_may_act(t, claims));
	return add_details(t, claims);
}

static enum status
access_claims(struct request *rq, const struct token_issue *t, struct buf *out)
{
	CLEANUP(json_decrefp) json_t *claims = common_claims(rq, t, token_life_s(t));

	if (claims == NULL)
		return E_NOMEM;
	json_object_set_new(claims, "aud", audience(rq, t->terms.audience));
	json_object_set_new(claims, "client_id", json_of_str(t->terms.client->client_id));
	json_object_set_new(claims, "scope", json_of_str(t->terms.scope));
	json_object_set_new(claims, "org", json_of_str(t->terms.client->organisation));
	TRY(add_roles(rq, &t->terms, claims));
	TRY(add_bounds(&t->terms, claims));
	TRY(json_write(claims, out));
	return buf_status(out);
}

/*
 * Before anything is recorded or used up: a token that does not fit is refused, and never says less than was granted.
 * E_DENIED, so that the refusal is an entry.
 */
static enum status
fix_claims(struct request *rq, struct token_issue *t)
{
	enum status st;

	t->claims = BUF(KEYS_CLAIMS_MAX);
	st = access_claims(rq, t, &t->claims);
	return st != E_TOO_LARGE ? st
				 : request_fail(rq, E_DENIED, "token_too_large",
						"the token would be too long; ask for fewer details or resources");
}

enum status
token_draft(struct request *rq, const struct token_terms *terms, struct token_issue *out)
{
	struct audit_event ev = audit_of(rq, terms->refreshed ? ENTRY_TOKEN_REFRESHED : ENTRY_TOKEN_ISSUED);
	CLEANUP(buf_clear) struct buf actors = BUF(ENTRY_FACT_TEXT_MAX);

	/* The last door: no way to a token may forget it. */
	if (terms->client->fapi && terms->cnf.kind == CNF_NONE)
		return request_fail(
		    rq, E_INVALID, "invalid_dpop_proof",
		    "this client gets only tokens that are bound to a key: add a DPoP proof (RFC 9449)");
	out->terms = *terms;
	out->issued_us = clock_now_us();
	ev.entry.by.service = terms->client->client_id;
	ev.entry.by.operator_id = terms->operator_id;
	audit_fact_if_short(&ev, "scope", terms->scope);
	put_actors(terms->act, &actors);
	TRY(buf_status(&actors));
	audit_fact_if_short(&ev, "act", buf_str(&actors));
	if (terms->mandate != NULL)
		audit_fact_number(&ev, "mandate", (uint64_t)terms->mandate->log_index);
	if (terms->person != NULL)
		ev.person = (struct keys_person){ .sub = terms->person->sub, .wrapped = terms->person->wrapped_key };
	out->subject = BUF(KEYS_SUB_MAX);
	if (has_id_token(terms))
		TRY(subject_for(rq, terms->client, terms->person->sub, &out->subject));
	TRY(audit_draft(rq->authd, &ev, &out->draft));
	return fix_claims(rq, out);
}

/* OpenID Connect 3.1.3.6: the left half of the hash that the ID token's algorithm uses. All of ours use SHA-256. */
static json_t *
at_hash(struct str token)
{
	CLEANUP(buf_clear) struct buf text = BUF(64);
	struct hash h = hash_sha256(token);

	encode_base64url(&text, str_from(h.b, sizeof(h.b) / 2));
	return json_of_str(buf_str(&text));
}

static enum status
id_claims(struct request *rq, const struct token_issue *t, struct str access_token, struct buf *out)
{
	CLEANUP(json_decrefp) json_t *claims = common_claims(rq, t, token_life_s(t));

	if (claims == NULL)
		return E_NOMEM;
	json_object_set_new(claims, "aud", json_of_str(t->terms.client->client_id));
	json_object_set_new(claims, "sub", json_of_str(buf_str(&t->subject)));
	json_object_set_new(claims, "azp", json_of_str(t->terms.client->client_id));
	json_object_set_new(claims, "amr", words(t->terms.amr));
	json_object_set_new(claims, "at_hash", at_hash(access_token));
	if (t->terms.nonce.n > 0)
		json_object_set_new(claims, "nonce", json_of_str(t->terms.nonce));
	TRY(json_write(claims, out));
	return buf_status(out);
}

/* ---- signatures and the answer ---- */

static enum status
sign_access(struct request *rq, const struct token_issue *t, const struct receipt *receipt, struct buf *out)
{
	return keys_sign(rq->authd->keys, keys_use(KEYS_KIND_ACCESS, t->terms.client->access_token_alg),
			 buf_str(&t->claims), buf_str(&t->draft.fragment), receipt, out);
}

static enum status
sign_id(struct request *rq, const struct token_issue *t, const struct receipt *receipt, struct str access_token,
	struct buf *out)
{
	CLEANUP(buf_clear) struct buf claims = BUF(KEYS_CLAIMS_MAX);

	TRY(id_claims(rq, t, access_token, &claims));
	return keys_sign(rq->authd->keys, keys_use(KEYS_KIND_ID, t->terms.client->id_token_alg), buf_str(&claims),
			 buf_str(&t->draft.fragment), receipt, out);
}

/* What the answer says about the token besides itself. */
static enum status
answer_of(const struct token_issue *issue, struct str access, json_t **out)
{
	const struct token_terms *t = &issue->terms;
	CLEANUP(json_decrefp)
	json_t *body = json_pack("{s:s%, s:s, s:I, s:s%}", "access_token", access.p, access.n, "token_type",
				 cnf_token_type(&t->cnf), "expires_in", (json_int_t)token_life_s(issue), "scope",
				 t->scope.n > 0 ? t->scope.p : "", t->scope.n);

	if (body == NULL)
		return E_NOMEM;
	if (t->refresh_token.n > 0)
		json_object_set_new(body, "refresh_token", json_of_str(t->refresh_token));
	if (t->issued_token_type.n > 0)
		json_object_set_new(body, "issued_token_type", json_of_str(t->issued_token_type));
	TRY(add_details(t, body));
	*out = STEAL(&body);
	return OK;
}

enum status
token_answer(struct request *rq, const struct token_issue *t, const struct receipt *receipt)
{
	CLEANUP(buf_clear) struct buf access = BUF(JWS_MAX), id = BUF(JWS_MAX);
	CLEANUP(json_decrefp) json_t *body = NULL;
	const bool with_id = t->subject.n > 0;

	TRY(sign_access(rq, t, receipt, &access));
	if (with_id)
		TRY(sign_id(rq, t, receipt, buf_str(&access), &id));
	TRY(answer_of(t, buf_str(&access), &body));
	if (with_id)
		json_object_set_new(body, "id_token", json_stringn(id.p, id.n));
	response_json(rq->rsp, 200, body);
	return OK;
}
