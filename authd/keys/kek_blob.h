/*
 * kek_blob.h: what is encrypted under the key-encryption key, as text for a database column:
 * base64url(u8 version 1 || key id (8) || nonce || ciphertext || tag), bound to associated data.
 */
#ifndef AUTHD_KEYS_KEK_BLOB_H
#define AUTHD_KEYS_KEK_BLOB_H

#include "authd/keys/keyring.h"

/* The same frame for blobs under other keys: version and key id come first and are covered by the tag. */
#define KEK_BLOB_VERSION 1

/* Appends the text. The associated data are the parts, unambiguously joined. */
MUST_USE enum status kek_blob_seal(const struct keyring *ring, enum keyring_purpose purpose, const struct str *aad,
				   size_t parts, struct str plaintext, struct buf *out);
/* Appends the plaintext. E_CORRUPT: damaged, moved to another place, or under a key that the ring does not have. */
MUST_USE enum status kek_blob_open(const struct keyring *ring, enum keyring_purpose purpose, const struct str *aad,
				   size_t parts, struct str text, struct buf *out);

#endif
