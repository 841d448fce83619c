#include "auditlog/daemon/gather.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auditlog/base/file.h"
#include "auditlog/base/log.h"
#include "auditlog/base/msg.h"
#include "auditlog/client/logread.h"
#include "auditlog/client/signing.h"
#include "auditlog/daemon/cosign.h"
#include "auditlog/daemon/own.h"

/* How often the conductor looks up. */
#define LOOK_US    (SECOND_US / 5)
#define TRIES      2 /* the second with the size that the witness said */
#define FAULT_KIND "witness_quorum"

struct watcher {
	struct gather *gather;
	const struct quorum_node *node;
	uint16_t number;
	pthread_t thread;
	bool running;
	struct logread *log;
	uint64_t size;         /* what it remembers, as far as we know */
	unsigned failures;     /* in a row */
	int64_t rest_until_us; /* clock_mono_us */
};

/* One checkpoint that everybody is asked about. Under the lock, but for `note`, which changes only between rounds. */
struct round {
	uint64_t number; /* 0: there was none */
	uint64_t size;
	struct buf note;  /* signed by the log */
	struct buf lines; /* cosignatures so far */
	size_t answered, given;
	uint64_t newest_s;
};

struct gather {
	struct gather_parts parts;
	struct msg_client *courier;
	struct watcher watcher[COURIER_WITNESSES_MAX];
	size_t watchers;
	pthread_t thread;
	bool running;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stopping;
	struct round round;
	struct append_witness state; /* what STATUS says */

	/* The conductor's alone. */
	int64_t began_us;    /* the last round */
	int64_t quorum_us;   /* the last quorum, or the start; clock_mono_us */
	bool satisfied;      /* the last round was */
	bool alarmed, wrote; /* the quorum is missing; the log says so */
};

static uint64_t
now_s(void)
{
	return (uint64_t)(clock_now_us() / SECOND_US);
}

static void
wait_until(struct gather *g, int64_t deadline_us)
{
	struct timespec at = { .tv_sec = deadline_us / SECOND_US, .tv_nsec = deadline_us % SECOND_US * 1000 };

	(void)pthread_cond_timedwait(&g->changed, &g->lock, &at);
}

/* ---- one witness ---- */

static enum status
put_request(struct watcher *w, uint64_t size, struct str note, struct buf *out)
{
	struct proof proof = { 0 };

	TRY(logread_consistency(w->log, w->size, size, &proof));
	buf_put_u16(out, w->number);
	signing_put_request(out, w->size, &proof, note);
	return buf_status(out);
}

static struct str
text_of(struct str note)
{
	return str_slice(note, 0, str_find(note, STR("\n\n")) + 1);
}

/* Asks once. The line is appended to *line on COSIGN_GIVEN. */
static enum cosign_outcome
ask_once(struct watcher *w, uint64_t size, struct str note, struct buf *line, struct cosign_answer *answer)
{
	CLEANUP(buf_clear) struct buf request = BUF(2 + SIGNING_REQUEST_MAX);
	CLEANUP(buf_clear) struct buf reply = BUF(2 + COURIER_ANSWER_MAX);
	int64_t patience_us = w->gather->parts.timeout_us + SECOND_US;
	enum cosign_outcome outcome;
	uint16_t type = 0, http = 0;
	struct str body;

	if (put_request(w, size, note, &request) != OK ||
	    msg_client_call(w->gather->courier, COURIER_POST, buf_str(&request), patience_us, &type, &reply) != OK)
		return COSIGN_NONSENSE;
	body = buf_str(&reply);
	if (type != COURIER_ANSWER || buf_get_u16(&body, &http) != OK)
		return COSIGN_NONSENSE;
	outcome = cosign_read(http, body, text_of(note), &w->node->key, now_s(), answer);
	if (outcome == COSIGN_GIVEN)
		buf_put(line, answer->line);
	return outcome;
}

/*
 * A witness that remembers another size says which, and is asked again from there. One that claims to remember more
 * than we have is a liar, or has seen a later state of this log than we have; either way there is nothing to prove to
 * it now.
 */
static enum cosign_outcome
ask(struct watcher *w, uint64_t size, struct str note, struct buf *line, uint64_t *time_s)
{
	enum cosign_outcome outcome = COSIGN_NONSENSE;

	for (int i = 0; i < TRIES; i++) {
		struct cosign_answer a = { 0 };

		if (w->size > size)
			w->size = 0;
		outcome = ask_once(w, size, note, line, &a);
		if (outcome == COSIGN_GIVEN) {
			w->size = size;
			*time_s = a.time_s;
		}
		if (outcome != COSIGN_OTHER_SIZE || a.size > size)
			return outcome;
		w->size = a.size;
	}
	return outcome;
}

static const char *
words_for(enum cosign_outcome outcome)
{
	switch (outcome) {
	case COSIGN_GIVEN:
		return "it cosigns";
	case COSIGN_OTHER_SIZE:
		return "it remembers another size than this log has";
	case COSIGN_REFUSED:
		return "it refuses";
	case COSIGN_NONSENSE:
		break;
	}
	return "no answer that makes sense";
}

static void
count_failure(struct gather *g, enum cosign_outcome outcome)
{
	(void)pthread_mutex_lock(&g->lock);
	if (outcome != COSIGN_GIVEN)
		g->state.failures++;
	(void)pthread_mutex_unlock(&g->lock);
}

static void
note_outcome(struct watcher *w, enum cosign_outcome outcome)
{
	int64_t rest_us;

	count_failure(w->gather, outcome);
	if (outcome == COSIGN_GIVEN) {
		if (w->failures > 0)
			log_info("witness.back", "name=%s", w->node->key.name);
		w->failures = 0;
		return;
	}
	if (w->failures++ == 0)
		log_warn(E_UNAVAILABLE, "witness.failed", "name=%s what=\"%s\"", w->node->key.name, words_for(outcome));
	rest_us = w->failures > 6 ? GATHER_REST_MOST_US : (SECOND_US / 2) << w->failures;
	w->rest_until_us = clock_mono_us() + (rest_us > GATHER_REST_MOST_US ? GATHER_REST_MOST_US : rest_us);
}

/* The answer counts for the round that it was asked in, and for no later one. */
static void
hand_in(struct gather *g, uint64_t round, enum cosign_outcome outcome, struct str line, uint64_t time_s)
{
	(void)pthread_mutex_lock(&g->lock);
	if (g->round.number == round) {
		g->round.answered++;
		if (outcome == COSIGN_GIVEN) {
			g->round.given++;
			buf_put(&g->round.lines, line);
			if (time_s > g->round.newest_s)
				g->round.newest_s = time_s;
		}
	}
	(void)pthread_cond_broadcast(&g->changed);
	(void)pthread_mutex_unlock(&g->lock);
}

/* Waits for a round after `seen`, copies what it is about. False: it is time to end. */
static bool
next_round(struct gather *g, uint64_t *seen, uint64_t *size, struct buf *note)
{
	bool go;

	buf_reset(note);
	(void)pthread_mutex_lock(&g->lock);
	while (!g->stopping && g->round.number == *seen)
		(void)pthread_cond_wait(&g->changed, &g->lock);
	*seen = g->round.number;
	*size = g->round.size;
	buf_put(note, buf_str(&g->round.note));
	go = !g->stopping;
	(void)pthread_mutex_unlock(&g->lock);
	return go;
}

static void *
watch(void *arg)
{
	struct watcher *w = arg;
	CLEANUP(buf_clear) struct buf note = BUF(LOGREAD_CHECKPOINT_MAX);
	CLEANUP(buf_clear) struct buf line = BUF(COURIER_ANSWER_MAX);
	uint64_t seen = 0, size = 0;

	while (next_round(w->gather, &seen, &size, &note)) {
		enum cosign_outcome outcome = COSIGN_NONSENSE;
		uint64_t time_s = 0;

		buf_reset(&line);
		if (clock_mono_us() >= w->rest_until_us) {
			outcome = ask(w, size, buf_str(&note), &line, &time_s);
			note_outcome(w, outcome);
		}
		hand_in(w->gather, seen, outcome, buf_str(&line), time_s);
	}
	return NULL;
}

/* ---- the conductor ---- */

static bool
due(const struct gather *g)
{
	int64_t since_us = clock_mono_us() - g->began_us;

	if (heads_size(g->parts.heads) != g->round.size || g->round.number == 0)
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
	(void)pthread_mutex_lock(&g->lock);
	g->round.number++;
	g->round.size = size;
	g->round.answered = g->round.given = 0;
	g->round.newest_s = 0;
	buf_reset(&g->round.note);
	buf_reset(&g->round.lines);
	buf_put(&g->round.note, buf_str(&note));
	(void)pthread_cond_broadcast(&g->changed);
	(void)pthread_mutex_unlock(&g->lock);
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
say_state(struct gather *g, bool quorum, size_t given, uint64_t newest_s)
{
	(void)pthread_mutex_lock(&g->lock);
	g->state.cosigned = (uint32_t)given;
	if (newest_s > g->state.newest_s)
		g->state.newest_s = newest_s;
	if (quorum)
		g->state.size = g->round.size;
	(void)pthread_mutex_unlock(&g->lock);
}

/* What has come together so far goes out. */
static void
merge(struct gather *g, struct str note, size_t given, uint64_t newest_s)
{
	bool quorum = enough(g, note);
	enum status st = heads_cosigned(g->parts.heads, g->round.size, note, quorum);

	if (st != OK) {
		log_error(st, "witness.publish", "size=%" PRIu64, g->round.size);
		return;
	}
	if (quorum) {
		g->satisfied = true;
		g->quorum_us = clock_mono_us();
	}
	say_state(g, quorum, given, newest_s);
}

/* With a quorum, nobody waits longer for the rest once there is something newer to ask about. */
static bool
may_end(const struct gather *g)
{
	return g->satisfied && clock_mono_us() - g->began_us >= GATHER_ROUND_US &&
	       heads_size(g->parts.heads) != g->round.size;
}

/* Until everybody has answered; each cosignature is published as it comes, so that the last of them holds nobody up. */
static void
conduct(struct gather *g)
{
	int64_t deadline_us = g->began_us + TRIES * (g->parts.timeout_us + SECOND_US);
	CLEANUP(buf_clear) struct buf note = BUF(LOGREAD_CHECKPOINT_MAX);
	size_t merged = 0, given = 0;
	uint64_t newest_s = 0;
	bool over = false;

	g->satisfied = false;
	while (!over) {
		(void)pthread_mutex_lock(&g->lock);
		if (g->round.given == merged && g->round.answered < g->watchers && !g->stopping)
			wait_until(g, clock_mono_us() + LOOK_US);
		given = g->round.given;
		newest_s = g->round.newest_s;
		buf_reset(&note);
		buf_put(&note, buf_str(&g->round.note));
		buf_put(&note, buf_str(&g->round.lines));
		over = g->stopping || g->round.answered >= g->watchers || clock_mono_us() >= deadline_us;
		(void)pthread_mutex_unlock(&g->lock);
		if (given > merged && buf_status(&note) == OK)
			merge(g, buf_str(&note), given, newest_s);
		merged = given;
		over = over || may_end(g);
	}
	if (given == 0)
		say_state(g, false, 0, 0);
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
judge(struct gather *g)
{
	int64_t without_us = clock_mono_us() - g->quorum_us;
	bool missing = without_us > g->parts.alarm_us;
	struct append_witness state;

	if (missing != g->alarmed) {
		(void)progress_trouble(
		    g->parts.progress, PROGRESS_WITNESS,
		    missing ? "the quorum of witnesses is missing: nobody outside vouches for this log" : NULL);
		if (missing)
			log_error(E_UNAVAILABLE, "witness.quorum", "cosigned=%u of=%zu", g->state.cosigned,
				  g->watchers);
		else
			log_info("witness.quorum", "size=%" PRIu64, g->state.size);
		g->alarmed = missing;
	}
	/* The entry may have to wait until the log can be written again. */
	if (missing != g->wrote && write_entry(g, missing ? ENTRY_LOG_FAULT : ENTRY_LOG_RECOVERED, without_us))
		g->wrote = missing;
	(void)pthread_mutex_lock(&g->lock);
	g->state.missing = missing;
	g->state.overdue =
	    g->parts.limit_us > 0 && clock_now_us() - (int64_t)g->state.newest_s * SECOND_US > g->parts.limit_us;
	state = g->state;
	(void)pthread_mutex_unlock(&g->lock);
	progress_set_witness(g->parts.progress, &state);
}

static bool
goes_on(struct gather *g)
{
	bool go;

	(void)pthread_mutex_lock(&g->lock);
	if (!g->stopping)
		wait_until(g, clock_mono_us() + LOOK_US);
	go = !g->stopping;
	(void)pthread_mutex_unlock(&g->lock);
	return go;
}

static void *
run(void *arg)
{
	struct gather *g = arg;

	while (goes_on(g)) {
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

	g->state.newest_s = now_s();
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
	g->watchers = count;
	for (size_t i = 0; i < count; i++) {
		struct watcher *w = &g->watcher[i];

		*w = (struct watcher){ .gather = g, .node = node[i], .number = (uint16_t)i };
		TRY(logread_open_at(g->parts.dirfd, &w->log));
		if (pthread_create(&w->thread, NULL, watch, w) != 0)
			return E_SYSTEM;
		w->running = true;
	}
	return OK;
}

static enum status
start(struct gather *g)
{
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
	pthread_condattr_t attr;
	enum status st;

	if (g == NULL)
		return E_NOMEM;
	g->parts = *parts;
	g->round.note = BUF(LOGREAD_CHECKPOINT_MAX);
	g->round.lines = BUF(LOGREAD_CHECKPOINT_MAX);
	g->quorum_us = clock_mono_us();
	(void)pthread_mutex_init(&g->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&g->changed, &attr);
	(void)pthread_condattr_destroy(&attr);
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
	(void)pthread_mutex_lock(&g->lock);
	g->stopping = true;
	(void)pthread_cond_broadcast(&g->changed);
	(void)pthread_mutex_unlock(&g->lock);
	if (g->courier != NULL)
		(void)!msg_client_call(g->courier, COURIER_QUIT, STR(""), SECOND_US, NULL, NULL);
	if (g->running)
		(void)pthread_join(g->thread, NULL);
	for (size_t i = 0; i < g->watchers; i++) {
		if (g->watcher[i].running)
			(void)pthread_join(g->watcher[i].thread, NULL);
		logread_free(g->watcher[i].log);
	}
	msg_client_free(g->courier);
	(void)pthread_cond_destroy(&g->changed);
	(void)pthread_mutex_destroy(&g->lock);
	buf_clear(&g->round.note);
	buf_clear(&g->round.lines);
	free(g);
}
