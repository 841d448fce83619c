/* cmd_key.c: `authctl key …`: the keys that sign tokens, and giving them successors. */
#include "authd/ctl/listing.h"
#include "authd/ctl/subcommands.h"
#include "authd/http/json.h"

static const struct tell_field fields[] = {
	{ "kid", "kid", TELL_TEXT },
	{ "alg", "alg", TELL_TEXT },
	{ "state", "state", TELL_TEXT },
	{ "until", "until", TELL_NUMBER },
};

static int
key_list(int argc, char **argv)
{
	struct ctl ctl = ctl_start("authctl key list");
	const struct listing listing = { 0 };
	const struct cli_option options[] = { CTL_OPTIONS(&ctl) };
	const struct cli cli = { .program = ctl.program,
				 .summary = "Prints the keys that sign tokens.",
				 .options = options,
				 .count = ARRAY_LEN(options),
				 .more = "until: seconds since 1970 at which the state ends; 0 is not by itself." };
	int operand;

	GO(cli_parse(&cli, argc, argv, &operand));
	return listing_print(&ctl, &listing, "keys", NULL, 0, fields, ARRAY_LEN(fields));
}

static int
key_rotate(int argc, char **argv)
{
	CLEANUP(json_decrefp) json_t *body = json_object();
	CLEANUP(json_decrefp) json_t *answer = NULL;
	struct ctl ctl = ctl_start("authctl key rotate");
	const char *alg = "ES256";
	const struct cli_option options[] = {
		{ .name = "alg",
		  .type = CLI_TEXT,
		  .out = &alg,
		  .value = "ALG",
		  .help = "ES256 (by itself: access tokens), RS256 (ID tokens) or PS256" },
		CTL_OPTIONS(&ctl),
	};
	const struct cli cli = { .program = ctl.program,
				 .summary = "Makes a new key, which signs when everybody can know it.",
				 .options = options,
				 .count = ARRAY_LEN(options) };
	int operand;

	GO(cli_parse(&cli, argc, argv, &operand));
	GO(ctl_put_text(&ctl, body, "alg", alg));
	GO(call_post(&ctl, "/admin/v1/keys/rotate", body, &answer));
	return ctl_print(&ctl, fields, ARRAY_LEN(fields), answer);
}

int
cmd_key(int argc, char **argv)
{
	static const struct cli_command commands[] = {
		{ "list", "print all", key_list },
		{ "rotate", "begin to replace one", key_rotate },
	};
	static const struct cli_tool tool = { "authctl key", "the keys that sign tokens", commands,
					      ARRAY_LEN(commands) };

	return cli_dispatch(&tool, argc, argv);
}
