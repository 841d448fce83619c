/* ep_health.c: for operators and their monitors: alive, ready, numbers. From memory: asking must not cost anything. */
#include "auditlog/base/clock.h"
#include "authd/endpoints/endpoints.h"
#include "authd/oauth/backchannel.h"
#include "authd/request.h"
#include "authd/sweeping.h"
#include "authd/upkeep.h"

static enum status
say(struct request *rq, int http, const char *state, const char *missing)
{
	json_t *body = missing == NULL ? json_pack("{s:s}", "status", state)
				       : json_pack("{s:s, s:s}", "status", state, "missing", missing);

	if (body == NULL)
		return E_NOMEM;
	response_json(rq->rsp, http, body);
	json_decref(body);
	return OK;
}

enum status
ep_livez(struct request *rq)
{
	return say(rq, 200, "alive", NULL);
}

enum status
ep_readyz(struct request *rq)
{
	const struct upkeep_state s = upkeep_state(rq->authd->upkeep);
	const char *missing = upkeep_not_ready(&s);

	/* Not a reason to take a node away: everything that protects people still works on it. */
	if (missing == NULL && s.log_witness.overdue)
		return say(rq, 200, "ready", "witness");
	return missing == NULL ? say(rq, 200, "ready", NULL) : say(rq, 503, "not_ready", missing);
}

static void
put_metric(struct buf *out, const char *name, const char *kind, const char *help, uint64_t value)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name, kind, name,
		   (unsigned long long)value);
}

static uint64_t
age_s(int64_t since_us)
{
	int64_t age = since_us == 0 ? 0 : (clock_now_us() - since_us) / SECOND_US;

	return age > 0 ? (uint64_t)age : 0;
}

enum status
ep_metrics(struct request *rq)
{
	const struct upkeep_state s = upkeep_state(rq->authd->upkeep);
	const struct server_counters c = server_counters(rq->authd->server);
	const struct backchannel_state logout = backchannel_state(rq->authd->backchannel);
	const struct sweeping_counters sweep = sweeping_counters();
	CLEANUP(buf_clear) struct buf out = BUF(16384);

	put_metric(&out, "ombud_ready", "gauge", "1 when every part answers", upkeep_not_ready(&s) == NULL);
	put_metric(&out, "ombud_ready_store", "gauge", "1 when the database answers", s.store);
	put_metric(&out, "ombud_ready_keys", "gauge", "1 when authd-keyd answers", s.keys);
	put_metric(&out, "ombud_ready_log", "gauge", "1 when auditlogd takes entries", s.log);
	put_metric(&out, "ombud_log_entries", "gauge", "durable entries of the log", s.log_size);
	put_metric(&out, "ombud_log_published_entries", "gauge", "entries under the published checkpoint",
		   s.log_published);
	put_metric(&out, "ombud_log_witnesses", "gauge", "witnesses that are asked to watch the log",
		   s.log_witness.witnesses);
	put_metric(&out, "ombud_log_witnesses_cosigned", "gauge", "those that cosigned in the last round",
		   s.log_witness.cosigned);
	put_metric(&out, "ombud_log_witness_failures_total", "counter",
		   "times that a witness did not answer, refused or talked nonsense", s.log_witness.failures);
	put_metric(&out, "ombud_log_witnessed_entries", "gauge", "entries under the last checkpoint with a quorum",
		   s.log_witness.size);
	put_metric(&out, "ombud_log_witness_age_seconds", "gauge", "since any witness vouched for the log",
		   age_s((int64_t)s.log_witness.newest_s * SECOND_US));
	put_metric(&out, "ombud_log_witness_missing", "gauge", "1 when the quorum has been missing for long",
		   s.log_witness.missing);
	put_metric(&out, "ombud_log_witness_overdue", "gauge", "1 when new accesses are refused for want of a witness",
		   s.log_witness.overdue);
	put_metric(&out, "ombud_outbox_waiting", "gauge", "entries not yet in the log", (uint64_t)s.outbox_waiting);
	put_metric(&out, "ombud_outbox_refused", "gauge", "entries that the log refuses for good; alarm above 0",
		   (uint64_t)s.outbox_refused);
	put_metric(&out, "ombud_outbox_oldest_seconds", "gauge", "age of the oldest of them",
		   age_s(s.outbox_oldest_us));
	put_metric(&out, "ombud_upkeep_rows_waiting", "gauge",
		   "rows that background work passes over because they failed; alarm when it stays above 0",
		   sweep.waiting);
	put_metric(&out, "ombud_upkeep_failures_total", "counter", "times that background work failed at a row",
		   sweep.failures);
	put_metric(&out, "ombud_logout_waiting", "gauge", "ends of sessions that a client has still to be told of",
		   (uint64_t)logout.waiting);
	put_metric(&out, "ombud_logout_oldest_seconds", "gauge", "since the oldest of these sessions ended",
		   age_s(logout.oldest_us));
	put_metric(&out, "ombud_logout_told_total", "counter", "clients told of a session's end", logout.told);
	put_metric(&out, "ombud_logout_failures_total", "counter", "attempts that a client did not take",
		   logout.failed);
	put_metric(&out, "ombud_logout_given_up_total", "counter",
		   "ends that a client was never told of; alarm above 0", logout.given_up);
	put_metric(&out, "ombud_store_statements_total", "counter", "statements run on the database",
		   store_statements());
	put_metric(&out, "ombud_keys_requests_total", "counter", "requests sent to authd-keyd", keys_requests());
	put_metric(&out, "ombud_worker_queue", "gauge", "jobs that wait for a worker",
		   worker_pool_queued(rq->authd->pool));
	put_metric(&out, "ombud_http_connections", "gauge", "open connections", c.open);
	put_metric(&out, "ombud_http_connections_total", "counter", "accepted connections", c.accepted);
	put_metric(&out, "ombud_http_requests_total", "counter", "complete requests", c.requests);
	put_metric(&out, "ombud_http_refused_total", "counter", "requests that the reader refused", c.refused);
	put_metric(&out, "ombud_http_timeouts_total", "counter", "connections closed at a deadline", c.timeouts);
	put_metric(&out, "ombud_http_busy_total", "counter", "requests answered 503 because a queue was full", c.busy);
	put_metric(&out, "ombud_tls_handshake_failures_total", "counter", "TLS handshakes that failed",
		   c.handshake_failures);
	TRY(buf_status(&out));
	response_buf(rq->rsp, 200, "text/plain; version=0.0.4; charset=utf-8", &out);
	return OK;
}
