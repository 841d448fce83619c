#include "authd/access/officer.h"

#include <stdio.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/request.h"
#include "authd/store/store_desk.h"
#include "authd/store/store_mandate.h"
#include "authd/store/store_person.h"
#include "authd/store/store_role.h"

static void
copy(char *to, size_t room, struct str from)
{
	snprintf(to, room, "%.*s", STR_ARG(from));
}

static const struct role *
role_of(const struct request *rq, struct str name)
{
	return policy_role(rq->policy, name);
}

static bool
helps(const struct request *rq, const struct role *r, enum action act, bool *acr_short)
{
	bool is_short = false;
	bool may = r != NULL && policy_may(rq->policy, r->bit, act, rq->who.acr, &is_short);

	*acr_short |= is_short;
	return may;
}

/* A client is one organisation's: what its user may do in another one is not done through it. */
static bool
elsewhere(const struct request *rq, const struct store_role *held)
{
	return rq->who.kind == PRINCIPAL_TOKEN && !str_is(held->organisation, rq->who.organisation);
}

/* The organisation is that of the first role that helps; only roles in it are active here. */
static enum status
choose_role(struct request *rq, const struct store_role_list *held, enum action act, struct officer *o)
{
	bool acr_short = false;

	for (size_t i = 0; i < held->count; i++) {
		const struct role *r = role_of(rq, held->items[i].role);

		if (elsewhere(rq, &held->items[i]) || !helps(rq, r, act, &acr_short))
			continue;
		copy(o->role, sizeof(o->role), held->items[i].role);
		copy(o->organisation, sizeof(o->organisation), held->items[i].organisation);
		return OK;
	}
	return acr_short ? request_fail(rq, E_DENIED, "acr_too_low", "sign in more strongly to help others")
			 : request_fail(rq, E_DENIED, "role_missing", "none of your roles may help others");
}

static uint64_t
active(struct request *rq, const struct store_role_list *held, struct officer *o)
{
	uint64_t set = 0;

	for (size_t i = 0; i < held->count && o->duty_count < OFFICER_DUTIES_MOST; i++) {
		const struct role *r = role_of(rq, held->items[i].role);

		if (r == NULL || !str_is(held->items[i].organisation, o->organisation))
			continue;
		copy(o->duties[o->duty_count++], sizeof(o->duties[0]), held->items[i].role);
		set |= r->bit;
	}
	return policy_closure(rq->policy, set);
}

/* Roles that go together need no choice; those that do not wait for one, and the choice stays. */
static enum status
settle_duty(struct request *rq, const struct store_role_list *held, enum action act, struct officer *o)
{
	char duty[64];
	bool acr_short = false;

	if (policy_dynamic_ok(rq->policy, active(rq, held, o))) {
		o->duty_count = 0;
		return OK;
	}
	TRY(store_desk_duty_of(request_store(rq), str_of(rq->who.sid), duty));
	if (duty[0] == '\0')
		return OK;
	o->duty_count = 0;
	if (!helps(rq, role_of(rq, str_of(duty)), act, &acr_short))
		return request_fail(rq, E_DENIED, "sod_conflict", "you took up another duty in this session");
	copy(o->role, sizeof(o->role), str_of(duty));
	return OK;
}

enum status
officer_find(struct request *rq, struct officer *out)
{
	return officer_find_for(rq, ACTION_ASSIST_CONSENT, out);
}

enum status
officer_find_for(struct request *rq, enum action act, struct officer *out)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	CLEANUP(store_role_list_clear) struct store_role_list held = { 0 };

	*out = (struct officer){ .action = act };
	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	TRY(store_person_find(request_store(rq), str_of(rq->who.sub), &p));
	TRY(store_role_of(request_store(rq), p.sub, &held));
	if (p.pseudonym.n == 0)
		return request_fail(rq, E_DENIED, "role_missing", "this page is for officials who help others");
	copy(out->sub, sizeof(out->sub), p.sub);
	copy(out->pseudonym, sizeof(out->pseudonym), p.pseudonym);
	TRY(choose_role(rq, &held, act, out));
	return settle_duty(rq, &held, act, out);
}

enum status
officer_holds(struct request *rq, enum action act, bool *holds)
{
	CLEANUP(store_role_list_clear) struct store_role_list held = { 0 };
	bool is_short = false;

	*holds = false;
	TRY(store_role_of(request_store(rq), str_of(rq->who.sub), &held));
	for (size_t i = 0; rq->policy != NULL && i < held.count; i++)
		*holds |= helps(rq, role_of(rq, held.items[i].role), act, &is_short);
	return OK;
}

enum status
officer_named(struct request *rq, struct str pseudonym, struct str organisation, enum action act, struct officer *out)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	CLEANUP(store_role_list_clear) struct store_role_list held = { 0 };

	*out = (struct officer){ .action = act };
	TRY(store_person_by_pseudonym(request_store(rq), pseudonym, &p));
	if (p.status != STORE_PERSON_ACTIVE)
		return E_NOT_FOUND;
	TRY(store_role_of(request_store(rq), p.sub, &held));
	for (size_t i = 0; i < held.count; i++) {
		const struct role *r = role_of(rq, held.items[i].role);

		if (r == NULL || !str_eq(held.items[i].organisation, organisation) ||
		    held.items[i].log_index == STORE_NO_INDEX ||
		    !policy_may(rq->policy, r->closure, act, ROLE_ACR_MOST, NULL))
			continue;
		copy(out->sub, sizeof(out->sub), p.sub);
		copy(out->pseudonym, sizeof(out->pseudonym), p.pseudonym);
		copy(out->organisation, sizeof(out->organisation), organisation);
		copy(out->role, sizeof(out->role), held.items[i].role);
		return OK;
	}
	return E_NOT_FOUND;
}

enum status
officer_take_duty(struct request *rq, const struct officer *o, struct str role)
{
	for (size_t i = 0; i < o->duty_count; i++)
		if (str_is(role, o->duties[i]))
			return store_desk_duty_take(request_store(rq), str_of(rq->who.sid), role);
	return request_fail(rq, E_INVALID, "invalid_request", "this is not one of your duties");
}

enum status
officer_may_help(struct request *rq, const struct officer *o, struct str sub)
{
	bool related = str_is(sub, o->sub);

	if (!related)
		TRY(store_mandate_related(request_store(rq), str_of(o->sub), sub, clock_now_us(), &related));
	return related ? request_fail(rq, E_DENIED, "conflict_of_interest",
				      "a colleague must help with what is yours or your relatives'")
		       : OK;
}
