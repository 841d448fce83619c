#include "authd/access/history_uses.h"

#include "authd/access/later.h"
#include "authd/audit/audit.h"
#include "authd/request.h"
#include "authd/store/store_tag.h"

#define CHUNK 100

static void
note(struct history_use *uses, size_t n, const struct entry_view *v)
{
	const struct entry *e = &v->entry;

	if (e->decision != ENTRY_PERMIT || e->basis.type != ENTRY_BASIS_CONSENT || !e->basis.has_index)
		return;
	for (size_t i = 0; i < n; i++) {
		if (uses[i].index < 0 || (uint64_t)uses[i].index != e->basis.index)
			continue;
		uses[i].count++;
		if (uses[i].last_us < v->time_us)
			uses[i].last_us = v->time_us;
	}
}

static enum status
count_month(struct request *rq, struct str month, struct history_use *uses, size_t n, size_t *left)
{
	const struct keys_person who = { .sub = str_of(rq->who.sub), .wrapped = buf_str(&rq->who.wrapped) };
	uint64_t indices[CHUNK], before = UINT64_MAX;
	size_t count;

	do {
		TRY(later_entries(rq, &who, month, before, CHUNK, indices, &count));
		for (size_t i = 0; i<count && * left> 0; i++, --*left) {
			CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
			struct entry_view v;

			TRY(audit_read(rq->authd, indices[i], &line));
			TRY(entry_parse(buf_str(&line), &v));
			note(uses, n, &v);
			before = indices[i];
		}
	} while (count == CHUNK && *left > 0);
	return OK;
}

enum status
history_uses(struct request *rq, struct history_use *uses, size_t n, bool *complete)
{
	CLEANUP(store_tag_list_clear) struct store_tag_list tags = { 0 };
	size_t left = HISTORY_USES_LOOKED_AT_MOST;

	TRY(later_months(rq, str_of(rq->who.sub), STR("0000-00"), STR("9999-12"), &tags));
	for (size_t i = 0; i < tags.count && left > 0 && n > 0; i++)
		TRY(count_month(rq, tags.items[i].month, uses, n, &left));
	*complete = left > 0;
	return OK;
}
