/* audit_append.c: drafts become durable entries: at once, several together, fenced, or behind a change of state. */
#include "authd/audit/audit.h"

#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/client/append.h"
#include "authd/audit/acts.h"
#include "authd/audit/log_ask.h"
#include "authd/authd.h"
#include "authd/store/store_outbox.h"

/* Of both kinds; learns how long the log is. */
static enum status
send_append(struct authd *a, uint16_t type, struct buf *request, size_t count, struct receipt *out)
{
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;
	uint64_t size = 0;
	const struct log_reply *r;
	enum status st;

	TRY(log_ask(a, type, request, "append", &w));
	r = log_ask_reply(w);
	st = append_get_fenced(r->type, buf_str(&r->bytes), out, count, &size);
	for (size_t i = 0; st == OK && i < count; i++)
		size = out[i].index >= size ? out[i].index + 1 : size;
	append_saw(a->log, size);
	return st;
}

static enum status
append(struct authd *a, const struct str *fragments, size_t count, struct receipt *out)
{
	CLEANUP(buf_clear) struct buf request = BUF(MSG_PAYLOAD_MAX);

	append_put_append(&request, fragments, count);
	return send_append(a, APPEND_APPEND, &request, count, out);
}

static enum status
append_one(struct authd *a, const struct audit_draft *d, struct receipt *out)
{
	struct str fragment = buf_str(&d->fragment);

	return append(a, &fragment, 1, out);
}

enum status
audit_append(struct authd *a, const struct audit_draft *d, struct receipt *out)
{
	return d->mandate[0] != '\0' ? acts_append(a, d, 1, out) : append_one(a, d, out);
}

static struct str *
fragments_of(const struct audit_draft *d, size_t count)
{
	struct str *fragments = calloc(count, sizeof(*fragments));

	for (size_t i = 0; fragments != NULL && i < count; i++)
		fragments[i] = buf_str(&d[i].fragment);
	return fragments;
}

enum status
audit_append_all(struct authd *a, const struct audit_draft *d, size_t count, struct receipt *out)
{
	CLEANUP(freep) struct str *fragments = fragments_of(d, count);

	if (count > 0 && d->mandate[0] != '\0')
		return acts_append(a, d, count, out);
	return fragments == NULL ? E_NOMEM : append(a, fragments, count, out);
}

uint64_t
audit_seen(struct authd *a)
{
	return append_seen(a->log);
}

enum status
audit_append_fenced(struct authd *a, const struct audit_draft *d, size_t count, uint64_t seen, int64_t until_us,
		    struct receipt *out)
{
	CLEANUP(freep) struct str *fragments = fragments_of(d, count);
	CLEANUP(buf_clear) struct buf request = BUF(MSG_PAYLOAD_MAX);
	uint64_t until = until_us == INT64_MAX ? UINT64_MAX : (uint64_t)until_us;

	if (fragments == NULL)
		return E_NOMEM;
	append_put_fenced(&request, fragments, count, seen, until);
	return send_append(a, APPEND_FENCED, &request, count, out);
}

enum status
audit_record(struct authd *a, const struct audit_event *ev, struct receipt *out)
{
	CLEANUP(audit_draft_clear) struct audit_draft d = { 0 };

	TRY(audit_draft(a, ev, &d));
	return audit_append(a, &d, out);
}

/* ---- with a change of state ---- */

enum status
audit_emit(struct store_tx *tx, const struct audit_draft *d, const char *target, struct str key)
{
	struct store_outbox row = {
		.event_id = str_of(d->id_text),
		.target = str_of(target),
		.target_key = key,
		.fragment = buf_str(&d->fragment),
		.created_us = clock_now_us(),
	};

	if (d->mandate[0] != '\0') {
		TRY(acts_hold(tx, d));
		row.mandate_id = str_of(d->mandate);
	}
	return store_outbox_add(tx, &row);
}

struct done {
	char id[UUID_TEXT_LEN + 1];
	struct receipt receipt;
};

static enum status
done_run(void *arg, void *worker_ctx)
{
	struct done *d = arg;
	struct store_receipt r = { .event_id = str_of(d->id), .index = d->receipt.index };

	memcpy(r.leaf, d->receipt.leaf.b, sizeof(r.leaf));
	return store_outbox_done(worker_ctx, &r, 1, clock_now_us());
}

enum status
audit_forward(struct authd *a, const struct audit_draft *d, struct receipt *out)
{
	CLEANUP(worker_arg_dropp) struct done *done = worker_arg_new(sizeof(*done), NULL);
	struct receipt r;

	if (done == NULL)
		return E_NOMEM;
	if (d->ends_acts)
		TRY(acts_settle(a));
	TRY(append_one(a, d, &r));
	memcpy(done->id, d->id_text, sizeof(done->id));
	done->receipt = r;
	TRY(worker_run(a->pool, done_run, done, AUDIT_DEADLINE_US));
	*out = r;
	return OK;
}
