/* Open reports: report, report_publish. */
#include "authd/access/report_publish.h"

#include <string.h>

#include "tests/unit/expect.h"

#define MONTH "2026-11"

static struct policy *
shipped(void)
{
	struct policy *p = NULL;
	struct conf_error err;

	cr_assert_eq(policy_load("policies", &p, &err), OK);
	return p;
}

static struct report *
begin(struct policy *rules, uint8_t secret)
{
	uint8_t key[REPORT_KEY_LEN];
	struct report *r = NULL;

	memset(key, secret, sizeof(key));
	EXPECT_OK(report_new(rules, STR(MONTH), key, &r));
	return r;
}

/* n entries like this one; ids differ by first, first + 1, ... */
static void
many(struct report *r, struct entry e, unsigned first, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		memset(e.id.b, 0, sizeof(e.id.b));
		e.id.b[14] = (uint8_t)((first + i) >> 8);
		e.id.b[15] = (uint8_t)(first + i);
		report_count(r, &e);
	}
}

static struct entry
given(const char *purpose)
{
	return (struct entry){ .event = ENTRY_CONSENT_GRANTED, .purpose = str_of(purpose) };
}

static struct entry
withheld(void)
{
	struct entry e = { .event = ENTRY_ACCESS_DECIDED, .decision = ENTRY_PERMIT, .basis.type = ENTRY_BASIS_STATUTE };

	e.facts[0] = (struct entry_fact){ .name = STR("shown"), .text = STR("withheld") };
	e.facts[1] = (struct entry_fact){ .name = STR("law"), .text = STR("120-FZ-9") };
	e.fact_count = 2;
	return e;
}

static struct entry
refused(const char *reason)
{
	return (struct entry){ .event = ENTRY_ACCESS_DECIDED, .decision = ENTRY_REFUSE, .reason = str_of(reason) };
}

static const struct report_cell *
cell_of(const struct report *r, enum report_table t, const char *name)
{
	const struct report_cell *cell;
	const char *row;

	for (size_t i = 0; (row = report_row(r, t, i, &cell)) != NULL; i++)
		if (strcmp(row, name) == 0)
			return cell;
	cr_assert_fail("no row %s", name);
	return NULL;
}

static json_t *
publish(const struct report *r)
{
	const struct checkpoint at = { .origin = STR("log.example"), .size = 900 };
	const struct report_place place = {
		.complete = true, .from = 7, .to = 800, .at = &at, .fewest = REPORT_FEWEST
	};
	json_t *json = NULL;

	EXPECT_OK(report_publish_json(r, &place, &json));
	return json;
}

/* ---- what is counted ---- */

static void
some_month(struct report *r)
{
	struct entry dry = withheld();

	many(r, given("eligibility/3"), 0, 57);
	many(r, given("eligibility/2"), 57, 3);
	many(r, given("gone/1"), 60, 4);
	many(r, withheld(), 100, 23);
	many(r, refused("consent_missing"), 200, 12);
	many(r, (struct entry){ .event = ENTRY_DESK_CONFIRMED }, 300, 30);
	many(r, (struct entry){ .event = ENTRY_BREAKGLASS_USED }, 400, 3);
	many(r, (struct entry){ .event = ENTRY_AUTH_LOGIN }, 500, 99);
	dry.facts[dry.fact_count++] = (struct entry_fact){ .name = STR("dry_run"), .number = 1 };
	many(r, dry, 600, 50);
}

Test(report, counts_each_entry_in_the_rows_that_it_belongs_to_and_in_the_total)
{
	CLEANUP(policy_unrefp) struct policy *rules = shipped();
	CLEANUP(report_freep) struct report *r = begin(rules, 1);

	some_month(r);
	cr_assert_eq(cell_of(r, REPORT_consents_given, "eligibility")->count, 60, "versions of a purpose are one row");
	cr_assert_eq(cell_of(r, REPORT_consents_given, "other")->count, 4);
	cr_assert_eq(report_total(r, REPORT_consents_given)->count, 64);
	cr_assert_eq(cell_of(r, REPORT_accesses_by_ground, "statute")->count, 23, "trials are no looks");
	cr_assert_eq(cell_of(r, REPORT_withheld_by_law, "120-FZ-9")->count, 23);
	cr_assert_eq(cell_of(r, REPORT_shown_later, "withheld")->count, 23);
	cr_assert_eq(cell_of(r, REPORT_refusals_by_reason, "consent_missing")->count, 12);
	cr_assert_eq(cell_of(r, REPORT_emergencies, "used")->count, 3);
	cr_assert_null(report_total(r, REPORT_emergencies), "opened and reviewed are no sum");
}

/* ---- what is published ---- */

static int64_t
count_in(const json_t *report, const char *table, const char *row)
{
	const json_t *t, *of;
	size_t i, k;

	json_array_foreach(json_object_get(report, "tables"), i, t)
	{
		if (strcmp(json_string_value(json_object_get(t, "table")), table) != 0)
			continue;
		if (row == NULL)
			return json_is_integer(json_object_get(t, "total"))
				   ? json_integer_value(json_object_get(t, "total"))
				   : -1;
		json_array_foreach(json_object_get(t, "rows"), k,
				   of) if (strcmp(json_string_value(json_object_get(of, "row")), row) ==
					   0) return json_is_integer(json_object_get(of, "count"))
		    ? json_integer_value(json_object_get(of, "count"))
		    : -1;
	}
	cr_assert_fail("no %s %s", table, row);
	return 0;
}

Test(report, the_golden_month_is_published_as_it_always_was)
{
	CLEANUP(policy_unrefp) struct policy *rules = shipped();
	CLEANUP(report_freep) struct report *r = begin(rules, 1);
	CLEANUP(json_decrefp) json_t *json = NULL;
	CLEANUP(buf_clear) struct buf csv = BUF(REPORT_TEXT_MOST);

	some_month(r);
	json = publish(r);
	cr_expect_eq(count_in(json, "consents_given", "eligibility"), 60);
	cr_expect_eq(count_in(json, "consents_given", "other"), -1);
	cr_expect_eq(count_in(json, "consents_given", NULL), 65);
	cr_expect_eq(count_in(json, "withheld_by_law", "120-FZ-9"), 25);
	cr_expect_eq(count_in(json, "refusals_by_reason", "consent_missing"), 15);
	cr_expect_eq(count_in(json, "emergencies", "used"), -1);
	EXPECT_OK(report_publish_csv(json, &csv));
	cr_expect(str_starts(buf_str(&csv), STR("month,table,row,count\r\n2026-11,consents_given,eligibility,60\r\n")));
	cr_expect(str_find(buf_str(&csv), STR("\r\n2026-11,emergencies,used,<10\r\n")) < csv.n);
	cr_expect(str_find(buf_str(&csv), STR("\r\n2026-11,shares,assisted,45\r\n")) < csv.n);
	cr_expect(str_find(buf_str(&csv), STR("\r\n2026-11,shares,unjustified,\r\n")) < csv.n, "of three is none said");
}

Test(report, the_same_entries_give_the_same_bytes_in_any_order_and_another_secret_gives_others)
{
	CLEANUP(policy_unrefp) struct policy *rules = shipped();
	CLEANUP(report_freep) struct report *a = begin(rules, 1), *b = begin(rules, 1);
	CLEANUP(json_decrefp) json_t *first = NULL, *again = NULL;
	bool differs = false;

	many(a, given("eligibility/3"), 0, 40);
	many(a, given("eligibility/3"), 40, 40);
	many(b, given("eligibility/3"), 40, 40);
	many(b, given("eligibility/3"), 0, 40);
	first = publish(a);
	again = publish(b);
	cr_assert(json_equal(first, again));
	for (uint8_t secret = 2; secret < 40 && !differs; secret++) {
		CLEANUP(report_freep) struct report *c = begin(rules, secret);
		CLEANUP(json_decrefp) json_t *other = NULL;

		many(c, given("eligibility/3"), 0, 82);
		other = publish(c);
		differs = count_in(other, "consents_given", "eligibility") != 80;
	}
	cr_assert(differs, "the noise follows from the secret");
}

/* Every number is a multiple of 5 and 10 or more, or not said; no cell of fewer than 10 is. */
static void
expect_veiled(const struct report *r, const json_t *json)
{
	const struct report_cell *cell;
	const char *row;

	for (unsigned t = 0; t < REPORT_TABLE_COUNT; t++) {
		for (size_t i = 0; (row = report_row(r, (enum report_table)t, i, &cell)) != NULL; i++) {
			int64_t n = count_in(json, report_table_name((enum report_table)t), row);

			cr_expect(n == -1 || (n >= REPORT_FEWEST && n % REPORT_ROUND == 0), "%s", row);
			cr_expect(cell->count >= REPORT_FEWEST || n == -1, "%s: %llu is few", row,
				  (unsigned long long)cell->count);
			cr_expect(n == -1 || n - (int64_t)cell->count <= 4, "%s", row);
			cr_expect(n == -1 || (int64_t)cell->count - n <= 4, "%s", row);
		}
	}
}

Test(report, no_month_says_a_number_of_few_people)
{
	CLEANUP(policy_unrefp) struct policy *rules = shipped();
	unsigned random = 1;

	for (uint8_t month = 1; month < 60; month++) {
		CLEANUP(report_freep) struct report *r = begin(rules, month);
		CLEANUP(json_decrefp) json_t *json = NULL;
		const struct entry kinds[] = { given("eligibility/3"),
					       given("family_benefit/1"),
					       given("gone/1"),
					       withheld(),
					       refused("objection"),
					       refused("role_missing"),
					       { .event = ENTRY_DESK_CONFIRMED } };

		for (unsigned i = 0; i < ARRAY_LEN(kinds); i++) {
			random = random * 1103515245u + 12345u;
			many(r, kinds[i], i * 100, (random >> 16) % 30);
		}
		json = publish(r);
		expect_veiled(r, json);
	}
}

/*
 * The attack by subtraction: one row is large, and how large is not known exactly, the hidden one has h records. The
 * difference of what is published must come from another h, too, for some secret and some large row.
 */
Test(report, subtracting_rows_from_the_total_does_not_give_the_row_that_is_not_said)
{
	CLEANUP(policy_unrefp) struct policy *rules = shipped();
	unsigned seen[200] = { 0 }; /* bits of h, by total less row */

	for (unsigned h = 0; h < REPORT_FEWEST; h++) {
		for (uint8_t secret = 0; secret < 100; secret++) {
			CLEANUP(report_freep) struct report *r = begin(rules, secret);
			CLEANUP(json_decrefp) json_t *json = NULL;
			int64_t less;

			many(r, given("eligibility/3"), secret, 55 + secret % 10u);
			many(r, given("family_benefit/1"), 500 + secret, h);
			json = publish(r);
			cr_assert_eq(count_in(json, "consents_given", "family_benefit"), -1);
			less = count_in(json, "consents_given", NULL) -
			       count_in(json, "consents_given", "eligibility") + 100;
			cr_assert(less >= 0 && less < 200);
			seen[less] |= 1u << h;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(seen); i++)
		cr_expect(seen[i] == 0 || (seen[i] & (seen[i] - 1)) != 0, "a difference of %d is of one number alone",
			  (int)i - 100);
}

Test(report, the_noise_is_two_at_most_and_even)
{
	unsigned count[5] = { 0 };

	for (uint64_t i = 0; i < 50000; i++) {
		/* 1000 is a multiple of 5 itself, 1003 too near the next: so the noise shows in which way it is
		 * rounded. */
		const struct report_cell cell = { .count = 1003, .key = i * UINT64_C(0x9E3779B97F4A7C15) };
		const int64_t n = report_publish_cell(&cell, REPORT_FEWEST);

		cr_assert(n == 1000 || n == 1005);
		count[n == 1005]++;
	}
	/* −2 and −1 go down, 0 … +2 up: two fifths and three. */
	cr_expect(count[0] > 19000 && count[0] < 21000, "%u", count[0]);
}

Test(report, refuses_what_is_no_month)
{
	CLEANUP(policy_unrefp) struct policy *rules = shipped();
	CLEANUP(report_freep) struct report *r = NULL;
	const uint8_t key[REPORT_KEY_LEN] = { 0 };

	EXPECT_STATUS(E_INVALID, report_new(rules, STR("2026-1"), key, &r));
	EXPECT_STATUS(E_INVALID, report_new(rules, STR("2026-11-01"), key, &r));
}
