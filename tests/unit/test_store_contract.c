#include "authd/store/store_contract.h"

#include "tests/unit/consent_rows.h"

static struct store_contract
contract_of(const char *id)
{
	return (struct store_contract){ .contract_id = str_of(id),
					.sub = STR("sub_a"),
					.service = STR("svc_a"),
					.organisation = STR("org_a"),
					.kind = STR("care"),
					.details = STR("sealed"),
					.state = STR("proposed"),
					.from_us = NOW,
					.until_us = NOW + YEAR,
					.ctag = STR("ctag_ctag_ctag_ctag_22"),
					.proposed_us = NOW };
}

static int64_t
contract_index(struct fixture *f, int64_t now_us)
{
	CLEANUP(store_facts_clear) struct store_facts facts = facts_at(f, "income", now_us);

	return facts.contract_index;
}

static bool
is_related(struct fixture *f)
{
	CLEANUP(store_facts_clear) struct store_facts facts = facts_at(f, "income", NOW);

	return facts.related;
}

STORE_TEST(a_contract_counts_from_the_entry_of_its_confirmation_to_its_end)
{
	struct store_contract c = contract_of("c1");

	add_person(f, "sub_a");
	IN_TX(f, store_contract_add(&tx, &c));
	cr_assert(contract_index(f, NOW) == STORE_NO_INDEX && !is_related(f), "what a service says alone is nothing");
	REFUSED_IN_TX(f, E_USED,
		      store_contract_answer(&tx, c.contract_id, STR("sub_b"), STR("in_force"), NOW, STR("x")));
	IN_TX(f, store_contract_answer(&tx, c.contract_id, c.sub, STR("in_force"), NOW, STR(EVENT)));
	cr_assert_eq(contract_index(f, NOW), STORE_NO_INDEX, "not in the log yet");
	in_log(f, STORE_TARGET_CONTRACT, "c1", EVENT, 9);
	cr_assert(contract_index(f, NOW) == 9 && is_related(f));
	cr_assert(contract_index(f, NOW - 1) == STORE_NO_INDEX && contract_index(f, NOW + YEAR) == STORE_NO_INDEX);
	REFUSED_IN_TX(f, E_USED, store_contract_answer(&tx, c.contract_id, c.sub, STR("declined"), NOW, STR("y")));
	IN_TX(f, store_contract_end(&tx, c.contract_id, NOW, STR("end")));
	cr_assert(contract_index(f, NOW) == STORE_NO_INDEX && is_related(f));
	REFUSED_IN_TX(f, E_USED, store_contract_end(&tx, c.contract_id, NOW, STR("end2")));
}

/* Proposed and declined at that time. */
static enum status
propose(struct fixture *f, const char *sub, unsigned n, int64_t at_us)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	char id[32];
	struct store_contract c;

	snprintf(id, sizeof(id), "p%u", n);
	c = contract_of(id);
	c.sub = str_of(sub);
	c.proposed_us = at_us;
	EXPECT_OK(store_begin(f->db, &tx));
	TRY(store_contract_add(&tx, &c));
	EXPECT_OK(store_contract_answer(&tx, c.contract_id, c.sub, STR("declined"), at_us, STR(EVENT)));
	return store_commit(&tx);
}

STORE_TEST(a_service_does_not_ask_one_person_for_a_contract_without_end)
{
	unsigned n = 0;

	add_person(f, "sub_a");
	add_person(f, "sub_b");
	for (; n < STORE_CONTRACTS_OF_PERSON; n++)
		EXPECT_OK(propose(f, "sub_a", n, NOW));
	EXPECT_STATUS(E_LIMITED, propose(f, "sub_a", n, NOW + DAY_US - 1));
	EXPECT_OK(propose(f, "sub_b", n, NOW));
	EXPECT_OK(propose(f, "sub_a", n + 1, NOW + DAY_US));
}

STORE_TEST(a_service_does_not_ask_everybody_for_a_contract_in_one_day)
{
	char sub[16];
	unsigned n = 0;

	add_person(f, "sub_a");
	for (; n < STORE_CONTRACTS_OF_SERVICE; n++) {
		snprintf(sub, sizeof(sub), "sub_%u", n);
		add_person(f, sub);
		EXPECT_OK(propose(f, sub, n, NOW));
	}
	EXPECT_STATUS(E_LIMITED, propose(f, "sub_a", n, NOW));
	EXPECT_OK(propose(f, "sub_a", n, NOW + DAY_US));
}

STORE_TEST(contracts_that_came_to_nothing_go_a_month_later_and_others_stay)
{
	CLEANUP(store_contract_list_clear) struct store_contract_list month = { 0 }, later = { 0 };
	struct store_contract unanswered = contract_of("c1"), held = contract_of("c2");

	add_person(f, "sub_a");
	unanswered.until_us = held.until_us = NOW + 1;
	held.kind = STR("rent");
	EXPECT_OK(propose(f, "sub_a", 1, NOW));
	IN_TX(f, store_contract_add(&tx, &unanswered));
	IN_TX(f, store_contract_add(&tx, &held));
	IN_TX(f, store_contract_answer(&tx, held.contract_id, held.sub, STR("in_force"), NOW, STR(EVENT)));
	EXPECT_OK(store_sweep(f->db, NOW + STORE_CONTRACT_KEEP_US, 100, NULL));
	EXPECT_OK(store_contract_page(f->db, STR("sub_a"), STR(""), STR(""), 10, &month));
	cr_assert_eq(month.count, 3);
	EXPECT_OK(store_sweep(f->db, NOW + STORE_CONTRACT_KEEP_US + 2, 100, NULL));
	EXPECT_OK(store_contract_page(f->db, STR("sub_a"), STR(""), STR(""), 10, &later));
	cr_assert_eq(later.count, 1);
	EXPECT_STR(STR("c2"), later.items[0].contract_id);
}

STORE_TEST(one_contract_of_a_kind_is_open_at_a_time)
{
	struct store_contract c = contract_of("c1"), again = contract_of("c2"), later = contract_of("c3");
	CLEANUP(store_contract_list_clear) struct store_contract_list of = { 0 }, with = { 0 };

	add_person(f, "sub_a");
	later.proposed_us = later.from_us = NOW + YEAR;
	IN_TX(f, store_contract_add(&tx, &c));
	REFUSED_IN_TX(f, E_CONFLICT, store_contract_add(&tx, &again));
	IN_TX(f, store_contract_add(&tx, &later));
	EXPECT_OK(store_contract_page(f->db, STR("sub_a"), STR(""), STR(""), 10, &of));
	EXPECT_OK(store_contract_page(f->db, STR(""), STR("svc_a"), STR(""), 10, &with));
	cr_assert(of.count == 2 && with.count == 2);
	EXPECT_STR(STR("c3"), of.items[0].contract_id);
	EXPECT_STATUS(E_INVALID, store_contract_page(f->db, STR(""), STR(""), STR(""), 10, &of));
}

/* ---- all of them ---- */

#define MANY 2500
#define STEP 200

/* As many as a life may bring, older ones first, and as many that were declined since. */
static void
add_many(struct fixture *f)
{
	static const char *const states[] = { "in_force", "declined" };
	char sql[640];

	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		snprintf(
		    sql, sizeof(sql),
		    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO contract "
		    "(contract_id, sub, service, organisation, kind, details, state, from_us, until_us, ctag, "
		    "proposed_us, "
		    "event_id, log_index) SELECT '%s' || i, 'sub_a', 'svc_a', 'org_a', 'care', 'x', '%s', 1, 2, "
		    "'ctag', "
		    "%d * i, 'e', CASE WHEN i %% 2500 = 1 THEN NULL ELSE i END FROM n",
		    MANY, states[i], states[i], i == 0 ? 1 : 10000);
		meddle(f, sql);
	}
}

/* One step, of one transaction: how many it ended. */
static size_t
end_some(struct fixture *f)
{
	CLEANUP(store_contract_list_clear) struct store_contract_list list = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	size_t ended = 0;

	EXPECT_OK(store_contract_in_force(f->db, STR("sub_a"), STEP, &list));
	EXPECT_OK(store_begin(f->db, &tx));
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].log_index == STORE_NO_INDEX)
			continue;
		EXPECT_OK(store_contract_end(&tx, list.items[i].contract_id, NOW, STR("death")));
		ended++;
	}
	EXPECT_OK(store_commit(&tx));
	return ended;
}

STORE_TEST(all_contracts_of_a_life_are_found_and_end_in_steps_that_each_fit_a_transaction)
{
	CLEANUP(store_contract_list_clear) struct store_contract_list left = { 0 };
	size_t all = 0, steps = 0, some;

	add_person(f, "sub_a");
	add_many(f);
	for (; (some = end_some(f)) > 0; steps++)
		all += some;
	cr_assert_eq(all, MANY - 1, "%zu", all);
	cr_assert_eq(steps, (MANY - 1 + STEP - 1) / STEP);
	EXPECT_OK(store_contract_in_force(f->db, STR("sub_a"), STEP, &left));
	cr_assert(left.count == 1 && left.items[0].log_index == STORE_NO_INDEX, "it is still on its way into the log");
}
