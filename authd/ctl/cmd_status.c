/* cmd_status.c: `authctl status`: which part of authd is ready. Exit status 1 when one is not. */
#include "authd/ctl/call.h"
#include "authd/ctl/subcommands.h"

static const struct tell_field fields[] = {
	{ "version", "version", TELL_TEXT },
	{ "ready", "ready", TELL_YES_NO },
	{ "store", "parts.store", TELL_YES_NO },
	{ "keys", "parts.keys", TELL_YES_NO },
	{ "log", "parts.log", TELL_YES_NO },
	{ "policy", "parts.policy", TELL_YES_NO },
	{ "policy version", "policy.version", TELL_NUMBER },
	{ "policy sha256", "policy.sha256", TELL_TEXT },
	{ "log entries", "log.size", TELL_NUMBER },
	{ "log entries published", "log.published", TELL_NUMBER },
	{ "events waiting for the log", "outbox_waiting", TELL_NUMBER },
};

int
cmd_status(int argc, char **argv)
{
	CLEANUP(json_decrefp) json_t *answer = NULL;
	struct ctl ctl = ctl_start("authctl status");
	const struct cli_option options[] = { CTL_OPTIONS(&ctl) };
	const struct cli cli = { .program = ctl.program,
				 .summary = "Prints which part of authd is ready; exit status 1 when one is not.",
				 .options = options,
				 .count = ARRAY_LEN(options) };
	int operand, printed;

	GO(cli_parse(&cli, argc, argv, &operand));
	GO(call_get(&ctl, "/admin/v1/status", &answer));
	printed = ctl_print(&ctl, fields, ARRAY_LEN(fields), answer);
	if (printed != CLI_HOLDS)
		return printed;
	return json_is_true(json_object_get(answer, "ready")) ? CLI_HOLDS : CLI_DOES_NOT;
}
