/* test_i18n.c: texts, plurals and dates in both languages, and which language a request is answered in. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/http/http_request.h"
#include "authd/http/i18n.h"
#include "tests/unit/catalogue.h"

static const struct catalogue_row russian[] = {
	CATALOGUE_ROW("", "Content-Type: text/plain; charset=UTF-8\n"),
	CATALOGUE_ROW("days\0days_plural", "{n} день\0{n} дня\0{n} дней"),
	CATALOGUE_ROW("give", "Дать согласие"),
	CATALOGUE_ROW("only_here", "Только тут"),
};
static const struct catalogue_row english[] = {
	CATALOGUE_ROW("", "Content-Type: text/plain; charset=UTF-8\n"),
	CATALOGUE_ROW("days\0days_plural", "{n} day\0{n} days"),
	CATALOGUE_ROW("give", "Give consent"),
};

static struct buf ru = BUF(4096), en = BUF(4096);

static void
open_both(void)
{
	struct str mo[I18N_LANG_COUNT];

	catalogue_put(&ru, russian, ARRAY_LEN(russian));
	catalogue_put(&en, english, ARRAY_LEN(english));
	mo[I18N_RU] = buf_str(&ru);
	mo[I18N_EN] = buf_str(&en);
	cr_assert_eq(i18n_open_with(mo, NULL), OK);
}

static void
close_both(void)
{
	buf_clear(&ru);
	buf_clear(&en);
}

TestSuite(i18n, .init = open_both, .fini = close_both);

Test(i18n, finds_texts_by_key)
{
	cr_expect(str_is(i18n_text(I18N_RU, STR("give")), "Дать согласие"));
	cr_expect(str_is(i18n_text(I18N_EN, STR("give")), "Give consent"));
	cr_expect(i18n_has(I18N_RU, STR("only_here")));
	cr_expect_not(i18n_has(I18N_EN, STR("only_here")));
	cr_expect(str_is(i18n_text(I18N_EN, STR("only_here")), "only_here"), "a missing one shows its key");
	cr_expect_not(i18n_has(I18N_RU, STR("")), "the heading of the file is no text");
}

Test(i18n, counts_in_russian_and_english)
{
	static const struct {
		uint64_t n;
		const char *ru, *en;
	} rows[] = {
		{ 0, "{n} дней", "{n} days" },   { 1, "{n} день", "{n} day" },    { 2, "{n} дня", "{n} days" },
		{ 4, "{n} дня", "{n} days" },    { 5, "{n} дней", "{n} days" },   { 11, "{n} дней", "{n} days" },
		{ 12, "{n} дней", "{n} days" },  { 14, "{n} дней", "{n} days" },  { 21, "{n} день", "{n} days" },
		{ 22, "{n} дня", "{n} days" },   { 25, "{n} дней", "{n} days" },  { 101, "{n} день", "{n} days" },
		{ 111, "{n} дней", "{n} days" }, { 112, "{n} дней", "{n} days" }, { 1000000, "{n} дней", "{n} days" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cr_expect(str_is(i18n_plural(I18N_RU, STR("days"), rows[i].n), rows[i].ru), "%zu", i);
		cr_expect(str_is(i18n_plural(I18N_EN, STR("days"), rows[i].n), rows[i].en), "%zu", i);
	}
	cr_expect(str_is(i18n_plural(I18N_EN, STR("give"), 5), "Give consent"), "one form does for all");
}

static enum i18n_lang
choose(const char *query, const char *cookie, const char *accept)
{
	struct http_request req = { .query = str_of(query) };

	if (cookie != NULL)
		req.headers[req.header_count++] = (struct http_header){ STR("cookie"), str_of(cookie) };
	if (accept != NULL)
		req.headers[req.header_count++] = (struct http_header){ STR("accept-language"), str_of(accept) };
	return i18n_choose(&req);
}

Test(i18n, asks_the_query_then_the_cookie_then_the_browser)
{
	cr_expect_eq(choose("a=1&lang=en", "__Host-lang=ru", "ru"), I18N_EN);
	cr_expect_eq(choose("lang=xx", "__Host-lang=en", "ru"), I18N_EN);
	cr_expect_eq(choose("", "a=b", "de, en-GB;q=0.8, ru;q=0.5"), I18N_EN);
	cr_expect_eq(choose("", NULL, "en;q=0.3, ru;q=0.5"), I18N_RU);
	cr_expect_eq(choose("", NULL, "en;q=0"), I18N_RU);
	cr_expect_eq(choose("", NULL, "de, fr"), I18N_RU);
	cr_expect_eq(choose("", NULL, NULL), I18N_RU);
	cr_expect_eq(choose("", NULL, ",,;q=,en;;"), I18N_EN);
}

static void
expect_date(enum i18n_lang lang, int64_t us, const char *date, const char *datetime)
{
	CLEANUP(buf_clear) struct buf one = BUF(100), two = BUF(100);

	i18n_put_date(&one, lang, us);
	i18n_put_datetime(&two, lang, us);
	cr_expect(str_is(buf_str(&one), date), "%.*s", STR_ARG(buf_str(&one)));
	cr_expect(str_is(buf_str(&two), datetime), "%.*s", STR_ARG(buf_str(&two)));
}

Test(i18n, writes_dates_in_words_and_in_local_time)
{
	int64_t us = 0;

	cr_assert_eq(clock_parse_rfc3339(STR("2026-11-21T22:54:19Z"), &us), OK);
	expect_date(I18N_RU, us, "22 ноября 2026 года", "22 ноября 2026 года, 01:54");
	expect_date(I18N_EN, us, "22 November 2026", "22 November 2026, 01:54");
}

static enum status
month(const char *text, struct buf *out)
{
	buf_reset(out);
	return i18n_put_month(out, I18N_RU, str_of(text));
}

Test(i18n, writes_months_and_refuses_what_is_none)
{
	CLEANUP(buf_clear) struct buf out = BUF(100);

	cr_expect_eq(month("2026-09", &out), OK);
	cr_expect(str_is(buf_str(&out), "сентябрь 2026"));
	cr_expect_eq(month("2026-12", &out), OK);
	cr_expect_eq(month("2026-13", &out), E_INVALID);
	cr_expect_eq(month("2026-00", &out), E_INVALID);
	cr_expect_eq(month("2026-1", &out), E_INVALID);
	cr_expect_eq(month("20x6-11", &out), E_INVALID);
	cr_expect_eq(month("", &out), E_INVALID);
}

static enum status
open_bytes(struct str bytes)
{
	struct str mo[I18N_LANG_COUNT] = { bytes, buf_str(&en) };

	return i18n_open_with(mo, NULL);
}

Test(i18n, refuses_damaged_catalogues)
{
	char *copy = malloc(ru.n);

	cr_expect_eq(open_bytes(STR("")), E_CORRUPT);
	cr_expect_eq(open_bytes(str_slice(buf_str(&ru), 0, 40)), E_CORRUPT);
	for (size_t i = 0; i < 28 + 16 * ARRAY_LEN(russian); i++) {
		enum status st;

		memcpy(copy, ru.p, ru.n);
		copy[i] = (char)0xff;
		st = open_bytes(str_from(copy, ru.n));
		/* Whatever is left standing must at least be safe to search. */
		if (st == OK)
			cr_expect_leq(i18n_text(I18N_RU, STR("give")).n, ru.n);
		cr_expect(st == OK || st == E_CORRUPT);
	}
	open_both();
	free(copy);
}

Test(i18n, refuses_time_zones_that_are_paths)
{
	struct str mo[I18N_LANG_COUNT] = { buf_str(&ru), buf_str(&en) };

	cr_expect_eq(i18n_open_with(mo, "../../etc/passwd"), E_INVALID);
	cr_expect_eq(i18n_open_with(mo, "/etc/localtime"), E_INVALID);
	cr_expect_eq(i18n_open_with(mo, "No/Where"), E_NOT_FOUND);
}
