/* test_audit.c: events become entries that say what happened, sealed for whom they concern, and nothing without a
 * receipt. */
#include "tests/unit/authd_maker.h"

#include "auditlog/core/entry.h"
#include "authd/audit/tag_memory.h"

/* A person with a key, whose tags are taken as known: there is no database here. */
struct person {
	struct buf wrapped;
	struct keys_person who;
};

static void
person_clear(struct person *p)
{
	buf_clear(&p->wrapped);
}

static void
person_init(struct authd_maker *m, struct person *p, const char *sub)
{
	CLEANUP(buf_clear) struct buf month = BUF(8), tag = BUF(64), ctag = BUF(64);

	*p = (struct person){ .wrapped = BUF(KEYS_BLOB_MAX) };
	EXPECT_OK(keys_person_new(m->authd.keys, str_of(sub), &p->wrapped));
	p->who = (struct keys_person){ .sub = str_of(sub), .wrapped = buf_str(&p->wrapped) };
	clock_put_month(&month, clock_now_us());
	EXPECT_OK(keys_tags(m->authd.keys, &p->who, buf_str(&month), STR(""), &tag, &ctag));
	if (m->authd.tags == NULL)
		EXPECT_OK(tag_memory_new(&m->authd.tags));
	tag_memory_add(m->authd.tags, buf_str(&tag));
}

static struct audit_event
login_of(const struct keys_person *who, const char *detail)
{
	return (struct audit_event){
		.entry = { .event = ENTRY_AUTH_LOGIN, .by = { .service = STR("portal"), .acr = STR("2") } },
		.person = *who,
		.detail = str_of(detail),
	};
}

/* The stored line of a fragment, as auditlogd would have it. */
static void
line_of(struct str fragment, struct buf *out)
{
	const struct hash before = { { 0 } };

	EXPECT_OK(entry_compose(&before, 0, clock_now_us(), fragment, out));
}

Test(audit, an_entry_holds_its_details_sealed_and_nothing_of_them_in_clear)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	CLEANUP(person_clear) struct person anna;
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX), detail = BUF(KEYS_PLAIN_MAX);
	struct audit_event ev;
	struct receipt receipt;

	person_init(m, &anna, "sub_anna");
	ev = login_of(&anna.who, "{\"peer\":\"192.0.2.7\"}");
	EXPECT_OK(audit_record(&m->authd, &ev, &receipt));
	cr_assert_eq(atomic_load(&m->count), 1);
	cr_assert_null(strstr(m->entries[0], "192.0.2.7"));
	cr_assert_null(strstr(m->entries[0], "anna"));
	line_of(str_of(m->entries[0]), &line);
	EXPECT_OK(audit_open(&m->authd, &anna.who, buf_str(&line), &detail));
	EXPECT_STR(STR("{\"peer\":\"192.0.2.7\"}"), buf_str(&detail));
	tag_memory_free(m->authd.tags);
}

Test(audit, nobody_else_opens_what_is_sealed)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	CLEANUP(person_clear) struct person anna, boris;
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX), detail = BUF(KEYS_PLAIN_MAX);
	struct audit_event ev;
	struct receipt receipt;

	person_init(m, &anna, "sub_anna");
	person_init(m, &boris, "sub_boris");
	ev = login_of(&anna.who, "{\"peer\":\"192.0.2.7\"}");
	EXPECT_OK(audit_record(&m->authd, &ev, &receipt));
	line_of(str_of(m->entries[0]), &line);
	EXPECT_STATUS(E_NOT_FOUND, audit_open(&m->authd, &boris.who, buf_str(&line), &detail));
	cr_assert_eq(detail.n, 0);
	tag_memory_free(m->authd.tags);
}

Test(audit, a_draft_sent_twice_is_the_same_bytes)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	CLEANUP(person_clear) struct person anna;
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct audit_event ev;
	struct receipt receipt;

	person_init(m, &anna, "sub_anna");
	ev = login_of(&anna.who, "{}");
	EXPECT_OK(audit_draft(&m->authd, &ev, &draft));
	EXPECT_OK(audit_append(&m->authd, &draft, &receipt));
	EXPECT_OK(audit_append(&m->authd, &draft, &receipt));
	cr_assert_str_eq(m->entries[0], m->entries[1]);
	cr_assert(strstr(m->entries[0], draft.id_text) != NULL);
	cr_assert_eq(strlen(draft.tag), ENTRY_TAG_LEN);
	tag_memory_free(m->authd.tags);
}

/* The log is public: what stands in it must not say whether there is somebody. */
Test(audit, an_entry_about_nobody_looks_like_one_about_somebody)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	CLEANUP(person_clear) struct person anna;
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 }, again = { 0 }, other = { 0 }, real = { 0 };
	const struct keys_person nobody = { 0 };
	struct audit_event ev = login_of(&nobody, "{\"peer\":\"192.0.2.7\"}");

	EXPECT_OK(audit_decoy(&m->authd, &ev, STR("sub_x"), &draft));
	EXPECT_OK(audit_decoy(&m->authd, &ev, STR("sub_x"), &again));
	EXPECT_OK(audit_decoy(&m->authd, &ev, STR("sub_y"), &other));
	cr_assert_str_eq(draft.tag, again.tag, "for the same nobody in the same month");
	cr_assert_str_neq(draft.tag, other.tag, "nothing that two names have in common");
	person_init(m, &anna, "sub_anna");
	ev.person = anna.who;
	EXPECT_OK(audit_draft(&m->authd, &ev, &real));
	cr_assert_eq(strlen(draft.tag), strlen(real.tag));
	cr_assert_eq(draft.fragment.n, real.fragment.n);
	cr_assert(str_find(buf_str(&draft.fragment), STR("\"sealed\":")) < draft.fragment.n);
	cr_assert_eq(atomic_load(&m->count), 0, "nothing is sent by drawing it up");
	tag_memory_free(m->authd.tags);
}

Test(audit, without_a_receipt_nothing_is_ok)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	const struct keys_person nobody = { 0 };
	struct audit_event ev = login_of(&nobody, "");
	struct receipt receipt;

	atomic_store(&m->log_refuses, true);
	EXPECT_STATUS(E_UNAVAILABLE, audit_record(&m->authd, &ev, &receipt));
	atomic_store(&m->log_refuses, false);
	EXPECT_OK(audit_draft(&m->authd, &ev, &draft));
	authd_maker_stop(m);
	EXPECT_STATUS(E_UNAVAILABLE, audit_append(&m->authd, &draft, &receipt));
}

Test(audit, without_authd_keyd_there_is_no_draft_about_anybody)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	CLEANUP(person_clear) struct person anna;
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct audit_event ev;

	person_init(m, &anna, "sub_anna");
	ev = login_of(&anna.who, "{}");
	authd_maker_stop(m);
	EXPECT_STATUS(E_UNAVAILABLE, audit_draft(&m->authd, &ev, &draft));
	cr_assert_eq(draft.fragment.n, 0);
	tag_memory_free(m->authd.tags);
}

Test(audit, while_the_log_is_silent_nobody_waits_for_it)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	const struct keys_person nobody = { 0 };
	struct audit_event ev = login_of(&nobody, "");
	struct receipt receipt;

	audit_log_answers(false);
	EXPECT_STATUS(E_UNAVAILABLE, audit_record(&m->authd, &ev, &receipt));
	cr_assert_eq(atomic_load(&m->count), 0, "it was not even asked");
	audit_log_answers(true);
	EXPECT_OK(audit_record(&m->authd, &ev, &receipt));
}

Test(audit, a_fact_more_leaves_the_mandate_in_place_that_somebody_acts_under)
{
	const struct http_request http = { 0 };
	const struct request rq = { .http = &http, .who = { .acting = true, .mandate = { .log_index = 7 } } };
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	struct audit_event ev = audit_of(&rq, ENTRY_PROFILE_READ);
	struct receipt receipt;

	ev.entry.by.service = STR("portal");
	audit_fact(&ev, "what", STR("subject.exported"));
	audit_fact(&ev, "nothing", STR(""));
	EXPECT_OK(audit_record(&m->authd, &ev, &receipt));
	cr_assert(strstr(m->entries[0], "\"facts\":{\"mandate\":7,\"what\":\"subject.exported\"}") != NULL, "%s",
		  m->entries[0]);
}

Test(audit, an_entry_that_could_not_hold_every_fact_is_not_written)
{
	static const char names[][2] = { "a", "b", "c", "d", "e", "f", "g", "h", "i",
					 "j", "k", "l", "m", "n", "o", "p", "q" };
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	const struct keys_person nobody = { 0 };
	char text[ENTRY_FACT_TEXT_MAX + 1];
	struct audit_event many = login_of(&nobody, ""), longer = login_of(&nobody, "");
	struct receipt receipt;

	_Static_assert(ARRAY_LEN(names) > ENTRY_FACTS_MAX, "one more than fits");
	for (size_t i = 0; i <= ENTRY_FACTS_MAX; i++)
		audit_fact_number(&many, names[i], i);
	EXPECT_STATUS(E_TOO_LARGE, audit_record(&m->authd, &many, &receipt));
	memset(text, 'x', sizeof(text));
	audit_fact_if_short(&longer, "left_out", str_from(text, sizeof(text)));
	cr_assert_eq(longer.entry.fact_count, 0);
	audit_fact(&longer, "kept", str_from(text, sizeof(text)));
	cr_assert_neq(audit_record(&m->authd, &longer, &receipt), OK);
	cr_assert_eq(atomic_load(&m->count), 0);
}
