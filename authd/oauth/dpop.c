#include "authd/oauth/dpop.h"

#include <openssl/x509_vfy.h>
#include <stdlib.h>

#include "auditlog/base/clock.h"
#include "authd/oauth/dpop_memory.h"
#include "authd/oauth/dpop_nonce.h"
#include "authd/request.h"
#include "authd/store/store_dpop.h"

#define ADDRESS_MOST ((size_t)64 << 10) /* the issuer and the longest target that the reader takes */

struct dpop {
	struct dpop_memory *memory;
	struct dpop_nonces *nonces;
};

enum status
dpop_new(struct dpop **out)
{
	struct dpop *d = calloc(1, sizeof(*d));
	enum status st = d == NULL ? E_NOMEM : dpop_memory_new(DPOP_MEMORY_MOST, &d->memory);

	if (st == OK)
		st = dpop_nonces_new(&d->nonces);
	if (st != OK) {
		dpop_free(d);
		return st;
	}
	*out = d;
	return OK;
}

void
dpop_free(struct dpop *d)
{
	if (d == NULL)
		return;
	dpop_memory_free(d->memory);
	dpop_nonces_free(d->nonces);
	free(d);
}

/* ---- what is the same at the token endpoint and at resources ---- */

/* How a refusal is said: 400 at the token endpoint, 401 with a challenge at a resource (RFC 9449 5, 7.1). */
enum place { AT_TOKEN, AT_RESOURCE };

static enum status
refuse(struct request *rq, enum place place, const char *code, const char *why)
{
	if (place == AT_TOKEN)
		return request_fail(rq, E_INVALID, code, why);
	dpop_challenge(rq, "DPoP", code, why);
	return request_fail(rq, E_UNAUTHENTICATED, code, why);
}

/* Every client is told the nonce of now before its old one ends. */
static enum status
give_nonce(struct request *rq)
{
	char nonce[DPOP_NONCE_LEN + 1];

	TRY(dpop_nonce_now(rq->authd->dpop->nonces, rq->authd->keys, clock_now_us(), nonce));
	response_header(rq->rsp, "DPoP-Nonce", str_of(nonce));
	return OK;
}

static enum status
check_nonce(struct request *rq, enum place place, const struct dpop_proof *p)
{
	enum status st;

	if (rq->authd->config.dpop_nonce != CONFIG_NONCE_REQUIRED)
		return OK;
	TRY(give_nonce(rq));
	st = dpop_nonce_check(rq->authd->dpop->nonces, rq->authd->keys, clock_now_us(), str_of(p->nonce));
	if (st == E_EXPIRED)
		return refuse(rq, place, "use_dpop_nonce",
			      "put the nonce of the DPoP-Nonce header into the DPoP proof and send it again");
	return st;
}

/* RFC 9449 4.3 step 1. *text is empty when there is none. */
static enum status
find_proof(struct request *rq, enum place place, struct str *text)
{
	enum status st = http_header_one(rq->http, "dpop", text);

	if (st == E_INVALID)
		return refuse(rq, place, "invalid_dpop_proof", "there is more than one DPoP header");
	if (st == E_NOT_FOUND)
		*text = (struct str){ 0 };
	else if (text->n == 0)
		return refuse(rq, place, "invalid_dpop_proof", "the DPoP header is empty");
	return OK;
}

static enum status
check_proof(struct request *rq, enum place place, struct str text, const struct dpop_proof_asked *asked,
	    struct dpop_proof *out)
{
	const char *why = NULL;
	enum status st = dpop_proof_check(text, asked, out, &why);

	if (st == E_INVALID)
		return refuse(rq, place, "invalid_dpop_proof", why);
	TRY(st);
	return check_nonce(rq, place, out);
}

/* The address is the configured one: a Host header is whatever its sender likes. */
static enum status
own_target(const struct request *rq, struct buf *uri, struct dpop_target *out)
{
	buf_put(uri, rq->authd->issuer);
	buf_put(uri, rq->http->raw_path);
	out->method = http_method_name(rq->http->method);
	out->uri = buf_str(uri);
	return buf_status(uri);
}

/* ---- the token endpoint and PAR ---- */

/* A proof that passed is used up whatever becomes of the request: whoever saw it cannot try with it. */
static enum status
use_once(struct request *rq, const struct dpop_proof *p)
{
	enum status st =
	    store_dpop_use(request_store(rq), str_of(p->cnf.value), str_of(p->jti), p->issued_us + DPOP_MEMORY_KEEP_US);

	if (st == E_USED)
		return refuse(rq, AT_TOKEN, "invalid_dpop_proof", "this DPoP proof was used before: its jti is known");
	return st;
}

enum status
dpop_accept(struct request *rq, struct cnf *out)
{
	CLEANUP(buf_clear) struct buf uri = BUF(ADDRESS_MOST);
	struct dpop_proof_asked asked = { .now_us = clock_now_us() };
	struct dpop_target target;
	struct dpop_proof proof;
	struct str text;

	*out = (struct cnf){ .kind = CNF_NONE };
	TRY(find_proof(rq, AT_TOKEN, &text));
	if (text.n == 0)
		return OK;
	TRY(own_target(rq, &uri, &target));
	asked.method = target.method;
	asked.uri = target.uri;
	TRY(check_proof(rq, AT_TOKEN, text, &asked, &proof));
	TRY(use_once(rq, &proof));
	*out = proof.cnf;
	return OK;
}

/* Possession is proven by the handshake; a certificate that is out of date or revoked proves nothing any more. */
static bool
is_usable(const struct http_cert *cert)
{
	return cert != NULL && (cert->verified || cert->verify_error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
}

enum status
dpop_binding(struct request *rq, const struct store_client *client, struct cnf *out)
{
	TRY(dpop_accept(rq, out));
	if (out->kind != CNF_NONE)
		return OK;
	if (client->dpop_bound)
		return refuse(rq, AT_TOKEN, "invalid_dpop_proof",
			      "this client is registered for DPoP-bound tokens: add the header DPoP with a proof");
	/* A certificate that a plain client happens to show binds nothing: its tokens are used without, as registered.
	 */
	if ((client->fapi || client->tls_bound) && is_usable(rq->http->cert)) {
		*out = cnf_of_cert(rq->http->cert->thumbprint);
		return OK;
	}
	if (client->tls_bound)
		return request_fail(rq, E_INVALID, "invalid_request",
				    "this client is registered for certificate-bound tokens: show its certificate");
	if (!client->fapi)
		return OK;
	return refuse(rq, AT_TOKEN, "invalid_dpop_proof",
		      "this client (fapi) gets only tokens that are bound to a key: add the header DPoP with a proof "
		      "of yours for this request (RFC 9449), or use a client certificate (RFC 8705)");
}

enum status
dpop_check_code(struct request *rq, struct str jkt, const struct cnf *shown)
{
	if (jkt.n == 0 || cnf_is_jkt(shown, jkt))
		return OK;
	return request_fail(rq, E_DENIED, "invalid_grant",
			    "this code is bound to a key; the DPoP proof must be made with that key");
}

/* ---- resources ---- */

void
dpop_challenge(struct request *rq, const char *scheme, const char *error, const char *description)
{
	const char *algs = scheme[0] == 'D' ? ", algs=\"" DPOP_PROOF_ALGS "\"" : "";

	if (error == NULL)
		problem_challenge(rq->rsp, "%s realm=\"ombud\"%s", scheme, algs);
	else
		problem_challenge(rq->rsp, "%s error=\"%s\", error_description=\"%s\"%s", scheme, error, description,
				  algs);
}

static enum status
wrong_binding(struct request *rq, const char *scheme, const char *why)
{
	dpop_challenge(rq, scheme, "invalid_token", why);
	return request_fail(rq, E_UNAUTHENTICATED, "invalid_token", why);
}

static enum status
check_key(struct request *rq, const struct dpop_target *target, struct str token, const struct cnf *bound)
{
	CLEANUP(buf_clear) struct buf uri = BUF(ADDRESS_MOST);
	struct dpop_target wanted = *target;
	struct dpop_proof proof;
	struct str text;
	enum status st;

	TRY(find_proof(rq, AT_RESOURCE, &text));
	if (text.n == 0)
		return refuse(rq, AT_RESOURCE, "invalid_dpop_proof", "the DPoP header with a proof is missing");
	if (wanted.method == NULL)
		TRY(own_target(rq, &uri, &wanted));

	const struct dpop_proof_asked asked = { wanted.method, wanted.uri, token, clock_now_us() };
	TRY(check_proof(rq, AT_RESOURCE, text, &asked, &proof));
	if (!cnf_equal(&proof.cnf, bound))
		return wrong_binding(rq, "DPoP",
				     "the access token is bound to another key than that of the DPoP proof");
	st = dpop_memory_use(rq->authd->dpop->memory, &proof, clock_mono_us());
	if (st == E_USED)
		return refuse(rq, AT_RESOURCE, "invalid_dpop_proof",
			      "this DPoP proof was used before: its jti is known");
	return st;
}

static enum status
check_certificate(struct request *rq, const struct cnf *bound)
{
	struct cnf shown;

	if (!is_usable(rq->http->cert))
		return wrong_binding(rq, "Bearer", "the access token is bound to a client certificate; show it");
	shown = cnf_of_cert(rq->http->cert->thumbprint);
	if (!cnf_equal(&shown, bound))
		return wrong_binding(rq, "Bearer", "the access token is bound to another client certificate");
	return OK;
}

enum status
dpop_check_resource(struct request *rq, const struct dpop_target *target, struct str token, bool scheme_is_dpop,
		    const struct cnf *bound)
{
	/* RFC 9449 7.2: a bound token that is sent as Bearer is one that somebody else may have found. */
	if (scheme_is_dpop && bound->kind != CNF_DPOP)
		return wrong_binding(rq, "Bearer", "the access token is bound to no DPoP key: send it as Bearer");
	if (!scheme_is_dpop && bound->kind == CNF_DPOP)
		return wrong_binding(rq, "DPoP",
				     "the access token is bound to a DPoP key: send it as DPoP with a proof");
	if (bound->kind == CNF_DPOP)
		return check_key(rq, target, token, bound);
	return bound->kind == CNF_TLS ? check_certificate(rq, bound) : OK;
}
