/* test_acts.c: what is done under a mandate stands before its end in the log, and behind its end nothing is done. */
#include "tests/unit/store_fixture.h"

#undef EXPECT_STR /* the same in both */
#include "tests/unit/authd_maker.h"

#include "authd/access/mandate.h"
#include "authd/audit/acts.h"
#include "authd/http/worker.h"
#include "authd/store/store_outbox.h"

#define DENIED "1111aaaa-7c1e-7d43-9a55-2f1f0c9d7f3a"

/* One mandate of sub_b for sub_a, in force for a day from now on. */
struct acting {
	struct authd_maker *m;
	struct store_mandate mandate;
};

static enum status
same_store(void *factory, void **worker_ctx)
{
	*worker_ctx = factory;
	return OK;
}

static void
keep_store(void *worker_ctx)
{
	(void)worker_ctx;
}

static void
add_mandate(struct fixture *f, int64_t until_us)
{
	const int64_t now = clock_now_us();
	const struct store_mandate m = { .mandate_id = STR("mnd_1"),
					 .sub = STR("sub_a"),
					 .representative = STR("sub_b"),
					 .kind = STR("guardian"),
					 .rep_id = STR("rep_1"),
					 .purposes = STR("*"),
					 .actions = MANDATE_ALL,
					 .zone = STR("Europe/Moscow"),
					 .issued_us = now - DAY_US,
					 .from_us = now - DAY_US,
					 .until_us = until_us,
					 .organisation = STR("org_north"),
					 .operator_id = STR("opr_1"),
					 .created_us = now };

	add_person(f, "sub_a");
	add_person(f, "sub_b");
	IN_TX(f, store_mandate_add(&tx, &m));
	IN_TX(f, store_mandate_confirm(&tx, STR("mnd_1"), STR("opr_2"), STR(EVENT)));
	meddle(f, "UPDATE mandate SET log_index = 42");
}

static void
acting_init(struct fixture *f, struct acting *a, int64_t until_us)
{
	const struct worker_options one = {
		.threads = 1, .name = "test", .open = same_store, .close = keep_store, .factory = f->db
	};

	*a = (struct acting){ .m = authd_maker_new() };
	add_mandate(f, until_us);
	EXPECT_OK(worker_pool_new(&one, &a->m->authd.pool));
	EXPECT_OK(store_mandate_find(f->db, STR("mnd_1"), &a->mandate));
}

static void
acting_clear(struct acting *a)
{
	store_mandate_clear(&a->mandate);
	worker_pool_free(a->m->authd.pool);
	authd_maker_freep(&a->m);
}

/* Something that their representative does; about nobody, so that no key is needed. */
static void
draft_act(struct acting *a, struct audit_draft *out)
{
	struct audit_event ev = { .entry = { .event = ENTRY_OBJECTION_SET, .by.service = STR("portal") } };

	acts_under(&ev, &a->mandate, 0);
	EXPECT_OK(audit_draft(&a->m->authd, &ev, out));
}

static void
end_it(struct fixture *f, struct acting *a, struct receipt *receipt)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	const struct audit_event ev = { .entry = { .event = ENTRY_MANDATE_REVOKED, .by.service = STR("portal") } };
	struct store_tx tx = { 0 };

	EXPECT_OK(audit_draft(&a->m->authd, &ev, &draft));
	EXPECT_OK(store_begin(f->db, &tx));
	EXPECT_OK(store_mandate_end(&tx, STR("mnd_1"), STR("revoked"), STR("revoked"), clock_now_us()));
	EXPECT_OK(audit_emit(&tx, &draft, STORE_TARGET_NONE, STR("")));
	EXPECT_OK(store_commit(&tx));
	EXPECT_OK(audit_forward(&a->m->authd, &draft, receipt));
}

/* The act's process stands still between its commit and its entry. */
STORE_TEST(an_end_stands_behind_every_act_that_was_committed_before_it)
{
	CLEANUP(acting_clear) struct acting a;
	CLEANUP(audit_draft_clear) struct audit_draft act = { 0 };
	CLEANUP(store_outbox_clear) struct store_outbox row = { 0 };
	struct receipt receipt;

	acting_init(f, &a, clock_now_us() + DAY_US);
	draft_act(&a, &act);
	IN_TX(f, audit_emit(&tx, &act, STORE_TARGET_NONE, STR("")));
	end_it(f, &a, &receipt);
	cr_assert_eq(receipt.index, 1);
	cr_assert_not_null(strstr(a.m->entries[0], "objection.set"));
	cr_assert_not_null(strstr(a.m->entries[0], "\"mandate\":42"));
	cr_assert_not_null(strstr(a.m->entries[1], "mandate.revoked"));
	EXPECT_OK(store_outbox_find(f->db, str_of(act.id_text), &row));
	cr_assert_eq(row.log_index, 0);
}

STORE_TEST(an_end_is_not_sent_while_an_act_before_it_cannot_be)
{
	CLEANUP(acting_clear) struct acting a;
	CLEANUP(audit_draft_clear) struct audit_draft act = { 0 }, end = { 0 };
	const struct audit_event ev = { .entry = { .event = ENTRY_MANDATE_ENDED, .by.service = STR("authd") } };
	struct receipt receipt;

	acting_init(f, &a, clock_now_us() + DAY_US);
	draft_act(&a, &act);
	EXPECT_OK(audit_draft(&a.m->authd, &ev, &end));
	IN_TX(f, audit_emit(&tx, &act, STORE_TARGET_NONE, STR("")));
	IN_TX(f, audit_emit(&tx, &end, STORE_TARGET_NONE, STR("")));
	atomic_store(&a.m->log_refuses, true);
	EXPECT_STATUS(E_UNAVAILABLE, audit_forward(&a.m->authd, &end, &receipt));
	atomic_store(&a.m->log_refuses, false);
	cr_assert_eq(atomic_load(&a.m->count), 0);
}

STORE_TEST(behind_its_end_nothing_is_committed_under_a_mandate)
{
	CLEANUP(acting_clear) struct acting a;
	CLEANUP(audit_draft_clear) struct audit_draft act = { 0 };
	struct receipt receipt;

	acting_init(f, &a, clock_now_us() + DAY_US);
	draft_act(&a, &act);
	end_it(f, &a, &receipt);
	REFUSED_IN_TX(f, E_DENIED, audit_emit(&tx, &act, STORE_TARGET_NONE, STR("")));
}

STORE_TEST(nor_while_it_is_frozen_or_about_to_end)
{
	CLEANUP(acting_clear) struct acting a;
	CLEANUP(audit_draft_clear) struct audit_draft act = { 0 };
	char soon[120];
	int count;

	acting_init(f, &a, clock_now_us() + DAY_US);
	draft_act(&a, &act);
	IN_TX(f, store_mandate_freeze(&tx, STR("sub_a"), NOW, &count));
	REFUSED_IN_TX(f, E_DENIED, audit_emit(&tx, &act, STORE_TARGET_NONE, STR("")));
	meddle(f, "UPDATE mandate SET frozen_us = NULL");
	IN_TX(f, acts_hold(&tx, &act));
	(void)snprintf(soon, sizeof(soon), "UPDATE mandate SET until_us = %" PRId64, clock_now_us() + ACTS_MARGIN_US);
	meddle(f, soon);
	REFUSED_IN_TX(f, E_DENIED, audit_emit(&tx, &act, STORE_TARGET_NONE, STR("")));
}

STORE_TEST(after_a_crash_acts_are_sent_before_all_else_however_young)
{
	CLEANUP(acting_clear) struct acting a;
	CLEANUP(audit_draft_clear) struct audit_draft act = { 0 };
	CLEANUP(store_outbox_list_clear) struct store_outbox_list rows = { 0 }, acts = { 0 };
	const struct store_outbox old = {
		.event_id = STR(DENIED), .target = STR(""), .target_key = STR(""), .fragment = STR("{}")
	};

	acting_init(f, &a, clock_now_us() + DAY_US);
	draft_act(&a, &act);
	IN_TX(f, store_outbox_add(&tx, &old));
	IN_TX(f, audit_emit(&tx, &act, STORE_TARGET_NONE, STR("")));
	EXPECT_OK(store_outbox_unsent(f->db, clock_now_us() - DAY_US, 10, &rows));
	cr_assert_eq(rows.count, 2);
	EXPECT_STR(str_of(act.id_text), rows.items[0].event_id);
	EXPECT_STR(STR("mnd_1"), rows.items[0].mandate_id);
	EXPECT_OK(store_outbox_acts(f->db, 10, &acts));
	cr_assert_eq(acts.count, 1);
}
