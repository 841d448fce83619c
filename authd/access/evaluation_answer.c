#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "authd/access/asklink.h"
#include "authd/access/evaluation.h"
#include "authd/http/json_write.h"
#include "authd/request.h"

static json_t *
log_place(const struct evaluation *e)
{
	CLEANUP(buf_clear) struct buf leaf = BUF(64);

	encode_base64(&leaf, str_from(e->receipt.leaf.b, sizeof(e->receipt.leaf.b)));
	return json_pack("{s:I, s:s%}", "index", (json_int_t)e->receipt.index, "leaf", leaf.p, leaf.n);
}

static json_t *
policy_named(const struct evaluation *e)
{
	struct str hash = policy_hash(e->rq->policy);

	return json_pack("{s:i, s:s%}", "version", (int)policy_version(e->rq->policy), "sha256", hash.p, hash.n);
}

/* How long what was received may be kept: what the record promised as its life, or the purpose's keeping time when that
 * is shorter. */
static const char *
kept_for(const struct purpose *p)
{
	return p->data_life_us < p->retention_us ? p->data_life : p->retention;
}

/* What must be done about the permit, as AuthZEN obligations. */
static json_t *
obligations(const struct evaluation *e)
{
	static const struct {
		uint32_t bit;
		const char *action;
	} plain[] = {
		{ OBLIGATION_NO_STORE, "do_not_store" },
		{ OBLIGATION_YES_NO, "answer_yes_or_no" },
		{ OBLIGATION_TELL_PERSON, "person_is_told" },
		{ OBLIGATION_REVIEW, "review" },
	};
	json_t *list = json_array();
	CLEANUP(buf_clear) struct buf url = BUF(512);

	if ((e->verdict.obligations & OBLIGATION_CONFIRM) != 0) {
		buf_printf(&url, "/access/v1/outcomes/%s", e->draft.id_text);
		json_array_append_new(list, json_pack("{s:s, s:s, s:{s:s, s:s%, s:s}}", "id", "confirm", "type",
						      "custom", "properties", "action", "confirm_release", "url", url.p,
						      url.n, "within", "PT10M"));
	}
	if ((e->verdict.obligations & OBLIGATION_DESTROY) != 0)
		json_array_append_new(list, json_pack("{s:s, s:s, s:{s:s, s:s}}", "id", "destroy", "type", "custom",
						      "properties", "action", "destroy_after", "within",
						      kept_for(e->verdict.purpose)));
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		if ((e->verdict.obligations & plain[i].bit) != 0)
			json_array_append_new(list, json_pack("{s:s, s:s, s:{s:s}}", "id", plain[i].action, "type",
							      "custom", "properties", "action", plain[i].action));
	return list;
}

static void
add_permit(const struct evaluation *e, json_t *context)
{
	const struct decision *d = &e->verdict;
	json_t *basis =
	    d->basis == BASIS_CONSENT
		? json_pack("{s:s, s:s%}", "type", basis_name(d->basis), "record", d->record_id.p, d->record_id.n)
		: json_pack("{s:s, s:s%}", "type", basis_name(d->basis), "ref", d->basis_ref.p, d->basis_ref.n);

	json_object_set_new(context, "legal_basis", basis);
	json_object_set_new(context, "valid_until", json_of_time(d->valid_until_us));
	if (d->limited)
		json_object_set_new(context, "remaining",
				    json_pack("{s:i, s:s}", "count", (int)d->remaining, "per",
					      d->purpose->frequency.per != NULL ? d->purpose->frequency.per : ""));
	if (e->ticket.n > 0)
		json_object_set_new(context, "ticket", json_stringn(e->ticket.p, e->ticket.n));
	json_object_set_new(context, "obligations", obligations(e));
}

/* A way to ask: a form that the person opens. The same for a person whom nobody knows: it says nothing about anyone. */
static enum status
add_refusal(const struct evaluation *e, json_t *context)
{
	const struct decision *d = &e->verdict;
	CLEANUP(buf_clear) struct buf link = BUF(2048);

	json_object_set_new(context, "reason_user",
			    json_pack("{s:s, s:s}", "ru", reason_for_operator(d->reason, WORDS_RU), "en",
				      reason_for_operator(d->reason, WORDS_EN)));
	if (d->reason == REASON_ACR_TOO_LOW)
		json_object_set_new(context, "acr_needed", json_sprintf("%u", d->acr_needed));
	if (!asklink_helps(d->reason) || d->purpose == NULL || d->category == NULL)
		return OK;
	TRY(asklink_make(e->rq->authd, str_of(e->rq->who.client_id), str_of(d->purpose->id), str_of(d->category->id),
			 e->q.case_ref, &link));
	json_object_set_new(context, "access_request",
			    json_pack("{s:s%, s:s}", "form_url", link.p, link.n, "endpoint", "/access/v1/requests"));
	return OK;
}

enum status
evaluation_answer(const struct evaluation *e, json_t **out)
{
	json_t *context = json_pack("{s:s, s:s, s:o, s:o}", "evaluation_id", e->draft.id_text, "reason",
				    reason_name(e->verdict.reason), "policy", policy_named(e), "log", log_place(e));
	enum status st = OK;

	if (context == NULL)
		return E_NOMEM;
	if (e->q.dry_run)
		json_object_set_new(context, "dry_run", json_true());
	if (e->verdict.permit)
		add_permit(e, context);
	else
		st = add_refusal(e, context);
	if (st == OK) {
		*out = json_pack("{s:b, s:O}", "decision", e->verdict.permit, "context", context);
		st = *out == NULL ? E_NOMEM : OK;
	}
	json_decref(context);
	return st;
}
