#include "authd/policy/policy.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "tests/unit/policy_maker.h"

/* ---- bundles that must not load ---- */

/* One edit of the good bundle; the message must hold both texts. find NULL: put replaces the whole file; put NULL: the
 * file is removed. */
struct spoilt {
	const char *file, *find, *put;
	const char *place; /* "file:line:" */
	const char *says;
};

static const struct spoilt spoilt[] = {
	/* YAML that is more than plain data */
	{ "categories.yaml", "Income, title", "&x Income, title", "categories.yaml:1:", "anchor" },
	{ "categories.yaml", "dpv: Family", "dpv: *x", "categories.yaml:2:", "alias" },
	{ "categories.yaml", "dpv: Family", "dpv: !!str Family", "categories.yaml:2:", "tag" },
	{ "roles.yaml", "  acr: 2\n", "  acr: 2\n  acr: 2\n", "roles.yaml:4:", "acr" },
	{ "roles.yaml", "  acr: 2\n", "\tacr: 2\n", "roles.yaml:3:", "" },
	{ "roles.yaml", "  acr: 2\n", "  <<: {acr: 2}\n", "roles.yaml:3:", "" },
	{ "bundle.yaml", "title", "---\ntitle", "bundle.yaml:2:", "document" },
	{ "bundle.yaml", "Bundle", "B\xff", "bundle.yaml:", "UTF-8" },
	{ "bundle.yaml", NULL, "", "bundle.yaml:", "" },
	/* keys and values */
	{ "bundle.yaml", "version: 1", "version: 1\nauthor: me", "bundle.yaml:2:", "author" },
	{ "bundle.yaml", "version: 1\n", "", "bundle.yaml:1:", "version" },
	{ "bundle.yaml", "version: 1", "version: 0", "bundle.yaml:1:", "0" },
	{ "bundle.yaml", "version: 1", "version: 08", "bundle.yaml:1:", "08" },
	{ "categories.yaml", "special: true", "special: maybe", "categories.yaml:3:", "maybe" },
	{ "categories.yaml", ", title: {ru: Семья, en: Family}", "", "categories.yaml:2:", "title" },
	{ "categories.yaml", "{ru: Семья, en: Family}", "{ru: Семья}", "categories.yaml:2:", "en" },
	{ "categories.yaml", "{ru: Семья, en: Family}", "{en: Family}", "categories.yaml:2:", "ru" },
	{ "categories.yaml", "id: family", "id: income", "categories.yaml:2:", "used twice" },
	{ "categories.yaml", "id: family", "id: \"fam ily\"", "categories.yaml:2:", "no id" },
	{ "categories.yaml", "id: family", "id: -family", "categories.yaml:2:", "no id" },
	{ "categories.yaml", "dpv: Health", "dpv: \"pd:He alth\"", "categories.yaml:3:", "vocabulary" },
	{ "categories.yaml", NULL, "income: yes\n", "categories.yaml:1:", "list" },
	{ "categories.yaml", NULL, "[]\n", "categories.yaml:1:", "at least one" },
	{ "statutes.yaml", "en: Law}", "en: Law}, url: ftp://x", "statutes.yaml:1:", "address" },
	/* purposes */
	{ "purposes.yaml", "  version: 3\n", "  version: three\n", "purposes.yaml:2:", "three" },
	{ "purposes.yaml", "[income, family, health]", "[income, family, wealth]",
	  "purposes.yaml:7:", "unknown category wealth" },
	{ "purposes.yaml", "[income, family, health]", "[income, family, health, family]",
	  "purposes.yaml:7:", "twice" },
	{ "purposes.yaml", "[income, family, health]", "[]", "purposes.yaml:7:", "needs categories" },
	{ "purposes.yaml", "[income, family, health]", "income", "purposes.yaml:7:", "categories" },
	{ "purposes.yaml", "family: consent, health", "health", "purposes.yaml:7:", "family has no basis" },
	{ "purposes.yaml", "{income: consent, family: consent", "{income: consent, contacts: consent, family: consent",
	  "purposes.yaml:8:", "contacts has a basis" },
	{ "purposes.yaml", "{income: consent, family", "{income: trust, family", "purposes.yaml:8:", "no basis" },
	{ "purposes.yaml", "{income: consent, family", "{income: break_glass, family", "purposes.yaml:8:", "no basis" },
	{ "purposes.yaml", "{income: consent, family", "{income: statute, family", "purposes.yaml:8:", "no basis" },
	{ "purposes.yaml", "{income: consent, family", "{income: {consent: yes}, family",
	  "purposes.yaml:8:", "no basis" },
	{ "purposes.yaml", "{income: consent, family", "{income: [consent], family", "purposes.yaml:8:", "no basis" },
	{ "purposes.yaml", "{income: consent, family: consent, health: {statute: law-1}}", "consent",
	  "purposes.yaml:8:", "map" },
	{ "purposes.yaml", "{statute: law-1}", "{statute: law-2}", "purposes.yaml:8:", "unknown statute law-2" },
	{ "purposes.yaml", "{statute: law-1}", "{contract: care}", "purposes.yaml:8:", "special category" },
	{ "purposes.yaml", "{statute: law-1}", "{vital: danger}", "purposes.yaml:8:", "special category" },
	{ "purposes.yaml", "[read, verify]", "[read, sell]", "purposes.yaml:9:", "nothing that can be done" },
	{ "purposes.yaml", "[read, verify]", "[read, key-rotate]", "purposes.yaml:9:", "nothing that can be done" },
	{ "purposes.yaml", "[read, verify]", "[]", "purposes.yaml:9:", "needs actions" },
	{ "purposes.yaml", "{count: 2, per: P30D}", "{count: 0, per: P30D}", "purposes.yaml:10:", "0" },
	{ "purposes.yaml", "{count: 2, per: P30D}", "{count: 2, per: monthly}", "purposes.yaml:10:", "monthly" },
	{ "purposes.yaml", "{count: 2, per: P30D}", "{count: 2}", "purposes.yaml:10:", "per" },
	{ "purposes.yaml", "{back: P1Y}", "{back: P0D}", "purposes.yaml:11:", "nothing" },
	{ "purposes.yaml", "  max_consent: P365D\n", "", "purposes.yaml:1:", "max_consent" },
	{ "purposes.yaml", "P3Y", "three years", "purposes.yaml:13:", "duration" },
	{ "purposes.yaml", "[RU]", "[]", "purposes.yaml:14:", "" },
	{ "purposes.yaml", "{id: ntc_check, version: 1}", "{id: ntc_check, version: 2}",
	  "purposes.yaml:15:", "no notice ntc_check version 2" },
	{ "purposes.yaml", "fetch: once", "fetch: once\n  frequency: {count: 1, per: P1D}",
	  "purposes.yaml:29:", "frequency already" },
	{ "purposes.yaml", "mode: view", "mode: stare", "purposes.yaml:27:", "stare" },
	{ "purposes.yaml", "destroy_within: P10D", "destroy_within: P31D", "purposes.yaml:31:", "thirty days" },
	{ "purposes.yaml", "{delayed: P30D}", "sometimes", "purposes.yaml:33:", "when the person sees" },
	{ "purposes.yaml", "{delayed: P30D}", "{}", "purposes.yaml:33:", "one of delayed and withheld" },
	{ "purposes.yaml", "{delayed: P30D}", "{delayed: P30D, withheld: law-1}",
	  "purposes.yaml:33:", "one of delayed and withheld" },
	{ "purposes.yaml", "{delayed: P30D}", "{withheld: law-2}", "purposes.yaml:33:", "unknown statute law-2" },
	{ "purposes.yaml", "{delayed: P30D}", "{withheld: law-1}", "purposes.yaml:33:", "does not rest on a statute" },
	{ "purposes.yaml", "- id: care", "- id: check", "purposes.yaml:16:", "used twice" },
	/* roles and separation */
	{ "roles.yaml", "inherits: [clerk]", "inherits: [manager]", "roles.yaml:11:", "unknown role manager" },
	{ "roles.yaml", "inherits: [clerk]", "inherits: [chief]", "roles.yaml:11:", "inherits itself" },
	{ "roles.yaml", "  acr: 2\n", "  inherits: [chief]\n", "roles.yaml:3:", "inherits itself" },
	{ "roles.yaml", "acr: 2", "acr: 4", "roles.yaml:3:", "4" },
	{ "roles.yaml", "{action: assist-consent}", "{action: dance}", "roles.yaml:8:", "unknown action dance" },
	{ "roles.yaml", "{action: assist-consent}", "{action: assist-consent, for: [check]}",
	  "roles.yaml:8:", "takes nothing else" },
	{ "roles.yaml", "health], for: [check]}", "health]}", "roles.yaml:5:", "needs categories and purposes" },
	{ "roles.yaml", "health], for: [check]}", "health], for: [check], ttl: PT1H}",
	  "roles.yaml:5:", "nothing else" },
	{ "roles.yaml", "health], for: [check]}", "health], for: [chess]}", "roles.yaml:5:", "unknown purpose chess" },
	{ "roles.yaml", "[income, family, health]", "[income, contacts]", "roles.yaml:5:", "used by none" },
	{ "roles.yaml", "[income, family, health]", "[contacts]", "roles.yaml:5:", "uses none" },
	{ "roles.yaml", "{action: read, categories: [income, family, health]",
	  "{action: transfer, categories: [income]", "roles.yaml:5:", "does not provide for transfer" },
	{ "roles.yaml", ", review_within: P1D", "", "roles.yaml:13:", "break-glass needs" },
	{ "roles.yaml", "- {action: assist-consent}", "- [action, assist-consent]", "roles.yaml:8:", "" },
	{ "separation.yaml", "author, approver", "author, owner", "separation.yaml:1:", "unknown role owner" },
	{ "separation.yaml", "[author, approver], at_most: 1", "[author, approver], at_most: 2",
	  "separation.yaml:1:", "never be broken" },
	{ "separation.yaml", "static", "fixed", "separation.yaml:1:", "fixed" },
	{ "separation.yaml", "{static: [author, approver]", "{static: [author, approver], dynamic: [desk-a, desk-b]",
	  "separation.yaml:1:", "either static or dynamic" },
	{ "separation.yaml", "[author, approver]", "[clerk, chief]", "separation.yaml:1:", "chief alone" },
	/* organisations and services */
	{ "organisations.yaml", "kind: ngo", "kind: club", "organisations.yaml:3:", "club" },
	{ "organisations.yaml", "[org_dc]", "[org_moon]", "organisations.yaml:1:", "unknown organisation org_moon" },
	{ "organisations.yaml", "[org_dc]", "[org_a]", "organisations.yaml:1:", "own processor" },
	{ "organisations.yaml", "address: Street 2, ", "", "organisations.yaml:2:", "address" },
	{ "services.yaml", "organisation: org_a", "organisation: org_moon",
	  "services.yaml:1:", "unknown organisation org_moon" },
	{ "services.yaml", "roles: [clerk, desk-a, desk-b]", "roles: [clerk, boss]",
	  "services.yaml:1:", "unknown role boss" },
	{ "services.yaml", "rate: 50/min", "rate: 50/day", "services.yaml:1:", "rate" },
	{ "services.yaml", "rate: 50/min", "rate: 0/min", "services.yaml:1:", "rate" },
	{ "services.yaml", "roles: [clerk], purposes: [care]", "purposes: [care]", "services.yaml:2:", "no role" },
	{ "services.yaml", "provides: [income]", "provides: [gold]", "services.yaml:4:", "unknown category gold" },
	{ "services.yaml", "org_v, roles: [clerk], purposes: [care]", "org_v, roles: [clerk], purposes: [check]",
	  "services.yaml:5:", "special categories (health)" },
	{ "services.yaml", "org_v, roles: [clerk], purposes: [care]", "org_v, roles: [clerk], purposes: [free]",
	  "services.yaml:5:", "92 days" },
	{ "purposes.yaml", "mode: view", "mode: store", "services.yaml:5:", "look and keep nothing" },
	{ "purposes.yaml",
	  "  categories: [contacts, family, income]\n  basis: {contacts: {contract: care}, family: {vital: danger}, "
	  "income: consent}\n",
	  "  categories: [contacts, family, income, health]\n  basis: {contacts: consent, family: consent, income: "
	  "consent, health: consent}\n",
	  "services.yaml:5:", "volunteers" },
	{ "purposes.yaml", "  basis: {income: consent, family: consent, health: {statute: law-1}}\n",
	  "  basis: {income: consent, family: consent, health: {statute: law-1}}\n  profiling: true\n",
	  "purposes.yaml:8:", "by consent only" },
	{ "purposes.yaml", "  actions: [read]\n", "  actions: [read]\n  profiling: true\n",
	  "purposes.yaml:45:", "half a year" },
	{ "purposes.yaml", "  actions: [read]\n", "  actions: [read]\n  after_death: true\n",
	  "purposes.yaml:44:", "after a death only a statute permits" },
	{ "purposes.yaml", "  actions: [read]\n", "  actions: [read]\n  profiling: true\n  may_object: false\n",
	  "purposes.yaml:44:", "may object" },
	{ "services.yaml", "org_v, roles: [clerk], purposes: [care]", "org_v, break_glass: true",
	  "services.yaml:5:", "state body" },
	{ "services.yaml", "id: svc_b", "id: svc_a", "services.yaml:2:", "used twice" },
	/* notices */
	{ "notices/ntc_check/1/en.md", NULL, NULL, "en.md:1:", "missing" },
	{ "notices/ntc_check/1/ru.md", NULL, "", "ru.md:1:", "empty" },
	{ "notices/ntc_check/1/ru.md", NULL, "# \xff\n", "ru.md:1:", "UTF-8" },
	{ "notices/ntc_check/1/en.md", "# Check", "Check", "en.md:1:", "title" },
	{ "notices/ntc_check/1/en.md", "## If you refuse", "## Never mind", "en.md:1:", "If you refuse" },
	{ "notices/ntc_check/1/ru.md", "## Как отозвать", "## Прочее", "ru.md:1:", "Как отозвать" },
	/* tests */
	{ "tests/first.yaml", "reason: consent_missing", "reason: mood", "tests/first.yaml:5:", "unknown reason mood" },
	{ "tests/first.yaml", "decision: deny", "decision: permit", "tests/first.yaml:5:", "does not go with" },
	{ "tests/first.yaml", "2026-12-10T10", "2026-13-10T10", "tests/first.yaml:2:", "no time" },
	{ "tests/first.yaml", "basis: statute", "basis: whim", "tests/first.yaml:15:", "unknown basis whim" },
	{ "tests/first.yaml", "{roles: [clerk]}", "{roles: [king]}", "tests/first.yaml:3:", "unknown role king" },
	{ "tests/first.yaml", "acr: 2}", "acr: 2, consent: {state: maybe, categories: []}}",
	  "tests/first.yaml:3:", "unknown state maybe" },
	{ "tests/first.yaml", "service: svc_a", "servant: svc_a", "tests/first.yaml:4:", "servant" },
	/* files that are not there */
	{ "bundle.yaml", NULL, NULL, "bundle.yaml", "" },
	{ "services.yaml", NULL, NULL, "services.yaml", "" },
};

static void
spoil(const struct policy_maker *m, const struct spoilt *s)
{
	if (s->put == NULL)
		policy_maker_remove(m, s->file);
	else if (s->find == NULL)
		policy_maker_put(m, s->file, str_of(s->put));
	else
		policy_maker_edit(m, s->file, s->find, s->put);
}

Test(policy, a_bad_bundle_is_refused_with_its_place_and_what_is_wrong)
{
	for (size_t i = 0; i < ARRAY_LEN(spoilt); i++) {
		CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
		struct policy *p = NULL;
		struct conf_error err = { "" };
		enum status st = OK;

		spoil(&m, &spoilt[i]);
		st = policy_load(m.dir, &p, &err);
		cr_expect(st != OK && p == NULL, "%s: \"%s\" loads", spoilt[i].file, spoilt[i].put);
		cr_expect_not_null(strstr(err.text, spoilt[i].place), "%zu: \"%s\", not at %s", i, err.text,
				   spoilt[i].place);
		cr_expect_not_null(strstr(err.text, spoilt[i].says), "%zu: \"%s\", not \"%s\"", i, err.text,
				   spoilt[i].says);
		cr_expect(spoilt[i].put == NULL || strstr(err.text, "; ") != NULL,
			  "%zu: \"%s\" does not say what to do", i, err.text);
		policy_unref(p);
	}
}

Test(policy, a_file_of_ten_mebibytes_is_refused)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	CLEANUP(buf_clear) struct buf big = BUF((size_t)16 << 20);
	struct policy *p = NULL;
	struct conf_error err = { "" };

	while (big.n < (size_t)10 << 20)
		buf_put_cstr(&big, "# nothing but a comment that goes on and on and on and on and on and on and on\n");
	policy_maker_put(&m, "categories.yaml", buf_str(&big));
	EXPECT_STATUS(E_TOO_LARGE, policy_load(m.dir, &p, &err));
	cr_assert_not_null(strstr(err.text, "categories.yaml"));
}

Test(policy, a_notice_over_64_kib_is_refused)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	CLEANUP(buf_clear) struct buf big = BUF(1 << 20);
	struct policy *p = NULL;
	struct conf_error err = { "" };

	buf_put_cstr(&big, POLICY_MAKER_EN);
	while (big.n <= NOTICE_BYTES_MOST)
		buf_put_cstr(&big, "And so on.\n");
	policy_maker_put(&m, "notices/ntc_check/1/en.md", buf_str(&big));
	EXPECT_STATUS(E_TOO_LARGE, policy_load(m.dir, &p, &err));
	cr_assert_not_null(strstr(err.text, "en.md"));
}

Test(policy, more_than_64_categories_or_roles_are_refused)
{
	static const char *const files[] = { "categories.yaml", "roles.yaml" };

	for (size_t f = 0; f < ARRAY_LEN(files); f++) {
		CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
		CLEANUP(buf_clear) struct buf many = BUF(1 << 20);
		struct policy *p = NULL;
		struct conf_error err = { "" };

		buf_put_cstr(&many, policy_maker_files[f == 0 ? 1 : 4].text);
		for (int i = 0; i < 64; i++)
			buf_printf(&many, "- {id: x%d, title: {ru: x, en: x}%s}\n", i, f == 0 ? ", dpv: X" : "");
		policy_maker_put(&m, files[f], buf_str(&many));
		EXPECT_STATUS(E_INVALID, policy_load(m.dir, &p, &err));
		cr_assert_not_null(strstr(err.text, "more than 64"), "%s", err.text);
	}
}

Test(policy, a_folder_that_is_not_there_is_said_so)
{
	struct policy *p = NULL;
	struct conf_error err = { "" };

	EXPECT_STATUS(E_NOT_FOUND, policy_load("/nonexistent/ombud", &p, &err));
	cr_assert_not_null(strstr(err.text, "/nonexistent/ombud"));
}

Test(policy, a_file_that_is_a_link_is_refused)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	char path[128];
	struct policy *p = NULL;
	struct conf_error err = { "" };

	policy_maker_remove(&m, "roles.yaml");
	snprintf(path, sizeof(path), "%s/roles.yaml", m.dir);
	cr_assert_eq(symlink("/etc/passwd", path), 0);
	cr_assert_neq(policy_load(m.dir, &p, &err), OK);
	cr_assert_null(p);
}

/* ---- the hash ---- */

static void
expect_same_hash(const struct policy_maker *m, const char *file, const char *find, const char *put, bool same)
{
	CLEANUP(policy_unrefp) struct policy *before = policy_maker_policy();
	CLEANUP(policy_unrefp) struct policy *after = NULL;

	policy_maker_edit(m, file, find, put);
	after = policy_maker_load(m);
	cr_assert_eq(str_eq(policy_hash(before), policy_hash(after)), same, "%s -> %s", find, put);
}

Test(policy, the_hash_is_sha256_of_the_canonical_json)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();

	cr_assert_eq(policy_hash(p).n, POLICY_HASH_LEN);
	cr_assert(str_starts(policy_hash(p), STR("sha256:")));
	cr_assert(
	    str_starts(policy_json(p),
		       STR("{\"bundle.yaml\":{\"title\":{\"en\":\"Bundle\",\"ru\":\"Набор\"},\"version\":\"1\"}")));
	EXPECT_STR(STR("sha256:ca0c3db650fd01edd07abf0aacd31c1b2e75e12f987765e098140458e017c575"), policy_hash(p));
}

Test(policy, layout_comments_and_place_do_not_change_the_hash)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();

	expect_same_hash(&m, "statutes.yaml", "- {id: law-1, title: {ru: Закон, en: Law}}",
			 "# A comment\n-   title: {en: \"Law\",   ru: 'Закон'}\n    id: law-1", true);
}

Test(policy, any_value_changes_the_hash)
{
	static const struct {
		const char *file, *find, *put;
	} rows[] = {
		{ "bundle.yaml", "version: 1", "version: 2" },
		{ "statutes.yaml", "en: Law", "en: Low" },
		{ "purposes.yaml", "P365D", "P364D" },
		{ "roles.yaml", "acr: 2", "acr: 1" },
		{ "services.yaml", "50/min", "51/min" },
		{ "separation.yaml", "author, approver", "approver, author" },
		{ "notices/ntc_check/1/en.md", "Easily.", "Easily!" },
		{ "tests/first.yaml", "no look", "no Look" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();

		expect_same_hash(&m, rows[i].file, rows[i].find, rows[i].put, false);
	}
}

/* ---- lookups ---- */

Test(policy, names_are_found_and_unknown_ones_are_not)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();

	cr_assert_str_eq(policy_category(p, STR("health"))->dpv, "https://w3id.org/dpv/pd#Health");
	cr_assert_str_eq(policy_purpose(p, STR("care"))->dpv, "https://w3id.org/dpv#ServiceProvision");
	cr_assert_str_eq(policy_purpose(p, STR("check"))->dpv, "https://w3id.org/dpv/sector/publicservices#Assessment");
	cr_assert_str_eq(policy_statute(p, STR("law-1"))->title.in[WORDS_EN], "Law");
	cr_assert_str_eq(policy_organisation(p, STR("org_v"))->name.in[WORDS_RU], "Волонтёры");
	cr_assert_eq(policy_version(p), 1);
	cr_assert_null(policy_category(p, STR("healt")));
	cr_assert_null(policy_purpose(p, STR("")));
	cr_assert_null(policy_role(p, (struct str){ 0 }));
	cr_assert_null(policy_service(p, STR("svc_a ")));
	cr_assert_null(policy_statute(p, STR("law-1\0")));
	cr_assert_null(policy_organisation(p, STR("org")));
	cr_assert_str_eq(policy_purpose_at(p, 0)->id, "check");
	cr_assert_null(policy_purpose_at(p, 3));
	cr_assert_str_eq(policy_service_at(p, 3)->id, "svc_tax");
	cr_assert_str_eq(policy_role_at(p, 1)->id, "chief");
	cr_assert_str_eq(policy_category_at(p, 3)->id, "contacts");
	cr_assert_str_eq(policy_statute_at(p, 0)->id, "law-1");
	cr_assert_str_eq(policy_organisation_at(p, 1)->id, "org_dc");
}

Test(policy, a_service_declares_what_stands_in_its_row)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();
	const struct service *a = policy_service(p, STR("svc_a")), *b = policy_service(p, STR("svc_b"));
	const struct purpose *check = policy_purpose(p, STR("check"));

	cr_assert(policy_declares(p, a, check));
	cr_assert(!policy_declares(p, b, check));
	cr_assert(!policy_declares(p, NULL, check));
	cr_assert(!policy_declares(p, a, NULL));
	cr_assert_eq(a->rate_count, 50);
	cr_assert_eq(a->rate_per_us, 60 * SECOND_US);
	cr_assert_str_eq(a->organisation->id, "org_a");
	cr_assert_str_eq(a->organisation->processors[0]->id, "org_dc");
	cr_assert_eq(policy_service(p, STR("svc_tax"))->provides, 1);
}

/* ---- tests of the bundle ---- */

Test(policy, the_bundles_own_tests_run_with_their_clock)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();
	CLEANUP(buf_clear) struct buf report = BUF(4096);
	size_t n = 0;

	EXPECT_OK(policy_test(p, &n, &report));
	cr_assert_eq(n, 2);
	EXPECT_BUF("", &report);
}

Test(policy, a_failing_test_is_reported_with_its_place)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	CLEANUP(buf_clear) struct buf report = BUF(4096);

	policy_maker_edit(&m, "tests/first.yaml", "reason: consent_missing", "reason: objection");
	p = policy_maker_load(&m);
	EXPECT_STATUS(E_CONFLICT, policy_test(p, NULL, &report));
	cr_assert(str_find(buf_str(&report),
			   STR("tests/first.yaml:1:3: no consent, no look: expected objection, got consent_missing")) <
		      report.n,
		  "%.*s", STR_ARG(buf_str(&report)));
}

Test(policy, the_shipped_bundle_loads_and_passes_its_tests)
{
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	CLEANUP(buf_clear) struct buf report = BUF(1 << 16);
	struct conf_error err = { "" };
	size_t n = 0;
	enum status st = policy_load("policies", &p, &err);

	cr_assert(st == OK, "%s", err.text);
	st = policy_test(p, &n, &report);
	cr_assert(st == OK, "%.*s", STR_ARG(buf_str(&report)));
	cr_assert_geq(n, 30);
	cr_assert_str_eq(policy_purpose_at(p, 0)->id, "eligibility");
	cr_assert_eq(policy_purpose_at(p, 0)->version, 3);
}

/* ---- activation ---- */

static void
free_slot(struct policy_slot **slot)
{
	policy_slot_free(*slot);
}

static struct policy *
edited(const char *file, const char *find, const char *put)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();

	policy_maker_edit(&m, "bundle.yaml", "version: 1", "version: 2");
	policy_maker_edit(&m, file, find, put);
	return policy_maker_load(&m);
}

Test(policy, an_empty_slot_has_no_policy)
{
	CLEANUP(free_slot) struct policy_slot *slot = NULL;

	EXPECT_OK(policy_slot_new(&slot));
	cr_assert_null(policy_slot_get(slot));
	cr_assert_eq(policy_slot_epoch(slot), 0);
}

Test(policy, a_bundle_whose_tests_fail_leaves_the_old_one)
{
	CLEANUP(free_slot) struct policy_slot *slot = NULL;
	CLEANUP(policy_unrefp) struct policy *good = policy_maker_policy();
	CLEANUP(policy_unrefp) struct policy *bad = edited("tests/first.yaml", "consent_missing", "objection");
	CLEANUP(policy_unrefp) struct policy *active = NULL;
	CLEANUP(buf_clear) struct buf report = BUF(4096);

	EXPECT_OK(policy_slot_new(&slot));
	EXPECT_OK(policy_slot_activate(slot, good, &report));
	EXPECT_STATUS(E_CONFLICT, policy_slot_activate(slot, bad, &report));
	cr_assert_gt(report.n, 0);
	active = policy_slot_get(slot);
	cr_assert_eq(active, good);
	cr_assert_eq(policy_slot_epoch(slot), 1);
}

Test(policy, a_bundle_without_tests_cannot_be_activated)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	CLEANUP(free_slot) struct policy_slot *slot = NULL;
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	CLEANUP(buf_clear) struct buf report = BUF(4096);

	policy_maker_remove(&m, "tests/first.yaml");
	p = policy_maker_load(&m);
	EXPECT_OK(policy_slot_new(&slot));
	EXPECT_STATUS(E_CONFLICT, policy_slot_activate(slot, p, &report));
	cr_assert_null(policy_slot_get(slot));
}

Test(policy, a_greater_version_takes_over_and_the_old_one_lives_while_used)
{
	CLEANUP(free_slot) struct policy_slot *slot = NULL;
	CLEANUP(policy_unrefp) struct policy *next = edited("services.yaml", "50/min", "60/min");
	CLEANUP(policy_unrefp) struct policy *in_use = NULL;
	CLEANUP(policy_unrefp) struct policy *active = NULL;
	CLEANUP(buf_clear) struct buf report = BUF(4096);
	struct policy *first = policy_maker_policy();

	EXPECT_OK(policy_slot_new(&slot));
	EXPECT_OK(policy_slot_activate(slot, first, &report));
	policy_unref(first);
	in_use = policy_slot_get(slot);
	EXPECT_OK(policy_slot_activate(slot, next, &report));
	cr_assert_eq(policy_service(in_use, STR("svc_a"))->rate_count, 50);
	active = policy_slot_get(slot);
	cr_assert_eq(policy_service(active, STR("svc_a"))->rate_count, 60);
	cr_assert_eq(policy_slot_epoch(slot), 2);
}

Test(policy, the_same_bundle_again_is_fine)
{
	CLEANUP(policy_unrefp) struct policy *a = policy_maker_policy();
	CLEANUP(policy_unrefp) struct policy *b = policy_maker_policy();
	CLEANUP(buf_clear) struct buf report = BUF(4096);

	EXPECT_OK(policy_succeeds(a, b, &report));
}

Test(policy, a_change_without_a_greater_version_is_refused)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	CLEANUP(policy_unrefp) struct policy *old = policy_maker_policy();
	CLEANUP(policy_unrefp) struct policy *next = NULL;
	CLEANUP(buf_clear) struct buf report = BUF(4096);

	policy_maker_edit(&m, "services.yaml", "50/min", "60/min");
	next = policy_maker_load(&m);
	EXPECT_STATUS(E_CONFLICT, policy_succeeds(old, next, &report));
	EXPECT_BUF("bundle version 1 is active; count up to 2 or more\n", &report);
}

Test(policy, what_people_agreed_to_cannot_change_under_the_same_version)
{
	static const struct {
		const char *file, *find, *put;
	} rows[] = {
		{ "purposes.yaml", "en: Check}", "en: Look}" },
		{ "purposes.yaml", "en: Needed}", "en: Wanted}" },
		{ "purposes.yaml", "en: Nothing}", "en: Much}" },
		{ "purposes.yaml", "{income: consent,", "{income: {statute: law-1}," },
		{ "purposes.yaml", "[read, verify]", "[read, verify, store]" },
		{ "purposes.yaml", "count: 2", "count: 3" },
		{ "purposes.yaml", "per: P30D", "per: P31D" },
		{ "purposes.yaml", "back: P1Y", "back: P2Y" },
		{ "purposes.yaml", "P365D", "P366D" },
		{ "purposes.yaml", "P3Y", "P4Y" },
		{ "purposes.yaml", "P10D", "P11D" },
		{ "purposes.yaml", "  frequency: {count: 2", "  mode: view\n  frequency: {count: 2" },
		{ "purposes.yaml", "version: 3", "version: 2" },
		{ "notices/ntc_check/1/en.md", "Easily.", "With difficulty." },
		{ "notices/ntc_check/1/ru.md", "Просто.", "Сложно." },
	};
	CLEANUP(policy_unrefp) struct policy *old = policy_maker_policy();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(policy_unrefp) struct policy *next = edited(rows[i].file, rows[i].find, rows[i].put);
		CLEANUP(buf_clear) struct buf report = BUF(4096);

		EXPECT_STATUS(E_CONFLICT, policy_succeeds(old, next, &report));
	}
}

Test(policy, with_a_new_version_it_may_change)
{
	CLEANUP(policy_unrefp) struct policy *old = policy_maker_policy();
	CLEANUP(policy_unrefp)
	struct policy *next =
	    edited("purposes.yaml", "version: 3\n  dpv: Assessment\n  title: {ru: Проверка, en: Check}",
		   "version: 4\n  dpv: Assessment\n  title: {ru: Проверка, en: Look}");
	CLEANUP(buf_clear) struct buf report = BUF(4096);

	EXPECT_OK(policy_succeeds(old, next, &report));
}

/* ---- many readers ---- */

struct readers {
	struct policy_slot *slot;
	atomic_bool stop;
	atomic_ulong reads;
};

/* A reader must always see one whole bundle: the rate and the version belong together. */
static void *
read_on(void *arg)
{
	struct readers *r = arg;

	while (!atomic_load(&r->stop)) {
		CLEANUP(policy_unrefp) struct policy *p = policy_slot_get(r->slot);
		const struct service *s = policy_service(p, STR("svc_a"));

		if (s->rate_count != (policy_version(p) % 2 == 0 ? 60 : 50))
			return arg;
		atomic_fetch_add(&r->reads, 1);
	}
	return NULL;
}

static struct policy *
numbered(unsigned version)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	char text[32];

	snprintf(text, sizeof(text), "version: %u", version);
	policy_maker_edit(&m, "bundle.yaml", "version: 1", text);
	policy_maker_edit(&m, "services.yaml", "50/min", version % 2 == 0 ? "60/min" : "50/min");
	return policy_maker_load(&m);
}

Test(policy, readers_never_see_half_a_switch)
{
	struct readers r = { 0 };
	CLEANUP(free_slot) struct policy_slot *slot = NULL;
	CLEANUP(buf_clear) struct buf report = BUF(4096);
	pthread_t threads[4];

	EXPECT_OK(policy_slot_new(&slot));
	r.slot = slot;
	for (unsigned version = 1; version <= 30; version++) {
		CLEANUP(policy_unrefp) struct policy *next = numbered(version);

		EXPECT_OK(policy_slot_activate(slot, next, &report));
		for (size_t i = 0; version == 1 && i < ARRAY_LEN(threads); i++)
			cr_assert_eq(pthread_create(&threads[i], NULL, read_on, &r), 0);
	}
	while (atomic_load(&r.reads) < 1000)
		sched_yield();
	atomic_store(&r.stop, true);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		void *torn = NULL;

		cr_assert_eq(pthread_join(threads[i], &torn), 0);
		cr_assert_null(torn);
	}
	cr_assert_eq(policy_slot_epoch(slot), 30);
}

Test(policy, a_law_may_withhold_looks_that_rest_on_statutes_alone)
{
	struct policy_maker m = policy_maker_new();
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	const struct purpose *u = NULL;

	policy_maker_edit(&m, "purposes.yaml",
			  "  basis: {contacts: {contract: care}, family: {vital: danger}, income: consent}\n"
			  "  actions: [read, store]\n"
			  "  acr: 3\n"
			  "  may_object: false\n"
			  "  mode: view\n"
			  "  fetch: once\n"
			  "  max_consent: P30D\n"
			  "  retention: P1Y\n"
			  "  destroy_within: P10D\n"
			  "  storage: [RU]\n"
			  "  visibility: {delayed: P30D}\n",
			  "  basis: {contacts: {statute: law-1}, family: {statute: law-1}, income: {statute: law-1}}\n"
			  "  actions: [read, store]\n"
			  "  mode: view\n"
			  "  max_consent: P30D\n"
			  "  retention: P1Y\n"
			  "  storage: [RU]\n"
			  "  visibility: {withheld: law-1}\n");
	p = policy_maker_load(&m);
	u = policy_purpose(p, STR("care"));
	cr_assert_eq(u->visibility, VISIBILITY_WITHHELD);
	cr_assert_eq(u->visibility_ground, policy_statute(p, STR("law-1")));
	cr_assert_null(policy_purpose(p, STR("check"))->visibility_ground);
	policy_maker_drop(&m);
}
