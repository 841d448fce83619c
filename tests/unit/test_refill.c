/* test_refill.c: a form that comes back: what it keeps, what it marks, and in which order it says so. */
#include "authd/endpoints/refill.h"
#include "tests/unit/expect.h"

static const struct refill_field fields[] = {
	{ "person", NULL, "desk_person_missing", 8 },
	{ "kind", "kind-first", NULL, 0 },
	{ "day", NULL, NULL, 0 },
};

static struct form
sent(const char *text)
{
	static const char *const may_repeat[] = { "box", NULL };
	struct form f = { 0 };

	EXPECT_OK(form_parse(str_of(text), may_repeat, &f));
	return f;
}

static const char *
of(const struct refill *r, const char *field, const char *member)
{
	return json_string_value(json_object_get(json_object_get(r->at, field), member));
}

Test(refill, what_was_typed_comes_back_as_it_was)
{
	CLEANUP(form_clear) struct form f = sent("person=+anna&kind=guardian&day=");
	CLEANUP(refill_clear) struct refill r = { 0 };

	EXPECT_OK(refill_begin(fields, ARRAY_LEN(fields), &f, &r));
	cr_expect_str_eq(of(&r, "person", "value"), " anna");
	cr_expect(str_is(refill_value(&r, "person"), "anna"));
	cr_expect_str_eq(of(&r, "kind", "id"), "kind-first");
	cr_expect(json_is_true(json_object_get(json_object_get(r.at, "kind"), "is_guardian")));
	refill_check(&r);
	cr_expect(refill_is_good(&r));
}

Test(refill, a_form_that_nobody_sent_is_empty_and_not_wrong)
{
	CLEANUP(refill_clear) struct refill r = { 0 };
	CLEANUP(json_decrefp) json_t *data = json_object();

	EXPECT_OK(refill_begin(fields, ARRAY_LEN(fields), NULL, &r));
	EXPECT_OK(refill_put(&r, "form", data));
	cr_expect_str_eq(of(&r, "person", "value"), "");
	cr_expect_null(json_object_get(data, "fault"));
}

Test(refill, faults_are_said_in_the_order_of_the_page_and_the_first_of_a_field_stays)
{
	CLEANUP(form_clear) struct form f = sent("person=&day=31.02.2026");
	CLEANUP(refill_clear) struct refill r = { 0 };
	CLEANUP(json_decrefp) json_t *data = json_object();
	const json_t *list;
	struct datefield day;

	EXPECT_OK(refill_begin(fields, ARRAY_LEN(fields), &f, &r));
	refill_day(&r, "day", "death_date", &day);
	cr_expect_str_eq(day.iso, "");
	refill_check(&r);
	refill_wrong(&r, "person", "desk_person_unknown");
	cr_expect(!refill_is_good(&r));
	EXPECT_OK(refill_put(&r, "form", data));
	list = json_object_get(data, "faults");
	cr_assert_eq(json_array_size(list), 2);
	cr_expect_str_eq(json_string_value(json_object_get(json_array_get(list, 0), "wrong")), "desk_person_missing");
	cr_expect_str_eq(json_string_value(json_object_get(json_array_get(list, 1), "wrong")), "death_date");
}

Test(refill, what_is_too_long_is_said_and_kept)
{
	CLEANUP(form_clear) struct form f = sent("person=123456789");
	CLEANUP(refill_clear) struct refill r = { 0 };

	EXPECT_OK(refill_begin(fields, ARRAY_LEN(fields), &f, &r));
	refill_check(&r);
	cr_expect_str_eq(of(&r, "person", "wrong"), "too_long");
	cr_expect_str_eq(of(&r, "person", "value"), "123456789");
}

Test(refill, ticks_stay_ticked_and_no_others)
{
	CLEANUP(form_clear) struct form f = sent("box=a&box=c");
	CLEANUP(json_decrefp) json_t *choices = json_pack("[{s:s}, {s:s}, {s:s}]", "id", "a", "id", "b", "id", "c");

	EXPECT_OK(refill_tick(&f, "box", choices));
	for (size_t i = 0; i < 3; i++)
		cr_expect_eq(json_is_true(json_object_get(json_array_get(choices, i), "ticked")), i != 1);
}
