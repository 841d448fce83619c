#include "authd/access/decision.h"

#include <string.h>

/* The request with its names looked up, and what earlier checks found out for later ones. */
struct matter {
	const struct policy *policy;
	const struct decision_request *req;
	const struct decision_facts *facts;
	const struct service *service;
	const struct purpose *purpose;
	bool declared; /* the service may ask for the purpose */
	const struct category *category;
	const struct purpose_rule *rule; /* NULL unless the declared purpose uses the category */
	enum action action;
	uint64_t held;       /* roles of who asks, inheritance followed */
	uint64_t active;     /* those that count in this request */
	uint64_t permitting; /* active ones that give the permission */
	enum basis basis;
	enum reason ground; /* what a permit will say */
};

static void
look_up(struct matter *m)
{
	const struct decision_request *req = m->req;

	m->service = policy_service(m->policy, req->service);
	m->purpose = policy_purpose(m->policy, req->purpose);
	m->category = policy_category(m->policy, req->category);
	if (action_parse(req->action, &m->action) != OK || !action_is_data(m->action))
		m->action = ACTION_COUNT;
	m->declared = policy_declares(m->policy, m->service, m->purpose);
	m->rule = m->declared ? purpose_rule_for(m->purpose, m->category) : NULL;
}

static enum reason
check_service(struct matter *m)
{
	if (m->service == NULL || m->service->suspended || !m->facts->service_active)
		return REASON_SERVICE_SUSPENDED;
	return REASON_NONE;
}

/* Permissions may be limited to regions or organisations: that of the service counts. */
static uint64_t
in_zone(const struct matter *m, enum action a)
{
	return purpose_rule_roles(m->rule, a, m->service->organisation->zone);
}

/* Which roles permit this, whoever holds them. */
static uint64_t
permitting_roles(const struct matter *m)
{
	if (m->category == NULL || m->action == ACTION_COUNT)
		return 0;
	if (!m->req->break_glass)
		return m->rule != NULL ? in_zone(m, m->action) : m->category->roles[m->action];
	/* In an emergency one looks, nothing else; and it is always somebody who looks. */
	if (m->action != ACTION_READ || !m->req->has_operator || !m->service->break_glass)
		return 0;
	return m->rule != NULL ? in_zone(m, ACTION_BREAK_GLASS) : m->category->break_glass;
}

static enum reason
check_role(struct matter *m)
{
	const struct decision_request *req = m->req;
	uint64_t own = req->has_operator ? m->facts->operator_roles : m->service->own_roles;

	m->held = policy_closure(m->policy, own);
	if (req->names_roles && (req->unknown_role || (req->named_roles & ~m->held) != 0))
		return REASON_ROLE_MISSING;
	m->active = req->names_roles ? policy_closure(m->policy, req->named_roles) : m->held;
	/* A service is the ceiling for its operators; the right to break the glass is the operator's own. */
	if (!req->break_glass)
		m->active &= m->service->roles;
	m->permitting = m->active & permitting_roles(m);
	return m->permitting != 0 ? REASON_NONE : REASON_ROLE_MISSING;
}

static bool
is_related(const struct matter *m)
{
	const struct decision_facts *facts = m->facts;

	return facts->known && (facts->related || facts->contract || facts->consent.state != CONSENT_NONE);
}

static bool
is_own_file(const struct matter *m)
{
	return m->req->has_operator && m->facts->operator_is_person;
}

/* Whose relative an official is, a service without any relation to the person is not told here: check_person(). */
static enum reason
check_separation(struct matter *m)
{
	if (!policy_dynamic_ok(m->policy, m->active) || (is_own_file(m) && is_related(m)))
		return REASON_SOD_CONFLICT;
	if (m->req->has_operator && !policy_static_ok(m->policy, m->held))
		return REASON_SOD_CONFLICT;
	return REASON_NONE;
}

static enum reason
check_purpose(struct matter *m)
{
	if (!m->declared)
		return REASON_PURPOSE_NOT_DECLARED;
	if (m->rule == NULL)
		return REASON_CATEGORY_NOT_IN_PURPOSE;
	m->basis = m->req->break_glass ? BASIS_BREAK_GLASS : m->rule->basis;
	return REASON_NONE;
}

/* What a restriction does not stop: somebody's life does not wait. */
static bool
is_emergency(const struct matter *m)
{
	return m->basis == BASIS_VITAL || m->basis == BASIS_BREAK_GLASS;
}

/* What a law asks after somebody's death; whatever else there was, it was theirs. */
static bool
outlives(const struct matter *m)
{
	return m->facts->dead && m->basis == BASIS_STATUTE && m->purpose->after_death;
}

static enum reason
check_person(struct matter *m)
{
	const struct decision_facts *facts = m->facts;

	if (!facts->known || is_own_file(m) || (m->basis == BASIS_CONSENT && !is_related(m)))
		return REASON_CONSENT_MISSING;
	if ((!facts->active && !outlives(m)) || (facts->restricted && !is_emergency(m)))
		return REASON_RESTRICTED_PERSON;
	if (facts->objection && m->purpose->may_object)
		return REASON_OBJECTION;
	return REASON_NONE;
}

/* What a consent that does not permit is refused with; a state without a row is consent_missing. */
static const enum reason state_reasons[CONSENT_STATES] = {
	[CONSENT_WITHDRAWN] = REASON_CONSENT_WITHDRAWN,
	[CONSENT_REVOKED] = REASON_CONSENT_WITHDRAWN,
	[CONSENT_EXPIRED] = REASON_CONSENT_EXPIRED,
};

static enum reason
state_reason(enum consent_state state)
{
	enum reason r = (unsigned)state < CONSENT_STATES ? state_reasons[state] : REASON_NONE;

	return r != REASON_NONE ? r : REASON_CONSENT_MISSING;
}

static enum reason
rest_on_consent(const struct matter *m)
{
	const struct decision_consent *c = &m->facts->consent;

	if (!consent_state_permits(c->state))
		return state_reason(c->state);
	if (!c->logged || m->req->now_us < c->from_us)
		return REASON_CONSENT_MISSING;
	if (m->req->now_us >= c->until_us)
		return REASON_CONSENT_EXPIRED;
	if (c->by_representative && !c->representative_valid)
		return REASON_REPRESENTATIVE_INVALID;
	/* Another version is another agreement: other data, recipients or words. */
	if (c->purpose_version != m->purpose->version || !c->covers_category ||
	    (c->actions & action_bit(m->action)) == 0)
		return REASON_CONSENT_SCOPE;
	return REASON_CONSENT_VALID;
}

/* A law about what somebody left behind opens nothing of the living. */
static enum reason
rest_on_statute(const struct matter *m)
{
	return m->purpose->after_death && !m->facts->dead ? REASON_CONSENT_MISSING : REASON_STATUTE;
}

static enum reason
rest_on_contract(const struct matter *m)
{
	return m->facts->contract ? REASON_CONTRACT : REASON_CONSENT_MISSING;
}

static enum reason
rest_on_vital(const struct matter *m)
{
	return m->req->emergency ? REASON_VITAL_INTEREST : REASON_CONSENT_MISSING;
}

static enum reason
rest_on_break_glass(const struct matter *m)
{
	bool open = m->facts->break_glass_open && m->req->now_us < m->facts->break_glass_until_us;

	return open ? REASON_BREAK_GLASS : REASON_CONSENT_MISSING;
}

static enum reason (*const bases[BASIS_COUNT])(const struct matter *m) = {
	[BASIS_CONSENT] = rest_on_consent,         [BASIS_STATUTE] = rest_on_statute,
	[BASIS_CONTRACT] = rest_on_contract,       [BASIS_VITAL] = rest_on_vital,
	[BASIS_BREAK_GLASS] = rest_on_break_glass,
};

static enum reason
check_basis(struct matter *m)
{
	m->ground = bases[m->basis](m);
	return reason_permits(m->ground) ? REASON_NONE : m->ground;
}

static enum reason
check_limits(struct matter *m)
{
	const struct decision_consent *c = &m->facts->consent;
	bool consent = m->basis == BASIS_CONSENT;
	struct limits_range allowed =
	    purpose_range(m->purpose, consent ? c->from_us : m->req->now_us, consent ? c->until_us : m->req->now_us);

	if (!limits_range_within(&m->req->range, &allowed))
		return REASON_LIMIT_RANGE;
	if (consent && !limits_range_within(&m->req->range, &c->range))
		return REASON_LIMIT_RANGE;
	/* Emergencies have a quota of their own, kept where the glass is broken. */
	if (m->basis != BASIS_BREAK_GLASS && limits_left(&m->purpose->frequency, m->facts->used) == 0)
		return REASON_LIMIT_FREQUENCY;
	return REASON_NONE;
}

static enum reason
check_assurance(struct matter *m)
{
	bool role_met = (m->permitting & policy_roles_at(m->policy, m->facts->acr)) != 0;

	return role_met && m->facts->acr >= m->purpose->acr ? REASON_NONE : REASON_ACR_TOO_LOW;
}

/* What would have been enough. */
static unsigned
acr_needed(const struct matter *m)
{
	unsigned acr = m->purpose->acr;

	while (acr < ROLE_ACR_MOST && (m->permitting & policy_roles_at(m->policy, acr)) == 0)
		acr++;
	return acr;
}

/* The order is the contract (decision.h). */
static const struct {
	const char *name;
	enum reason (*passes)(struct matter *m);
	bool about_person;
} checks[] = {
	{ "service", check_service, false },       { "role", check_role, false },
	{ "separation", check_separation, false }, { "purpose", check_purpose, false },
	{ "person", check_person, true },          { "basis", check_basis, true },
	{ "limits", check_limits, true },          { "assurance", check_assurance, true },
};

/* A service without any relation must not learn from a refusal whether the person exists. */
static enum reason
as_told(const struct matter *m, enum reason r, bool about_person)
{
	return r != REASON_NONE && about_person && !is_related(m) ? REASON_CONSENT_MISSING : r;
}

static enum reason
judge(struct matter *m, decision_step *step, void *ctx)
{
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		enum reason r = as_told(m, checks[i].passes(m), checks[i].about_person);

		if (step != NULL)
			step(ctx, checks[i].name, r);
		if (r != REASON_NONE)
			return r;
	}
	return m->ground;
}

static uint32_t
obligations(const struct matter *m)
{
	uint32_t all = OBLIGATION_CONFIRM;

	all |= m->action == ACTION_VERIFY ? OBLIGATION_YES_NO : 0;
	all |= m->purpose->mode == MODE_VIEW ? OBLIGATION_NO_STORE : OBLIGATION_DESTROY;
	if (m->basis == BASIS_BREAK_GLASS || m->basis == BASIS_VITAL)
		all |= OBLIGATION_TELL_PERSON;
	if (m->basis == BASIS_BREAK_GLASS)
		all |= OBLIGATION_REVIEW;
	return all;
}

static int64_t
valid_until(const struct matter *m)
{
	int64_t until = limits_add(m->req->now_us, m->service->permit_ttl_us);
	int64_t end = until;

	if (m->basis == BASIS_CONSENT)
		end = m->facts->consent.until_us;
	if (m->basis == BASIS_CONTRACT)
		end = m->facts->contract_until_us;
	if (m->basis == BASIS_BREAK_GLASS)
		end = m->facts->break_glass_until_us;
	return end < until ? end : until;
}

static void
permit(const struct matter *m, struct decision *out)
{
	const struct decision_consent *c = &m->facts->consent;

	out->permit = true;
	out->basis = m->basis;
	out->obligations = obligations(m);
	out->valid_until_us = valid_until(m);
	if (m->basis == BASIS_CONSENT) {
		out->record_id = c->record_id;
		out->ctag = c->ctag;
		out->log_index = c->log_index;
	} else if (m->basis == BASIS_BREAK_GLASS) {
		out->basis_ref = m->facts->break_glass_ref;
		out->ctag = m->facts->break_glass_ctag;
		out->log_index = m->facts->break_glass_index;
	} else {
		out->basis_ref = str_of(m->rule->ref);
	}
	if (m->basis == BASIS_CONTRACT) {
		out->ctag = m->facts->contract_ctag;
		out->log_index = m->facts->contract_index;
	}
	out->limited = m->basis != BASIS_BREAK_GLASS && m->purpose->frequency.count != 0;
	if (out->limited)
		out->remaining = limits_left(&m->purpose->frequency, m->facts->used) - 1;
}

enum status
decision_trace(const struct policy *p, const struct decision_request *req, const struct decision_facts *facts,
	       decision_step *step, void *ctx, struct decision *out)
{
	struct matter m = { .policy = p, .req = req, .facts = facts };

	memset(out, 0, sizeof(*out));
	out->action = ACTION_COUNT;
	if (req->caller.n == 0 || !str_eq(req->caller, req->subject))
		return E_DENIED;

	look_up(&m);
	out->service = m.service;
	out->purpose = m.purpose;
	out->category = m.category;
	out->action = m.action;
	out->reason = judge(&m, step, ctx);
	out->roles = m.permitting;
	if (reason_permits(out->reason))
		permit(&m, out);
	if (out->reason == REASON_ACR_TOO_LOW)
		out->acr_needed = acr_needed(&m);
	return OK;
}

enum status
decision_evaluate(const struct policy *p, const struct decision_request *req, const struct decision_facts *facts,
		  struct decision *out)
{
	return decision_trace(p, req, facts, NULL, NULL, out);
}

int64_t
decision_window(const struct purpose *purpose, int64_t consent_from_us, int64_t now_us)
{
	return limits_window_start(consent_from_us, purpose->frequency.per_us, now_us);
}
