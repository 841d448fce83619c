#include <stdlib.h>

#include "auditlog/tool/commands.h"
#include "auditlog/tool/say.h"
#include "auditlog/tool/verify.h"

static int
verify_log(struct verify *v, const char *log)
{
	CLEANUP(buf_clear) struct buf out = { 0 };
	int exit = verify_one(v, log, &out);

	return out.n > 0 ? verify_print(&out, exit) : exit;
}

int
cmd_verify(int argc, char **argv)
{
	CLEANUP(verify_freep) struct verify *v = calloc(1, sizeof(*v));
	int operand = 0;

	if (!v)
		return say(VERIFY_PROGRAM, CLI_CANNOT, "not enough memory");
	/* clang-format off */
	const struct cli_option options[] = {
		TARGET_OPTIONS(&v->common),
		TARGET_PRUNED(&v->common),
		{ .name = "old", .type = CLI_LIST, .out = &v->old, .value = "FILE",
		  .help = "an earlier checkpoint that the log must continue; may be given again" },
		{ .name = "list", .type = CLI_TEXT, .out = &v->list, .value = "FILE",
		  .help = "check every log that FILE names (lines \"log VKEY PLACE\") instead of LOG" },
		{ .name = "witness", .type = CLI_TEXT, .out = &v->policy, .value = "FILE",
		  .help = "witness policy (tlog-policy) whose quorum must have cosigned" },
		{ .name = "max-age", .type = CLI_TEXT, .out = &v->max_age, .value = "DURATION",
		  .help = "with --witness: cosignatures of the quorum may be this old (P1D); PT0S for any age" },
		{ .name = "strict", .type = CLI_FLAG, .out = &v->strict,
		  .help = "also judge how entries are written; files that are extra or ahead of the checkpoint are failures" },
		{ .name = "lawful", .type = CLI_FLAG, .out = &v->lawful,
		  .help = "also replay consents and policies: every permit must have had its ground" },
		{ .name = "jobs", .letter = 'j', .type = CLI_UINT, .out = &v->jobs, .value = "N", .most = SWEEP_JOBS_MAX,
		  .least = 1, .help = "threads (as many as processors)" },
		{ .name = "json", .type = CLI_FLAG, .out = &v->json, .help = "the result as one JSON object" },
	};
	/* clang-format on */
	const struct cli cli = {
		.program = VERIFY_PROGRAM,
		.operands = "[LOG]",
		.summary = "Check every entry and every file of a log against its signed checkpoint. LOG is a "
			   "directory or an https URL.",
		.options = options,
		.count = ARRAY_LEN(options),
		.operands_most = 1,
	};
	GO(cli_parse(&cli, argc, argv, &operand));
	if ((operand < argc) == (v->list != NULL))
		return cli_usage_error(VERIFY_PROGRAM, "one LOG, or --list and none");
	return v->list ? verify_list(v) : verify_log(v, argv[operand]);
}
