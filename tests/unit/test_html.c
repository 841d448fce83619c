/* test_html.c: nothing leaves a template unescaped, and a template that could let it is refused before it is used. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "authd/http/html.h"
#include "authd/http/html_escape.h"
#include "tests/unit/catalogue.h"

static const struct catalogue_row russian[] = {
	CATALOGUE_ROW("", "-"),
	CATALOGUE_ROW("days\0days_plural", "{n} день\0{n} дня\0{n} дней"),
	CATALOGUE_ROW("hello", "Привет, {person.name}!"),
	CATALOGUE_ROW("state_given", "Дано"),
};
static const struct catalogue_row english[] = {
	CATALOGUE_ROW("", "-"),
	CATALOGUE_ROW("days\0days_plural", "{n} day\0{n} days"),
	CATALOGUE_ROW("hello", "Hello, {person.name}!"),
	CATALOGUE_ROW("odd", "<b>{unclosed"),
	CATALOGUE_ROW("state_given", "Given"),
};

static struct buf ru = BUF(4096), en = BUF(4096), why = BUF(4096);

static void
open_catalogues(void)
{
	struct str mo[I18N_LANG_COUNT];

	catalogue_put(&ru, russian, ARRAY_LEN(russian));
	catalogue_put(&en, english, ARRAY_LEN(english));
	mo[I18N_RU] = buf_str(&ru);
	mo[I18N_EN] = buf_str(&en);
	cr_assert_eq(i18n_open_with(mo, NULL), OK);
}

static void
close_catalogues(void)
{
	buf_clear(&ru);
	buf_clear(&en);
	buf_clear(&why);
}

TestSuite(html, .init = open_catalogues, .fini = close_catalogues);

/* Compiles page (and the partial "part") and renders it over data. */
static enum status
compile(const char *page, const char *part, struct html **out)
{
	struct embedded_file files[] = { { STR("page.html"), str_of(page), { "", 0 }, NULL },
					 { STR("part.html"), str_of(part), { "", 0 }, NULL } };
	struct embedded_table table = { files, 2 };

	buf_reset(&why);
	return html_new(&table, out, &why);
}

static void
expect_with(const char *page, const char *part, const char *data, enum i18n_lang lang, const char *wanted)
{
	CLEANUP(json_decrefp) json_t *json = json_loads(data, 0, NULL);
	CLEANUP(buf_clear) struct buf out = BUF(HTML_PAGE_MOST);
	struct html *h = NULL;

	cr_assert_not_null(json, "%s", data);
	cr_assert_eq(compile(page, part, &h), OK, "%.*s", STR_ARG(buf_str(&why)));
	cr_assert_eq(html_render(h, "page", json, lang, &out), OK);
	cr_expect(str_is(buf_str(&out), wanted), "got %.*s", STR_ARG(buf_str(&out)));
	html_free(h);
}

static void
expect(const char *page, const char *data, const char *wanted)
{
	expect_with(page, "", data, I18N_EN, wanted);
}

Test(html, attack_words_that_run_backwards_are_shown_as_they_were_written)
{
	static const char *const turning[] = { "\xd8\x9c",     "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xaa",
					       "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9" };
	static const char *const plain[] = {
		"\xe2\x80\x94", "\xe2\x81\xaa", "\xd8\x9b", "\xe2\x80", "\xe2", "\xd0\xb6"
	};

	for (size_t i = 0; i < ARRAY_LEN(turning); i++) {
		CLEANUP(buf_clear) struct buf in = { 0 }, out = { 0 };

		buf_printf(&in, "a%s<b", turning[i]);
		html_escape_put(&out, buf_str(&in));
		cr_assert(str_is(buf_str(&out), "a\xef\xbf\xbd&lt;b"), "%zu: %.*s", i, (int)out.n, out.p);
	}
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		CLEANUP(buf_clear) struct buf out = { 0 };

		html_escape_put(&out, str_of(plain[i]));
		cr_assert(str_is(buf_str(&out), plain[i]), "%zu", i);
	}
}

Test(html, escapes_every_value)
{
	expect("<p>{{x}}</p>", "{\"x\":\"<script>&'\\\"\"}", "<p>&lt;script&gt;&amp;&#39;&quot;</p>");
	expect("<p title=\"{{x}}\">", "{\"x\":\"\\\" onclick=\\\"a\"}", "<p title=\"&quot; onclick=&quot;a\">");
	expect("<p title='{{x}}'>", "{\"x\":\"' a='\"}", "<p title='&#39; a=&#39;'>");
	expect("<p>{{csrf}}</p>", "{\"csrf\":\"<>\"}", "<p>&lt;&gt;</p>");
	expect("<p>{{ x }}{{n}}{{t}}{{none}}{{null}}</p>", "{\"x\":\"a\",\"n\":-5,\"t\":true,\"null\":null}",
	       "<p>a-5true</p>");
}

Test(html, does_not_read_values_as_templates)
{
	expect("<p>{{x}}</p>", "{\"x\":\"{{y}}{{/z}}\",\"y\":\"no\"}", "<p>{{y}}{{/z}}</p>");
}

Test(html, repeats_sections_for_lists)
{
	expect("{{#l}}<i>{{n}}{{o}}</i>{{/l}}{{^l}}none{{/l}}", "{\"o\":\"!\",\"l\":[{\"n\":1},{\"n\":2,\"o\":\"?\"}]}",
	       "<i>1!</i><i>2?</i>");
	expect("{{#l}}{{n}}{{/l}}{{^l}}none{{/l}}", "{\"l\":[]}", "none");
	expect("{{#l}}{{#@first}}[{{/@first}}{{@index}}:{{.}}{{^@last}}, {{/@last}}{{#@last}}]{{/@last}}{{/l}}",
	       "{\"l\":[\"a\",\"<b>\"]}", "[0:a, 1:&lt;b&gt;]");
}

Test(html, enters_objects_and_truths)
{
	expect("{{#a}}{{b.c}}{{/a}}", "{\"a\":{\"b\":{\"c\":\"x\"}}}", "x");
	expect("{{#t}}yes{{/t}}{{^t}}no{{/t}}", "{\"t\":true}", "yes");
	expect("{{#t}}yes{{/t}}{{^t}}no{{/t}}", "{\"t\":false}", "no");
	expect("{{#t}}yes{{/t}}{{^t}}no{{/t}}", "{\"t\":\"\"}", "no");
	expect("{{#t}}yes{{/t}}{{^t}}no{{/t}}", "{\"t\":0}", "no");
	expect("{{#t}}yes{{/t}}{{^t}}no{{/t}}", "{}", "no");
	expect("<input {{#c}}checked{{/c}}>", "{\"c\":true}", "<input checked>");
}

Test(html, includes_partials_with_the_same_data)
{
	expect_with("<b>{{> part}}</b>{{#l}}{{> part}}{{/l}}", "({{x}})", "{\"x\":\"<\",\"l\":[{\"x\":1}]}", I18N_EN,
		    "<b>(&lt;)</b>(1)");
}

Test(html, a_word_is_true_in_the_partial_it_is_given_to_and_nowhere_else)
{
	expect_with("{{> part at_a}}{{> part at_b}}{{> part}}{{#at_a}}out{{/at_a}}",
		    "{{#at_a}}A{{/at_a}}{{#at_b}}B{{/at_b}};", "{}", I18N_EN, "A;B;;");
	/* Data cannot take a word's place, and a list goes on counting. */
	expect_with("{{> part at_a}}", "{{#at_a}}A{{/at_a}}", "{\"at_a\":[1,2,3]}", I18N_EN, "A");
	expect_with("{{#l}}{{> part at_a}}{{/l}}", "{{@index}}{{.}}{{#at_a}}{{#@last}}!{{/@last}}{{/at_a}}",
		    "{\"l\":[\"x\",\"y\"]}", I18N_EN, "0x1y!");
}

Test(html, translates_and_fills_in)
{
	const char *data = "{\"person\":{\"name\":\"<A>\"},\"n\":3,\"s\":\"given\",\"list\":[1]}";

	expect_with("{{t hello}} {{tn days n}} {{tn days list}} {{tk state_ s}}", "", data, I18N_RU,
		    "Привет, &lt;A&gt;! 3 дня 1 день Дано");
	expect_with("{{t hello}} {{tn days n}} {{lang}}", "", data, I18N_EN, "Hello, &lt;A&gt;! 3 days en");
	expect("{{t odd}}", "{}", "&lt;b&gt;{unclosed");
	expect("{{t no_such_key}}", "{}", "no_such_key");
	expect("{{tk state_ s}}", "{\"s\":\"<x>\"}", "state_&lt;x&gt;");
}

Test(html, writes_dates_in_words)
{
	expect_with("{{date a}}|{{datetime b}}|{{month m}}|{{date none}}", "",
		    "{\"a\":\"2026-11-21T10:00:00Z\",\"b\":1795262400000000,\"m\":\"2026-11\"}", I18N_RU,
		    "21 ноября 2026 года|21 ноября 2026 года, 15:00|ноябрь 2026|");
}

/* A day on a document has no time zone, may be older than 1970, and may be what somebody wrote. */
Test(html, writes_days_of_documents_in_words_and_shows_what_is_none)
{
	expect_with("{{date a}}|{{date b}}|{{date bad}}", "",
		    "{\"a\":\"1961-04-12\",\"b\":\"2016-09-01\",\"bad\":\"<x>\"}", I18N_RU,
		    "12 апреля 1961 года|1 сентября 2016 года|&lt;x&gt;");
	expect_with("{{date a}}|{{date b}}", "", "{\"a\":\"1961-04-12\",\"b\":\"2016-13-01\"}", I18N_EN,
		    "12 April 1961|2016-13-01");
}

Test(html, lets_no_value_choose_a_scheme_that_runs)
{
	static const struct {
		const char *url, *wanted;
	} rows[] = {
		{ "/a?b=c:d", "/a?b=c:d" },
		{ "https://a/", "https://a/" },
		{ "HTTP://a/", "HTTP://a/" },
		{ "mailto:a@b", "mailto:a@b" },
		{ "x", "x" },
		{ "#a:b", "#a:b" },
		{ "javascript:alert(1)", "#" },
		{ "JavaScript:alert(1)", "#" },
		{ " javascript:alert(1)", "#" },
		{ "java\\tscript:alert(1)", "#" },
		{ "data:text/html,x", "#" },
		{ "vbscript:x", "#" },
		{ "\\u0001javascript:alert(1)", "#" },
		{ ":x", "#" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buf_clear) struct buf data = BUF(1000), wanted = BUF(1000);

		buf_printf(&data, "{\"u\":\"%s\"}%c", rows[i].url, 0);
		buf_printf(&wanted, "<a href=\"%s\">%c", rows[i].wanted, 0);
		expect("<a href=\"{{u}}\">", data.p, wanted.p);
	}
	expect("<a href=\"{{a}}{{b}}\">", "{\"a\":\"javascript\",\"b\":\":x\"}", "<a href=\"javascript#\">");
	expect("<a href=\"{{#s}}/x{{/s}}{{a}}\">", "{\"a\":\"javascript:x\"}", "<a href=\"#\">");
	expect("<a href=\"/x/{{a}}\">", "{\"a\":\"b:c\"}", "<a href=\"/x/b:c\">");
}

Test(html, refuses_templates_that_could_leak_or_break)
{
	static const char *const bad[] = {
		"<p class={{x}}>",
		"<p {{x}}>",
		"<{{x}}>",
		"<p {{x}}=\"a\">",
		"<script>var a = \"{{x}}\";</script>",
		"<style>a { color: {{x}} }</style>",
		"<a onclick=\"{{x}}\">",
		"<a style=\"{{x}}\">",
		"<iframe srcdoc=\"{{x}}\">",
		"<!-- {{x}} -->",
		"<script>{{t hello}}</script>",
		"<p class={{t hello}}>",
		"{{#a}}",
		"{{/a}}",
		"{{#a}}{{#b}}{{/a}}{{/b}}",
		"{{#a}}<p class=\"{{/a}}x\">",
		"<p class=\"{{#a}}\">{{/a}}x",
		"<p {{#a}}title{{/a}}=\"{{x}}\">",
		"<p o{{#a}}n{{/a}}click=\"{{x}}\">",
		"<p title={{#a}}\"{{x}}\"{{/a}}>",
		"{{#a}}<script>{{/a}}</script>",
		"{{> none}}",
		"{{>}}",
		"{{> part a b}}",
		"{{> part <a>}}",
		"<p {{> part}}>",
		"{{> page}}",
		"{{x",
		"{{}}",
		"{{{x}}}",
		"{{&x}}",
		"{{x y}}",
		"{{t}} {{t a b}}",
		"{{tn days}}",
		"<p class=\"a",
		"\xff",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct html *h = NULL;
		/* "{{t}}" alone is a value named t; with a word too many it is an error. */
		cr_expect_eq(compile(bad[i], "", &h), E_INVALID, "%s", bad[i]);
		cr_expect_gt(why.n, 0);
	}
}

Test(html, tells_file_and_line)
{
	struct html *h = NULL;

	cr_assert_eq(compile("<p>\n{{#a}}\n</p>\n{{/b}}", "", &h), E_INVALID);
	cr_expect(str_starts(buf_str(&why), STR("page.html:4: ")), "%.*s", STR_ARG(buf_str(&why)));
}

Test(html, takes_remarks_and_markup_of_all_kinds)
{
	expect(
	    "<!doctype html><!-- a > b --><p a=b c = 'd' e>x</p>{{! nothing }}<script>if (a < b) {}</script><br/>{{x}}",
	    "{\"x\":\"<\"}",
	    "<!doctype html><!-- a > b --><p a=b c = 'd' e>x</p><script>if (a < b) {}</script><br/>&lt;");
}

Test(html, finds_keys_that_a_language_lacks)
{
	struct html *h = NULL;

	cr_assert_eq(compile("{{t hello}}{{t odd}}\n{{tn no_days n}}", "", &h), OK);
	cr_expect_eq(html_check_keys(h, &why), E_INVALID);
	cr_expect_lt(str_find(buf_str(&why), STR("page.html:1: no text in ru for odd")), why.n);
	cr_expect_lt(str_find(buf_str(&why), STR("page.html:2: no text in en for no_days")), why.n);
	html_free(h);
}

Test(html, stops_at_the_buffers_maximum)
{
	CLEANUP(json_decrefp) json_t *data = json_loads("{\"l\":[1,2,3,4,5,6,7,8,9]}", 0, NULL);
	CLEANUP(buf_clear) struct buf out = BUF(10);
	struct html *h = NULL;

	cr_assert_eq(compile("{{#l}}{{#l}}{{#l}}aaa{{/l}}{{/l}}{{/l}}", "", &h), OK);
	cr_expect_eq(html_render(h, "page", data, I18N_EN, &out), E_TOO_LARGE);
	cr_expect_eq(html_render(h, "nothing", data, I18N_EN, &out), E_NOT_FOUND);
	html_free(h);
}
