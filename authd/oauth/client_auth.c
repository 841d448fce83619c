/*
 * client_auth.c: authenticate_client(): who a request to the token endpoint and its neighbours comes from. Exactly one
 * way at a time, and the one that the client is registered for.
 */
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/base/secret.h"
#include "auditlog/core/hash.h"
#include "authd/identity/authenticate.h"
#include "authd/identity/throttle.h"
#include "authd/jose/jws.h"
#include "authd/oauth/client.h"
#include "authd/oauth/client_fetch.h"
#include "authd/request.h"
#include "authd/store/store_assertion.h"

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define ID_MOST        128
#define SECRET_MOST    256

/* ---- what came with the request ---- */

enum method { METHOD_NONE, METHOD_BASIC, METHOD_POST, METHOD_ASSERTION, METHOD_TLS };

struct credentials {
	enum method method;
	struct buf id, secret; /* decoded; of METHOD_BASIC and METHOD_POST */
	struct str assertion;
};

static void
credentials_clear(struct credentials *c)
{
	if (c->secret.p != NULL)
		secret_wipe(c->secret.p, c->secret.n);
	buf_clear(&c->id);
	buf_clear(&c->secret);
}

/* RFC 6749 2.3.1: both parts are form-encoded before they are joined, and some clients escape what need not be. */
static enum status
form_decode(struct str text, struct buf *out)
{
	CLEANUP(buf_clear) struct buf pair = BUF(4096);
	CLEANUP(form_clear) struct form f = { 0 };

	buf_put_cstr(&pair, "v=");
	buf_put(&pair, text);
	TRY(buf_status(&pair));
	TRY(form_parse(buf_str(&pair), NULL, &f));
	if (f.count != 1)
		return E_INVALID;
	buf_put(out, form_get(&f, "v"));
	return buf_status(out);
}

static enum status
read_basic(struct str value, struct credentials *c)
{
	CLEANUP(buf_clear) struct buf text = BUF(2048);
	size_t colon;
	enum status st;

	TRY(decode_base64(str_trim(str_slice(value, 6, value.n)), &text));
	colon = str_find_char(buf_str(&text), ':');
	if (colon == text.n)
		return E_INVALID;
	st = form_decode(str_slice(buf_str(&text), 0, colon), &c->id);
	if (st == OK)
		st = form_decode(str_slice(buf_str(&text), colon + 1, text.n), &c->secret);
	secret_wipe(text.p, text.n);
	c->method = METHOD_BASIC;
	return st;
}

static enum status
invalid(struct request *rq, const char *why)
{
	return request_fail(rq, E_INVALID, "invalid_request", why);
}

/* One answer for every wrong credential, and a challenge when one was tried in the header (RFC 6749 5.2). */
static enum status
refuse(struct request *rq)
{
	problem_challenge(rq->rsp, "Basic realm=\"ombud\"");
	return request_fail(rq, E_UNAUTHENTICATED, "invalid_client", "client authentication failed");
}

/* Exactly one way at a time; two are a mistake or an attempt to confuse (RFC 6749 2.3). */
static enum status
read_credentials(struct request *rq, struct credentials *c)
{
	struct str basic = http_header(rq->http, "authorization"), secret = form_get(&rq->form, "client_secret");
	struct str type = form_get(&rq->form, "client_assertion_type"), id = form_get(&rq->form, "client_id");

	c->assertion = form_get(&rq->form, "client_assertion");
	if (http_header_count(rq->http, "authorization") > 1)
		return invalid(rq, "there is more than one Authorization header");
	if ((basic.p != NULL) + (secret.p != NULL) + (c->assertion.p != NULL) > 1)
		return invalid(rq, "use one way of client authentication, not several");
	if (basic.p != NULL && !(basic.n > 6 && str_eq_nocase(str_slice(basic, 0, 6), STR("Basic "))))
		return refuse(rq);
	if (basic.p != NULL)
		return read_basic(basic, c) == OK ? OK : refuse(rq);
	if (c->assertion.p != NULL) {
		c->method = METHOD_ASSERTION;
		return str_is(type, ASSERTION_TYPE) ? OK : invalid(rq, "client_assertion_type is missing or unknown");
	}
	if (id.n == 0 || id.n > ID_MOST)
		return refuse(rq);
	buf_put(&c->id, id);
	buf_put(&c->secret, secret);
	c->method = secret.p != NULL ? METHOD_POST : rq->http->cert != NULL ? METHOD_TLS : METHOD_NONE;
	return buf_status(&c->secret);
}

/* ---- the ways ---- */

static enum method
registered(const struct store_client *c)
{
	static const struct {
		const char *name;
		enum method method;
	} names[] = {
		{ "private_key_jwt", METHOD_ASSERTION },       { "tls_client_auth", METHOD_TLS },
		{ "self_signed_tls_client_auth", METHOD_TLS }, { "client_secret_basic", METHOD_BASIC },
		{ "client_secret_post", METHOD_POST },         { "none", METHOD_NONE },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_is(c->auth_method, names[i].name))
			return names[i].method;
	return METHOD_NONE;
}

/* Of the same length whether there is one or not, so that both cost the same compare. */
static bool
hash_fits(struct str stored, const struct hash *given)
{
	static const struct hash nobody = { { 0 } };
	const bool there = stored.n == sizeof(nobody.b);

	return secret_equal(there ? stored : str_from(nobody.b, sizeof(nobody.b)),
			    str_from(given->b, sizeof(given->b))) &&
	       there;
}

/*
 * A secret is 256 random bits, so its plain hash is as good as a slow one. After a rotation the old one is good for a
 * while, so that a service with many machines need not change all of them in one moment.
 */
static bool
secret_fits(const struct store_client *c, struct str secret)
{
	struct hash given = hash_sha256(secret);
	const bool fresh = hash_fits(c->secret_hash, &given);
	const bool old = hash_fits(c->secret_hash_old, &given) && clock_now_us() < c->secret_old_until_us;

	return (fresh || old) && c->legacy != 0;
}

/* The algorithms that this client may sign with. */
static unsigned
assertion_algs(const struct store_client *c)
{
	unsigned algs = JWK_ES256 | JWK_PS256 | JWK_EDDSA | (c->fapi != 0 ? 0 : JWK_RS256);

	return c->assertion_alg.n > 0 ? algs & jwk_alg_by_name(c->assertion_alg) : algs;
}

/* The registered keys; where they are somewhere else, the kid says whether what we have of them is enough. */
static enum status
keys_of(struct request *rq, const struct store_client *c, struct str assertion, struct client_keys **out)
{
	CLEANUP(jws_freep) struct jws *j = NULL;

	if (c->jwks.n > 0)
		return client_keys_get(c->jwks, out) == OK ? OK : E_UNAUTHENTICATED;
	if (c->jwks_uri.n == 0 || jws_parse(JWS_CLIENT_ASSERTION, assertion, &j) != OK)
		return E_UNAUTHENTICATED;
	return client_fetch(rq->authd->outbound, c->jwks_uri, jws_kid(j), clock_mono_us(), out);
}

static enum status
assertion_fits(struct request *rq, const struct store_client *c, struct str assertion)
{
	CLEANUP(client_keys_dropp) struct client_keys *keys = NULL;
	CLEANUP(jws_freep) struct jws *j = NULL;
	const struct jws_expect expect = {
		.iss = c->client_id, .aud = rq->authd->issuer, .now_us = clock_now_us(), .algs = assertion_algs(c)
	};
	const json_t *jti;
	int64_t expires_us;
	enum status st;

	if (expect.algs == 0)
		return E_UNAUTHENTICATED;
	TRY(keys_of(rq, c, assertion, &keys));
	st = jws_accept(JWS_CLIENT_ASSERTION, assertion, client_keys_set(keys), &expect, &j);
	if (st != OK)
		return st == E_NOMEM ? st : E_UNAUTHENTICATED;
	jti = json_object_get(jws_claims(j), "jti");
	if (!json_is_string(jti) || json_string_length(jti) > ID_MOST || jws_time_us(j, "exp", &expires_us) != OK)
		return E_UNAUTHENTICATED;
	st = store_assertion_use(request_store(rq), c->client_id, str_of(json_string_value(jti)), expires_us);
	return st == E_USED ? E_UNAUTHENTICATED : st;
}

/*
 * RFC 8705 2.1: a name in a certificate of an authority of ours. 2.2: the very certificate that was registered, whoever
 * issued it; that its key is the client's was shown in the handshake.
 */
static bool
certificate_fits(const struct request *rq, const struct store_client *c)
{
	const struct http_cert *cert = rq->http->cert;
	CLEANUP(buf_clear) struct buf thumbprint = BUF(64);

	if (cert == NULL)
		return false;
	if (str_is(c->auth_method, "tls_client_auth"))
		return cert->verified && c->tls_san.n > 0 && http_cert_has_uri(cert, c->tls_san);
	encode_base64url(&thumbprint, str_from(cert->thumbprint, sizeof(cert->thumbprint)));
	return str_is(c->auth_method, "self_signed_tls_client_auth") && cert->in_date &&
	       client_has(c->tls_certificates, buf_str(&thumbprint));
}

static enum status
check(struct request *rq, const struct store_client *c, const struct credentials *given)
{
	bool fits = false;

	if (given->method == METHOD_BASIC || given->method == METHOD_POST)
		fits = secret_fits(c, buf_str(&given->secret));
	/* A certificate may be shown by a client that is registered for nothing of the kind: then it is not looked at.
	 */
	enum method way = given->method == METHOD_TLS && registered(c) == METHOD_NONE ? METHOD_NONE : given->method;

	if (way != registered(c))
		return E_UNAUTHENTICATED;
	switch (way) {
	case METHOD_ASSERTION:
		return assertion_fits(rq, c, given->assertion);
	case METHOD_TLS:
		fits = certificate_fits(rq, c);
		break;
	case METHOD_NONE:
		fits = client_is_public(c);
		break;
	case METHOD_BASIC:
	case METHOD_POST:
		break;
	}
	return fits ? OK : E_UNAUTHENTICATED;
}

/* Whose keys to try: the issuer of an assertion says so, unverified; a client_id beside it must be the same. */
static enum status
claimed_id(struct request *rq, const struct credentials *c, struct buf *out)
{
	CLEANUP(jws_freep) struct jws *j = NULL;
	struct str iss, beside = form_get(&rq->form, "client_id");

	if (c->method != METHOD_ASSERTION) {
		buf_put(out, buf_str(&c->id));
	} else {
		TRY(jws_parse(JWS_CLIENT_ASSERTION, c->assertion, &j));
		TRY(jws_unverified(j, "iss", &iss));
		buf_put(out, iss);
	}
	TRY(buf_status(out));
	return beside.n > 0 && !str_eq(beside, buf_str(out)) ? E_INVALID : OK;
}

/* ---- the principal ---- */

static enum status
fill(struct request *rq, const struct store_client *c)
{
	struct principal *who = &rq->who;
	struct str rest = c->roles, role;

	who->kind = PRINCIPAL_SERVICE;
	TRY(principal_put(who->client_id, sizeof(who->client_id), c->client_id));
	TRY(principal_put(who->service, sizeof(who->service), c->service));
	TRY(principal_put(who->organisation, sizeof(who->organisation), c->organisation));
	while (rest.n > 0 && str_next(&rest, ' ', &role) && who->role_count < PRINCIPAL_ROLES_MOST)
		if (role.n > 0)
			TRY(principal_put(who->roles[who->role_count++], sizeof(who->roles[0]), role));
	return OK;
}

/* A secret can be guessed; a signature or a certificate cannot, and many services may share one address. */
static bool
is_guessable(const struct credentials *c)
{
	return c->method == METHOD_BASIC || c->method == METHOD_POST;
}

static enum status
refuse_credentials(struct request *rq, const struct credentials *c)
{
	if (is_guessable(c))
		throttle_failed(rq->http->peer);
	return refuse(rq);
}

enum status
authenticate_client(struct request *rq)
{
	CLEANUP(credentials_clear) struct credentials given = { .id = BUF(ID_MOST), .secret = BUF(SECRET_MOST) };
	CLEANUP(store_client_clear) struct store_client client = { 0 };
	CLEANUP(buf_clear) struct buf id = BUF(ID_MOST);
	enum status found, st;

	TRY(read_credentials(rq, &given));
	if (is_guessable(&given) && throttle_check(rq->http->peer, &rq->rsp->retry_after_s) != OK)
		return request_fail(rq, E_LIMITED, "rate_limited",
				    "too many wrong tries from your address; wait a little");
	if (claimed_id(rq, &given, &id) != OK)
		return refuse_credentials(rq, &given);
	found = client_live(rq, buf_str(&id), &client);
	if (found != OK && found != E_NOT_FOUND)
		return found;
	/* An unknown client goes the same way: its empty row fits nothing. */
	st = check(rq, &client, &given);
	if (st == E_UNAUTHENTICATED || found == E_NOT_FOUND)
		return refuse_credentials(rq, &given);
	TRY(st);
	return fill(rq, &client);
}
