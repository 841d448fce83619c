/*
 * ep_admin_affected.c: GET /admin/v1/affected: whose data a service, or one operator of it, asked about in a time:
 * whom to tell when its credentials were in other hands. From the log alone, by the index of services, and the tags of
 * the entries; for privacy officers, of their own organisation. That it was read is an entry that names the service.
 *
 * A page covers at most READ_MOST entries of the service, newest first; the same person can come again on the next one.
 */
#include "auditlog/base/clock.h"
#include "authd/access/ledger.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/http/json_write.h"
#include "authd/store/store_later.h"
#include "authd/store/store_tag.h"

#define READ_MOST 5000
#define NAME_MOST 128

struct affected {
	struct request *rq;
	struct str service, operator_id;
	struct ledger_query q;
	json_t *by_tag; /* {tag: {looks, refused, first, last}} */
	json_int_t entries;
};

/* ---- the question ---- */

static enum status
bad(struct affected *a, const char *what)
{
	return request_fail(a->rq, E_INVALID, "invalid_request", what);
}

static enum status
read_period(struct affected *a)
{
	struct str since = form_get(&a->rq->query, "since"), until = form_get(&a->rq->query, "until");

	if (clock_parse_rfc3339(since, &a->q.from_us) != OK || clock_parse_rfc3339(until, &a->q.until_us) != OK ||
	    a->q.from_us >= a->q.until_us)
		return bad(a, "since and until must be RFC 3339 dates or date-times, since before until");
	return OK;
}

/* An officer asks about their organisation's services: another one is as unknown as one that there is not. */
static enum status
check_service(struct affected *a)
{
	const struct service *s = a->rq->policy == NULL ? NULL : policy_service(a->rq->policy, a->service);

	if (a->rq->who.kind == PRINCIPAL_ADMIN)
		return OK; /* also one that is in no policy any more */
	return s != NULL && str_is(str_of(a->rq->who.organisation), s->organisation->id) ? OK : E_NOT_FOUND;
}

static enum status
read_query(struct affected *a)
{
	struct str cursor = form_get(&a->rq->query, "cursor");

	a->service = form_get(&a->rq->query, "service");
	a->operator_id = form_get(&a->rq->query, "operator");
	if (a->service.n == 0 || a->service.n > NAME_MOST || a->operator_id.n > NAME_MOST)
		return bad(a, "name the service");
	if (cursor.n > 0 && str_to_u64(cursor, INT64_MAX, &a->q.before) != OK)
		return bad(a, "this cursor is not one of ours");
	TRY(read_period(a));
	return check_service(a);
}

/* ---- counting ---- */

static bool
is_about_somebody(const struct affected *a, const struct entry *e)
{
	return e->event != ENTRY_ADMIN_READ && e->about_count > 0 &&
	       (a->operator_id.n == 0 || str_eq(a->operator_id, e->by.operator_id));
}

static json_t *
time_text(int64_t us)
{
	CLEANUP(buf_clear) struct buf b = BUF(CLOCK_RFC3339_LEN);

	clock_put_rfc3339(&b, us);
	return json_of_str(buf_str(&b));
}

static void
add_one(json_t *count, const char *name)
{
	json_object_set_new(count, name, json_integer(json_integer_value(json_object_get(count, name)) + 1));
}

/* Newest first: the first that comes is the last that was. */
static enum status
note(struct affected *a, struct str tag, const struct entry_view *v)
{
	json_t *count = json_object_getn(a->by_tag, tag.p, tag.n);

	if (count == NULL) {
		count = json_pack("{s:i, s:i, s:o}", "looks", 0, "refused", 0, "last", time_text(v->time_us));
		if (json_object_setn_new(a->by_tag, tag.p, tag.n, count) != 0)
			return E_NOMEM;
	}
	json_object_set_new(count, "first", time_text(v->time_us));
	add_one(count, v->entry.decision == ENTRY_REFUSE ? "refused" : "looks");
	return OK;
}

static enum status
add(void *ctx, const struct entry_view *v, struct str line UNUSED)
{
	struct affected *a = ctx;

	if (!is_about_somebody(a, &v->entry))
		return OK;
	a->entries++;
	for (size_t i = 0; i < v->entry.about_count; i++)
		TRY(note(a, v->entry.about[i].tag, v));
	return OK;
}

/* ---- who that is ---- */

/* By the tag of a month, or of one look that its person sees later (access/later.h). */
static enum status
find_person(struct affected *a, struct str tag, json_t **person)
{
	CLEANUP(store_tag_list_clear) struct store_tag_list found = { 0 };
	CLEANUP(store_later_clear) struct store_later later = { 0 };
	enum status st = store_tag_find(request_store(a->rq), tag, &found);

	if (st == E_NOT_FOUND)
		st = store_later_find(request_store(a->rq), tag, &later);
	TRY(st);
	*person = json_of_str(found.count > 0 ? found.items[0].sub : later.sub);
	return OK;
}

/* Tags of people who were erased lead to nobody any more, those of names that nobody has (audit_decoy) never did. */
static enum status
resolve(struct affected *a, json_t *records, json_int_t *unknown)
{
	const char *tag;
	json_t *count;

	json_object_foreach(a->by_tag, tag, count)
	{
		json_t *person = NULL;
		enum status st = find_person(a, str_of(tag), &person);

		if (st == E_NOT_FOUND) {
			++*unknown;
			continue;
		}
		TRY(st);
		if (json_object_set_new(count, "person", person) != 0 || json_array_append(records, count) != 0)
			return E_NOMEM;
	}
	return OK;
}

static enum status
record_read(struct affected *a)
{
	struct audit_event ev = ep_admin_event(a->rq, ENTRY_ADMIN_READ, "people.affected", NULL);
	struct receipt receipt;

	audit_fact_if_short(&ev, "service", a->service);
	return audit_record(a->rq->authd, &ev, &receipt);
}

static enum status
answer(struct affected *a, uint64_t next)
{
	CLEANUP(json_decrefp) json_t *records = json_array();
	CLEANUP(buf_clear) struct buf cursor = BUF(24);
	json_int_t unknown = 0;

	if (records == NULL)
		return E_NOMEM;
	TRY(resolve(a, records, &unknown));
	if (next > 0)
		buf_printf(&cursor, "%llu", (unsigned long long)next);
	TRY(record_read(a));
	return ep_admin_say(a->rq, 200,
			    json_pack("{s:O, s:I, s:I, s:s%}", "records", records, "erased", unknown, "entries",
				      a->entries, "next", cursor.n > 0 ? cursor.p : "", cursor.n));
}

enum status
ep_admin_affected(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *by_tag = json_object();
	struct affected a = { .rq = rq,
			      .q = { .service_count = 1, .before = UINT64_MAX, .read_most = READ_MOST },
			      .by_tag = by_tag };
	uint64_t next = 0;

	if (by_tag == NULL)
		return E_NOMEM;
	TRY(read_query(&a));
	a.q.services = &a.service;
	TRY(ledger_walk(rq->authd, &a.q, add, &a, &next));
	return answer(&a, next);
}
