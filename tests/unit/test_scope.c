/* Permissions and purposes that hold in some regions or organisations only, as decisions see them. */
#include "authd/policy/scope.h"

#include "authd/access/decision.h"
#include "tests/unit/policy_maker.h"

#define NOW INT64_C(1796904000000000)

/* org_a stands in Saint Petersburg, org_n in Tatarstan, org_v nowhere. */
static struct policy_maker
regional(void)
{
	struct policy_maker m = policy_maker_new();

	policy_maker_put(
	    &m, "organisations.yaml",
	    STR("- {id: org_a, name: {ru: А, en: A}, kind: state, region: RU-SPE, address: S, contact: a}\n"
		"- {id: org_dc, name: {ru: Д, en: D}, kind: state, region: RU-TA, address: S, contact: d}\n"
		"- {id: org_n, name: {ru: Ф, en: N}, kind: ngo, region: KZ, address: S, contact: n}\n"
		"- {id: org_v, name: {ru: В, en: V}, kind: volunteer, address: S, contact: v}\n"));
	policy_maker_put(
	    &m, "services.yaml",
	    STR("- {id: svc_a, title: {ru: А, en: A}, organisation: org_a, roles: [clerk], purposes: [check, care]}\n"
		"- {id: svc_b, title: {ru: Б, en: B}, organisation: org_dc, roles: [clerk], purposes: [check]}\n"
		"- {id: svc_n, title: {ru: Н, en: N}, organisation: org_n, roles: [clerk], purposes: [check]}\n"));
	return m;
}

static enum reason
look(const struct policy *p, const char *service, const char *category)
{
	const struct decision_request req = {
		.caller = str_of(service),
		.subject = str_of(service),
		.service = str_of(service),
		.action = STR("read"),
		.category = str_of(category),
		.purpose = STR("check"),
		.range = { true, NOW - DAY_US, NOW },
		.now_us = NOW,
	};
	const struct decision_facts facts = { .known = true, .active = true, .service_active = true, .acr = 2 };
	struct decision got = { 0 };

	EXPECT_OK(decision_evaluate(p, &req, &facts, &got));
	return got.reason;
}

/* The same bundle with the permission for health limited as said. */
static struct policy *
limited(struct policy_maker *m, const char *to)
{
	char put[256];

	*m = regional();
	(void)snprintf(put, sizeof(put),
		       "[income, family], for: [check]}\n    - {action: read, categories: [health], for: [check], %s}",
		       to);
	policy_maker_edit(m, "roles.yaml", "[income, family, health], for: [check]}", put);
	return policy_maker_load(m);
}

Test(scope, a_permission_of_a_region_holds_there_and_nowhere_else)
{
	struct policy_maker m;
	CLEANUP(policy_unrefp) struct policy *p = limited(&m, "regions: [RU-SPE]");

	cr_assert_eq(look(p, "svc_a", "health"), REASON_STATUTE);
	cr_assert_eq(look(p, "svc_b", "health"), REASON_ROLE_MISSING);
	cr_assert_eq(look(p, "svc_n", "health"), REASON_ROLE_MISSING);
	/* What is not limited goes on everywhere, within the same purpose. */
	cr_assert_eq(look(p, "svc_b", "income"), REASON_CONSENT_MISSING);
	policy_maker_drop(&m);
}

Test(scope, a_country_is_all_of_its_parts_and_not_one_that_begins_alike)
{
	struct policy_maker m;
	CLEANUP(policy_unrefp) struct policy *p = limited(&m, "regions: [RU]");

	cr_assert_eq(look(p, "svc_a", "health"), REASON_STATUTE);
	cr_assert_eq(look(p, "svc_b", "health"), REASON_STATUTE);
	cr_assert_eq(look(p, "svc_n", "health"), REASON_ROLE_MISSING);
	policy_maker_drop(&m);
}

Test(scope, either_a_region_or_an_organisation_is_enough)
{
	struct policy_maker m;
	CLEANUP(policy_unrefp) struct policy *p = limited(&m, "regions: [RU-TA], organisations: [org_n]");

	cr_assert_eq(look(p, "svc_a", "health"), REASON_ROLE_MISSING);
	cr_assert_eq(look(p, "svc_b", "health"), REASON_STATUTE);
	cr_assert_eq(look(p, "svc_n", "health"), REASON_STATUTE);
	policy_maker_drop(&m);
}

static const struct {
	const char *file, *find, *put, *place, *says;
} spoilt[] = {
	{ "roles.yaml", "health], for: [check]}", "health], for: [check], regions: [RU-MOW]}",
	  "roles.yaml:5:", "no organisation is in" },
	{ "roles.yaml", "health], for: [check]}", "health], for: [check], regions: [spb]}",
	  "roles.yaml:5:", "no region" },
	{ "roles.yaml", "health], for: [check]}", "health], for: [check], regions: [RU-]}",
	  "roles.yaml:5:", "no region" },
	{ "roles.yaml", "health], for: [check]}", "health], for: [check], regions: []}", "roles.yaml:5:", "nowhere" },
	{ "roles.yaml", "health], for: [check]}", "health], for: [check], organisations: []}",
	  "roles.yaml:5:", "nowhere" },
	{ "roles.yaml", "health], for: [check]}", "health], for: [check], organisations: [org_x]}",
	  "roles.yaml:5:", "unknown organisation" },
	{ "roles.yaml", "health], for: [check]}", "health], for: [check], regions: [RU-TA, RU-TA]}",
	  "roles.yaml:5:", "twice" },
	{ "roles.yaml", "{action: assist-consent}", "{action: assist-consent, regions: [RU]}",
	  "roles.yaml:8:", "nothing else" },
	{ "purposes.yaml", "  frequency: {count: 2", "  regions: [RU-TA]\n  frequency: {count: 2",
	  "services.yaml:1:", "does not hold in org_a" },
	{ "purposes.yaml", "notice: {id: ntc_check, version: 1}",
	  "notice: {id: ntc_check, version: 1, regions: {spb: {id: ntc_check, version: 1}}}",
	  "purposes.yaml:15:", "no region" },
	{ "purposes.yaml", "notice: {id: ntc_check, version: 1}",
	  "notice: {id: ntc_check, version: 1, regions: {RU: {id: ntc_check, version: 2}}}",
	  "purposes.yaml:15:", "no notice ntc_check version 2" },
	{ "purposes.yaml", "notice: {id: ntc_check, version: 1}", "notice: {id: ntc_check, version: 1, regions: [RU]}",
	  "purposes.yaml:15:", "map" },
	{ "purposes.yaml", "  frequency: {count: 2", "  organisations: [org_x]\n  frequency: {count: 2",
	  "purposes.yaml:10:", "unknown organisation" },
};

Test(scope, a_scope_that_names_nothing_is_refused_with_its_place)
{
	for (size_t i = 0; i < ARRAY_LEN(spoilt); i++) {
		struct policy_maker m = regional();
		CLEANUP(policy_unrefp) struct policy *p = NULL;
		struct conf_error err = { "" };

		policy_maker_edit(&m, spoilt[i].file, spoilt[i].find, spoilt[i].put);
		EXPECT_STATUS(E_INVALID, policy_load(m.dir, &p, &err));
		cr_assert(strstr(err.text, spoilt[i].place) != NULL && strstr(err.text, spoilt[i].says) != NULL,
			  "%zu: %s", i, err.text);
		policy_maker_drop(&m);
	}
}

Test(scope, more_than_64_limited_permissions_are_refused)
{
	struct policy_maker m = regional();
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	CLEANUP(buf_clear) struct buf roles = BUF(1 << 16);
	struct conf_error err = { "" };

	buf_put_cstr(&roles, "[income, family, health], for: [check]}\n");
	for (size_t i = 0; i <= SCOPE_MOST; i++)
		buf_put_cstr(&roles, "    - {action: read, categories: [income], for: [check], regions: [RU]}\n");
	buf_put_char(&roles, '\0');
	policy_maker_edit(&m, "roles.yaml", "[income, family, health], for: [check]}", roles.p);
	EXPECT_STATUS(E_INVALID, policy_load(m.dir, &p, &err));
	cr_assert_not_null(strstr(err.text, "more than 64 limited permissions"), "%s", err.text);
	policy_maker_drop(&m);
}

/* ---- notices of a region ---- */

Test(scope, people_of_a_region_are_shown_its_notice_and_others_the_common_one)
{
	struct policy_maker m = regional();
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	const struct purpose *u = NULL;

	policy_maker_put(&m, "notices/ntc_spb/2/ru.md", STR(POLICY_MAKER_RU));
	policy_maker_put(&m, "notices/ntc_spb/2/en.md", STR(POLICY_MAKER_EN));
	policy_maker_edit(&m, "purposes.yaml", "notice: {id: ntc_check, version: 1}\n- id: care",
			  "notice: {id: ntc_check, version: 1, regions: {RU: {id: ntc_check, version: 1}, RU-SPE: {id: "
			  "ntc_spb, version: "
			  "2}}}\n- id: care");
	p = policy_maker_load(&m);
	u = policy_purpose(p, STR("check"));
	cr_assert_str_eq(service_notice(p, policy_service(p, STR("svc_a")), u)->id, "ntc_spb");
	cr_assert_str_eq(service_notice(p, policy_service(p, STR("svc_b")), u)->id, "ntc_check");
	cr_assert_str_eq(service_notice(p, policy_service(p, STR("svc_n")), u)->id, "ntc_check");
	policy_maker_drop(&m);
}

/* ---- the order of the checks, told ---- */

struct told {
	const char *check[16];
	enum reason outcome[16];
	size_t n;
};

static void
on_step(void *ctx, const char *check, enum reason outcome)
{
	struct told *t = ctx;

	t->check[t->n] = check;
	t->outcome[t->n++] = outcome;
}

Test(scope, a_traced_decision_tells_each_check_up_to_the_one_that_refuses)
{
	struct policy_maker m = regional();
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_load(&m);
	const struct decision_request req = {
		.caller = STR("svc_a"),
		.subject = STR("svc_a"),
		.service = STR("svc_a"),
		.action = STR("read"),
		.category = STR("income"),
		.purpose = STR("check"),
		.now_us = NOW,
	};
	const struct decision_facts facts = { .known = true, .active = true, .service_active = true, .acr = 2 };
	static const char *const order[] = { "service", "role", "separation", "purpose", "person" };
	struct decision traced = { 0 }, plain = { 0 };
	struct told told = { 0 };

	EXPECT_OK(decision_trace(p, &req, &facts, on_step, &told, &traced));
	EXPECT_OK(decision_evaluate(p, &req, &facts, &plain));
	cr_assert_eq(told.n, ARRAY_LEN(order));
	for (size_t i = 0; i < told.n; i++) {
		cr_assert_str_eq(told.check[i], order[i]);
		cr_assert_eq(told.outcome[i], i + 1 < told.n ? REASON_NONE : REASON_CONSENT_MISSING);
	}
	cr_assert_eq(traced.reason, plain.reason);
	policy_maker_drop(&m);
}

/* ---- the texts of a bundle, sent elsewhere ---- */

Test(scope, a_bundle_loads_from_its_texts_as_from_its_folder)
{
	struct policy_maker m = regional();
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_load(&m), *again = NULL;
	CLEANUP(json_decrefp) json_t *files = json_deep_copy(policy_files(p));
	struct conf_error err = { "" };

	policy_maker_drop(&m);
	EXPECT_OK(policy_load_files(files, &again, &err));
	cr_assert(str_eq(policy_hash(p), policy_hash(again)));
	cr_assert(str_eq(policy_json(p), policy_json(again)));
}

Test(scope, texts_with_a_file_too_many_or_none_are_refused)
{
	struct policy_maker m = regional();
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_load(&m), *again = NULL;
	static const char *const more[] = { "evil.yaml", "../bundle.yaml", "notices/ntc_check/1/de.md",
					    ".hidden",   "tests/.x.yaml",  "" };
	struct conf_error err = { "" };

	for (size_t i = 0; i < ARRAY_LEN(more); i++) {
		CLEANUP(json_decrefp) json_t *files = json_deep_copy(policy_files(p));

		json_object_set_new(files, more[i], json_string("x: y\n"));
		EXPECT_STATUS(E_INVALID, policy_load_files(files, &again, &err));
		cr_assert_not_null(strstr(err.text, "no part of one"), "%s: %s", more[i], err.text);
	}
	for (const char *const *name =
		 (const char *const[]){ "bundle.yaml", "roles.yaml", "notices/ntc_check/1/ru.md", NULL };
	     *name != NULL; name++) {
		CLEANUP(json_decrefp) json_t *files = json_deep_copy(policy_files(p));

		json_object_set_new(files, *name, json_integer(1));
		cr_assert_neq(policy_load_files(files, &again, &err), OK);
		cr_assert_neq(err.text[0], '\0');
	}
	policy_maker_drop(&m);
}
