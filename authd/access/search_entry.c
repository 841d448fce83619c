/*
 * search_entry.c: what the log says of a search: one entry for it, and of a search for people one more for each of them
 * whom the page names, under their own tag. They are looked at by being named: that a service may see their income
 * today, and that they are in this matter at all. One entry each, because entries say whose month they belong to: one
 * for all of them would tie their tags together for everybody who reads the log. All of a page go into the log at once,
 * or none and then nobody is named.
 */
#include <stdlib.h>

#include "authd/access/evaluation_parts.h"
#include "authd/access/later.h"
#include "authd/access/search_parts.h"
#include "authd/audit/acts.h"
#include "authd/audit/asked.h"
#include "authd/http/http_chars.h"
#include "authd/http/json_write.h"
#include "authd/request.h"

static const char *const kinds[] = { "subject", "resource", "action" };

static struct str
known_or_unknown(struct str name, bool known)
{
	return known ? name : STR("unknown");
}

static enum status
put_purpose(const struct search *s, struct buf *out)
{
	const struct purpose *purpose = policy_purpose(s->rq->policy, s->q.purpose);

	if (purpose != NULL)
		buf_printf(out, "%s/%u", purpose->id, purpose->version);
	else if (s->q.purpose.n > 0)
		buf_put_cstr(out, "unknown");
	return buf_status(out);
}

static void
fill_event(const struct search *s, struct str purpose, struct audit_event *ev)
{
	struct entry *e = &ev->entry;
	enum action action;

	if (!s->by_person) {
		e->by.role_count = 0;
		e->by.operator_id = buf_str(&s->operator_id);
	}
	e->purpose = purpose;
	e->categories[e->category_count++] =
	    known_or_unknown(s->q.category, policy_category(s->rq->policy, s->q.category) != NULL);
	if (s->q.action.n > 0)
		e->action =
		    known_or_unknown(s->q.action, action_parse(s->q.action, &action) == OK && action_is_data(action));
	if (question_is_case_number(s->q.case_ref))
		e->case_ref = s->q.case_ref;
	if (e->trace.n == 0 && http_is_traceparent(s->q.trace))
		e->trace = s->q.trace;
	audit_fact(ev, "search", str_of(kinds[s->kind]));
}

/* What is the search's alone. */
static void
add_facts(const struct search *s, struct audit_event *ev)
{
	audit_fact_number(ev, "results", json_array_size(s->results));
	if (s->by_person && !s->under_mandate)
		audit_fact_number(ev, "own", 1);
	if (!s->under_mandate)
		return;
	ev->entry.by.operator_id = s->mandate.rep_id; /* as audit_of() has it of whoever acts for somebody */
	acts_under(ev, &s->mandate, s->seen);
}

static enum status
write_detail(const struct search *s, struct buf *out)
{
	const struct principal *who = &s->rq->who;
	json_t *detail =
	    json_pack("{s:s, s:s, s:s%, s:s}", "service", who->service, "organisation", who->organisation, "case",
		      s->q.case_ref.n > 0 ? s->q.case_ref.p : "", s->q.case_ref.n, "peer", s->rq->http->peer);
	enum status st = detail == NULL ? E_NOMEM : json_write(detail, out);

	json_decref(detail);
	TRY(st);
	return buf_status(out);
}

/* Who asks whether somebody may be seen for a purpose asks about the person as a look would. */
static void
mark_later(const struct search *s, struct str person, struct audit_event *ev)
{
	const struct later_look look = {
		.policy = s->rq->policy,
		.purpose = policy_purpose(s->rq->policy, s->q.purpose),
		.service = str_of(s->rq->who.service),
		.case_ref = s->q.case_ref,
	};

	if (!s->by_person && person.n > 0)
		later_mark(&look, ev);
}

/* The search itself; about a person, where it was about one. */
static enum status
draft_search(struct search *s, struct str purpose, struct str detail)
{
	struct audit_event ev = audit_of(s->rq, ENTRY_ACCESS_SEARCHED);

	fill_event(s, purpose, &ev);
	add_facts(s, &ev);
	ev.detail = detail;
	if (s->wrapped.n > 0)
		ev.person = (struct keys_person){ .sub = buf_str(&s->person), .wrapped = buf_str(&s->wrapped) };
	mark_later(s, buf_str(&s->person), &ev);
	if (s->person.n > 0)
		TRY(asked_about(s->rq, &ev, buf_str(&s->person)));
	if (s->person.n == 0)
		ev.detail = STR("");
	if (s->person.n > 0 && s->wrapped.n == 0)
		TRY(audit_decoy(s->rq->authd, &ev, buf_str(&s->person), &s->drafts[0]));
	else
		TRY(audit_draft(s->rq->authd, &ev, &s->drafts[0]));
	s->drafted = 1;
	return OK;
}

/* Each names the search that it belongs to. */
static enum status
draft_listed(struct search *s, struct str purpose, struct str detail)
{
	struct str rest = buf_str(&s->listed);

	while (rest.n > 0) {
		struct audit_event ev = audit_of(s->rq, ENTRY_ACCESS_SEARCHED);

		TRY(buf_get_block(&rest, 2 * QUESTION_ID_MOST, &ev.person.sub));
		TRY(buf_get_block(&rest, KEYS_BLOB_MAX, &ev.person.wrapped));
		fill_event(s, purpose, &ev);
		audit_fact(&ev, "listed", str_of(s->drafts[0].id_text));
		ev.detail = detail;
		mark_later(s, ev.person.sub, &ev);
		TRY(audit_draft(s->rq->authd, &ev, &s->drafts[s->drafted]));
		s->drafted++;
	}
	return OK;
}

enum status
search_record(struct search *s)
{
	CLEANUP(buf_clear) struct buf detail = BUF(KEYS_PLAIN_MAX), purpose = BUF(256);
	CLEANUP(freep) struct receipt *receipts = NULL;
	const size_t most = 1 + (s->listed.n > 0 ? json_array_size(s->results) : 0);

	TRY(buf_status(&s->listed));
	s->drafts = calloc(most, sizeof(*s->drafts));
	receipts = calloc(most, sizeof(*receipts));
	if (s->drafts == NULL || receipts == NULL)
		return E_NOMEM;
	TRY(put_purpose(s, &purpose));
	TRY(write_detail(s, &detail));
	TRY(draft_search(s, buf_str(&purpose), buf_str(&detail)));
	TRY(draft_listed(s, buf_str(&purpose), buf_str(&detail)));
	TRY(audit_append_all(s->rq->authd, s->drafts, s->drafted, receipts));
	s->receipt = receipts[0];
	return OK;
}
