/* What a record of consent is built of, and what none is built of. */
#include "authd/consent/consent.h"

#include "tests/unit/consent_fixture.h"

/* ---- building ---- */

Test(consent, a_built_and_given_record_is_valid_at_every_stage)
{
	for (int represented = 0; represented < 2; represented++) {
		CLEANUP(drop) struct fixture f = given(represented != 0);
		CLEANUP(buf_clear) struct buf why = BUF(1 << 16);

		for (unsigned stage = CONSENT_STAGE_ASKED; stage <= CONSENT_STAGE_EFFECTIVE; stage++) {
			enum status st = validate(&f, (enum consent_stage)stage, &why);

			cr_assert(st == OK, "%.*s", STR_ARG(buf_str(&why)));
		}
	}
}

Test(consent, members_stand_in_the_order_of_the_schema)
{
	static const char *const order[] = { "schema",       "conforms_to", "record_id",  "code",    "state",
					     "jurisdiction", "subject",     "given_by",   "notice",  "purpose",
					     "legal_basis",  "data",        "actions",    "methods", "recipients",
					     "providers",    "controller",  "processors", "limits",  "storage",
					     "validity",     "withdrawal",  "rights",     "events" };
	CLEANUP(drop) struct fixture f = given(false);
	const char *key = NULL;
	json_t *value = NULL;
	size_t i = 0;

	json_object_foreach(f.record, key, value)
	{
		cr_assert_lt(i, ARRAY_LEN(order));
		cr_assert_str_eq(key, order[i++]);
	}
	cr_assert_eq(i, ARRAY_LEN(order));
}

Test(consent, the_canonical_form_survives_reading_back)
{
	CLEANUP(drop) struct fixture f = given(false);
	CLEANUP(buf_clear) struct buf once = BUF(1 << 16);
	CLEANUP(buf_clear) struct buf again = BUF(1 << 16);
	CLEANUP(json_decrefp) json_t *back = NULL;

	EXPECT_OK(consent_record_put(f.record, &once));
	back = json_loadb(once.p, once.n, JSON_REJECT_DUPLICATES, NULL);
	cr_assert_not_null(back);
	EXPECT_OK(consent_record_put(back, &again));
	EXPECT_STR(buf_str(&once), buf_str(&again));
}

Test(consent, what_was_agreed_keeps_its_digest_when_events_follow)
{
	CLEANUP(drop) struct fixture f = asked(false);
	struct hash before, after, other;

	build(&f);
	EXPECT_OK(consent_record_digest(f.record, &before));
	event(&f, CONSENT_REQUESTED, FROM);
	event(&f, CONSENT_GIVEN, FROM);
	event(&f, CONSENT_WITHDRAWN, FROM + 1);
	EXPECT_OK(consent_record_digest(f.record, &after));
	cr_assert(hash_eq(&before, &after));
	json_object_set_new(json_object_get(f.record, "storage"), "retention", json_string("P4Y"));
	EXPECT_OK(consent_record_digest(f.record, &other));
	cr_assert(!hash_eq(&before, &other));
}

Test(consent, the_record_repeats_what_the_policy_says)
{
	CLEANUP(drop) struct fixture f = given(false);
	const json_t *limits = json_object_get(f.record, "limits");
	CLEANUP(buf_clear) struct buf text = BUF(1 << 16);

	EXPECT_OK(canonical_put(&text, limits, CANONICAL_AS_BUILT));
	EXPECT_BUF("{\"mode\":\"store\",\"fetch\":\"periodic\",\"frequency\":{\"count\":2,\"per\":\"P30D\"},"
		   "\"data_range\":{\"from\":\"2025-11-30\",\"to\":\"2027-11-30\"},\"data_life\":\"P3Y\"}",
		   &text);
	buf_reset(&text);
	EXPECT_OK(canonical_put(&text, json_object_get(f.record, "validity"), CANONICAL_AS_BUILT));
	EXPECT_BUF("{\"from\":\"2026-11-30T00:53:20Z\",\"until\":\"2027-11-30T00:53:20Z\"}", &text);
	buf_reset(&text);
	EXPECT_OK(canonical_put(&text, json_object_get(f.record, "providers"), CANONICAL_AS_BUILT));
	EXPECT_BUF("[{\"service\":\"svc_tax\",\"organisation\":\"org_dc\",\"name\":\"ЦОД\",\"name_en\":\"DC\"}]",
		   &text);
	buf_reset(&text);
	EXPECT_OK(canonical_put(&text, json_object_get(f.record, "actions"), CANONICAL_AS_BUILT));
	EXPECT_BUF("[\"read\",\"verify\"]", &text);
}

Test(consent, a_special_category_makes_the_consent_explicit)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	CLEANUP(drop) struct fixture f = asked(false);
	static const struct str health[] = { STR_INIT("health") };

	policy_maker_edit(&m, "purposes.yaml", "{statute: law-1}", "consent");
	policy_unref(f.p);
	f.p = policy_maker_load(&m);
	f.terms.optional = health;
	f.terms.optional_count = 1;
	build(&f);
	cr_assert_not_null(strstr(json_string_value(json_object_get(json_object_get(f.record, "legal_basis"), "dpv")),
				  "ExplicitlyExpressed"));
	cr_assert(json_is_true(json_object_get(json_array_get(json_object_get(f.record, "data"), 1), "special")));
	cr_assert(json_is_false(json_object_get(json_array_get(json_object_get(f.record, "data"), 1), "required")));
}

Test(consent, assistance_is_recorded)
{
	CLEANUP(drop) struct fixture f = asked(false);
	CLEANUP(buf_clear) struct buf why = BUF(1 << 16);

	f.terms.assisted = true;
	f.terms.channel = STR("office");
	f.terms.assist_operator = STR("opr_1");
	f.terms.assist_organisation = STR("org_a");
	f.terms.confirmation = STR("sms-otp");
	f.terms.confirmed_us = FROM;
	build(&f);
	EXPECT_OK(validate(&f, CONSENT_STAGE_ASKED, &why));
	json_object_del(json_object_get(f.record, "assisted"), "operator");
	EXPECT_STATUS(E_INVALID, validate(&f, CONSENT_STAGE_ASKED, &why));
}

Test(consent, a_signed_paper_needs_a_second_operator_who_is_somebody_else)
{
	static const char *const seconds[] = { "opr_2", "opr_1", "", NULL };

	for (size_t i = 0; i < ARRAY_LEN(seconds); i++) {
		CLEANUP(drop) struct fixture f = on_paper();
		CLEANUP(buf_clear) struct buf why = BUF(1 << 16);
		json_t *assisted = json_object_get(f.record, "assisted");

		if (seconds[i] != NULL)
			json_object_set_new(assisted, "second_operator", json_string(seconds[i]));
		else
			json_object_del(assisted, "second_operator");
		EXPECT_STATUS(i == 0 ? OK : E_INVALID, validate(&f, CONSENT_STAGE_ASKED, &why));
	}
}

Test(consent, nobody_helps_themselves_and_a_paper_has_a_number)
{
	static const struct {
		const char *member, *value;
	} wrong[] = { { "operator", "giver" }, { "second_operator", "giver" }, { "confirmation", "hotp-list" } };
	CLEANUP(drop) struct fixture f = on_paper();
	CLEANUP(buf_clear) struct buf why = BUF(1 << 16);

	json_object_del(json_object_get(json_object_get(f.record, "assisted"), "paper"), "number");
	EXPECT_STATUS(E_INVALID, validate(&f, CONSENT_STAGE_ASKED, &why));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CLEANUP(drop) struct fixture g = on_paper();
		const char *giver = json_string_value(json_object_get(json_object_get(g.record, "given_by"), "party"));
		const char *value = strcmp(wrong[i].value, "giver") == 0 ? giver : wrong[i].value;

		json_object_set_new(json_object_get(g.record, "assisted"), wrong[i].member, json_string(value));
		EXPECT_STATUS(E_INVALID, validate(&g, CONSENT_STAGE_ASKED, &why));
	}
}

/* ---- what cannot be built ---- */

static void
expect_unbuilt(struct fixture *f, enum status want)
{
	json_t *out = NULL;
	enum status st = OK;

	seal(f);
	st = consent_record_build(f->p, &f->terms, &out);

	cr_assert(st == want, "%s", status_name(st));
	cr_assert_null(out);
}

Test(consent, only_declared_purposes_and_consented_categories_are_asked_for)
{
	static const struct str health[] = { STR_INIT("health") }, contacts[] = { STR_INIT("contacts") };
	static const struct str unknown[] = { STR_INIT("gold") };
	CLEANUP(drop) struct fixture f = asked(false);
	struct consent_terms good = f.terms;

	f.terms.purpose = STR("curiosity");
	expect_unbuilt(&f, E_NOT_FOUND);
	f.terms = good;
	f.terms.service = STR("svc_nobody");
	expect_unbuilt(&f, E_NOT_FOUND);
	f.terms.service = STR("svc_b");
	expect_unbuilt(&f, E_DENIED);
	f.terms = good;
	f.terms.required = unknown;
	expect_unbuilt(&f, E_NOT_FOUND);
	f.terms.required = health; /* rests on a statute */
	expect_unbuilt(&f, E_DENIED);
	f.terms.required = contacts; /* not in the purpose */
	expect_unbuilt(&f, E_DENIED);
	f.terms = good;
	f.terms.required_count = 0;
	expect_unbuilt(&f, E_INVALID);
	f.terms = good;
	f.terms.optional = income;
	f.terms.optional_count = 1;
	expect_unbuilt(&f, E_INVALID);
}

Test(consent, a_term_may_be_shorter_but_never_longer_than_the_purpose_allows)
{
	CLEANUP(drop) struct fixture f = asked(false);

	f.terms.until_us = FROM;
	expect_unbuilt(&f, E_INVALID);
	f.terms.until_us = FROM + 5 * SECOND_US;
	build(&f);
	cr_assert_str_eq(json_string_value(json_object_get(json_object_get(f.record, "validity"), "until")),
			 "2026-11-30T00:53:25Z");
	json_decref(f.record);
	f.terms.until_us = FROM + 3650 * DAY_US;
	build(&f);
	cr_assert_str_eq(json_string_value(json_object_get(json_object_get(f.record, "validity"), "until")),
			 "2027-11-30T00:53:20Z");
}

Test(consent, text_that_is_not_utf8_is_refused)
{
	CLEANUP(drop) struct fixture f = asked(false);

	f.terms.subject = STR("sub_\xff");
	expect_unbuilt(&f, E_INVALID);
}
