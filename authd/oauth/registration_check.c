/* registration_check.c: what a registration must not be. Every refusal names its member. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "auditlog/base/encode.h"
#include "authd/http/http_chars.h"
#include "authd/http/json_write.h"
#include "authd/jose/jwk_set.h"
#include "authd/notify/outbound.h"
#include "authd/oauth/client.h"
#include "authd/oauth/may_act.h"
#include "authd/oauth/registration.h"
#include "authd/request.h"

static const char scopes_known[] = "openid profile offline_access consent:request question:answer consent:manage "
				   "audit:write audit:read access:evaluate "
				   "access:emergency represent admin";
static const char grants_known[] = "authorization_code client_credentials refresh_token "
				   "urn:ietf:params:oauth:grant-type:device_code "
				   "urn:ietf:params:oauth:grant-type:token-exchange";

static bool
all_in(struct str words, const char *known)
{
	struct str one;

	while (words.n > 0 && str_next(&words, ' ', &one))
		if (one.n > 0 && !client_has(str_of(known), one))
			return false;
	return true;
}

static bool
has_method(const struct store_client *c, const char *method)
{
	return str_is(c->auth_method, method);
}

/* ---- values of one member ---- */

static const struct {
	const char *member;
	size_t offset;
	const char *values; /* a word of it, or nothing */
	const char *why;
} choices[] = {
	{ "auth", offsetof(struct store_client, auth_method),
	  "private_key_jwt tls_client_auth self_signed_tls_client_auth client_secret_basic client_secret_post none",
	  "it must be private_key_jwt, tls_client_auth, self_signed_tls_client_auth, client_secret_basic, "
	  "client_secret_post or none" },
	{ "id_token_alg", offsetof(struct store_client, id_token_alg), "RS256 ES256 PS256",
	  "it must be RS256, ES256 or PS256" },
	{ "access_token_alg", offsetof(struct store_client, access_token_alg), "ES256 RS256 PS256",
	  "it must be ES256, RS256 or PS256" },
	{ "userinfo_alg", offsetof(struct store_client, userinfo_alg), "RS256 ES256 PS256",
	  "it must be RS256, ES256 or PS256; leave it out for plain JSON" },
	{ "assertion_alg", offsetof(struct store_client, assertion_alg), "ES256 PS256 EdDSA RS256",
	  "it must be ES256, PS256, EdDSA or RS256" },
};

static enum status
check_choices(struct request *rq, const struct store_client *row)
{
	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		struct str value = *(const struct str *)(const void *)((const char *)row + choices[i].offset);

		if (value.n > 0 && !client_has(str_of(choices[i].values), value))
			return registration_bad(rq, choices[i].member, choices[i].why);
	}
	if (!all_in(row->scopes, scopes_known))
		return registration_bad(rq, "scopes", "one of them is not ours");
	if (!may_act_is_list(row->may_act))
		return registration_bad(rq, "may_act", "it takes up to 8 different client ids");
	return all_in(row->grants, grants_known) ? OK : registration_bad(rq, "grants", "one of them is not ours");
}

/* Letters, digits and a few signs; never a prefix that is a person's or the one of services in `sub`. */
static enum status
check_id(struct request *rq, const struct store_client *row)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	static const char *const own[] = { "portal", "admin", "authd" };

	if (!str_only(row->client_id, plain) || str_starts(row->client_id, STR("sub_")) ||
	    str_starts(row->client_id, STR("opr_")) || str_starts(row->client_id, STR("pw_")))
		return registration_bad(rq, "client_id",
					"it takes letters, digits, dot, dash and underscore, and must not look like a "
					"person's id");
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (str_is(row->client_id, own[i]))
			return registration_bad(rq, "client_id", "that is what entries of the log call ourselves");
	/* Entries name who acted by service, or by client_id where there is none: one must not pass for the other. */
	if (rq->policy != NULL && policy_service(rq->policy, row->client_id) != NULL &&
	    !str_eq(row->client_id, row->service))
		return registration_bad(rq, "client_id",
					"it is the name of a service; register the client as that service");
	return OK;
}

/*
 * Whoever may register clients over the network must not make one with more rights than their own: roles other than
 * those that the policy gives the service, and the scope admin, are for the admin socket.
 */
static enum status
check_rights(struct request *rq, const struct store_client *row)
{
	if (rq->who.kind == PRINCIPAL_ADMIN || (row->roles.n == 0 && !client_has(row->scopes, STR("admin"))))
		return OK;
	return request_fail(rq, E_DENIED, "access_denied",
			    "roles and the scope admin are given over the admin socket only");
}

/* No others than the policy gives the service; without a policy nobody can tell. */
static bool
has_own_roles_only(const struct policy *policy, const struct store_client *row)
{
	const struct service *s = policy != NULL && row->service.n > 0 ? policy_service(policy, row->service) : NULL;
	struct str rest = row->roles, word;
	uint64_t bit = 0;

	while (rest.n > 0 && str_next(&rest, ' ', &word))
		if (word.n > 0 &&
		    (s == NULL || policy_roles(policy, &word, 1, &bit) != OK || (bit & ~s->own_roles) != 0))
			return false;
	return true;
}

enum status
registration_may_rotate(struct request *rq, const struct store_client *row)
{
	if (rq->who.kind == PRINCIPAL_ADMIN ||
	    (!client_has(row->scopes, STR("admin")) && has_own_roles_only(rq->policy, row)))
		return OK;
	return request_fail(rq, E_DENIED, "access_denied",
			    "credentials of a client with the scope admin or roles of its own are changed over the "
			    "admin socket only");
}

/* ---- addresses ---- */

static enum status
check_uri(struct request *rq, const char *member, struct str uri, bool loopback)
{
	/* A Location header must carry it as it is, and a browser must not read it in another way than we do. */
	if (uri.n == 0 || uri.n > 2000 || !http_is_visible(uri) || str_find_char(uri, '#') < uri.n ||
	    str_find_char(uri, '*') < uri.n || str_find_char(uri, '\\') < uri.n)
		return registration_bad(rq, member,
					"an address must be whole, in ASCII, without a fragment and without wildcards");
	if (str_starts(uri, STR("https://")) && uri.n > 8 && uri.p[8] != '/' && str_find_char(uri, '@') == uri.n)
		return OK;
	if (loopback && (str_starts(uri, STR("http://127.0.0.1/")) || str_starts(uri, STR("http://[::1]/"))))
		return OK;
	return registration_bad(rq, member,
				"an address must be https; a native client may use http://127.0.0.1/ or http://[::1]/");
}

static enum status
check_uris(struct request *rq, const char *member, struct str text, bool loopback, size_t *count)
{
	CLEANUP(json_decrefp) json_t *list = NULL;

	TRY(json_read(text, ROUTE_BODY_MOST, &list, NULL));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *uri = json_array_get(list, i);

		if (!json_is_string(uri))
			return registration_bad(rq, member, "addresses must be texts");
		TRY(check_uri(rq, member, str_from(json_string_value(uri), json_string_length(uri)), loopback));
	}
	*count = json_array_size(list);
	return OK;
}

static enum status
check_addresses(struct request *rq, const struct store_client *row)
{
	const bool loopback = row->native != 0 || client_is_public(row);
	size_t redirects, returns;

	TRY(check_uris(rq, "redirect_uris", row->redirect_uris, loopback, &redirects));
	TRY(check_uris(rq, "post_logout_uris", row->post_logout_uris, loopback, &returns));
	if (client_has(row->grants, STR("authorization_code")) && redirects == 0)
		return registration_bad(rq, "redirect_uris", "authorization_code needs an address to go back to");
	if (row->backchannel_logout_uri.n > 0 && !outbound_is_callable(row->backchannel_logout_uri))
		return registration_bad(rq, "backchannel_logout_uri", "it must be an https address without a fragment");
	return OK;
}

/* ---- keys and certificates ---- */

enum status
registration_keys(struct request *rq, const char *member, const json_t *set, struct buf *out)
{
	CLEANUP(jwk_set_freep) struct jwk_set *keys = NULL;
	enum status st;

	TRY(json_write(set, out));
	st = jwk_set_import(buf_str(out), &keys);
	if (st == E_DENIED)
		return registration_bad(rq, member,
					"a key is private or symmetric: only public keys, and never show the others");
	if (st == E_CONFLICT)
		return registration_bad(rq, member, "two keys have the same kid");
	if (st != OK || jwk_set_count(keys) == 0)
		return registration_bad(
		    rq, member,
		    "it must hold public keys: EC P-256, RSA of at least 2048 bits with e of 65537 or "
		    "more, or Ed25519, each with `use` sig or none");
	return OK;
}

static bool
takes(const struct jwk_set *keys, unsigned alg)
{
	for (size_t i = 0; i < jwk_set_count(keys); i++)
		if ((jwk_algs(jwk_set_at(keys, i)) & alg) != 0)
			return true;
	return false;
}

static enum status
check_keys(struct request *rq, const struct store_client *row)
{
	CLEANUP(jwk_set_freep) struct jwk_set *keys = NULL;
	unsigned algs =
	    row->fapi != 0 ? JWK_ES256 | JWK_PS256 | JWK_EDDSA : JWK_ES256 | JWK_PS256 | JWK_EDDSA | JWK_RS256;

	if (row->jwks.n > 0 && row->jwks_uri.n > 0)
		return registration_bad(rq, "jwks_uri", "give jwks or jwks_uri, not both");
	if (row->jwks_uri.n > 0 && !outbound_is_listed(rq->authd->outbound, row->jwks_uri))
		return registration_bad(
		    rq, "jwks_uri", "it must be an https address whose host stands in outbound.hosts of authd.yaml");
	if (has_method(row, "private_key_jwt") && row->jwks.n == 0 && row->jwks_uri.n == 0)
		return registration_bad(rq, "jwks", "private_key_jwt needs jwks or jwks_uri");
	if (row->assertion_alg.n > 0)
		algs &= jwk_alg_by_name(row->assertion_alg);
	if (algs == 0)
		return registration_bad(rq, "assertion_alg", "a fapi client signs with ES256, PS256 or EdDSA");
	if (row->jwks.n == 0 || !has_method(row, "private_key_jwt"))
		return OK;
	TRY(jwk_set_import(row->jwks, &keys));
	return takes(keys, algs)
		   ? OK
		   : registration_bad(rq, "jwks", "none of the keys is for an algorithm it may sign with");
}

/* A certificate as PEM: the SHA-256 of its DER. */
static enum status
thumbprint_of(struct str pem, struct buf *out)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *cert = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	unsigned char digest[32];
	bool fine = cert != NULL && X509_digest(cert, EVP_sha256(), digest, NULL) == 1;

	X509_free(cert);
	BIO_free(bio);
	ERR_clear_error();
	if (!fine)
		return E_INVALID;
	encode_base64url(out, str_from(digest, sizeof(digest)));
	return buf_status(out);
}

static enum status
put_certificate(struct str text, struct buf *out)
{
	CLEANUP(buf_clear) struct buf bytes = BUF(32);

	if (str_starts(text, STR("-----BEGIN CERTIFICATE-----")) && text.n < 16384)
		return thumbprint_of(text, out);
	if (text.n != 43 || decode_base64url(text, &bytes) != OK || bytes.n != 32)
		return E_INVALID;
	buf_put(out, text);
	return buf_status(out);
}

enum status
registration_certificates(struct request *rq, const json_t *list, struct buf *out)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		if (out->n > 0)
			buf_put_char(out, ' ');
		if (!json_is_string(one) ||
		    put_certificate(str_from(json_string_value(one), json_string_length(one)), out) != OK)
			return registration_bad(
			    rq, "tls_certificates",
			    "each is a certificate as PEM, or the SHA-256 of its DER in base64url (43 characters)");
	}
	return buf_status(out);
}

/* ---- what does not go together ---- */

static bool
is_certificate_method(const struct store_client *row)
{
	return str_ends(row->auth_method, STR("tls_client_auth"));
}

static enum status
check_method(struct request *rq, const struct store_client *row)
{
	if (has_method(row, "tls_client_auth") && row->tls_san.n == 0)
		return registration_bad(rq, "tls_san", "tls_client_auth needs the SAN URI of the certificate");
	if (has_method(row, "self_signed_tls_client_auth") && row->tls_certificates.n == 0)
		return registration_bad(rq, "tls_certificates", "self_signed_tls_client_auth needs a certificate");
	if (client_is_public(row) && client_has(row->grants, STR("client_credentials")))
		return registration_bad(rq, "grants", "a public client has no credentials of its own");
	if (row->pairwise != 0 && row->organisation.n == 0)
		return registration_bad(rq, "pairwise", "people's names are other ones for each organisation: name it");
	if (row->backchannel_session != 0 && row->backchannel_logout_uri.n == 0)
		return registration_bad(rq, "backchannel_session", "there is no backchannel_logout_uri");
	return OK;
}

/* FAPI 2.0 Security Profile 5.3 and 5.4. */
static enum status
check_fapi(struct request *rq, const struct store_client *row)
{
	if (row->fapi == 0)
		return OK;
	if (!has_method(row, "private_key_jwt") && !is_certificate_method(row))
		return registration_bad(rq, "auth", "a fapi client authenticates with a key or a certificate");
	if (str_is(row->id_token_alg, "RS256"))
		return registration_bad(rq, "id_token_alg", "a fapi client takes ES256 or PS256");
	if (str_is(row->access_token_alg, "RS256") || str_is(row->userinfo_alg, "RS256"))
		return registration_bad(rq, "access_token_alg", "a fapi client takes ES256 or PS256");
	return OK;
}

/* ---- what the policy knows ---- */

/* A client that is a service of the policy gets its organisation and roles from there unless told otherwise. */
static enum status
check_service(struct request *rq, struct registration *r)
{
	const struct service *s;

	if (r->row.service.n == 0)
		return OK;
	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	s = policy_service(rq->policy, r->row.service);
	if (s == NULL)
		return registration_bad(rq, "service", "the policy has no such service");
	if (r->row.organisation.n == 0)
		r->row.organisation = str_of(s->organisation->id);
	for (size_t i = 0; r->row.roles.n == 0 && policy_role_at(rq->policy, i) != NULL; i++) {
		const struct role *role = policy_role_at(rq->policy, i);

		if ((s->own_roles & role->bit) == 0)
			continue;
		if (r->roles.n > 0)
			buf_put_char(&r->roles, ' ');
		buf_put_cstr(&r->roles, role->id);
	}
	TRY(buf_status(&r->roles));
	if (r->roles.n > 0)
		r->row.roles = buf_str(&r->roles);
	return OK;
}

/* Roles are held in an organisation of the policy: in a misspelt one nobody holds any. */
static enum status
check_organisation(struct request *rq, const struct store_client *row)
{
	if (row->organisation.n == 0)
		return OK;
	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	return policy_organisation(rq->policy, row->organisation) != NULL
		   ? OK
		   : registration_bad(rq, "organisation", "the policy has no such organisation");
}

enum status
registration_check(struct request *rq, struct registration *r)
{
	TRY(check_id(rq, &r->row));
	TRY(check_rights(rq, &r->row));
	TRY(check_choices(rq, &r->row));
	TRY(check_service(rq, r));
	TRY(check_organisation(rq, &r->row));
	TRY(check_method(rq, &r->row));
	TRY(check_fapi(rq, &r->row));
	TRY(check_addresses(rq, &r->row));
	return check_keys(rq, &r->row);
}
