/* breakglass_looks.c: what was looked at under an emergency, read back from the log by the person's tags. */
#include "auditlog/base/clock.h"
#include "authd/access/breakglass_parts.h"
#include "authd/request.h"

#define CHUNK          100
#define LOOKED_AT_MOST 2000 /* entries about the person in that time; a longer list is cut, newest first */

struct search {
	struct request *rq;
	const struct store_breakglass *b;
	json_t *found;
	size_t looked_at;
	bool past; /* behind the entry that opened it */
};

static json_t *
describe(const struct entry_view *v)
{
	const struct entry *e = &v->entry;
	CLEANUP(buf_clear) struct buf id = BUF(UUID_TEXT_LEN), at = BUF(32);
	struct str category = e->category_count > 0 ? e->categories[0] : STR("");

	uuid_put(&id, &e->id);
	clock_put_rfc3339(&at, v->time_us);
	return json_pack("{s:s%, s:I, s:s%, s:s%, s:s%, s:s}", "id", id.p, id.n, "index", (json_int_t)v->index, "at",
			 at.p, at.n, "category", category.p, category.n, "purpose", e->purpose.p, e->purpose.n,
			 "decision", entry_decision_name(e->decision));
}

static enum status
look_at(struct search *s, uint64_t index)
{
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	struct entry_view v;

	s->past = index <= (uint64_t)s->b->log_index;
	if (s->past)
		return OK;
	TRY(audit_read(s->rq->authd, index, &line));
	TRY(entry_parse(buf_str(&line), &v));
	if (v.entry.event != ENTRY_ACCESS_DECIDED || v.entry.basis.type != ENTRY_BASIS_BREAK_GLASS ||
	    !v.entry.basis.has_index || v.entry.basis.index != (uint64_t)s->b->log_index)
		return OK;
	return json_array_append_new(s->found, describe(&v)) == 0 ? OK : E_NOMEM;
}

static enum status
search_tag(struct search *s, struct str tag)
{
	uint64_t indices[CHUNK], before = UINT64_MAX;
	size_t count;

	s->past = false;
	do {
		TRY(audit_by_tag(s->rq->authd, tag, before, CHUNK, indices, &count));
		for (size_t i = 0; i < count && !s->past && s->looked_at < LOOKED_AT_MOST; i++, s->looked_at++) {
			TRY(look_at(s, indices[i]));
			before = indices[i];
		}
	} while (count == CHUNK && !s->past && s->looked_at < LOOKED_AT_MOST);
	return OK;
}

static enum status
search_month(struct search *s, const struct keys_person *who, int64_t us)
{
	CLEANUP(buf_clear) struct buf month = BUF(8);
	char tag[ENTRY_TAG_LEN + 1];

	clock_put_month(&month, us);
	TRY(buf_status(&month));
	TRY(audit_tag(s->rq->authd, who, buf_str(&month), tag));
	return search_tag(s, str_of(tag));
}

/* It may be opened in one month and used in the next. */
static enum status
search(struct search *s)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	CLEANUP(buf_clear) struct buf first = BUF(8), last = BUF(8);
	struct keys_person who;

	TRY(breakglass_person(request_store(s->rq), s->b->sub, &person));
	if (person.wrapped_key.n == 0 || s->b->log_index == STORE_NO_INDEX)
		return OK;
	who = (struct keys_person){ .sub = person.sub, .wrapped = person.wrapped_key };
	clock_put_month(&first, s->b->opened_us);
	clock_put_month(&last, s->b->until_us);
	if (!str_eq(buf_str(&first), buf_str(&last)))
		TRY(search_month(s, &who, s->b->until_us));
	return search_month(s, &who, s->b->opened_us);
}

enum status
breakglass_looks(struct request *rq, const struct store_breakglass *b, json_t **out)
{
	CLEANUP(json_decrefp) json_t *found = json_array();
	struct search s = { .rq = rq, .b = b, .found = found };

	if (found == NULL)
		return E_NOMEM;
	TRY(search(&s));
	*out = STEAL(&found);
	return OK;
}
