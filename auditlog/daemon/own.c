#include "auditlog/daemon/own.h"

#include <stdlib.h>
#include <string.h>

static void
deliver(struct outbox_item *item)
{
	free(item);
}

static enum status
encode(enum entry_event event, const struct uuid *id, const struct entry_fact *facts, size_t count, struct buf *out)
{
	struct entry e = { .id = *id, .event = event, .by.service = STR("auditlogd"), .fact_count = count };

	if (count > ENTRY_FACTS_MAX)
		return E_TOO_LARGE;
	for (size_t i = 0; i < count; i++)
		e.facts[i] = facts[i];
	return entry_encode_fragment(&e, out);
}

enum status
own_job(enum entry_event event, const struct entry_fact *facts, size_t count, struct batch_job **out)
{
	struct uuid id = uuid_new();

	return own_job_id(event, &id, facts, count, out);
}

enum status
own_job_id(enum entry_event event, const struct uuid *id, const struct entry_fact *facts, size_t count,
	   struct batch_job **out)
{
	CLEANUP(buf_clear) struct buf fragment = BUF(ENTRY_FRAGMENT_MAX);
	CLEANUP(freep) struct batch_job *job = NULL;
	char *payload = NULL;

	TRY(encode(event, id, facts, count, &fragment));
	TRY(batch_job_new(1, fragment.n, &job, &payload));
	memcpy(payload, fragment.p, fragment.n);
	TRY(batch_item_fill(&job->items[0], str_from(payload, fragment.n), ENTRY_FROM_LOG));
	job->own = true;
	job->bytes = fragment.n + BATCH_ENTRY_EXTRA;
	job->done.deliver = deliver;
	*out = STEAL(&job);
	return OK;
}
