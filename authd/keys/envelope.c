#include "authd/keys/envelope.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <pthread.h>

#include "auditlog/base/random.h"
#include "auditlog/base/secret.h"

/* Fetched once for the life of the process: a fetch costs more than the operation. */
static EVP_CIPHER *aes_gcm;
static EVP_KDF *hkdf;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void
fetch(void)
{
	aes_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
}

static bool
ready(void)
{
	return pthread_once(&fetched, fetch) == 0 && aes_gcm != NULL && hkdf != NULL;
}

static void
cipher_freep(EVP_CIPHER_CTX **ctx)
{
	EVP_CIPHER_CTX_free(*ctx);
}

static void
kdf_freep(EVP_KDF_CTX **ctx)
{
	EVP_KDF_CTX_free(*ctx);
}

void
envelope_key_clear(struct envelope_key *k)
{
	secret_wipe(k, sizeof(*k));
}

void
envelope_wipe(struct buf *b)
{
	if (b->p != NULL)
		secret_wipe(b->p, b->cap);
	buf_clear(b);
}

struct str
envelope_key_str(const struct envelope_key *k)
{
	return str_from(k->b, sizeof(k->b));
}

static const unsigned char *
bytes(struct str s)
{
	return (const unsigned char *)s.p;
}

static bool
encrypt(EVP_CIPHER_CTX *ctx, struct str aad, struct str plain, unsigned char *to, unsigned char *mac)
{
	int n = 0;

	return (aad.n == 0 || EVP_EncryptUpdate(ctx, NULL, &n, bytes(aad), (int)aad.n) == 1) &&
	       (plain.n == 0 || EVP_EncryptUpdate(ctx, to, &n, bytes(plain), (int)plain.n) == 1) &&
	       EVP_EncryptFinal_ex(ctx, to + plain.n, &n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, ENVELOPE_MAC_LEN, mac) == 1;
}

enum status
envelope_seal(struct str key, struct str aad, struct str plaintext, struct buf *out)
{
	CLEANUP(cipher_freep) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char nonce[ENVELOPE_NONCE_LEN];

	if (!ready() || ctx == NULL)
		return E_NOMEM;
	if (key.n != ENVELOPE_KEY_LEN || plaintext.n > INT32_MAX || aad.n > INT32_MAX)
		return E_INVALID;
	random_bytes(nonce, sizeof(nonce));
	if (EVP_EncryptInit_ex2(ctx, aes_gcm, bytes(key), nonce, NULL) != 1)
		return E_SYSTEM;

	char *room = buf_room(out, plaintext.n + ENVELOPE_OVERHEAD);
	if (room == NULL)
		return buf_status(out);
	unsigned char *at = (unsigned char *)room + sizeof(nonce);
	if (!encrypt(ctx, aad, plaintext, at, at + plaintext.n))
		return E_SYSTEM;
	for (size_t i = 0; i < sizeof(nonce); i++)
		room[i] = (char)nonce[i];
	out->n += plaintext.n + ENVELOPE_OVERHEAD;
	return OK;
}

static bool
decrypt(EVP_CIPHER_CTX *ctx, struct str aad, struct str cipher, struct str mac, unsigned char *to)
{
	/* OpenSSL takes the expected tag by a pointer that it does not write through, but is not const. */
	unsigned char tag[ENVELOPE_MAC_LEN];
	int n = 0;

	for (size_t i = 0; i < sizeof(tag); i++)
		tag[i] = bytes(mac)[i];
	return (aad.n == 0 || EVP_DecryptUpdate(ctx, NULL, &n, bytes(aad), (int)aad.n) == 1) &&
	       (cipher.n == 0 || EVP_DecryptUpdate(ctx, to, &n, bytes(cipher), (int)cipher.n) == 1) &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) == 1 &&
	       EVP_DecryptFinal_ex(ctx, to + cipher.n, &n) == 1;
}

enum status
envelope_open(struct str key, struct str aad, struct str sealed, struct buf *out)
{
	CLEANUP(cipher_freep) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (!ready() || ctx == NULL)
		return E_NOMEM;
	if (key.n != ENVELOPE_KEY_LEN || sealed.n > INT32_MAX || aad.n > INT32_MAX)
		return E_INVALID;
	if (sealed.n < ENVELOPE_OVERHEAD)
		return E_CORRUPT;
	if (EVP_DecryptInit_ex2(ctx, aes_gcm, bytes(key), bytes(sealed), NULL) != 1)
		return E_SYSTEM;

	struct str cipher = str_slice(sealed, ENVELOPE_NONCE_LEN, sealed.n - ENVELOPE_MAC_LEN);
	struct str mac = str_slice(sealed, sealed.n - ENVELOPE_MAC_LEN, sealed.n);
	/* One byte more: an empty text still needs somewhere to point. */
	char *room = buf_room(out, cipher.n + 1);
	if (room == NULL)
		return buf_status(out);
	if (!decrypt(ctx, aad, cipher, mac, (unsigned char *)room)) {
		secret_wipe(room, cipher.n);
		return E_CORRUPT;
	}
	out->n += cipher.n;
	return OK;
}

enum status
envelope_derive(struct str key, const struct str *info, size_t count, struct envelope_key *out)
{
	CLEANUP(kdf_freep) EVP_KDF_CTX *ctx = NULL;
	CLEANUP(buf_clear) struct buf joined = BUF(4096);
	char digest[] = "SHA256";

	if (!ready())
		return E_NOMEM;
	for (size_t i = 0; i < count; i++)
		buf_put(&joined, info[i]);
	TRY(buf_status(&joined));
	ctx = EVP_KDF_CTX_new(hkdf);
	if (ctx == NULL)
		return E_NOMEM;

	struct envelope_key ikm;
	if (key.n != sizeof(ikm.b))
		return E_INVALID;
	for (size_t i = 0; i < key.n; i++)
		ikm.b[i] = (uint8_t)key.p[i];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, ikm.b, sizeof(ikm.b)),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, joined.p, joined.n),
		OSSL_PARAM_construct_end(),
	};
	bool derived = EVP_KDF_derive(ctx, out->b, sizeof(out->b), params) == 1;
	envelope_key_clear(&ikm);
	return derived ? OK : E_SYSTEM;
}

void
envelope_put_parts(struct buf *out, const struct str *parts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_put_block(out, parts[i]);
}
