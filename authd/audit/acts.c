#include "authd/audit/acts.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "auditlog/client/append.h"
#include "authd/access/mandate.h"
#include "authd/authd.h"
#include "authd/http/worker.h"
#include "authd/store/store_outbox.h"

/* Each refusal means that something about the same person ended meanwhile, most often not the mandate. */
#define ATTEMPTS    16
#define SETTLE_MOST 1000

void
acts_under(struct audit_event *ev, const struct store_mandate *m, uint64_t seen)
{
	ev->mandate = m->mandate_id;
	ev->seen = seen;
	ev->until_us = mandate_end_us(m);
	audit_fact_number(ev, "mandate", (uint64_t)m->log_index);
}

bool
acts_ended_by(enum entry_event event)
{
	return event == ENTRY_MANDATE_REVOKED || event == ENTRY_MANDATE_ENDED || event == ENTRY_AUTH_FROZEN ||
	       event == ENTRY_SUBJECT_ERASING;
}

enum status
acts_hold(struct store_tx *tx, const struct audit_draft *d)
{
	enum status st = store_mandate_act(tx, str_of(d->mandate), clock_now_us() + ACTS_MARGIN_US);

	return st == E_NOT_FOUND ? E_DENIED : st;
}

/* ---- what changes nothing ---- */

struct asking {
	char mandate[AUDIT_MANDATE_MOST + 1];
};

static enum status
holds_run(void *arg, void *worker_ctx)
{
	CLEANUP(store_mandate_clear) struct store_mandate m = { 0 };
	const struct asking *asked = arg;

	TRY(store_mandate_find(worker_ctx, str_of(asked->mandate), &m));
	return mandate_judge(&m, STR(""), 0, clock_now_us()) == MANDATE_HOLDS ? OK : E_DENIED;
}

static enum status
still_holds(struct authd *a, const struct audit_draft *d)
{
	CLEANUP(worker_arg_dropp) struct asking *asked = worker_arg_new(sizeof(*asked), NULL);
	enum status st;

	if (asked == NULL)
		return E_NOMEM;
	memcpy(asked->mandate, d->mandate, sizeof(asked->mandate));
	st = worker_run(a->pool, holds_run, asked, AUDIT_DEADLINE_US);
	return st == E_NOT_FOUND ? E_DENIED : st;
}

enum status
acts_append(struct authd *a, const struct audit_draft *d, size_t count, struct receipt *out)
{
	uint64_t seen = d->seen;

	for (int i = 0; i < ATTEMPTS; i++) {
		enum status st = audit_append_fenced(a, d, count, seen, d->until_us, out);

		if (st != E_EXPIRED)
			return st;
		seen = audit_seen(a); /* before the mandate is read again */
		TRY(still_holds(a, d));
	}
	return E_BUSY;
}

/* ---- what is on its way ---- */

struct settling {
	struct append *log;
	size_t sent;
};

/* What the log refuses for good is forward.c's to set aside. */
static enum status
send_row(struct settling *s, struct store *db, const struct store_outbox *row)
{
	struct store_receipt done = { .event_id = row->event_id };
	struct receipt receipt;
	enum status st = append_call(s->log, &row->fragment, 1, SECOND_US, &receipt);

	if (st == E_UNAVAILABLE || st == E_TIMEOUT || st == E_BUSY)
		return st;
	if (st != OK) {
		log_error(st, "acts.refused", "event=%.*s", STR_ARG(row->event_id));
		return OK;
	}
	s->sent++;
	done.index = receipt.index;
	memcpy(done.leaf, receipt.leaf.b, sizeof(done.leaf));
	return store_outbox_done(db, &done, 1, clock_now_us());
}

static enum status
settle_run(void *arg, void *worker_ctx)
{
	struct settling *s = arg;
	bool more = true;

	while (more) {
		CLEANUP(store_outbox_list_clear) struct store_outbox_list rows = { 0 };

		s->sent = 0;
		TRY(store_outbox_acts(worker_ctx, SETTLE_MOST, &rows));
		for (size_t i = 0; i < rows.count; i++)
			TRY(send_row(s, worker_ctx, &rows.items[i]));
		more = rows.count == SETTLE_MOST && s->sent > 0;
	}
	return OK;
}

enum status
acts_settle(struct authd *a)
{
	CLEANUP(worker_arg_dropp) struct settling *s = worker_arg_new(sizeof(*s), NULL);

	if (s == NULL)
		return E_NOMEM;
	s->log = a->log;
	return worker_run(a->pool, settle_run, s, AUDIT_DEADLINE_US);
}
