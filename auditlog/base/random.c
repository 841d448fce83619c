#include "auditlog/base/random.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"

void
random_bytes(void *p, size_t n)
{
	unsigned char *to = p;

	while (n > 0) {
		ssize_t got = getrandom(to, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			(void)fputs("random: the kernel gives no random bytes; stopping\n", stderr);
			abort();
		}
		to += got;
		n -= (size_t)got;
	}
}

/*
 * The 12 bits behind the version hold a counter, so that ids of one process sort in the order they were made. It starts
 * at random in its lower half within each millisecond; when it runs over, the millisecond is taken from the future,
 * which RFC 9562 6.2 allows. A clock that goes back changes nothing: the last millisecond stays.
 */
static pthread_mutex_t uuid_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t uuid_ms;
static unsigned uuid_counter;

static void
next_position(unsigned seed, uint64_t *ms, unsigned *counter)
{
	uint64_t now = (uint64_t)(clock_now_us() / 1000);

	(void)pthread_mutex_lock(&uuid_lock);
	if (now > uuid_ms) {
		uuid_ms = now;
		uuid_counter = seed & 0x7ff;
	} else if (++uuid_counter > 0xfff) {
		uuid_ms++;
		uuid_counter = seed & 0x7ff;
	}
	*ms = uuid_ms;
	*counter = uuid_counter;
	(void)pthread_mutex_unlock(&uuid_lock);
}

struct uuid
uuid_new(void)
{
	struct uuid u;
	uint64_t ms;
	unsigned counter;

	random_bytes(&u, sizeof(u));
	next_position((unsigned)u.b[6] << 8 | u.b[7], &ms, &counter);
	for (int i = 0; i < 6; i++)
		u.b[i] = (uint8_t)(ms >> (40 - 8 * i));
	u.b[6] = (uint8_t)(0x70 | counter >> 8);
	u.b[7] = (uint8_t)counter;
	u.b[8] = (uint8_t)(0x80 | (u.b[8] & 0x3f));
	return u;
}

/* Bytes of the five groups. */
static const size_t groups[] = { 4, 2, 2, 2, 6 };

void
uuid_put(struct buf *out, const struct uuid *u)
{
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		if (i > 0)
			buf_put_char(out, '-');
		encode_hex(out, str_from(u->b + at, groups[i]));
		at += groups[i];
	}
}

enum status
uuid_parse(struct str text, struct uuid *out)
{
	struct uuid u;
	const char *p = text.p;
	size_t at = 0;

	if (text.n != UUID_TEXT_LEN)
		return E_INVALID;
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		if (i > 0 && *p++ != '-')
			return E_INVALID;
		for (size_t k = 0; k < groups[i]; k++, p += 2) {
			int high = decode_hex_digit(p[0]), low = decode_hex_digit(p[1]);

			if (high < 0 || low < 0)
				return E_INVALID;
			u.b[at++] = (uint8_t)(high << 4 | low);
		}
	}
	*out = u;
	return OK;
}

void
random_put_id(struct buf *out, const char *prefix)
{
	unsigned char bytes[16];

	random_bytes(bytes, sizeof(bytes));
	buf_put_cstr(out, prefix);
	encode_base64url(out, str_from(bytes, sizeof(bytes)));
}
