#include "auditlog/daemon/gather.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "auditlog/base/file.h"
#include "auditlog/base/log.h"
#include "auditlog/base/msg.h"
#include "auditlog/client/logread.h"
#include "auditlog/daemon/own.h"
#include "auditlog/daemon/round.h"
#include "auditlog/daemon/watcher.h"

#define FAULT_KIND "witness_quorum"

struct gather {
	struct gather_parts parts;
	struct msg_client *courier;
	struct round *round;
	struct watcher *watcher[COURIER_WITNESSES_MAX];
	size_t watchers;
	pthread_t thread;
	bool running;

	/* The conductor's alone. */
	struct append_witness state; /* what STATUS says */
	bool opened;                 /* there was a round */
	uint64_t size;               /* that the last one is about */
	int64_t began_us;            /* the last round */
	int64_t quorum_us;           /* the last quorum, or the start; clock_mono_us */
	bool satisfied;              /* the last round was */
	bool alarmed, wrote;         /* the quorum is missing; the log says so */
};

/* ---- the conductor ---- */

static bool
due(const struct gather *g)
{
	int64_t since_us = clock_mono_us() - g->began_us;

	if (heads_size(g->parts.heads) != g->size || !g->opened)
		return since_us >= GATHER_ROUND_US;
	return since_us >= (g->satisfied ? g->parts.refresh_us : GATHER_RETRY_US);
}

static bool
open_round(struct gather *g)
{
	CLEANUP(buf_clear) struct buf note = BUF(LOGREAD_CHECKPOINT_MAX);
	uint64_t size = 0;

	g->began_us = clock_mono_us();
	if (heads_get(g->parts.heads, &size, &note) != OK)
		return false;
	round_open(g->round, size, buf_str(&note));
	g->size = size;
	g->opened = true;
	return true;
}

static bool
enough(const struct gather *g, struct str bytes)
{
	CLEANUP(freep) struct note *note = calloc(1, sizeof(*note));
	struct quorum_result r = { 0 };

	if (note == NULL || note_parse(bytes, note) != OK)
		return false;
	quorum_judge(g->parts.quorum, note, QUORUM_ANY_TIME, &r);
	return r.satisfied;
}

static void
say_state(struct gather *g, bool quorum, const struct round_sum *sum)
{
	g->state.cosigned = (uint32_t)sum->given;
	if (sum->newest_s > g->state.newest_s)
		g->state.newest_s = sum->newest_s;
	if (quorum)
		g->state.size = g->size;
}

/* What has come together so far goes out. */
static void
merge(struct gather *g, struct str note, const struct round_sum *sum)
{
	bool quorum = enough(g, note);
	enum status st = heads_cosigned(g->parts.heads, g->size, note, quorum);

	if (st != OK) {
		log_error(st, "witness.publish", "size=%" PRIu64, g->size);
		return;
	}
	if (quorum) {
		g->satisfied = true;
		g->quorum_us = clock_mono_us();
	}
	say_state(g, quorum, sum);
}

/* With a quorum, nobody waits longer for the rest once there is something newer to ask about. */
static bool
may_end(const struct gather *g)
{
	return g->satisfied && clock_mono_us() - g->began_us >= GATHER_ROUND_US &&
	       heads_size(g->parts.heads) != g->size;
}

/* Until everybody has answered; each cosignature is published as it comes, so that the last of them holds nobody up. */
static void
conduct(struct gather *g)
{
	int64_t deadline_us = g->began_us + WATCHER_TRIES * (g->parts.timeout_us + SECOND_US);
	CLEANUP(buf_clear) struct buf note = BUF(LOGREAD_CHECKPOINT_MAX);
	struct round_sum sum = { 0 };
	size_t merged = 0;
	bool over = false;

	g->satisfied = false;
	while (!over) {
		sum = round_look(g->round, merged, g->watchers, &note);
		over = round_stopping(g->round) || sum.answered >= g->watchers || clock_mono_us() >= deadline_us;
		if (sum.given > merged && buf_status(&note) == OK)
			merge(g, buf_str(&note), &sum);
		merged = sum.given;
		over = over || may_end(g);
	}
	if (sum.given == 0)
		say_state(g, false, &sum);
}

/* ---- alarm ---- */

static bool
write_entry(struct gather *g, enum entry_event event, int64_t lasted_us)
{
	struct entry_fact facts[] = { { .name = STR("kind"), .text = STR(FAULT_KIND) },
				      { .name = STR("lasted_us"), .number = (uint64_t)lasted_us } };
	size_t count = event == ENTRY_LOG_RECOVERED ? 2 : 1;
	struct batch_job *job = NULL;

	if (own_job(event, facts, count, &job) != OK)
		return false;
	if (batch_put(g->parts.queue, job) == OK)
		return true;
	free(job);
	return false;
}

static void
say_missing(struct gather *g, bool missing)
{
	(void)progress_trouble(g->parts.progress, PROGRESS_WITNESS,
			       missing ? "the quorum of witnesses is missing: nobody outside vouches for this log"
				       : NULL);
	if (missing)
		log_error(E_UNAVAILABLE, "witness.quorum", "cosigned=%u of=%zu", g->state.cosigned, g->watchers);
	else
		log_info("witness.quorum", "size=%" PRIu64, g->state.size);
}

static void
judge(struct gather *g)
{
	int64_t without_us = clock_mono_us() - g->quorum_us;
	bool missing = without_us > g->parts.alarm_us;

	if (missing != g->alarmed)
		say_missing(g, missing);
	g->alarmed = missing;
	/* The entry may have to wait until the log can be written again. */
	if (missing != g->wrote && write_entry(g, missing ? ENTRY_LOG_FAULT : ENTRY_LOG_RECOVERED, without_us))
		g->wrote = missing;
	g->state.failures = round_failures(g->round);
	g->state.missing = missing;
	g->state.overdue =
	    g->parts.limit_us > 0 && clock_now_us() - (int64_t)g->state.newest_s * SECOND_US > g->parts.limit_us;
	progress_set_witness(g->parts.progress, &g->state);
}

static void *
run(void *arg)
{
	struct gather *g = arg;

	while (round_rest(g->round)) {
		if (due(g) && open_round(g))
			conduct(g);
		judge(g);
	}
	return NULL;
}

/* ---- life ---- */

enum status
gather_witnesses(const struct quorum *q, const struct quorum_node **out, size_t *count)
{
	size_t n = 0;

	for (size_t i = 0; i < q->n; i++) {
		if (q->node[i].need || q->node[i].url.n == 0)
			continue;
		if (n == COURIER_WITNESSES_MAX)
			return E_TOO_LARGE;
		out[n++] = &q->node[i];
	}
	*count = n;
	return OK;
}

/*
 * When somebody outside last vouched for this log. A restart must not make that forgotten; a log that never had a
 * witness is given the whole time from now on.
 */
static void
load_newest(struct gather *g)
{
	CLEANUP(buf_clear) struct buf bytes = BUF(LOGREAD_CHECKPOINT_MAX);
	CLEANUP(freep) struct note *note = calloc(1, sizeof(*note));
	struct quorum_result r = { 0 };
	struct checkpoint c = { 0 };

	g->state.newest_s = (uint64_t)(clock_now_us() / SECOND_US);
	if (note == NULL || file_read_at(g->parts.dirfd, HEADS_WITNESSED, &bytes) != OK ||
	    note_parse(buf_str(&bytes), note) != OK || checkpoint_parse(note->text, &c) != OK)
		return;
	quorum_judge(g->parts.quorum, note, QUORUM_ANY_TIME, &r);
	if (!r.satisfied || r.newest_s > g->state.newest_s)
		return;
	g->state.newest_s = r.newest_s;
	g->state.size = c.size;
}

static enum status
start_watchers(struct gather *g)
{
	const struct quorum_node *node[COURIER_WITNESSES_MAX];
	size_t count = 0;

	TRY(gather_witnesses(g->parts.quorum, node, &count));
	for (; g->watchers < count; g->watchers++) {
		const struct watcher_parts parts = { .round = g->round,
						     .courier = g->courier,
						     .node = node[g->watchers],
						     .number = (uint16_t)g->watchers,
						     .dirfd = g->parts.dirfd,
						     .timeout_us = g->parts.timeout_us };

		TRY(watcher_start(&parts, &g->watcher[g->watchers]));
	}
	return OK;
}

static enum status
start(struct gather *g)
{
	TRY(round_new(&g->round));
	TRY(msg_client_new(g->parts.courier, &g->courier));
	TRY(start_watchers(g));
	g->state.witnesses = (uint32_t)g->watchers;
	load_newest(g);
	progress_set_witness(g->parts.progress, &g->state);
	if (pthread_create(&g->thread, NULL, run, g) != 0)
		return E_SYSTEM;
	g->running = true;
	return OK;
}

enum status
gather_start(const struct gather_parts *parts, struct gather **out)
{
	struct gather *g = calloc(1, sizeof(*g));
	enum status st;

	if (g == NULL)
		return E_NOMEM;
	g->parts = *parts;
	g->quorum_us = clock_mono_us();
	st = start(g);
	if (st != OK) {
		gather_stop(g);
		return st;
	}
	*out = g;
	return OK;
}

/* The courier goes first: whoever waits for its answer is then told that there will be none. */
void
gather_stop(struct gather *g)
{
	if (g == NULL)
		return;
	if (g->round != NULL)
		round_stop(g->round);
	if (g->courier != NULL)
		(void)!msg_client_call(g->courier, COURIER_QUIT, STR(""), SECOND_US, NULL, NULL);
	if (g->running)
		(void)pthread_join(g->thread, NULL);
	for (size_t i = 0; i < g->watchers; i++)
		watcher_free(g->watcher[i]);
	msg_client_free(g->courier);
	round_free(g->round);
	free(g);
}
