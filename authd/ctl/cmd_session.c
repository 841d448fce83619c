/* cmd_session.c: `authctl session …`: who is signed in, and ending a session. */
#include "authd/ctl/listing.h"
#include "authd/ctl/subcommands.h"
#include "authd/ctl/verb.h"

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

int
cmd_session(int argc, char **argv)
{
	/* clang-format off */
	static const struct verb verbs[] = {
		{ .name = "list", .line = "print who is signed in", .run = session_list },
		{ .name = "end", .line = "end one",
		  .summary = "Ends a session, or a client's lasting access.",
		  .kind = VERB_CHANGE, .path = "sessions/", .operand = "SID|GRANT", .step = "/end",
		  VERB_FIELDS(changed) },
	};
	/* clang-format on */

	return verb_dispatch("Says who is signed in, and ends sessions.", verbs, ARRAY_LEN(verbs), argc, argv);
}
