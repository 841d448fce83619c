/* test_dpop_nonce.c: nonces are of a window of time and of this installation's keys; nothing is stored for them. */
#include "tests/unit/authd_maker.h"

#include "authd/oauth/dpop_nonce.h"

#define W   DPOP_NONCE_WINDOW_US
#define NOW (INT64_C(1770000000) * SECOND_US)

struct scene {
	struct authd_maker *m;
	struct dpop_nonces *nonces;
};

static struct scene
scene_new(void)
{
	struct scene s = { .m = authd_maker_new() };

	EXPECT_OK(dpop_nonces_new(&s.nonces));
	return s;
}

static void
scene_end(struct scene *s)
{
	dpop_nonces_free(s->nonces);
	authd_maker_freep(&s->m);
}

static enum status
check(struct scene *s, int64_t now, const char *nonce)
{
	return dpop_nonce_check(s->nonces, s->m->authd.keys, now, str_of(nonce));
}

Test(dpop_nonce, it_is_good_in_its_window_and_the_next)
{
	struct scene s = scene_new();
	char nonce[DPOP_NONCE_LEN + 1];

	EXPECT_OK(dpop_nonce_now(s.nonces, s.m->authd.keys, NOW, nonce));
	cr_assert_eq(strlen(nonce), DPOP_NONCE_LEN);
	EXPECT_OK(check(&s, NOW, nonce));
	EXPECT_OK(check(&s, NOW + W, nonce));
	EXPECT_OK(check(&s, NOW - W, nonce)); /* a node whose clock is behind the one that gave it */
	EXPECT_STATUS(E_EXPIRED, check(&s, NOW + 2 * W, nonce));
	EXPECT_STATUS(E_EXPIRED, check(&s, NOW - 2 * W, nonce));
	EXPECT_STATUS(E_EXPIRED, check(&s, NOW + 100 * W, nonce));
	scene_end(&s);
}

Test(dpop_nonce, each_window_has_its_own)
{
	struct scene s = scene_new();
	char one[DPOP_NONCE_LEN + 1], same[DPOP_NONCE_LEN + 1], next[DPOP_NONCE_LEN + 1];

	EXPECT_OK(dpop_nonce_now(s.nonces, s.m->authd.keys, NOW / W * W, one));
	EXPECT_OK(dpop_nonce_now(s.nonces, s.m->authd.keys, NOW / W * W + W - 1, same));
	EXPECT_OK(dpop_nonce_now(s.nonces, s.m->authd.keys, NOW / W * W + W, next));
	cr_assert_str_eq(one, same);
	cr_assert_str_neq(one, next);
	scene_end(&s);
}

Test(dpop_nonce, another_node_with_the_same_keys_knows_it)
{
	struct scene s = scene_new();
	struct dpop_nonces *node = NULL;
	char nonce[DPOP_NONCE_LEN + 1];

	EXPECT_OK(dpop_nonces_new(&node));
	EXPECT_OK(dpop_nonce_now(s.nonces, s.m->authd.keys, NOW, nonce));
	EXPECT_OK(dpop_nonce_check(node, s.m->authd.keys, NOW, str_of(nonce)));
	dpop_nonces_free(node);
	scene_end(&s);
}

Test(dpop_nonce, an_installation_with_other_keys_does_not)
{
	struct scene s = scene_new(), other = scene_new();
	char nonce[DPOP_NONCE_LEN + 1];

	EXPECT_OK(dpop_nonce_now(s.nonces, s.m->authd.keys, NOW, nonce));
	EXPECT_STATUS(E_EXPIRED, check(&other, NOW, nonce));
	scene_end(&other);
	scene_end(&s);
}

Test(dpop_nonce, an_invented_one_is_none)
{
	static const char *const wrong[] = { "", "x", "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA" };
	struct scene s = scene_new();

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		EXPECT_STATUS(E_EXPIRED, check(&s, NOW, wrong[i]));
	scene_end(&s);
}
