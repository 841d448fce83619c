/* test_pages.c: the portal's own pages: every one compiles, every text is there in both languages, in the same way. */
#include <stdio.h>
#include <stdlib.h>

#include "auditlog/core/entry.h"
#include "authd/consent/consent_state.h"
#include "authd/http/html.h"
#include "authd/http/problem.h"
#include "tests/unit/expect.h"

static struct buf why = BUF(65536);

static void
open_pages(void)
{
	EXPECT_OK(i18n_open(NULL));
	cr_assert_eq(html_check_all(&why), OK, "%.*s", STR_ARG(buf_str(&why)));
}

static void
close_pages(void)
{
	html_close();
	buf_clear(&why);
}

TestSuite(pages, .init = open_pages, .fini = close_pages);

/* ---- texts ---- */

/* prefix + name, in both languages and not empty. */
static void
expect_text(const char *prefix, const char *name)
{
	char key[128];

	snprintf(key, sizeof(key), "%s%s", prefix, name);
	for (int lang = 0; lang < I18N_LANG_COUNT; lang++) {
		cr_expect(i18n_has((enum i18n_lang)lang, str_of(key)), "no %s text for %s",
			  i18n_code((enum i18n_lang)lang), key);
		cr_expect(i18n_text((enum i18n_lang)lang, str_of(key)).n > 0);
	}
}

Test(pages, says_every_problem_and_what_to_do)
{
	size_t count;
	const struct problem_row *rows = problem_rows(&count);

	for (size_t i = 0; i < count; i++) {
		char status[16];

		snprintf(status, sizeof(status), "%d", rows[i].http);
		expect_text("problem_", rows[i].reason);
		expect_text("error_help_", status);
	}
}

/* Where the reason tells more than the status: whoever gave a wrong form tries again, and who has no role need not. */
Test(pages, say_what_to_do_by_the_reason_of_a_refusal)
{
	static const char *const reasons[] = {
		"csrf_failed",          "foreign_origin", "acting_not_allowed", "representative_invalid",
		"role_missing",         "sod_conflict",   "acr_too_low",        "own_matter",
		"conflict_of_interest", "second_person",  "same_person"
	};

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		cr_expect_eq(problem_find(E_DENIED, reasons[i])->http, 403, "%s", reasons[i]);
		cr_expect_str_eq(problem_find(E_DENIED, reasons[i])->reason, reasons[i]);
		expect_text("error_help_", reasons[i]);
	}
}

Test(pages, says_every_state_of_a_consent)
{
	for (int s = CONSENT_NONE; s < CONSENT_STATES; s++)
		expect_text("consent_state_", consent_state_name((enum consent_state)s));
	expect_text("consent_state_", "ending");
	expect_text("consent_state_", "unknown");
}

Test(pages, says_every_ground)
{
	for (int b = ENTRY_BASIS_CONSENT; b <= ENTRY_BASIS_ENTRY; b++)
		expect_text("basis_", entry_basis_name((enum entry_basis_type)b));
}

Test(pages, says_every_fault_outcome_and_check)
{
	static const char *const texts[][2] = {
		{ "fault_", "login_wrong" },
		{ "fault_", "login_incomplete" },
		{ "fault_", "login_again" },
		{ "fault_", "otp_wrong" },
		{ "fault_", "ask_answer_missing" },
		{ "fault_", "password_short" },
		{ "fault_", "password_long" },
		{ "fault_", "password_guessable" },
		{ "fault_", "password_not_text" },
		{ "fault_", "password_same" },
		{ "fault_", "password_old_wrong" },
		{ "fault_", "code_malformed" },
		{ "fault_", "code_unknown" },
		{ "outcome_", "released" },
		{ "outcome_", "empty" },
		{ "outcome_", "failed" },
		{ "check_result_", "holds" },
		{ "check_result_", "later" },
		{ "check_result_", "fails" },
		{ "check_means_", "holds" },
		{ "check_means_", "later" },
		{ "check_means_", "fails" },
		{ "fault_", "device_code_malformed" },
		{ "fault_", "device_code_unknown" },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		expect_text(texts[i][0], texts[i][1]);
}

/* Plain language: a sentence of a text has at most fifteen words. */
static void
expect_short(struct str key, enum i18n_lang lang)
{
	struct str text = i18n_text(lang, key), sentence;

	while (str_next(&text, '.', &sentence)) {
		size_t words = 0;
		struct str word;

		while (str_next(&sentence, ' ', &word))
			words += word.n > 0;
		cr_expect(words <= 15, "%s: %.*s has a sentence of %zu words", i18n_code(lang), STR_ARG(key), words);
	}
}

Test(pages, speaks_in_short_sentences)
{
	static const char *const longest[] = { "ask_take_back",     "ask_optional_hint",  "withdraw_effect",
					       "receipt_check_how", "look_detail_sealed", "check_means_holds",
					       "check_means_fails", "help_what_text",     "help_consent_text",
					       "help_proof_text",   "sign_out_text",      "fault_login_again" };

	for (size_t i = 0; i < ARRAY_LEN(longest); i++)
		for (int lang = 0; lang < I18N_LANG_COUNT; lang++)
			expect_short(str_of(longest[i]), (enum i18n_lang)lang);
}

/* ---- every page ---- */

static const struct {
	const char *name;
	const char *data;
} pages[] = {
	{ "login", "{\"csrf\":\"T\",\"return_to\":\"/me\",\"fault\":\"login_wrong\"}" },
	{ "otp", "{\"csrf\":\"T\",\"fault\":\"otp_wrong\"}" },
	{ "me",
	  "{\"signed_in\":true,\"csrf\":\"T\",\"holding\":1,\"looks\":5,\"looks_known\":true,\"open\":2,"
	  "\"waiting\":[{\"id\":\"r\","
	  "\"purpose\":\"P\",\"organisation\":\"O\",\"expires\":1800000000000000}],\"unread\":1,\"expiring\":1}" },
	{ "inbox", "{\"signed_in\":true,\"csrf\":\"T\",\"unread\":1,\"messages\":[{\"kind\":\"consent_expired\",\"at\":"
		   "1800000000000000,\"new\":true,\"link\":\"/consents/c\",\"organisation\":\"O\",\"purpose\":\"P\","
		   "\"until\":1800000000000000}],\"next\":\"x\"}" },
	{ "ask", "{\"signed_in\":true,\"csrf\":\"T\",\"id\":\"r\",\"organisation\":\"O\",\"service\":\"S\",\"purpose\":"
		 "\"P\",\"why\":\"W\","
		 "\"if_refused\":\"I\",\"required\":[{\"id\":\"a\",\"title\":\"A\",\"special\":false}],\"optional\":[{"
		 "\"id\":\"b\",\"title\":"
		 "\"B\",\"special\":true}],\"until\":1800000000000000,\"notice\":[{\"heading\":true,\"text\":\"H\"},{"
		 "\"paragraph\":true,\"text\":\"A\"},{\"list\":[\"B\"]}],"
		 "\"case\":\"7\","
		 "\"fault\":\"ask_answer_missing\"}" },
	{ "consents", "{\"signed_in\":true,\"csrf\":\"T\",\"waiting\":[],\"holding\":[{\"id\":\"c\",\"state\":"
		      "\"given\",\"holds\":true,"
		      "\"purpose\":\"P\",\"organisation\":\"O\",\"given\":1700000000000000,\"until\":1800000000000000,"
		      "\"withdrawn\":0,"
		      "\"code\":\"7F3A-19C2-K8\"}],\"ended\":[],\"next\":\"x\"}" },
	{ "consent",
	  "{\"signed_in\":true,\"csrf\":\"T\",\"id\":\"c\",\"state\":\"given\",\"holds\":true,\"purpose\":\"P\","
	  "\"organisation\":"
	  "\"O\",\"given\":1,\"until\":2,\"withdrawn\":0,\"code\":\"7F3A-19C2-K8\",\"sections\":[{\"title\":\"T\","
	  "\"rows\":[{"
	  "\"label\":\"L\",\"value\":\"2026-11-21T22:54:03Z\",\"name\":false,\"time\":true,\"link\":false}]}]}" },
	{ "withdraw",
	  "{\"signed_in\":true,\"csrf\":\"T\",\"id\":\"c\",\"state\":\"given\",\"holds\":true,\"purpose\":\"P\"}" },
	{ "receipt", "{\"signed_in\":true,\"csrf\":\"T\",\"id\":\"c\",\"state\":\"withdrawn\",\"holds\":false,\"code\":"
		     "\"7F3A-19C2-K8\"}" },
	{ "document",
	  "{\"signed_in\":true,\"csrf\":\"T\",\"back\":\"/consents/\",\"back_id\":\"c\",\"check\":\"https://a/"
	  "check\",\"paper\":true,\"items\":[{\"number\":\"1\",\"rows\":[{\"label\":\"L\",\"value\":\"V\",\"name\":"
	  "true,\"time\":false,\"link\":false}],\"fields\":[{\"field\":\"name\"}],\"none\":false}],\"qr\":{\"size\":9,"
	  "\"path\":\"M1 1h1v1h-1z\"}}" },
	{ "accesses",
	  "{\"signed_in\":true,\"csrf\":\"T\",\"month\":\"2026-11\",\"refused_shown\":false,\"months\":[\"2026-11\"],"
	  "\"next\":4,"
	  "\"has_next\":true,\"looks\":[{\"index\":5,\"at\":1,\"organisation\":\"O\",\"service\":\"s\",\"role\":\"\","
	  "\"categories\":[\"A\",\"B\"],\"purpose\":\"P\",\"permit\":true,\"refused\":false,\"recorded\":false,"
	  "\"emergency\":true,\"reason\":\"R\",\"basis\":\"consent\",\"basis_ref\":\"\",\"confirmed\":false}]}" },
	{ "access", "{\"signed_in\":true,\"csrf\":\"T\",\"index\":5,\"at\":1,\"permit\":true,\"confirmed\":true,"
		    "\"outcome\":\"released\","
		    "\"categories\":[],\"detail\":{\"case\":\"7\"},\"check\":\"holds\",\"checkpoint\":{\"origin\":"
		    "\"o\",\"size\":9,\"root\":"
		    "\"r\",\"leaf\":\"l\",\"key\":\"k+1+2\"},\"entry\":\"{}\",\"form\":{\"text\":{\"id\":\"text\","
		    "\"name\":\"text\",\"value\":\"V\",\"wrong\":\"question_text\"}}}" },
	{ "security", "{\"signed_in\":true,\"csrf\":\"T\",\"fault\":\"password_short\",\"fault_new\":true,\"sessions\":"
		      "[{\"id\":\"s\","
		      "\"current\":false,\"began\":1,\"seen\":2,\"ends\":3,\"agent\":\"A\"}]}" },
	{ "sign_out", "{\"signed_in\":true,\"csrf\":\"T\",\"client_id\":\"c\",\"post_logout_redirect_uri\":\"https://"
		      "a.example/\"}" },
	{ "signed_out", "{}" },
	{ "check", "{\"csrf\":\"T\",\"typed\":\"x\",\"found\":{\"code\":\"7F3A-19C2-K8\",\"valid\":true,\"state\":"
		   "\"given\",\"purpose\":\"P\","
		   "\"organisation\":\"O\",\"given\":1,\"until\":2,\"ended\":0}}" },
	{ "desk_account",
	  "{\"csrf\":\"T\",\"fault\":true,\"faults\":[{\"id\":\"name\",\"wrong\":\"account_name\"},{\"id\":\"paper\","
	  "\"wrong\":\"paper_number\"}],\"form\":{\"name\":{\"id\":\"name\",\"name\":\"name\",\"value\":\"\",\"wrong\":"
	  "\"account_name\"},\"paper\":{\"id\":\"paper\",\"name\":\"paper\",\"value\":\"V\",\"wrong\":\"paper_number\"}"
	  "}}" },
	{ "help", "{}" },
	{ "reports", "{\"months\":[{\"month\":\"2026-11\",\"complete\":false}]}" },
	{ "report",
	  "{\"month\":\"2026-11\",\"complete\":true,\"tables\":[{\"table\":\"help\",\"has_total\":true,"
	  "\"total_few\":true,\"rows\":[{\"label\":\"L\",\"count\":10,\"few\":false}]}],\"shares\":[{\"share\":"
	  "\"assisted\",\"known\":true,\"percent\":5}],\"log\":{\"from\":1,\"to\":2,\"size\":3,\"root\":\"r\"}}" },
	{ "licences", "{\"text\":\"MIT\"}" },
	{ "error", "{\"status\":404,\"reason\":\"not_found\",\"title\":\"N\",\"help\":\"h\",\"detail\":\"d\",\"request_"
		   "id\":\"i\"}" },
};

static void
render(size_t i, enum i18n_lang lang, struct buf *out)
{
	CLEANUP(json_decrefp) json_t *data = json_loads(pages[i].data, 0, NULL);

	cr_assert_not_null(data, "%s", pages[i].name);
	EXPECT_OK(html_page(pages[i].name, data, lang, out));
}

static size_t
count(struct str page, struct str what)
{
	size_t n = 0;

	for (size_t at = str_find(page, what); at < page.n; at = str_find(page, what)) {
		page = str_slice(page, at + what.n, page.n);
		n++;
	}
	return n;
}

Test(pages, have_one_title_one_main_and_one_heading_each)
{
	static const struct str once[] = { STR_INIT("<title>"),
					   STR_INIT("<h1 "),
					   STR_INIT("<main "),
					   STR_INIT("</main>"),
					   STR_INIT("id=\"main-content\""),
					   STR_INIT("href=\"#main-content\""),
					   STR_INIT("<header "),
					   STR_INIT("<footer "),
					   STR_INIT("<html lang=\"") };

	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		for (int lang = 0; lang < I18N_LANG_COUNT; lang++) {
			CLEANUP(buf_clear) struct buf out = BUF(HTML_PAGE_MOST);

			render(i, (enum i18n_lang)lang, &out);
			for (size_t k = 0; k < ARRAY_LEN(once); k++)
				cr_expect(count(buf_str(&out), once[k]) == 1, "%s: %.*s", pages[i].name,
					  STR_ARG(once[k]));
		}
	}
}

/* The policy that pages are sent with allows neither; a page that had them would be broken in the browser only. */
Test(pages, have_no_script_and_no_style)
{
	static const struct str never[] = { STR_INIT("<script"),  STR_INIT("<style"),      STR_INIT("style=\""),
					    STR_INIT(" onclick"), STR_INIT("javascript:"), STR_INIT("src=\"http"),
					    STR_INIT("{{") };

	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		CLEANUP(buf_clear) struct buf out = BUF(HTML_PAGE_MOST);

		render(i, I18N_RU, &out);
		for (size_t k = 0; k < ARRAY_LEN(never); k++)
			cr_expect(count(buf_str(&out), never[k]) == 0, "%s: %.*s", pages[i].name, STR_ARG(never[k]));
	}
}

Test(pages, send_the_token_with_every_posted_form)
{
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		CLEANUP(buf_clear) struct buf out = BUF(HTML_PAGE_MOST);
		size_t forms, tokens;

		render(i, I18N_EN, &out);
		forms = count(buf_str(&out), STR("method=\"post\""));
		tokens = count(buf_str(&out), STR("name=\"csrf\" value=\"T\""));
		cr_expect(forms == tokens, "%s: %zu forms, %zu tokens", pages[i].name, forms, tokens);
	}
}

/* Each link of the summary: a field with that id, which says that it is wrong and where it is said. */
static void
expect_fields(struct str page, const char *name)
{
	const struct str link = STR("<li><a href=\"#"), invalid = STR(" aria-invalid=\"true\"");
	size_t links = 0;

	for (size_t at = str_find(page, link); at < page.n; at = str_find(page, link)) {
		CLEANUP(buf_clear) struct buf field = BUF(256), text = BUF(256);
		struct str id;

		page = str_slice(page, at + link.n, page.n);
		id = str_slice(page, 0, str_find_char(page, '"'));
		if (str_is(id, "faulty"))
			continue;
		buf_printf(&field, " id=\"%.*s\" name=", STR_ARG(id));
		buf_printf(&text, " id=\"%.*s-fault\"", STR_ARG(id));
		cr_expect_eq(count(page, buf_str(&field)), 1, "%s: %.*s", name, STR_ARG(id));
		cr_expect_eq(count(page, buf_str(&text)), 1, "%s: %.*s", name, STR_ARG(id));
		links++;
	}
	cr_expect(links == 0 || count(page, invalid) == links, "%s: %zu links", name, links);
}

/* A link to a fault that leads nowhere helps nobody. */
Test(pages, lead_from_a_fault_to_its_field)
{
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		CLEANUP(buf_clear) struct buf out = BUF(HTML_PAGE_MOST);
		size_t links;

		render(i, I18N_RU, &out);
		links = count(buf_str(&out), STR("href=\"#faulty\""));
		cr_expect(links == 0 || count(buf_str(&out), STR("id=\"faulty\"")) == 1, "%s", pages[i].name);
		expect_fields(buf_str(&out), pages[i].name);
	}
}

Test(pages, never_show_a_key_instead_of_a_text)
{
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		CLEANUP(buf_clear) struct buf out = BUF(HTML_PAGE_MOST);

		render(i, I18N_EN, &out);
		cr_expect(count(buf_str(&out), STR(">fault_")) == 0 && count(buf_str(&out), STR("_state_")) == 0 &&
			      count(buf_str(&out), STR("check_result_")) == 0 &&
			      count(buf_str(&out), STR("error_help_")) == 0,
			  "%s", pages[i].name);
	}
}

Test(pages, tick_no_optional_category_beforehand)
{
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		CLEANUP(buf_clear) struct buf out = BUF(HTML_PAGE_MOST);

		render(i, I18N_RU, &out);
		cr_expect(count(buf_str(&out), STR("checked")) == 0, "%s", pages[i].name);
	}
}

/* People read the log's events by their names in their language (own_data.c, history.c). */
Test(pages, every_event_of_the_log_has_a_name_in_every_language)
{
	open_pages();
	for (int ev = ENTRY_NO_EVENT + 1; ev < ENTRY_EVENT_COUNT; ev++) {
		char key[64];

		snprintf(key, sizeof(key), "event_%s", entry_event_name((enum entry_event)ev));
		for (char *p = key; *p != '\0'; p++)
			if (*p == '.')
				*p = '_';
		for (int lang = 0; lang < I18N_LANG_COUNT; lang++)
			cr_expect(i18n_has((enum i18n_lang)lang, str_of(key)), "%s: %s",
				  i18n_code((enum i18n_lang)lang), key);
	}
}
