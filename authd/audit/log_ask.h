/*
 * log_ask.h: within audit/, asking auditlogd over its socket. One question, one answer, AUDIT_DEADLINE_US for both;
 * several questions may be under way (log_ask_send, then log_ask_await in any order). Runs on fibers and on workers.
 *
 * Statuses of all of them: E_UNAVAILABLE at once while auditlogd is silent (audit_log_answers), E_TIMEOUT, E_BUSY; what
 * the answer itself says (E_NOT_FOUND, E_CONFLICT); E_SYSTEM, logged, for a refusal that nobody expects. Whatever it
 * is, it is one to the caller: nothing may be released.
 */
#ifndef AUTHD_AUDIT_LOG_ASK_H
#define AUTHD_AUDIT_LOG_ASK_H

#include "authd/audit/audit.h"
#include "authd/http/fiber_wait.h"

/* An answer, of MSG_PAYLOAD_MAX at most. It lives as long as the wait that it came to. */
struct log_reply {
	uint16_t type;
	struct buf bytes;
};

/* Asks and waits. *out: the wait, which the caller drops; its answer is log_ask_reply(). what names it in the log. */
MUST_USE enum status
log_ask(struct authd *a, uint16_t type, struct buf *request, const char *what, struct fiber_wait **out);
/* The same for what may take its time: a late answer says nothing about how entries fare. */
MUST_USE enum status
log_ask_patiently(struct authd *a, uint16_t type, struct buf *request, const char *what, struct fiber_wait **out);

/* In two halves. deadline: log_ask_deadline() of before the first was sent. */
MUST_USE enum status
log_ask_send(struct authd *a, uint16_t type, struct buf *request, const char *what, struct fiber_wait **out);
MUST_USE enum status log_ask_await(struct fiber_wait *w, int64_t deadline, const char *what);
int64_t log_ask_deadline(void);

/* Of a wait that ended with OK. */
const struct log_reply *log_ask_reply(struct fiber_wait *w);

#endif
