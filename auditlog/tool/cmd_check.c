#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "auditlog/base/clock.h"
#include "auditlog/core/entry.h"
#include "auditlog/core/proof.h"
#include "auditlog/tool/attest.h"
#include "auditlog/tool/check_map.h"
#include "auditlog/tool/commands.h"
#include "auditlog/tool/say.h"
#include "auditlog/tool/vouch.h"

#define PROGRAM "auditlog check"

/* Works on the files that it is given and nothing else: no log, no network. */
struct check {
	struct cli_list keys;
	const char *entry_file, *policy, *file;
	const char *tag, *month; /* of a proof of completeness */
	struct trust trust;
	struct quorum quorum;
	struct buf proof_text, entry_text, policy_text;
	struct findings found;
};

static void
check_freep(struct check **c)
{
	if (!*c)
		return;
	buf_clear(&(*c)->proof_text);
	buf_clear(&(*c)->entry_text);
	buf_clear(&(*c)->policy_text);
	free(*c);
}

static int
load(struct check *c)
{
	char why[160];

	c->proof_text = BUF(c->tag ? MAPPROOF_MAX : PROOF_FILE_MAX);
	c->entry_text = BUF(ENTRY_MAX + 1);
	c->policy_text = BUF(QUORUM_FILE_MAX);
	for (size_t i = 0; i < c->keys.n; i++)
		GO(vouch_option(&c->trust, PROGRAM, c->keys.item[i]));
	GO(say_read(PROGRAM, c->file, &c->proof_text));
	if (c->entry_file)
		GO(say_read(PROGRAM, c->entry_file, &c->entry_text));
	if (!c->policy)
		return CLI_GO;
	GO(say_read(PROGRAM, c->policy, &c->policy_text));
	if (quorum_parse(buf_str(&c->policy_text), &c->quorum, why, sizeof(why)) != OK)
		return say(PROGRAM, CLI_USAGE, "%s: %s", c->policy, why);
	return CLI_GO;
}

/* An entry has no line breaks, so one at the end is an editor's or a shell's. */
static struct str
entry_of(const struct check *c)
{
	struct str line = buf_str(&c->entry_text);

	if (str_ends(line, STR("\n")))
		line.n--;
	return line;
}

static void
judge_entry(struct check *c, const struct proof_file *proof, const struct checkpoint *head)
{
	struct str line = entry_of(c);
	struct hash leaf = hash_leaf(line);
	struct entry_view view;

	if (proof_check_inclusion(&proof->path, proof->index, head->size, &leaf, &head->root) != OK)
		findings_bad(&c->found, c->entry_file,
			     "it is not entry %" PRIu64 " of this log: its hash does not lead to the signed root of %s",
			     proof->index, c->file);
	else if (entry_parse(line, &view) != OK || view.index != proof->index)
		findings_bad(&c->found, c->entry_file,
			     "it is not written as an entry with this index must be (auditlog.5)");
}

static int
judge(struct check *c)
{
	struct quorum_result witnesses = { 0 };
	struct proof_file proof;
	struct checkpoint head;
	struct note note;
	CLEANUP(buf_clear) struct buf text = { 0 };

	if (proof_parse_file(buf_str(&c->proof_text), &proof) != OK) {
		findings_bad(&c->found, c->file, "it is no tlog-proof (c2sp.org/tlog-proof@v1)");
		return say_findings(PROGRAM, &c->found);
	}
	if (!vouch_checkpoint(&c->trust, proof.checkpoint, c->file, &note, &head, &c->found))
		return say_findings(PROGRAM, &c->found);
	if (c->policy)
		attest_check(&(struct attest){ .quorum = &c->quorum, .now_us = clock_now_us() }, &note, c->file,
			     &witnesses, &c->found);
	judge_entry(c, &proof, &head);
	if (!findings_none(&c->found))
		return say_findings(PROGRAM, &c->found);
	buf_printf(&text,
		   "HOLDS: %s is entry %" PRIu64 " of %.*s, under its signed checkpoint of %" PRIu64 " entries\n",
		   c->entry_file, proof.index, STR_ARG(head.origin), head.size);
	if (c->policy)
		buf_printf(&text, "cosigned by %zu of %zu witnesses\n", witnesses.cosigned, witnesses.witnesses);
	GO(say_out(PROGRAM, NULL, buf_str(&text)));
	return CLI_HOLDS;
}

static int
judge_map(struct check *c)
{
	const struct attest attest = { .quorum = &c->quorum, .now_us = clock_now_us() };
	struct check_map m = {
		.tag = c->tag,
		.month = c->month,
		.file = c->file,
		.trust = &c->trust,
		.attest = c->policy ? &attest : NULL,
	};

	return check_map(&m, PROGRAM, buf_str(&c->proof_text));
}

int
cmd_check(int argc, char **argv)
{
	CLEANUP(check_freep) struct check *c = calloc(1, sizeof(*c));
	int operand = 0;

	if (!c)
		return say(PROGRAM, CLI_CANNOT, "not enough memory");
	/* clang-format off */
	const struct cli_option options[] = {
		{ .name = "entry", .letter = 'e', .type = CLI_TEXT, .out = &c->entry_file, .value = "FILE",
		  .help = "the entry, byte for byte (one line break at its end is fine)" },
		{ .name = "tag", .type = CLI_TEXT, .out = &c->tag, .value = "TAG",
		  .help = "instead of --entry: PROOF says which entries carry this tag, or that none does" },
		{ .name = "month", .type = CLI_TEXT, .out = &c->month, .value = "YYYY-MM",
		  .help = "with --tag: the proof must be about this month" },
		{ .name = "key", .letter = 'k', .type = CLI_LIST, .out = &c->keys, .value = "VKEY", .required = true,
		  .help = "verifier key of the log, or a file of them; may be given again" },
		{ .name = "witness", .type = CLI_TEXT, .out = &c->policy, .value = "FILE",
		  .help = "witness policy (tlog-policy) whose quorum must have cosigned" },
	};
	/* clang-format on */
	const struct cli cli = {
		.program = PROGRAM,
		.operands = "PROOF",
		.summary = "Check that an entry is in a log, or which entries carry a tag, from the proof file and the "
			   "key alone. Works "
			   "offline.",
		.options = options,
		.count = ARRAY_LEN(options),
		.operands_least = 1,
		.operands_most = 1,
	};
	GO(cli_parse(&cli, argc, argv, &operand));
	c->file = argv[operand];
	if ((c->entry_file == NULL) == (c->tag == NULL) || (c->month && !c->tag))
		return say(PROGRAM, CLI_USAGE,
			   "give --entry FILE for the proof of an entry, or --tag TAG for a proof of completeness");
	GO(load(c));
	return c->tag ? judge_map(c) : judge(c);
}
