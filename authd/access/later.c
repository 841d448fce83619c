#include "authd/access/later.h"

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "authd/access/question.h"
#include "authd/authd.h"
#include "authd/http/json_write.h"
#include "authd/notify/inbox.h"
#include "authd/request.h"
#include "authd/store/store_later.h"
#include "authd/store/store_outbox.h"
#include "authd/sweeping.h"

#define AT_ONCE 100
/* Of a look whose entry is not in the log: by then it never comes (its emitter was told so, and released nothing). */
#define LOST_US DAY_US
/* Entries of one tag: the look, and what became of it. */
#define OF_ONE_TAG 8
/* No service of a policy: what later_apart() marked is no look of anybody's. */
#define APART STR("(apart)")

/* ---- marking ---- */

static const char *const shown[] = {
	[VISIBILITY_IMMEDIATE] = "",
	[VISIBILITY_DELAYED] = "delayed",
	[VISIBILITY_ON_CLOSE] = "on_close",
	[VISIBILITY_WITHHELD] = "withheld",
};

static bool
is_later(const struct later_look *look)
{
	const struct service *s = policy_service(look->policy, look->service);

	return look->purpose != NULL && look->purpose->visibility != VISIBILITY_IMMEDIATE && !look->emergency &&
	       s != NULL && policy_declares(look->policy, s, look->purpose);
}

static int64_t
visible_us(const struct purpose *p)
{
	switch (p->visibility) {
	case VISIBILITY_DELAYED:
		return clock_now_us() + p->visibility_delay_us;
	case VISIBILITY_ON_CLOSE:
		return clock_now_us() + LATER_ON_CLOSE_MOST_US;
	case VISIBILITY_IMMEDIATE:
	case VISIBILITY_WITHHELD:
		break;
	}
	return STORE_LATER_NEVER;
}

void
later_mark(const struct later_look *look, struct audit_event *ev)
{
	const struct purpose *p = look->purpose;

	if (look->policy == NULL || !is_later(look))
		return;
	ev->later = (struct audit_later){
		.shown = str_of(shown[p->visibility]),
		.visible_us = visible_us(p),
		.service = look->service,
		.case_ref = question_is_case_number(look->case_ref) ? look->case_ref : STR(""),
	};
	ev->entry.case_ref = (struct str){ 0 };
	audit_fact(ev, "shown", str_of(shown[p->visibility]));
	if (p->visibility_ground != NULL)
		audit_fact(ev, "law", str_of(p->visibility_ground->id));
}

void
later_apart(struct audit_event *ev)
{
	ev->later = (struct audit_later){ .shown = str_of(shown[VISIBILITY_DELAYED]),
					  .visible_us = clock_now_us(),
					  .service = APART };
}

static bool
is_apart(const struct store_later *look)
{
	return str_eq(look->service, APART);
}

/* ---- looks that became visible find their place in the log ---- */

/* The look is the first entry that carries the tag. */
static enum status
find_entry(struct authd *a, struct str tag, uint64_t *index)
{
	uint64_t indices[OF_ONE_TAG];
	size_t count;

	TRY(audit_by_tag(a, tag, UINT64_MAX, OF_ONE_TAG, indices, &count));
	if (count == 0)
		return E_NOT_FOUND;
	*index = indices[count - 1];
	return OK;
}

static enum status
place(struct store *db, const struct store_later *look, uint64_t index)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	CLEANUP(buf_clear) struct buf target = BUF(24);

	buf_printf(&target, "%llu", (unsigned long long)index);
	TRY(buf_status(&target));
	TRY(store_begin(db, &tx));
	TRY(store_later_place(&tx, look->tag, index));
	if (!is_apart(look))
		TRY(inbox_tell(&tx, look->sub, INBOX_LOOK_VISIBLE, &(struct inbox_refs){ .target = buf_str(&target) }));
	return store_commit(&tx);
}

static enum status
place_one(struct authd *a, struct store *db, const struct store_later *look)
{
	uint64_t index;
	enum status st = find_entry(a, look->tag, &index);

	if (st == E_NOT_FOUND)
		return look->made_us < clock_now_us() - LOST_US ? store_later_drop(db, look->tag) : OK;
	TRY(st);
	st = place(db, look, index);
	return st == E_USED ? OK : st; /* another node, or the person's own page, was first */
}

/* Of one person, who is about to see them: all or nothing. */
static enum status
place_own(struct authd *a, struct store *db, struct str sub)
{
	CLEANUP(store_later_list_clear) struct store_later_list due = { 0 };

	TRY(store_later_due(db, sub, clock_now_us(), AT_ONCE, &due));
	for (size_t i = 0; i < due.count; i++)
		TRY(place_one(a, db, &due.items[i]));
	return OK;
}

static enum status
place_all(struct authd *a, struct store *db)
{
	CLEANUP(store_later_list_clear) struct store_later_list due = { 0 };
	struct sweeping s = { .work = "looks.visible" };

	TRY(store_later_due(db, STR(""), clock_now_us(), sweeping_batch(&s, AT_ONCE), &due));
	for (size_t i = 0; i < due.count; i++)
		if (!sweeping_passes(&s, due.items[i].tag))
			TRY(sweeping_done(&s, due.items[i].tag, place_one(a, db, &due.items[i])));
	return OK;
}

void
later_upkeep(struct authd *a, struct store *db)
{
	enum status st = place_all(a, db);

	if (st != OK)
		log_warn(st, "later.upkeep", "it is tried again in a second");
}

/* ---- what the person may see ---- */

/* Two lists, each newest first, into one. */
static size_t
merge(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count, uint64_t *out, size_t limit)
{
	size_t i = 0, k = 0, n = 0;

	while (n < limit && (i < a_count || k < b_count))
		out[n++] = k == b_count || (i < a_count && a[i] > b[k]) ? a[i++] : b[k++];
	return n;
}

enum status
later_entries(struct request *rq, const struct keys_person *who, struct str month, uint64_t before, size_t limit,
	      uint64_t *indices, size_t *count)
{
	CLEANUP(freep) uint64_t *room = calloc(2 * limit + 1, sizeof(*room));
	size_t at_once, later;
	char tag[ENTRY_TAG_LEN + 1];

	if (room == NULL)
		return E_NOMEM;
	TRY(place_own(rq->authd, request_store(rq), who->sub));
	TRY(audit_tag(rq->authd, who, month, tag));
	TRY(audit_by_tag(rq->authd, str_of(tag), before, limit, room, &at_once));
	TRY(store_later_visible(request_store(rq), who->sub, month, clock_now_us(), before, limit, room + limit,
				&later));
	*count = merge(room, at_once, room + limit, later, indices, limit);
	return OK;
}

enum status
later_may_see(struct request *rq, struct str sub, struct str tag, bool *yes)
{
	CLEANUP(store_later_clear) struct store_later look = { 0 };
	enum status st = store_later_find(request_store(rq), tag, &look);

	*yes = false;
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	*yes = str_eq(look.sub, sub) && look.visible_us <= clock_now_us();
	return OK;
}

enum status
later_months(struct request *rq, struct str sub, struct str from, struct str to, struct store_tag_list *out)
{
	TRY(place_own(rq->authd, request_store(rq), sub));
	return store_tag_months(request_store(rq), sub, from, to, clock_now_us(), out);
}

/* ---- a case is closed ---- */

enum status
later_close_case(struct request *rq, struct str service, struct str case_ref)
{
	CLEANUP(audit_draft_clear) struct audit_draft d = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct audit_event ev = audit_of(rq, ENTRY_ACCESS_CASE_CLOSED);
	struct receipt receipt;

	/* About nobody: the person of a case is in no entry of it. */
	ev.entry.case_ref = case_ref;
	TRY(audit_draft(rq->authd, &ev, &d));
	TRY(store_begin(request_store(rq), &tx));
	TRY(store_later_close(&tx, service, case_ref, clock_now_us()));
	TRY(audit_emit(&tx, &d, STORE_TARGET_NONE, STR("")));
	TRY(store_commit(&tx));
	return audit_forward(rq->authd, &d, &receipt);
}

/* ---- for officers ---- */

static json_t *
time_or_null(int64_t us)
{
	CLEANUP(buf_clear) struct buf text = BUF(40);

	if (us == STORE_LATER_NEVER)
		return json_null();
	clock_put_rfc3339(&text, us);
	return json_stringn(text.p, text.n);
}

static enum status
add_look(struct request *rq, const struct store_later *look, json_t *list)
{
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX), id = BUF(UUID_TEXT_LEN);
	struct entry_view v;
	uint64_t index;
	json_t *item;
	enum status st = find_entry(rq->authd, look->tag, &index);

	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	TRY(audit_read(rq->authd, index, &line));
	TRY(entry_parse(buf_str(&line), &v));
	uuid_put(&id, &v.entry.id);
	item = json_pack("{s:I, s:s%, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "index", (json_int_t)index, "id", id.p, id.n,
			 "at", time_or_null(v.time_us), "service", json_of_str(look->service), "purpose",
			 json_of_str(v.entry.purpose), "case", json_of_str(look->case_ref), "shown",
			 json_of_str(look->shown), "visible_at", time_or_null(look->visible_us), "visible",
			 look->visible_us <= clock_now_us());
	return item != NULL && json_array_append_new(list, item) == 0 ? OK : E_NOMEM;
}

enum status
later_list(struct request *rq, struct str sub, struct str month, json_t **out)
{
	CLEANUP(store_later_list_clear) struct store_later_list looks = { 0 };
	CLEANUP(json_decrefp) json_t *list = json_array();

	if (list == NULL)
		return E_NOMEM;
	TRY(store_later_page(request_store(rq), sub, month, &looks));
	for (size_t i = 0; i < looks.count; i++)
		if (!is_apart(&looks.items[i]))
			TRY(add_look(rq, &looks.items[i], list));
	*out = STEAL(&list);
	return OK;
}
