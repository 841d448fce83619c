/* Of several faults the earliest speaks; and whatever is left out denies. */
#include "tests/unit/decision_fixture.h"

/* ---- the order of the checks ---- */

static void
no_service(struct situation *s)
{
	s->facts.service_active = false;
}
static void
no_role(struct situation *s)
{
	s->req.names_roles = s->req.unknown_role = true;
}
static void
own_file(struct situation *s)
{
	s->facts.operator_is_person = true;
}
static void
other_purpose(struct situation *s)
{
	s->req.purpose = STR("curiosity");
}
static void
other_category(struct situation *s)
{
	s->req.category = STR("contacts");
}
static void
nobody(struct situation *s)
{
	s->facts.known = false;
}
static void
restricted(struct situation *s)
{
	s->facts.restricted = true;
}
static void
objected(struct situation *s)
{
	s->facts.objection = true;
}
static void
withdrawn(struct situation *s)
{
	s->facts.consent.state = CONSENT_WITHDRAWN;
}
static void
not_logged(struct situation *s)
{
	s->facts.consent.logged = false;
}
static void
ended(struct situation *s)
{
	s->facts.consent.until_us = NOW;
}
static void
no_authority(struct situation *s)
{
	s->facts.consent.by_representative = true;
}
static void
not_ticked(struct situation *s)
{
	s->facts.consent.covers_category = false;
}
static void
too_old(struct situation *s)
{
	s->req.range.from_us = NOW - 400 * DAY_US;
}
static void
used_up(struct situation *s)
{
	s->facts.used = 2;
}
static void
weak(struct situation *s)
{
	s->facts.acr = 1;
}

/* In the order of the contract. */
static const struct fault {
	void (*spoil)(struct situation *s);
	enum reason reason;
} faults[] = {
	{ no_service, REASON_SERVICE_SUSPENDED },
	{ no_role, REASON_ROLE_MISSING },
	{ own_file, REASON_SOD_CONFLICT },
	{ other_purpose, REASON_PURPOSE_NOT_DECLARED },
	{ other_category, REASON_CATEGORY_NOT_IN_PURPOSE },
	{ nobody, REASON_CONSENT_MISSING },
	{ restricted, REASON_RESTRICTED_PERSON },
	{ objected, REASON_OBJECTION },
	{ withdrawn, REASON_CONSENT_WITHDRAWN },
	{ not_logged, REASON_CONSENT_MISSING },
	{ ended, REASON_CONSENT_EXPIRED },
	{ no_authority, REASON_REPRESENTATIVE_INVALID },
	{ not_ticked, REASON_CONSENT_SCOPE },
	{ too_old, REASON_LIMIT_RANGE },
	{ used_up, REASON_LIMIT_FREQUENCY },
	{ weak, REASON_ACR_TOO_LOW },
};

/* Which of a set speaks: the first; but nobody is nobody's relative, as far as anybody is told. */
static const struct fault *
speaker(unsigned set)
{
	unsigned own = 0;

	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		own |= faults[i].spoil == own_file ? 1u << i : 0;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		if (faults[i].spoil == nobody && (set >> i & 1) != 0)
			set &= ~own;
	return &faults[__builtin_ctz(set)];
}

Test(decision_order, of_two_faults_the_earlier_check_speaks)
{
	CLEANUP(drop) struct situation s = permitted();

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		for (size_t k = i; k < ARRAY_LEN(faults); k++) {
			reset(&s);
			faults[k].spoil(&s);
			faults[i].spoil(&s);
			cr_assert_eq(decide(&s), speaker(1u << i | 1u << k)->reason, "faults %zu and %zu: %s", i, k,
				     reason_name(s.got.reason));
		}
	}
}

Test(decision_order, of_any_set_of_faults_the_earliest_speaks_and_only_none_permits)
{
	CLEANUP(drop) struct situation s = permitted();

	for (unsigned set = 0; set < 1u << ARRAY_LEN(faults); set++) {
		enum reason want = set == 0 ? REASON_CONSENT_VALID : speaker(set)->reason;

		reset(&s);
		for (unsigned i = 0; i < ARRAY_LEN(faults); i++) {
			if ((set >> i & 1) != 0)
				faults[i].spoil(&s);
		}
		EXPECT_OK(decision_evaluate(s.p, &s.req, &s.facts, &s.got));
		cr_assert(s.got.reason == want && s.got.permit == (set == 0), "set %x: %s", set,
			  reason_name(s.got.reason));
	}
}

/* ---- default deny ---- */

Test(decision_order, a_caller_that_is_not_the_subject_gets_no_decision)
{
	CLEANUP(drop) struct situation s = permitted();

	s.req.caller = STR("client-b");
	EXPECT_STATUS(E_DENIED, decision_evaluate(s.p, &s.req, &s.facts, &s.got));
	cr_assert(!s.got.permit);
	cr_assert_eq(s.got.reason, REASON_NONE);
	s.req.caller = s.req.subject = STR("");
	EXPECT_STATUS(E_DENIED, decision_evaluate(s.p, &s.req, &s.facts, &s.got));
}

Test(decision_order, nothing_known_is_nothing_permitted)
{
	CLEANUP(drop) struct situation s = permitted();
	struct decision_request only_who = { .caller = STR("c"), .subject = STR("c") };
	struct decision_facts nothing = { 0 };

	EXPECT_OK(decision_evaluate(s.p, &only_who, &nothing, &s.got));
	cr_assert_eq(s.got.reason, REASON_SERVICE_SUSPENDED);
	EXPECT_OK(decision_evaluate(s.p, &s.req, &nothing, &s.got));
	cr_assert(!s.got.permit);
}

static void
not_known(struct situation *s)
{
	s->facts.known = false;
}
static void
not_active(struct situation *s)
{
	s->facts.active = false;
}
static void
no_roles(struct situation *s)
{
	s->facts.operator_roles = 0;
}
static void
no_acr(struct situation *s)
{
	s->facts.acr = 0;
}
static void
no_state(struct situation *s)
{
	s->facts.consent.state = CONSENT_NONE;
}
static void
no_until(struct situation *s)
{
	s->facts.consent.until_us = 0;
}
static void
no_version(struct situation *s)
{
	s->facts.consent.purpose_version = 0;
}
static void
no_actions(struct situation *s)
{
	s->facts.consent.actions = 0;
}
static void
no_range(struct situation *s)
{
	s->req.range = (struct limits_range){ 0 };
}
static void
no_action(struct situation *s)
{
	s->req.action = STR("");
}
static void
no_category(struct situation *s)
{
	s->req.category = STR("");
}
static void
no_purpose(struct situation *s)
{
	s->req.purpose = (struct str){ 0 };
}
static void
no_service_name(struct situation *s)
{
	s->req.service = (struct str){ 0 };
}
static void
no_logged(struct situation *s)
{
	s->facts.consent.logged = false;
}
static void
no_coverage(struct situation *s)
{
	s->facts.consent.covers_category = false;
}

Test(decision_order, whatever_is_left_out_denies)
{
	static void (*const left_out[])(struct situation *) = {
		not_known,  not_active,      no_roles,  no_acr,      no_consent,  no_state,
		no_until,   no_version,      no_range,  no_action,   no_category, no_purpose,
		no_actions, no_service_name, no_logged, no_coverage, no_service,
	};
	CLEANUP(drop) struct situation s = permitted();

	for (size_t i = 0; i < ARRAY_LEN(left_out); i++) {
		reset(&s);
		left_out[i](&s);
		(void)decide(&s);
		cr_assert(!s.got.permit, "number %zu permits", i);
	}
}
