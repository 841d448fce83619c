#include <inttypes.h>
#include <stdlib.h>

#include "auditlog/tool/commands.h"
#include "auditlog/tool/prove_map.h"
#include "auditlog/tool/proven.h"
#include "auditlog/tool/say.h"

#define PROGRAM "auditlog prove"

struct prove {
	struct target_options common;
	const char *file, *entry_file;
	struct prove_map map; /* with --tag */
	struct proven proven;
};

static void
prove_freep(struct prove **p)
{
	if (*p)
		proven_close(&(*p)->proven);
	free(*p);
}

/* Its text is gone; who has it from elsewhere can still be given the path. */
static int
path_of_pruned(struct prove *p, uint64_t index)
{
	if (p->entry_file)
		return say(PROGRAM, CLI_DOES_NOT, "DOES NOT HOLD: the log keeps entry %" PRIu64 " no longer", index);
	if (!proven_path(&p->proven, index))
		return say_findings(PROGRAM, &p->proven.found);
	say(PROGRAM, 0, "the log keeps entry %" PRIu64 " no longer: the proof is for whoever has it", index);
	return CLI_GO;
}

static int
path_of(struct prove *p, uint64_t index, struct str *line)
{
	struct entry_view view;

	if (proven_pruned(&p->proven, index))
		return path_of_pruned(p, index);
	return proven_entry(&p->proven, index, line, &view) ? CLI_GO : say_findings(PROGRAM, &p->proven.found);
}

static int
run(struct prove *p, uint64_t index)
{
	CLEANUP(buf_clear) struct buf text = BUF(PROOF_FILE_MAX);
	struct proof_file proof = { .index = index };
	struct str line = { 0 };

	GO(path_of(p, index, &line));
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
		TARGET_PRUNED(&p->common),
		{ .name = "output", .letter = 'o', .type = CLI_TEXT, .out = &p->file, .value = "FILE",
		  .help = "write the proof there instead of to standard output" },
		{ .name = "entry-output", .type = CLI_TEXT, .out = &p->entry_file, .value = "FILE",
		  .help = "write the entry itself there, byte for byte, for auditlog check" },
		{ .name = "tag", .type = CLI_TEXT, .out = &p->map.tag, .value = "TAG",
		  .help = "instead of N: prove which entries carry this tag, or that none does" },
		{ .name = "month", .type = CLI_TEXT, .out = &p->map.month, .value = "YYYY-MM",
		  .help = "with --tag: the month (that of the newest entry)" },
		{ .name = "jobs", .letter = 'j', .type = CLI_UINT, .out = &p->map.jobs, .value = "N", .least = 1,
		  .most = SWEEP_JOBS_MAX, .help = "with --tag: threads (as many as processors)" },
	};
	/* clang-format on */
	const struct cli cli = {
		.program = PROGRAM,
		.operands = "LOG N | LOG --tag TAG",
		.summary = "Write a tlog-proof that entry N is in the log under its present signed checkpoint, or a "
			   "proof that these are all entries with a tag.",
		.options = options,
		.count = ARRAY_LEN(options),
		.operands_least = 1,
		.operands_most = 2,
	};
	GO(cli_parse(&cli, argc, argv, &operand));
	if ((p->map.tag == NULL) != (argc - operand == 2))
		return say(PROGRAM, CLI_USAGE, "give the index of an entry, or --tag TAG");
	if (p->map.tag != NULL) {
		p->map.file = p->file;
		return prove_map(&p->map, PROGRAM, argv[operand], &p->common);
	}
	if (str_to_u64(str_of(argv[operand + 1]), MERKLE_SIZE_MAX, &index) != OK)
		return say(PROGRAM, CLI_USAGE, "%s: write the index of an entry (4711)", argv[operand + 1]);
	GO(proven_open(&p->proven, PROGRAM, argv[operand], &p->common));
	return run(p, index);
}
