/*
 * hash.h: SHA-256 and the two hashes of RFC 6962 2.1, fast enough for millions of entries.
 *
 * The digest is fetched once and every thread keeps one context (a one-shot call costs two and a half times as much).
 * A digest that cannot be computed aborts the process, as random.h does: there is no caller that could go on, and a
 * hash by value cannot be forgotten to be checked.
 */
#ifndef AUDITLOG_CORE_HASH_H
#define AUDITLOG_CORE_HASH_H

#include "auditlog/base/buf.h"

#define HASH_LEN 32
/* Base64 with padding. */
#define HASH_BASE64_LEN 44

struct hash {
	uint8_t b[HASH_LEN];
};

struct hash hash_sha256(struct str bytes);
/* Of the parts one after the other, without joining them first. */
struct hash hash_sha256_parts(const struct str *parts, size_t count);
/* SHA-256(0x00 || entry). */
struct hash hash_leaf(struct str entry);
/* SHA-256(0x01 || left || right). */
struct hash hash_node(const struct hash *left, const struct hash *right);
/* The root of the empty tree: SHA-256 of nothing. */
struct hash hash_empty(void);

/* HMAC-SHA256. */
struct hash hash_hmac(struct str key, struct str bytes);
struct hash hash_hmac_parts(struct str key, const struct str *parts, size_t count);

/* Not constant time: hashes here are public. MACs are compared with secret_equal(). */
bool hash_eq(const struct hash *a, const struct hash *b);
/* The 32 bytes, borrowed. */
struct str hash_str(const struct hash *h);

void hash_put_hex(struct buf *out, const struct hash *h);
void hash_put_base64(struct buf *out, const struct hash *h);
MUST_USE enum status hash_from_hex(struct str text, struct hash *out);
/* 44 characters, canonical. */
MUST_USE enum status hash_from_base64(struct str text, struct hash *out);

#endif
