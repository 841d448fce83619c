#include <string.h>

#include "authd/access/evaluation_parts.h"
#include "authd/access/later.h"
#include "authd/audit/asked.h"
#include "authd/http/http_chars.h"
#include "authd/http/json_write.h"
#include "authd/request.h"

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

/* R5: a permit names the log index of the consent or emergency, or the statute in the policy of the hash that the entry
 * carries. */
static struct entry_basis
basis_of(const struct decision *d)
{
	struct entry_basis b = { .type = entry_basis_of(d->basis) };

	if (!d->permit)
		return (struct entry_basis){ 0 };
	b.ref = d->basis_ref;
	if (d->basis == BASIS_CONSENT || d->basis == BASIS_CONTRACT || d->basis == BASIS_BREAK_GLASS) {
		b.has_index = true;
		b.index = d->log_index;
		b.ctag = d->ctag;
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

static struct str
acr_text(unsigned level)
{
	static const char *const text[] = { "", "1", "2", "3" };

	return str_of(level < ARRAY_LEN(text) ? text[level] : "3");
}

static void
fill_event(struct evaluation *e, struct audit_event *ev)
{
	struct entry *entry = &ev->entry;
	const struct decision *d = &e->verdict;

	entry->by.operator_id = facts_operator(e->facts);
	put_roles(e, &entry->by);
	entry->by.acr = acr_text(evaluation_assurance(e));
	entry->purpose = buf_str(&e->purpose_ref);
	entry->categories[0] = known_or(e->q.category, d->category != NULL);
	entry->category_count = 1;
	entry->action = known_or(e->q.action, d->action != ACTION_COUNT);
	entry->reason = str_of(reason_name(d->reason));
	if (question_is_case_number(e->q.case_ref))
		entry->case_ref = e->q.case_ref;
	/* The request's own header goes first: it is the trace of this very call. */
	if (entry->trace.n == 0 && http_is_traceparent(e->q.trace))
		entry->trace = e->q.trace;
	if (e->q.dry_run) {
		/* Somebody asked what would be: that is on record, and permits nothing. */
		audit_fact_number(ev, "dry_run", 1);
		entry->decision = ENTRY_REFUSE;
		return;
	}
	entry->decision = d->permit ? ENTRY_PERMIT : ENTRY_REFUSE;
	entry->basis = basis_of(d);
}

/* What a consent says in its own entry; so that the log alone shows how often another ground was used. */
static void
add_limit(const struct evaluation *e, struct audit_event *ev)
{
	const struct decision *d = &e->verdict;

	if (ev->entry.decision != ENTRY_PERMIT || !d->limited || d->basis == BASIS_CONSENT)
		return;
	audit_fact_number(ev, "limit_count", d->purpose->frequency.count);
	audit_fact_number(ev, "limit_per_s", (uint64_t)(d->purpose->frequency.per_us / SECOND_US));
}

static void
mark_later(struct evaluation *e, struct audit_event *ev)
{
	const struct later_look look = {
		.policy = e->rq->policy,
		.purpose = e->verdict.purpose,
		.service = e->asked.service,
		.case_ref = e->q.case_ref,
		.emergency = e->q.emergency || e->q.break_glass || e->verdict.basis == BASIS_VITAL ||
			     e->verdict.basis == BASIS_BREAK_GLASS,
	};

	later_mark(&look, ev);
	e->seen_later = ev->later.shown.n > 0;
}

enum status
evaluation_draft(struct evaluation *e)
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
	ev.person = (struct keys_person){ .sub = e->q.person, .wrapped = wrapped };
	add_limit(e, &ev);
	mark_later(e, &ev);
	TRY(asked_about(e->rq, &ev, e->q.person));
	if (wrapped.n == 0)
		return audit_decoy(e->rq->authd, &ev, e->q.person, &e->draft);
	return audit_draft(e->rq->authd, &ev, &e->draft);
}
