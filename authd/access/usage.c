#include "authd/access/usage.h"

#include <stdlib.h>

#include "auditlog/client/append.h"
#include "authd/access/history.h"
#include "authd/access/later.h"
#include "authd/audit/audit.h"
#include "authd/http/json_write.h"
#include "authd/request.h"
#include "authd/store/store_tag.h"

#define ACTION_MOST ((size_t)4096)

/* ---- which entries: those of the months that the person may see ---- */

struct indices {
	uint64_t *at;
	size_t count;
};

static void
indices_clear(struct indices *x)
{
	free(x->at);
}

static enum status
add_month(struct request *rq, struct str month, struct indices *x)
{
	const struct keys_person who = { .sub = str_of(rq->who.sub), .wrapped = buf_str(&rq->who.wrapped) };
	uint64_t before = UINT64_MAX;
	size_t got;

	do {
		const size_t room = USAGE_ENTRIES_MOST + 1 - x->count;
		const size_t most = room < APPEND_LIMIT_MAX ? room : APPEND_LIMIT_MAX;

		TRY(later_entries(rq, &who, month, before, most, x->at + x->count, &got));
		x->count += got;
		if (x->count > USAGE_ENTRIES_MOST)
			return E_TOO_LARGE;
		if (got > 0)
			before = x->at[x->count - 1];
	} while (got == APPEND_LIMIT_MAX);
	return OK;
}

static int
later_first(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* Newest first. An entry at midnight of a month may carry the tag of the one before: so the first month is an early
 * one. */
static enum status
gather(struct request *rq, const struct usage_query *q, struct indices *x)
{
	CLEANUP(store_tag_list_clear) struct store_tag_list tags = { 0 };
	CLEANUP(buf_clear) struct buf from = BUF(8), to = BUF(8);

	clock_put_month(&from, q->from_us > 60 * SECOND_US ? q->from_us - 60 * SECOND_US : 0);
	clock_put_month(&to, q->until_us);
	TRY(buf_status(&from));
	TRY(buf_status(&to));
	x->at = calloc(USAGE_ENTRIES_MOST + 1, sizeof(*x->at));
	if (x->at == NULL)
		return E_NOMEM;
	TRY(later_months(rq, str_of(rq->who.sub), buf_str(&from), buf_str(&to), &tags));
	for (size_t i = 0; i < tags.count; i++)
		TRY(add_month(rq, tags.items[i].month, x));
	qsort(x->at, x->count, sizeof(*x->at), later_first);
	return OK;
}

/* ---- what is said of one ---- */

static void
put_titles(struct buf *out, const json_t *titles)
{
	for (size_t i = 0; i < json_array_size(titles); i++) {
		buf_put_cstr(out, i == 0 ? ": " : ", ");
		buf_put_cstr(out, json_string_value(json_array_get(titles, i)));
	}
}

/* What looked at no data for a purpose says what it was. */
static struct str
what_it_was(struct request *rq, const struct entry *e, const json_t *look)
{
	static const struct {
		enum entry_event event;
		struct str key;
	} others[] = { { ENTRY_DESK_OPENED, STR_INIT("event_desk_opened") },
		       { ENTRY_ADMIN_READ, STR_INIT("event_admin_read") },
		       { ENTRY_ACCESS_SEARCHED, STR_INIT("look_searched") } };

	if (json_is_true(json_object_get(look, "listed")))
		return i18n_text(rq->http->lang, STR("look_listed"));
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (others[i].event == e->event)
			return i18n_text(rq->http->lang, others[i].key);
	return STR("");
}

/* "Check the right to a benefit: income, family". */
static json_t *
action_text(struct request *rq, const struct entry *e, const json_t *look)
{
	CLEANUP(buf_clear) struct buf text = BUF(ACTION_MOST);

	buf_put(&text, what_it_was(rq, e, look));
	if (text.n == 0)
		buf_put_cstr(&text, json_string_value(json_object_get(look, "purpose")));
	put_titles(&text, json_object_get(look, "categories"));
	if (json_is_true(json_object_get(look, "emergency")))
		buf_printf(&text, " (%.*s)", STR_ARG(i18n_text(rq->http->lang, STR("look_emergency"))));
	return buf_status(&text) == OK ? json_of_str(buf_str(&text)) : NULL;
}

static enum status
describe(struct request *rq, const struct entry_view *v, json_t *usages)
{
	CLEANUP(json_decrefp) json_t *look = NULL;
	CLEANUP(buf_clear) struct buf at = BUF(CLOCK_RFC3339_LEN);
	json_t *usage;

	TRY(history_describe(rq, v, &look));
	clock_put_rfc3339(&at, v->time_us);
	TRY(buf_status(&at));
	usage =
	    json_pack("{s:s%, s:o, s:O, s:O, s:O}", "logtime", at.p, at.n, "action", action_text(rq, &v->entry, look),
		      "receiverCode", json_object_get(look, "organisation_id"), "receiverName",
		      json_object_get(look, "organisation"), "receiverSystem", json_object_get(look, "service"));
	return usage != NULL && json_array_append_new(usages, usage) == 0 ? OK : E_NOMEM;
}

/* ---- all of them ---- */

struct count {
	struct request *rq;
	const struct usage_query *q;
	uint64_t total;
	json_t *usages;
};

/* Times rise with the index: below the period nothing of it comes any more. */
static enum status
add(void *ctx, uint64_t index UNUSED, struct str line)
{
	struct count *c = ctx;
	struct entry_view v;
	bool lists;

	TRY(entry_parse(line, &v));
	if (v.time_us < c->q->from_us)
		return E_END;
	TRY(history_lists(c->rq, &v, false, &lists));
	if (!lists || v.time_us > c->q->until_us)
		return OK;
	if (c->total++ < c->q->offset || json_array_size(c->usages) >= c->q->limit)
		return OK;
	return describe(c->rq, &v, c->usages);
}

enum status
usage_find(struct request *rq, const struct usage_query *q, uint64_t *total, json_t **usages)
{
	CLEANUP(indices_clear) struct indices x = { 0 };
	CLEANUP(json_decrefp) json_t *list = json_array();
	struct count c = { .rq = rq, .q = q, .usages = list };

	if (list == NULL)
		return E_NOMEM;
	TRY(gather(rq, q, &x));
	TRY(audit_read_each(rq->authd, x.at, x.count, add, &c));
	*total = c.total;
	*usages = STEAL(&list);
	return OK;
}
