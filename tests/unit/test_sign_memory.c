/* test_sign_memory.c: what was signed is remembered long enough, and never too much. */
#include "tests/unit/jose_maker.h"

#include "authd/keys/sign_memory.h"

static void
memory_freep(struct sign_memory **m)
{
	sign_memory_free(*m);
}

static struct uuid
entry(uint32_t n)
{
	struct uuid u = { { 0 } };

	memcpy(u.b, &n, sizeof(n));
	u.b[15] = (uint8_t)(n & 1); /* two buckets: long chains */
	return u;
}

static struct hash
content(uint8_t n)
{
	return hash_sha256(str_from(&n, 1));
}

static enum status
put(struct sign_memory *m, uint8_t kind, uint32_t id, uint8_t what, int64_t at)
{
	struct uuid u = entry(id);
	struct hash h = content(what);

	return sign_memory_put(m, kind, &u, &h, at);
}

Test(sign_memory, the_same_content_again_is_fine_and_another_is_not)
{
	CLEANUP(memory_freep) struct sign_memory *m = NULL;

	EXPECT_OK(sign_memory_new(8, &m));
	EXPECT_OK(put(m, 1, 1, 1, 0));
	EXPECT_OK(put(m, 1, 1, 1, 1));
	EXPECT_STATUS(E_CONFLICT, put(m, 1, 1, 2, 2));
	EXPECT_OK(put(m, 2, 1, 2, 3));
	EXPECT_OK(put(m, 1, 2, 2, 4));
	cr_assert_eq(sign_memory_count(m), 3);
}

Test(sign_memory, nothing_is_forgotten_before_its_time)
{
	CLEANUP(memory_freep) struct sign_memory *m = NULL;

	EXPECT_OK(sign_memory_new(8, &m));
	EXPECT_OK(put(m, 1, 1, 1, 0));
	EXPECT_STATUS(E_CONFLICT, put(m, 1, 1, 2, SIGN_MEMORY_KEEP_US - 1));
	EXPECT_OK(put(m, 1, 1, 2, SIGN_MEMORY_KEEP_US));
	cr_assert_eq(sign_memory_count(m), 1);
}

Test(sign_memory, when_full_the_next_is_refused_until_the_oldest_has_aged)
{
	CLEANUP(memory_freep) struct sign_memory *m = NULL;

	EXPECT_OK(sign_memory_new(4, &m));
	for (uint32_t i = 0; i < 4; i++)
		EXPECT_OK(put(m, 1, i, 1, i));
	EXPECT_STATUS(E_BUSY, put(m, 1, 9, 1, 10));
	EXPECT_STATUS(E_CONFLICT, put(m, 1, 0, 2, 10));
	EXPECT_OK(put(m, 1, 9, 1, SIGN_MEMORY_KEEP_US));
	EXPECT_STATUS(E_BUSY, put(m, 1, 10, 1, SIGN_MEMORY_KEEP_US));
	cr_assert_eq(sign_memory_count(m), 4);
}

Test(sign_memory, places_are_used_again_many_times_over)
{
	CLEANUP(memory_freep) struct sign_memory *m = NULL;

	EXPECT_OK(sign_memory_new(64, &m));
	for (uint32_t i = 0; i < 5000; i++) {
		int64_t at = (int64_t)i * (SIGN_MEMORY_KEEP_US / 50);

		EXPECT_OK(put(m, 1, i, 1, at));
		EXPECT_STATUS(E_CONFLICT, put(m, 1, i, 2, at));
		if (i >= 40)
			EXPECT_STATUS(E_CONFLICT, put(m, 1, i - 40, 2, at));
		cr_assert_leq(sign_memory_count(m), 51);
	}
}

Test(sign_memory, sizes_out_of_range_are_refused)
{
	struct sign_memory *m = NULL;

	EXPECT_STATUS(E_INVALID, sign_memory_new(0, &m));
	EXPECT_STATUS(E_INVALID, sign_memory_new(SIGN_MEMORY_MOST + 1, &m));
}
