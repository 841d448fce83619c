/*
 * cmd_report.c: `authctl report …`: what the log says about many people at once: whom stolen credentials affect (each
 * page that is read is an entry), and the report that everybody may read.
 */
#include "auditlog/base/clock.h"
#include "authd/ctl/call.h"
#include "authd/ctl/subcommands.h"
#include "authd/ctl/verb.h"
#include "authd/http/form.h"
#include "authd/http/json_write.h"

/* A cursor that goes in circles must not go on for ever. */
#define PAGES_MOST 100000

static const struct tell_field columns[] = {
	{ "person", "person", TELL_TEXT }, { "looks", "looks", TELL_NUMBER }, { "refused", "refused", TELL_NUMBER },
	{ "first", "first", TELL_TEXT },   { "last", "last", TELL_TEXT },
};

static const struct tell_field sums[] = {
	{ "people", "people", TELL_NUMBER },
	{ "entries about them", "entries", TELL_NUMBER },
	{ "tags of erased people", "erased", TELL_NUMBER },
};

/* service, operator, since, until */
struct asked {
	const char *name, *value;
};

static void
add(json_t *to, const json_t *from, const char *name)
{
	json_object_set_new(to, name,
			    json_integer(json_integer_value(json_object_get(to, name)) +
					 json_integer_value(json_object_get(from, name))));
}

/* Pages come newest first, so `first` is always the later page's. */
static void
merge(json_t *people, json_t *record)
{
	const char *person = json_string_value(json_object_get(record, "person"));
	json_t *known = person == NULL ? NULL : json_object_get(people, person);

	if (known == NULL) {
		if (person != NULL)
			json_object_set(people, person, record);
		return;
	}
	add(known, record, "looks");
	add(known, record, "refused");
	json_object_set(known, "first", json_object_get(record, "first"));
}

static int
read_page(const struct ctl *ctl, const struct asked *asked, size_t n, struct buf *cursor, json_t *people, json_t *total)
{
	CLEANUP(buf_clear) struct buf path = BUF(4096);
	CLEANUP(json_decrefp) json_t *answer = NULL;
	const json_t *records;

	buf_put_cstr(&path, "/admin/v1/affected");
	for (size_t i = 0; i < n; i++)
		if (asked[i].value != NULL)
			form_put_param(&path, asked[i].name, str_of(asked[i].value));
	if (cursor->n > 0)
		form_put_param(&path, "cursor", buf_str(cursor));
	buf_put_char(&path, '\0');
	GO(tell_status(ctl->program, "the question", buf_status(&path)));
	GO(call_get(ctl, path.p, &answer));
	records = json_object_get(answer, "records");
	for (size_t i = 0; i < json_array_size(records); i++)
		merge(people, json_array_get(records, i));
	add(total, answer, "entries");
	add(total, answer, "erased");
	buf_reset(cursor);
	buf_put_cstr(cursor, json_string_value(json_object_get(answer, "next")));
	return tell_status(ctl->program, "the answer", buf_status(cursor));
}

static int
print(const struct ctl *ctl, json_t *people, json_t *total)
{
	CLEANUP(json_decrefp) json_t *records = json_array();
	CLEANUP(buf_clear) struct buf text = { 0 };
	const char *person;
	json_t *record;

	json_object_foreach(people, person, record) json_array_append(records, record);
	json_object_set_new(total, "people", json_integer((json_int_t)json_array_size(records)));
	if (ctl->json) {
		json_object_set(total, "records", records);
		return ctl_print(ctl, sums, ARRAY_LEN(sums), total);
	}
	tell_put_page(&text, sums, ARRAY_LEN(sums), total);
	buf_put_char(&text, '\n');
	tell_put_table(&text, columns, ARRAY_LEN(columns), records);
	return tell_out(ctl->program, &text);
}

static int
report_affected(int argc, char **argv)
{
	CLEANUP(json_decrefp) json_t *people = json_object(), *total = json_object();
	CLEANUP(buf_clear) struct buf cursor = BUF(64);
	struct ctl ctl = ctl_start("authctl report affected");
	struct asked asked[] = { { "service", NULL }, { "operator", NULL }, { "since", NULL }, { "until", NULL } };
	int operand;
	/* clang-format off */
	const struct cli_option options[] = {
		{ .name = "service", .type = CLI_TEXT, .out = &asked[0].value, .value = "ID", .help = "whose credentials were in other hands" },
		{ .name = "operator", .type = CLI_TEXT, .out = &asked[1].value, .value = "ID", .help = "only what this operator did through it (opr_...)" },
		{ .name = "since", .type = CLI_TEXT, .out = &asked[2].value, .value = "TIME", .help = "RFC 3339, included" },
		{ .name = "until", .type = CLI_TEXT, .out = &asked[3].value, .value = "TIME", .help = "RFC 3339, not included" },
		CTL_OPTIONS(&ctl),
	};
	/* clang-format on */
	const struct cli cli = { .program = ctl.program,
				 .summary = "Prints whom entries of a service are about.",
				 .options = options,
				 .count = ARRAY_LEN(options) };

	GO(cli_parse(&cli, argc, argv, &operand));
	if (asked[0].value == NULL || asked[2].value == NULL || asked[3].value == NULL)
		return cli_usage_error(ctl.program, "give --service, --since and --until");
	for (int page = 0; page == 0 || (cursor.n > 0 && page < PAGES_MOST); page++)
		GO(read_page(&ctl, asked, ARRAY_LEN(asked), &cursor, people, total));
	return print(&ctl, people, total);
}

/* ---- what everybody may read ---- */

static const struct tell_field published_columns[] = {
	{ "table", "table", TELL_TEXT },
	{ "row", "row", TELL_TEXT },
	{ "count", "count", TELL_TEXT },
};

static void
add_line(json_t *lines, const json_t *table, const char *row, const json_t *count, const char *otherwise)
{
	CLEANUP(buf_clear) struct buf text = BUF(32);

	if (json_is_integer(count))
		buf_printf(&text, "%lld", (long long)json_integer_value(count));
	else
		buf_put_cstr(&text, otherwise);
	json_array_append_new(lines, json_pack("{s:s*, s:s, s:o}", "table", json_string_value(table), "row", row,
					       "count", json_of_str(buf_str(&text))));
}

/* Counts may be too few to say; a share and times are texts, or are of too few. Lists are for programs. */
static void
add_served(json_t *lines, json_t *report, const char *few)
{
	static const char *const shares[] = { "answered_percent", "p50_ms", "p95_ms", "p99_ms" };
	CLEANUP(json_decrefp) json_t *table = json_string("served");
	const char *name;
	json_t *value;

	json_object_foreach(json_object_get(report, "served"), name, value)
	{
		const char *otherwise = json_is_string(value) ? json_string_value(value) : few;

		for (size_t i = 0; json_is_null(value) && i < ARRAY_LEN(shares); i++)
			if (str_is(str_of(name), shares[i]))
				otherwise = "";
		if (!json_is_array(value))
			add_line(lines, table, name, value, otherwise);
	}
}

static int
print_published(const struct ctl *ctl, json_t *report)
{
	CLEANUP(json_decrefp) json_t *lines = json_array(), *shares = json_string("shares");
	CLEANUP(buf_clear) struct buf text = { 0 }, few = BUF(32);
	const json_t *table, *row, *rule = json_object_get(report, "rule");
	size_t i, k;

	buf_printf(&few, "<%lld", (long long)json_integer_value(json_object_get(rule, "fewest")));
	buf_put_char(&few, '\0');
	GO(tell_status(ctl->program, "the answer", buf_status(&few)));
	json_array_foreach(json_object_get(report, "tables"), i, table)
	{
		const json_t *name = json_object_get(table, "table"), *total = json_object_get(table, "total");

		json_array_foreach(json_object_get(table, "rows"), k, row) add_line(
		    lines, name, json_string_value(json_object_get(row, "row")), json_object_get(row, "count"), few.p);
		if (total != NULL)
			add_line(lines, name, "*", total, few.p);
	}
	json_array_foreach(json_object_get(report, "shares"), i, row) add_line(
	    lines, shares, json_string_value(json_object_get(row, "share")), json_object_get(row, "percent"), "");
	add_served(lines, report, few.p);
	tell_put_table(&text, published_columns, ARRAY_LEN(published_columns), lines);
	return tell_out(ctl->program, &text);
}

/* The newest that can be over: the month before this one. */
static void
put_last_month(struct buf *out)
{
	CLEANUP(buf_clear) struct buf now = BUF(32);
	int64_t us = clock_now_us();

	clock_put_month(&now, us);
	do {
		us -= DAY_US;
		buf_reset(out);
		clock_put_month(out, us);
	} while (str_eq(buf_str(out), buf_str(&now)));
}

static int
report_published(int argc, char **argv)
{
	CLEANUP(json_decrefp) json_t *answer = NULL;
	CLEANUP(buf_clear) struct buf path = BUF(256), month = BUF(64), text = { 0 };
	struct ctl ctl = ctl_start("authctl report published");
	const char *asked = NULL;
	int operand;
	const struct cli_option options[] = {
		{ .name = "month",
		  .type = CLI_TEXT,
		  .out = &asked,
		  .value = "MONTH",
		  .help = "2026-11; the last that is over by itself" },
		CTL_OPTIONS(&ctl),
	};
	const struct cli cli = { .program = ctl.program,
				 .summary = "Prints the public report of a month, as everybody may read it.",
				 .options = options,
				 .count = ARRAY_LEN(options) };

	GO(cli_parse(&cli, argc, argv, &operand));
	if (asked == NULL)
		put_last_month(&month);
	else
		form_put_escaped(&month, str_of(asked));
	buf_printf(&path, "/reports/%.*s.json", STR_ARG(buf_str(&month)));
	buf_put_char(&path, '\0');
	GO(tell_status(ctl.program, "the question", buf_status(&path)));
	GO(call_get(&ctl, path.p, &answer));
	if (!ctl.json)
		return print_published(&ctl, answer);
	tell_put_json(&text, answer);
	return tell_out(ctl.program, &text);
}

int
cmd_report(int argc, char **argv)
{
	/* clang-format off */
	static const struct verb verbs[] = {
		{ .name = "affected", .line = "whom to tell when a service's credentials were stolen", .run = report_affected },
		{ .name = "published", .line = "the public report of a month", .run = report_published },
	};
	/* clang-format on */

	return verb_dispatch("Prints what the log says about many people at once.", verbs, ARRAY_LEN(verbs), argc,
			     argv);
}
