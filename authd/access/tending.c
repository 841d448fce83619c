#include "authd/access/tending.h"

#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "authd/access/bynumber.h"
#include "authd/access/inquiry.h"
#include "authd/audit/audit.h"
#include "authd/authd.h"
#include "authd/consent/consenting.h"
#include "authd/consent/consenting_parts.h"
#include "authd/notify/inbox.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_person.h"
#include "authd/store/store_policy.h"
#include "authd/sweeping.h"
#include "authd/ticker.h"

#define BATCH        50
#define SETTLED      10 /* looks through all consents after a change of policy */
#define BATCHES_MOST 20 /* of one kind in one round: nothing waits for ever behind a mass of something else */

struct tending {
	struct authd *authd;
	struct store *db;
	struct ticker *ticker;
	struct policy *policy;                    /* in force in this round; NULL: none */
	char looked_through[POLICY_HASH_LEN + 1]; /* the policy whose purposes all consents are held against */
	unsigned looks;                           /* how often they were */
};

/* E_USED: another node or the person was faster. */
static enum status
unless_done(enum status st)
{
	return st == E_USED ? OK : st;
}

static struct audit_event
own_event(const struct tending *t)
{
	struct audit_event ev = { .entry = { .by.service = STR("portal") } };

	if (t->policy != NULL)
		ev.entry.policy = policy_hash(t->policy);
	return ev;
}

static enum status
lapse(struct tending *t, const struct store_consent *c, enum consent_state state, const char *why)
{
	const struct audit_event ev = own_event(t);

	return unless_done(consenting_lapse(t->authd, t->db, &ev, STR("ombud"), c, state, str_of(why)));
}

/* ---- terms that are over ---- */

static enum status
expire(struct tending *t, size_t *done)
{
	CLEANUP(store_consent_list_clear) struct store_consent_list due = { 0 };
	struct sweeping s = { .work = "consents.due" };

	TRY(store_consent_due(t->db, clock_now_us(), sweeping_batch(&s, BATCH), &due));
	for (size_t i = 0; i < due.count; i++) {
		const struct store_consent *c = &due.items[i];

		if (!sweeping_passes(&s, c->record_id))
			TRY(sweeping_done(&s, c->record_id, lapse(t, c, CONSENT_EXPIRED, "term_over")));
	}
	*done = due.count - s.passed;
	return OK;
}

static enum status
end_requests(struct tending *t, size_t *done)
{
	CLEANUP(store_request_list_clear) struct store_request_list due = { 0 };
	struct sweeping s = { .work = "requests.due" };

	TRY(store_request_due(t->db, clock_now_us(), sweeping_batch(&s, BATCH), &due));
	for (size_t i = 0; i < due.count; i++) {
		const struct store_request *r = &due.items[i];

		if (!sweeping_passes(&s, r->request_id))
			TRY(sweeping_done(&s, r->request_id, unless_done(consenting_request_over(t->authd, t->db, r))));
	}
	*done = due.count - s.passed;
	return OK;
}

/* ---- reminders ---- */

static enum status
draft_reminder(struct tending *t, const struct store_consent *c, int days, struct audit_draft *out)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	CLEANUP(buf_clear) struct buf ref = BUF(160);
	struct audit_event ev = own_event(t);

	TRY(store_person_find(t->db, c->sub, &person));
	TRY(consenting_purpose_ref(c->purpose, (unsigned)c->purpose_version, &ref));
	ev.entry.event = ENTRY_NOTICE_SENT;
	ev.entry.purpose = buf_str(&ref);
	ev.entry.basis =
	    (struct entry_basis){ .type = ENTRY_BASIS_ENTRY, .has_index = true, .index = (uint64_t)c->log_index };
	audit_fact(&ev, "kind", str_of(inbox_kind_name(INBOX_CONSENT_EXPIRING)));
	audit_fact_number(&ev, "days", (uint64_t)days);
	if (person.wrapped_key.n > 0)
		ev.person = (struct keys_person){ .sub = person.sub, .wrapped = person.wrapped_key };
	return audit_draft(t->authd, &ev, out);
}

static enum status
remind(struct tending *t, const struct store_consent *c, int stage, int days)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const struct inbox_refs refs = {
		.target = c->record_id, .organisation = c->organisation, .purpose = c->purpose, .until_us = c->until_us
	};
	struct receipt receipt;
	enum status st;

	TRY(draft_reminder(t, c, days, &draft));
	TRY(store_begin(t->db, &tx));
	st = store_consent_reminded(&tx, c->record_id, stage);
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	TRY(inbox_tell(&tx, c->sub, INBOX_CONSENT_EXPIRING, &refs));
	TRY(audit_emit(&tx, &draft, STORE_TARGET_NONE, STR("")));
	TRY(store_commit(&tx));
	return audit_forward(t->authd, &draft, &receipt);
}

static enum status
remind_all(struct tending *t, int stage, int days, size_t *done)
{
	CLEANUP(store_consent_list_clear) struct store_consent_list due = { 0 };
	struct sweeping s = { .work = stage == 1 ? "consents.first_reminder" : "consents.second_reminder" };
	const int64_t now = clock_now_us(), lead = days * DAY_US;

	TRY(store_consent_to_remind(t->db, stage, now, now + lead, lead, sweeping_batch(&s, BATCH), &due));
	for (size_t i = 0; i < due.count; i++) {
		const struct store_consent *c = &due.items[i];

		if (!sweeping_passes(&s, c->record_id))
			TRY(sweeping_done(&s, c->record_id, remind(t, c, stage, days)));
	}
	*done = due.count - s.passed;
	return OK;
}

/* The later one first: whoever gets that needs the earlier one no more. */
static enum status
remind_second(struct tending *t, size_t *done)
{
	return remind_all(t, 2, TENDING_SECOND_DAYS, done);
}

static enum status
remind_first(struct tending *t, size_t *done)
{
	return remind_all(t, 1, TENDING_FIRST_DAYS, done);
}

/* ---- a policy in which the purpose is another, or none ---- */

/* *all: none is left that could not be ended now. A decision refuses an outdated one whatever is written down. */
static enum status
end_outdated(struct tending *t, struct str purpose, bool *all)
{
	const struct purpose *p = policy_purpose(t->policy, purpose);
	const char *why = p == NULL ? "purpose_gone" : "purpose_changed";
	struct sweeping s = { .work = "consents.outdated" };
	char after[64] = "";
	size_t count;

	do {
		CLEANUP(store_consent_list_clear) struct store_consent_list old = { 0 };

		TRY(store_consent_outdated(t->db, purpose, p == NULL ? 0 : (int)p->version, str_of(after), BATCH,
					   &old));
		for (size_t i = 0; i < old.count; i++) {
			const struct str id = old.items[i].record_id;

			if (!sweeping_passes(&s, id))
				TRY(sweeping_done(&s, id, lapse(t, &old.items[i], CONSENT_INVALIDATED, why)));
			snprintf(after, sizeof(after), "%.*s", STR_ARG(old.items[i].record_id));
		}
		count = old.count;
	} while (count == BATCH);
	*all &= s.failed == 0 && s.passed == 0;
	return OK;
}

/* A node that has not heard of the newest bundle must not end what was given under it. */
static enum status
is_newest(struct tending *t, bool *newest)
{
	CLEANUP(store_policy_clear) struct store_policy active = { 0 };
	enum status st = store_policy_active(t->db, &active);

	if (st != OK && st != E_NOT_FOUND)
		return st;
	*newest = st == OK && str_eq(active.sha256, policy_hash(t->policy));
	return OK;
}

/*
 * When a policy comes into force, and for some rounds more: a yes that was under way was to the old one. A crash in
 * between begins anew; what was ended is not found again.
 */
static bool
is_settled(struct tending *t)
{
	if (!str_is(policy_hash(t->policy), t->looked_through)) {
		snprintf(t->looked_through, sizeof(t->looked_through), "%.*s", STR_ARG(policy_hash(t->policy)));
		t->looks = 0;
	}
	return t->looks == SETTLED;
}

static enum status
follow_policy(struct tending *t, size_t *done)
{
	CLEANUP(store_category_list_clear) struct store_category_list purposes = { 0 };
	bool newest = false, all = true;

	*done = 0;
	if (t->policy == NULL || is_settled(t))
		return OK;
	TRY(is_newest(t, &newest));
	if (!newest)
		return OK;
	TRY(store_consent_purposes(t->db, &purposes));
	for (size_t i = 0; i < purposes.count; i++)
		TRY(end_outdated(t, purposes.items[i], &all));
	t->looks += all;
	return OK;
}

/* ---- people who were asked about and never came ---- */

static enum status
forget_strangers(struct tending *t, size_t *done)
{
	return store_stranger_forget(t->db, clock_now_us() - BYNUMBER_FORGET_US, BATCH, done);
}

/* ---- questions that nobody answered in time ---- */

static enum status
pass_questions_on(struct tending *t, size_t *done)
{
	*done = 0;
	return t->policy == NULL ? OK : inquiry_sweep(t->authd, t->db, BATCH, done);
}

/* ---- the round ---- */

static const struct {
	const char *name;
	enum status (*run)(struct tending *t, size_t *done);
} works[] = {
	{ "expire", expire },
	{ "requests", end_requests },
	{ "policy", follow_policy },
	{ "second_reminder", remind_second },
	{ "first_reminder", remind_first },
	{ "questions", pass_questions_on },
	{ "strangers", forget_strangers },
};

/* When database, keys or log fail, the next round goes on where this one stopped. */
static void
work(struct tending *t, size_t which)
{
	size_t done = BATCH;

	for (size_t i = 0; i < BATCHES_MOST && done >= BATCH; i++) {
		enum status st = works[which].run(t, &done);

		if (st != OK) {
			log_warn(st, "tending", "work=%s", works[which].name);
			return;
		}
	}
}

static void
tick(void *arg)
{
	struct tending *t = arg;

	t->policy = policy_slot_get(t->authd->policy);
	for (size_t i = 0; i < ARRAY_LEN(works); i++)
		work(t, i);
	policy_unref(t->policy);
	t->policy = NULL;
}

enum status
tending_start(struct authd *a, struct tending **out)
{
	CLEANUP(freep) struct tending *t = calloc(1, sizeof(*t));
	enum status st;

	if (t == NULL)
		return E_NOMEM;
	t->authd = a;
	TRY(store_open(str_of(a->config.store), &t->db));
	st = ticker_start(tick, t, &t->ticker);
	if (st != OK) {
		store_close(t->db);
		return st;
	}
	*out = STEAL(&t);
	return OK;
}

void
tending_stop(struct tending *t)
{
	if (t == NULL)
		return;
	ticker_stop(t->ticker);
	store_close(t->db);
	free(t);
}
