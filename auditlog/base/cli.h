/*
 * cli.h: command lines as tables, on getopt_long. --help and --version come by themselves; whatever is wrong with a
 * command line is said on stderr with what to do, and ends in exit status 2.
 */
#ifndef AUDITLOG_BASE_CLI_H
#define AUDITLOG_BASE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auditlog/base/attr.h"

/* The exit statuses of every tool of ours. */
enum cli_exit { CLI_HOLDS = 0, CLI_DOES_NOT = 1, CLI_USAGE = 2, CLI_CANNOT = 3 };

#define CLI_OPTIONS_MAX 40
#define CLI_LIST_MAX    64

enum cli_type {
	CLI_FLAG,   /* bool *: set to true */
	CLI_TEXT,   /* const char **: the value, not empty; given twice is an error */
	CLI_UINT,   /* uint64_t *: plain decimal, least .. most (0 = no upper limit) */
	CLI_CHOICE, /* int *: position in choices */
	CLI_LIST,   /* struct cli_list *: every value given, in order */
};

struct cli_list {
	const char *item[CLI_LIST_MAX];
	size_t n;
};

struct cli_option {
	const char *name; /* long name without dashes */
	char letter;      /* 0 when there is none */
	enum cli_type type;
	void *out;
	const char *value; /* what its value is called in the help text: "FILE"; NULL for flags */
	const char *help;
	uint64_t least, most;
	const char *const *choices; /* ends in NULL */
	bool required;
};

struct cli {
	const char *program;  /* "auditlog verify" */
	const char *operands; /* "LOG [N]", or NULL when there are none */
	const char *summary;  /* one sentence */
	const struct cli_option *options;
	size_t count;
	size_t operands_least, operands_most;
	const char *more; /* printed at the end of the help text, or NULL */
};

/* cli_parse: go on with the work. */
#define CLI_GO (-1)
/*
 * CLI_GO with the outs filled and *operand the index in argv of the first operand (argv is permuted); or the status to
 * exit with now: CLI_HOLDS after --help or --version, CLI_USAGE. Not thread-safe, as getopt is not.
 */
MUST_USE int cli_parse(const struct cli *c, int argc, char **argv, int *operand);
/* Says "program: what" and where help is, returns CLI_USAGE. */
int cli_usage_error(const char *program, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Tools with subcommands. run gets argv[0] = the subcommand. */
struct cli_command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

struct cli_tool {
	const char *program;
	const char *summary;
	const struct cli_command *commands;
	size_t count;
	const char *more; /* printed at the end of the help text, or NULL */
};

/*
 * CLI_GO with the row that argv[1] names in *row; or the status to exit with now: CLI_HOLDS after the list of commands
 * (--help and `help`) or --version, CLI_USAGE.
 */
MUST_USE int cli_choose(const struct cli_tool *tool, int argc, char **argv, size_t *row);
/* Finds the row and runs it; the exit status. */
int cli_dispatch(const struct cli_tool *tool, int argc, char **argv);

#endif
