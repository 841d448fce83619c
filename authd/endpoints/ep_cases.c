/*
 * ep_cases.c: looks that the person sees later (access/later.h): the service closes its case; officers who may read the
 * audit see what the person does not see yet, or never.
 */
#include "auditlog/base/clock.h"
#include "auditlog/core/tagmap.h"
#include "authd/access/later.h"
#include "authd/access/question.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/store/store_later.h"
#include "authd/store/store_person.h"

/* The answer is the same whether anything waited for it or not, and whether it was closed before. */
enum status
ep_case_close(struct request *rq)
{
	if (rq->who.kind != PRINCIPAL_SERVICE || rq->who.service[0] == '\0')
		return request_fail(rq, E_DENIED, "insufficient_scope", "only a service closes its cases");
	if (!question_is_case_number(rq->param[0]))
		return request_fail(rq, E_INVALID, "invalid_request", "this is no number of a case");
	TRY(later_close_case(rq, str_of(rq->who.service), rq->param[0]));
	return ep_admin_say(rq, 200,
			    json_pack("{s:s%, s:s}", "case", rq->param[0].p, rq->param[0].n, "state", "closed"));
}

/* That somebody looked here must not tell the person what they may not know: its own entry is withheld as well. */
static enum status
record(struct request *rq, const struct keys_person *who)
{
	struct audit_event ev = ep_admin_event(rq, ENTRY_ADMIN_READ, "looks.later", who);
	struct receipt receipt;

	ev.later = (struct audit_later){ .shown = STR("withheld"),
					 .visible_us = STORE_LATER_NEVER,
					 .service = ev.entry.by.service };
	audit_fact_if_short(&ev, "shown", STR("withheld"));
	return audit_record(rq->authd, &ev, &receipt);
}

enum status
ep_admin_looks(struct request *rq)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	CLEANUP(buf_clear) struct buf month = BUF(8);
	struct str wanted = form_get(&rq->query, "month");
	json_t *list = NULL;
	unsigned number;

	if (wanted.n == 0)
		clock_put_month(&month, clock_now_us());
	else if (tagmap_parse_month(wanted, &number) == OK)
		buf_put(&month, wanted);
	else
		return request_fail(rq, E_INVALID, "invalid_request", "month must look like 2026-11");
	TRY(store_person_find(request_store(rq), rq->param[0], &p));
	if (p.wrapped_key.n == 0)
		return E_NOT_FOUND;
	TRY(record(rq, &(struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key }));
	TRY(later_list(rq, p.sub, buf_str(&month), &list));
	return ep_admin_say(rq, 200, json_pack("{s:s%, s:o}", "month", month.p, month.n, "looks", list));
}
