/*
 * receipt.h: what auditlogd gives for an entry that is durable, and the proof that it gave it.
 *
 * mac = HMAC-SHA256(receipt key, "ombud receipt v1" || u64 index || leaf || SHA-256(fragment)). The key is a file of 32
 * bytes that auditlogd and authd-keyd share and nobody else reads: so authd-keyd can refuse to sign what was not
 * logged, whoever asks (rule R1 by cryptography, not by convention).
 */
#ifndef AUDITLOG_CLIENT_RECEIPT_H
#define AUDITLOG_CLIENT_RECEIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "auditlog/base/buf.h"
#include "auditlog/core/hash.h"

#define RECEIPT_KEY_LEN 32
#define RECEIPT_MAC_LEN 32
/* On the wire: u64 index, leaf, mac. */
#define RECEIPT_WIRE_LEN (8 + 32 + RECEIPT_MAC_LEN)

struct receipt {
	uint64_t index;
	struct hash leaf;
	uint8_t mac[RECEIPT_MAC_LEN];
};

/* A receipt key in locked memory. Any thread may use it. */
struct receipt_key;

/* Reads the key file: exactly RECEIPT_KEY_LEN bytes, readable by nobody else (E_DENIED), E_NOT_FOUND without one. */
MUST_USE enum status receipt_key_open(const char *path, struct receipt_key **out);
/* The same from bytes in memory; RECEIPT_KEY_LEN of them. The caller wipes its copy. */
MUST_USE enum status receipt_key_of(struct str key, struct receipt_key **out);
void receipt_key_free(struct receipt_key *k);
void receipt_key_freep(struct receipt_key **k);
/* Writes a fresh random key file with mode 0600. E_CONFLICT when there is one. */
MUST_USE enum status receipt_key_create(const char *path);

/* fragment_hash is SHA-256 of the fragment as it was sent. */
void receipt_mac(const struct receipt_key *k, uint64_t index, const struct hash *leaf, const struct hash *fragment_hash,
		 uint8_t mac[RECEIPT_MAC_LEN]);
/* OK when r was given by the holder of the key for exactly this fragment; E_CORRUPT otherwise. Constant time in the
 * mac. */
MUST_USE enum status receipt_check(const struct receipt_key *k, const struct receipt *r, struct str fragment);

/* RECEIPT_WIRE_LEN bytes, as in RECEIPTS and wherever a receipt is handed on. */
void receipt_put(struct buf *out, const struct receipt *r);
MUST_USE enum status receipt_get(struct str *in, struct receipt *out);

#endif
