/* What a bundle changes, who may, why a decision comes out so, and what no test reaches. */
#include "authd/policy/policy_report.h"

#include "authd/policy/policy_diff.h"
#include "tests/unit/policy_maker.h"

/* ---- differences ---- */

static json_t *
diff_after(const char *file, const char *find, const char *put)
{
	struct policy_maker m = policy_maker_new();
	CLEANUP(policy_unrefp) struct policy *old = policy_maker_load(&m), *next = NULL;
	json_t *diff = NULL;

	policy_maker_edit(&m, file, find, put);
	next = policy_maker_load(&m);
	EXPECT_OK(policy_diff(old, next, &diff));
	policy_maker_drop(&m);
	return diff;
}

static bool
says(const json_t *diff, const char *class, const char *lang, const char *text)
{
	const json_t *sentence = NULL;
	size_t i = 0;

	json_array_foreach(json_object_get(diff, class), i, sentence)
	{
		if (strcmp(json_string_value(json_object_get(sentence, lang)), text) == 0)
			return true;
	}
	return false;
}

static const struct {
	const char *file, *find, *put;
	const char *class, *ru, *en;
} changes[] = {
	{ "roles.yaml", "{action: verify, categories: [income], for: [check]}",
	  "{action: verify, categories: [income, family], for: [check]}", "widened",
	  "Роль «Помощник» теперь может узнавать только «да» или «нет» о данных «Семья» для «Проверка».",
	  "The role “Helper” may now ask only yes or no about “Family” for “Check”." },
	{ "roles.yaml", "[income, family, health], for: [check]", "[income, family], for: [check]", "narrowed",
	  "Роль «Сотрудник» больше не может читать «Здоровье» для «Проверка».",
	  "The role “Clerk” may no longer read “Health” for “Check”." },
	{ "roles.yaml", "{action: assist-consent}", "{action: key-rotate}", "widened",
	  "Роль «Сотрудник» теперь может менять ключи.", "The role “Clerk” may now rotate keys." },
	{ "roles.yaml", "  acr: 2\n", "  acr: 1\n", "widened", "Роли «Сотрудник» нужен вход уровня 1 (было 2).",
	  "The role “Clerk” needs a sign-in of level 1 (it was 2)." },
	{ "roles.yaml", "count: 5", "count: 50", "widened", "У роли «Начальник» другие пределы экстренного просмотра.",
	  "The limits of emergencies change for the role “Chief”." },
	{ "roles.yaml", "count: 5", "count: 4", "narrowed", "У роли «Начальник» другие пределы экстренного просмотра.",
	  "The limits of emergencies change for the role “Chief”." },
	{ "roles.yaml", "en: Desk A}}", "en: Desk A}, inherits: [helper]}", "widened",
	  "Роль «Стол А» получает всё, что может роль «Помощник».",
	  "The role “Desk A” gets all that the role “Helper” may." },
	{ "separation.yaml", "- {static: [author, approver], at_most: 1}\n", "", "widened",
	  "Больше не разделены обязанности: «Автор», «Утверждающий».",
	  "These duties are no longer kept apart: “Author”, “Approver”." },
	{ "separation.yaml", "- {static: [author, approver], at_most: 1}\n",
	  "- {static: [author, approver], at_most: 1}\n- {static: [clerk, helper], at_most: 1}\n", "narrowed",
	  "Разделяются обязанности: «Сотрудник», «Помощник».", "These duties are kept apart: “Clerk”, “Helper”." },
	{ "purposes.yaml", "income: consent, family: consent, health: {statute: law-1}",
	  "income: {statute: law-1}, family: consent, health: {statute: law-1}", "widened",
	  "Цель «Проверка», «Доход»: основание теперь — Закон (было — с согласия человека).",
	  "Purpose “Check”, “Income”: the ground is now Law (it was with the person's consent)." },
	{ "purposes.yaml", "retention: P3Y", "retention: P5Y", "widened",
	  "Цель «Проверка»: данные хранят P5Y (было P3Y).", "Purpose “Check”: data is kept for P5Y (it was P3Y)." },
	{ "purposes.yaml", "frequency: {count: 2", "frequency: {count: 1", "narrowed",
	  "Цель «Проверка»: меняется, как часто можно смотреть.",
	  "Purpose “Check”: how often data may be looked at changes." },
	{ "purposes.yaml", "visibility: {delayed: P30D}", "visibility: on_close", "widened",
	  "Цель «Уход»: меняется, когда человек видит просмотры.",
	  "Purpose “Care”: when the person sees the looks changes." },
	{ "purposes.yaml", "title: {ru: Проверка, en: Check}", "title: {ru: Сверка, en: Review}", "texts",
	  "Цель «Проверка» теперь называется «Сверка».", "Purpose “Check” is now called “Review”." },
	{ "categories.yaml", ", special: true", "", "widened", "«Здоровье» — больше не особая категория данных.",
	  "“Health” is no longer a special category." },
	{ "services.yaml", "roles: [clerk], purposes: [care]}\n- {id: svc_off",
	  "roles: [clerk], purposes: [care, free]}\n- {id: svc_off", "widened",
	  "Служба «Б» теперь может запрашивать данные для «Даром».",
	  "The service “B” may now ask for data for “Free”." },
	{ "services.yaml", ", suspended: true", "", "widened", "Служба «В» снова работает.",
	  "The service “C” works again." },
	{ "services.yaml", "break_glass: true, ", "", "narrowed",
	  "Через службу «А» больше нельзя смотреть в экстренном случае.",
	  "Emergencies may no longer be handled through the service “A”." },
	{ "organisations.yaml", "address: Street 2", "address: Street 9", "texts",
	  "Название, адрес или связь организации «ЦОД» другие.", "The name, address or contact of “DC” changes." },
	{ "organisations.yaml", "kind: ngo", "kind: state", "widened", "Организация «Фонд» теперь другого вида: state.",
	  "The organisation “Charity” is now of the kind state." },
};

Test(policy_report, every_change_is_said_in_its_class_and_in_both_languages)
{
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		CLEANUP(json_decrefp) json_t *diff = diff_after(changes[i].file, changes[i].find, changes[i].put);
		CLEANUP(buf_clear) struct buf text = { 0 };

		policy_diff_put(&text, diff, WORDS_RU);
		cr_assert(says(diff, changes[i].class, "ru", changes[i].ru), "%zu: %.*s", i, STR_ARG(buf_str(&text)));
		cr_assert(says(diff, changes[i].class, "en", changes[i].en), "%zu", i);
	}
}

Test(policy_report, nothing_changes_between_equal_bundles_and_only_texts_are_no_rights)
{
	CLEANUP(json_decrefp) json_t *none = diff_after("bundle.yaml", "version: 1", "version: 2");
	CLEANUP(json_decrefp)
	json_t *texts = diff_after("organisations.yaml", "address: Street 2", "address: Street 9");
	CLEANUP(buf_clear) struct buf text = { 0 };

	policy_diff_put(&text, none, WORDS_EN);
	EXPECT_STR(STR("Nothing changes.\n"), buf_str(&text));
	cr_assert_eq(json_array_size(json_object_get(texts, "widened")), 0);
	cr_assert_eq(json_array_size(json_object_get(texts, "narrowed")), 0);
}

Test(policy_report, a_new_version_of_a_purpose_needs_a_new_consent)
{
	CLEANUP(json_decrefp) json_t *diff = diff_after("purposes.yaml", "version: 3", "version: 4");
	const json_t *list = json_object_get(diff, "new_consent");

	cr_assert_eq(json_array_size(list), 1);
	cr_assert_str_eq(json_string_value(json_array_get(list, 0)), "check");
}

Test(policy_report, against_nothing_everything_is_new)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();
	CLEANUP(json_decrefp) json_t *diff = NULL;

	EXPECT_OK(policy_diff(NULL, p, &diff));
	cr_assert(says(diff, "widened", "en", "The role “Clerk” may now read “Income” for “Check”."));
	cr_assert_eq(json_array_size(json_object_get(diff, "new_consent")), 0);
}

/* ---- who may ---- */

static json_t *
ask(const struct policy_question *q)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();
	struct conf_error err = { "" };
	json_t *report = NULL;

	EXPECT_OK(policy_who(p, q, &report, &err));
	return report;
}

Test(policy_report, who_can_names_roles_services_and_grounds)
{
	CLEANUP(json_decrefp)
	json_t *report = ask(&(struct policy_question){ .action = "read", .category = "health", .purpose = "check" });
	const json_t *row = json_array_get(json_object_get(report, "rows"), 0);

	cr_assert_eq(json_array_size(json_object_get(report, "rows")), 1, "a suspended service asks nothing");
	cr_assert_str_eq(json_string_value(json_object_get(row, "service")), "svc_a");
	cr_assert_str_eq(json_string_value(json_object_get(row, "basis")), "statute");
	cr_assert_eq(json_array_size(json_object_get(row, "roles")), 2, "the clerk and the chief who inherits");
	cr_assert_eq(json_integer_value(json_object_get(row, "acr")), 2);
}

Test(policy_report, an_emergency_is_for_those_with_that_right_through_services_that_handle_it)
{
	CLEANUP(json_decrefp)
	json_t *report = ask(&(struct policy_question){ .action = "break-glass", .category = "health" });
	const json_t *row = NULL;
	size_t i = 0;

	cr_assert_gt(json_array_size(json_object_get(report, "rows")), 0);
	json_array_foreach(json_object_get(report, "rows"), i, row)
	{
		cr_assert_str_eq(json_string_value(json_object_get(row, "service")), "svc_a");
		cr_assert_str_eq(json_string_value(json_array_get(json_object_get(row, "roles"), 0)), "chief");
	}
}

Test(policy_report, what_a_role_may_at_its_desk_is_told_too)
{
	CLEANUP(json_decrefp) json_t *report = ask(&(struct policy_question){ .role = "approver" });
	CLEANUP(buf_clear) struct buf text = { 0 };

	policy_report_put(&text, report, WORDS_EN);
	EXPECT_STR(STR("“Approver”: may approve rules that somebody else proposed; sign-in of level 3\n"),
		   buf_str(&text));
}

Test(policy_report, unknown_names_are_said_and_not_answered_with_nobody)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();
	static const struct policy_question asked[] = { { .action = "dance" },
							{ .category = "gold" },
							{ .purpose = "x" },
							{ .role = "king" },
							{ .service = "svc_x" } };

	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		struct conf_error err = { "" };
		json_t *report = NULL;

		EXPECT_STATUS(E_NOT_FOUND, policy_who(p, &asked[i], &report, &err));
		cr_assert_not_null(strstr(err.text, "unknown"));
	}
}

/* ---- coverage ---- */

Test(policy_report, the_shipped_bundle_permits_and_refuses_every_permission_in_its_tests)
{
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	CLEANUP(json_decrefp) json_t *report = NULL;
	struct conf_error err = { "" };

	EXPECT_OK(policy_load("policies", &p, &err));
	EXPECT_OK(policy_coverage(p, &report));
	cr_assert_eq(json_array_size(json_object_get(report, "missing")), 0);
	cr_assert_gt(json_integer_value(json_object_get(report, "permissions")), 30);
	cr_assert_eq(json_integer_value(json_object_get(report, "permissions")),
		     json_integer_value(json_object_get(report, "covered")));
}

Test(policy_report, a_permission_that_no_test_reaches_is_named_with_its_place)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();
	CLEANUP(json_decrefp) json_t *report = NULL;
	const json_t *row = NULL;
	size_t i = 0, permitted = 0, refused = 0;

	EXPECT_OK(policy_coverage(p, &report));
	json_array_foreach(json_object_get(report, "missing"), i, row)
	{
		cr_assert_not_null(strstr(json_string_value(json_object_get(row, "place")), "roles.yaml:"));
		permitted += json_is_true(json_object_get(row, "permit"));
		refused += json_is_true(json_object_get(row, "refuse"));
	}
	cr_assert_eq(permitted, 1, "health for check is permitted by a test and refused by none");
	cr_assert_eq(refused, 1, "income for check is refused by a test and permitted by none");
}

/* ---- explaining ---- */

static json_t *
explain(const char *text, enum status wanted)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();
	struct conf_error err = { "" };
	json_t *report = NULL;

	EXPECT_STATUS(wanted, policy_explain(p, str_of(text), &report, &err));
	cr_assert(wanted == OK || err.text[0] != '\0');
	return report;
}

Test(policy_report, a_request_is_explained_check_by_check_with_the_rules_places)
{
	CLEANUP(json_decrefp)
	json_t *report =
	    explain("{\"subject\":{\"type\":\"service\",\"id\":\"svc_a\",\"properties\":{\"operator\":\"opr_1\","
		    "\"roles\":[\"clerk\"],"
		    "\"acr\":\"2\"}},\"action\":{\"name\":\"read\",\"properties\":{\"purpose\":\"check\"}},"
		    "\"resource\":{\"type\":\"health\",\"id\":\"sub_x\",\"properties\":{\"range\":{\"from\":\"2026-06-"
		    "01\",\"to\":"
		    "\"2026-12-01\"}}},\"context\":{\"time\":\"2026-12-10T10:42:03+03:00\"}}",
		    OK);
	static const struct {
		const char *check, *place;
	} order[] = {
		{ "service", "services.yaml:1:" },      { "role", "roles.yaml:5:" },
		{ "separation", "separation.yaml:1:" }, { "purpose", "purposes.yaml:7:" },
		{ "person", "purposes.yaml:1:" },       { "basis", "purposes.yaml:8:" },
		{ "limits", "purposes.yaml:11:" },      { "assurance", "purposes.yaml:1:" },
	};

	cr_assert(json_is_true(json_object_get(report, "decision")));
	cr_assert_str_eq(json_string_value(json_object_get(report, "reason")), "statute");
	cr_assert_eq(json_array_size(json_object_get(report, "checks")), ARRAY_LEN(order));
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		const json_t *row = json_array_get(json_object_get(report, "checks"), i);
		const char *place = json_string_value(json_object_get(row, "place"));

		cr_assert_str_eq(json_string_value(json_object_get(row, "check")), order[i].check);
		cr_assert_str_eq(json_string_value(json_object_get(row, "outcome")), "passes");
		cr_assert(place != NULL && strstr(place, order[i].place) != NULL, "%s: %s", order[i].check, place);
	}
}

Test(policy_report, a_refusal_ends_at_the_check_that_refused)
{
	CLEANUP(json_decrefp)
	json_t *report = explain("{\"at\":\"2026-12-10\",\"given\":{\"operator\":{\"roles\":[\"clerk\"]},\"acr\":2},"
				 "\"when\":{\"service\":\"svc_a\",\"action\":\"read\",\"category\":\"income\","
				 "\"purpose\":\"check\"}}",
				 OK);
	const json_t *checks = json_object_get(report, "checks");
	const json_t *last = json_array_get(checks, json_array_size(checks) - 1);

	cr_assert(json_is_false(json_object_get(report, "decision")));
	cr_assert_str_eq(json_string_value(json_object_get(last, "check")), "person");
	cr_assert_str_eq(json_string_value(json_object_get(last, "outcome")), "consent_missing");
}

Test(policy_report, what_is_no_request_is_said_to_be_none)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"at\":1}",
		"{\"at\":\"2026-12-10\",\"when\":{}}",
		"{\"subject\":{}}",
		"{\"subject\":\"x\",\"action\":1}",
		"{\"at\":\"2026-12-10\",\"when\":{\"service\":\"a\",\"action\":\"b\",\"category\":\"c\","
		"\"purpose\":\"d\"},\"extra\":1}"
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_null(explain(bad[i], E_INVALID), "%zu", i);
}
