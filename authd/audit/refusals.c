#include "authd/audit/refusals.h"

#include <pthread.h>
#include <stdlib.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "authd/audit/audit.h"
#include "authd/request.h"

struct refusals {
	pthread_mutex_t lock;
	int64_t second; /* which second `recorded` counts in */
	unsigned recorded;
	uint64_t skipped; /* not yet in the log, to be said by the next entry that is */
};

enum status
refusals_new(struct refusals **out)
{
	struct refusals *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return E_NOMEM;
	pthread_mutex_init(&r->lock, NULL);
	*out = r;
	return OK;
}

void
refusals_free(struct refusals *r)
{
	if (r == NULL)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r);
}

/* True when this one gets an entry; *skipped is then how many before it did not. */
static bool
admit(struct refusals *r, uint64_t *skipped)
{
	int64_t now = clock_mono_us() / SECOND_US;
	bool admitted;

	pthread_mutex_lock(&r->lock);
	if (now != r->second) {
		r->second = now;
		r->recorded = 0;
	}
	admitted = r->recorded < REFUSALS_PER_SECOND;
	if (admitted) {
		r->recorded++;
		*skipped = r->skipped;
		r->skipped = 0;
	} else {
		r->skipped++;
	}
	pthread_mutex_unlock(&r->lock);
	return admitted;
}

/*
 * An entry that could not be written is one more that somebody must tell of later. It does not count as recorded
 * either: while the log is away every refusal is a 503, also past the bound (R2).
 */
static void
take_back(struct refusals *r, uint64_t skipped)
{
	pthread_mutex_lock(&r->lock);
	r->skipped += skipped + 1;
	if (r->recorded > 0)
		r->recorded--;
	pthread_mutex_unlock(&r->lock);
}

enum status
refusals_record(struct request *rq, enum status st)
{
	struct audit_event ev;
	struct receipt receipt;
	uint64_t skipped = 0;
	enum status written;

	if (!admit(rq->authd->refusals, &skipped))
		return OK;
	ev = audit_of(rq, ENTRY_ACCESS_DENIED_REQUEST);
	/* What was refused is no act under a mandate: it may stand behind its end, and often that is why. */
	ev.mandate = STR("");
	ev.entry.fact_count = 0;
	ev.entry.decision = ENTRY_REFUSE;
	ev.entry.reason = str_of(rq->rsp->reason != NULL ? rq->rsp->reason : status_name(st));
	/* The pattern of the route, never the path: a path may hold an id that is somebody's. */
	audit_fact(&ev, "method", str_of(http_method_name(rq->http->method)));
	audit_fact(&ev, "route", str_of(rq->route->path));
	if (skipped > 0)
		audit_fact_number(&ev, "skipped", skipped);
	log_info("request.refused", "route=%s reason=%.*s id=%s", rq->route->path, STR_ARG(ev.entry.reason),
		 rq->http->id);
	written = audit_record(rq->authd, &ev, &receipt);
	if (written != OK)
		take_back(rq->authd->refusals, skipped);
	return written;
}
