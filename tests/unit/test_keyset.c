/* test_keyset.c: the keys are those that authd-keyd told last, and who holds a set keeps it. */
#include "tests/unit/authd_maker.h"

#include "authd/keyset.h"

static void
slot_freep(struct keyset_slot **s)
{
	keyset_slot_free(*s);
}

Test(keyset, there_is_none_before_authd_keyd_answered)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	CLEANUP(slot_freep) struct keyset_slot *slot = NULL;

	EXPECT_OK(keyset_slot_new(&slot));
	cr_assert_null(keyset_get(slot));
	authd_maker_stop(m);
	EXPECT_STATUS(E_UNAVAILABLE, keyset_refresh(slot, m->authd.keys, NULL));
	cr_assert_null(keyset_get(slot));
	keyset_unref(NULL);
	keyset_slot_free(NULL);
}

Test(keyset, it_holds_the_public_keys_and_their_text)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	CLEANUP(slot_freep) struct keyset_slot *slot = NULL;
	CLEANUP(keyset_unrefp) struct keyset *k = NULL;

	EXPECT_OK(keyset_slot_new(&slot));
	EXPECT_OK(keyset_refresh(slot, m->authd.keys, NULL));
	k = keyset_get(slot);
	cr_assert_not_null(k);
	EXPECT_STR(vault_jwks(m->f.vault), keyset_json(k));
	cr_assert_geq(jwk_set_count(keyset_keys(k)), 2);
	/* J17: what everybody may read holds nothing private. */
	cr_assert_eq(str_find(keyset_json(k), STR("\"d\"")), keyset_json(k).n);
	cr_assert_eq(str_find(keyset_json(k), STR("\"p\"")), keyset_json(k).n);
	cr_assert_eq(str_find(keyset_json(k), STR("\"k\"")), keyset_json(k).n);
}

Test(keyset, the_same_answer_changes_nothing)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	CLEANUP(slot_freep) struct keyset_slot *slot = NULL;
	CLEANUP(keyset_unrefp) struct keyset *before = NULL, *after = NULL;

	EXPECT_OK(keyset_slot_new(&slot));
	EXPECT_OK(keyset_refresh(slot, m->authd.keys, NULL));
	before = keyset_get(slot);
	EXPECT_OK(keyset_refresh(slot, m->authd.keys, NULL));
	after = keyset_get(slot);
	cr_assert_eq(before, after);
}

Test(keyset, other_keys_take_their_place_and_the_old_set_lives_while_it_is_held)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new(), *other = authd_maker_new();
	CLEANUP(slot_freep) struct keyset_slot *slot = NULL;
	CLEANUP(keyset_unrefp) struct keyset *before = NULL, *after = NULL;

	EXPECT_OK(keyset_slot_new(&slot));
	EXPECT_OK(keyset_refresh(slot, m->authd.keys, NULL));
	before = keyset_get(slot);
	EXPECT_OK(keyset_refresh(slot, other->authd.keys, NULL));
	after = keyset_get(slot);
	cr_assert_neq(before, after);
	EXPECT_STR(vault_jwks(other->f.vault), keyset_json(after));
	EXPECT_STR(vault_jwks(m->f.vault), keyset_json(before));
	cr_assert_geq(jwk_set_count(keyset_keys(before)), 2, "held, so still there");
}

Test(keyset, a_silent_authd_keyd_leaves_the_last_keys_in_force)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	CLEANUP(slot_freep) struct keyset_slot *slot = NULL;
	CLEANUP(keyset_unrefp) struct keyset *k = NULL;

	EXPECT_OK(keyset_slot_new(&slot));
	EXPECT_OK(keyset_refresh(slot, m->authd.keys, NULL));
	authd_maker_stop(m);
	EXPECT_STATUS(E_UNAVAILABLE, keyset_refresh(slot, m->authd.keys, NULL));
	k = keyset_get(slot);
	cr_assert_not_null(k);
}
