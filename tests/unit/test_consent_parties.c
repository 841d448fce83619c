/* Records of consents for several services: whom they name, and whom they may not. */
#include "tests/unit/consent_fixture.h"

static const struct str both[] = { STR_INIT("svc_a"), STR_INIT("svc_tax") };

/* A bundle whose notice names two services of two organisations. */
static struct fixture
shared(void)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	struct fixture f = asked(false);

	policy_maker_edit(&m, "services.yaml", "provides: [income]",
			  "provides: [income], roles: [clerk], purposes: [check, free, care]");
	policy_maker_put(&m, "notices/ntc_check/1/recipients.yaml", STR("[svc_tax, svc_a]\n"));
	policy_unref(f.p);
	f.p = policy_maker_load(&m);
	f.terms.recipients = both;
	f.terms.recipient_count = ARRAY_LEN(both);
	return f;
}

static const char *
text_in(const json_t *list, size_t i, const char *member)
{
	return json_string_value(json_object_get(json_array_get(list, i), member));
}

Test(consent_parties, every_recipient_and_its_organisation_is_named_and_the_record_is_whole)
{
	struct fixture f = shared();
	CLEANUP(buf_clear) struct buf why = BUF(8192), text = BUF(8192);
	const json_t *recipients, *others;

	build(&f);
	event(&f, CONSENT_REQUESTED, FROM - SECOND_US);
	event(&f, CONSENT_GIVEN, FROM);
	recipients = json_object_get(f.record, "recipients");
	others = json_object_get(f.record, "other_controllers");
	cr_assert_eq(json_array_size(recipients), 2U);
	cr_assert_str_eq(text_in(recipients, 0, "service"), "svc_a");
	cr_assert_str_eq(text_in(recipients, 1, "organisation"), "org_dc");
	cr_assert_eq(json_array_size(others), 1U);
	cr_assert_str_eq(text_in(others, 0, "address"), "Street 2");
	cr_assert_eq(validate(&f, CONSENT_STAGE_GIVEN, &why), OK, "%.*s", (int)why.n, why.p);
	EXPECT_OK(consent_receipt_text(f.record, NULL, WORDS_EN, &text));
	cr_assert(str_find(buf_str(&text), STR("DC, Street 2, dc@example.org")) < text.n);
	cr_assert(str_find(buf_str(&text), STR("DC: D")) < text.n);
	json_array_clear(json_object_get(f.record, "other_controllers"));
	EXPECT_STATUS(E_INVALID, validate(&f, CONSENT_STAGE_GIVEN, &why));
	drop(&f);
}

Test(consent_parties, a_record_for_one_says_nothing_of_others)
{
	struct fixture f = shared();
	const json_t *recipients;

	f.terms.recipient_count = 0;
	build(&f);
	recipients = json_object_get(f.record, "recipients");
	cr_assert_eq(json_array_size(recipients), 1U);
	cr_assert_null(json_object_get(json_array_get(recipients, 0), "title"));
	cr_assert_null(json_object_get(f.record, "other_controllers"));
	drop(&f);
}

Test(consent_parties, nobody_is_a_recipient_whom_the_notice_does_not_name_beside_the_one_that_asks)
{
	static const struct {
		struct str list[3];
		enum status st;
	} bad[] = {
		{ { STR_INIT("svc_tax"), STR_INIT("svc_a") }, E_DENIED },
		{ { STR_INIT("svc_a"), STR_INIT("svc_b") }, E_DENIED },
		{ { STR_INIT("svc_a"), STR_INIT("svc_a") }, E_DENIED },
		{ { STR_INIT("svc_a"), STR_INIT("svc_nobody") }, E_NOT_FOUND },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct fixture f = shared();
		json_t *record = NULL;

		seal(&f);
		f.terms.recipients = bad[i].list;
		cr_expect_eq(consent_record_build(f.p, &f.terms, &record), bad[i].st, "%zu", i);
		drop(&f);
	}
}
