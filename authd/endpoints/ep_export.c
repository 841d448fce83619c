/*
 * ep_export.c: everything that is known of the signed-in person, as a file to keep. A browser that somebody left open
 * must not be enough: who signed in more than FRESH_US ago signs in again first. The export is an entry of the log
 * before anything of it leaves (R1).
 */
#include <stdatomic.h>
#include <stdio.h>

#include "auditlog/base/clock.h"
#include "authd/access/own_data.h"
#include "authd/audit/audit.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/endpoints/refill.h"
#include "authd/request.h"
#include "authd/store/store_person.h"

#define FRESH_US     (10 * 60 * SECOND_US)
#define MONTH_ROOM   sizeof("2026-11")
#define AT_ONCE_MOST 2 /* workers that may be at it; the others serve everybody */

static const char *const endings[] = { [OWN_DATA_JSON] = "json", [OWN_DATA_HTML] = "html" };
static const char *const types[] = {
	[OWN_DATA_JSON] = "application/json", [OWN_DATA_HTML] = "text/html; charset=utf-8"
};
static atomic_int under_way;

static bool
is_fresh(const struct request *rq)
{
	return rq->who.auth_us > clock_now_us() - FRESH_US;
}

static const struct refill_field fields[] = { { "from", NULL, NULL, 0 }, { "to", NULL, NULL, 0 } };

static enum status
page(struct request *rq, struct refill *r)
{
	CLEANUP(json_decrefp) json_t *data = json_pack("{s:b}", "fresh", is_fresh(rq));

	if (data == NULL)
		return E_NOMEM;
	TRY(refill_put(r, "form", data));
	return request_page(rq, refill_is_good(r) ? 200 : 400, "export", data);
}

enum status
ep_export_page(struct request *rq)
{
	CLEANUP(refill_clear) struct refill r = { 0 };

	TRY(refill_begin(fields, ARRAY_LEN(fields), NULL, &r));
	return page(rq, &r);
}

static enum status
collect(struct request *rq, const struct store_person *p, const struct own_data_range *range, json_t **out)
{
	enum status st = E_BUSY;

	if (atomic_fetch_add(&under_way, 1) < AT_ONCE_MOST)
		st = own_data_collect(rq, p, range, out);
	atomic_fetch_sub(&under_way, 1);
	return st;
}

static enum status
record_own(struct request *rq, const struct store_person *p)
{
	struct audit_event ev = audit_of(rq, ENTRY_PROFILE_READ);
	struct receipt receipt;

	ev.entry.by.service = STR("portal");
	audit_fact(&ev, "what", STR("subject.exported"));
	ev.person = (struct keys_person){ .sub = p->sub, .wrapped = p->wrapped_key };
	return audit_record(rq->authd, &ev, &receipt);
}

/* As people write it, "11.2026", or as programs do, "2026-11"; whether it is a month is said by others. */
static struct str
month_of(struct str typed, char room[MONTH_ROOM])
{
	if (typed.n != MONTH_ROOM - 1 || typed.p[2] != '.')
		return typed;
	snprintf(room, MONTH_ROOM, "%.4s-%.2s", typed.p + 3, typed.p);
	return (struct str){ room, MONTH_ROOM - 1 };
}

/* One month at a time, so that the word is at the right one. */
static void
check_months(struct refill *r, char first[MONTH_ROOM], char last[MONTH_ROOM], struct own_data_range *range)
{
	const struct own_data_range from = { .from = month_of(refill_value(r, "from"), first) };
	const struct own_data_range to = { .to = month_of(refill_value(r, "to"), last) };

	*range = (struct own_data_range){ from.from, to.to };
	if (own_data_check_range(&from) != OK)
		refill_wrong(r, "from", "export_month");
	if (own_data_check_range(&to) != OK)
		refill_wrong(r, "to", "export_month");
	if (refill_is_good(r) && range->from.n > 0 && range->to.n > 0 && str_cmp(range->from, range->to) > 0)
		refill_wrong(r, "to", "export_order");
}

enum status
ep_export(struct request *rq)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	CLEANUP(json_decrefp) json_t *data = NULL;
	CLEANUP(buf_clear) struct buf text = BUF(OWN_DATA_TEXT_MOST);
	CLEANUP(refill_clear) struct refill r = { 0 };
	char first[MONTH_ROOM], last[MONTH_ROOM];
	struct own_data_range range;
	enum own_data_form form;

	if (own_data_form_parse(form_get(&rq->form, "format"), &form) != OK)
		return request_fail(rq, E_INVALID, "invalid_request", "format is html or json");
	TRY(refill_begin(fields, ARRAY_LEN(fields), &rq->form, &r));
	check_months(&r, first, last, &range);
	if (!refill_is_good(&r))
		return page(rq, &r);
	if (!is_fresh(rq)) {
		response_redirect(rq->rsp, STR("/export"));
		return OK;
	}
	TRY(store_person_find(request_store(rq), str_of(rq->who.sub), &p));
	TRY(record_own(rq, &p));
	TRY(collect(rq, &p, &range, &data));
	TRY(own_data_write(rq, data, form, &text));
	response_buf(rq->rsp, 200, types[form], &text);
	response_headerf(rq->rsp, "Content-Disposition", "attachment; filename=\"my-data.%s\"", endings[form]);
	return OK;
}

/* ---- for an administrator whom the person asked ---- */

static enum status
read_body(struct request *rq, json_t **root, enum own_data_form *form, struct own_data_range *range)
{
	static const char *const known[] = { "format", "from", "to", NULL };
	struct json_why why = { 0 };
	struct json_in in;
	struct str format;
	enum status st;

	TRY(ep_admin_read(rq, root, &why, &in));
	st = json_only(&in, known);
	if (st == OK)
		st = json_need_str(&in, "format", 8, &format);
	if (st == OK)
		st = json_opt_str(&in, "from", 8, &range->from);
	if (st == OK)
		st = json_opt_str(&in, "to", 8, &range->to);
	if (st != OK)
		return ep_admin_bad(rq, st, &why);
	if (own_data_form_parse(format, form) != OK || own_data_check_range(range) != OK)
		return request_fail(rq, E_INVALID, "invalid_request",
				    "format is html or json, from and to are months like 2026-11");
	return OK;
}

/* The document as a text within JSON: what is in it is the person's, and only they need to read it. */
enum status
ep_admin_subject_export(struct request *rq)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	CLEANUP(json_decrefp) json_t *root = NULL, *data = NULL;
	CLEANUP(buf_clear) struct buf text = BUF(OWN_DATA_TEXT_MOST);
	struct own_data_range range = { 0 };
	enum own_data_form form;
	struct keys_person who;

	TRY(read_body(rq, &root, &form, &range));
	TRY(store_person_find(request_store(rq), rq->param[0], &p));
	if (p.wrapped_key.n == 0)
		return request_fail(rq, E_CONFLICT, "person_erased", "this person was erased");
	who = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	TRY(ep_admin_record_read(rq, "subject.exported", &who));
	TRY(collect(rq, &p, &range, &data));
	TRY(own_data_write(rq, data, form, &text));
	return ep_admin_say(rq, 200,
			    json_pack("{s:s%, s:O, s:s%}", "sub", p.sub.p, p.sub.n, "complete",
				      json_object_get(data, "complete"), "document", text.p, text.n));
}
