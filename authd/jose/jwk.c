#include "authd/jose/jwk.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/encode.h"
#include "auditlog/core/hash.h"
#include "authd/jose/jws_json.h"

#define P256_LEN         32
#define ED25519_LEN      32
#define RSA_BYTES_LEAST  256
#define RSA_BYTES_MOST   1024
#define RSA_E_BYTES_MOST 8

struct jwk {
	EVP_PKEY *pkey;
	unsigned algs;
	char kid[JWK_KID_MAX + 1];
	char thumbprint[JWK_THUMBPRINT_LEN + 1];
	/* The required members in the order of RFC 7638: what is hashed, and what an export begins with. */
	struct buf canonical;
};

/* What is read from the JSON of one key type; the rest of the import is the same for all. */
struct kind {
	const char *kty;
	const char *crv; /* NULL: the type has no curves */
	unsigned algs;
	enum status (*read)(const json_t *object, struct jwk *k);
};

static void
params_freep(OSSL_PARAM **p)
{
	OSSL_PARAM_free(*p);
}

static void
builder_freep(OSSL_PARAM_BLD **b)
{
	OSSL_PARAM_BLD_free(*b);
}

static void
context_freep(EVP_PKEY_CTX **c)
{
	EVP_PKEY_CTX_free(*c);
}

static void
number_freep(BIGNUM **n)
{
	BN_free(*n);
}

/* A number of any length up to out's maximum. */
static enum status
member_number(const json_t *object, const char *name, struct buf *out)
{
	struct str text;

	if (jws_json_text(object, name, &text) != OK)
		return E_INVALID;
	return decode_base64url(text, out) == OK ? OK : E_INVALID;
}

static enum status
member_bytes(const json_t *object, const char *name, unsigned char *p, size_t n)
{
	struct str text;

	if (jws_json_text(object, name, &text) != OK)
		return E_INVALID;
	return decode_base64url_into(text, p, n);
}

/* Makes the key and lets OpenSSL check it: on the curve, in the field, odd modulus, sane exponent. */
static enum status
make_pkey(const char *type, OSSL_PARAM_BLD *builder, EVP_PKEY **out)
{
	CLEANUP(params_freep) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
	CLEANUP(context_freep) EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	CLEANUP(context_freep) EVP_PKEY_CTX *checker = NULL;
	EVP_PKEY *pkey = NULL;

	if (params == NULL || maker == NULL || EVP_PKEY_fromdata_init(maker) != 1)
		return E_NOMEM;
	if (EVP_PKEY_fromdata(maker, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1)
		checker = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (checker == NULL || EVP_PKEY_public_check(checker) != 1) {
		EVP_PKEY_free(pkey);
		ERR_clear_error();
		return E_INVALID;
	}
	*out = pkey;
	return OK;
}

static enum status
make_ec(struct str point, EVP_PKEY **out)
{
	CLEANUP(builder_freep) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

	if (builder == NULL ||
	    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.p, point.n) != 1)
		return E_NOMEM;
	return make_pkey("EC", builder, out);
}

static enum status
read_ec(const json_t *object, struct jwk *k)
{
	unsigned char point[1 + 2 * P256_LEN] = { 4 }; /* SEC 1 2.3.3: uncompressed */
	unsigned char *x = point + 1, *y = x + P256_LEN;

	TRY(member_bytes(object, "x", x, P256_LEN));
	TRY(member_bytes(object, "y", y, P256_LEN));
	TRY(make_ec(str_from(point, sizeof(point)), &k->pkey));

	buf_put_cstr(&k->canonical, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"");
	encode_base64url(&k->canonical, str_from(x, P256_LEN));
	buf_put_cstr(&k->canonical, "\",\"y\":\"");
	encode_base64url(&k->canonical, str_from(y, P256_LEN));
	buf_put_cstr(&k->canonical, "\"}");
	return buf_status(&k->canonical);
}

/* e of 3 or 17 is what signature forgeries on sloppy verifiers live from; nobody needs less than 65537. */
static bool
rsa_is_strong(const BIGNUM *n, const BIGNUM *e)
{
	return BN_num_bits(n) >= RSA_BYTES_LEAST * 8 && BN_is_odd(n) && BN_is_odd(e) && BN_get_word(e) >= 65537;
}

static enum status
make_rsa(struct str modulus, struct str exponent, EVP_PKEY **out)
{
	CLEANUP(builder_freep) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	CLEANUP(number_freep) BIGNUM *n = BN_bin2bn((const unsigned char *)modulus.p, (int)modulus.n, NULL);
	CLEANUP(number_freep) BIGNUM *e = BN_bin2bn((const unsigned char *)exponent.p, (int)exponent.n, NULL);

	if (builder == NULL || n == NULL || e == NULL)
		return E_NOMEM;
	if (!rsa_is_strong(n, e))
		return E_INVALID;
	if (OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) != 1)
		return E_NOMEM;
	return make_pkey("RSA", builder, out);
}

/* RFC 7518 6.3.1: the shortest big-endian form, so that one key has one thumbprint. */
static bool
is_shortest(const struct buf *b)
{
	return b->n > 0 && b->p[0] != 0;
}

static enum status
read_rsa(const json_t *object, struct jwk *k)
{
	CLEANUP(buf_clear) struct buf n = BUF(RSA_BYTES_MOST + 3); /* the decoder asks for whole groups */
	CLEANUP(buf_clear) struct buf e = BUF(RSA_E_BYTES_MOST + 3);

	TRY(member_number(object, "n", &n));
	TRY(member_number(object, "e", &e));
	if (!is_shortest(&n) || !is_shortest(&e) || n.n > RSA_BYTES_MOST || e.n > RSA_E_BYTES_MOST)
		return E_INVALID;
	TRY(make_rsa(buf_str(&n), buf_str(&e), &k->pkey));

	buf_put_cstr(&k->canonical, "{\"e\":\"");
	encode_base64url(&k->canonical, buf_str(&e));
	buf_put_cstr(&k->canonical, "\",\"kty\":\"RSA\",\"n\":\"");
	encode_base64url(&k->canonical, buf_str(&n));
	buf_put_cstr(&k->canonical, "\"}");
	return buf_status(&k->canonical);
}

static enum status
read_okp(const json_t *object, struct jwk *k)
{
	unsigned char x[ED25519_LEN];

	TRY(member_bytes(object, "x", x, sizeof(x)));
	/*
	 * OpenSSL takes any 32 bytes as a public key. Under one of small order a signature can be made that holds for
	 * every message; libsodium's check also refuses spellings that are not canonical and points off the main group.
	 */
	if (crypto_core_ed25519_is_valid_point(x) != 1)
		return E_INVALID;
	k->pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x, sizeof(x));
	if (k->pkey == NULL)
		return E_NOMEM;

	buf_put_cstr(&k->canonical, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"");
	encode_base64url(&k->canonical, str_from(x, sizeof(x)));
	buf_put_cstr(&k->canonical, "\"}");
	return buf_status(&k->canonical);
}

static const struct kind kinds[] = {
	{ "EC", "P-256", JWK_ES256, read_ec },
	{ "RSA", NULL, JWK_RS256 | JWK_PS256, read_rsa },
	{ "OKP", "Ed25519", JWK_EDDSA, read_okp },
};

/* RFC 9864: Ed25519 is EdDSA with a curve, the only one here. The first name is the one we write. */
static const struct {
	const char *name;
	enum jwk_alg alg;
} alg_names[] = {
	{ "ES256", JWK_ES256 }, { "RS256", JWK_RS256 },   { "PS256", JWK_PS256 },
	{ "EdDSA", JWK_EDDSA }, { "Ed25519", JWK_EDDSA },
};

const char *
jwk_alg_name(enum jwk_alg alg)
{
	for (size_t i = 0; i < ARRAY_LEN(alg_names); i++) {
		if (alg_names[i].alg == alg)
			return alg_names[i].name;
	}
	return "";
}

unsigned
jwk_alg_by_name(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(alg_names); i++) {
		if (str_is(name, alg_names[i].name))
			return alg_names[i].alg;
	}
	return 0;
}

static enum status
refuse_private(const json_t *object)
{
	static const char *const members[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };

	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		if (json_object_get(object, members[i]) != NULL)
			return E_DENIED;
	}
	return OK;
}

static enum status
find_kind(const json_t *object, const struct kind **out)
{
	struct str kty = { 0 }, crv = { 0 };

	TRY(jws_json_text(object, "kty", &kty) == OK ? OK : E_INVALID);
	if (json_object_get(object, "crv") != NULL)
		TRY(jws_json_text(object, "crv", &crv));
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct kind *kind = &kinds[i];

		if (str_is(kty, kind->kty) && (kind->crv == NULL || str_is(crv, kind->crv))) {
			*out = kind;
			return OK;
		}
	}
	return E_UNSUPPORTED;
}

static enum status
read_alg(const json_t *object, const struct kind *kind, struct jwk *k)
{
	struct str alg;

	k->algs = kind->algs;
	if (json_object_get(object, "alg") == NULL)
		return OK;
	TRY(jws_json_text(object, "alg", &alg));
	k->algs &= jwk_alg_by_name(alg);
	return k->algs != 0 ? OK : E_UNSUPPORTED;
}

static bool
may_verify(const json_t *key_ops)
{
	for (size_t i = 0; i < json_array_size(key_ops); i++) {
		const char *op = json_string_value(json_array_get(key_ops, i));

		if (op != NULL && strcmp(op, "verify") == 0)
			return true;
	}
	return false;
}

static enum status
read_use(const json_t *object)
{
	const json_t *ops = json_object_get(object, "key_ops");
	struct str use;

	if (json_object_get(object, "use") != NULL) {
		TRY(jws_json_text(object, "use", &use));
		if (!str_is(use, "sig"))
			return E_INVALID;
	}
	return ops == NULL || may_verify(ops) ? OK : E_INVALID;
}

/* Printable ASCII without quote and backslash, so that a kid can stand in JSON and in a log line as it is. */
static bool
is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '"' || s.p[i] == '\\')
			return false;
	}
	return true;
}

static enum status
read_kid(const json_t *object, struct jwk *k)
{
	struct str kid;

	if (json_object_get(object, "kid") == NULL)
		return OK;
	TRY(jws_json_text(object, "kid", &kid));
	if (kid.n == 0 || kid.n > JWK_KID_MAX || !is_plain(kid))
		return E_INVALID;
	memcpy(k->kid, kid.p, kid.n);
	return OK;
}

static enum status
set_thumbprint(struct jwk *k)
{
	CLEANUP(buf_clear) struct buf text = BUF(2 * JWK_THUMBPRINT_LEN);
	struct hash h = hash_sha256(buf_str(&k->canonical));

	encode_base64url(&text, hash_str(&h));
	TRY(buf_status(&text));
	memcpy(k->thumbprint, text.p, JWK_THUMBPRINT_LEN);
	return OK;
}

enum status
jwk_import(const json_t *object, struct jwk **out)
{
	const struct kind *kind = NULL;
	CLEANUP(jwk_freep) struct jwk *k = NULL;

	if (!json_is_object(object))
		return E_INVALID;
	TRY(refuse_private(object));
	TRY(find_kind(object, &kind));
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return E_NOMEM;
	TRY(read_alg(object, kind, k));
	TRY(read_use(object));
	TRY(read_kid(object, k));
	TRY(kind->read(object, k));
	TRY(set_thumbprint(k));
	*out = STEAL(&k);
	return OK;
}

void
jwk_free(struct jwk *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	buf_clear(&k->canonical);
	free(k);
}

void
jwk_freep(struct jwk **k)
{
	jwk_free(*k);
	*k = NULL;
}

struct str
jwk_kid(const struct jwk *k)
{
	return str_of(k->kid);
}

unsigned
jwk_algs(const struct jwk *k)
{
	return k->algs;
}

struct str
jwk_thumbprint(const struct jwk *k)
{
	return str_from(k->thumbprint, JWK_THUMBPRINT_LEN);
}

EVP_PKEY *
jwk_pkey(const struct jwk *k)
{
	return k->pkey;
}

void
jwk_export(const struct jwk *k, struct buf *out)
{
	const char *alg = jwk_alg_name((enum jwk_alg)k->algs);

	buf_put(out, str_slice(buf_str(&k->canonical), 0, k->canonical.n - 1));
	if (k->kid[0] != '\0')
		buf_printf(out, ",\"kid\":\"%s\"", k->kid);
	buf_put_cstr(out, ",\"use\":\"sig\"");
	if (alg[0] != '\0')
		buf_printf(out, ",\"alg\":\"%s\"", alg);
	buf_put_char(out, '}');
}
