/* test_dpop_memory.c: a proof is good once on this node, and nothing is forgotten while it could be accepted again. */
#include "authd/oauth/dpop_memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "tests/unit/expect.h"

#define JKT_A "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
#define JKT_B "AZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

static struct dpop_proof
proof(const char *jkt, const char *jti)
{
	struct dpop_proof p = { .cnf = { .kind = CNF_DPOP } };

	snprintf(p.cnf.value, sizeof(p.cnf.value), "%s", jkt);
	snprintf(p.jti, sizeof(p.jti), "%s", jti);
	return p;
}

static enum status
use(struct dpop_memory *m, const char *jkt, const char *jti, int64_t now)
{
	const struct dpop_proof p = proof(jkt, jti);

	return dpop_memory_use(m, &p, now);
}

Test(dpop_memory, a_key_uses_a_jti_once)
{
	struct dpop_memory *m;

	EXPECT_OK(dpop_memory_new(16, &m));
	EXPECT_OK(use(m, JKT_A, "1", 0));
	EXPECT_STATUS(E_USED, use(m, JKT_A, "1", 0));
	EXPECT_STATUS(E_USED, use(m, JKT_A, "1", DPOP_MEMORY_KEEP_US - 1));
	EXPECT_OK(use(m, JKT_B, "1", 1));
	EXPECT_OK(use(m, JKT_A, "2", 1));
	dpop_memory_free(m);
}

Test(dpop_memory, it_is_forgotten_only_when_no_clock_would_accept_it_any_more)
{
	struct dpop_memory *m;

	EXPECT_OK(dpop_memory_new(16, &m));
	EXPECT_OK(use(m, JKT_A, "1", 0));
	cr_assert_geq(DPOP_MEMORY_KEEP_US, 70000000);
	EXPECT_OK(use(m, JKT_A, "1", DPOP_MEMORY_KEEP_US));
	dpop_memory_free(m);
}

Test(dpop_memory, a_full_one_refuses_and_forgets_nothing)
{
	struct dpop_memory *m;
	char jti[16];

	EXPECT_OK(dpop_memory_new(100, &m));
	for (int i = 0; i < 100; i++) {
		snprintf(jti, sizeof(jti), "%d", i);
		EXPECT_OK(use(m, JKT_A, jti, i));
	}
	EXPECT_STATUS(E_BUSY, use(m, JKT_A, "new", 200));
	EXPECT_STATUS(E_USED, use(m, JKT_A, "0", 200));
	EXPECT_STATUS(E_USED, use(m, JKT_A, "99", 200));
	EXPECT_OK(use(m, JKT_A, "new", DPOP_MEMORY_KEEP_US + 1)); /* two are too old by now */
	EXPECT_STATUS(E_USED, use(m, JKT_A, "2", DPOP_MEMORY_KEEP_US + 1));
	dpop_memory_free(m);
}

Test(dpop_memory, it_goes_round_many_times)
{
	struct dpop_memory *m;
	char jti[16];

	EXPECT_OK(dpop_memory_new(7, &m));
	for (int i = 0; i < 1000; i++) {
		snprintf(jti, sizeof(jti), "%d", i);
		EXPECT_OK(use(m, JKT_A, jti, i * (DPOP_MEMORY_KEEP_US / 6)));
		EXPECT_STATUS(E_USED, use(m, JKT_A, jti, i * (DPOP_MEMORY_KEEP_US / 6)));
	}
	dpop_memory_free(m);
}

Test(dpop_memory, its_size_has_bounds)
{
	struct dpop_memory *m;

	EXPECT_STATUS(E_INVALID, dpop_memory_new(0, &m));
	EXPECT_STATUS(E_INVALID, dpop_memory_new(DPOP_MEMORY_MOST + 1, &m));
}

struct racer {
	struct dpop_memory *m;
	atomic_int *won;
};

static void *
race(void *arg)
{
	const struct racer *r = arg;

	for (int i = 0; i < 200; i++) {
		char jti[16];

		snprintf(jti, sizeof(jti), "%d", i);
		if (use(r->m, JKT_A, jti, 0) == OK)
			atomic_fetch_add(r->won, 1);
	}
	return NULL;
}

Test(dpop_memory, of_several_threads_exactly_one_gets_each)
{
	atomic_int won = 0;
	struct dpop_memory *m;
	pthread_t threads[8];

	EXPECT_OK(dpop_memory_new(1000, &m));
	struct racer r = { m, &won };
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, race, &r), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(atomic_load(&won), 200);
	dpop_memory_free(m);
}
