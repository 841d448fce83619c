#include "authd/keys/totp_key.h"

#include <liboath/oath.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/base/random.h"
#include "authd/keys/envelope.h"
#include "authd/keys/kek_blob.h"

#define WINDOW 1

enum status
totp_key_setup(void)
{
	return oath_init() == OATH_OK ? OK : E_SYSTEM;
}

static enum status
seal(const struct keyring *ring, struct str sub, struct str seed, struct buf *sealed)
{
	struct str aad[] = { STR("totp"), sub };

	return kek_blob_seal(ring, KEYRING_TOTP, aad, ARRAY_LEN(aad), seed, sealed);
}

enum status
totp_key_new(const struct keyring *ring, struct str sub, struct buf *sealed, struct buf *base32)
{
	unsigned char seed[TOTP_KEY_SEED_LEN];

	random_bytes(seed, sizeof(seed));
	struct str s = str_from(seed, sizeof(seed));
	enum status st = seal(ring, sub, s, sealed);
	if (st == OK) {
		encode_base32(base32, s);
		st = buf_status(base32);
	}
	secret_wipe(seed, sizeof(seed));
	return st;
}

/* liboath's decoder skips spaces and folds case; what we take is one spelling. */
enum status
totp_key_import(const struct keyring *ring, struct str sub, struct str base32, struct buf *sealed)
{
	char *seed = NULL;
	size_t n = 0;

	if (!str_only(base32, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") || base32.n > 2 * TOTP_KEY_SEED_MOST)
		return E_INVALID;
	if (oath_base32_decode(base32.p, base32.n, &seed, &n) != OATH_OK)
		return E_INVALID;
	enum status st = n >= TOTP_KEY_SEED_LEAST && n <= TOTP_KEY_SEED_MOST ? OK : E_INVALID;
	if (st == OK)
		st = seal(ring, sub, str_from(seed, n), sealed);
	secret_wipe(seed, n);
	free(seed);
	return st;
}

/* The library's own comparison stops at the first digit that differs. */
static int
compare(void *given, const char *computed)
{
	return secret_equal(str_from(given, TOTP_KEY_DIGITS), str_of(computed)) ? 0 : 1;
}

static bool
is_code(struct str code)
{
	return code.n == TOTP_KEY_DIGITS && str_only(code, "0123456789");
}

static enum status
validate(const struct buf *seed, struct str code, int64_t last_step, int64_t now_us, int64_t *step)
{
	char given[TOTP_KEY_DIGITS + 1] = { 0 };
	uint64_t counter = 0;

	memcpy(given, code.p, TOTP_KEY_DIGITS);
	int rc = oath_totp_validate3_callback(seed->p, seed->n, (time_t)(now_us / SECOND_US), TOTP_KEY_PERIOD_S, 0,
					      TOTP_KEY_DIGITS, WINDOW, NULL, &counter, compare, given);
	secret_wipe(given, sizeof(given));
	if (rc < 0 || counter > INT64_MAX || (int64_t)counter <= last_step)
		return E_UNAUTHENTICATED;
	*step = (int64_t)counter;
	return OK;
}

enum status
totp_key_check(const struct keyring *ring, struct str sub, struct str sealed, struct str code, int64_t last_step,
	       int64_t now_us, int64_t *step)
{
	CLEANUP(envelope_wipe) struct buf seed = BUF(TOTP_KEY_SEED_MOST + 1);
	struct str aad[] = { STR("totp"), sub };

	if (!is_code(code) || now_us < 0)
		return E_UNAUTHENTICATED;
	TRY(kek_blob_open(ring, KEYRING_TOTP, aad, ARRAY_LEN(aad), sealed, &seed));
	return validate(&seed, code, last_step, now_us, step);
}
