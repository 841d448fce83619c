/* test_asklink.c: a link asks for what a decision handed out, and for nothing that was changed on the way. */
#include "tests/unit/authd_maker.h"

#include "authd/access/asklink.h"

Test(asklink, it_helps_where_a_consent_would_change_the_answer)
{
	static const enum reason helped[] = { REASON_CONSENT_MISSING, REASON_CONSENT_EXPIRED, REASON_CONSENT_WITHDRAWN,
					      REASON_CONSENT_SCOPE };

	for (unsigned r = 0; r < REASON_COUNT; r++) {
		bool wanted = false;

		for (size_t i = 0; i < ARRAY_LEN(helped); i++)
			wanted = wanted || r == helped[i];
		cr_expect_eq(asklink_helps((enum reason)r), wanted, "%s", reason_name((enum reason)r));
	}
}

/* The query of a link for case_ref, parsed. */
static void
make(struct authd_maker *m, const char *case_ref, struct buf *url, struct form *query)
{
	struct str link;

	EXPECT_OK(
	    asklink_make(&m->authd, STR("svc_benefits"), STR("eligibility"), STR("income"), str_of(case_ref), url));
	link = buf_str(url);
	cr_assert(str_starts(link, STR(VAULT_ISSUER "/ask/new?")));
	EXPECT_OK(form_parse(str_slice(link, str_find_char(link, '?') + 1, link.n), NULL, query));
}

Test(asklink, it_opens_as_it_was_made)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	CLEANUP(buf_clear) struct buf url = BUF(2048);
	CLEANUP(form_clear) struct form query = { 0 };
	struct asklink l;

	make(m, "2026-00123", &url, &query);
	EXPECT_OK(asklink_open(&m->authd, &query, &l));
	EXPECT_STR(STR("svc_benefits"), l.client_id);
	EXPECT_STR(STR("eligibility"), l.purpose);
	EXPECT_STR(STR("income"), l.category);
	EXPECT_STR(STR("2026-00123"), l.case_ref);
}

Test(asklink, without_a_case_it_names_none)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	CLEANUP(buf_clear) struct buf url = BUF(2048);
	CLEANUP(form_clear) struct form query = { 0 };
	struct asklink l;

	make(m, "", &url, &query);
	cr_assert_null(form_get(&query, "case").p);
	EXPECT_OK(asklink_open(&m->authd, &query, &l));
	cr_assert_eq(l.case_ref.n, 0);
}

/* The link with one parameter replaced. */
static enum status
open_changed(struct authd_maker *m, const char *name, struct str value)
{
	CLEANUP(buf_clear) struct buf url = BUF(2048);
	CLEANUP(form_clear) struct form query = { 0 };
	struct asklink l;
	bool found = false;

	make(m, "2026-00123", &url, &query);
	for (size_t i = 0; i < query.count; i++) {
		if (!str_is(query.pairs[i].name, name))
			continue;
		query.pairs[i].value = value;
		found = true;
	}
	cr_assert(found, "%s", name);
	return asklink_open(&m->authd, &query, &l);
}

Test(asklink, whatever_is_changed_in_it_is_refused)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();

	EXPECT_STATUS(E_INVALID, open_changed(m, "client", STR("svc_other")));
	EXPECT_STATUS(E_INVALID, open_changed(m, "purpose", STR("housing")));
	EXPECT_STATUS(E_INVALID, open_changed(m, "category", STR("health")));
	EXPECT_STATUS(E_INVALID, open_changed(m, "case", STR("2026-00124")));
	EXPECT_STATUS(E_INVALID, open_changed(m, "until", STR("4102444800")));
	EXPECT_STATUS(E_INVALID, open_changed(m, "until", STR("soon")));
	EXPECT_STATUS(E_INVALID, open_changed(m, "mac", STR("")));
	EXPECT_STATUS(E_INVALID, open_changed(m, "mac", STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")));
	EXPECT_STATUS(E_INVALID, open_changed(m, "client", STR("")));
	EXPECT_STATUS(E_INVALID, open_changed(m, "client", (struct str){ 0 }));
}

Test(asklink, letters_cannot_move_from_one_part_to_the_next)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	CLEANUP(buf_clear) struct buf url = BUF(2048);
	CLEANUP(form_clear) struct form query = { 0 };
	struct asklink l;

	make(m, "2026-00123", &url, &query);
	for (size_t i = 0; i < query.count; i++) {
		if (str_is(query.pairs[i].name, "purpose"))
			query.pairs[i].value = STR("eligibilityi");
		if (str_is(query.pairs[i].name, "category"))
			query.pairs[i].value = STR("ncome");
	}
	EXPECT_STATUS(E_INVALID, asklink_open(&m->authd, &query, &l));
}

Test(asklink, texts_over_their_limit_are_refused)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	static char text[200];

	memset(text, 'x', sizeof(text));
	EXPECT_STATUS(E_INVALID, open_changed(m, "purpose", str_from(text, sizeof(text))));
	EXPECT_STATUS(E_INVALID, open_changed(m, "case", str_from(text, sizeof(text))));
}

Test(asklink, without_authd_keyd_there_is_neither_link_nor_opening)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	CLEANUP(buf_clear) struct buf url = BUF(2048), other = BUF(2048);
	CLEANUP(form_clear) struct form query = { 0 };
	struct asklink l;

	make(m, "2026-00123", &url, &query);
	authd_maker_stop(m);
	EXPECT_STATUS(E_UNAVAILABLE, asklink_open(&m->authd, &query, &l));
	EXPECT_STATUS(E_UNAVAILABLE, asklink_make(&m->authd, STR("c"), STR("p"), STR("i"), STR(""), &other));
	cr_assert_eq(other.n, 0);
}
