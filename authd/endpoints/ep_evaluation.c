/*
 * ep_evaluation.c: POST /access/v1/evaluation (AuthZEN Authorization API 1.0): one question, one decision, one entry,
 *one answer, in that order.
 *
 *	read → facts (one query) → decide (pure) → entry durable → ticket (signed against the receipt) → answer
 *
 * Refusals are HTTP 200 with decision false. A person whom nobody knows and a person who has nothing to do with the
 *caller get the same bytes and cost the same work: for the unknown one a decoy's details are sealed and thrown away.
 */
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/base/log.h"
#include "authd/access/asklink.h"
#include "authd/access/facts.h"
#include "authd/access/grace.h"
#include "authd/audit/audit.h"
#include "authd/audit/witnessed.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/http_chars.h"
#include "authd/http/json.h"
#include "authd/oauth/subject.h"
#include "authd/request.h"

#define ID_MOST   128
#define CASE_MOST 128

/* What was asked, borrowed from the parsed body. */
struct question {
	struct str subject, action, purpose, category, person, operator_id, acr, case_ref, trace;
	struct str roles[ROLE_MOST];
	size_t role_count;
	bool emergency, dry_run;
	struct limits_range range;
	int64_t now_us;
};

/* One evaluation on its way. */
struct evaluation {
	struct request *rq;
	struct question q;
	struct facts *facts;
	struct decision_request asked;
	struct decision verdict;
	int64_t window_us;
	bool took_use;
	struct audit_draft draft;
	struct receipt receipt;
	struct buf purpose_ref; /* "eligibility/3" */
	struct buf ticket;
	struct buf person; /* whom resource.id means */
};

static void
evaluation_clear(struct evaluation *e)
{
	facts_dropp(&e->facts);
	audit_draft_clear(&e->draft);
	buf_clear(&e->purpose_ref);
	buf_clear(&e->ticket);
	buf_clear(&e->person);
}

/* ---- reading ---- */

static enum status
read_range(struct json_in *in, struct limits_range *out)
{
	struct json_in range;
	struct str from, to;

	TRY(json_opt_object(in, "resource.properties.range", &range));
	if (range.at == NULL)
		return OK;
	TRY(json_need_str(&range, "from", 40, &from));
	TRY(json_need_str(&range, "to", 40, &to));
	if (clock_parse_rfc3339(from, &out->from_us) != OK || clock_parse_rfc3339(to, &out->to_us) != OK) {
		snprintf(in->why->text, sizeof(in->why->text),
			 "resource.properties.range must hold two RFC 3339 dates");
		return E_INVALID;
	}
	out->set = true;
	return OK;
}

static enum status
read_question(struct json_in *in, struct question *q)
{
	struct str type;

	TRY(json_need_str(in, "subject.type", ID_MOST, &type));
	TRY(json_need_str(in, "subject.id", ID_MOST, &q->subject));
	TRY(json_need_str(in, "action.name", ID_MOST, &q->action));
	TRY(json_need_str(in, "resource.type", ID_MOST, &q->category));
	TRY(json_need_str(in, "resource.id", ID_MOST, &q->person));
	TRY(json_opt_str(in, "subject.properties.operator", ID_MOST, &q->operator_id));
	TRY(json_opt_str(in, "subject.properties.acr", 16, &q->acr));
	TRY(json_opt_strs(in, "subject.properties.roles", ID_MOST, q->roles, ROLE_MOST, &q->role_count));
	TRY(json_opt_str(in, "action.properties.purpose", ID_MOST, &q->purpose));
	TRY(json_opt_str(in, "context.case", CASE_MOST, &q->case_ref));
	TRY(json_opt_str(in, "context.traceparent", CASE_MOST, &q->trace));
	TRY(json_opt_bool(in, "context.emergency", false, &q->emergency));
	TRY(json_opt_bool(in, "context.dry_run", false, &q->dry_run));
	TRY(read_range(in, &q->range));
	q->now_us = clock_now_us();
	return OK;
}

/* ---- deciding ---- */

/* The service answers for its operator's level; for itself it has the level of its own credentials, and may say less.
 */
static unsigned
assurance(const struct evaluation *e)
{
	unsigned own = e->rq->who.acr, said = role_acr_level(e->q.acr);

	if (e->q.operator_id.n > 0)
		return said;
	return e->q.acr.n > 0 && said < own ? said : own;
}

static void
fill_request(struct evaluation *e)
{
	const struct question *q = &e->q;

	e->asked = (struct decision_request){
		.caller = str_of(e->rq->who.client_id),
		.subject = q->subject,
		.service = str_of(e->rq->who.service),
		.action = q->action,
		.category = q->category,
		.purpose = q->purpose,
		.has_operator = q->operator_id.n > 0,
		.names_roles = q->role_count > 0,
		.emergency = q->emergency,
		.range = q->range,
		.now_us = q->now_us,
	};
	if (q->role_count > 0 && policy_roles(e->rq->policy, q->roles, q->role_count, &e->asked.named_roles) != OK)
		e->asked.unknown_role = true;
}

static enum status
gather(struct evaluation *e)
{
	const struct facts_query query = {
		.sub = e->q.person,
		.service = str_of(e->rq->who.service),
		.purpose = e->q.purpose,
		.category = e->q.category,
		.operator_id = e->q.operator_id,
		.organisation = str_of(e->rq->who.organisation),
		.now_us = e->q.now_us,
	};

	return facts_gather(e->rq->authd, &query, &e->facts);
}

/*
 * The decision, and for a purpose with a frequency one use of it, taken before the permit exists: of N parallel
 * requests exactly as many pass as are left.
 */
static enum status
decide(struct evaluation *e)
{
	const struct purpose *purpose = policy_purpose(e->rq->policy, e->q.purpose);
	struct decision_facts facts = facts_for(e->facts, e->rq->policy, purpose, assurance(e));
	enum status st;
	int used = 0;

	TRY(decision_evaluate(e->rq->policy, &e->asked, &facts, &e->verdict));
	if (!e->verdict.permit || !e->verdict.limited || e->verdict.basis != BASIS_CONSENT || e->q.dry_run)
		return OK;
	e->window_us = decision_window(purpose, facts.consent.from_us, e->q.now_us);
	st = facts_take_use(e->rq->authd, e->verdict.record_id, e->window_us, purpose->frequency.count, &used);
	if (st == OK) {
		e->took_use = true;
		e->verdict.remaining = purpose->frequency.count - (uint32_t)used;
		return OK;
	}
	if (st != E_LIMITED)
		return st;
	facts.used = purpose->frequency.count;
	return decision_evaluate(e->rq->policy, &e->asked, &facts, &e->verdict);
}

/* ---- the entry ---- */

static enum entry_basis_type
entry_basis_of(enum basis b)
{
	static const enum entry_basis_type type[BASIS_COUNT] = {
		[BASIS_CONSENT] = ENTRY_BASIS_CONSENT,         [BASIS_STATUTE] = ENTRY_BASIS_STATUTE,
		[BASIS_CONTRACT] = ENTRY_BASIS_CONTRACT,       [BASIS_VITAL] = ENTRY_BASIS_VITAL,
		[BASIS_BREAK_GLASS] = ENTRY_BASIS_BREAK_GLASS,
	};

	return b < BASIS_COUNT ? type[b] : ENTRY_NO_BASIS;
}

/* R5: a permit names the log index of the consent, or the statute in the policy of the hash that the entry carries. */
static struct entry_basis
basis_of(const struct decision *d)
{
	struct entry_basis b = { .type = entry_basis_of(d->basis) };

	if (!d->permit)
		return (struct entry_basis){ 0 };
	if (d->basis == BASIS_CONSENT) {
		b.has_index = true;
		b.index = d->log_index;
		b.ctag = d->ctag;
	} else {
		b.ref = d->basis_ref;
	}
	return b;
}

/* The roles that gave the permission; in a refusal nobody's roles gave anything. */
static void
put_roles(const struct evaluation *e, struct entry_by *by)
{
	by->role_count = 0;
	for (size_t i = 0; by->role_count < ENTRY_ROLES_MAX; i++) {
		const struct role *role = policy_role_at(e->rq->policy, i);

		if (role == NULL)
			return;
		if ((e->verdict.roles & role->bit) != 0)
			by->roles[by->role_count++] = str_of(role->id);
	}
}

/* What the person may read and nobody else: who in which matter. Kept short; the rest is in the entry itself. */
static enum status
write_detail(const struct evaluation *e, struct buf *out)
{
	json_t *detail = json_pack("{s:s%, s:s%, s:s%, s:s%}", "service", e->rq->who.service,
				   strlen(e->rq->who.service), "organisation", e->rq->who.organisation,
				   strlen(e->rq->who.organisation), "case", e->q.case_ref.n > 0 ? e->q.case_ref.p : "",
				   e->q.case_ref.n, "peer", e->rq->http->peer, strlen(e->rq->http->peer));
	enum status st = detail == NULL ? E_NOMEM : json_write(detail, out);

	json_decref(detail);
	TRY(st);
	return buf_status(out);
}

/* Names of the caller's that the policy or the log does not know by sight stay out of the clear part of the entry. */
static struct str
known_or(struct str name, bool known)
{
	return known ? name : STR("unknown");
}

/*
 * R3: what a caller writes may be a person's name, birthday or number. In clear it goes only when it looks like the
 * number of a file: short, of plain characters, with more digits than letters, too few letters for a name and fewer
 * digits than any personal number has. Sealed for the person it always goes.
 */
static bool
is_case_number(struct str s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/-";
	size_t digits = 0, letters = 0;

	if (s.n > 32 || !str_only(s, plain))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		digits += s.p[i] >= '0' && s.p[i] <= '9';
		letters += (s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'z';
	}
	return digits < 10 && letters <= 4 && digits > letters;
}

static void
fill_event(struct evaluation *e, struct audit_event *ev)
{
	struct entry *entry = &ev->entry;
	const struct decision *d = &e->verdict;

	entry->by.operator_id = facts_operator(e->facts);
	put_roles(e, &entry->by);
	entry->by.acr = str_of(assurance(e) == 0 ? "" : assurance(e) == 1 ? "1" : assurance(e) == 2 ? "2" : "3");
	entry->purpose = buf_str(&e->purpose_ref);
	entry->categories[0] = known_or(e->q.category, d->category != NULL);
	entry->category_count = 1;
	entry->action = known_or(e->q.action, d->action != ACTION_COUNT);
	entry->reason = str_of(reason_name(d->reason));
	if (is_case_number(e->q.case_ref))
		entry->case_ref = e->q.case_ref;
	/* The request's own header goes first: it is the trace of this very call. */
	if (entry->trace.n == 0 && http_is_traceparent(e->q.trace))
		entry->trace = e->q.trace;
	if (e->q.dry_run) {
		/* Somebody asked what would be: that is on record, and permits nothing. */
		entry->facts[entry->fact_count++] = (struct entry_fact){ .name = STR("dry_run"), .number = 1 };
		entry->decision = ENTRY_REFUSE;
		return;
	}
	entry->decision = d->permit ? ENTRY_PERMIT : ENTRY_REFUSE;
	entry->basis = basis_of(d);
}

/* For a person whom nobody knows: the work of sealing, for somebody who does not exist. */
static enum status
seal_for_nobody(struct evaluation *e, struct audit_event *ev)
{
	CLEANUP(audit_draft_clear) struct audit_draft thrown_away = { 0 };

	return audit_decoy(e->rq->authd, ev, &thrown_away);
}

static enum status
record(struct evaluation *e)
{
	CLEANUP(buf_clear) struct buf detail = BUF(KEYS_PLAIN_MAX);
	struct audit_event ev = audit_of(e->rq, ENTRY_ACCESS_DECIDED);
	struct str wrapped = facts_wrapped(e->facts);

	if (e->verdict.purpose != NULL)
		buf_printf(&e->purpose_ref, "%s/%u", e->verdict.purpose->id, e->verdict.purpose->version);
	else
		buf_put_cstr(&e->purpose_ref, "unknown");
	TRY(buf_status(&e->purpose_ref));
	fill_event(e, &ev);
	TRY(write_detail(e, &detail));
	ev.detail = buf_str(&detail);
	if (wrapped.n > 0) {
		ev.person = (struct keys_person){ .sub = e->q.person, .wrapped = wrapped };
	} else {
		TRY(seal_for_nobody(e, &ev));
		ev.detail = STR("");
	}
	TRY(audit_draft(e->rq->authd, &ev, &e->draft));
	return audit_append(e->rq->authd, &e->draft, &e->receipt);
}

/* ---- the ticket ---- */

/* For whom: the services that hold the data. They check it offline and deliver nothing without it. */
static json_t *
providers(const struct evaluation *e)
{
	json_t *list = json_array();

	for (size_t i = 0;; i++) {
		const struct service *s = policy_service_at(e->rq->policy, i);

		if (s == NULL)
			break;
		if ((s->provides >> e->verdict.category->index & 1) != 0)
			json_array_append_new(list, json_string(s->id));
	}
	if (json_array_size(list) == 0)
		json_array_append_new(list, json_string(e->rq->authd->config.issuer));
	return list;
}

static json_t *
ticket_basis(const struct decision *d)
{
	if (d->basis == BASIS_CONSENT)
		return json_pack("{s:s, s:I, s:s%}", "type", basis_name(d->basis), "index", (json_int_t)d->log_index,
				 "record", d->record_id.p, d->record_id.n);
	return json_pack("{s:s, s:s%}", "type", basis_name(d->basis), "ref", d->basis_ref.p, d->basis_ref.n);
}

static json_t *
ticket_claims(const struct evaluation *e)
{
	const struct decision *d = &e->verdict;
	struct str service = principal_service(&e->rq->who), policy = policy_hash(e->rq->policy);
	json_t *claims = json_pack(
	    "{s:s, s:o, s:s%, s:s%, s:s, s:I, s:I, s:s%, s:[s], s:s, s:o, s:s%, s:{s:I}}", "iss",
	    e->rq->authd->config.issuer, "aud", providers(e), "sub", e->q.person.p, e->q.person.n, "client_id",
	    service.p, service.n, "jti", e->draft.id_text, "iat", (json_int_t)(clock_now_us() / SECOND_US), "exp",
	    (json_int_t)(d->valid_until_us / SECOND_US), "purpose", e->purpose_ref.p, e->purpose_ref.n, "categories",
	    d->category->id, "action", action_name(d->action), "basis", ticket_basis(d), "policy", policy.p, policy.n,
	    "log", "index", (json_int_t)e->receipt.index);

	if (claims != NULL && is_case_number(e->q.case_ref))
		json_object_set_new(claims, "case", json_of_str(e->q.case_ref));
	return claims;
}

static enum status
sign_ticket(struct evaluation *e)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_CLAIMS_MAX);
	json_t *claims = ticket_claims(e);
	enum status st = claims == NULL ? E_NOMEM : json_write(claims, &text);

	json_decref(claims);
	TRY(st);
	TRY(buf_status(&text));
	e->ticket = BUF(JWS_MAX);
	return keys_sign(e->rq->authd->keys, KEYS_TICKET, buf_str(&text), buf_str(&e->draft.fragment), &e->receipt,
			 &e->ticket);
}

/* ---- the answer ---- */

static json_t *
time_text(int64_t us)
{
	CLEANUP(buf_clear) struct buf b = BUF(64);

	clock_put_rfc3339_seconds(&b, us);
	return json_stringn(b.p, b.n);
}

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

/* What must be done about the permit, as AuthZEN obligations. */
static json_t *
obligations(const struct evaluation *e)
{
	static const struct {
		uint32_t bit;
		const char *action;
	} plain[] = {
		{ OBLIGATION_NO_STORE, "do_not_store" },
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
						      e->verdict.purpose->retention));
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
	json_object_set_new(context, "valid_until", time_text(d->valid_until_us));
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
			    json_pack("{s:s%, s:s}", "form_url", link.p, link.n, "endpoint", "/consent/v1/requests"));
	return OK;
}

static enum status
answer(const struct evaluation *e)
{
	json_t *context = json_pack("{s:s, s:s, s:o, s:o}", "evaluation_id", e->draft.id_text, "reason",
				    reason_name(e->verdict.reason), "policy", policy_named(e), "log", log_place(e));
	json_t *body;
	enum status st = OK;

	if (context == NULL)
		return E_NOMEM;
	if (e->q.dry_run)
		json_object_set_new(context, "dry_run", json_true());
	if (e->verdict.permit)
		add_permit(e, context);
	else
		st = add_refusal(e, context);
	body = json_pack("{s:b, s:o}", "decision", e->verdict.permit, "context", context);
	if (body == NULL)
		return E_NOMEM;
	if (st == OK)
		response_json(e->rq->rsp, 200, body);
	json_decref(body);
	return st;
}

/* ---- the order ---- */

/* R1: nothing of a decision is shown before its entry is durable; a dry run's neither, and it has no ticket. */
static enum status
evaluate(struct evaluation *e)
{
	fill_request(e);
	TRY(gather(e));
	TRY(decide(e));
	TRY(record(e));
	if (e->verdict.permit && !e->q.dry_run)
		TRY(sign_ticket(e));
	return answer(e);
}

static enum status
explain(struct request *rq, enum status st)
{
	switch (st) {
	case E_UNAVAILABLE:
	case E_TIMEOUT:
	case E_BUSY:
		return request_fail(rq, E_UNAVAILABLE, "log_unavailable",
				    "no decision can be recorded now; try again soon");
	case E_DENIED:
		return request_fail(rq, E_DENIED, "subject_mismatch", "subject.id must be the client that asks");
	default:
		return st;
	}
}

enum status
ep_evaluation(struct request *rq)
{
	CLEANUP(evaluation_clear) struct evaluation e = { .rq = rq, .purpose_ref = BUF(256), .person = BUF(256) };
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why why = { 0 };
	struct json_in in;
	enum status st;
	unsigned grace;

	TRY(witnessed_check(rq));
	st = json_read(rq->http->body, ROUTE_BODY_MOST, &root, &why);
	in = json_at(root, &why);
	if (st == OK)
		st = read_question(&in, &e.q);
	if (st != OK)
		return request_fail(rq, st, "invalid_request", why.text);
	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	TRY(subject_resolve(rq, str_of(rq->who.organisation), e.q.person, &e.person));
	e.q.person = buf_str(&e.person);
	grace = grace_enter();
	st = evaluate(&e);
	grace_leave(grace);
	if (st != OK && e.took_use)
		facts_give_back(rq->authd, e.verdict.record_id, e.window_us);
	return explain(rq, st);
}
