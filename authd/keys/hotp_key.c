#include "authd/keys/hotp_key.h"

#include <liboath/oath.h>

#include "auditlog/base/random.h"
#include "auditlog/base/secret.h"
#include "authd/keys/envelope.h"
#include "authd/keys/kek_blob.h"
#include "authd/keys/keys.h"

#define LABEL STR("paper codes")

static enum status
generate(struct str seed, uint64_t number, char code[HOTP_KEY_DIGITS + 1])
{
	return oath_hotp_generate(seed.p, seed.n, number - 1, HOTP_KEY_DIGITS, false, OATH_HOTP_DYNAMIC_TRUNCATION,
				  code) == OATH_OK
		   ? OK
		   : E_SYSTEM;
}

static enum status
put_codes(struct str seed, uint32_t count, struct buf *codes)
{
	char code[HOTP_KEY_DIGITS + 1] = { 0 };
	enum status st = OK;

	for (uint32_t n = 1; n <= count && st == OK; n++) {
		st = generate(seed, n, code);
		buf_put_bytes(codes, code, HOTP_KEY_DIGITS);
	}
	secret_wipe(code, sizeof(code));
	return st == OK ? buf_status(codes) : st;
}

enum status
hotp_key_new(const struct keyring *ring, struct str sub, uint32_t count, struct buf *sealed, struct buf *codes)
{
	struct str aad[] = { LABEL, sub };
	unsigned char seed[HOTP_KEY_SEED_LEN];
	enum status st;

	if (count == 0 || count > KEYS_HOTP_MOST)
		return E_INVALID;
	random_bytes(seed, sizeof(seed));
	st = kek_blob_seal(ring, KEYRING_TOTP, aad, ARRAY_LEN(aad), str_from(seed, sizeof(seed)), sealed);
	if (st == OK)
		st = put_codes(str_from(seed, sizeof(seed)), count, codes);
	secret_wipe(seed, sizeof(seed));
	return st;
}

enum status
hotp_key_check(const struct keyring *ring, struct str sub, struct str sealed, struct str code, uint64_t number)
{
	CLEANUP(envelope_wipe) struct buf seed = BUF(HOTP_KEY_SEED_LEN + 1);
	struct str aad[] = { LABEL, sub };
	char computed[HOTP_KEY_DIGITS + 1] = { 0 };
	bool right;

	if (number == 0 || number > KEYS_HOTP_MOST)
		return E_UNAUTHENTICATED;
	if (code.n != HOTP_KEY_DIGITS || !str_only(code, "0123456789"))
		return E_UNAUTHENTICATED;
	TRY(kek_blob_open(ring, KEYRING_TOTP, aad, ARRAY_LEN(aad), sealed, &seed));
	TRY(generate(buf_str(&seed), number, computed));
	right = secret_equal(code, str_of(computed));
	secret_wipe(computed, sizeof(computed));
	return right ? OK : E_UNAUTHENTICATED;
}
