#include "auditlog/core/hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/encode.h"

/*
 * Fetched once for the process and never freed: OpenSSL looks algorithms up by name under locks, which costs more than
 * hashing an entry does.
 */
static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;
static EVP_MAC *hmac;
static pthread_key_t thread_end;

/* One pair of contexts per thread, kept between calls. */
struct contexts {
	EVP_MD_CTX *md;
	EVP_MAC_CTX *mac;
};
static _Thread_local struct contexts *own;

static NORETURN void
give_up(void)
{
	(void)fputs("hash: SHA-256 cannot be computed; stopping\n", stderr);
	abort();
}

static void
free_contexts(void *p)
{
	struct contexts *c = p;

	EVP_MD_CTX_free(c->md);
	EVP_MAC_CTX_free(c->mac);
	free(c);
}

static void
fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (sha256 == NULL || hmac == NULL || pthread_key_create(&thread_end, free_contexts) != 0)
		give_up();
}

static struct contexts *
make_contexts(void)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_END };
	struct contexts *c = calloc(1, sizeof(*c));

	(void)pthread_once(&fetched, fetch);
	if (c == NULL)
		give_up();
	c->md = EVP_MD_CTX_new();
	c->mac = EVP_MAC_CTX_new(hmac);
	if (c->md == NULL || c->mac == NULL || EVP_DigestInit_ex2(c->md, sha256, NULL) != 1 ||
	    EVP_MAC_CTX_set_params(c->mac, params) != 1)
		give_up();
	(void)pthread_setspecific(thread_end, c);
	own = c;
	return c;
}

static EVP_MD_CTX *
begin(void)
{
	struct contexts *c = own != NULL ? own : make_contexts();

	if (EVP_DigestInit_ex2(c->md, NULL, NULL) != 1)
		give_up();
	return c->md;
}

static void
add(EVP_MD_CTX *md, const void *p, size_t n)
{
	if (EVP_DigestUpdate(md, p, n) != 1)
		give_up();
}

static struct hash
end(EVP_MD_CTX *md)
{
	struct hash h;

	if (EVP_DigestFinal_ex(md, h.b, NULL) != 1)
		give_up();
	return h;
}

struct hash
hash_sha256(struct str bytes)
{
	return hash_sha256_parts(&bytes, 1);
}

struct hash
hash_sha256_parts(const struct str *parts, size_t count)
{
	EVP_MD_CTX *md = begin();

	for (size_t i = 0; i < count; i++)
		add(md, parts[i].p, parts[i].n);
	return end(md);
}

struct hash
hash_leaf(struct str entry)
{
	EVP_MD_CTX *md = begin();

	add(md, "\0", 1);
	add(md, entry.p, entry.n);
	return end(md);
}

struct hash
hash_node(const struct hash *left, const struct hash *right)
{
	EVP_MD_CTX *md = begin();
	uint8_t both[1 + 2 * HASH_LEN];

	/* One update instead of three: the calls weigh as much as the compression here. */
	both[0] = 1;
	memcpy(both + 1, left->b, HASH_LEN);
	memcpy(both + 1 + HASH_LEN, right->b, HASH_LEN);
	add(md, both, sizeof(both));
	return end(md);
}

struct hash
hash_empty(void)
{
	return end(begin());
}

struct hash
hash_hmac(struct str key, struct str bytes)
{
	return hash_hmac_parts(key, &bytes, 1);
}

struct hash
hash_hmac_parts(struct str key, const struct str *parts, size_t count)
{
	struct contexts *c = own != NULL ? own : make_contexts();
	struct hash h;

	/* A NULL key would mean "the one before" to OpenSSL. */
	if (EVP_MAC_init(c->mac, key.n > 0 ? (const unsigned char *)key.p : (const unsigned char *)"", key.n, NULL) !=
	    1)
		give_up();
	for (size_t i = 0; i < count; i++)
		if (EVP_MAC_update(c->mac, (const unsigned char *)parts[i].p, parts[i].n) != 1)
			give_up();
	if (EVP_MAC_final(c->mac, h.b, NULL, sizeof(h.b)) != 1)
		give_up();
	return h;
}

bool
hash_eq(const struct hash *a, const struct hash *b)
{
	return memcmp(a->b, b->b, HASH_LEN) == 0;
}

struct str
hash_str(const struct hash *h)
{
	return str_from(h->b, HASH_LEN);
}

void
hash_put_hex(struct buf *out, const struct hash *h)
{
	encode_hex(out, hash_str(h));
}

void
hash_put_base64(struct buf *out, const struct hash *h)
{
	encode_base64(out, hash_str(h));
}

enum status
hash_from_hex(struct str text, struct hash *out)
{
	char space[HASH_LEN];
	struct buf bytes = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

	if (text.n != 2 * sizeof(space))
		return E_INVALID;
	TRY(decode_hex(text, &bytes));
	memcpy(out->b, space, sizeof(space));
	return OK;
}

/* 0 .. 63, or 0x80 for what is no digit. */
static uint32_t
digit_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0' + 52);
	return c == '+' ? 62 : c == '/' ? 63 : 0x80;
}

/* The value of every byte as a digit, filled once. */
static uint8_t digits[256];
static pthread_once_t digits_filled = PTHREAD_ONCE_INIT;

static void
fill_digits(void)
{
	for (unsigned c = 0; c < 256; c++)
		digits[c] = (uint8_t)digit_of((char)c);
}

/*
 * decode_base64_into() takes constant time, for secrets, and ten times as long; a verifier reads a hash in every entry.
 */
enum status
hash_from_base64(struct str text, struct hash *out)
{
	const uint8_t *p = (const uint8_t *)text.p;
	struct hash h;
	uint32_t foreign = 0;

	if (text.n != HASH_BASE64_LEN || p[43] != '=')
		return E_INVALID;
	(void)pthread_once(&digits_filled, fill_digits);
	for (size_t i = 0, at = 0; i < 44; i += 4) {
		uint32_t d[4] = { digits[p[i]], digits[p[i + 1]], digits[p[i + 2]], i < 40 ? digits[p[i + 3]] : 0 };
		uint32_t group = d[0] << 18 | d[1] << 12 | d[2] << 6 | d[3];

		foreign |= d[0] | d[1] | d[2] | d[3];
		h.b[at++] = (uint8_t)(group >> 16);
		h.b[at++] = (uint8_t)(group >> 8);
		if (i < 40)
			h.b[at++] = (uint8_t)group;
		else
			foreign |= (group & 0xff) != 0 ? 0x80U : 0; /* bits behind the 32nd byte: a second spelling */
	}
	if ((foreign & 0x80) != 0)
		return E_INVALID;
	*out = h;
	return OK;
}
