/*
 * ep_admin_breakglass.c: /admin/v1/breakglass: privacy officers see the emergencies of their organisation, judge them,
 * and give a right back. What they read about somebody is on record.
 */
#include "auditlog/base/clock.h"
#include "authd/access/breakglass.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/http/json_write.h"
#include "authd/store/store_person.h"

static json_t *
time_or_null(int64_t us)
{
	return us == 0 ? json_null() : json_of_time(us);
}

static json_t *
text_or_null(struct str s)
{
	return s.p != NULL && s.n > 0 ? json_of_str(s) : json_null();
}

static json_t *
item(const struct store_breakglass *b, int64_t now)
{
	bool open = b->closed_us == 0 && b->until_us > now && b->log_index != STORE_NO_INDEX;

	return json_pack(
	    "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:s, s:o, s:o, s:o, s:I}", "id",
	    json_of_str(b->id), "operator", json_of_str(b->operator_id), "organisation", json_of_str(b->organisation),
	    "service", json_of_str(b->service), "role", json_of_str(b->role), "person", text_or_null(b->sub),
	    "category", json_of_str(b->category), "purpose", json_of_str(b->purpose), "reason_code",
	    json_of_str(b->reason), "opened", time_or_null(b->opened_us), "until", time_or_null(b->until_us), "closed",
	    time_or_null(b->closed_us), "review_by", time_or_null(b->review_by_us), "open", open, "state",
	    breakglass_state(b, now), "reviewed", time_or_null(b->reviewed_us), "reviewer", text_or_null(b->reviewer),
	    "restored", time_or_null(b->restored_us), "log_index", (json_int_t)b->log_index);
}

static struct str
filter_of(const struct request *rq, const char *name)
{
	struct str s = form_get(&rq->query, name);

	return s.p != NULL ? s : STR("");
}

static enum status
read_filter(struct request *rq, struct store_breakglass_filter *f)
{
	static const char *const states[] = { "", "open", "waiting", "overdue", "reviewed", "unjustified" };

	f->operator_id = filter_of(rq, "operator");
	f->state = filter_of(rq, "state");
	f->organisation = rq->who.kind == PRINCIPAL_ADMIN ? STR("") : str_of(rq->who.organisation);
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (str_is(f->state, states[i]))
			return OK;
	return request_fail(rq, E_INVALID, "invalid_request",
			    "state must be open, waiting, overdue, reviewed or unjustified");
}

enum status
ep_admin_breakglass_list(struct request *rq)
{
	CLEANUP(store_breakglass_list_clear) struct store_breakglass_list list = { 0 };
	struct store_breakglass_filter filter;
	const int64_t now = clock_now_us();
	struct str cursor;
	json_t *records;
	int limit;

	TRY(read_filter(rq, &filter));
	TRY(ep_admin_page(rq, &limit, &cursor));
	TRY(ep_admin_record_read(rq, "breakglass.listed", NULL));
	TRY(store_breakglass_page(request_store(rq), &filter, now, cursor, limit, &list));
	records = json_array();
	for (size_t i = 0; i < list.count; i++)
		json_array_append_new(records, item(&list.items[i], now));
	return ep_admin_say(rq, 200, json_pack("{s:o, s:s}", "records", records, "next", list.next.text));
}

/* ---- one ---- */

/* The person sees that somebody read about their emergency. */
static enum status
record_read(struct request *rq, const struct store_breakglass *b)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	struct keys_person who;
	enum status st = b->sub.n > 0 ? store_person_find(request_store(rq), b->sub, &p) : OK;

	if (st != OK && st != E_NOT_FOUND)
		return st;
	who = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	return ep_admin_record_read(rq, "breakglass.read", &who);
}

/* How often this operator did it in the last 30 days, and how it was judged: what an officer asks first. */
static enum status
add_operator(struct request *rq, const struct store_breakglass *b, json_t *body)
{
	struct store_breakglass_counts c = { 0 };
	const int64_t now = clock_now_us();
	bool suspended;

	TRY(store_breakglass_count(request_store(rq), b->operator_id, now - 30 * DAY_US, now + 1, now, &c));
	TRY(store_breakglass_suspended(request_store(rq), b->operator_id, now, &suspended));
	return json_object_set_new(body, "operator_30_days",
				   json_pack("{s:I, s:I, s:I, s:b}", "opened", (json_int_t)c.opened, "unjustified",
					     (json_int_t)c.unjustified, "late", (json_int_t)c.late, "suspended",
					     suspended)) == 0
		   ? OK
		   : E_NOMEM;
}

enum status
ep_admin_breakglass(struct request *rq)
{
	CLEANUP(store_breakglass_clear) struct store_breakglass b = { 0 };
	CLEANUP(buf_clear) struct buf why = BUF(KEYS_FIELD_MAX), judged = BUF(KEYS_FIELD_MAX);
	CLEANUP(json_decrefp) json_t *body = NULL, *looks = NULL;

	TRY(breakglass_find(rq, rq->param[0], &b));
	TRY(record_read(rq, &b));
	TRY(breakglass_words(rq, &b, &why, &judged));
	TRY(breakglass_looks(rq, &b, &looks));
	body = item(&b, clock_now_us());
	if (body == NULL)
		return E_NOMEM;
	TRY(add_operator(rq, &b, body));
	json_object_set_new(body, "text", text_or_null(buf_str(&why)));
	json_object_set_new(body, "review_text", text_or_null(buf_str(&judged)));
	if (json_object_set(body, "looks", looks) != 0)
		return E_NOMEM;
	return ep_admin_say(rq, 200, json_incref(body));
}

/* ---- judging ---- */

static enum status
read_judgement(struct json_in *in, bool wants_verdict, struct str *verdict, struct str *text)
{
	static const char *const both[] = { "verdict", "text", NULL };

	TRY(json_only(in, wants_verdict ? both : both + 1));
	if (wants_verdict)
		TRY(json_need_str(in, "verdict", 16, verdict));
	return json_need_str(in, "text", BREAKGLASS_TEXT_MOST, text);
}

/* The answer says what is true afterwards. */
static enum status
say_after(struct request *rq, struct str id)
{
	CLEANUP(store_breakglass_clear) struct store_breakglass b = { 0 };

	TRY(breakglass_find(rq, id, &b));
	return ep_admin_say(rq, 200, item(&b, clock_now_us()));
}

static enum status
judge(struct request *rq, bool wants_verdict)
{
	CLEANUP(json_decrefp) json_t *root = NULL;
	CLEANUP(store_breakglass_clear) struct store_breakglass b = { 0 };
	struct str verdict = STR(""), text;
	struct json_why why = { 0 };
	struct json_in in;
	enum status st;

	TRY(ep_admin_read(rq, &root, &why, &in));
	st = read_judgement(&in, wants_verdict, &verdict, &text);
	if (st != OK)
		return ep_admin_bad(rq, st, &why);
	TRY(breakglass_find(rq, rq->param[0], &b));
	if (wants_verdict)
		TRY(breakglass_review(rq, &b, verdict, text));
	else
		TRY(breakglass_restore(rq, &b, text));
	return say_after(rq, rq->param[0]);
}

enum status
ep_admin_breakglass_review(struct request *rq)
{
	return judge(rq, true);
}

enum status
ep_admin_breakglass_restore(struct request *rq)
{
	return judge(rq, false);
}
