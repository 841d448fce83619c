#include "authd/access/history.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/access/breakglass.h"
#include "authd/access/later.h"
#include "authd/access/reason.h"
#include "authd/audit/audit.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/identity/acting.h"
#include "authd/request.h"
#include "authd/store/store_consent.h"
#include "authd/store/store_outcome.h"
#include "authd/store/store_tag.h"

/* Entries asked for at once; those of other events between them are passed over. */
#define CHUNK 100
/* Entries read for one page. A page that is not full then has a next one all the same: no request reads on for ever. */
#define LOOKED_AT_MOST 1000
#define MONTHS_MOST    120

/* ---- one entry for people ---- */

static const char *
titled(const struct words *w, enum words_lang lang, const char *otherwise)
{
	return w != NULL ? w->in[lang] : otherwise;
}

static json_t *
text_of(struct str s)
{
	CLEANUP(buf_clear) struct buf b = BUF(1024);

	entry_put_unescaped(&b, s);
	return json_of_str(buf_str(&b));
}

/* "eligibility/3" → the purpose's title in the policy in force. */
static json_t *
purpose_title(struct request *rq, struct str ref)
{
	struct str id = str_slice(ref, 0, str_find_char(ref, '/'));
	const struct purpose *p = rq->policy == NULL ? NULL : policy_purpose(rq->policy, id);

	return p != NULL ? json_string(p->title.in[request_lang(rq)]) : text_of(ref);
}

static json_t *
category_titles(struct request *rq, const struct entry *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < e->category_count; i++) {
		const struct category *c = rq->policy == NULL ? NULL : policy_category(rq->policy, e->categories[i]);

		json_array_append_new(list, c != NULL ? json_string(c->title.in[request_lang(rq)])
						      : text_of(e->categories[i]));
	}
	return list;
}

static json_t *
role_title(struct request *rq, const struct entry *e)
{
	const struct role *r =
	    rq->policy == NULL || e->by.role_count == 0 ? NULL : policy_role(rq->policy, e->by.roles[0]);

	return r != NULL ? json_string(r->title.in[request_lang(rq)]) : json_string("");
}

static const char *
reason_text(struct request *rq, const struct entry *e)
{
	enum reason r;

	return reason_parse(e->reason, &r) == OK ? reason_for_person(r, request_lang(rq)) : "";
}

static bool
has_fact(const struct entry *e, const char *name)
{
	for (size_t i = 0; i < e->fact_count; i++)
		if (str_is(e->facts[i].name, name))
			return true;
	return false;
}

/* The consent that a permit rests on, by the log index that both name. */
static enum status
link_consent(struct request *rq, const struct entry *e, json_t *item)
{
	CLEANUP(store_consent_list_clear) struct store_consent_list list = { 0 };
	struct store_consent_filter mine = { .sub = str_of(rq->who.sub) };

	if (e->basis.type != ENTRY_BASIS_CONSENT || !e->basis.has_index)
		return OK;
	mine.purpose = str_slice(e->purpose, 0, str_find_char(e->purpose, '/'));
	TRY(store_consent_page(request_store(rq), &mine, STR(""), STORE_LIST_MAX, &list));
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].log_index == (int64_t)e->basis.index)
			json_object_set_new(item, "consent", json_of_str(list.items[i].record_id));
	return OK;
}

static enum status
add_outcome(struct request *rq, const struct entry *e, json_t *item)
{
	CLEANUP(store_outcome_clear) struct store_outcome said = { 0 };
	CLEANUP(buf_clear) struct buf id = BUF(UUID_TEXT_LEN);
	enum status st;

	uuid_put(&id, &e->id);
	st = store_outcome_find(request_store(rq), buf_str(&id), &said);
	if (st == E_NOT_FOUND)
		return json_object_set_new(item, "confirmed", json_false()) == 0 ? OK : E_NOMEM;
	TRY(st);
	json_object_set_new(item, "confirmed", json_true());
	json_object_set_new(item, "outcome", json_of_str(said.outcome));
	return json_object_set_new(item, "records", json_integer(said.records)) == 0 ? OK : E_NOMEM;
}

/* Where whoever looked works: what a service belongs to; of an official at the desk, what the entry says. */
static const struct organisation *
organisation_of(struct request *rq, const struct entry *e)
{
	const struct service *s = rq->policy == NULL ? NULL : policy_service(rq->policy, e->by.service);

	if (s != NULL || rq->policy == NULL)
		return s != NULL ? s->organisation : NULL;
	for (size_t i = 0; i < e->fact_count; i++)
		if (str_is(e->facts[i].name, "organisation"))
			return policy_organisation(rq->policy, e->facts[i].text);
	return NULL;
}

/* An office at work in the portal is named by its organisation. A service that is gone keeps its id. */
static json_t *
service_title(struct request *rq, const struct organisation *o, struct str id)
{
	const struct service *s = rq->policy == NULL ? NULL : policy_service(rq->policy, id);

	if (s == NULL && o != NULL && str_is(id, "portal"))
		return json_string("");
	return s != NULL ? json_string(s->title.in[request_lang(rq)]) : text_of(id);
}

enum status
history_describe(struct request *rq, const struct entry_view *v, json_t **out)
{
	const struct entry *e = &v->entry;
	const struct organisation *o = organisation_of(rq, e);
	CLEANUP(json_decrefp) json_t *item = NULL;
	CLEANUP(buf_clear) struct buf id = BUF(UUID_TEXT_LEN);
	bool refused = e->decision == ENTRY_REFUSE, searched = e->event == ENTRY_ACCESS_SEARCHED;

	uuid_put(&id, &e->id);
	TRY(buf_status(&id));
	item = json_pack("{s:s%, s:I, s:I, s:s, s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:b, s:b, s:s, s:s, s:o}", "id",
			 id.p, id.n, "index", (json_int_t)v->index, "at", (json_int_t)v->time_us, "organisation",
			 titled(o != NULL ? &o->name : NULL, request_lang(rq), ""), "service", text_of(e->by.service),
			 "role", role_title(rq, e), "categories", category_titles(rq, e), "purpose",
			 purpose_title(rq, e->purpose), "permit", e->decision == ENTRY_PERMIT, "refused", refused,
			 "recorded", e->event == ENTRY_ACCESS_RECORDED, "searched", searched && !has_fact(e, "listed"),
			 "emergency", e->basis.type == ENTRY_BASIS_BREAK_GLASS, "reason", reason_text(rq, e), "basis",
			 entry_basis_name(e->basis.type), "basis_ref", text_of(e->basis.ref));
	if (item == NULL || json_object_set_new(item, "desk", json_boolean(e->event == ENTRY_DESK_OPENED)) != 0 ||
	    json_object_set_new(item, "service_title", service_title(rq, o, e->by.service)) != 0 ||
	    json_object_set_new(item, "administration", json_boolean(e->event == ENTRY_ADMIN_READ)) != 0 ||
	    json_object_set_new(item, "by_number", json_boolean(has_fact(e, "found_by"))) != 0 ||
	    json_object_set_new(item, "listed", json_boolean(searched && has_fact(e, "listed"))) != 0 ||
	    json_object_set_new(item, "organisation_id", json_string(o != NULL ? o->id : "")) != 0)
		return E_NOMEM;
	*out = STEAL(&item);
	return OK;
}

/* Of an emergency: the reason in words, and what became of its review. */
static enum status
add_emergency(struct request *rq, const struct entry_view *v, json_t *item)
{
	CLEANUP(store_breakglass_clear) struct store_breakglass glass = { 0 };
	const struct words *why = NULL;
	const bool used = v->entry.event == ENTRY_BREAKGLASS_USED;
	enum status st;

	if (v->entry.basis.type != ENTRY_BASIS_BREAK_GLASS || (!used && !v->entry.basis.has_index))
		return OK;
	st = store_breakglass_by_index(request_store(rq), (int64_t)(used ? v->index : v->entry.basis.index), &glass);
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	if (breakglass_reason(glass.reason, &why) == OK)
		json_object_set_new(item, "emergency_why", json_string(why->in[request_lang(rq)]));
	json_object_set_new(item, "emergency_until",
			    json_integer(glass.closed_us != 0 ? glass.closed_us : glass.until_us));
	json_object_set_new(item, "review", json_string(breakglass_state(&glass, clock_now_us())));
	return json_object_set_new(item, "review_by", json_integer(glass.review_by_us)) == 0 ? OK : E_NOMEM;
}

static enum status
describe(struct request *rq, const struct entry_view *v, json_t **out)
{
	CLEANUP(json_decrefp) json_t *item = NULL;

	TRY(history_describe(rq, v, &item));
	if (v->entry.decision == ENTRY_PERMIT) {
		TRY(link_consent(rq, &v->entry, item));
		TRY(add_outcome(rq, &v->entry, item));
	}
	TRY(add_emergency(rq, v, item));
	*out = STEAL(&item);
	return OK;
}

/* Somebody else's search; one's own is no news. */
static bool
is_search(const struct entry *e)
{
	return e->event == ENTRY_ACCESS_SEARCHED && !has_fact(e, "own");
}

static bool
is_look(const struct entry *e)
{
	return is_search(e) || e->event == ENTRY_ACCESS_DECIDED || e->event == ENTRY_ACCESS_RECORDED ||
	       e->event == ENTRY_BREAKGLASS_USED || e->event == ENTRY_DESK_OPENED || e->event == ENTRY_ADMIN_READ;
}

/* ---- lists ---- */

enum status
history_lists(struct request *rq, const struct entry_view *v, bool refused, bool *lists)
{
	*lists =
	    is_look(&v->entry) && (v->entry.decision == ENTRY_REFUSE) == refused && acting_covers(rq, v->entry.purpose);
	return OK;
}

/* Appends the entry at index when it belongs into the list. */
static enum status
add_if_wanted(struct request *rq, uint64_t index, bool refused, json_t *list)
{
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	struct entry_view v;
	json_t *item = NULL;
	bool wanted;

	TRY(audit_read(rq->authd, index, &line));
	TRY(entry_parse(buf_str(&line), &v));
	TRY(history_lists(rq, &v, refused, &wanted));
	if (!wanted)
		return OK;
	TRY(describe(rq, &v, &item));
	return json_array_append_new(list, item) == 0 ? OK : E_NOMEM;
}

static enum status
collect(struct request *rq, struct str month, uint64_t before, bool refused, json_t *list, uint64_t *next)
{
	const struct keys_person who = request_person(rq);
	uint64_t indices[CHUNK];
	size_t count, looked_at = 0;

	*next = 0;
	do {
		TRY(later_entries(rq, &who, month, before, CHUNK, indices, &count));
		for (size_t i = 0; i < count; i++) {
			if (json_array_size(list) == HISTORY_PAGE || looked_at++ == LOOKED_AT_MOST) {
				*next = before;
				return OK;
			}
			TRY(add_if_wanted(rq, indices[i], refused, list));
			before = indices[i];
		}
	} while (count == CHUNK);
	return OK;
}

enum status
history_month(struct request *rq, struct str month, uint64_t before, bool refused, json_t **list, uint64_t *next)
{
	enum status st;

	*list = json_array();
	if (*list == NULL)
		return E_NOMEM;
	st = collect(rq, month, before, refused, *list, next);
	if (st != OK) {
		json_decref(*list);
		*list = NULL;
	}
	return st;
}

enum status
history_months(struct request *rq, json_t **list)
{
	CLEANUP(store_tag_list_clear) struct store_tag_list tags = { 0 };

	TRY(later_months(rq, str_of(rq->who.sub), STR("0000-00"), STR("9999-12"), &tags));
	*list = json_array();
	if (*list == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < tags.count && i < MONTHS_MOST; i++)
		json_array_append_new(*list, json_of_str(tags.items[i].month));
	return OK;
}

static enum status
month_of(int64_t us, struct buf *out)
{
	buf_reset(out);
	clock_put_month(out, us);
	return buf_status(out);
}

static enum status
count_month(struct request *rq, struct str month, int64_t since_us, size_t *count)
{
	CLEANUP(json_decrefp) json_t *list = NULL;
	uint64_t next;

	TRY(history_month(rq, month, UINT64_MAX, false, &list, &next));
	for (size_t i = 0; i < json_array_size(list); i++)
		*count += json_integer_value(json_object_get(json_array_get(list, i), "at")) >= since_us;
	return OK;
}

enum status
history_count(struct request *rq, int64_t since_us, size_t *count)
{
	CLEANUP(buf_clear) struct buf month = BUF(8), counted = BUF(8);
	const int64_t now = clock_now_us();

	*count = 0;
	/* By days, because no other step fits all months; a month is counted on its first day that comes up. */
	for (int64_t at = since_us; at < now + DAY_US; at += DAY_US) {
		TRY(month_of(at < now ? at : now, &month));
		if (str_eq(buf_str(&month), buf_str(&counted)))
			continue;
		TRY(count_month(rq, buf_str(&month), since_us, count));
		buf_reset(&counted);
		buf_put(&counted, buf_str(&month));
		TRY(buf_status(&counted));
	}
	return OK;
}

/* ---- one ---- */

/* A look that has a tag of its own, and that the person may see by now. */
static enum status
check_later(struct request *rq, const struct entry_view *v)
{
	bool yes = false;

	for (size_t i = 0; i < v->entry.about_count && !yes; i++)
		TRY(later_may_see(rq, str_of(rq->who.sub), v->entry.about[i].tag, &yes));
	return yes ? OK : E_NOT_FOUND;
}

/* About this person: one of its tags is theirs of the month in which it was written. */
static enum status
check_about(struct request *rq, const struct entry_view *v)
{
	const struct keys_person who = request_person(rq);
	CLEANUP(buf_clear) struct buf month = BUF(8);
	char tag[ENTRY_TAG_LEN + 1];
	/* An entry near midnight of the last day may carry the tag of the day on which its emitter made it. */
	const int64_t days[] = { v->time_us, v->time_us - 60 * SECOND_US };

	for (size_t d = 0; d < ARRAY_LEN(days); d++) {
		TRY(month_of(days[d], &month));
		TRY(audit_tag(rq->authd, &who, buf_str(&month), tag));
		for (size_t i = 0; i < v->entry.about_count; i++)
			if (str_is(v->entry.about[i].tag, tag))
				return OK;
	}
	return check_later(rq, v);
}

static enum status
add_detail(struct request *rq, struct str line, json_t *item)
{
	const struct keys_person who = request_person(rq);
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_PLAIN_MAX);
	CLEANUP(json_decrefp) json_t *detail = NULL;
	enum status st = audit_open(rq->authd, &who, line, &text);

	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	TRY(json_read(buf_str(&text), KEYS_PLAIN_MAX, &detail, NULL));
	return json_object_set(item, "detail", detail) == 0 ? OK : E_NOMEM;
}

enum status
history_one(struct request *rq, uint64_t index, json_t **item, struct buf *line)
{
	CLEANUP(json_decrefp) json_t *made = NULL;
	struct entry_view v;

	TRY(audit_read(rq->authd, index, line));
	TRY(entry_parse(buf_str(line), &v));
	TRY(check_about(rq, &v));
	/* A representative sees looks at the data, for what the mandate is for; not sign-ins and the like. */
	if (rq->who.acting && (!is_look(&v.entry) || !acting_covers(rq, v.entry.purpose)))
		return E_NOT_FOUND;
	TRY(describe(rq, &v, &made));
	TRY(add_detail(rq, buf_str(line), made));
	*item = STEAL(&made);
	return OK;
}
