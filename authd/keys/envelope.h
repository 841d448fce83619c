/*
 * envelope.h: the three primitives of authd-keyd's own formats: AES-256-GCM with a random nonce, HKDF-SHA256, and the
 * unambiguous joining of parts into associated data. Keys are 32 bytes.
 */
#ifndef AUTHD_KEYS_ENVELOPE_H
#define AUTHD_KEYS_ENVELOPE_H

#include <stdint.h>

#include "auditlog/base/buf.h"

#define ENVELOPE_KEY_LEN   32
#define ENVELOPE_NONCE_LEN 12
#define ENVELOPE_MAC_LEN   16
#define ENVELOPE_OVERHEAD  (ENVELOPE_NONCE_LEN + ENVELOPE_MAC_LEN)

/*
 * A key on the stack, for the length of one request: a struct secret costs several system calls, which is too much on
 * the path of every decision. `CLEANUP(envelope_key_clear) struct envelope_key k;` wipes it.
 */
struct envelope_key {
	uint8_t b[ENVELOPE_KEY_LEN];
};
void envelope_key_clear(struct envelope_key *k);
/* For CLEANUP on a struct buf that holds something secret: overwrites it, then buf_clear(). */
void envelope_wipe(struct buf *b);
struct str envelope_key_str(const struct envelope_key *k);

/* Appends nonce || ciphertext || tag. A fresh random nonce each time: at most 2^32 calls under one key. */
MUST_USE enum status envelope_seal(struct str key, struct str aad, struct str plaintext, struct buf *out);
/* Appends the plaintext. E_CORRUPT when key, aad or sealed are not those of the sealing; then out is as before. */
MUST_USE enum status envelope_open(struct str key, struct str aad, struct str sealed, struct buf *out);

/* HKDF-SHA256 without salt; info is the parts one after the other. */
MUST_USE enum status envelope_derive(struct str key, const struct str *info, size_t count, struct envelope_key *out);

/* Appends each part with its length before it, so that no two lists of parts give the same bytes. */
void envelope_put_parts(struct buf *out, const struct str *parts, size_t count);

#endif
