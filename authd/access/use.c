#include "authd/access/use.h"

#include <string.h>

#include "authd/access/facts.h"
#include "authd/authd.h"
#include "authd/store/store_limit.h"

#define DEADLINE_US INT64_C(1500000)

struct use_job {
	char record_id[FACTS_TEXT_MOST + 1], sub[FACTS_TEXT_MOST + 1];
	char service[FACTS_TEXT_MOST + 1], purpose[FACTS_TEXT_MOST + 1];
	struct store_limit limit;
	int64_t most, used;
};

static enum status
take(void *arg, void *worker_ctx)
{
	struct use_job *j = arg;

	return store_limit_take(worker_ctx, &j->limit, j->most, &j->used);
}

static enum status
give_back(void *arg, void *worker_ctx)
{
	struct use_job *j = arg;

	return store_limit_give_back(worker_ctx, &j->limit);
}

static enum status
count(void *arg, void *worker_ctx)
{
	struct use_job *j = arg;

	return store_limit_used(worker_ctx, &j->limit, &j->used);
}

static enum status
copy(char to[FACTS_TEXT_MOST + 1], struct str from, struct str *copied)
{
	if (from.n > FACTS_TEXT_MOST)
		return E_INVALID;
	if (from.n > 0)
		memcpy(to, from.p, from.n);
	to[from.n] = '\0';
	*copied = str_from(to, from.n);
	return OK;
}

static void
set_window(struct use_job *j, const struct use_of *of)
{
	const struct limits_frequency *f = &of->purpose->frequency;

	j->limit.window_start_us = decision_window(of->purpose, of->from_us, of->now_us);
	j->limit.window_end_us = f->per_us > 0 ? limits_add(j->limit.window_start_us, f->per_us) : INT64_MAX;
	j->most = f->count;
}

static enum status
job_of(const struct use_of *of, struct use_job **out)
{
	CLEANUP(worker_arg_dropp) struct use_job *j = worker_arg_new(sizeof(*j), NULL);

	if (j == NULL)
		return E_NOMEM;
	TRY(copy(j->record_id, of->record_id, &j->limit.record_id));
	TRY(copy(j->sub, of->sub, &j->limit.sub));
	TRY(copy(j->service, of->service, &j->limit.service));
	TRY(copy(j->purpose, str_of(of->purpose->id), &j->limit.purpose));
	set_window(j, of);
	*out = STEAL(&j);
	return OK;
}

enum status
use_take(struct authd *a, const struct use_of *of, struct use *u, uint64_t *used)
{
	CLEANUP(worker_arg_dropp) struct use_job *j = NULL;

	TRY(job_of(of, &j));
	TRY(worker_run(a->pool, take, j, DEADLINE_US));
	*used = (uint64_t)j->used;
	u->job = STEAL(&j);
	return OK;
}

enum status
use_count(struct authd *a, const struct use_of *of, uint64_t *used)
{
	CLEANUP(worker_arg_dropp) struct use_job *j = NULL;

	TRY(job_of(of, &j));
	TRY(worker_run(a->pool, count, j, DEADLINE_US));
	*used = (uint64_t)j->used;
	return OK;
}

void
use_keep(struct use *u)
{
	worker_arg_drop(u->job);
	u->job = NULL;
}

void
use_give_back(struct authd *a, struct use *u)
{
	if (u->job != NULL) {
		enum status st UNUSED = worker_run(a->pool, give_back, u->job, DEADLINE_US);
	}
	use_keep(u);
}
