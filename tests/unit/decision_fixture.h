/* decision_fixture.h: for tests, a request that is permitted by consent, of which each test spoils something. */
#ifndef TESTS_UNIT_DECISION_FIXTURE_H
#define TESTS_UNIT_DECISION_FIXTURE_H

#include "authd/access/decision.h"
#include "tests/unit/policy_maker.h"

#define NOW (INT64_C(1796000000) * SECOND_US)

/* A request that is permitted by consent; every test spoils something of it. */
struct situation {
	struct policy *p;
	struct decision_request req;
	struct decision_facts facts;
	struct decision got;
};

static UNUSED uint64_t
bit(const struct policy *p, const char *role)
{
	return policy_role(p, str_of(role))->bit;
}

static UNUSED void
reset(struct situation *s)
{
	s->req = (struct decision_request){
		.caller = STR("client-a"),
		.subject = STR("client-a"),
		.service = STR("svc_a"),
		.action = STR("read"),
		.category = STR("income"),
		.purpose = STR("check"),
		.has_operator = true,
		.now_us = NOW,
		.range = { true, NOW - 90 * DAY_US, NOW - 30 * DAY_US },
	};
	s->facts = (struct decision_facts){
		.known = true,
		.active = true,
		.service_active = true,
		.acr = 2,
		.operator_roles = bit(s->p, "clerk"),
		.consent = { .state = CONSENT_GIVEN,
			     .from_us = NOW - DAY_US,
			     .until_us = NOW + 10 * DAY_US,
			     .logged = true,
			     .log_index = 4711,
			     .record_id = STR("record"),
			     .ctag = STR("ctag"),
			     .purpose_version = 3,
			     .covers_category = true,
			     .actions = 1u << ACTION_READ },
	};
}

static UNUSED struct situation
permitted(void)
{
	struct situation s = { .p = policy_maker_policy() };

	reset(&s);
	return s;
}

static UNUSED void
drop(struct situation *s)
{
	policy_unref(s->p);
}

static UNUSED enum reason
decide(struct situation *s)
{
	EXPECT_OK(decision_evaluate(s->p, &s->req, &s->facts, &s->got));
	cr_assert_eq(s->got.permit, reason_permits(s->got.reason));
	if (!s->got.permit) {
		cr_assert_eq(s->got.basis, BASIS_NONE);
		cr_assert_eq(s->got.obligations, 0);
		cr_assert_eq(s->got.valid_until_us, 0);
	}
	return s->got.reason;
}

#define EXPECT_REASON(want, s)                                                                                         \
	do {                                                                                                           \
		enum reason got_ = decide(s);                                                                          \
		cr_assert(got_ == (want), "%s, not %s", reason_name(got_), reason_name(want));                         \
	} while (0)

static UNUSED void
break_glass(struct situation *s)
{
	s->req.category = STR("health");
	s->req.break_glass = true;
	s->facts.operator_roles = bit(s->p, "chief");
	s->facts.break_glass_open = true;
	s->facts.break_glass_until_us = NOW + 60 * SECOND_US;
	s->facts.used = 1000;
}

static UNUSED void
care(struct situation *s, const char *category)
{
	s->req.purpose = STR("care");
	s->req.category = str_of(category);
	s->facts.acr = 3;
	s->facts.consent.purpose_version = 1;
}

static UNUSED void
in_contract(struct situation *s)
{
	s->facts.contract = true;
	s->facts.contract_index = 815;
	s->facts.contract_ctag = STR("contract's");
	s->facts.contract_until_us = NOW + 60 * SECOND_US;
}

static UNUSED void
no_consent(struct situation *s)
{
	s->facts.consent = (struct decision_consent){ 0 };
}

#endif
