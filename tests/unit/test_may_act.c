/* test_may_act.c: who may act is who the registration names, and a claim that says anything else allows nobody. */
#include <criterion/criterion.h>

#include "authd/oauth/may_act.h"

static bool
allows(const char *claims, const char *client)
{
	json_t *c = json_loads(claims, 0, NULL);
	bool is = may_act_allows(c, str_of(client));

	cr_assert(c != NULL);
	json_decref(c);
	return is;
}

/* What a token would say, as text. */
static bool
round_trip(const char *clients, const char *client, json_type type)
{
	json_t *claim = may_act_claim(str_of(clients)), *claims = json_pack("{s:O}", "may_act", claim);
	bool is = may_act_allows(claims, str_of(client));

	cr_expect_eq(json_typeof(claim), type, "%s", clients);
	json_decref(claim);
	json_decref(claims);
	return is;
}

Test(may_act, one_client_is_an_object_as_the_rfc_has_it_and_several_are_a_list)
{
	cr_expect(round_trip("desk_app", "desk_app", JSON_OBJECT));
	cr_expect(!round_trip("desk_app", "desk_ap", JSON_OBJECT));
	cr_expect(!round_trip("desk_app", "desk_app2", JSON_OBJECT));
	cr_expect(round_trip("a b.c d", "b.c", JSON_ARRAY));
	cr_expect(!round_trip("a b.c d", "b", JSON_ARRAY));
}

Test(may_act, without_the_claim_the_registration_for_the_grant_decides)
{
	cr_expect(allows("{\"sub\":\"sub_x\"}", "desk_app"));
}

Test(may_act, a_claim_of_another_shape_allows_nobody)
{
	static const char *const shapes[] = {
		"{\"may_act\":null}",
		"{\"may_act\":true}",
		"{\"may_act\":\"svc:desk_app\"}",
		"{\"may_act\":{}}",
		"{\"may_act\":[]}",
		"{\"may_act\":{\"sub\":\"desk_app\"}}",
		"{\"may_act\":{\"sub\":[\"svc:desk_app\"]}}",
		"{\"may_act\":{\"client_id\":\"desk_app\"}}",
		"{\"may_act\":[\"svc:desk_app\"]}",
		"{\"may_act\":[[{\"sub\":\"svc:desk_app\"}]]}",
	};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		cr_expect(!allows(shapes[i], "desk_app"), "%s", shapes[i]);
}

Test(may_act, a_list_is_of_different_ids_that_clients_can_have_and_at_most_eight)
{
	static const char *const good[] = { "", "a", "a b", "a.b-c_D 2", "1 2 3 4 5 6 7 8" };
	static const char *const bad[] = {
		"a a", "a b a", "a  b", " a", "a ", "1 2 3 4 5 6 7 8 9", "a,b", "svc:a", "a\tb", "д",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect(may_act_is_list(str_of(good[i])), "\"%s\"", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect(!may_act_is_list(str_of(bad[i])), "\"%s\"", bad[i]);
}
