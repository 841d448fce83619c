/* breakglass_review.c: somebody else judges what an operator did, in time, or the operator's right ends by itself. */
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/access/breakglass_parts.h"
#include "authd/authd.h"
#include "authd/http/json_write.h"
#include "authd/request.h"
#include "authd/store/store_mandate.h"
#include "authd/store/store_outbox.h"

/* ---- what all steps share ---- */

struct keys_place
breakglass_place(const struct store_breakglass *b, bool reviewed)
{
	return (struct keys_place){ .table = STR("breakglass"),
				    .column = reviewed ? STR("review_words") : STR("words"),
				    .key = b->id };
}

enum status
breakglass_seal(struct authd *a, const struct store_person *person, const struct store_breakglass *b, bool reviewed,
		struct str text, struct buf *out)
{
	const struct keys_person who = { .sub = person->sub, .wrapped = person->wrapped_key };
	const struct keys_place place = breakglass_place(b, reviewed);

	return keys_field_seal(a->keys, who.wrapped.n > 0 ? &who : NULL, &place, text, out);
}

enum status
breakglass_person(struct store *db, struct str sub, struct store_person *out)
{
	enum status st = sub.n > 0 ? store_person_find(db, sub, out) : E_NOT_FOUND;

	return st == E_NOT_FOUND ? OK : st;
}

void
breakglass_about(struct audit_event *ev, const struct store_breakglass *b, const struct store_person *person)
{
	ev->entry.basis = (struct entry_basis){
		.type = ENTRY_BASIS_ENTRY, .has_index = true, .index = (uint64_t)b->log_index, .ctag = b->ctag
	};
	ev->entry.categories[0] = b->category;
	ev->entry.category_count = 1;
	if (person->wrapped_key.n > 0)
		ev->person = (struct keys_person){ .sub = person->sub, .wrapped = person->wrapped_key };
}

enum status
breakglass_check_strangers(struct request *rq, struct str a, struct str b, const char *why)
{
	bool related = false;

	if (a.n > 0 && b.n > 0)
		TRY(store_mandate_related(request_store(rq), a, b, clock_now_us(), &related));
	return related ? request_fail(rq, E_DENIED, "own_matter", why) : OK;
}

/* ---- looking ---- */

enum status
breakglass_find(struct request *rq, struct str id, struct store_breakglass *out)
{
	CLEANUP(store_breakglass_clear) struct store_breakglass found = { 0 };

	TRY(store_breakglass_find(request_store(rq), id, &found));
	if (rq->who.kind != PRINCIPAL_ADMIN && !str_is(found.organisation, rq->who.organisation))
		return E_NOT_FOUND;
	*out = found;
	found = (struct store_breakglass){ 0 };
	return OK;
}

static enum status
open_words(struct request *rq, const struct store_person *person, const struct store_breakglass *b, bool reviewed,
	   struct buf *out)
{
	const struct keys_person who = { .sub = person->sub, .wrapped = person->wrapped_key };
	const struct keys_place place = breakglass_place(b, reviewed);
	const struct str sealed = reviewed ? b->review_words : b->words;

	if (sealed.n == 0)
		return OK;
	return keys_field_open(rq->authd->keys, who.wrapped.n > 0 ? &who : NULL, &place, sealed, out);
}

enum status
breakglass_words(struct request *rq, const struct store_breakglass *b, struct buf *why, struct buf *judged)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };

	TRY(breakglass_person(request_store(rq), b->sub, &person));
	TRY(open_words(rq, &person, b, false, why));
	return open_words(rq, &person, b, true, judged);
}

/* ---- judging ---- */

/* The same kind of step twice: the review, and giving the right back. */
struct judgement {
	struct request *rq;
	const struct store_breakglass *b;
	struct str verdict; /* empty: the right is given back */
	struct str text;
	struct store_person person, of; /* whose data it is, and who opened it */
	struct buf words;
	struct audit_draft draft;
};

static void
judgement_clear(struct judgement *j)
{
	store_person_clear(&j->person);
	store_person_clear(&j->of);
	buf_clear(&j->words);
	audit_draft_clear(&j->draft);
}

/* Who judges, in the row and in the entry: an officer's pseudonym, or the administrator. */
static struct str
reviewer(const struct request *rq)
{
	return str_of(rq->who.kind == PRINCIPAL_ADMIN ? rq->who.uid_name : rq->who.pseudonym);
}

/* Nobody judges what they did, nor what was done to them. */
static enum status
check_reviewer(const struct judgement *j)
{
	struct request *rq = j->rq;

	if (rq->who.kind == PRINCIPAL_ADMIN)
		return OK;
	if (rq->who.pseudonym[0] == '\0')
		return request_fail(rq, E_DENIED, "access_denied", "only an official judges an emergency");
	if (str_is(j->b->operator_id, rq->who.pseudonym) || str_is(j->b->sub, rq->who.sub))
		return request_fail(rq, E_DENIED, "own_matter", "somebody else has to judge this");
	TRY(breakglass_check_strangers(rq, str_of(rq->who.sub), j->b->sub, "somebody else has to judge this"));
	return breakglass_check_strangers(rq, str_of(rq->who.sub), j->of.sub, "somebody else has to judge this");
}

static enum status
write_detail(const struct judgement *j, struct buf *out)
{
	json_t *detail = json_pack("{s:s%, s:s%}", "verdict", j->verdict.n > 0 ? j->verdict.p : "restored",
				   j->verdict.n > 0 ? j->verdict.n : strlen("restored"), "text", j->text.p, j->text.n);
	enum status st = detail == NULL ? E_NOMEM : json_write(detail, out);

	json_decref(detail);
	TRY(st);
	return buf_status(out);
}

static enum status
draft(struct judgement *j, enum entry_event event)
{
	CLEANUP(buf_clear) struct buf detail = BUF(KEYS_PLAIN_MAX);
	struct audit_event ev = audit_of(j->rq, event);

	breakglass_about(&ev, j->b, &j->person);
	ev.entry.by.operator_id = reviewer(j->rq);
	audit_fact(&ev, "operator", j->b->operator_id);
	if (j->verdict.n > 0)
		audit_fact(&ev, "verdict", j->verdict);
	TRY(write_detail(j, &detail));
	if (ev.person.sub.n > 0)
		ev.detail = buf_str(&detail);
	return audit_draft(j->rq->authd, &ev, &j->draft);
}

static enum status
change(struct judgement *j, struct store_tx *tx)
{
	const int64_t now = clock_now_us();

	if (j->verdict.n == 0)
		return store_breakglass_restore(tx, j->b->id, now);
	return store_breakglass_review(tx, j->b->id, j->verdict, reviewer(j->rq), buf_str(&j->words), now);
}

static enum status
save(struct judgement *j)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(j->rq), &tx));
	TRY(change(j, &tx));
	TRY(breakglass_tell_operator(&tx, j->of.sub, j->b,
				     j->verdict.n > 0 ? INBOX_EMERGENCY_JUDGED : INBOX_EMERGENCY_RESTORED));
	if (j->verdict.n > 0)
		TRY(breakglass_tell_person(&tx, &j->person, j->b, INBOX_EMERGENCY_REVIEWED));
	TRY(audit_emit(&tx, &j->draft, STORE_TARGET_NONE, STR("")));
	return store_commit(&tx);
}

static enum status
find_operator(struct judgement *j)
{
	enum status st = store_person_by_pseudonym(request_store(j->rq), j->b->operator_id, &j->of);

	return st == E_NOT_FOUND ? OK : st;
}

static enum status
judge(struct judgement *j, enum entry_event event)
{
	struct receipt receipt;

	TRY(find_operator(j));
	TRY(check_reviewer(j));
	if (breakglass_check_text(j->text) != OK)
		return request_fail(j->rq, E_INVALID, "invalid_request",
				    "text must say why, in 20 characters or more and 2,000 bytes at most");
	if (j->b->log_index == STORE_NO_INDEX)
		return E_NOT_FOUND;
	TRY(breakglass_person(request_store(j->rq), j->b->sub, &j->person));
	j->words = BUF(KEYS_BLOB_MAX);
	TRY(breakglass_seal(j->rq->authd, &j->person, j->b, true, j->text, &j->words));
	TRY(draft(j, event));
	TRY(save(j));
	return audit_forward(j->rq->authd, &j->draft, &receipt);
}

enum status
breakglass_review(struct request *rq, const struct store_breakglass *b, struct str verdict, struct str text)
{
	CLEANUP(judgement_clear) struct judgement j = { .rq = rq, .b = b, .verdict = verdict, .text = text };

	if (!str_is(verdict, "justified") && !str_is(verdict, "unjustified"))
		return request_fail(rq, E_INVALID, "invalid_request", "verdict must be justified or unjustified");
	return judge(&j, ENTRY_BREAKGLASS_REVIEWED);
}

enum status
breakglass_restore(struct request *rq, const struct store_breakglass *b, struct str text)
{
	CLEANUP(judgement_clear) struct judgement j = { .rq = rq, .b = b, .text = text };

	return judge(&j, ENTRY_BREAKGLASS_RESTORED);
}
