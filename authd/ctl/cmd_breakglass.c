/* cmd_breakglass.c: `authctl breakglass …`: emergencies, looked after and judged. Each look at one is recorded. */
#include "authd/ctl/listing.h"
#include "authd/ctl/subcommands.h"
#include "authd/http/json.h"

static const struct tell_field columns[] = {
	{ "id", "id", TELL_TEXT },
	{ "opened", "opened", TELL_TEXT },
	{ "operator", "operator", TELL_TEXT },
	{ "service", "service", TELL_TEXT },
	{ "category", "category", TELL_TEXT },
	{ "reason", "reason_code", TELL_TEXT },
	{ "state", "state", TELL_TEXT },
	{ "review by", "review_by", TELL_TEXT },
};

static const struct tell_field page[] = {
	{ "id", "id", TELL_TEXT },
	{ "operator", "operator", TELL_TEXT },
	{ "role", "role", TELL_TEXT },
	{ "organisation", "organisation", TELL_TEXT },
	{ "service", "service", TELL_TEXT },
	{ "person", "person", TELL_TEXT },
	{ "category", "category", TELL_TEXT },
	{ "purpose", "purpose", TELL_TEXT },
	{ "reason", "reason_code", TELL_TEXT },
	{ "text", "text", TELL_TEXT },
	{ "opened", "opened", TELL_TEXT },
	{ "until", "until", TELL_TEXT },
	{ "closed", "closed", TELL_TEXT },
	{ "state", "state", TELL_TEXT },
	{ "review by", "review_by", TELL_TEXT },
	{ "reviewed", "reviewed", TELL_TEXT },
	{ "reviewer", "reviewer", TELL_TEXT },
	{ "review", "review_text", TELL_TEXT },
	{ "restored", "restored", TELL_TEXT },
	{ "index", "log_index", TELL_NUMBER },
	{ "operator's in 30 days", "operator_30_days.opened", TELL_NUMBER },
	{ "unjustified of them", "operator_30_days.unjustified", TELL_NUMBER },
	{ "operator suspended", "operator_30_days.suspended", TELL_YES_NO },
};

static const struct tell_field looks[] = {
	{ "at", "at", TELL_TEXT },
	{ "category", "category", TELL_TEXT },
	{ "decision", "decision", TELL_TEXT },
	{ "index", "index", TELL_NUMBER },
};

static int
breakglass_list(int argc, char **argv)
{
	struct ctl ctl = ctl_start("authctl breakglass list");
	struct listing listing = { 0 };
	struct listing_filter filters[] = { { "state", NULL }, { "operator", NULL } };
	int operand;
	/* clang-format off */
	const struct cli_option options[] = {
		{ .name = "state", .type = CLI_TEXT, .out = &filters[0].value, .value = "STATE", .help = "open, waiting, overdue, reviewed or unjustified" },
		{ .name = "operator", .type = CLI_TEXT, .out = &filters[1].value, .value = "ID", .help = "only of this operator (opr_...)" },
		LISTING_OPTIONS(&listing),
		CTL_OPTIONS(&ctl),
	};
	/* clang-format on */
	const struct cli cli = { .program = ctl.program,
				 .summary = "Prints emergencies, newest first.",
				 .options = options,
				 .count = ARRAY_LEN(options) };

	GO(cli_parse(&cli, argc, argv, &operand));
	return listing_print(&ctl, &listing, "breakglass", filters, ARRAY_LEN(filters), columns, ARRAY_LEN(columns));
}

static int
breakglass_show(int argc, char **argv)
{
	CLEANUP(json_decrefp) json_t *answer = NULL;
	CLEANUP(buf_clear) struct buf path = BUF(2048), table = { 0 };
	struct ctl ctl = ctl_start("authctl breakglass show");
	const struct cli_option options[] = { CTL_OPTIONS(&ctl) };
	const struct cli cli = { .program = ctl.program,
				 .operands = "ID",
				 .summary = "Prints one emergency, and what was looked at under it.",
				 .options = options,
				 .count = ARRAY_LEN(options),
				 .operands_least = 1,
				 .operands_most = 1 };
	int operand;

	GO(cli_parse(&cli, argc, argv, &operand));
	GO(call_path(&ctl, &path, (const char *const[]){ "breakglass/", argv[operand], NULL }));
	GO(call_get(&ctl, path.p, &answer));
	if (ctl.json)
		return ctl_print(&ctl, page, ARRAY_LEN(page), answer);
	tell_put_page(&table, page, ARRAY_LEN(page), answer);
	buf_put_char(&table, '\n');
	tell_put_table(&table, looks, ARRAY_LEN(looks), json_object_get(answer, "looks"));
	return tell_out(ctl.program, &table);
}

/* A judgement of one: its words are required, and go to the person, too. */
static int
judge(struct ctl *ctl, const char *summary, const char *step, bool wants_verdict, int argc, char **argv)
{
	CLEANUP(json_decrefp) json_t *answer = NULL, *body = json_object();
	CLEANUP(buf_clear) struct buf path = BUF(2048);
	const char *text = NULL, *verdict = NULL;
	int operand;
	/* clang-format off */
	const struct cli_option options[] = {
		{ .name = "text", .type = CLI_TEXT, .out = &text, .value = "TEXT", .help = "why, in 20 characters or more; the person reads it" },
		CTL_OPTIONS(ctl),
		{ .name = "verdict", .type = CLI_TEXT, .out = &verdict, .value = "VERDICT", .help = "justified or unjustified" },
	};
	/* clang-format on */
	const struct cli cli = { .program = ctl->program,
				 .operands = "ID",
				 .summary = summary,
				 .options = options,
				 .count = ARRAY_LEN(options) - (wants_verdict ? 0 : 1),
				 .operands_least = 1,
				 .operands_most = 1 };

	GO(cli_parse(&cli, argc, argv, &operand));
	if (text == NULL || (wants_verdict && verdict == NULL))
		return cli_usage_error(ctl->program, wants_verdict ? "give --verdict and --text" : "give --text");
	GO(ctl_put_text(ctl, body, "verdict", verdict));
	GO(ctl_put_text(ctl, body, "text", text));
	GO(call_path(ctl, &path, (const char *const[]){ "breakglass/", argv[operand], step, NULL }));
	GO(call_post(ctl, path.p, body, &answer));
	return ctl_print(ctl, page, ARRAY_LEN(page), answer);
}

static int
breakglass_review(int argc, char **argv)
{
	struct ctl ctl = ctl_start("authctl breakglass review");

	return judge(&ctl, "Judges an emergency.", "/review", true, argc, argv);
}

static int
breakglass_restore(int argc, char **argv)
{
	struct ctl ctl = ctl_start("authctl breakglass restore");

	return judge(&ctl, "Gives the right back that an unjustified emergency took.", "/restore", false, argc, argv);
}

int
cmd_breakglass(int argc, char **argv)
{
	static const struct cli_command commands[] = {
		{ "list", "print them, newest first", breakglass_list },
		{ "show", "print one and what was looked at", breakglass_show },
		{ "review", "judge one", breakglass_review },
		{ "restore", "give a right back", breakglass_restore },
	};
	static const struct cli_tool tool = { "authctl breakglass", "emergencies", commands, ARRAY_LEN(commands) };

	return cli_dispatch(&tool, argc, argv);
}
