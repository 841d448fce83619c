#include "authd/keys/sign_gate.h"

#include <stdlib.h>

#include "auditlog/base/clock.h"
#include "auditlog/core/entry.h"
#include "authd/jose/jws_json.h"
#include "authd/keys/sign_memory.h"

struct sign_gate {
	char *issuer;
	int64_t started_us;
	struct sign_memory *memory;
};

/* What one entry gives one of; the number is what the memory keeps. */
enum kind { KIND_NONE, KIND_ACCESS, KIND_TICKET, KIND_ID, KIND_LOGOUT, KIND_USERINFO, KIND_COUNT, KIND_ROTATION };

static const struct rule {
	const char *typ;
	enum entry_event events[2];
	bool needs_permit; /* else the entry may also have no decision; a refusal never */
	bool is_access;    /* repeats the entry: scope, who acts, and whether it is a person's */
	bool is_ticket;    /* repeats the entry: purpose, categories, action, case, index */
	const char *service_claim;
	int64_t life_most_s;
} rules[KIND_COUNT] = {
	[KIND_ACCESS] = {
		.typ = "at+jwt",
		.events = { ENTRY_TOKEN_ISSUED, ENTRY_TOKEN_REFRESHED },
		.is_access = true,
		.service_claim = "client_id",
		.life_most_s = 900,
	},
	[KIND_TICKET] = {
		.typ = "ombud-ticket+jwt",
		.events = { ENTRY_ACCESS_DECIDED },
		.needs_permit = true,
		.is_ticket = true,
		.service_claim = "client_id",
		.life_most_s = 900,
	},
	[KIND_ID] = {
		.typ = "JWT",
		.events = { ENTRY_TOKEN_ISSUED, ENTRY_TOKEN_REFRESHED },
		.service_claim = "aud",
		.life_most_s = 3600,
	},
	/* OpenID Connect Back-Channel Logout 1.0, 2.4: a life of at most two minutes. */
	[KIND_LOGOUT] = {
		.typ = "logout+jwt",
		.events = { ENTRY_AUTH_LOGOUT_SENT },
		.service_claim = "aud",
		.life_most_s = 120,
	},
	[KIND_USERINFO] = {
		.typ = "JWT",
		.events = { ENTRY_PROFILE_READ },
		.service_claim = "aud",
		.life_most_s = 900,
	},
};

static const struct use {
	enum kind kind;
	enum jwk_alg alg;
} uses[KEYS_USES_END] = {
	[KEYS_ACCESS_TOKEN] = { KIND_ACCESS, JWK_ES256 },
	[KEYS_ACCESS_TOKEN_RS256] = { KIND_ACCESS, JWK_RS256 },
	[KEYS_ACCESS_TOKEN_PS256] = { KIND_ACCESS, JWK_PS256 },
	[KEYS_TICKET] = { KIND_TICKET, JWK_ES256 },
	[KEYS_ID_TOKEN] = { KIND_ID, JWK_RS256 },
	[KEYS_ID_TOKEN_ES256] = { KIND_ID, JWK_ES256 },
	[KEYS_ID_TOKEN_PS256] = { KIND_ID, JWK_PS256 },
	[KEYS_LOGOUT_TOKEN] = { KIND_LOGOUT, JWK_RS256 },
	[KEYS_LOGOUT_TOKEN_ES256] = { KIND_LOGOUT, JWK_ES256 },
	[KEYS_LOGOUT_TOKEN_PS256] = { KIND_LOGOUT, JWK_PS256 },
	[KEYS_USERINFO] = { KIND_USERINFO, JWK_RS256 },
	[KEYS_USERINFO_ES256] = { KIND_USERINFO, JWK_ES256 },
	[KEYS_USERINFO_PS256] = { KIND_USERINFO, JWK_PS256 },
};

static const struct use *
use_of(enum keys_use use)
{
	return (unsigned)use < KEYS_USES_END && uses[use].kind != KIND_NONE ? &uses[use] : NULL;
}

const char *
sign_gate_type(enum keys_use use, enum jwk_alg *alg)
{
	const struct use *u = use_of(use);

	if (u == NULL)
		return NULL;
	*alg = u->alg;
	return rules[u->kind].typ;
}

enum status
sign_gate_new(const char *issuer, int64_t started_us, size_t most, struct sign_gate **out)
{
	struct sign_gate *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return E_NOMEM;
	enum status st = str_dup(str_of(issuer), &g->issuer);
	if (st == OK)
		st = sign_memory_new(most, &g->memory);
	if (st != OK) {
		sign_gate_free(g);
		return st;
	}
	g->started_us = started_us;
	*out = g;
	return OK;
}

void
sign_gate_free(struct sign_gate *g)
{
	if (g == NULL)
		return;
	free(g->issuer);
	sign_memory_free(g->memory);
	free(g);
}

/* One question of the list below: leaves with the status and the reason when it is not met. */
#define NEED(condition, status, reason)                                                                                \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			*why = (reason);                                                                               \
			return (status);                                                                               \
		}                                                                                                      \
	} while (0)

/* ---- the entry ---- */

static bool
has_event(const struct rule *rule, enum entry_event event)
{
	for (size_t i = 0; i < ARRAY_LEN(rule->events); i++) {
		if (event != ENTRY_NO_EVENT && event == rule->events[i])
			return true;
	}
	return false;
}

static enum status
check_entry(const struct rule *rule, const struct entry *e, const char **why)
{
	NEED(has_event(rule, e->event), E_DENIED, "the entry records another event");
	NEED(e->decision != ENTRY_REFUSE, E_DENIED, "the entry records a refusal");
	NEED(!rule->needs_permit || e->decision == ENTRY_PERMIT, E_DENIED, "the entry records no permit");
	return OK;
}

/* RFC 9562 5.7: the first 48 bits of version 7 are milliseconds since 1970. */
static int64_t
born_us(const struct uuid *id)
{
	int64_t ms = 0;

	for (size_t i = 0; i < 6; i++)
		ms = ms << 8 | id->b[i];
	return ms * 1000;
}

static enum status
check_age(const struct sign_gate *g, const struct uuid *id, int64_t now, const char **why)
{
	NEED(id->b[6] >> 4 == 7, E_DENIED, "the entry's id is no UUID of version 7");

	int64_t born = born_us(id);
	NEED(born + SIGN_GATE_FRESH_US >= now && born <= now + SIGN_GATE_AHEAD_US, E_UNAVAILABLE,
	     "the entry is not fresh");
	/* Its millisecond may have begun before we did. */
	NEED(born + 1000 > g->started_us, E_UNAVAILABLE, "the entry is older than this process");
	return OK;
}

/* ---- the claims ---- */

static bool
claim_is(const json_t *claims, const char *claim, struct str expected)
{
	struct str text;

	return jws_json_text(claims, claim, &text) == OK && str_eq(text, expected);
}

/* A text of the entry as it was meant; an absent one is met by an absent claim. */
static bool
value_repeats(const json_t *value, struct str spelt)
{
	CLEANUP(buf_clear) struct buf meant = BUF(ENTRY_FRAGMENT_MAX);

	if (spelt.n == 0)
		return value == NULL;
	entry_put_unescaped(&meant, spelt);
	return json_is_string(value) && buf_status(&meant) == OK &&
	       str_eq(str_from(json_string_value(value), json_string_length(value)), buf_str(&meant));
}

static bool
claim_repeats(const json_t *claims, const char *claim, struct str spelt)
{
	return value_repeats(json_object_get(claims, claim), spelt);
}

static bool
categories_repeat(const json_t *claims, const struct entry *e)
{
	const json_t *list = json_object_get(claims, "categories");

	if (list != NULL && !json_is_array(list))
		return false;
	if (json_array_size(list) != e->category_count)
		return false;
	for (size_t i = 0; i < e->category_count; i++) {
		if (!value_repeats(json_array_get(list, i), e->categories[i]))
			return false;
	}
	return true;
}

static bool
index_repeats(const json_t *claims, uint64_t index)
{
	const json_t *v = json_object_get(json_object_get(claims, "log"), "index");

	return json_is_integer(v) && json_integer_value(v) >= 0 && (uint64_t)json_integer_value(v) == index;
}

static enum status
check_ticket(const json_t *claims, const struct entry *e, uint64_t index, const char **why)
{
	NEED(index_repeats(claims, index), E_DENIED, "log.index is not the entry's");
	NEED(claim_repeats(claims, "purpose", e->purpose), E_DENIED, "purpose is not the entry's");
	NEED(categories_repeat(claims, e), E_DENIED, "categories are not the entry's");
	NEED(claim_repeats(claims, "action", e->action), E_DENIED, "action is not the entry's");
	NEED(claim_repeats(claims, "case", e->case_ref), E_DENIED, "case is not the entry's");
	return OK;
}

static bool
scope_repeats(const json_t *claims, const struct entry *e)
{
	struct str said = entry_fact_text(e, "scope"), none;

	if (said.n > 0)
		return claim_repeats(claims, "scope", said);
	return json_object_get(claims, "scope") == NULL || (jws_json_text(claims, "scope", &none) == OK && none.n == 0);
}

/* RFC 8693 4.1: the newest actor outside; the entry has them in one text, the nearest first (oauth/token.c). */
static bool
actors_repeat(const json_t *claims, const struct entry *e)
{
	CLEANUP(buf_clear) struct buf names = BUF(KEYS_CLAIMS_MAX), meant = BUF(ENTRY_FRAGMENT_MAX);

	for (const json_t *act = json_object_get(claims, "act"); act != NULL; act = json_object_get(act, "act")) {
		struct str name;

		if (jws_json_text(act, "sub", &name) != OK || name.n == 0 || str_find_char(name, ' ') < name.n)
			return false;
		if (names.n > 0)
			buf_put_char(&names, ' ');
		buf_put(&names, name);
	}
	entry_put_unescaped(&meant, entry_fact_text(e, "act"));
	return buf_status(&names) == OK && buf_status(&meant) == OK && str_eq(buf_str(&names), buf_str(&meant));
}

/* A person's token has an entry that the person can find; one about nobody is the client's own. */
static bool
is_about_subject(const json_t *claims, const struct entry *e)
{
	struct str sub;

	if (jws_json_text(claims, "sub", &sub) != OK)
		return false;
	if (e->about_count > 0)
		return !str_starts(sub, STR("svc:"));
	return str_starts(sub, STR("svc:")) && str_eq(str_slice(sub, 4, sub.n), e->by.service);
}

static enum status
check_access(const json_t *claims, const struct entry *e, const char **why)
{
	NEED(scope_repeats(claims, e), E_DENIED, "scope is not the entry's");
	NEED(actors_repeat(claims, e), E_DENIED, "act is not the entry's");
	NEED(is_about_subject(claims, e), E_DENIED, "the entry is about nobody, or about somebody: sub is not");
	return OK;
}

static enum status
check_times(const struct rule *rule, const json_t *claims, int64_t now, const char **why)
{
	const json_t *iat = json_object_get(claims, "iat");
	const json_t *exp = json_object_get(claims, "exp");
	int64_t now_s = now / SECOND_US;

	NEED(json_is_integer(iat) && json_is_integer(exp), E_DENIED, "iat and exp must be whole numbers");
	int64_t from = json_integer_value(iat);
	NEED(from >= now_s - SIGN_GATE_IAT_US / SECOND_US && from <= now_s + SIGN_GATE_IAT_US / SECOND_US, E_DENIED,
	     "iat is not now");
	NEED(json_integer_value(exp) > from && json_integer_value(exp) <= from + rule->life_most_s, E_DENIED,
	     "exp is not within the life of this kind");
	return OK;
}

static enum status
check_identity(const struct sign_gate *g, const struct rule *rule, const json_t *claims, const struct entry *e,
	       const char **why)
{
	CLEANUP(buf_clear) struct buf id = BUF(UUID_TEXT_LEN);
	struct str sub;

	uuid_put(&id, &e->id);
	NEED(buf_status(&id) == OK && claim_is(claims, "jti", buf_str(&id)), E_DENIED, "jti is not the entry's id");
	NEED(claim_is(claims, "iss", str_of(g->issuer)), E_DENIED, "iss is not the configured issuer");
	NEED(jws_json_text(claims, "sub", &sub) == OK && sub.n > 0, E_DENIED, "sub must be a text");
	NEED(claim_repeats(claims, rule->service_claim, e->by.service), E_DENIED,
	     "the client is not the service of the entry");
	return OK;
}

static enum status
check_claims(const struct sign_gate *g, const struct rule *rule, const struct sign_request *req, const struct entry *e,
	     int64_t now, const char **why)
{
	CLEANUP(jws_json_freep) json_t *claims = NULL;

	NEED(jws_json_object(req->claims, KEYS_CLAIMS_MAX, &claims) == OK, E_INVALID, "claims are no JSON object");
	TRY(check_identity(g, rule, claims, e, why));
	TRY(check_times(rule, claims, now, why));
	if (rule->is_access)
		return check_access(claims, e, why);
	return rule->is_ticket ? check_ticket(claims, e, req->receipt.index, why) : OK;
}

enum status
sign_gate_check(struct sign_gate *g, struct receipt_key *receipts, const struct sign_request *req, int64_t now_us,
		int64_t mono_us, const char **why)
{
	const struct use *use = use_of(req->use);
	struct entry e = { 0 };

	NEED(use != NULL, E_DENIED, "no such use");
	const struct rule *rule = &rules[use->kind];

	/* The receipt first: nothing of a forged request is looked at any further. */
	NEED(receipt_check(receipts, &req->receipt, req->fragment) == OK, E_DENIED, "the receipt does not hold");
	NEED(entry_check_fragment(req->fragment, &e) == OK, E_DENIED, "the fragment is no entry");
	TRY(check_entry(rule, &e, why));
	TRY(check_age(g, &e.id, now_us, why));
	TRY(check_claims(g, rule, req, &e, now_us, why));

	struct hash content = hash_sha256(req->claims);
	enum status st = sign_memory_put(g->memory, (uint8_t)use->kind, &e.id, &content, mono_us);
	*why = st == E_CONFLICT ? "the entry has another token already" : "too many signatures within 40 s";
	return st;
}

enum status
sign_gate_rotation(struct sign_gate *g, struct receipt_key *receipts, const struct receipt *receipt,
		   struct str fragment, struct str alg, int64_t now_us, int64_t mono_us, const char **why)
{
	struct entry e = { 0 };

	NEED(receipt_check(receipts, receipt, fragment) == OK, E_DENIED, "the receipt does not hold");
	NEED(entry_check_fragment(fragment, &e) == OK, E_DENIED, "the fragment is no entry");
	NEED(e.event == ENTRY_KEY_ROTATED, E_DENIED, "the entry records another event");
	NEED(alg.n > 0 && str_eq(entry_fact_text(&e, "alg"), alg), E_DENIED, "the entry names another algorithm");
	TRY(check_age(g, &e.id, now_us, why));

	/* The time makes it another content: a second rotation for the same entry is refused. */
	struct hash content = hash_sha256(str_from(&mono_us, sizeof(mono_us)));
	enum status st = sign_memory_put(g->memory, KIND_ROTATION, &e.id, &content, mono_us);
	*why = st == E_CONFLICT ? "the entry has had its rotation" : "too many signatures within 40 s";
	return st;
}
