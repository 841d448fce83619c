#include "authd/audit/forward.h"

#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "auditlog/client/append.h"
#include "authd/authd.h"
#include "authd/identity/erasure.h"
#include "authd/store/store_outbox.h"
#include "authd/ticker.h"

/* Younger rows still have somebody waiting for them in audit_forward(). */
#define YOUNG_US (2 * SECOND_US)
#define BATCH    100

struct forward {
	struct authd *authd;
	struct store *db;
	struct ticker *ticker;
};

static enum status
note(struct forward *f, const struct store_outbox *row, const struct receipt *receipt)
{
	struct store_receipt r = { .event_id = row->event_id, .index = receipt->index };

	memcpy(r.leaf, receipt->leaf.b, sizeof(r.leaf));
	return store_outbox_done(f->db, &r, 1, clock_now_us());
}

/* The log has read it and will say the same again: that is our own fault, and nothing that waiting repairs. */
static bool
is_final(enum status st)
{
	return st == E_INVALID || st == E_CONFLICT || st == E_TOO_LARGE || st == E_DENIED || st == E_UNSUPPORTED;
}

/* Set aside, so that a hundred of them do not hold up all others; kept, because it is evidence all the same. */
static void
set_aside(struct forward *f, const struct store_outbox *row, enum status why)
{
	enum status st = store_outbox_refuse(f->db, row->event_id, clock_now_us());

	log_error(why, "forward.refused", "event=%.*s target=%.*s set_aside=%s", STR_ARG(row->event_id),
		  STR_ARG(row->target), st == OK ? "yes" : "no");
}

/* One by one, so that what is wrong with one row is not the others'. */
static enum status
send_row(struct forward *f, const struct store_outbox *row)
{
	struct receipt receipt;
	enum status st = append_call(f->authd->log, &row->fragment, 1, SECOND_US, &receipt);
	bool final = is_final(st);

	if (st == OK)
		st = note(f, row, &receipt);
	if (st == E_UNAVAILABLE || st == E_TIMEOUT || st == E_BUSY)
		return st;
	if (final)
		set_aside(f, row, st);
	else if (st != OK)
		log_error(st, "forward.stuck", "event=%.*s target=%.*s", STR_ARG(row->event_id), STR_ARG(row->target));
	return OK;
}

static void
send_waiting(struct forward *f)
{
	CLEANUP(store_outbox_list_clear) struct store_outbox_list rows = { 0 };
	size_t sent = 0;

	if (store_outbox_unsent(f->db, clock_now_us() - YOUNG_US, BATCH, &rows) != OK)
		return;
	while (sent < rows.count && send_row(f, &rows.items[sent]) == OK)
		sent++;
	if (sent > 0)
		log_info("forward.sent", "entries=%zu", sent);
}

static void
tick(void *arg)
{
	struct forward *f = arg;

	send_waiting(f);
	erasure_heal(f->authd, f->db);
}

enum status
forward_start(struct authd *a, struct forward **out)
{
	CLEANUP(freep) struct forward *f = calloc(1, sizeof(*f));
	enum status st;

	if (f == NULL)
		return E_NOMEM;
	f->authd = a;
	TRY(store_open(str_of(a->config.store), &f->db));
	/* Once more with each start: what was wrong may have been repaired. */
	if (store_outbox_try_again(f->db) != OK)
		log_warn(E_UNAVAILABLE, "forward.refused", "rows set aside stay aside until the next start");
	st = ticker_start(tick, f, &f->ticker);
	if (st != OK) {
		store_close(f->db);
		return st;
	}
	*out = STEAL(&f);
	return OK;
}

void
forward_stop(struct forward *f)
{
	if (f == NULL)
		return;
	ticker_stop(f->ticker);
	store_close(f->db);
	free(f);
}
