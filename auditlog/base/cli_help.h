/* cli_help.h: what --help prints: no line longer than 80 characters unless one word is, texts under each other. */
#ifndef AUDITLOG_BASE_CLI_HELP_H
#define AUDITLOG_BASE_CLI_HELP_H

#include "auditlog/base/cli.h"

/* On stdout: how the command is called with what it requires, its sentence, its options. */
void cli_help(const struct cli *c);
/* On stdout: the commands of a tool, one line each. */
void cli_help_commands(const struct cli_tool *tool);

#endif
