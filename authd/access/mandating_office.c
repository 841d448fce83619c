/* mandating_office.c: an official registers a mandate with a paper, another one reads that paper and confirms. */
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/core/hash.h"
#include "authd/access/desk.h"
#include "authd/access/mandating_parts.h"
#include "authd/audit/audit.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"

/* Neither a party nor a relative of one; and about a death whoever may speak about deaths. */
static enum status
check_officer(struct request *rq, const struct officer *o, const struct store_mandate *m)
{
	if (mandating_is_heir(m->kind) != (o->action == ACTION_REGISTER_DEATH))
		return request_fail(rq, E_DENIED, "role_missing", "heirs are for officials who register deaths");
	TRY(officer_may_help(rq, o, m->sub));
	return officer_may_help(rq, o, m->representative);
}

/* Nobody inherits by their own word. A child that inherits has somebody who acts for it in everything else, too. */
static enum status
check_heir(struct mandating_making *m)
{
	struct str pseudonym;

	TRY(mandating_find_dead(m->rq, m->terms->sub, &m->represented, &m->death));
	TRY(mandating_find_active(m->rq, m->terms->representative, &m->representative));
	if (str_is(m->representative.kind, "child"))
		return mandating_refuse(m->rq, "a child cannot represent anybody");
	pseudonym = m->representative.pseudonym;
	if (pseudonym.n > 0 && (str_eq(pseudonym, m->death.operator_id) || str_eq(pseudonym, m->death.confirmer)))
		return request_fail(m->rq, E_DENIED, "conflict_of_interest", "who registered the death is no heir");
	return OK;
}

static enum status
check_people(struct mandating_making *m)
{
	const struct mandating_terms *t = m->terms;

	if (str_eq(t->sub, t->representative))
		return mandating_refuse(m->rq, "nobody represents themselves");
	if (mandating_is_heir(t->kind))
		return check_heir(m);
	TRY(mandating_find_active(m->rq, t->sub, &m->represented));
	TRY(mandating_find_active(m->rq, t->representative, &m->representative));
	if (str_is(m->representative.kind, "child"))
		return mandating_refuse(m->rq, "a child cannot represent anybody");
	if (str_is(m->represented.kind, "child") != (t->born.n > 0))
		return mandating_refuse(m->rq, "a child's mandate needs a date of birth, an adult's has none");
	return OK;
}

/* Whoever never gets a second person's word has written something about somebody all the same. */
static enum status
register_row(struct mandating_making *m, const struct officer *o)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct audit_event ev = desk_event(m->rq, o, ENTRY_DESK_PREPARED, &m->represented, NULL);
	struct receipt receipt;

	audit_fact(&ev, "act", STR("mandate"));
	audit_fact(&ev, "kind", m->row.kind);
	TRY(audit_draft(m->rq->authd, &ev, &draft));
	TRY(store_begin(request_store(m->rq), &tx));
	TRY(store_mandate_add(&tx, &m->row));
	TRY(audit_emit(&tx, &draft, STORE_TARGET_NONE, STR("")));
	TRY(store_commit(&tx));
	return audit_forward(m->rq->authd, &draft, &receipt);
}

/* A power of attorney is its giver's word, not an office's. */
static enum status
check_paper(struct request *rq, const struct officer *o, const struct mandating_terms *t)
{
	const char *fault = mandate_paper_fault(&t->paper);

	if (!str_is(t->kind, "parent") && !str_is(t->kind, "guardian") &&
	    !(mandating_is_heir(t->kind) && o->action == ACTION_REGISTER_DEATH))
		return mandating_refuse(rq, "an office registers parents and guardians");
	return fault != NULL ? mandating_refuse(rq, fault) : OK;
}

enum status
mandating_register(struct request *rq, const struct officer *o, const struct mandating_terms *terms,
		   char id[MANDATING_ID_MOST + 1])
{
	CLEANUP(mandating_making_clear)
	struct mandating_making m = {
		.rq = rq, .terms = terms, .mandate_id = BUF(64), .rep_id = BUF(64), .document = BUF(KEYS_FIELD_MAX)
	};

	TRY(check_paper(rq, o, terms));
	TRY(desk_take(rq, o->sub, "mandate", MANDATING_REGISTER_MOST));
	m.row.sub = terms->sub;
	m.row.representative = terms->representative;
	m.row.kind = terms->kind;
	TRY(check_officer(rq, o, &m.row));
	TRY(check_people(&m));
	TRY(mandating_terms_check(&m));
	TRY(mandating_terms_fill(&m));
	m.row.organisation = str_of(o->organisation);
	m.row.operator_id = str_of(o->pseudonym);
	if (m.mandate_id.n > MANDATING_ID_MOST)
		return E_SYSTEM;
	TRY(register_row(&m, o));
	memcpy(id, m.mandate_id.p, m.mandate_id.n);
	id[m.mandate_id.n] = '\0';
	return OK;
}

/* ---- reading what is to be confirmed ---- */

void
mandating_look_clear(struct mandating_look *l)
{
	store_mandate_clear(&l->mandate);
	json_decref(l->paper);
	*l = (struct mandating_look){ 0 };
}

/* Of an office's own, for an official who is no party. */
static enum status
find_registered(struct request *rq, const struct officer *o, struct str mandate_id, struct store_mandate *out)
{
	TRY(store_mandate_find(request_store(rq), mandate_id, out));
	if (out->operator_id.p == NULL || !str_is(out->organisation, o->organisation))
		return E_NOT_FOUND;
	return check_officer(rq, o, out);
}

/* Of all that is granted, and of the paper as it was sealed. */
static void
put_digest(const struct store_mandate *m, char out[65])
{
	CLEANUP(buf_clear) struct buf bytes = { 0 }, hex = BUF(64);
	struct hash h;

	buf_put_cstr(&bytes, "ombud mandate v1\n");
	buf_put_block(&bytes, m->mandate_id);
	buf_put_block(&bytes, m->sub);
	buf_put_block(&bytes, m->representative);
	buf_put_block(&bytes, m->kind);
	buf_put_block(&bytes, m->purposes);
	buf_put_u64(&bytes, (uint64_t)m->actions);
	buf_put_u64(&bytes, (uint64_t)m->from_us);
	buf_put_u64(&bytes, (uint64_t)m->until_us);
	buf_put_u64(&bytes, (uint64_t)m->majority_us);
	buf_put_block(&bytes, m->document);
	h = hash_sha256(buf_str(&bytes));
	hash_put_hex(&hex, &h);
	memcpy(out, hex.p, 64);
	out[64] = '\0';
}

static enum status
record_look(struct request *rq, const struct officer *o, const struct store_person *represented)
{
	struct audit_event ev = desk_event(rq, o, ENTRY_DESK_OPENED, represented, NULL);
	struct receipt receipt;

	audit_fact(&ev, "act", STR("mandate"));
	return audit_record(rq->authd, &ev, &receipt);
}

static enum status
open_paper(struct request *rq, const struct officer *o, struct mandating_look *l)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	struct keys_person who;
	enum status st;

	TRY(store_person_find(request_store(rq), l->mandate.sub, &p));
	TRY(record_look(rq, o, &p));
	who = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	if (p.wrapped_key.n == 0)
		return OK; /* erased: nothing is left to read */
	st = mandate_paper_open(rq->authd->keys, &who, &l->mandate, &l->paper);
	return st == E_NOT_FOUND ? OK : st;
}

enum status
mandating_look(struct request *rq, const struct officer *o, struct str mandate_id, struct mandating_look *out)
{
	CLEANUP(mandating_look_clear) struct mandating_look l = { 0 };

	TRY(find_registered(rq, o, mandate_id, &l.mandate));
	TRY(open_paper(rq, o, &l));
	put_digest(&l.mandate, l.digest);
	*out = l;
	l = (struct mandating_look){ 0 };
	return OK;
}

/* ---- confirming ---- */

static enum status
waits_not(struct request *rq)
{
	return request_fail(rq, E_CONFLICT, "conflict", "this mandate does not wait for a confirmation");
}

static enum status
check_read(struct request *rq, const struct store_mandate *m, struct str digest)
{
	char now[65];

	put_digest(m, now);
	return str_is(digest, now)
		   ? OK
		   : request_fail(rq, E_CONFLICT, "conflict", "this is not what you read; read it again");
}

enum status
mandating_confirm(struct request *rq, const struct officer *o, struct str mandate_id, struct str digest)
{
	CLEANUP(store_mandate_clear) struct store_mandate m = { 0 };
	CLEANUP(mandating_granting_clear) struct mandating_granting g = { .rq = rq, .m = &m, .confirmer = o };
	enum status st;

	TRY(find_registered(rq, o, mandate_id, &m));
	if (!str_is(m.state, "proposed") || m.created_us <= clock_now_us() - rq->authd->config.mandate_wait_us)
		return waits_not(rq);
	if (str_is(m.operator_id, o->pseudonym))
		return request_fail(rq, E_DENIED, "access_denied", "another person must confirm it");
	TRY(check_read(rq, &m, digest));
	g.representative = m.representative;
	st = mandating_grant(&g);
	return st == E_NOT_FOUND ? waits_not(rq) : st;
}

/* ---- looking after them ---- */

enum status
mandating_list(struct request *rq, const struct officer *o, struct store_mandate_filter *filter, struct str cursor,
	       int limit, struct store_mandate_list *out)
{
	filter->organisation = str_of(o->organisation);
	if (o->action == ACTION_REGISTER_DEATH)
		filter->kind = STR("heir");
	else
		filter->no_heirs = true; /* theirs are the papers of others' deaths */
	return store_mandate_page(request_store(rq), filter, cursor, limit, out);
}

enum status
mandating_revoke(struct request *rq, const struct officer *o, struct str mandate_id, struct str reason)
{
	static const char *const reasons[] = { "revoked", "disputed", "unfounded" };
	CLEANUP(store_mandate_clear) struct store_mandate m = { 0 };

	TRY(find_registered(rq, o, mandate_id, &m));
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (str_is(reason, reasons[i]))
			return mandating_end(rq, &m, reason, str_of(o->pseudonym));
	return mandating_refuse(rq, "reason must be revoked, disputed or unfounded");
}
