#include "authd/access/ticket.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/http/json_write.h"
#include "authd/request.h"

/* For whom: the services that hold the data. */
static json_t *
providers(const struct evaluation *e)
{
	json_t *list = json_array();
	const struct service *s;

	for (size_t i = 0; (s = policy_provider_at(e->rq->policy, e->verdict.category, i)) != NULL; i++)
		json_array_append_new(list, json_string(s->id));
	if (json_array_size(list) == 0)
		json_array_append_new(list, json_string(e->rq->authd->config.issuer));
	return list;
}

static json_t *
basis_claim(const struct decision *d)
{
	if (d->basis == BASIS_CONSENT)
		return json_pack("{s:s, s:I, s:s%}", "type", basis_name(d->basis), "index", (json_int_t)d->log_index,
				 "record", d->record_id.p, d->record_id.n);
	return json_pack("{s:s, s:s%}", "type", basis_name(d->basis), "ref", d->basis_ref.p, d->basis_ref.n);
}

/* NULL when memory is out. */
static json_t *
claims_of(const struct evaluation *e)
{
	const struct decision *d = &e->verdict;
	struct str service = principal_service(&e->rq->who), policy = policy_hash(e->rq->policy);
	json_t *claims = json_pack(
	    "{s:s, s:o, s:s%, s:s%, s:s, s:I, s:I, s:s%, s:[s], s:s, s:o, s:s%, s:{s:I}}", "iss",
	    e->rq->authd->config.issuer, "aud", providers(e), "sub", e->q.person.p, e->q.person.n, "client_id",
	    service.p, service.n, "jti", e->draft.id_text, "iat", (json_int_t)(clock_now_us() / SECOND_US), "exp",
	    (json_int_t)(d->valid_until_us / SECOND_US), "purpose", e->purpose_ref.p, e->purpose_ref.n, "categories",
	    d->category->id, "action", action_name(d->action), "basis", basis_claim(d), "policy", policy.p, policy.n,
	    "log", "index", (json_int_t)e->receipt.index);

	if (claims != NULL && !e->seen_later && question_is_case_number(e->q.case_ref))
		json_object_set_new(claims, "case", json_of_str(e->q.case_ref));
	return claims;
}

/* Only the holder of the key that the caller's token is bound to may use it. */
static enum status
add_key(const struct evaluation *e, json_t *claims)
{
	bool failed = false;
	json_t *cnf = cnf_claim(&e->rq->who.cnf, &failed);

	if (failed || (cnf != NULL && json_object_set_new(claims, "cnf", cnf) != 0))
		return E_NOMEM;
	return OK;
}

/* From when to when data may come, when the question said it: more than that is not delivered. */
static enum status
add_range(const struct evaluation *e, json_t *claims)
{
	CLEANUP(buf_clear) struct buf from = BUF(CLOCK_RFC3339_LEN), to = BUF(CLOCK_RFC3339_LEN);
	json_t *range;

	if (!e->q.range.set)
		return OK;
	clock_put_rfc3339_seconds(&from, e->q.range.from_us);
	clock_put_rfc3339_seconds(&to, e->q.range.to_us);
	TRY(buf_status(&from));
	TRY(buf_status(&to));
	range = json_pack("{s:s%, s:s%}", "from", from.p, from.n, "to", to.p, to.n);
	return json_object_set_new(claims, "range", range) == 0 ? OK : E_NOMEM;
}

static enum status
write_claims(const struct evaluation *e, struct buf *out)
{
	CLEANUP(json_decrefp) json_t *claims = claims_of(e);

	if (claims == NULL)
		return E_NOMEM;
	TRY(add_key(e, claims));
	TRY(add_range(e, claims));
	TRY(json_write(claims, out));
	return buf_status(out);
}

enum status
ticket_sign(const struct evaluation *e, struct buf *out)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_CLAIMS_MAX);

	TRY(write_claims(e, &text));
	return keys_sign(e->rq->authd->keys, KEYS_TICKET, buf_str(&text), buf_str(&e->draft.fragment), &e->receipt,
			 out);
}
