#include "auditlog/daemon/watcher.h"

#include <pthread.h>
#include <stdlib.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "auditlog/client/logread.h"
#include "auditlog/client/signing.h"
#include "auditlog/daemon/courier.h"

/* How long a witness that fails again and again is left alone, at most. */
#define REST_MOST_US (60 * SECOND_US)

struct watcher {
	struct watcher_parts parts;
	pthread_t thread;
	bool running;
	struct logread *log;
	uint64_t size;         /* what it remembers, as far as we know */
	unsigned failures;     /* in a row */
	int64_t rest_until_us; /* clock_mono_us */
};

/* ---- asking ---- */

static enum status
put_request(struct watcher *w, uint64_t size, struct str note, struct buf *out)
{
	struct proof proof = { 0 };

	TRY(logread_consistency(w->log, w->size, size, &proof));
	buf_put_u16(out, w->parts.number);
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
	int64_t patience_us = w->parts.timeout_us + SECOND_US;
	enum cosign_outcome outcome;
	uint16_t type = 0, http = 0;
	struct str body;

	if (put_request(w, size, note, &request) != OK ||
	    msg_client_call(w->parts.courier, COURIER_POST, buf_str(&request), patience_us, &type, &reply) != OK)
		return COSIGN_NONSENSE;
	body = buf_str(&reply);
	if (type != COURIER_ANSWER || buf_get_u16(&body, &http) != OK)
		return COSIGN_NONSENSE;
	outcome =
	    cosign_read(http, body, text_of(note), &w->parts.node->key, (uint64_t)(clock_now_us() / SECOND_US), answer);
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

	for (int i = 0; i < WATCHER_TRIES; i++) {
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
note_outcome(struct watcher *w, enum cosign_outcome outcome)
{
	int64_t rest_us;

	if (outcome == COSIGN_GIVEN) {
		if (w->failures > 0)
			log_info("witness.back", "name=%s", w->parts.node->key.name);
		w->failures = 0;
		return;
	}
	round_failed(w->parts.round);
	if (w->failures++ == 0)
		log_warn(E_UNAVAILABLE, "witness.failed", "name=%s what=\"%s\"", w->parts.node->key.name,
			 words_for(outcome));
	rest_us = w->failures > 6 ? REST_MOST_US : (SECOND_US / 2) << w->failures;
	w->rest_until_us = clock_mono_us() + (rest_us > REST_MOST_US ? REST_MOST_US : rest_us);
}

/* ---- life ---- */

static void *
watch(void *arg)
{
	struct watcher *w = arg;
	CLEANUP(buf_clear) struct buf note = BUF(LOGREAD_CHECKPOINT_MAX);
	CLEANUP(buf_clear) struct buf line = BUF(COURIER_ANSWER_MAX);
	uint64_t seen = 0, size = 0;

	while (round_next(w->parts.round, &seen, &size, &note)) {
		enum cosign_outcome outcome = COSIGN_NONSENSE;
		uint64_t time_s = 0;

		buf_reset(&line);
		if (clock_mono_us() >= w->rest_until_us) {
			outcome = ask(w, size, buf_str(&note), &line, &time_s);
			note_outcome(w, outcome);
		}
		round_hand_in(w->parts.round, seen, outcome, buf_str(&line), time_s);
	}
	return NULL;
}

static enum status
start(struct watcher *w)
{
	TRY(logread_open_at(w->parts.dirfd, &w->log));
	if (pthread_create(&w->thread, NULL, watch, w) != 0)
		return E_SYSTEM;
	w->running = true;
	return OK;
}

enum status
watcher_start(const struct watcher_parts *parts, struct watcher **out)
{
	struct watcher *w = calloc(1, sizeof(*w));
	enum status st;

	if (w == NULL)
		return E_NOMEM;
	w->parts = *parts;
	st = start(w);
	if (st != OK) {
		watcher_free(w);
		return st;
	}
	*out = w;
	return OK;
}

void
watcher_free(struct watcher *w)
{
	if (w == NULL)
		return;
	if (w->running)
		(void)pthread_join(w->thread, NULL);
	logread_free(w->log);
	free(w);
}
