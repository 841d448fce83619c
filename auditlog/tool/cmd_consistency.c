#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "auditlog/tool/commands.h"
#include "auditlog/tool/say.h"
#include "auditlog/tool/target.h"

#define PROGRAM "auditlog consistency"

struct consistency {
	struct target_options common;
	const char *old_name, *new_name; /* files; the new one may be the published checkpoint */
	const char *file;
	struct target target;
	struct vouch_file old_file, new_file;
	const struct checkpoint *head; /* the newer one */
	struct proof proof;
	struct findings found;
};

static void
consistency_freep(struct consistency **c)
{
	if (!*c)
		return;
	target_clear(&(*c)->target);
	vouch_file_clear(&(*c)->old_file);
	vouch_file_clear(&(*c)->new_file);
	free(*c);
}

/* CLI_GO with *c->head and the old one opened; findings otherwise. */
static int
load(struct consistency *c, const char *log)
{
	bool opened = false;

	c->common.own_key = true;
	GO(target_open(&c->target, PROGRAM, log, &c->common, &c->found));
	if (!findings_none(&c->found))
		return CLI_GO;
	GO(vouch_file_open(&c->target.keys, PROGRAM, c->old_name, &c->old_file, &opened, &c->found));
	c->head = &c->target.head;
	if (!c->new_name)
		return CLI_GO;
	GO(vouch_file_open(&c->target.keys, PROGRAM, c->new_name, &c->new_file, &opened, &c->found));
	c->head = &c->new_file.head;
	return CLI_GO;
}

static bool
comparable(struct consistency *c)
{
	const struct checkpoint *old = &c->old_file.head;

	if (!str_eq(old->origin, c->head->origin))
		findings_bad(&c->found, c->old_name, "it is a checkpoint of another log, %.*s", STR_ARG(old->origin));
	else if (old->size > c->head->size)
		findings_bad(&c->found, c->old_name,
			     "it has %" PRIu64 " entries and the newer one only %" PRIu64 ": entries are gone",
			     old->size, c->head->size);
	else if (c->head->size > c->target.head.size)
		findings_bad(&c->found, c->new_name, "it has %" PRIu64 " entries and the published log only %" PRIu64,
			     c->head->size, c->target.head.size);
	return findings_none(&c->found);
}

static void
compare(struct consistency *c)
{
	CLEANUP(target_source_close) struct source source = { 0 };
	const struct checkpoint *old = &c->old_file.head;
	enum status st = target_source(&c->target, &source);

	if (st == OK)
		st = logread_consistency(source.log, old->size, c->head->size, &c->proof);
	if (st != OK) {
		findings_resource(&c->found, c->target.name, st, target_why(&source, st));
		return;
	}
	/* The hashes come from files that nobody checked, which is no harm: a proof of wrong hashes proves nothing. */
	if (proof_check_consistency(&c->proof, old->size, &old->root, c->head->size, &c->head->root) != OK)
		findings_bad(&c->found, c->old_name,
			     "no proof that its %" PRIu64 " entries are the first of the %" PRIu64
			     ": the log was rewritten, or its tiles are damaged (auditlog verify --old tells which)",
			     old->size, c->head->size);
}

static int
report(const struct consistency *c)
{
	CLEANUP(buf_clear) struct buf lines = { 0 };
	CLEANUP(buf_clear) struct buf text = { 0 };

	if (!findings_none(&c->found))
		return say_findings(PROGRAM, &c->found);
	proof_put_lines(&lines, &c->proof);
	if (buf_status(&lines) != OK)
		return say(PROGRAM, CLI_CANNOT, "not enough memory");
	if (c->file)
		GO(say_out(PROGRAM, c->file, buf_str(&lines)));
	buf_printf(&text, "HOLDS: the %" PRIu64 " entries of %s are the first of the %" PRIu64 " of %.*s\n",
		   c->old_file.head.size, c->old_name, c->head->size, STR_ARG(c->head->origin));
	GO(say_out(PROGRAM, NULL, buf_str(&text)));
	return CLI_HOLDS;
}

int
cmd_consistency(int argc, char **argv)
{
	CLEANUP(consistency_freep) struct consistency *c = calloc(1, sizeof(*c));
	int operand = 0;

	if (!c)
		return say(PROGRAM, CLI_CANNOT, "not enough memory");
	/* clang-format off */
	const struct cli_option options[] = {
		TARGET_OPTIONS(&c->common),
		{ .name = "output", .letter = 'o', .type = CLI_TEXT, .out = &c->file, .value = "FILE",
		  .help = "write the hashes of the proof there, one base64 line each" },
	};
	/* clang-format on */
	const struct cli cli = {
		.program = PROGRAM,
		.operands = "LOG OLD [NEW]",
		.summary = "Show that the log under checkpoint NEW (the published one) continues the log under "
			   "checkpoint OLD.",
		.options = options,
		.count = ARRAY_LEN(options),
		.operands_least = 2,
		.operands_most = 3,
	};
	GO(cli_parse(&cli, argc, argv, &operand));
	c->old_name = argv[operand + 1];
	c->new_name = argc - operand > 2 ? argv[operand + 2] : NULL;
	GO(load(c, argv[operand]));
	if (findings_none(&c->found) && comparable(c))
		compare(c);
	return report(c);
}
