/*
 * totp_key.h: time-based codes (RFC 6238: SHA-1, 6 digits, 30 s) on seeds that are sealed for the database and bound to
 * their person. liboath computes the codes; which step was used last is the caller's row.
 */
#ifndef AUTHD_KEYS_TOTP_KEY_H
#define AUTHD_KEYS_TOTP_KEY_H

#include "authd/keys/keyring.h"

#define TOTP_KEY_SEED_LEN   20
#define TOTP_KEY_SEED_LEAST 16
#define TOTP_KEY_SEED_MOST  64
#define TOTP_KEY_DIGITS     6
#define TOTP_KEY_PERIOD_S   30

/* Once, before the first check: liboath's own set-up. */
MUST_USE enum status totp_key_setup(void);
/* A fresh seed of 160 bits: appends its sealed text and its base32 text, which the caller wipes. */
MUST_USE enum status totp_key_new(const struct keyring *ring, struct str sub, struct buf *sealed, struct buf *base32);
/* Seals an existing seed. E_INVALID unless base32 is A-Z and 2-7 only and stands for 16 to 64 bytes. */
MUST_USE enum status totp_key_import(const struct keyring *ring, struct str sub, struct str base32, struct buf *sealed);
/*
 * OK and the accepted step when code is right for now_us or the step before or after, and later than last_step.
 * E_UNAUTHENTICATED otherwise; E_CORRUPT when sealed is not this person's.
 */
MUST_USE enum status totp_key_check(const struct keyring *ring, struct str sub, struct str sealed, struct str code,
				    int64_t last_step, int64_t now_us, int64_t *step);

#endif
