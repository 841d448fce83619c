#include "authd/audit/log_ask.h"

#include <stdatomic.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "auditlog/client/append.h"
#include "authd/authd.h"

static atomic_bool silent;

void
audit_log_answers(bool answers)
{
	atomic_store(&silent, !answers);
}

enum status
audit_reachable(struct authd *a)
{
	return !atomic_load(&silent) && append_up(a->log) ? OK : E_UNAVAILABLE;
}

/* ---- the answer ---- */

static void
reply_clear(void *data)
{
	buf_clear(&((struct log_reply *)data)->bytes);
}

/* It outlives a waiter that gave up: the wait holds it. */
static void
reply_arrived(void *arg, enum status st, uint16_t type, struct str payload)
{
	struct fiber_wait *w = arg;
	struct log_reply *r = fiber_wait_data(w);

	r->type = type;
	r->bytes = BUF(MSG_PAYLOAD_MAX);
	buf_put(&r->bytes, payload);
	if (st == OK)
		st = buf_status(&r->bytes);
	fiber_wake(w, st);
}

const struct log_reply *
log_ask_reply(struct fiber_wait *w)
{
	return fiber_wait_data(w);
}

static enum status
judge(enum status st, const char *what)
{
	switch (st) {
	case OK:
	case E_NOT_FOUND:
	case E_CONFLICT:
	case E_BUSY:
	case E_TIMEOUT:
	case E_UNAVAILABLE:
		return st;
	default:
		log_error(st, "audit.refused", "request=%s", what);
		return E_SYSTEM;
	}
}

/* ---- the question ---- */

enum status
log_ask_send(struct authd *a, uint16_t type, struct buf *request, const char *what, struct fiber_wait **out)
{
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;
	enum status st;

	TRY(buf_status(request));
	if (atomic_load(&silent))
		return E_UNAVAILABLE;
	TRY(fiber_wait_new(sizeof(struct log_reply), reply_clear, &w));
	st = msg_client_send(append_client(a->log), type, buf_str(request), AUDIT_DEADLINE_US, reply_arrived,
			     fiber_wait_hold(w));
	if (st != OK) {
		fiber_wait_drop(w); /* the hold that the answer would have dropped */
		return judge(st, what);
	}
	*out = STEAL(&w);
	return OK;
}

enum status
log_ask_await(struct fiber_wait *w, int64_t deadline, const char *what)
{
	return judge(fiber_await(w, deadline), what);
}

/* Longer than the sender's own deadline, so that it is the sender who says why nothing came. */
int64_t
log_ask_deadline(void)
{
	return clock_mono_us() + AUDIT_DEADLINE_US + SECOND_US / 10;
}

static enum status
exchange(struct authd *a, uint16_t type, struct buf *request, const char *what, int64_t deadline,
	 struct fiber_wait **out)
{
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;

	TRY(log_ask_send(a, type, request, what, &w));
	TRY(log_ask_await(w, deadline, what));
	*out = STEAL(&w);
	return OK;
}

enum status
log_ask_patiently(struct authd *a, uint16_t type, struct buf *request, const char *what, struct fiber_wait **out)
{
	return exchange(a, type, request, what, log_ask_deadline(), out);
}

enum status
log_ask(struct authd *a, uint16_t type, struct buf *request, const char *what, struct fiber_wait **out)
{
	const int64_t deadline = log_ask_deadline();
	enum status st = exchange(a, type, request, what, deadline, out);

	/* A request that had used up its own time says nothing about the log. */
	if (st == E_TIMEOUT && clock_mono_us() >= deadline)
		audit_log_answers(false);
	return st;
}
