#include "auditlog/client/receipt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"
#include "auditlog/base/file.h"
#include "auditlog/base/secret.h"

struct receipt_key {
	struct secret key;
};

static const struct str RECEIPT_LABEL = STR_INIT("ombud receipt v1");

enum status
receipt_key_of(struct str key, struct receipt_key **out)
{
	struct receipt_key *k;
	enum status st;

	if (key.n != RECEIPT_KEY_LEN)
		return E_INVALID;
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return E_NOMEM;
	st = secret_copy(key, &k->key);
	if (st != OK) {
		free(k);
		return st;
	}
	*out = k;
	return OK;
}

enum status
receipt_key_open(const char *path, struct receipt_key **out)
{
	CLEANUP(secret_clear) struct secret key = { 0 };

	TRY(secret_read_file(path, RECEIPT_KEY_LEN, &key));
	return receipt_key_of(secret_str(&key), out);
}

void
receipt_key_free(struct receipt_key *k)
{
	if (k == NULL)
		return;
	secret_clear(&k->key);
	free(k);
}

void
receipt_key_freep(struct receipt_key **k)
{
	receipt_key_free(*k);
}

enum status
receipt_key_create(const char *path)
{
	CLEANUP(secret_clear) struct secret key = { 0 };
	CLEANUP(beneath_closep) int fd = -1;

	TRY(secret_random(RECEIPT_KEY_LEN, &key));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return errno == EEXIST ? E_CONFLICT : E_IO;
	TRY(file_write_all(fd, key.p, key.n));
	return fsync(fd) == 0 ? OK : E_IO;
}

void
receipt_mac(const struct receipt_key *k, uint64_t index, const struct hash *leaf, const struct hash *fragment_hash,
	    uint8_t mac[RECEIPT_MAC_LEN])
{
	uint8_t number[8];
	struct str parts[4];
	struct hash h;

	for (size_t i = 0; i < sizeof(number); i++)
		number[i] = (uint8_t)(index >> (56 - 8 * i));
	parts[0] = RECEIPT_LABEL;
	parts[1] = str_from(number, sizeof(number));
	parts[2] = hash_str(leaf);
	parts[3] = hash_str(fragment_hash);
	h = hash_hmac_parts(secret_str(&k->key), parts, ARRAY_LEN(parts));
	memcpy(mac, h.b, RECEIPT_MAC_LEN);
}

enum status
receipt_check(const struct receipt_key *k, const struct receipt *r, struct str fragment)
{
	struct hash digest = hash_sha256(fragment);
	uint8_t mac[RECEIPT_MAC_LEN];

	receipt_mac(k, r->index, &r->leaf, &digest, mac);
	return secret_equal(str_from(mac, sizeof(mac)), str_from(r->mac, sizeof(r->mac))) ? OK : E_CORRUPT;
}

void
receipt_put(struct buf *out, const struct receipt *r)
{
	buf_put_u64(out, r->index);
	buf_put_bytes(out, r->leaf.b, HASH_LEN);
	buf_put_bytes(out, r->mac, RECEIPT_MAC_LEN);
}

enum status
receipt_get(struct str *in, struct receipt *out)
{
	struct str rest = *in;

	TRY(buf_get_u64(&rest, &out->index));
	TRY(buf_get_into(&rest, out->leaf.b, HASH_LEN));
	TRY(buf_get_into(&rest, out->mac, RECEIPT_MAC_LEN));
	*in = rest;
	return OK;
}
