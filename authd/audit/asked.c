#include "authd/audit/asked.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/audit/tag_memory.h"
#include "authd/request.h"
#include "authd/store/store_decoy.h"

#define TEXT_MOST ((size_t)1 << 10)
/* Behind the end of any month that it was made in. */
#define LIFE_US (INT64_C(32) * DAY_US)

struct asked {
	char decoy[ENTRY_TAG_LEN + 1], tag[ENTRY_TAG_LEN + 1];
	char sub[KEYS_SUB_MAX + 1], month[8];
	bool known;
};

static enum status
note(void *arg, void *worker_ctx)
{
	const struct asked *q = arg;
	const struct store_asked row = { .tag = str_of(q->tag),
					 .sub = str_of(q->sub),
					 .month = str_of(q->month),
					 .decoy = str_of(q->decoy),
					 .expires_us = clock_now_us() + LIFE_US };

	return store_decoy_asked(worker_ctx, &row, q->known);
}

/* The person's tag; or the same work for nobody's. */
static enum status
find_tag(const struct request *rq, const struct audit_event *ev, struct str name, struct asked *q)
{
	CLEANUP(audit_draft_clear) struct audit_draft thrown_away = { 0 };
	struct audit_event tag_alone = *ev;

	q->known = ev->person.wrapped.n > 0;
	if (!q->known) {
		tag_alone.detail = STR("");
		return audit_decoy(rq->authd, &tag_alone, name, &thrown_away);
	}
	if (ev->person.sub.n > KEYS_SUB_MAX)
		return E_INVALID;
	memcpy(q->sub, ev->person.sub.p, ev->person.sub.n);
	return audit_tag(rq->authd, &ev->person, str_of(q->month), q->tag);
}

enum status
asked_about(const struct request *rq, const struct audit_event *ev, struct str name)
{
	CLEANUP(worker_arg_dropp) struct asked *q = worker_arg_new(sizeof(*q), NULL);
	CLEANUP(buf_clear) struct buf text = BUF(TEXT_MOST), month = BUF(7), decoy = BUF(ENTRY_TAG_LEN);

	if (q == NULL)
		return E_NOMEM;
	/* Each of these costs a write of its own, whoever it is about; and the month's tag would say that there was
	 * one. */
	if (ev->later.shown.n > 0)
		return OK;
	clock_put_month(&month, clock_now_us());
	buf_put_cstr(&text, "asked");
	buf_put_block(&text, buf_str(&month));
	buf_put_block(&text, name);
	TRY(buf_status(&text));
	TRY(audit_decoy_text(rq->authd, buf_str(&text), &decoy));
	if (tag_memory_has(rq->authd->tags, buf_str(&decoy)))
		return OK;
	memcpy(q->decoy, decoy.p, decoy.n);
	memcpy(q->month, month.p, month.n);
	TRY(find_tag(rq, ev, name, q));
	TRY(worker_run(rq->authd->pool, note, q, AUDIT_DEADLINE_US));
	tag_memory_add(rq->authd->tags, buf_str(&decoy));
	if (q->known)
		tag_memory_add(rq->authd->tags, str_of(q->tag));
	return OK;
}
