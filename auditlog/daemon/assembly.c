#include "auditlog/daemon/assembly.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "auditlog/base/log.h"
#include "auditlog/daemon/intake.h"
#include "auditlog/daemon/mapper.h"
#include "auditlog/daemon/premises.h"
#include "auditlog/daemon/publish.h"
#include "auditlog/daemon/query.h"
#include "auditlog/daemon/startup.h"
#include "auditlog/daemon/witnessing.h"
#include "auditlog/daemon/writer.h"

/* Turns of the loop that carry the last replies out. */
#define LAST_TURNS 16

struct assembly {
	const struct settings *conf;
	struct event_base *base;
	struct premises at;

	struct msg_client *signer;
	struct progress *progress;
	struct wal *wal;
	struct ids *ids;
	struct index *index;
	struct outbox *outbox;
	struct batch_queue *queue;
	struct query *query;
	struct mapper *mapper;
	struct sequence *sequence;
	struct heads *heads;
	struct prune *prune;
	struct publish *publish;
	struct gather *gather;
	struct intake *intake;

	struct startup startup;
	struct writer writer;
	pthread_t writing_thread, publishing_thread;
	bool writing, publishing;
	enum status writer_status;
	struct outbox_item writer_ended;
};

static enum assembly_exit
failed(enum status st, const char *event, const char *path)
{
	log_error(st, event, "path=%s", path);
	return ASSEMBLY_FAULT;
}

/* ---- what it holds before it is confined ---- */

enum assembly_exit
assembly_open(const struct settings *conf, bool check_only, struct assembly **out)
{
	struct assembly *s = calloc(1, sizeof(*s));
	enum assembly_exit code;

	if (s == NULL)
		return ASSEMBLY_FAULT;
	s->conf = conf;
	code = premises_open(conf, check_only, &s->at);
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
	prune_free(s->prune);
	heads_free(s->heads);
	index_free(s->index);
	ids_free(s->ids);
	wal_free(s->wal);
	batch_queue_free(s->queue);
	progress_free(s->progress);
	msg_client_free(s->signer);
	premises_close(&s->at);
	free(s);
}

/* ---- its parts ---- */

static struct hash
origin_hash(const struct assembly *s)
{
	return hash_sha256(str_of(s->at.key.name));
}

static enum status
open_parts(struct assembly *s)
{
	const struct wal_options wal = { .dirfd = s->at.dirfd,
					 .origin = origin_hash(s),
					 .segment_bytes = s->conf->segment_bytes,
					 .keep_free = s->conf->keep_free };
	struct index_options index = { .dirfd = s->at.dirfd, .origin = wal.origin };

	TRY(progress_new(&s->progress));
	TRY(ids_new(&s->ids));
	TRY(wal_new(&wal, &s->wal));
	index.wal = s->wal;
	index.progress = s->progress;
	index.ids = s->ids;
	TRY(index_open(&index, &s->index));
	TRY(batch_queue_new(s->conf->queue_bytes, &s->queue));
	TRY(msg_client_new(s->conf->signer, &s->signer));
	s->startup = (struct startup){ .log_dir = s->conf->log_dir,
				       .signer_path = s->conf->signer,
				       .dirfd = s->at.dirfd,
				       .key = s->at.key,
				       .signer_wait_us = s->conf->signer_wait_us,
				       .signer = s->signer,
				       .progress = s->progress,
				       .wal = s->wal,
				       .ids = s->ids,
				       .index = s->index };
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

	s->writer_status = writer_run(&s->writer);
	s->writer_ended = (struct outbox_item){ .deliver = on_writer_ended };
	outbox_put(s->outbox, &s->writer_ended);
	return NULL;
}

/*
 * Two logs grow under one key, and the signer follows the other. What is receipted here could never be published: not
 * one more receipt. Nothing is there to be brought to an end, so this is like a crash, with a status that says why.
 */
static void
on_rival(void)
{
	log_error(E_CONFLICT, "log.old_copy",
		  "what=\"the signer has signed another log under this key: this is a copy\"");
	_exit(ASSEMBLY_OLD_COPY);
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
	if (pthread_create(&s->writing_thread, NULL, run_writer, s) != 0)
		return E_SYSTEM;
	s->writing = true;
	if (pthread_create(&s->publishing_thread, NULL, run_publisher, s->publish) != 0)
		return E_SYSTEM;
	s->publishing = true;
	return OK;
}

static enum status
start_mapper(struct assembly *s)
{
	const struct mapper_parts parts = { .dirfd = s->at.dirfd,
					    .wal = s->wal,
					    .progress = s->progress,
					    .queue = s->queue,
					    .outbox = s->outbox,
					    .index = s->index,
					    .interval_us = s->conf->map_interval_us };

	return mapper_new(&parts, &s->mapper);
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
					    .mapper = s->mapper,
					    .progress = s->progress };

	return intake_open(&parts, &s->intake);
}

static enum status
start_gather(struct assembly *s)
{
	const struct gather_parts parts = {
		.dirfd = s->at.dirfd, .heads = s->heads, .progress = s->progress, .queue = s->queue
	};

	return witnessing_start(s->conf, &parts, &s->gather);
}

static enum status
open_prune(struct assembly *s)
{
	const struct prune_parts parts = { .dirfd = s->at.dirfd,
					   .wal = s->wal,
					   .index = s->index,
					   .queue = s->queue,
					   .ids = s->ids,
					   .retention_us = s->conf->retention_us,
					   .window = PRUNE_WINDOW,
					   .witnessed = s->conf->quorum != NULL };

	return prune_new(&parts, &s->prune);
}

static enum status
start_parts(struct assembly *s, const struct tip *tip, struct publish_parts *publish)
{
	const struct query_parts query = {
		.wal = s->wal, .ids = s->ids, .index = s->index, .dirfd = s->at.dirfd, .outbox = s->outbox
	};
	const struct sequence_parts sequence = { .queue = s->queue,
						 .outbox = s->outbox,
						 .progress = s->progress,
						 .wal = s->wal,
						 .ids = s->ids,
						 .index = s->index,
						 .key = s->at.receipt_key,
						 .dirfd = s->at.dirfd };

	publish->dirfd = s->at.dirfd;
	publish->wal = s->wal;
	publish->progress = s->progress;
	publish->signer = s->signer;
	publish->key = s->at.key;
	publish->ids = s->ids;
	publish->on_rival = on_rival;
	publish->queue = s->queue;
	TRY(sequence_new(&sequence, tip, &s->sequence));
	s->writer = (struct writer){ .sequence = s->sequence,
				     .queue = s->queue,
				     .progress = s->progress,
				     .wal = s->wal,
				     .recover = startup_again,
				     .recover_ctx = &s->startup };
	TRY(heads_new(s->at.dirfd, &s->heads));
	publish->heads = s->heads;
	TRY(open_prune(s));
	publish->prune = s->prune;
	TRY(publish_new(publish, &s->publish));
	TRY(index_start(s->index, tip->tree.size));
	TRY(query_new(&query, &s->query));
	TRY(start_threads(s));
	TRY(start_gather(s));
	TRY(start_mapper(s));
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
	code = startup_read(&s->startup, &tip, &publish.published);
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
assembly_adopt(struct assembly *s, const struct settings *fresh)
{
	wal_set_keep_free(s->wal, fresh->keep_free);
	batch_queue_limit(s->queue, fresh->queue_bytes);
}

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

/* 1. the writer ends  2. its last entry is published  3. questions are answered  4. replies leave  5. the socket
 * closes. */
enum assembly_exit
assembly_stop(struct assembly *s)
{
	if (s->queue != NULL)
		batch_close(s->queue);
	if (s->writing)
		(void)pthread_join(s->writing_thread, NULL);
	gather_stop(s->gather);
	s->gather = NULL;
	if (s->progress != NULL)
		progress_stop(s->progress);
	if (s->publishing)
		(void)pthread_join(s->publishing_thread, NULL);
	query_stop(s->query);
	mapper_stop(s->mapper);
	if (s->outbox != NULL)
		carry_out_replies(s);
	/* Until here somebody may still ask: what intake hands things to goes after it. */
	intake_free(s->intake);
	query_free(s->query);
	mapper_free(s->mapper);
	outbox_free(s->outbox);
	s->query = NULL;
	s->mapper = NULL;
	s->intake = NULL;
	s->outbox = NULL;
	return !s->writing || s->writer_status == OK ? ASSEMBLY_FINE
	       : s->writer_status == E_CORRUPT       ? ASSEMBLY_DAMAGE
						     : ASSEMBLY_FAULT;
}
