#include "auditlog/base/random.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "tests/unit/expect.h"

Test(random, bytes_differ_from_call_to_call)
{
	unsigned char a[32] = { 0 }, b[32] = { 0 };
	static const unsigned char zeroes[32];

	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	cr_assert(memcmp(a, b, sizeof(a)) != 0);
	cr_assert(memcmp(a, zeroes, sizeof(a)) != 0);
	random_bytes(a, 0);
}

Test(random, a_large_amount_is_filled_to_the_end)
{
	static unsigned char large[1 << 20];
	unsigned seen = 0;

	random_bytes(large, sizeof(large));
	for (size_t i = sizeof(large) - 64; i < sizeof(large); i++)
		seen |= large[i];
	cr_assert_neq(seen, 0U);
}

Test(random, uuids_are_version_7_of_now)
{
	struct uuid u = uuid_new();
	uint64_t ms = 0, now = (uint64_t)(clock_now_us() / 1000);

	for (int i = 0; i < 6; i++)
		ms = ms << 8 | u.b[i];
	cr_assert(ms + 60000 > now && ms < now + 60000);
	cr_assert_eq(u.b[6] >> 4, 7);
	cr_assert_eq(u.b[8] >> 6, 2);
}

Test(random, uuids_of_one_process_rise)
{
	struct uuid before = uuid_new();

	for (int i = 0; i < 20000; i++) {
		struct uuid u = uuid_new();

		cr_assert_lt(memcmp(before.b, u.b, sizeof(u.b)), 0, "number %d", i);
		before = u;
	}
}

#define EACH 2000
static struct uuid made[4][EACH];

static void *
make_many(void *arg)
{
	struct uuid *to = arg;

	for (size_t i = 0; i < EACH; i++)
		to[i] = uuid_new();
	return NULL;
}

static int
by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct uuid));
}

Test(random, threads_never_make_the_same_uuid)
{
	pthread_t thread[4];

	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, make_many, made[i]), 0);
	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(pthread_join(thread[i], NULL), 0);
	qsort(made, sizeof(made) / sizeof(struct uuid), sizeof(struct uuid), by_bytes);
	for (size_t i = 1; i < sizeof(made) / sizeof(struct uuid); i++)
		cr_assert(memcmp(&made[0][0] + i - 1, &made[0][0] + i, sizeof(struct uuid)) != 0);
}

Test(random, uuid_text_comes_back)
{
	CLEANUP(buf_clear) struct buf b = BUF(UUID_TEXT_LEN);
	struct uuid u;

	EXPECT_OK(uuid_parse(STR("0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a"), &u));
	uuid_put(&b, &u);
	EXPECT_BUF("0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a", &b);
}

Test(random, other_spellings_of_a_uuid_are_refused)
{
	static const char *const bad[] = {
		"",
		"0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3",
		"0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3aa",
		"0190F3b2-7c1e-7d43-9a55-2f1f0c9d7f3a",
		"0190f3b2x7c1e-7d43-9a55-2f1f0c9d7f3a",
		"0190f3b27-c1e-7d43-9a55-2f1f0c9d7f3a",
		"0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3g",
		"{190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a",
		"0190f3b27c1e7d439a552f1f0c9d7f3a0000",
	};
	struct uuid u;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		EXPECT_STATUS(E_INVALID, uuid_parse(str_of(bad[i]), &u));
}

Test(random, ids_have_their_prefix_and_128_bits)
{
	CLEANUP(buf_clear) struct buf a = BUF(64), b = BUF(64);

	random_put_id(&a, "sub_");
	random_put_id(&b, "sub_");
	cr_assert(str_starts(buf_str(&a), STR("sub_")));
	cr_assert_eq(a.n, 4U + 22U);
	cr_assert_not(str_eq(buf_str(&a), buf_str(&b)));
}
