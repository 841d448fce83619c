#include "authd/audit/forward.h"

#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "auditlog/client/append.h"
#include "authd/authd.h"
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

/* One by one, so that a row which the log refuses for good (that would be our own fault) does not hold up the others.
 */
static enum status
send_row(struct forward *f, const struct store_outbox *row)
{
	struct receipt receipt;
	enum status st = append_call(f->authd->log, &row->fragment, 1, SECOND_US, &receipt);

	if (st == OK)
		st = note(f, row, &receipt);
	if (st == E_UNAVAILABLE || st == E_TIMEOUT || st == E_BUSY)
		return st;
	if (st != OK)
		log_error(st, "forward.stuck", "event=%.*s target=%.*s", STR_ARG(row->event_id), STR_ARG(row->target));
	return OK;
}

static void
send_waiting(void *arg)
{
	struct forward *f = arg;
	CLEANUP(store_outbox_list_clear) struct store_outbox_list rows = { 0 };
	size_t sent = 0;

	if (store_outbox_unsent(f->db, clock_now_us() - YOUNG_US, BATCH, &rows) != OK)
		return;
	while (sent < rows.count && send_row(f, &rows.items[sent]) == OK)
		sent++;
	if (sent > 0)
		log_info("forward.sent", "entries=%zu", sent);
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
	st = ticker_start(send_waiting, f, &f->ticker);
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
