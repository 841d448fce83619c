#include <inttypes.h>
#include <stdlib.h>

#include "auditlog/tool/commands.h"
#include "auditlog/tool/proven.h"
#include "auditlog/tool/say.h"

#define PROGRAM "auditlog prove"

struct prove {
	struct target_options common;
	const char *file, *entry_file;
	struct proven proven;
};

static void
prove_freep(struct prove **p)
{
	if (*p)
		proven_close(&(*p)->proven);
	free(*p);
}

static int
run(struct prove *p, uint64_t index)
{
	CLEANUP(buf_clear) struct buf text = BUF(PROOF_FILE_MAX);
	struct entry_view view;
	struct proof_file proof = { .index = index };
	struct str line;

	if (!proven_entry(&p->proven, index, &line, &view))
		return say_findings(PROGRAM, &p->proven.found);
	proof.path = p->proven.path;
	proof.checkpoint = buf_str(&p->proven.target.bytes);
	proof_put_file(&text, &proof);
	if (buf_status(&text) != OK)
		return say(PROGRAM, CLI_CANNOT, "the proof does not fit (%s)", status_name(buf_status(&text)));
	if (p->entry_file)
		GO(say_out(PROGRAM, p->entry_file, line));
	GO(say_out(PROGRAM, p->file, buf_str(&text)));
	return CLI_HOLDS;
}

int
cmd_prove(int argc, char **argv)
{
	CLEANUP(prove_freep) struct prove *p = calloc(1, sizeof(*p));
	uint64_t index = 0;
	int operand = 0;

	if (!p)
		return say(PROGRAM, CLI_CANNOT, "not enough memory");
	/* clang-format off */
	const struct cli_option options[] = {
		TARGET_OPTIONS(&p->common),
		{ .name = "output", .letter = 'o', .type = CLI_TEXT, .out = &p->file, .value = "FILE",
		  .help = "write the proof there instead of to standard output" },
		{ .name = "entry-output", .type = CLI_TEXT, .out = &p->entry_file, .value = "FILE",
		  .help = "write the entry itself there, byte for byte, for auditlog check" },
	};
	/* clang-format on */
	const struct cli cli = {
		.program = PROGRAM,
		.operands = "LOG N",
		.summary = "Write a tlog-proof that entry N is in the log under its present signed checkpoint.",
		.options = options,
		.count = ARRAY_LEN(options),
		.operands_least = 2,
		.operands_most = 2,
	};
	GO(cli_parse(&cli, argc, argv, &operand));
	if (str_to_u64(str_of(argv[operand + 1]), MERKLE_SIZE_MAX, &index) != OK)
		return say(PROGRAM, CLI_USAGE, "%s: write the index of an entry (4711)", argv[operand + 1]);
	GO(proven_open(&p->proven, PROGRAM, argv[operand], &p->common));
	return run(p, index);
}
