#include "auditlog/daemon/startup.h"

#include <inttypes.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "auditlog/client/signing.h"
#include "auditlog/daemon/recover.h"
#include "auditlog/daemon/setup.h"

/* How long one question to the signer may take while we wait for it, and how long between two. */
#define ASK_US   (SECOND_US / 2)
#define PAUSE_US (SECOND_US / 20)

/*
 * The signer's memory is what an old copy of the directory cannot bring with it. Without its word we do not start: a
 * log that might be an old one must not grow.
 */
static enum status
ask_signer(struct startup *s, struct signing_memory *out)
{
	int64_t until_us = clock_mono_us() + s->signer_wait_us, said_us = clock_mono_us();
	enum status st;

	for (;;) {
		st = signing_ask_memory(s->signer, str_of(s->key.name), ASK_US, out);
		if ((st != E_UNAVAILABLE && st != E_TIMEOUT) || clock_mono_us() > until_us)
			return st;
		if (clock_mono_us() - said_us > 5 * SECOND_US) {
			said_us = clock_mono_us();
			log_warn(st, "log.waiting", "what=\"the signer does not answer yet\"");
		}
		progress_pause(s->progress, clock_mono_us() + PAUSE_US);
	}
}

static enum status
load_older_ids(void *ctx, uint64_t first)
{
	struct startup *s = ctx;

	return index_load_ids(s->index, first);
}

static enum assembly_exit
refused(enum status st, const struct recover_result *r)
{
	const char *event = st == E_CONFLICT ? "log.old_copy" : st == E_CORRUPT ? "log.damaged" : "log.unreadable";

	log_error(st, event, "entry=%" PRIu64 " what=\"%s\"", r->bad_index, r->what);
	return st == E_CONFLICT ? ASSEMBLY_OLD_COPY : st == E_CORRUPT ? ASSEMBLY_DAMAGE : ASSEMBLY_FAULT;
}

/* What is published, if anything is. */
static enum status
add_checkpoint(const struct startup *s, struct recover_job *job)
{
	struct recover_floor floor = { .who = "the signed checkpoint" };
	struct trust keys = { 0 };
	enum status st = setup_load_keys(s->dirfd, &s->key, &keys);

	if (st == OK)
		st = recover_checkpoint_any(s->dirfd, &keys, &floor.size, &floor.root);
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	job->published = floor.size;
	job->floors[job->floor_count++] = floor;
	return OK;
}

enum assembly_exit
startup_read(struct startup *s, struct tip *tip, uint64_t *published)
{
	struct recover_job job = {
		.wal = s->wal, .dirfd = s->dirfd, .ids = s->ids, .before_replay = load_older_ids, .ctx = s
	};
	struct signing_memory memory = { 0 };
	struct recover_result result = { 0 };
	enum status st = add_checkpoint(s, &job);

	if (st != OK) {
		log_error(st, "log.checkpoint", "path=%s what=\"the checkpoint cannot be verified\"", s->log_dir);
		return st == E_CORRUPT ? ASSEMBLY_DAMAGE : ASSEMBLY_FAULT;
	}
	st = ask_signer(s, &memory);
	if (st != OK) {
		log_error(st, "log.no_signer", "socket=%s", s->signer_path);
		return ASSEMBLY_NO_SIGNER;
	}
	job.floors[job.floor_count++] = (struct recover_floor){ memory.size, memory.root, "the signer's memory" };
	st = recover_run(&job, &result);
	if (st != OK)
		return refused(st, &result);
	if (result.torn > 0)
		log_warn(OK, "log.torn", "bytes=%" PRIu64 " what=\"an unfinished record was cut off\"", result.torn);
	if (memory.size < job.published)
		log_warn(OK, "log.signer_behind", "signer=%" PRIu64 " published=%" PRIu64, memory.size, job.published);
	*tip = result.tip;
	*published = job.published;
	log_info("log.read", "size=%" PRIu64 " published=%" PRIu64, tip->tree.size, job.published);
	return ASSEMBLY_FINE;
}

enum status
startup_again(void *ctx, const struct tip *known, struct tip *found)
{
	struct startup *s = ctx;
	struct recover_job job = { .wal = s->wal, .dirfd = s->dirfd, .cold = true, .floor_count = 1 };
	struct recover_result result = { 0 };
	enum status st;

	job.floors[0] =
	    (struct recover_floor){ known->tree.size, merkle_root(&known->tree), "the receipts that were given" };
	TRY(add_checkpoint(s, &job));
	st = recover_run(&job, &result);
	if (st == E_CONFLICT || st == E_CORRUPT) {
		log_error(st, "log.damaged", "entry=%" PRIu64 " what=\"%s\"", result.bad_index, result.what);
		return E_CORRUPT;
	}
	TRY(st);
	*found = result.tip;
	return OK;
}
