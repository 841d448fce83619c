/*
 * hotp_key.h: numbered one-time codes on paper (RFC 4226: SHA-1, 8 digits), on seeds that are sealed for the database
 * and bound to their person. liboath computes the codes. Number n of a list is the code of counter n - 1; which numbers
 * were asked for is the caller's row.
 *
 * They have eight digits where codes of sign-in devices have six, and their seals carry another label: neither list can
 * stand in for the other, whoever mixes up rows or forms.
 */
#ifndef AUTHD_KEYS_HOTP_KEY_H
#define AUTHD_KEYS_HOTP_KEY_H

#include "authd/keys/keyring.h"

#define HOTP_KEY_SEED_LEN 20
#define HOTP_KEY_DIGITS   8

/*
 * A fresh seed of 160 bits: appends its sealed text and its first `count` codes, HOTP_KEY_DIGITS characters each,
 * without anything between them; the caller wipes them.
 */
MUST_USE enum status
hotp_key_new(const struct keyring *ring, struct str sub, uint32_t count, struct buf *sealed, struct buf *codes);
/*
 * OK when code is that of this number (from 1) and of no other: there is no look-ahead, because the person is told
 * which number is asked for. E_UNAUTHENTICATED otherwise; E_CORRUPT when sealed is not this person's.
 */
MUST_USE enum status
hotp_key_check(const struct keyring *ring, struct str sub, struct str sealed, struct str code, uint64_t number);

#endif
