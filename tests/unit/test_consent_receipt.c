/* What a receipt says, in both languages. */
#include "authd/consent/consent_words.h"
#include "tests/unit/consent_fixture.h"

static bool
shows(const struct fixture *f, const json_t *identity, enum words_lang lang, const char *text)
{
	CLEANUP(buf_clear) struct buf out = BUF(1 << 16);

	EXPECT_OK(consent_receipt_text(f->record, identity, lang, &out));
	return str_find(buf_str(&out), str_of(text)) < out.n;
}

Test(consent_receipt, a_receipt_says_the_nine_items_in_both_languages)
{
	CLEANUP(drop) struct fixture f = given(true);
	static const char *const both[] = { "Иванова Анна Петровна",
					    "4000 123456",
					    "Иванов Пётр",
					    "приказ № 7",
					    "Street 1",
					    "Street 2",
					    "2027-11-30T00:53:20Z",
					    "2025-11-30 – 2027-11-30" };
	static const char *const ru[] = { "Проверка",
					  "Доход",
					  "смотреть",
					  "не чаще 2 за 30 дней",
					  "3 года",
					  "в офисе",
					  "кнопка на портале и одноразовый код",
					  "запись журнала 101",
					  "Волонтёры" };
	static const char *const en[] = { "Check",        "Income",       "at most 2 in 30 days",
					  "3 years",      "at an office", "a button of the portal and a one-time code",
					  "log entry 101" };

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		cr_expect(shows(&f, f.identity, WORDS_RU, both[i]), "%s", both[i]);
		cr_expect(shows(&f, f.identity, WORDS_EN, both[i]), "%s", both[i]);
	}
	for (size_t i = 0; i + 1 < ARRAY_LEN(ru); i++)
		cr_expect(shows(&f, f.identity, WORDS_RU, ru[i]), "%s", ru[i]);
	cr_expect(!shows(&f, f.identity, WORDS_RU, ru[ARRAY_LEN(ru) - 1]), "somebody who has nothing to do with it");
	for (size_t i = 0; i < ARRAY_LEN(en); i++)
		cr_expect(shows(&f, f.identity, WORDS_EN, en[i]), "%s", en[i]);
}

/* A page says it in the reader's language and time zone: the moment stands by itself. */
Test(consent_receipt, the_moment_of_an_event_stands_by_itself)
{
	CLEANUP(drop) struct fixture f = given(true);
	CLEANUP(consent_receipt_clear) struct consent_receipt r = { 0 };
	size_t events = 0;

	EXPECT_OK(consent_receipt_lines(f.record, f.identity, WORDS_EN, &r));
	for (size_t i = 0; i < r.n; i++) {
		int64_t us;

		cr_expect_eq(r.line[i].kind == CONSENT_LINE_EVENT, r.line[i].at != NULL);
		if (r.line[i].at == NULL)
			continue;
		EXPECT_OK(clock_parse_rfc3339(str_of(r.line[i].at), &us));
		cr_expect_null(strstr(r.line[i].value, r.line[i].at));
		events++;
	}
	cr_expect_eq(events, 2, "requested and given");
}

Test(consent_receipt, a_receipt_for_others_names_nobody)
{
	CLEANUP(drop) struct fixture f = given(true);

	cr_assert(!shows(&f, NULL, WORDS_RU, "Иванов"));
	cr_assert(!shows(&f, NULL, WORDS_RU, "4000"));
	cr_assert(shows(&f, NULL, WORDS_RU, "Проверка"));
}

Test(consent_receipt, an_optional_category_is_shown_as_such)
{
	static const struct str family[] = { STR_INIT("family") };
	CLEANUP(drop) struct fixture f = asked(false);

	f.terms.optional = family;
	f.terms.optional_count = 1;
	build(&f);
	cr_assert(shows(&f, NULL, WORDS_EN, "Family (optional)"));
	cr_assert(shows(&f, NULL, WORDS_RU, "Семья (по желанию)"));
	cr_assert(!shows(&f, NULL, WORDS_EN, "Income (optional)"));
}

Test(consent_receipt, terms_are_said_with_the_right_ending)
{
	static const struct {
		const char *term, *ru, *en;
	} rows[] = {
		{ "P1Y", "1 год", "1 year" },
		{ "P2M", "2 месяца", "2 months" },
		{ "P5D", "5 дней", "5 days" },
		{ "P11D", "11 дней", "11 days" },
		{ "P21D", "21 день", "21 days" },
		{ "P112D", "112 дней", "112 days" },
		{ "PT10M", "10 минут", "10 minutes" },
		{ "P1DT1H", "1 день 1 час", "1 day 1 hour" },
		{ "forever", "", "" },
		{ "P", "", "" },
		{ "P5", "", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buf_clear) struct buf ru = BUF(256);
		CLEANUP(buf_clear) struct buf en = BUF(256);

		consent_words_term(&ru, rows[i].term, WORDS_RU);
		consent_words_term(&en, rows[i].term, WORDS_EN);
		EXPECT_BUF(rows[i].ru, &ru);
		EXPECT_BUF(rows[i].en, &en);
	}
	cr_assert_str_eq(consent_words_say("withdrawn", WORDS_RU), "отозвано");
	cr_assert_str_eq(consent_words_say("sms-otp", WORDS_RU), "sms-otp");
}
