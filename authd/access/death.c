/* death.c: a death, or that one is taken back, is put forward, declined, and spoken against. */
#include "authd/access/death.h"

#include "auditlog/base/random.h"
#include "auditlog/core/hash.h"
#include "authd/access/birthday.h"
#include "authd/access/death_parts.h"
#include "authd/access/desk.h"
#include "authd/http/json_write.h"
#include "authd/request.h"
#include "authd/store/store_desk.h"
#include "authd/store/store_grant.h"
#include "authd/store/store_login.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_session.h"

/* ---- shared ---- */

enum status
death_check_stranger(struct request *rq, const struct officer *o, struct str sub)
{
	bool related = str_is(sub, o->sub);

	if (!related)
		TRY(store_death_related(request_store(rq), str_of(o->sub), sub, &related));
	return related ? request_fail(rq, E_DENIED, "conflict_of_interest",
				      "a colleague must speak about your own death or a relative's")
		       : OK;
}

enum status
death_end_account(struct store_tx *tx, struct str sub, int64_t now_us)
{
	TRY(store_login_drop_all(tx, sub));
	TRY(store_session_end_all(tx, sub, STR(""), now_us, NULL));
	TRY(store_desk_end_all(tx, sub, now_us));
	return store_grant_revoke_person(tx, sub, now_us);
}

/* ---- putting forward ---- */

struct putting {
	struct request *rq;
	const struct officer *o;
	struct store_person person;
	struct store_death stands; /* what an undo takes back */
	struct buf id, paper, sealed, digest;
	struct store_death row;
	json_t *officers;
	struct audit_draft draft;
};

static void
putting_clear(struct putting *p)
{
	store_person_clear(&p->person);
	store_death_clear(&p->stands);
	buf_clear(&p->id);
	buf_clear(&p->paper);
	buf_clear(&p->sealed);
	buf_clear(&p->digest);
	json_decref(p->officers);
	audit_draft_clear(&p->draft);
}

static bool
is_told(struct str s)
{
	return s.n > 0 && s.n <= DEATH_TEXT_MOST;
}

static enum status
check_paper(struct request *rq, const struct death_paper *paper)
{
	int64_t day_us;

	if (!is_told(paper->kind) || !is_told(paper->number) || !is_told(paper->issuer))
		return request_fail(rq, E_INVALID, "invalid_request",
				    "say what the paper is, its number and its issuer");
	if (birthday_day_begins(paper->date, str_of(rq->authd->config.time_zone), &day_us) != OK ||
	    day_us > clock_now_us())
		return request_fail(rq, E_INVALID, "invalid_request", "date must be a day that has come");
	return OK;
}

static enum status
conflict(struct request *rq, const char *why)
{
	return request_fail(rq, E_CONFLICT, "conflict", why);
}

/* Somebody who was heard saying "I am alive" is not asked again the next day. */
static enum status
check_quiet(struct putting *p)
{
	CLEANUP(store_death_clear) struct store_death said = { 0 };
	enum status st = store_death_latest(request_store(p->rq), p->person.sub, STR("contested"), &said);

	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	return said.decided_us + DEATH_QUIET_US > clock_now_us()
		   ? conflict(p->rq, "this person said within the last 30 days that they are alive")
		   : OK;
}

static enum status
check_matter(struct putting *p, bool undo)
{
	CLEANUP(store_death_clear) struct store_death open = { 0 };
	enum status st = store_death_open(request_store(p->rq), p->person.sub, &open);

	if (st == OK)
		return conflict(p->rq, "something is put forward about this person already");
	if (st != E_NOT_FOUND)
		return st;
	st = store_death_stands(request_store(p->rq), p->person.sub, &p->stands);
	if (st != OK && st != E_NOT_FOUND)
		return st;
	if ((st == OK) != undo)
		return conflict(p->rq, undo ? "no death of this person stands" : "this death is registered already");
	return undo ? OK : check_quiet(p);
}

static enum status
find_person(struct putting *p, struct str sub)
{
	TRY(store_person_find(request_store(p->rq), sub, &p->person));
	return p->person.wrapped_key.n > 0 && p->person.event_id.n > 0 ? OK : E_NOT_FOUND;
}

static struct keys_place
place_of(struct str id)
{
	return (struct keys_place){ STR("death"), STR("document"), id };
}

static void
put_member(struct buf *out, const char *name, struct str text)
{
	buf_printf(out, "%s\"%s\":", out->n == 0 ? "{" : ",", name);
	json_put_string(out, text);
}

/* The digest is of what was sealed: whoever has no key learns nothing from it, and the row can be held against it. */
static enum status
seal_paper(struct putting *p, const struct death_paper *paper)
{
	const struct keys_person who = { .sub = p->person.sub, .wrapped = p->person.wrapped_key };
	struct keys_place place;
	struct hash h;

	random_put_id(&p->id, "dth_");
	put_member(&p->paper, "kind", paper->kind);
	put_member(&p->paper, "number", paper->number);
	put_member(&p->paper, "date", paper->date);
	put_member(&p->paper, "issuer", paper->issuer);
	buf_put_char(&p->paper, '}');
	TRY(buf_status(&p->id));
	TRY(buf_status(&p->paper));
	place = place_of(buf_str(&p->id));
	TRY(keys_field_seal(p->rq->authd->keys, &who, &place, buf_str(&p->paper), &p->sealed));
	h = hash_sha256(buf_str(&p->sealed));
	hash_put_hex(&p->digest, &h);
	return buf_status(&p->digest);
}

static void
fill_row(struct putting *p, bool undo)
{
	p->row = (struct store_death){
		.death_id = buf_str(&p->id),
		.sub = p->person.sub,
		.kind = undo ? STR("undo") : STR("death"),
		.organisation = str_of(p->o->organisation),
		.operator_id = str_of(p->o->pseudonym),
		.document = buf_str(&p->sealed),
		.digest = buf_str(&p->digest),
		.person_status = p->person.status,
		.proposed_us = clock_now_us(),
	};
	if (undo)
		p->row.undoes = p->stands.death_id;
}

/* The person may read which paper it was: the sealed part of the entry has it, too. */
static enum status
draft_putting(struct putting *p, bool undo)
{
	struct audit_event ev =
	    desk_event(p->rq, p->o, undo ? ENTRY_DEATH_UNDO_PROPOSED : ENTRY_DEATH_PROPOSED, &p->person, NULL);

	audit_fact(&ev, "document", p->row.digest);
	if (!undo)
		audit_fact_number(&ev, "wait_s", (uint64_t)(p->rq->authd->config.death_wait_us / SECOND_US));
	if (undo)
		ev.entry.basis = (struct entry_basis){ .type = ENTRY_BASIS_ENTRY,
						       .has_index = true,
						       .index = (uint64_t)p->stands.decided_index };
	ev.detail = buf_str(&p->paper);
	TRY(audit_draft(p->rq->authd, &ev, &p->draft));
	p->row.event_id = str_of(p->draft.id_text);
	return OK;
}

static enum status
save_putting(struct putting *p, bool undo)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const struct inbox_refs refs = { .organisation = p->row.organisation };
	enum status st;

	TRY(store_begin(request_store(p->rq), &tx));
	st = store_death_add(&tx, &p->row);
	if (st == E_CONFLICT)
		return conflict(p->rq, "something is put forward about this person already");
	TRY(st);
	if (!undo)
		TRY(inbox_tell(&tx, p->row.sub, INBOX_DEATH_PROPOSED, &refs));
	TRY(officers_tell(&tx, p->officers, INBOX_DEATH_TO_WATCH, &refs));
	TRY(audit_emit(&tx, &p->draft, STORE_TARGET_DEATH, p->row.death_id));
	return store_commit(&tx);
}

enum status
death_propose(struct request *rq, const struct officer *o, struct str sub, bool undo, const struct death_paper *paper)
{
	CLEANUP(putting_clear)
	struct putting p = { .rq = rq,
			     .o = o,
			     .id = BUF(64),
			     .paper = BUF(4 * DEATH_TEXT_MOST * 8),
			     .sealed = BUF(KEYS_BLOB_MAX),
			     .digest = BUF(64) };
	struct receipt receipt;

	TRY(check_paper(rq, paper));
	TRY(desk_take(rq, o->sub, "death", DEATH_PROPOSE_MOST));
	TRY(find_person(&p, sub));
	TRY(death_check_stranger(rq, o, sub));
	TRY(check_matter(&p, undo));
	if (undo && p.stands.decided_index == STORE_NO_INDEX)
		return request_fail(rq, E_UNAVAILABLE, "log_unavailable",
				    "this death is still on its way into the log");
	TRY(seal_paper(&p, paper));
	fill_row(&p, undo);
	TRY(officers_of(request_store(rq), rq->policy, p.row.organisation, &p.officers));
	TRY(draft_putting(&p, undo));
	TRY(save_putting(&p, undo));
	return audit_forward(rq->authd, &p.draft, &receipt);
}

/* ---- saying no ---- */

struct refusing {
	struct request *rq;
	const struct store_death *d;
	const char *state;
	struct str who; /* an official's pseudonym; empty: the person, or who put it forward */
	enum inbox_kind tell;
	json_t *officers;
	struct audit_draft draft;
};

static void
refusing_clear(struct refusing *r)
{
	json_decref(r->officers);
	audit_draft_clear(&r->draft);
}

static enum status
save_refusing(struct refusing *r)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const struct inbox_refs refs = { .organisation = r->d->organisation };
	enum status st;

	TRY(store_begin(request_store(r->rq), &tx));
	st = store_death_decide(&tx, r->d->death_id, str_of(r->state), r->who, 0, clock_now_us(),
				str_of(r->draft.id_text));
	if (st == E_NOT_FOUND)
		return conflict(r->rq, "this does not wait any more");
	TRY(st);
	if (r->officers != NULL)
		TRY(officers_tell(&tx, r->officers, r->tell, &refs));
	TRY(audit_emit(&tx, &r->draft, STORE_TARGET_DEATH_DECIDED, r->d->death_id));
	return store_commit(&tx);
}

static enum status
refuse(struct refusing *r, struct audit_event *ev)
{
	struct receipt receipt;

	if (r->d->log_index == STORE_NO_INDEX)
		return request_fail(r->rq, E_UNAVAILABLE, "log_unavailable",
				    "this is still on its way into the log; try again in a moment");
	ev->entry.basis =
	    (struct entry_basis){ .type = ENTRY_BASIS_ENTRY, .has_index = true, .index = (uint64_t)r->d->log_index };
	TRY(audit_draft(r->rq->authd, ev, &r->draft));
	TRY(save_refusing(r));
	return audit_forward(r->rq->authd, &r->draft, &receipt);
}

enum status
death_decline(struct request *rq, const struct officer *o, struct str death_id)
{
	CLEANUP(store_death_clear) struct store_death d = { 0 };
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	CLEANUP(refusing_clear) struct refusing r = { .rq = rq, .d = &d, .state = "declined" };
	struct audit_event ev;

	TRY(store_death_find(request_store(rq), death_id, &d));
	if (!str_is(d.organisation, o->organisation))
		return E_NOT_FOUND;
	TRY(death_check_stranger(rq, o, d.sub));
	TRY(store_person_find(request_store(rq), d.sub, &person));
	if (!str_is(d.operator_id, o->pseudonym))
		r.who = str_of(o->pseudonym);
	ev = desk_event(rq, o, ENTRY_DEATH_DECLINED, &person, NULL);
	return refuse(&r, &ev);
}

enum status
death_contest(struct request *rq)
{
	CLEANUP(store_death_clear) struct store_death d = { 0 };
	CLEANUP(refusing_clear)
	struct refusing r = { .rq = rq, .d = &d, .state = "contested", .tell = INBOX_DEATH_CONTESTED };
	struct audit_event ev = audit_of(rq, ENTRY_DEATH_CONTESTED);

	TRY(store_death_open(request_store(rq), str_of(rq->who.sub), &d));
	if (!str_is(d.kind, "death"))
		return E_NOT_FOUND;
	TRY(officers_of(request_store(rq), rq->policy, d.organisation, &r.officers));
	ev.person = (struct keys_person){ .sub = str_of(rq->who.sub), .wrapped = buf_str(&rq->who.wrapped) };
	return refuse(&r, &ev);
}

/* ---- reading ---- */

enum status
death_paper_open(struct request *rq, const struct store_death *d, struct buf *out)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	struct keys_place place = place_of(d->death_id);
	struct keys_person who;

	TRY(store_person_find(request_store(rq), d->sub, &p));
	if (d->document.n == 0 || p.wrapped_key.n == 0)
		return OK;
	who = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	return keys_field_open(rq->authd->keys, &who, &place, d->document, out);
}
