#include "auditlog/tool/quick.h"

#include <stdlib.h>

#include "auditlog/tool/hint.h"
#include "auditlog/tool/say.h"
#include "auditlog/tool/span.h"

struct quick {
	struct scan *scan;
	struct proven proven;
	struct span span;
	struct buf out;
	uint64_t entries;
};

static void
quick_freep(struct quick **q)
{
	if (!*q)
		return;
	proven_close(&(*q)->proven);
	buf_clear(&(*q)->out);
	free(*q);
}

/* One entry that the hint names. E_CORRUPT after a finding. */
static enum status
take(struct quick *q, uint64_t index)
{
	struct entry_view view;
	struct str line;

	q->entries++;
	if (!proven_entry(&q->proven, index, &line, &view))
		return E_CORRUPT;
	buf_reset(&q->out);
	q->scan->extract(q->scan->ctx, &view, line, &q->out);
	TRY(buf_status(&q->out));
	return q->scan->absorb(q->scan->ctx, buf_str(&q->out));
}

/* The entries of [first, end) that the hint has under the tag. */
static enum status
take_hinted(struct quick *q, struct hint *h, uint64_t end)
{
	uint64_t index;
	enum status st;

	TRY(hint_tag(h, str_of(q->scan->filter->tag), q->span.first));
	while ((st = hint_next(h, &index)) == OK && index < end)
		TRY(take(q, index));
	return st == E_END ? OK : st;
}

static enum status
run_span(struct quick *q)
{
	uint64_t read = 0;
	enum status st = span_run(&q->proven, &q->span, &read);

	q->entries += read;
	return st;
}

/* The hint as far as it goes, then what was written since. */
static enum status
run_hinted(struct quick *q, struct hint *h)
{
	uint64_t known = hint_size(h) / TILE_WIDTH * TILE_WIDTH; /* the rest is read by whole bundles */

	TRY(take_hinted(q, h, known < q->span.end ? known : q->span.end));
	say(q->scan->program, 0,
	    "the entries come from the operator's index, each proven; that there are no others is shown without "
	    "--quick");
	if (known >= q->span.end)
		return OK;
	if (known > q->span.first) {
		q->span.first = known;
		q->span.from_us = INT64_MIN; /* it begins inside of what was asked for */
	}
	return run_span(q);
}

static enum status
run(struct quick *q)
{
	CLEANUP(hint_closep) struct hint *hint = NULL;
	const struct filter *f = q->scan->filter;
	const struct target *t = &q->proven.target;

	TRY(span_of_times(&q->proven, f->from_us, f->to_us, &q->span));
	if (f->tag && !t->remote && hint_open(t->name, t->head.origin, &hint) == OK)
		return run_hinted(q, hint);
	return run_span(q);
}

int
quick_run(struct scan *s, uint64_t *entries)
{
	CLEANUP(quick_freep) struct quick *q = calloc(1, sizeof(*q));
	struct prunecheck said = { 0 };
	enum status st;

	if (!q)
		return say(s->program, CLI_CANNOT, "not enough memory");
	if (!s->filter->from && !s->filter->to && !s->filter->tag)
		return say(s->program, CLI_USAGE,
			   "--quick needs --from, --to or --tag: otherwise there is nothing to leave out");
	q->scan = s;
	q->out = BUF(CHUNK_EXTRACT_MAX);
	q->span.look = (struct chunk_look){ .extract = s->extract, .ctx = s->ctx };
	q->span.absorb = s->absorb;
	GO(proven_open(&q->proven, s->program, s->log, &s->common));
	if (q->proven.target.accept_pruned)
		prunecheck(&q->proven.target, &q->proven.source, &said, &q->proven.found);
	if (!findings_none(&q->proven.found))
		return say_findings(s->program, &q->proven.found);
	st = run(q);
	*entries = q->entries;
	scan_say_pruned(s->program, &q->proven.target, &said);
	if (!findings_none(&q->proven.found))
		return say_findings(s->program, &q->proven.found);
	return st == OK ? CLI_HOLDS
			: say(s->program, CLI_CANNOT, "cannot go on reading %s (%s): the output is not complete",
			      s->log, target_why(&q->proven.source, st));
}
