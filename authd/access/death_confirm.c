/* death_confirm.c: the second official's word: the person is dead from the commit on, or alive again. */
#include "auditlog/base/log.h"
#include "auditlog/base/secret.h"
#include "authd/access/death_parts.h"
#include "authd/access/desk.h"
#include "authd/http/json.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"
#include "authd/sweeping.h"

#define UPKEEP_BATCH 20
/* What was under way when the death was confirmed has come to its end by then. */
#define SETTLED_US (60 * SECOND_US)
/* As config.c takes it. */
#define WAIT_MOST_S UINT64_C(2592000)

struct confirming {
	struct request *rq;
	const struct officer *o;
	struct store_death d, stands; /* stands: of an undoing, what it takes back */
	struct store_person person;
	struct death_ends ends;
	json_t *officers;
	struct audit_draft draft;
	bool undo;
};

static void
confirming_clear(struct confirming *c)
{
	store_death_clear(&c->d);
	store_death_clear(&c->stands);
	store_person_clear(&c->person);
	death_ends_clear(&c->ends);
	json_decref(c->officers);
	audit_draft_clear(&c->draft);
}

/* ---- who may, and when ---- */

static enum status
waits_not(struct request *rq)
{
	return request_fail(rq, E_CONFLICT, "conflict", "this does not wait for a confirmation");
}

static int64_t
waited_since(const struct confirming *c)
{
	return clock_now_us() - (c->undo ? 0 : c->rq->authd->config.death_wait_us);
}

static enum status
check_waits(struct confirming *c)
{
	if (!str_is(c->d.state, "proposed"))
		return waits_not(c->rq);
	if (c->d.log_index == STORE_NO_INDEX)
		return request_fail(c->rq, E_UNAVAILABLE, "log_unavailable",
				    "this is still on its way into the log; try again in a moment");
	if (c->d.proposed_us > waited_since(c))
		return request_fail(c->rq, E_CONFLICT, "conflict",
				    "the person still has time to say that they are alive; come back later");
	return OK;
}

/* What the entry promised the person holds, whatever authd.yaml says by now. One that was pruned is older than that. */
static enum status
check_promise(struct confirming *c)
{
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	const struct entry_fact *wait;
	struct entry_view v;
	enum status st = c->undo ? E_NOT_FOUND : audit_read(c->rq->authd, (uint64_t)c->d.log_index, &line);

	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	TRY(entry_parse(buf_str(&line), &v));
	wait = entry_fact_number(&v.entry, "wait_s");
	if (wait != NULL && wait->number > 0 &&
	    clock_now_us() < v.time_us + (int64_t)(wait->number < WAIT_MOST_S ? wait->number : WAIT_MOST_S) * SECOND_US)
		return request_fail(c->rq, E_CONFLICT, "conflict",
				    "the person still has time to say that they are alive; come back later");
	return OK;
}

static enum status
check_second(struct confirming *c)
{
	if (!str_is(c->d.organisation, c->o->organisation))
		return E_NOT_FOUND;
	if (str_is(c->d.operator_id, c->o->pseudonym))
		return request_fail(c->rq, E_DENIED, "access_denied", "another person must confirm it");
	return death_check_stranger(c->rq, c->o, c->d.sub);
}

/* Who has the same paper in front of them writes down its number; who only presses a button has none. */
static enum status
check_number(struct confirming *c, struct str number)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	CLEANUP(json_decrefp) json_t *paper = NULL;
	const char *kept;

	TRY(desk_take(c->rq, c->o->sub, "death_second", DEATH_CONFIRM_MOST));
	TRY(death_paper_open(c->rq, &c->d, &text));
	TRY(json_read(buf_str(&text), KEYS_FIELD_MAX, &paper, NULL));
	kept = json_string_value(json_object_get(paper, "number"));
	if (kept == NULL || !secret_equal(str_of(kept), number))
		return request_fail(c->rq, E_INVALID, "invalid_request", "the paper has another number");
	return OK;
}

static enum status
find_matter(struct confirming *c, struct str death_id)
{
	TRY(store_death_find(request_store(c->rq), death_id, &c->d));
	c->undo = str_is(c->d.kind, "undo");
	TRY(check_second(c));
	TRY(check_waits(c));
	TRY(check_promise(c));
	TRY(store_person_find(request_store(c->rq), c->d.sub, &c->person));
	if (c->person.wrapped_key.n == 0)
		return waits_not(c->rq);
	return c->undo ? store_death_find(request_store(c->rq), c->d.undoes, &c->stands) : OK;
}

/* ---- the change ---- */

static enum status
draft_confirming(struct confirming *c)
{
	struct audit_event ev =
	    desk_event(c->rq, c->o, c->undo ? ENTRY_DEATH_UNDONE : ENTRY_DEATH_REGISTERED, &c->person, NULL);

	ev.entry.basis =
	    (struct entry_basis){ .type = ENTRY_BASIS_ENTRY, .has_index = true, .index = (uint64_t)c->d.log_index };
	audit_fact(&ev, "proposed_by", c->d.operator_id);
	audit_fact(&ev, "document", c->d.digest);
	return audit_draft(c->rq->authd, &ev, &c->draft);
}

static enum status
set_alive(struct confirming *c, struct store_tx *tx, int64_t now)
{
	const struct inbox_refs refs = { .organisation = c->d.organisation };
	struct str event = str_of(c->draft.id_text);

	/* An account that had been shut before stays shut. */
	TRY(store_person_set_status(tx, c->d.sub, c->undo ? c->stands.person_status : STORE_PERSON_DISABLED, event));
	TRY(death_end_account(tx, c->d.sub, now)); /* of an undoing: what crept in meanwhile */
	if (c->undo) {
		TRY(store_death_undo(tx, c->stands.death_id));
		TRY(inbox_tell(tx, c->d.sub, INBOX_DEATH_UNDONE, &refs));
	} else {
		TRY(officers_tell(tx, c->officers, INBOX_DEATH_REGISTERED, &refs));
	}
	return OK;
}

static enum status
save_confirming(struct confirming *c)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const int64_t now = clock_now_us();

	TRY(store_begin(request_store(c->rq), &tx));
	TRY(store_death_decide(&tx, c->d.death_id, STR("confirmed"), str_of(c->o->pseudonym), waited_since(c), now,
			       str_of(c->draft.id_text)));
	TRY(set_alive(c, &tx, now));
	/* The entry of the death stands before those of what ends with it. */
	TRY(audit_emit(&tx, &c->draft, STORE_TARGET_DEATH_DECIDED, c->d.death_id));
	TRY(death_ends_save(&tx, &c->ends));
	return store_commit(&tx);
}

enum status
death_confirm(struct request *rq, const struct officer *o, struct str death_id, struct str number)
{
	CLEANUP(confirming_clear) struct confirming c = { .rq = rq, .o = o };
	struct receipt receipt;
	enum status st;

	TRY(find_matter(&c, death_id));
	TRY(check_number(&c, number));
	TRY(officers_of(request_store(rq), rq->policy, c.d.organisation, &c.officers));
	TRY(draft_confirming(&c));
	TRY(death_ends_gather(rq->authd, request_store(rq), c.d.sub, c.undo, &c.ends));
	st = save_confirming(&c);
	if (st == E_NOT_FOUND || st == E_CONFLICT) /* contested, declined or confirmed meanwhile */
		return waits_not(rq);
	TRY(st);
	TRY(audit_forward(rq->authd, &c.draft, &receipt));
	return death_ends_forward(rq->authd, &c.ends);
}

/* ---- what was left over ---- */

static bool
is_undone(const struct store_death *d)
{
	return str_is(d->state, "undone");
}

/* Heirs of somebody who lives. One who died after all has other heirs: the old ones hold nothing (mandate_find.sql). */
static enum status
gather_rest(struct authd *a, struct store *db, const struct store_death *d, struct death_ends *ends)
{
	CLEANUP(store_death_clear) struct store_death stands = { 0 };
	enum status st = is_undone(d) ? store_death_stands(db, d->sub, &stands) : E_NOT_FOUND;

	return st == E_NOT_FOUND ? death_ends_gather(a, db, d->sub, is_undone(d), ends) : st;
}

static enum status
end_rest(struct authd *a, struct store *db, const struct store_death *d, struct death_ends *ends)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	if (!is_undone(d))
		TRY(store_death_hold(&tx, d->death_id)); /* who is alive again keeps what they gave since */
	TRY(death_ends_save(&tx, ends));
	TRY(store_commit(&tx));
	return death_ends_forward(a, ends);
}

static enum status
go_on(struct authd *a, struct store *db, const struct store_death *d)
{
	CLEANUP(death_ends_clear) struct death_ends ends = { 0 };
	enum status st;

	if (d->decided_index == STORE_NO_INDEX)
		return OK; /* its entry comes first */
	TRY(gather_rest(a, db, d, &ends));
	if (ends.count == 0 && !ends.more)
		return d->decided_us + SETTLED_US < clock_now_us() ? store_death_settle(db, d->death_id, clock_now_us())
								   : OK;
	st = end_rest(a, db, d, &ends);
	return st == E_NOT_FOUND ? OK : st;
}

enum status
death_upkeep(struct authd *a, struct store *db)
{
	CLEANUP(store_death_list_clear) struct store_death_list list = { 0 };
	struct sweeping s = { .work = "deaths.rest" };

	TRY(store_death_unsettled(db, sweeping_batch(&s, UPKEEP_BATCH), &list));
	for (size_t i = 0; i < list.count; i++)
		if (!sweeping_passes(&s, list.items[i].death_id))
			TRY(sweeping_done(&s, list.items[i].death_id, go_on(a, db, &list.items[i])));
	return OK;
}
