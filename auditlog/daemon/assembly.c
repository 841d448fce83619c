#include "auditlog/daemon/assembly.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/beneath.h"
#include "auditlog/base/clock.h"
#include "auditlog/base/file.h"
#include "auditlog/base/log.h"
#include "auditlog/daemon/intake.h"
#include "auditlog/daemon/lock.h"
#include "auditlog/daemon/publish.h"
#include "auditlog/daemon/query.h"
#include "auditlog/daemon/recover.h"
#include "auditlog/daemon/sequence.h"
#include "auditlog/daemon/setup.h"

/* How long one question to the signer may take while we wait for it at start. */
#define SIGNER_ASK_US (SECOND_US / 2)
#define SIGNER_PAUSE_US (SECOND_US / 20)
/* Turns of the loop that carry the last replies out. */
#define LAST_TURNS 16

struct assembly {
	const struct settings *conf;
	struct event_base *base;
	int dirfd, lockfd;
	struct note_key key;
	struct receipt_key *receipt_key;

	struct msg_client *signer;
	struct progress *progress;
	struct wal *wal;
	struct ids *ids;
	struct index *index;
	struct outbox *outbox;
	struct batch_queue *queue;
	struct query *query;
	struct sequence *sequence;
	struct publish *publish;
	struct intake *intake;

	pthread_t writer, publisher;
	bool writing, publishing;
	enum status writer_status;
	struct outbox_item writer_ended;
};

/* ---- what has a descriptor ---- */

static enum status
load_vkey(const char *path, struct note_key *out)
{
	CLEANUP(buf_clear) struct buf text = BUF(NOTE_VKEY_MAX + 1);

	TRY(file_read_at(AT_FDCWD, path, &text));
	return note_parse_vkey(str_trim(buf_str(&text)), out);
}

static enum assembly_exit
failed(enum status st, const char *event, const char *path)
{
	log_error(st, event, "path=%s", path);
	return ASSEMBLY_FAULT;
}

static enum assembly_exit
open_dir(struct assembly *s)
{
	enum status st;

	s->dirfd = open(s->conf->log_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (s->dirfd < 0)
		return failed(E_NOT_FOUND, "log.dir", s->conf->log_dir);
	st = setup_check(s->dirfd, &s->key);
	if (st == E_CONFLICT)
		log_error(st, "log.dir", "path=%s what=\"it is the log of another key\"", s->conf->log_dir);
	else if (st != OK)
		log_error(st, "log.dir", "path=%s what=\"not a log directory; auditlogd --init makes one\"", s->conf->log_dir);
	if (st != OK)
		return ASSEMBLY_FAULT;
	st = lock_take(s->dirfd, &s->lockfd);
	if (st == E_CONFLICT) {
		log_error(st, "log.locked", "path=%s what=\"another auditlogd writes this log\"", s->conf->log_dir);
		return ASSEMBLY_LOCKED;
	}
	return st == OK ? ASSEMBLY_FINE : failed(st, "log.lock", s->conf->log_dir);
}

static enum assembly_exit
open_all(struct assembly *s)
{
	enum status st = load_vkey(s->conf->vkey, &s->key);

	if (st != OK)
		return failed(st, "log.vkey", s->conf->vkey);
	st = receipt_key_open(s->conf->receipt_key, &s->receipt_key);
	if (st != OK)
		return failed(st, "log.receipt_key", s->conf->receipt_key);
	return open_dir(s);
}

enum assembly_exit
assembly_open(const struct settings *conf, struct assembly **out)
{
	struct assembly *s = calloc(1, sizeof(*s));
	enum assembly_exit code;

	if (s == NULL)
		return ASSEMBLY_FAULT;
	s->conf = conf;
	s->dirfd = s->lockfd = -1;
	code = open_all(s);
	if (code != ASSEMBLY_FINE) {
		assembly_free(s);
		return code;
	}
	*out = s;
	return ASSEMBLY_FINE;
}

void
assembly_free(struct assembly *s)
{
	if (s == NULL)
		return;
	sequence_free(s->sequence);
	publish_free(s->publish);
	index_free(s->index);
	ids_free(s->ids);
	wal_free(s->wal);
	batch_queue_free(s->queue);
	progress_free(s->progress);
	msg_client_free(s->signer);
	receipt_key_free(s->receipt_key);
	beneath_closep(&s->lockfd);
	beneath_closep(&s->dirfd);
	free(s);
}

/* ---- reading the log ---- */

static struct hash
origin_hash(const struct assembly *s)
{
	return hash_sha256(str_of(s->key.name));
}

static enum status
open_parts(struct assembly *s)
{
	const struct wal_options wal = { .dirfd = s->dirfd,
		                         .origin = origin_hash(s),
		                         .segment_bytes = s->conf->segment_bytes,
		                         .keep_free = s->conf->keep_free };
	struct index_options index = { .dir = s->conf->log_dir, .dirfd = s->dirfd, .origin = wal.origin };

	TRY(progress_new(&s->progress));
	TRY(ids_new(&s->ids));
	TRY(wal_new(&wal, &s->wal));
	index.wal = s->wal;
	index.progress = s->progress;
	index.ids = s->ids;
	TRY(index_open(&index, &s->index));
	TRY(batch_queue_new(s->conf->queue_bytes, &s->queue));
	return msg_client_new(s->conf->signer, &s->signer);
}

/*
 * The signer's memory is what an old copy of the directory cannot bring with it. Without its word we do not start: a log
 * that might be an old one must not grow.
 */
static enum status
ask_signer(struct assembly *s, struct signing_memory *out)
{
	int64_t until_us = clock_mono_us() + s->conf->signer_wait_us, said_us = clock_mono_us();
	enum status st;

	for (;;) {
		st = signing_ask_memory(s->signer, str_of(s->key.name), SIGNER_ASK_US, out);
		if ((st != E_UNAVAILABLE && st != E_TIMEOUT) || clock_mono_us() > until_us)
			return st;
		if (clock_mono_us() - said_us > 5 * SECOND_US) {
			said_us = clock_mono_us();
			log_warn(st, "log.waiting", "what=\"the signer does not answer yet\"");
		}
		progress_pause(s->progress, clock_mono_us() + SIGNER_PAUSE_US);
	}
}

static enum status
load_older_ids(void *ctx, uint64_t first)
{
	struct assembly *s = ctx;

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
add_checkpoint(const struct assembly *s, struct recover_job *job)
{
	struct recover_floor floor = { .who = "the signed checkpoint" };
	enum status st = recover_checkpoint(s->dirfd, &s->key, &floor.size, &floor.root);

	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	job->published = floor.size;
	job->floors[job->floor_count++] = floor;
	return OK;
}

static enum assembly_exit
read_log(struct assembly *s, struct tip *tip, struct publish_parts *publish)
{
	struct recover_job job = { .wal = s->wal, .dirfd = s->dirfd, .ids = s->ids, .before_replay = load_older_ids, .ctx = s };
	struct signing_memory memory = { 0 };
	struct recover_result result = { 0 };
	enum status st = add_checkpoint(s, &job);

	if (st != OK) {
		log_error(st, "log.checkpoint", "path=%s what=\"the checkpoint cannot be verified\"", s->conf->log_dir);
		return st == E_CORRUPT ? ASSEMBLY_DAMAGE : ASSEMBLY_FAULT;
	}
	st = ask_signer(s, &memory);
	if (st != OK) {
		log_error(st, "log.no_signer", "socket=%s", s->conf->signer);
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
	publish->published = job.published;
	log_info("log.read", "size=%" PRIu64 " published=%" PRIu64, tip->tree.size, job.published);
	return ASSEMBLY_FINE;
}

/* Rule R4, on the writer's thread. */
static enum status
recover_again(void *ctx, const struct tip *known, struct tip *found)
{
	struct assembly *s = ctx;
	struct recover_job job = { .wal = s->wal, .dirfd = s->dirfd, .cold = true, .floor_count = 1 };
	struct recover_result result = { 0 };
	enum status st;

	job.floors[0] = (struct recover_floor){ known->tree.size, merkle_root(&known->tree), "the receipts that were given" };
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

/* ---- threads ---- */

static void
on_writer_ended(struct outbox_item *item)
{
	struct assembly *s = (struct assembly *)(void *)((char *)item - offsetof(struct assembly, writer_ended));

	(void)event_base_loopbreak(s->base);
}

static void *
run_writer(void *arg)
{
	struct assembly *s = arg;

	s->writer_status = sequence_run(s->sequence);
	s->writer_ended = (struct outbox_item){ .deliver = on_writer_ended };
	outbox_put(s->outbox, &s->writer_ended);
	return NULL;
}

static void *
run_publisher(void *arg)
{
	publish_run(arg);
	return NULL;
}

static enum status
start_threads(struct assembly *s)
{
	if (pthread_create(&s->writer, NULL, run_writer, s) != 0)
		return E_SYSTEM;
	s->writing = true;
	if (pthread_create(&s->publisher, NULL, run_publisher, s->publish) != 0)
		return E_SYSTEM;
	s->publishing = true;
	return OK;
}

static enum status
open_intake(struct assembly *s)
{
	const struct intake_parts parts = { .base = s->base,
		                            .socket = s->conf->socket,
		                            .uids = s->conf->uids,
		                            .uid_count = s->conf->uid_count,
		                            .peers_most = s->conf->peers,
		                            .job_bytes_most = wal_record_most(s->wal) - SEGMENT_RECORD_EXTRA,
		                            .queue = s->queue,
		                            .query = s->query,
		                            .progress = s->progress };

	return intake_open(&parts, &s->intake);
}

static enum status
start_parts(struct assembly *s, const struct tip *tip, struct publish_parts *publish)
{
	const struct query_parts query = { .wal = s->wal, .ids = s->ids, .index = s->index, .dirfd = s->dirfd, .outbox = s->outbox };
	const struct sequence_parts sequence = { .queue = s->queue,
		                                 .outbox = s->outbox,
		                                 .progress = s->progress,
		                                 .wal = s->wal,
		                                 .ids = s->ids,
		                                 .index = s->index,
		                                 .key = s->receipt_key,
		                                 .dirfd = s->dirfd,
		                                 .recover = recover_again,
		                                 .recover_ctx = s };

	publish->dirfd = s->dirfd;
	publish->wal = s->wal;
	publish->progress = s->progress;
	publish->signer = s->signer;
	publish->key = s->key;
	TRY(sequence_new(&sequence, tip, &s->sequence));
	TRY(publish_new(publish, &s->publish));
	TRY(index_start(s->index, tip->tree.size));
	TRY(query_new(&query, &s->query));
	TRY(start_threads(s));
	return open_intake(s);
}

enum assembly_exit
assembly_start(struct assembly *s, struct event_base *base)
{
	struct publish_parts publish = { 0 };
	struct tip tip = { 0 };
	enum assembly_exit code;
	enum status st;

	s->base = base;
	st = open_parts(s);
	if (st != OK)
		return failed(st, "log.open", s->conf->log_dir);
	code = read_log(s, &tip, &publish);
	if (code != ASSEMBLY_FINE)
		return code;
	st = outbox_new(base, &s->outbox);
	if (st == OK)
		st = start_parts(s, &tip, &publish);
	if (st != OK)
		return failed(st, "log.start", s->conf->socket);
	log_info("log.ready", "size=%" PRIu64 " socket=%s", tip.tree.size, s->conf->socket);
	return ASSEMBLY_FINE;
}

/* ---- the end ---- */

void
assembly_drain(struct assembly *s)
{
	batch_close(s->queue);
}

static void
carry_out_replies(struct assembly *s)
{
	outbox_drain(s->outbox);
	for (int i = 0; i < LAST_TURNS; i++)
		(void)event_base_loop(s->base, EVLOOP_NONBLOCK);
}

/* 1. the writer ends  2. its last entry is published  3. questions are answered  4. replies leave  5. the socket closes. */
enum assembly_exit
assembly_stop(struct assembly *s)
{
	if (s->queue != NULL)
		batch_close(s->queue);
	if (s->writing)
		(void)pthread_join(s->writer, NULL);
	if (s->progress != NULL)
		progress_stop(s->progress);
	if (s->publishing)
		(void)pthread_join(s->publisher, NULL);
	query_free(s->query);
	if (s->outbox != NULL)
		carry_out_replies(s);
	intake_free(s->intake);
	outbox_free(s->outbox);
	s->query = NULL;
	s->intake = NULL;
	s->outbox = NULL;
	return !s->writing || s->writer_status == OK ? ASSEMBLY_FINE
	       : s->writer_status == E_CORRUPT       ? ASSEMBLY_DAMAGE
	                                             : ASSEMBLY_FAULT;
}
