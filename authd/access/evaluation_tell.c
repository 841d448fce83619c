/*
 * evaluation_tell.c: a permit by vital interest is told to the person and the privacy officers before it is released:
 * the answer says so (`person_is_told`), so it has to be true. Its entry is durable by then; whoever dies in between
 * has released nothing.
 */
#include <string.h>

#include "authd/access/evaluation_parts.h"
#include "authd/access/officers.h"
#include "authd/request.h"

#define DEADLINE_US INT64_C(1500000)

struct tell_job {
	char sub[FACTS_TEXT_MOST + 1], organisation[FACTS_TEXT_MOST + 1], purpose[FACTS_TEXT_MOST + 1];
	char id[UUID_TEXT_LEN + 1];
	struct policy *policy;
};

static void
clear(void *arg)
{
	struct tell_job *j = arg;

	policy_unref(j->policy);
}

static enum status
tell(void *arg, void *worker_ctx)
{
	struct tell_job *j = arg;
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	CLEANUP(json_decrefp) json_t *officers = NULL;
	const struct inbox_refs refs = { .target = str_of(j->id),
					 .organisation = str_of(j->organisation),
					 .purpose = str_of(j->purpose) };
	const struct inbox_refs for_officers = { .organisation = refs.organisation, .purpose = refs.purpose };

	TRY(officers_of(worker_ctx, j->policy, refs.organisation, &officers));
	TRY(store_begin(worker_ctx, &tx));
	TRY(inbox_tell(&tx, str_of(j->sub), INBOX_EMERGENCY_LOOK, &refs));
	TRY(officers_tell(&tx, officers, INBOX_VITAL_LOOK, &for_officers));
	return store_commit(&tx);
}

static enum status
copy(char to[FACTS_TEXT_MOST + 1], struct str from)
{
	if (from.n > FACTS_TEXT_MOST)
		return E_INVALID;
	if (from.n > 0)
		memcpy(to, from.p, from.n);
	to[from.n] = '\0';
	return OK;
}

enum status
evaluation_tell(struct evaluation *e)
{
	CLEANUP(worker_arg_dropp) struct tell_job *j = NULL;

	if (e->verdict.basis != BASIS_VITAL)
		return OK;
	j = worker_arg_new(sizeof(*j), clear);
	if (j == NULL)
		return E_NOMEM;
	TRY(copy(j->sub, e->q.person));
	TRY(copy(j->organisation, str_of(e->rq->who.organisation)));
	TRY(copy(j->purpose, e->q.purpose));
	memcpy(j->id, e->draft.id_text, sizeof(j->id));
	j->policy = policy_ref(e->rq->policy);
	return worker_run(e->rq->authd->pool, tell, j, DEADLINE_US);
}
