/* policy_maker.h: for tests, a small complete bundle in a directory of its own, and edits that spoil it. */
#ifndef TESTS_UNIT_POLICY_MAKER_H
#define TESTS_UNIT_POLICY_MAKER_H

#include "tests/unit/expect.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authd/policy/policy.h"

struct policy_maker_file {
	const char *name, *text;
};

#define POLICY_MAKER_RU                                                                                                                                          \
	"# Проверка\n\n## Какие данные\n\nДоход.\n\n## Зачем\n\nПроверить.\n\n## Кто увидит\n\nСлужба.\n\n" \
	"## Если вы откажетесь\n\nНичего.\n\n## Как отозвать\n\nПросто.\n"
#define POLICY_MAKER_EN                                                                                                \
	"# Check\n\n## What data\n\nIncome.\n\n## What for\n\nTo check.\n\n## Who will see\n\nThe service.\n\n"        \
	"## If you refuse\n\nNothing.\n\n## How to withdraw\n\nEasily.\n"

/* Lines are counted by tests: one item a line where that is possible. */
static const struct policy_maker_file policy_maker_files[] = {
	{ "bundle.yaml", "version: 1\n"
			 "title: {ru: Набор, en: Bundle}\n" },
	{ "categories.yaml", "- {id: income, dpv: Income, title: {ru: Доход, en: Income}}\n"
			     "- {id: family, dpv: Family, title: {ru: Семья, en: Family}}\n"
			     "- {id: health, dpv: Health, title: {ru: Здоровье, en: Health}, special: true}\n"
			     "- {id: contacts, dpv: Contact, title: {ru: Связь, en: Contacts}}\n" },
	{ "statutes.yaml", "- {id: law-1, title: {ru: Закон, en: Law}}\n" },
	{ "purposes.yaml", "- id: check\n"
			   "  version: 3\n"
			   "  dpv: Assessment\n"
			   "  title: {ru: Проверка, en: Check}\n"
			   "  why: {ru: Надо, en: Needed}\n"
			   "  if_refused: {ru: Ничего, en: Nothing}\n"
			   "  categories: [income, family, health]\n"
			   "  basis: {income: consent, family: consent, health: {statute: law-1}}\n"
			   "  actions: [read, verify]\n"
			   "  frequency: {count: 2, per: P30D}\n"
			   "  data_range: {back: P1Y}\n"
			   "  max_consent: P365D\n"
			   "  retention: P3Y\n"
			   "  storage: [RU]\n"
			   "  notice: {id: ntc_check, version: 1}\n"
			   "- id: care\n"
			   "  version: 1\n"
			   "  dpv: dpv:ServiceProvision\n"
			   "  title: {ru: Уход, en: Care}\n"
			   "  why: {ru: Надо, en: Needed}\n"
			   "  if_refused: {ru: Ничего, en: Nothing}\n"
			   "  categories: [contacts, family, income]\n"
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
			   "  visibility: {delayed: P30D}\n"
			   "  notice: {id: ntc_check, version: 1}\n"
			   "- id: free\n"
			   "  version: 1\n"
			   "  dpv: ps:Assessment\n"
			   "  title: {ru: Даром, en: Free}\n"
			   "  why: {ru: Надо, en: Needed}\n"
			   "  if_refused: {ru: Ничего, en: Nothing}\n"
			   "  categories: [contacts]\n"
			   "  basis: {contacts: consent}\n"
			   "  actions: [read]\n"
			   "  max_consent: P365D\n"
			   "  retention: P3Y\n"
			   "  storage: [RU]\n"
			   "  visibility: on_close\n"
			   "  notice: {id: ntc_check, version: 1}\n" },
	{ "roles.yaml",
	  "- id: clerk\n"
	  "  title: {ru: Сотрудник, en: Clerk}\n"
	  "  acr: 2\n"
	  "  may:\n"
	  "    - {action: read, categories: [income, family, health], for: [check]}\n"
	  "    - {action: read, categories: [contacts, family, income], for: [care]}\n"
	  "    - {action: read, categories: [contacts], for: [free]}\n"
	  "    - {action: assist-consent}\n"
	  "- id: chief\n"
	  "  title: {ru: Начальник, en: Chief}\n"
	  "  inherits: [clerk]\n"
	  "  may:\n"
	  "    - {action: break-glass, categories: [health, contacts], ttl: PT1H, quota: {count: 5, per: "
	  "P30D}, review_within: P1D}\n"
	  "- {id: author, title: {ru: Автор, en: Author}, may: [{action: policy-write}]}\n"
	  "- {id: approver, title: {ru: Утверждающий, en: Approver}, acr: 3, may: [{action: "
	  "policy-activate}]}\n"
	  "- {id: desk-a, title: {ru: Стол А, en: Desk A}}\n"
	  "- {id: desk-b, title: {ru: Стол Б, en: Desk B}}\n"
	  "- {id: helper, title: {ru: Помощник, en: Helper}, may: [{action: verify, categories: [income], "
	  "for: [check]}]}\n" },
	{ "separation.yaml", "- {static: [author, approver], at_most: 1}\n"
			     "- {dynamic: [desk-a, desk-b], at_most: 1}\n" },
	{ "organisations.yaml",
	  "- {id: org_a, name: {ru: А, en: A}, kind: state, address: Street 1, contact: a@example.org, processors: "
	  "[org_dc]}\n"
	  "- {id: org_dc, name: {ru: ЦОД, en: DC}, kind: state, address: Street 2, contact: dc@example.org}\n"
	  "- {id: org_n, name: {ru: Фонд, en: Charity}, kind: ngo, address: Street 3, contact: n@example.org}\n"
	  "- {id: org_v, name: {ru: Волонтёры, en: Volunteers}, kind: volunteer, address: Street 4, contact: "
	  "v@example.org}\n" },
	{ "services.yaml",
	  "- {id: svc_a, title: {ru: А, en: A}, organisation: org_a, roles: [clerk, desk-a, desk-b], purposes: [check, "
	  "free, "
	  "care], break_glass: true, rate: 50/min}\n"
	  "- {id: svc_b, title: {ru: Б, en: B}, organisation: org_a, roles: [clerk], purposes: [care]}\n"
	  "- {id: svc_off, title: {ru: В, en: C}, organisation: org_a, roles: [clerk], purposes: [check], suspended: "
	  "true}\n"
	  "- {id: svc_tax, title: {ru: Г, en: D}, organisation: org_dc, provides: [income]}\n"
	  "- {id: svc_v, title: {ru: Д, en: E}, organisation: org_v, roles: [clerk], purposes: [care]}\n" },
	{ "notices/ntc_check/1/ru.md", POLICY_MAKER_RU },
	{ "notices/ntc_check/1/en.md", POLICY_MAKER_EN },
	{ "tests/first.yaml", "- name: no consent, no look\n"
			      "  at: 2026-12-10T10:00:00+03:00\n"
			      "  given: {operator: {roles: [clerk]}, acr: 2}\n"
			      "  when: {service: svc_a, action: read, category: income, purpose: check}\n"
			      "  then: {decision: deny, reason: consent_missing}\n"
			      "- name: the statute permits\n"
			      "  at: 2026-12-10T10:00:00+03:00\n"
			      "  given: {operator: {roles: [clerk]}, acr: 2}\n"
			      "  when:\n"
			      "    service: svc_a\n"
			      "    action: read\n"
			      "    category: health\n"
			      "    purpose: check\n"
			      "    range: {from: 2026-01-01, to: 2026-12-01}\n"
			      "  then: {decision: permit, reason: statute, basis: statute}\n" },
};

struct policy_maker {
	char dir[64];
};

/* Writes dir/name, making its folders. */
static UNUSED void
policy_maker_put(const struct policy_maker *m, const char *name, struct str text)
{
	char path[512];
	FILE *f = NULL;

	snprintf(path, sizeof(path), "%s/%s", m->dir, name);
	for (char *slash = strchr(path + strlen(m->dir) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	f = fopen(path, "w");
	cr_assert_not_null(f, "%s", path);
	cr_assert_eq(fwrite(text.p, 1, text.n, f), text.n);
	cr_assert_eq(fclose(f), 0);
}

static UNUSED void
policy_maker_remove(const struct policy_maker *m, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", m->dir, name);
	cr_assert_eq(unlink(path), 0);
}

static UNUSED struct policy_maker
policy_maker_new(void)
{
	struct policy_maker m = { "/tmp/ombud-policy-XXXXXX" };

	cr_assert_not_null(mkdtemp(m.dir));
	for (size_t i = 0; i < ARRAY_LEN(policy_maker_files); i++)
		policy_maker_put(&m, policy_maker_files[i].name, str_of(policy_maker_files[i].text));
	return m;
}

/* Replaces the first `find` in the file as it was made; an edit that changes nothing fails the test. */
static UNUSED void
policy_maker_edit(const struct policy_maker *m, const char *name, const char *find, const char *put)
{
	CLEANUP(buf_clear) struct buf text = BUF(1 << 20);

	for (size_t i = 0; i < ARRAY_LEN(policy_maker_files); i++) {
		struct str whole = str_of(policy_maker_files[i].text);
		size_t at = str_find(whole, str_of(find));

		if (strcmp(policy_maker_files[i].name, name) != 0)
			continue;
		cr_assert(at < whole.n, "\"%s\" is not in %s", find, name);
		buf_put(&text, str_slice(whole, 0, at));
		buf_put_cstr(&text, put);
		buf_put(&text, str_slice(whole, at + strlen(find), whole.n));
		EXPECT_OK(buf_status(&text));
		policy_maker_put(m, name, buf_str(&text));
		return;
	}
	cr_assert_fail("no file %s", name);
}

static int
policy_maker_remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED, struct FTW *ftw UNUSED)
{
	return remove(path);
}

static UNUSED void
policy_maker_drop(struct policy_maker *m)
{
	nftw(m->dir, policy_maker_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The bundle, loaded; the test fails when it does not load. */
static UNUSED struct policy *
policy_maker_load(const struct policy_maker *m)
{
	struct policy *p = NULL;
	struct conf_error err = { "" };
	enum status st = policy_load(m->dir, &p, &err);

	cr_assert(st == OK, "%s: %s", status_name(st), err.text);
	return p;
}

/* The bundle as it is made, for tests that only look. */
static UNUSED struct policy *
policy_maker_policy(void)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();

	return policy_maker_load(&m);
}

#endif
