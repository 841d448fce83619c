/* auditlog: the auditor's tool. Needs published files and a public key, nothing else. */
#include "auditlog/base/cli.h"
#include "auditlog/base/log.h"
#include "auditlog/tool/commands.h"

static const struct cli_command commands[] = {
	{ "verify", "check a whole log: signatures, tree, chain, every file", cmd_verify },
	{ "show", "print entries, each proven against the checkpoint", cmd_show },
	{ "find", "print the entries that match, from a log checked on the way", cmd_find },
	{ "prove", "make a proof file (tlog-proof) for one entry", cmd_prove },
	{ "check", "check a proof file against an entry and a key, offline", cmd_check },
	{ "consistency", "show that one checkpoint continues another", cmd_consistency },
	{ "follow", "watch a log: alarm on a fork, a rollback or silence", cmd_follow },
	{ "export", "write entries as JSON lines or CSV", cmd_export },
	{ "stats", "count what a log holds", cmd_stats },
};

static const struct cli_tool tool = {
	.program = "auditlog",
	.summary = "Checks and reads an Ombud audit log.",
	.commands = commands,
	.count = ARRAY_LEN(commands),
	.more = "Exit status: 0 it holds, 1 it does not, 2 usage, 3 cannot read.",
};

int
main(int argc, char **argv)
{
	log_open("auditlog", LOG_LEVEL_WARN);
	return cli_dispatch(&tool, argc, argv);
}
