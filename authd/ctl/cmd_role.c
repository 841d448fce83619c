/* cmd_role.c: `authctl role …`: who holds which role in which organisation. The names are the policy's. */
#include "authd/ctl/listing.h"
#include "authd/ctl/subcommands.h"
#include "authd/http/json.h"

static const struct tell_field fields[] = {
	{ "sub", "sub", TELL_TEXT },
	{ "organisation", "organisation", TELL_TEXT },
	{ "role", "role", TELL_TEXT },
	{ "effective", "effective", TELL_YES_NO },
};

static int
change(int argc, char **argv, const char *program, const char *summary, const char *path)
{
	CLEANUP(json_decrefp) json_t *body = json_object(), *answer = NULL;
	struct ctl ctl = ctl_start(program);
	const char *sub = NULL, *organisation = NULL, *role = NULL;
	int operand;
	/* clang-format off */
	const struct cli_option options[] = {
		{ .name = "sub", .type = CLI_TEXT, .out = &sub, .value = "SUB", .help = "whose role", .required = true },
		{ .name = "organisation", .type = CLI_TEXT, .out = &organisation, .value = "ID", .help = "where", .required = true },
		{ .name = "role", .type = CLI_TEXT, .out = &role, .value = "ROLE", .help = "which", .required = true },
		CTL_OPTIONS(&ctl),
	};
	/* clang-format on */
	const struct cli cli = {
		.program = program, .summary = summary, .options = options, .count = ARRAY_LEN(options)
	};

	GO(cli_parse(&cli, argc, argv, &operand));
	GO(ctl_put_text(&ctl, body, "sub", sub));
	GO(ctl_put_text(&ctl, body, "organisation", organisation));
	GO(ctl_put_text(&ctl, body, "role", role));
	GO(call_post(&ctl, path, body, &answer));
	return ctl_print(&ctl, fields, ARRAY_LEN(fields), answer);
}

static int
role_assign(int argc, char **argv)
{
	return change(argc, argv, "authctl role assign",
		      "Gives a person a role, one of at most 16 in an organisation; it counts once it is in the log.",
		      "/admin/v1/roles/assign");
}

static int
role_revoke(int argc, char **argv)
{
	return change(argc, argv, "authctl role revoke", "Takes a role from a person, at once.",
		      "/admin/v1/roles/revoke");
}

static int
list(int argc, char **argv, const char *program, const char *summary, bool role_needed)
{
	struct ctl ctl = ctl_start(program);
	struct listing listing = { 0 };
	struct listing_filter filters[] = { { "organisation", NULL }, { "role", NULL } };
	int operand;
	/* clang-format off */
	const struct cli_option options[] = {
		{ .name = "organisation", .type = CLI_TEXT, .out = &filters[0].value, .value = "ID", .help = "only there" },
		{ .name = "role", .type = CLI_TEXT, .out = &filters[1].value, .value = "ROLE", .help = "only this role", .required = role_needed },
		LISTING_OPTIONS(&listing),
		CTL_OPTIONS(&ctl),
	};
	/* clang-format on */
	const struct cli cli = {
		.program = program, .summary = summary, .options = options, .count = ARRAY_LEN(options)
	};

	GO(cli_parse(&cli, argc, argv, &operand));
	return listing_print(&ctl, &listing, "roles", filters, ARRAY_LEN(filters), fields, ARRAY_LEN(fields));
}

static int
role_list(int argc, char **argv)
{
	return list(argc, argv, "authctl role list", "Prints who holds which role where.", false);
}

static int
role_who(int argc, char **argv)
{
	return list(argc, argv, "authctl role who", "Prints who holds one role.", true);
}

int
cmd_role(int argc, char **argv)
{
	static const struct cli_command commands[] = {
		{ "assign", "give a person a role", role_assign },
		{ "revoke", "take it away", role_revoke },
		{ "list", "print all assignments", role_list },
		{ "who", "print who holds one role", role_who },
	};
	static const struct cli_tool tool = { "authctl role", "who holds which role in which organisation", commands,
					      ARRAY_LEN(commands) };

	return cli_dispatch(&tool, argc, argv);
}
