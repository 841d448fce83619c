#include "authd/keys/keyring.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/core/hash.h"
#include "authd/jose/jwk_set.h"
#include "authd/keys/envelope.h"
#include "authd/keys/keyring_manifest.h"

#define PEM_MAX ((size_t)8 << 10)

struct kek {
	uint8_t id[KEYRING_KEK_ID_LEN];
	struct secret derived[KEYRING_PURPOSES];
};

struct keyring {
	struct kek keks[KEYRING_KEKS_MAX];
	size_t kek_count;
	size_t kek_active;
	struct keyring_signer signers[KEYRING_SIGNING_MAX];
	size_t signer_count;
	struct secret pepper;
	struct receipt_key *receipt_key;
	struct buf jwks;
	int64_t next_change_s;
};

/* A ring made before PS256 was there has none; `authctl key rotate` makes one. */
static const bool required[KEYRING_ALGS] = { true, true, false };

/* ---- loading ---- */

struct loader {
	const char *dir;
	struct keyring *ring;
	struct conf_error *why;
};

static enum status
refuse(const struct loader *l, enum status st, const char *file, const char *what)
{
	(void)snprintf(l->why->text, sizeof(l->why->text), "%s/%s: %s", l->dir, file, what);
	return st;
}

/* A key file by its name in the directory; names do not lead out of it. */
static enum status
read_key(const struct loader *l, const char *file, size_t max, struct secret *out)
{
	char path[4096];

	if (strchr(file, '/') != NULL || file[0] == '.')
		return refuse(l, E_INVALID, file, "a key file is named without its directory");
	int n = snprintf(path, sizeof(path), "%s/%s", l->dir, file);
	if (n < 0 || (size_t)n >= sizeof(path))
		return refuse(l, E_TOO_LARGE, file, "the path is too long");
	enum status st = secret_read_file(path, max, out);
	if (st == E_NOT_FOUND)
		return refuse(l, st, file, "no such key file; restore it from your backup");
	if (st == E_DENIED)
		return refuse(l, st, file,
			      "others may read this key file; chmod it to 0600 and think about replacing it");
	return st == OK ? OK : refuse(l, st, file, "cannot read this key file");
}

static enum status
read_raw_key(const struct loader *l, const char *file, struct secret *out)
{
	TRY(read_key(l, file, PEM_MAX, out));
	return out->n == ENVELOPE_KEY_LEN ? OK : refuse(l, E_INVALID, file, "this key file must have exactly 32 bytes");
}

static enum status
derive_kek(struct kek *kek, const struct secret *raw)
{
	static const char *const labels[KEYRING_PURPOSES] = {
		[KEYRING_PERSON] = "ombud kek person v1",
		[KEYRING_TOTP] = "ombud kek totp v1",
		[KEYRING_FIELD] = "ombud kek field v1",
	};
	struct hash id = hash_hmac(secret_str(raw), STR("ombud kek id v1"));

	memcpy(kek->id, id.b, sizeof(kek->id));
	for (size_t i = 0; i < KEYRING_PURPOSES; i++) {
		CLEANUP(envelope_key_clear) struct envelope_key key = { 0 };
		struct str label = str_of(labels[i]);

		TRY(envelope_derive(secret_str(raw), &label, 1, &key));
		TRY(secret_copy(envelope_key_str(&key), &kek->derived[i]));
	}
	return OK;
}

static enum status
load_keks(const struct loader *l, const struct conf_items *rows)
{
	const struct keyring_kek_row *row = rows->item;
	size_t active = 0;

	for (size_t i = 0; i < rows->n; i++) {
		CLEANUP(secret_clear) struct secret raw = { 0 };

		TRY(read_raw_key(l, row[i].file, &raw));
		TRY(derive_kek(&l->ring->keks[l->ring->kek_count], &raw));
		if (row[i].state == KEYRING_KEK_ACTIVE) {
			l->ring->kek_active = l->ring->kek_count;
			active++;
		}
		l->ring->kek_count++;
	}
	return active == 1 ? OK : refuse(l, E_INVALID, "keyring.yaml", "exactly one of keks must be active");
}

/* No prompt: an encrypted PEM is refused instead of asking a terminal that nobody watches. */
static int
no_password(char *buf, int size, int writing, void *arg)
{
	(void)buf, (void)size, (void)writing, (void)arg;
	return -1;
}

static EVP_PKEY *
decode_pem(const struct secret *pem)
{
	BIO *bio = BIO_new_mem_buf(pem->p, (int)pem->n);
	EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;

	BIO_free(bio);
	ERR_clear_error();
	return key;
}

static enum status
prepare(EVP_PKEY *key, struct keyring_signer *s)
{
	s->prepared = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	if (s->prepared == NULL || EVP_PKEY_sign_init(s->prepared) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(s->prepared, EVP_sha256()) != 1)
		return E_SYSTEM;
	if (s->alg != JWK_PS256)
		return OK;
	/* RFC 7518 3.5: MGF1 with the same hash, and a salt as long as it. */
	if (EVP_PKEY_CTX_set_rsa_padding(s->prepared, RSA_PKCS1_PSS_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(s->prepared, RSA_PSS_SALTLEN_DIGEST) != 1)
		return E_SYSTEM;
	return OK;
}

static enum status
load_signer(const struct loader *l, const struct keyring_signing_row *row)
{
	struct keyring_signer *s = &l->ring->signers[l->ring->signer_count++];

	s->alg = keyring_algs[row->alg];
	s->state = (enum keyring_state)row->state;
	s->until_s = (int64_t)row->until;
	TRY(read_key(l, row->file, PEM_MAX, &s->pem));
	EVP_PKEY *key = decode_pem(&s->pem);
	if (key == NULL)
		return refuse(l, E_INVALID, row->file, "this is no unencrypted PEM private key");
	enum status st = jwk_from_pkey(key, s->alg, &s->jwk);
	if (st == OK)
		st = prepare(key, s);
	EVP_PKEY_free(key);
	return st == OK ? OK : refuse(l, E_INVALID, row->file, "this key does not fit its algorithm in keyring.yaml");
}

static enum status
load_signers(const struct loader *l, const struct conf_items *rows)
{
	const struct keyring_signing_row *row = rows->item;
	size_t active[KEYRING_ALGS] = { 0 };

	for (size_t i = 0; i < rows->n; i++) {
		if (row[i].state == KEYRING_REMOVED)
			continue;
		TRY(load_signer(l, &row[i]));
		active[row[i].alg] += row[i].state == KEYRING_ACTIVE;
	}
	for (size_t i = 0; i < ARRAY_LEN(active); i++) {
		if (active[i] > 1 || (active[i] == 0 && required[i]))
			return refuse(
			    l, E_INVALID, "keyring.yaml",
			    "exactly one signing key of each algorithm must be active, of ES256 and RS256 always");
	}
	return OK;
}

static enum status
write_jwks(struct keyring *k)
{
	CLEANUP(jwk_set_freep) struct jwk_set *read_back = NULL;

	buf_put_cstr(&k->jwks, "{\"keys\":[");
	for (size_t i = 0; i < k->signer_count; i++) {
		if (i > 0)
			buf_put_char(&k->jwks, ',');
		jwk_export(k->signers[i].jwk, &k->jwks);
	}
	buf_put_cstr(&k->jwks, "]}");
	TRY(buf_status(&k->jwks));
	/* Reads as everybody else will: no private member, no doubled key. */
	return jwk_set_import(buf_str(&k->jwks), &read_back);
}

static enum status
load(const struct loader *l, const struct keyring_manifest *m, const char *receipt_key)
{
	TRY(read_raw_key(l, m->pepper, &l->ring->pepper));
	TRY(load_keks(l, &m->keks));
	TRY(load_signers(l, &m->signing));
	if (write_jwks(l->ring) != OK)
		return refuse(l, E_INVALID, "keyring.yaml", "the same signing key stands in it twice");
	enum status st = receipt_key_open(receipt_key, &l->ring->receipt_key);
	if (st != OK)
		(void)snprintf(
		    l->why->text, sizeof(l->why->text),
		    "%s: cannot use the receipt key (%s); it is the file of 32 bytes that auditlogd has, mode 0600",
		    receipt_key, status_name(st));
	return st;
}

/* 0 for something that is to be done at once, such as what a crash has left undone. */
static int64_t
next_change(const struct keyring_manifest *m)
{
	const struct keyring_signing_row *row = m->signing.item;
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < m->signing.n; i++) {
		if (row[i].state == KEYRING_REMOVED && row[i].until > 0)
			return 0;
		if (row[i].state != KEYRING_REMOVED && row[i].until > 0 && (int64_t)row[i].until < next)
			next = (int64_t)row[i].until;
	}
	return next;
}

enum status
keyring_load(const char *dir, const char *receipt_key, struct keyring **out, struct conf_error *why)
{
	CLEANUP(keyring_freep) struct keyring *k = calloc(1, sizeof(*k));
	CLEANUP(conf_freep) struct conf *c = NULL;
	struct keyring_manifest m = { 0 };

	if (k == NULL)
		return E_NOMEM;
	k->jwks = BUF(JWK_SET_TEXT_MAX);
	TRY(keyring_manifest_read(dir, &c, &m, why));
	k->next_change_s = next_change(&m);
	TRY(load(&(struct loader){ dir, k, why }, &m, receipt_key));
	*out = STEAL(&k);
	return OK;
}

void
keyring_free(struct keyring *k)
{
	if (k == NULL)
		return;
	for (size_t i = 0; i < k->kek_count; i++) {
		for (size_t p = 0; p < KEYRING_PURPOSES; p++)
			secret_clear(&k->keks[i].derived[p]);
	}
	for (size_t i = 0; i < k->signer_count; i++) {
		EVP_PKEY_CTX_free(k->signers[i].prepared);
		jwk_free(k->signers[i].jwk);
		secret_clear(&k->signers[i].pem);
	}
	secret_clear(&k->pepper);
	receipt_key_free(k->receipt_key);
	buf_clear(&k->jwks);
	free(k);
}

void
keyring_freep(struct keyring **k)
{
	keyring_free(*k);
	*k = NULL;
}

const struct keyring_signer *
keyring_active(const struct keyring *k, enum jwk_alg alg)
{
	for (size_t i = 0; i < k->signer_count; i++) {
		if (k->signers[i].alg == alg && k->signers[i].state == KEYRING_ACTIVE)
			return &k->signers[i];
	}
	return NULL;
}

size_t
keyring_signers(const struct keyring *k, const struct keyring_signer **out)
{
	*out = k->signers;
	return k->signer_count;
}

int64_t
keyring_next_change_s(const struct keyring *k)
{
	return k->next_change_s;
}

struct str
keyring_jwks(const struct keyring *k)
{
	return buf_str(&k->jwks);
}

struct str
keyring_pepper(const struct keyring *k)
{
	return secret_str(&k->pepper);
}

struct receipt_key *
keyring_receipt_key(const struct keyring *k)
{
	return k->receipt_key;
}

struct str
keyring_kek(const struct keyring *k, enum keyring_purpose purpose, struct str *id)
{
	const struct kek *kek = &k->keks[k->kek_active];

	*id = str_from(kek->id, sizeof(kek->id));
	return secret_str(&kek->derived[purpose]);
}

enum status
keyring_kek_by_id(const struct keyring *k, enum keyring_purpose purpose, struct str id, struct str *key)
{
	for (size_t i = 0; i < k->kek_count; i++) {
		if (str_eq(str_from(k->keks[i].id, sizeof(k->keks[i].id)), id)) {
			*key = secret_str(&k->keks[i].derived[purpose]);
			return OK;
		}
	}
	return E_CORRUPT;
}
