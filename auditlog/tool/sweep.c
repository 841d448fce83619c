#include "auditlog/tool/sweep.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/tool/levels.h"
#include "auditlog/tool/meter.h"

#define SLOTS_PER_JOB 4

/* Chunks in flight: chunk n lives in slot n modulo the number of slots until it has been joined. */
struct ring {
	pthread_mutex_t lock;
	pthread_cond_t filled, freed;
	uint64_t next, joined, total;
	bool stop;
	size_t slots;
	struct chunk *slot;
	bool *full;
};

struct worker {
	pthread_t thread;
	struct source source;
	struct run *run;
	bool started;
};

/* One run of a sweep. */
struct run {
	const struct sweep *sweep;
	struct chunk_look look;
	struct sweep_result *result;
	struct findings *found;
	struct ring ring;
	unsigned jobs;
	struct worker *worker;
	struct source source; /* of the joining thread: the tiles above level 0 */
	struct levels levels;
	struct hash last_leaf;
	struct meter meter;
	bool has_us;
};

static unsigned
processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	return (unsigned)CPU_COUNT(&set);
}

/* ---- joining, in the order of the log ---- */

static void
check_upper_tile(void *ctx, const struct tile *t, const struct hash *hashes)
{
	struct run *run = ctx;
	CLEANUP(buf_clear) struct buf path = { 0 };
	struct str bytes;
	enum status st = logread_tile(run->source.log, t, &bytes);

	tile_put_path(&path, t);
	buf_put_char(&path, '\0');
	run->result->tiles++;
	if (st != OK) {
		findings_resource(run->found, path.p, st, target_why(&run->source, st));
		return;
	}
	for (unsigned i = 0; i < t->width; i++) {
		if (memcmp(bytes.p + (size_t)i * HASH_LEN, hashes[i].b, HASH_LEN) == 0)
			continue;
		findings_bad(run->found, path.p, "hash %u is not the one that its entries give", i);
		return;
	}
}

static void
check_seam(struct run *run, struct chunk *c)
{
	char place[64];

	snprintf(place, sizeof(place), "entry %" PRIu64, c->number * TILE_WIDTH);
	if (c->has_first && !hash_eq(&c->first_prev, &run->last_leaf))
		findings_bad(run->found, place, "its prev is not the hash of the entry before it");
	if (c->has_first && run->has_us && c->first_us <= run->result->last_us)
		findings_bad(run->found, place, "its time does not rise");
	if (c->has_first && !run->has_us)
		run->result->first_us = c->first_us;
	if (c->has_last) {
		run->result->last_us = c->last_us;
		run->has_us = true;
	}
	run->last_leaf = c->leaf[c->count - 1];
}

static void
reach_marks(struct run *run, const struct chunk *c)
{
	uint64_t first = c->number * TILE_WIDTH;

	for (size_t i = 0; i < run->sweep->mark_count; i++) {
		struct sweep_mark *mark = &run->sweep->marks[i];

		if (mark->size <= first || mark->size > first + c->count || (mark->size == first + TILE_WIDTH))
			continue;
		mark->root = levels_root(&run->levels, c->leaf, (unsigned)(mark->size - first));
		mark->reached = true;
	}
}

/* A mark at a chunk's very end needs the chunk in the tree first: 256 leaves are no unfinished tile. */
static void
reach_boundary_marks(struct run *run, uint64_t size)
{
	for (size_t i = 0; i < run->sweep->mark_count; i++) {
		struct sweep_mark *mark = &run->sweep->marks[i];

		if (mark->size != size || mark->reached)
			continue;
		mark->root = size ? levels_root(&run->levels, run->levels.at[0], 0) : hash_empty();
		mark->reached = true;
	}
}

static void
grow_tree(struct run *run, const struct chunk *c)
{
	reach_marks(run, c);
	if (c->count == TILE_WIDTH) {
		levels_add(&run->levels, &c->root, check_upper_tile, run);
		reach_boundary_marks(run, (c->number + 1) * TILE_WIDTH);
	}
	if (c->number + 1 == run->ring.total) /* folding what is unfinished costs too much to be done for each chunk */
		run->result->root = levels_root(&run->levels, c->leaf, c->count % TILE_WIDTH);
}

static enum status
join(struct run *run, struct chunk *c)
{
	check_seam(run, c); /* before what was found in the chunk: it is about its first entry */
	findings_append(run->found, &c->found);
	if (c->lost) {
		findings_unread(run->found, "the tree",
				"neither entries nor hashes of bundle %" PRIu64 ": stopped there", c->number);
		return E_END;
	}
	grow_tree(run, c);
	run->result->tiles++;
	run->result->entries += c->count;
	run->result->pruned += c->pruned ? c->count : 0;
	run->result->bytes += c->bytes;
	meter_show(&run->meter, run->result->entries);
	if (run->sweep->hear)
		TRY(run->sweep->hear(run->sweep->hear_ctx, buf_str(&c->noticed)));
	return run->sweep->absorb ? run->sweep->absorb(run->sweep->look.ctx, buf_str(&c->extracted)) : OK;
}

/* ---- the threads ---- */

static bool
claim(struct ring *r, uint64_t *number)
{
	bool got;

	pthread_mutex_lock(&r->lock);
	while (!r->stop && r->next < r->total && r->next >= r->joined + r->slots)
		pthread_cond_wait(&r->freed, &r->lock);
	got = !r->stop && r->next < r->total;
	if (got)
		*number = r->next++;
	pthread_mutex_unlock(&r->lock);
	return got;
}

static void
fill(struct run *run, struct source *source, uint64_t number, struct chunk *c)
{
	chunk_fill(c, source, number, run->sweep->target->head.size, &run->look);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct ring *r = &w->run->ring;
	uint64_t number = 0;

	while (claim(r, &number)) {
		fill(w->run, &w->source, number, &r->slot[number % r->slots]);
		pthread_mutex_lock(&r->lock);
		r->full[number % r->slots] = true;
		pthread_cond_signal(&r->filled);
		pthread_mutex_unlock(&r->lock);
	}
	return NULL;
}

static struct chunk *
wait_for(struct ring *r, uint64_t number)
{
	pthread_mutex_lock(&r->lock);
	while (!r->full[number % r->slots])
		pthread_cond_wait(&r->filled, &r->lock);
	pthread_mutex_unlock(&r->lock);
	return &r->slot[number % r->slots];
}

static void
give_back(struct ring *r, uint64_t number, bool stop)
{
	pthread_mutex_lock(&r->lock);
	r->full[number % r->slots] = false;
	r->joined++;
	r->stop = stop;
	pthread_cond_broadcast(&r->freed);
	pthread_mutex_unlock(&r->lock);
}

static enum status
join_all(struct run *run)
{
	enum status st = OK;

	for (uint64_t n = 0; st == OK && n < run->ring.total; n++) {
		struct chunk *c = &run->ring.slot[0];

		if (run->jobs > 1)
			c = wait_for(&run->ring, n);
		else
			fill(run, &run->source, n, c);
		st = join(run, c);
		if (run->jobs > 1)
			give_back(&run->ring, n, st != OK);
	}
	return st;
}

static void
stop_workers(struct run *run)
{
	pthread_mutex_lock(&run->ring.lock);
	run->ring.stop = true;
	pthread_cond_broadcast(&run->ring.freed);
	pthread_mutex_unlock(&run->ring.lock);
	for (unsigned i = 0; i < run->jobs; i++)
		if (run->worker[i].started)
			pthread_join(run->worker[i].thread, NULL);
}

static enum status
start_workers(struct run *run)
{
	for (unsigned i = 0; run->jobs > 1 && i < run->jobs; i++) {
		struct worker *w = &run->worker[i];

		w->run = run;
		TRY(target_source(run->sweep->target, &w->source));
		if (pthread_create(&w->thread, NULL, work, w) != 0)
			return E_SYSTEM;
		w->started = true;
	}
	return OK;
}

/* ---- one run ---- */

static enum status
run_open(struct run *run, const struct sweep *s)
{
	struct ring *r = &run->ring;

	r->total = s->target->head.size / TILE_WIDTH + (s->target->head.size % TILE_WIDTH != 0);
	run->jobs = s->jobs ? s->jobs : processors();
	if (run->jobs > r->total)
		run->jobs = r->total ? (unsigned)r->total : 1;
	r->slots = run->jobs > 1 ? (size_t)run->jobs * SLOTS_PER_JOB : 1;
	r->slot = calloc(r->slots, sizeof(*r->slot));
	r->full = calloc(r->slots, sizeof(*r->full));
	run->worker = calloc(run->jobs, sizeof(*run->worker));
	if (!r->slot || !r->full || !run->worker)
		return E_NOMEM;
	meter_start(&run->meter, s->target->head.size, s->progress);
	reach_boundary_marks(run, 0);
	run->look = s->look;
	run->look.pruned = s->target->accept_pruned;
	run->look.minimum = s->target->pruned.minimum;
	return target_source(s->target, &run->source);
}

static void
run_close(struct run *run)
{
	if (run->worker)
		stop_workers(run);
	for (unsigned i = 0; run->worker && i < run->jobs; i++)
		target_source_close(&run->worker[i].source);
	for (size_t i = 0; run->ring.slot && i < run->ring.slots; i++)
		chunk_clear(&run->ring.slot[i]);
	free(run->ring.slot);
	free(run->ring.full);
	free(run->worker);
	target_source_close(&run->source);
	meter_end(&run->meter);
	pthread_cond_destroy(&run->ring.freed);
	pthread_cond_destroy(&run->ring.filled);
	pthread_mutex_destroy(&run->ring.lock);
	free(run);
}

/* An entry may be cited for what is missing only when it is itself in the tree. */
static void
settle_pruned(struct run *run, bool right)
{
	struct findings unsaid = { 0 };

	if (right)
		prunecheck(run->sweep->target, &run->source, &run->result->said,
			   run->sweep->target->accept_pruned ? run->found : &unsaid);
}

static void
conclude(struct run *run)
{
	const struct checkpoint *head = &run->sweep->target->head;
	CLEANUP(buf_clear) struct buf got = { 0 };
	bool right;

	levels_rest(&run->levels, check_upper_tile, run);
	run->result->whole = true;
	if (head->size == 0)
		run->result->root = hash_empty();
	right = hash_eq(&run->result->root, &head->root);
	findings_settle(run->found, head->size, right);
	hash_put_base64(&got, &run->result->root);
	if (!right)
		findings_bad(run->found, "checkpoint", "the entries give the root %.*s, which is not the signed one",
			     STR_ARG(buf_str(&got)));
	settle_pruned(run, right);
}

static enum status
run_all(struct run *run)
{
	enum status st;

	TRY(start_workers(run));
	st = join_all(run);
	if (st == OK)
		conclude(run);
	else
		findings_settle(run->found, run->sweep->target->head.size, false);
	return st == E_END ? OK : st;
}

enum status
sweep_run(const struct sweep *s, struct sweep_result *out, struct findings *f)
{
	int64_t start = clock_mono_us();
	struct run *run = calloc(1, sizeof(*run));
	enum status st;

	if (!run)
		return E_NOMEM;
	*out = (struct sweep_result){ 0 };
	run->sweep = s;
	run->result = out;
	run->found = f;
	pthread_mutex_init(&run->ring.lock, NULL);
	pthread_cond_init(&run->ring.filled, NULL);
	pthread_cond_init(&run->ring.freed, NULL);
	st = run_open(run, s);
	if (st == OK)
		st = run_all(run);
	run_close(run);
	out->took_us = clock_mono_us() - start;
	return st;
}
