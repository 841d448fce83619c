#include "authd/identity/password.h"

#include <errno.h>
#include <semaphore.h>
#include <sodium.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <zxcvbn.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/secret.h"
#include "auditlog/core/hash.h"
#include "authd/authd.h"

#define PASSES 3
#define MEMORY ((size_t)64 << 20)
#define WAIT_S 1
/* Bits that a guesser must spend. About nine random letters; "Password2026!" has far less. */
#define ENTROPY_LEAST 33.0
#define SCORED_MOST   100 /* zxcvbn's time grows with the cube of the length, and more adds nothing */

static sem_t slots;
/* Threads that stand before the slots, and how many may: each of them is a worker that everybody else waits for (M15).
 */
static atomic_uint standing;
static unsigned standing_most;
/* For people who do not exist: a verifier of a password nobody has, with the same costs. */
static char nobody[crypto_pwhash_STRBYTES];

enum status
password_open(unsigned at_once, unsigned waiting)
{
	char unguessable[32];

	standing_most = waiting;

	if (sodium_init() < 0 || sem_init(&slots, 0, at_once) != 0)
		return E_SYSTEM;
	randombytes_buf(unguessable, sizeof(unguessable));
	return crypto_pwhash_str(nobody, unguessable, sizeof(unguessable), PASSES, MEMORY) == 0 ? OK : E_NOMEM;
}

void
password_close(void)
{
	sem_destroy(&slots);
}

static enum status
wait_for_slot(void)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WAIT_S;
	while (sem_clockwait(&slots, CLOCK_MONOTONIC, &until) != 0)
		if (errno != EINTR)
			return E_BUSY;
	return OK;
}

static enum status
take_slot(void)
{
	enum status st = E_BUSY;

	if (sem_trywait(&slots) == 0)
		return OK;
	if (atomic_fetch_add(&standing, 1) < standing_most)
		st = wait_for_slot();
	atomic_fetch_sub(&standing, 1);
	return st;
}

/* The password never reaches authd-keyd: only a hash of owner and password does, behind the label that keys.h wants. */
static enum status
peppered(struct authd *a, struct str sub, struct str password, uint8_t out[KEYS_PEPPER_LEN])
{
	CLEANUP(buf_clear) struct buf data = BUF(PASSWORD_MOST + 256);
	struct hash h;

	buf_put_cstr(&data, "ombud password v1\n");
	buf_put_block(&data, sub);
	buf_put_block(&data, password);
	TRY(buf_status(&data));
	h = hash_sha256(buf_str(&data));
	secret_wipe(data.p, data.n);
	buf_reset(&data);
	buf_put_cstr(&data, "ombud password v1\n");
	buf_put_bytes(&data, h.b, sizeof(h.b));
	TRY(buf_status(&data));
	return keys_pepper(a->keys, buf_str(&data), out);
}

enum status
password_hash(struct authd *a, struct str sub, struct str password, struct buf *phc)
{
	char text[crypto_pwhash_STRBYTES];
	uint8_t key[KEYS_PEPPER_LEN];
	int failed;

	if (password.n > PASSWORD_MOST)
		return E_TOO_LARGE;
	TRY(peppered(a, sub, password, key));
	TRY(take_slot());
	failed = crypto_pwhash_str(text, (const char *)key, sizeof(key), PASSES, MEMORY);
	sem_post(&slots);
	secret_wipe(key, sizeof(key));
	if (failed != 0)
		return E_NOMEM;
	buf_put_cstr(phc, text);
	return buf_status(phc);
}

enum status
password_verify(struct authd *a, struct str sub, struct str password, struct str phc)
{
	char text[crypto_pwhash_STRBYTES];
	uint8_t key[KEYS_PEPPER_LEN];
	bool known = phc.n > 0 && phc.n < sizeof(text);
	int wrong;

	if (password.n > PASSWORD_MOST)
		return E_UNAUTHENTICATED;
	memcpy(text, nobody, sizeof(text));
	if (known) {
		memcpy(text, phc.p, phc.n);
		text[phc.n] = '\0';
	}
	TRY(peppered(a, sub, password, key));
	TRY(take_slot());
	wrong = crypto_pwhash_str_verify(text, (const char *)key, sizeof(key));
	sem_post(&slots);
	secret_wipe(key, sizeof(key));
	return known && wrong == 0 ? OK : E_UNAUTHENTICATED;
}

/* ---- choosing one ---- */

static size_t
code_points(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

const char *
password_fault(struct str password, struct str login)
{
	char text[SCORED_MOST + 1], name[SCORED_MOST + 1];
	const char *context[] = { name, "ombud", "омбуд", NULL };
	size_t n = password.n < SCORED_MOST ? password.n : SCORED_MOST;
	size_t m = login.n < SCORED_MOST ? login.n : SCORED_MOST;
	double bits;

	if (!str_is_utf8(password))
		return "password_not_text";
	if (code_points(password) < PASSWORD_LEAST)
		return "password_short";
	if (password.n > PASSWORD_MOST)
		return "password_long";
	memcpy(text, password.p, n);
	text[n] = '\0';
	if (m > 0)
		memcpy(name, login.p, m);
	name[m] = '\0';
	bits = ZxcvbnMatch(text, context, NULL);
	secret_wipe(text, sizeof(text));
	return bits < ENTROPY_LEAST ? "password_guessable" : NULL;
}
