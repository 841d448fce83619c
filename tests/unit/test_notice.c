#include "authd/policy/notice.h"

#include "auditlog/core/hash.h"

#include "tests/unit/policy_maker.h"

Test(notice, a_version_is_found_with_its_exact_bytes_and_their_hash)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();
	const struct notice *n = notice_find(p, STR("ntc_check"), 1);
	CLEANUP(buf_clear) struct buf hex = BUF(128);
	struct hash h = hash_sha256(STR(POLICY_MAKER_RU));

	cr_assert_not_null(n);
	EXPECT_STR(STR(POLICY_MAKER_RU), n->in[WORDS_RU].body);
	EXPECT_STR(STR(POLICY_MAKER_EN), n->in[WORDS_EN].body);
	hash_put_hex(&hex, &h);
	EXPECT_BUF(n->in[WORDS_RU].sha256, &hex);
	cr_assert_str_neq(n->in[WORDS_RU].sha256, n->in[WORDS_EN].sha256);
}

Test(notice, what_does_not_exist_is_not_found)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();

	cr_assert_null(notice_find(p, STR("ntc_check"), 2));
	cr_assert_null(notice_find(p, STR("ntc_check"), 0));
	cr_assert_null(notice_find(p, STR("ntc_other"), 1));
	cr_assert_null(notice_find(p, STR("ntc_check/1"), 1));
	cr_assert_null(notice_find(p, STR("../../etc/passwd"), 1));
	cr_assert_null(notice_find(p, STR(""), 1));
	cr_assert_null(notice_find(
	    p, STR("a_name_that_goes_on_for_much_longer_than_any_name_of_a_notice_ever_could_be_allowed_to"), 1));
}

Test(notice, older_versions_stay_findable)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	CLEANUP(policy_unrefp) struct policy *p = NULL;

	policy_maker_put(&m, "notices/ntc_check/12/ru.md", STR(POLICY_MAKER_RU "\n"));
	policy_maker_put(&m, "notices/ntc_check/12/en.md", STR(POLICY_MAKER_EN "\n"));
	p = policy_maker_load(&m);
	cr_assert_not_null(notice_find(p, STR("ntc_check"), 12));
	cr_assert_not_null(notice_find(p, STR("ntc_check"), 1));
	cr_assert_str_neq(notice_find(p, STR("ntc_check"), 12)->in[WORDS_EN].sha256,
			  notice_find(p, STR("ntc_check"), 1)->in[WORDS_EN].sha256);
}

static void
expect_refused(const char *extra, const char *says)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	struct policy *p = NULL;
	struct conf_error err = { "" };

	policy_maker_put(&m, extra, STR(POLICY_MAKER_EN));
	EXPECT_STATUS(E_INVALID, policy_load(m.dir, &p, &err));
	cr_assert_not_null(strstr(err.text, says), "%s", err.text);
}

Test(notice, a_folder_that_is_no_version_is_refused)
{
	expect_refused("notices/ntc_check/latest/en.md", "no notice");
	expect_refused("notices/ntc_check/0/en.md", "no notice");
	expect_refused("notices/ntc_check/01/en.md", "no notice");
	expect_refused("notices/ntc_check/2/en.md", "ru.md:1:1: the notice is missing");
}

Test(notice, every_section_is_demanded_in_both_languages)
{
	static const struct {
		const char *file, *heading;
	} rows[] = {
		{ "ru.md", "## Какие данные" },       { "ru.md", "## Зачем" },        { "ru.md", "## Кто увидит" },
		{ "ru.md", "## Если вы откажетесь" }, { "ru.md", "## Как отозвать" }, { "en.md", "## What data" },
		{ "en.md", "## What for" },           { "en.md", "## Who will see" }, { "en.md", "## If you refuse" },
		{ "en.md", "## How to withdraw" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
		struct policy *p = NULL;
		struct conf_error err = { "" };
		char name[64];

		snprintf(name, sizeof(name), "notices/ntc_check/1/%s", rows[i].file);
		policy_maker_edit(&m, name, rows[i].heading, "## ...");
		EXPECT_STATUS(E_INVALID, policy_load(m.dir, &p, &err));
		cr_assert_not_null(strstr(err.text, rows[i].heading), "%s", err.text);
	}
}

Test(notice, the_language_of_a_tag_is_its_first_part)
{
	enum words_lang lang = WORDS_EN;

	EXPECT_OK(words_lang_parse(STR("ru-RU"), &lang));
	cr_assert_eq(lang, WORDS_RU);
	EXPECT_OK(words_lang_parse(STR("en"), &lang));
	cr_assert_eq(lang, WORDS_EN);
	EXPECT_STATUS(E_NOT_FOUND, words_lang_parse(STR("fr"), &lang));
	EXPECT_STATUS(E_NOT_FOUND, words_lang_parse(STR(""), &lang));
	cr_assert_str_eq(words_lang_name(WORDS_RU), "ru");
}

/* ---- services that are named together ---- */

#define LIST  "notices/ntc_check/1/recipients.yaml"
#define AGAIN "notices/ntc_check/2/"

Test(notice, a_list_beside_the_text_names_the_services_in_its_order)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	CLEANUP(policy_unrefp) struct policy *without = policy_maker_load(&m);
	const struct notice *n;

	policy_maker_edit(&m, "services.yaml", "roles: [clerk], purposes: [care]",
			  "roles: [clerk], purposes: [check, free, care]");
	policy_maker_put(&m, LIST, STR("[svc_b, svc_a]\n"));
	p = policy_maker_load(&m);
	n = notice_find(p, STR("ntc_check"), 1);
	cr_assert_eq(n->recipient_count, 2U);
	cr_assert_str_eq(n->recipients[0]->id, "svc_b");
	cr_assert(notice_recipients_name(n, STR("svc_a")) && !notice_recipients_name(n, STR("svc_")));
	cr_assert_not(notice_recipients_name(NULL, STR("svc_a")));
	cr_assert_not(str_eq(policy_hash(p), policy_hash(without)), "the hash covers the list");
	cr_assert_eq(notice_find(without, STR("ntc_check"), 1)->recipient_count, 0U);
}

static void
expect_list_refused(const char *list, const char *says)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	struct policy *p = NULL;
	struct conf_error err = { "" };

	policy_maker_put(&m, LIST, str_of(list));
	EXPECT_STATUS(E_INVALID, policy_load(m.dir, &p, &err));
	cr_assert_not_null(strstr(err.text, says), "%s: %s", list, err.text);
}

Test(notice, a_list_that_names_whom_it_may_not_is_refused_with_the_place)
{
	expect_list_refused("- svc_a\n- svc_nobody\n", "recipients.yaml:2:3: unknown service svc_nobody");
	expect_list_refused("- svc_a\n- svc_a\n", "recipients.yaml:2:3: service svc_a stands here twice");
	expect_list_refused("- svc_a\n- svc_b\n",
			    "recipients.yaml:2:3: the service svc_b does not declare the purpose check");
	expect_list_refused("- svc_a\n", "a list of 2 to 8 services");
	expect_list_refused("a: svc_a\n", "a list of 2 to 8 services");
	expect_list_refused("[a, b, c, d, e, f, g, h, i]\n", "a list of 2 to 8 services");
	expect_list_refused("- svc_a\n- [svc_b]\n", "recipients.yaml:2:3:");
}

/* What is not shown any more may name services that are gone. */
Test(notice, a_list_of_a_version_that_no_purpose_names_is_history)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	CLEANUP(policy_unrefp) struct policy *p = NULL;

	policy_maker_put(&m, AGAIN "ru.md", STR(POLICY_MAKER_RU));
	policy_maker_put(&m, AGAIN "en.md", STR(POLICY_MAKER_EN));
	policy_maker_put(&m, AGAIN "recipients.yaml", STR("[svc_a, svc_of_last_year]\n"));
	p = policy_maker_load(&m);
	cr_assert_eq(notice_find(p, STR("ntc_check"), 2)->recipient_count, 0U);
}
