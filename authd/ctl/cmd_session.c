/* cmd_session.c: `authctl session …`: who is signed in, and ending a session. */
#include "authd/ctl/listing.h"
#include "authd/ctl/subcommands.h"
#include "authd/http/json.h"

static const struct tell_field columns[] = {
	{ "sid", "sid", TELL_TEXT },      { "sub", "sub", TELL_TEXT },
	{ "acr", "acr", TELL_NUMBER },    { "started", "created_us", TELL_TIME },
	{ "seen", "seen_us", TELL_TIME }, { "expires", "expires_us", TELL_TIME },
};

/* What a client was given for longer than a session. */
static const struct tell_field lasting_columns[] = {
	{ "grant", "grant_id", TELL_TEXT },     { "sub", "sub", TELL_TEXT },
	{ "client", "client_id", TELL_TEXT },   { "scope", "scope", TELL_TEXT },
	{ "given", "created_us", TELL_TIME },   { "used", "seen_us", TELL_TIME },
	{ "expires", "expires_us", TELL_TIME },
};

static const struct tell_field changed[] = {
	{ "sid", "sid", TELL_TEXT },
	{ "grant", "grant_id", TELL_TEXT },
	{ "ended", "ended", TELL_YES_NO },
};

static int
session_list(int argc, char **argv)
{
	struct ctl ctl = ctl_start("authctl session list");
	struct listing listing = { 0 };
	struct listing_filter filters[] = { { "person", NULL }, { "offline", NULL } };
	bool offline = false;
	int operand;
	/* clang-format off */
	const struct cli_option options[] = {
		{ .name = "person", .type = CLI_TEXT, .out = &filters[0].value, .value = "SUB", .help = "only of this person" },
		{ .name = "offline", .type = CLI_FLAG, .out = &offline, .help = "clients with lasting access (refresh tokens) instead" },
		LISTING_OPTIONS(&listing),
		CTL_OPTIONS(&ctl),
	};
	/* clang-format on */
	const struct cli cli = { .program = ctl.program,
				 .summary = "Prints who is signed in.",
				 .options = options,
				 .count = ARRAY_LEN(options) };

	GO(cli_parse(&cli, argc, argv, &operand));
	filters[1].value = offline ? "1" : NULL;
	return offline ? listing_print(&ctl, &listing, "sessions", filters, ARRAY_LEN(filters), lasting_columns,
				       ARRAY_LEN(lasting_columns))
		       : listing_print(&ctl, &listing, "sessions", filters, ARRAY_LEN(filters), columns,
				       ARRAY_LEN(columns));
}

static int
session_end(int argc, char **argv)
{
	CLEANUP(json_decrefp) json_t *answer = NULL;
	CLEANUP(buf_clear) struct buf path = BUF(2048);
	struct ctl ctl = ctl_start("authctl session end");
	const struct cli_option options[] = { CTL_OPTIONS(&ctl) };
	const struct cli cli = { .program = ctl.program,
				 .operands = "SID|GRANT",
				 .summary = "Ends a session, or a client's lasting access.",
				 .options = options,
				 .count = ARRAY_LEN(options),
				 .operands_least = 1,
				 .operands_most = 1 };
	int operand;

	GO(cli_parse(&cli, argc, argv, &operand));
	GO(call_path(&ctl, &path, (const char *const[]){ "sessions/", argv[operand], "/end", NULL }));
	GO(call_post(&ctl, path.p, NULL, &answer));
	return ctl_print(&ctl, changed, ARRAY_LEN(changed), answer);
}

int
cmd_session(int argc, char **argv)
{
	static const struct cli_command commands[] = {
		{ "list", "print who is signed in", session_list },
		{ "end", "end one", session_end },
	};
	static const struct cli_tool tool = { "authctl session", "who is signed in", commands, ARRAY_LEN(commands) };

	return cli_dispatch(&tool, argc, argv);
}
