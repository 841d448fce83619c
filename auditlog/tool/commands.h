/* commands.h: the subcommands of auditlog, one file each. argv[0] is the subcommand; they return the exit status. */
#ifndef AUDITLOG_TOOL_COMMANDS_H
#define AUDITLOG_TOOL_COMMANDS_H

int cmd_verify(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_find(int argc, char **argv);
int cmd_prove(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_consistency(int argc, char **argv);
int cmd_follow(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_stats(int argc, char **argv);

#endif
