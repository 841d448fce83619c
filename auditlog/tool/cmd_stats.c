#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "auditlog/base/clock.h"
#include "auditlog/tool/commands.h"
#include "auditlog/tool/say.h"
#include "auditlog/tool/scan.h"

#define PROGRAM "auditlog stats"
/* Different names that are counted apart; the rest goes under "others". */
#define NAMES_MAX 200

struct count {
	char *name;
	uint64_t n;
};

struct tally {
	size_t n;
	struct count item[NAMES_MAX];
	uint64_t others;
};

/* What is counted: one row each, in the order of the record that extract() writes. */
enum { BY_EVENT, BY_DECISION, BY_REASON, BY_BASIS, BY_SERVICE, BY_PURPOSE, BY_MONTH, TALLIES };

static const char *const titles[TALLIES] = { "event", "decision", "reason", "basis", "service", "purpose", "month" };

struct stats {
	struct scan scan;
	bool json;
	struct tally tally[TALLIES];
	struct sweep_result swept;
};

static void
stats_freep(struct stats **s)
{
	for (size_t t = 0; *s && t < TALLIES; t++)
		for (size_t i = 0; i < (*s)->tally[t].n; i++)
			free((*s)->tally[t].item[i].name);
	free(*s);
}

static void
extract(void *ctx, const struct entry_view *v, struct str line, struct buf *out)
{
	CLEANUP(buf_clear) struct buf month = { 0 };
	const struct entry *e = &v->entry;

	(void)ctx;
	(void)line;
	clock_put_month(&month, v->time_us);
	buf_put_block(out, str_of(entry_event_name(e->event)));
	buf_put_block(out, str_of(entry_decision_name(e->decision)));
	buf_put_block(out, e->reason);
	buf_put_block(out, str_of(entry_basis_name(e->basis.type)));
	buf_put_block(out, e->by.service);
	buf_put_block(out, e->purpose);
	buf_put_block(out, buf_str(&month));
}

static enum status
add(struct tally *t, struct str name)
{
	if (name.n == 0)
		return OK;
	for (size_t i = 0; i < t->n; i++) {
		if (!str_is(name, t->item[i].name))
			continue;
		t->item[i].n++;
		return OK;
	}
	if (t->n == NAMES_MAX) {
		t->others++;
		return OK;
	}
	TRY(str_dup(name, &t->item[t->n].name));
	t->item[t->n++].n = 1;
	return OK;
}

static enum status
absorb(void *ctx, struct str records)
{
	struct stats *s = ctx;
	struct str name;

	while (records.n) {
		for (size_t t = 0; t < TALLIES; t++) {
			TRY(buf_get_block(&records, ENTRY_MAX, &name));
			TRY(add(&s->tally[t], name));
		}
	}
	return OK;
}

static int
more_first(const void *a, const void *b)
{
	const struct count *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return str_cmp(str_of(x->name), str_of(y->name));
}

static void
put_text(struct buf *out, const struct stats *s)
{
	buf_printf(out, "%" PRIu64 " entries, %" PRIu64 " bytes", s->swept.entries, s->swept.bytes);
	if (s->swept.entries) {
		buf_put_cstr(out, ", ");
		clock_put_rfc3339(out, s->swept.first_us);
		buf_put_cstr(out, " to ");
		clock_put_rfc3339(out, s->swept.last_us);
	}
	buf_put_char(out, '\n');
	for (size_t t = 0; t < TALLIES; t++) {
		const struct tally *tally = &s->tally[t];

		if (tally->n)
			buf_printf(out, "\nby %s\n", titles[t]);
		for (size_t i = 0; i < tally->n; i++)
			buf_printf(out, "%12" PRIu64 "  %s\n", tally->item[i].n, tally->item[i].name);
		if (tally->others)
			buf_printf(out, "%12" PRIu64 "  others\n", tally->others);
	}
}

static void
put_json(struct buf *out, const struct stats *s)
{
	json_t *j = json_object();
	char *text = NULL;

	json_object_set_new(j, "entries", json_integer((json_int_t)s->swept.entries));
	json_object_set_new(j, "bytes", json_integer((json_int_t)s->swept.bytes));
	for (size_t t = 0; t < TALLIES; t++) {
		json_t *counts = json_object();

		for (size_t i = 0; i < s->tally[t].n; i++)
			json_object_set_new(counts, s->tally[t].item[i].name,
					    json_integer((json_int_t)s->tally[t].item[i].n));
		json_object_set_new(j, titles[t], counts);
	}
	text = json_dumps(j, JSON_COMPACT);
	buf_put_cstr(out, text ? text : "{}");
	buf_put_char(out, '\n');
	free(text);
	json_decref(j);
}

static int
report(struct stats *s)
{
	CLEANUP(buf_clear) struct buf out = { 0 };

	for (size_t t = 0; t < TALLIES; t++)
		qsort(s->tally[t].item, s->tally[t].n, sizeof(*s->tally[t].item), more_first);
	if (s->json)
		put_json(&out, s);
	else
		put_text(&out, s);
	if (buf_status(&out) != OK)
		return say(PROGRAM, CLI_CANNOT, "not enough memory");
	return say_out(PROGRAM, NULL, buf_str(&out));
}

int
cmd_stats(int argc, char **argv)
{
	CLEANUP(stats_freep) struct stats *s = calloc(1, sizeof(*s));
	int operand = 0, ended;

	if (!s)
		return say(PROGRAM, CLI_CANNOT, "not enough memory");
	/* clang-format off */
	const struct cli_option options[] = {
		SCAN_OPTIONS(&s->scan),
		{ .name = "json", .type = CLI_FLAG, .out = &s->json, .help = "one JSON object" },
	};
	/* clang-format on */
	const struct cli cli = {
		.program = PROGRAM,
		.operands = "LOG",
		.summary = "Count what a log holds, by event, decision, reason, service, purpose and month.",
		.options = options,
		.count = ARRAY_LEN(options),
		.operands_least = 1,
		.operands_most = 1,
	};
	GO(cli_parse(&cli, argc, argv, &operand));
	s->scan.program = PROGRAM;
	s->scan.log = argv[operand];
	s->scan.extract = extract;
	s->scan.absorb = absorb;
	s->scan.ctx = s;
	ended = scan_run(&s->scan, &s->swept);
	if (ended != CLI_HOLDS) /* counts of a log that does not hold would be quoted all the same */
		return ended;
	GO(report(s));
	return CLI_HOLDS;
}
