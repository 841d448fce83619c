/* cmd_subject.c: `authctl subject …`: erasing a person, and everything that is known of them as one document. */
#include "authd/ctl/call.h"
#include "authd/ctl/subcommands.h"
#include "authd/http/json.h"

/* ---- erase ---- */

static int
subject_erase(int argc, char **argv)
{
	static const struct tell_field shown[] = {
		{ "sub", "sub", TELL_TEXT },
		{ "erased", "erased", TELL_YES_NO },
		{ "announced (subject.erasing), entry", "erasing_receipt.index", TELL_NUMBER },
		{ "its leaf", "erasing_receipt.leaf", TELL_TEXT },
		{ "done (subject.erased), entry", "erased_receipt.index", TELL_NUMBER },
		{ "its leaf", "erased_receipt.leaf", TELL_TEXT },
	};
	CLEANUP(json_decrefp) json_t *body = json_object(), *answer = NULL;
	CLEANUP(buf_clear) struct buf path = BUF(2048);
	struct ctl ctl = ctl_start("authctl subject erase");
	const char *confirm = NULL;
	int operand;
	/* clang-format off */
	const struct cli_option options[] = {
		{ .name = "confirm", .type = CLI_TEXT, .out = &confirm, .value = "SUB", .help = "the same id again: this cannot be undone", .required = true },
		CTL_OPTIONS(&ctl),
	};
	/* clang-format on */
	const struct cli cli = {
		.program = ctl.program,
		.operands = "SUB",
		.summary = "Destroys a person's key: what was sealed under it opens for nobody any more. Ends their "
			   "sign-ins and consents.",
		.options = options,
		.count = ARRAY_LEN(options),
		.operands_least = 1,
		.operands_most = 1,
	};

	GO(cli_parse(&cli, argc, argv, &operand));
	GO(ctl_put_text(&ctl, body, "confirm", confirm));
	GO(call_path(&ctl, &path, (const char *const[]){ "subjects/", argv[operand], "/erase", NULL }));
	GO(call_post(&ctl, path.p, body, &answer));
	return ctl_print(&ctl, shown, ARRAY_LEN(shown), answer);
}

int
cmd_subject(int argc, char **argv)
{
	static const struct cli_command commands[] = {
		{ "erase", "destroy a person's key, for good", subject_erase },
	};
	static const struct cli_tool tool = { "authctl subject", "everything about a person", commands,
					      ARRAY_LEN(commands) };

	return cli_dispatch(&tool, argc, argv);
}
