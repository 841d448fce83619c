/*
 * desk_confirm.c: the second party says yes or no to what was prepared: the person with the code of one number, or a
 * colleague who has seen the paper. Which code, and why no other, is in desk.h.
 */
#include "authd/access/desk_parts.h"
#include "authd/notify/inbox.h"
#include "authd/request.h"
#include "authd/store/store_desk_codes.h"
#include "authd/store/store_outbox.h"

static enum status
over(struct request *rq)
{
	return request_fail(rq, E_USED, "offer_over", "this waits no longer: it was answered, or its time is over");
}

/* What the form shows is what is stored: or else the person agreed to something else. */
static enum status
check_digest(struct request *rq, const struct desk_offer *offer, struct str digest)
{
	struct hash said;

	if (hash_from_hex(digest, &said) == OK && str_eq(hash_str(&said), offer->row.digest))
		return OK;
	return request_fail(rq, E_CONFLICT, "offer_differs", "this is not the text that was prepared");
}

static enum status
record_wrong(struct request *rq, const struct officer *o, const struct desk_offer *offer)
{
	struct audit_event ev = desk_event(rq, o, ENTRY_AUTH_FAILED, &offer->person, NULL);
	struct receipt receipt;

	rq->refusal_recorded = true;
	audit_fact(&ev, "factor", STR("paper_code"));
	return audit_record(rq->authd, &ev, &receipt);
}

/* Spaces and dashes are how people read a long number. */
static void
digits_of(struct str code, char out[KEYS_HOTP_DIGITS + 2])
{
	size_t n = 0;

	for (size_t i = 0; i < code.n && n < KEYS_HOTP_DIGITS + 1; i++)
		if (code.p[i] != ' ' && code.p[i] != '-')
			out[n++] = code.p[i];
	out[n] = '\0';
}

static enum status
check_code(struct request *rq, const struct desk_offer *offer, struct str code)
{
	CLEANUP(store_desk_codes_clear) struct store_desk_codes list = { 0 };
	char digits[KEYS_HOTP_DIGITS + 2];
	enum status st = store_desk_codes_of(request_store(rq), offer->row.sub, &list);

	if (st == E_NOT_FOUND || (st == OK && !str_eq(list.list_id, offer->row.list_id)))
		return over(rq); /* another list was given out meanwhile */
	TRY(st);
	st = store_desk_codes_try(request_store(rq), list.sub, list.list_id);
	if (st == E_USED) /* too many were wrong */
		return over(rq);
	TRY(st);
	digits_of(code, digits);
	st = keys_hotp_check(rq->authd->keys, list.sub, list.sealed, str_of(digits), (uint32_t)offer->row.code_number);
	secret_wipe(digits, sizeof(digits));
	if (st != E_UNAUTHENTICATED)
		TRY(store_desk_codes_give_back(request_store(rq), list.sub, list.list_id));
	return st;
}

/* Of the offer first: whoever has none left there has none of the list's. */
static enum status
try_code(struct request *rq, const struct officer *o, const struct desk_offer *offer, struct str code)
{
	enum status st = store_desk_offer_try(request_store(rq), offer->row.offer_id, str_of(o->sub), clock_now_us());

	if (st == E_USED)
		return over(rq);
	TRY(st);
	return check_code(rq, offer, code);
}

static enum status
confirm_tx(struct request *rq, const struct officer *o, struct desk_offer *offer, bool second,
	   const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const int64_t now = clock_now_us();
	const struct store_desk_offer *row = &offer->row;
	enum status st;

	TRY(store_begin(request_store(rq), &tx));
	if (second)
		st = store_desk_offer_by_second(&tx, row, str_of(o->sub), str_of(o->pseudonym), str_of(o->organisation),
						now);
	else
		st = store_desk_offer_by_code(&tx, row->offer_id, str_of(o->sub), row->digest, now);
	if (st == E_USED)
		return over(rq);
	TRY(st);
	if (!second)
		TRY(store_desk_codes_passed(&tx, row->sub, row->list_id));
	if (row->sub.n > 0)
		TRY(inbox_tell(&tx, row->sub, INBOX_DESK_HELPED,
			       &(struct inbox_refs){ .organisation = row->organisation }));
	TRY(audit_emit(&tx, draft, STORE_TARGET_NONE, STR("")));
	TRY(store_commit(&tx));
	offer->row.confirmed_us = now;
	return OK;
}

static enum status
confirm(struct request *rq, const struct officer *o, struct desk_offer *offer, bool second, struct desk_result *out)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct audit_event ev =
	    desk_event(rq, o, ENTRY_DESK_CONFIRMED, offer->row.sub.n > 0 ? &offer->person : NULL, &offer->row);
	struct receipt receipt;

	audit_fact(&ev, "prepared_by", offer->row.operator_id);
	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(confirm_tx(rq, o, offer, second, &draft));
	TRY(audit_forward(rq->authd, &draft, &receipt));
	return desk_act(rq, o, offer, out);
}

enum status
desk_confirm_code(struct request *rq, const struct officer *o, struct desk_offer *offer, struct str digest,
		  struct str code, struct desk_result *out)
{
	struct desk_try wrong;
	enum status st;

	if (!str_is(offer->row.operator_sub, o->sub))
		return E_NOT_FOUND;
	TRY(officer_may_help(rq, o, offer->row.sub));
	TRY(check_digest(rq, offer, digest));
	TRY(desk_try_take(rq, o->sub, "wrong", DESK_WRONG_MOST, &wrong));
	st = try_code(rq, o, offer, code);
	if (st == E_UNAUTHENTICATED) {
		TRY(record_wrong(rq, o, offer));
		return st;
	}
	TRY(desk_try_give_back(rq, &wrong));
	TRY(st);
	return confirm(rq, o, offer, false, out);
}

enum status
desk_confirm_paper(struct request *rq, const struct officer *second, struct desk_offer *offer, struct str digest,
		   struct desk_result *out)
{
	if (!str_is(offer->row.way, "paper"))
		return E_NOT_FOUND;
	if (str_is(offer->row.operator_sub, second->sub))
		return request_fail(rq, E_DENIED, "second_person", "somebody else must confirm what you prepared");
	if (offer->row.sub.n > 0)
		TRY(officer_may_help(rq, second, offer->row.sub));
	TRY(check_digest(rq, offer, digest));
	return confirm(rq, second, offer, true, out);
}

enum status
desk_refuse(struct request *rq, const struct officer *o, struct desk_offer *offer)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct audit_event ev =
	    desk_event(rq, o, ENTRY_DESK_REFUSED, offer->row.sub.n > 0 ? &offer->person : NULL, &offer->row);
	struct receipt receipt;
	enum status st;

	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(store_begin(request_store(rq), &tx));
	st = store_desk_offer_refuse(&tx, offer->row.offer_id, offer->row.organisation);
	if (st == E_USED)
		return over(rq);
	TRY(st);
	TRY(audit_emit(&tx, &draft, STORE_TARGET_NONE, STR("")));
	TRY(store_commit(&tx));
	return audit_forward(rq->authd, &draft, &receipt);
}
