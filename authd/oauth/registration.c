#include "authd/oauth/registration.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/core/hash.h"
#include "authd/http/json_write.h"
#include "authd/identity/session.h"
#include "authd/jose/jwk_set.h"
#include "authd/oauth/client.h"
#include "authd/request.h"

#define ID_MOST      100
#define TEXT_MOST    500
#define URI_MOST     2000
#define LIST_MOST    16
#define SECRET_LEAST 32
#define SECRET_MOST  256
#define YEARS_10_S   INT64_C(315360000)
#define OVERLAP_S    INT64_C(86400)

/* ---- members ---- */

#define ROW(member) offsetof(struct store_client, member)

/* Texts that go into the row as they are. A nullable one that is empty is absent. */
static const struct text_member {
	const char *name;
	size_t most;
	size_t offset;
	bool needed, nullable;
} texts[] = {
	{ "client_id", ID_MOST, ROW(client_id), true, false },
	{ "name", TEXT_MOST, ROW(name), false, false },
	{ "auth", 64, ROW(auth_method), true, false },
	{ "grants", TEXT_MOST, ROW(grants), true, false },
	{ "scopes", TEXT_MOST, ROW(scopes), true, false },
	{ "audiences", URI_MOST, ROW(audiences), false, false },
	{ "may_act", TEXT_MOST, ROW(may_act), false, false },
	{ "service", ID_MOST, ROW(service), false, true },
	{ "organisation", ID_MOST, ROW(organisation), false, false },
	{ "roles", TEXT_MOST, ROW(roles), false, false },
	{ "tls_san", TEXT_MOST, ROW(tls_san), false, true },
	{ "jwks_uri", URI_MOST, ROW(jwks_uri), false, true },
	{ "id_token_alg", 16, ROW(id_token_alg), false, false },
	{ "access_token_alg", 16, ROW(access_token_alg), false, false },
	{ "userinfo_alg", 16, ROW(userinfo_alg), false, false },
	{ "assertion_alg", 16, ROW(assertion_alg), false, false },
	{ "backchannel_logout_uri", URI_MOST, ROW(backchannel_logout_uri), false, true },
};

static const struct flag_member {
	const char *name;
	size_t offset;
} flags[] = {
	{ "fapi", ROW(fapi) },
	{ "native", ROW(native) },
	{ "pairwise", ROW(pairwise) },
	{ "backchannel_session", ROW(backchannel_session) },
	{ "tls_bound", ROW(tls_bound) },
	{ "dpop_bound", ROW(dpop_bound) },
	{ "par_required", ROW(par_required) },
	{ "third_party", ROW(third_party) },
};

static const char *const known[] = {
	"client_id",
	"name",
	"auth",
	"grants",
	"scopes",
	"audiences",
	"may_act",
	"service",
	"organisation",
	"roles",
	"tls_san",
	"jwks_uri",
	"id_token_alg",
	"access_token_alg",
	"userinfo_alg",
	"assertion_alg",
	"backchannel_logout_uri",
	"fapi",
	"native",
	"pairwise",
	"backchannel_session",
	"tls_bound",
	"dpop_bound",
	"par_required",
	"third_party",
	"refresh_life",
	"refresh_idle",
	"secret",
	"redirect_uris",
	"post_logout_uris",
	"tls_certificates",
	"jwks",
	NULL,
};

void
registration_init(struct registration *r)
{
	*r = (struct registration){ .new_secret = BUF(64),
				    .redirect_uris = BUF(ROUTE_BODY_MOST),
				    .post_logout_uris = BUF(ROUTE_BODY_MOST),
				    .jwks = BUF(JWK_SET_TEXT_MAX),
				    .roles = BUF(TEXT_MOST),
				    .certificates = BUF(LIST_MOST * 64) };
}

void
registration_clear(struct registration *r)
{
	if (r->new_secret.p != NULL)
		secret_wipe(r->new_secret.p, r->new_secret.n);
	buf_clear(&r->new_secret);
	buf_clear(&r->redirect_uris);
	buf_clear(&r->post_logout_uris);
	buf_clear(&r->jwks);
	buf_clear(&r->roles);
	buf_clear(&r->certificates);
}

enum status
registration_bad(struct request *rq, const char *member, const char *why)
{
	char text[300];

	(void)snprintf(text, sizeof(text), "%s: %s", member, why);
	return request_fail(rq, E_INVALID, "invalid_client_metadata", text);
}

static enum status
read_texts(struct json_in *in, struct store_client *row)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct str *to = (struct str *)(void *)((char *)row + texts[i].offset);

		if (texts[i].needed)
			TRY(json_need_str(in, texts[i].name, texts[i].most, to));
		else
			TRY(json_opt_str(in, texts[i].name, texts[i].most, to));
		if (to->n == 0)
			*to = texts[i].nullable ? (struct str){ 0 } : STR("");
	}
	return OK;
}

static enum status
read_flags(struct json_in *in, struct store_client *row)
{
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		bool set = false;

		TRY(json_opt_bool(in, flags[i].name, false, &set));
		*(int *)(void *)((char *)row + flags[i].offset) = set;
	}
	return OK;
}

static enum status
write_list(const json_t *list, struct buf *out)
{
	if (list != NULL)
		return json_write(list, out);
	buf_put_cstr(out, "[]");
	return buf_status(out);
}

/* What only reading can refuse; what the members mean is registration_check()'s. */
static enum status
read_members(struct json_in *in, struct registration *r, const json_t **certificates, const json_t **keys)
{
	const json_t *redirects, *returns;
	struct json_in jwks;

	TRY(json_only(in, known));
	TRY(read_texts(in, &r->row));
	TRY(read_flags(in, &r->row));
	TRY(json_opt_int(in, "refresh_life", 0, YEARS_10_S, 0, &r->row.refresh_life_s));
	TRY(json_opt_int(in, "refresh_idle", 0, YEARS_10_S, 0, &r->row.refresh_idle_s));
	TRY(json_opt_str(in, "secret", SECRET_MOST, &r->secret));
	TRY(json_opt_array(in, "redirect_uris", LIST_MOST, &redirects));
	TRY(json_opt_array(in, "post_logout_uris", LIST_MOST, &returns));
	TRY(json_opt_array(in, "tls_certificates", LIST_MOST, certificates));
	TRY(json_opt_object(in, "jwks", &jwks));
	*keys = jwks.at;
	TRY(write_list(redirects, &r->redirect_uris));
	return write_list(returns, &r->post_logout_uris);
}

/* ---- secrets ---- */

static bool
has_secret(const struct store_client *row)
{
	return str_starts(row->auth_method, STR("client_secret"));
}

/* 256 random bits, or one from before that is long enough; only its hash is kept. */
static enum status
take_secret(struct request *rq, struct registration *r)
{
	struct str text = r->secret;
	struct hash h;

	if (!has_secret(&r->row))
		return r->secret.n == 0 ? OK : registration_bad(rq, "secret", "this way of authentication has none");
	if (text.n > 0 && text.n < SECRET_LEAST)
		return registration_bad(rq, "secret", "it needs at least 32 characters; leave it out and one is made");
	if (text.n == 0) {
		TRY(session_random(&r->new_secret));
		text = buf_str(&r->new_secret);
	}
	h = hash_sha256(text);
	memcpy(r->secret_hash, h.b, sizeof(r->secret_hash));
	return OK;
}

/* ---- a new client ---- */

static const char *
kind_of(const struct store_client *row)
{
	if (row->service.n > 0)
		return "service";
	return str_is(row->auth_method, "none") ? "public" : "confidential";
}

static void
fill(struct registration *r)
{
	struct store_client *row = &r->row;

	row->kind = str_of(kind_of(row));
	row->status = STORE_CLIENT_ACTIVE;
	row->redirect_uris = buf_str(&r->redirect_uris);
	row->post_logout_uris = buf_str(&r->post_logout_uris);
	row->legacy = has_secret(row);
	row->log_index = STORE_NO_INDEX;
	if (row->name.n == 0)
		row->name = row->client_id;
	/* FAPI 2.0 5.4: RS256 is not for its clients. */
	if (row->id_token_alg.n == 0)
		row->id_token_alg = row->fapi != 0 ? STR("ES256") : STR("RS256");
	row->tls_certificates = r->certificates.n > 0 ? buf_str(&r->certificates) : STR("");
	if (r->jwks.n > 0)
		row->jwks = buf_str(&r->jwks);
	if (has_secret(row))
		row->secret_hash = str_from(r->secret_hash, sizeof(r->secret_hash));
}

static enum status
read_failed(struct request *rq, enum status st, const struct json_in *in)
{
	return st == OK ? OK : request_fail(rq, st, "invalid_request", in->why != NULL ? in->why->text : "");
}

enum status
registration_read(struct request *rq, struct json_in *in, struct registration *out)
{
	const json_t *certificates = NULL, *keys = NULL;

	TRY(read_failed(rq, read_members(in, out, &certificates, &keys), in));
	if (keys != NULL)
		TRY(registration_keys(rq, "jwks", keys, &out->jwks));
	if (certificates != NULL)
		TRY(registration_certificates(rq, certificates, &out->certificates));
	fill(out);
	TRY(registration_check(rq, out));
	TRY(take_secret(rq, out));
	fill(out);
	return OK;
}

/* ---- other credentials ---- */

static enum status
rotate_secret(struct request *rq, struct json_in *in, struct store_client *row, struct registration *r)
{
	static const char *const members[] = { "secret", "overlap", NULL };
	int64_t overlap_s = 0;
	enum status st = json_only(in, members);

	if (st == OK)
		st = json_opt_str(in, "secret", SECRET_MOST, &r->secret);
	if (st == OK)
		st = json_opt_int(in, "overlap", 0, REGISTRATION_OVERLAP_MOST_S, OVERLAP_S, &overlap_s);
	TRY(read_failed(rq, st, in));
	r->row.auth_method = row->auth_method;
	TRY(take_secret(rq, r));
	row->secret_hash_old = overlap_s > 0 ? row->secret_hash : (struct str){ 0 };
	row->secret_old_until_us = overlap_s > 0 ? clock_now_us() + overlap_s * SECOND_US : 0;
	row->secret_hash = str_from(r->secret_hash, sizeof(r->secret_hash));
	return OK;
}

static bool
is_named(const json_t *key, const json_t *list)
{
	CLEANUP(jwk_freep) struct jwk *k = NULL;

	if (jwk_import(key, &k) != OK)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct str name = str_of(json_string_value(json_array_get(list, i)));

		if (name.n > 0 && (str_eq(name, jwk_kid(k)) || str_eq(name, jwk_thumbprint(k))))
			return true;
	}
	return false;
}

/* What stays of the old set, then what is new. */
static json_t *
merged(const json_t *old, const json_t *add, const json_t *retire)
{
	json_t *keys = json_array(), *set = json_pack("{s:o}", "keys", keys);

	for (size_t i = 0; set != NULL && i < json_array_size(json_object_get(old, "keys")); i++) {
		json_t *key = json_array_get(json_object_get(old, "keys"), i);

		if (!is_named(key, retire))
			json_array_append(keys, key);
	}
	for (size_t i = 0; set != NULL && i < json_array_size(json_object_get(add, "keys")); i++)
		json_array_append(keys, json_array_get(json_object_get(add, "keys"), i));
	return set;
}

static enum status
read_key_changes(struct json_in *in, struct json_in *whole, struct json_in *add, const json_t **retire)
{
	static const char *const members[] = { "jwks", "add", "retire", NULL };

	TRY(json_only(in, members));
	TRY(json_opt_object(in, "jwks", whole));
	TRY(json_opt_object(in, "add", add));
	return json_opt_array(in, "retire", LIST_MOST, retire);
}

static enum status
rotate_keys(struct request *rq, struct json_in *in, struct store_client *row, struct registration *r)
{
	CLEANUP(json_decrefp) json_t *old = NULL;
	CLEANUP(json_decrefp) json_t *set = NULL;
	struct json_in whole, add;
	const json_t *retire;

	TRY(read_failed(rq, read_key_changes(in, &whole, &add, &retire), in));
	if ((whole.at != NULL) == (add.at != NULL || retire != NULL))
		return registration_bad(rq, "jwks", "give a whole new set, or keys to add and kids to retire");
	if (row->jwks.n == 0)
		return registration_bad(rq, "jwks", "the keys of this client are at its jwks_uri");
	if (whole.at == NULL) {
		TRY(json_read(row->jwks, JWK_SET_TEXT_MAX, &old, NULL));
		set = merged(old, add.at, retire);
		if (set == NULL)
			return E_NOMEM;
		if (retire != NULL && add.at == NULL &&
		    json_array_size(json_object_get(set, "keys")) == json_array_size(json_object_get(old, "keys")))
			return registration_bad(rq, "retire", "the client has no such key");
	}
	TRY(registration_keys(rq, "jwks", whole.at != NULL ? whole.at : set, &r->jwks));
	row->jwks = buf_str(&r->jwks);
	return OK;
}

static enum status
rotate_certificates(struct request *rq, struct json_in *in, struct store_client *row, struct registration *r)
{
	static const char *const members[] = { "tls_certificates", NULL };
	const json_t *list = NULL;
	enum status st = json_only(in, members);

	if (st == OK)
		st = json_need_array(in, "tls_certificates", LIST_MOST, &list);
	TRY(read_failed(rq, st, in));
	TRY(registration_certificates(rq, list, &r->certificates));
	row->tls_certificates = buf_str(&r->certificates);
	return OK;
}

enum status
registration_rotate(struct request *rq, struct json_in *in, struct store_client *row, struct registration *out)
{
	if (has_secret(row))
		return rotate_secret(rq, in, row, out);
	if (str_is(row->auth_method, "private_key_jwt"))
		return rotate_keys(rq, in, row, out);
	if (str_is(row->auth_method, "self_signed_tls_client_auth"))
		return rotate_certificates(rq, in, row, out);
	return registration_bad(rq, "auth", "this way of authentication has nothing of ours to rotate");
}
