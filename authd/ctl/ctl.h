/* ctl.h: what every subcommand of authctl has: its name, where authd listens, and how it prints. */
#ifndef AUTHD_CTL_CTL_H
#define AUTHD_CTL_CTL_H

#include <stdbool.h>

#include "auditlog/base/secret.h"
#include "authd/ctl/tell.h"

#define CTL_SOCKET "/run/ombud/admin.sock"

struct ctl {
	const char *program; /* "authctl user add" */
	const char *socket;
	const char *token_file; /* of a person's access token; NULL: the socket speaks for itself */
	bool json;
};

/* The options before the subcommand, or the defaults. */
struct ctl ctl_start(const char *program);
/*
 * Reads --socket and --json before the subcommand. CLI_GO with *used how many arguments they took; CLI_USAGE. Also sees
 * to it that what JSON values held is wiped when they are freed: requests carry passwords.
 */
MUST_USE int ctl_setup(int argc, char **argv, int *used);

/* The options of every subcommand that asks authd; c is a struct ctl *. */
#define CTL_OPTIONS(c)                                                                                                 \
	{ .name = "socket",                                                                                            \
	  .type = CLI_TEXT,                                                                                            \
	  .out = &(c)->socket,                                                                                         \
	  .value = "PATH",                                                                                             \
	  .help = "where authd listens, " CTL_SOCKET " by itself" },                                                   \
	{                                                                                                              \
		.name = "json", .type = CLI_FLAG, .out = &(c)->json, .help = "print what authd answered"               \
	}

/* Of subcommands in which somebody says yes: it takes a person, not a machine's user. */
#define CTL_TOKEN_OPTION(c)                                                                                            \
	{                                                                                                              \
		.name = "token-file", .type = CLI_TEXT, .out = &(c)->token_file, .value = "FILE",                      \
		.help = "your access token (scope admin); nobody else may read the file"                               \
	}

/* Prints the answer: as it is with --json, else as a page. Takes a reference of nothing; the exit status. */
int ctl_print(const struct ctl *c, const struct tell_field *fields, size_t n, const json_t *answer);

/*
 * A secret from a file that nobody else may read, or from stdin for "-", without the line feed at its end. What is
 * wrong is said; CLI_CANNOT.
 */
MUST_USE int ctl_secret(const struct ctl *c, const char *path, struct secret *out);
/* Reads a file that anybody may read; what is wrong is said; CLI_CANNOT. */
MUST_USE int ctl_read_file(const struct ctl *c, const char *path, struct buf *out);
/* Sets the member to the text of that file, unless path is NULL. */
MUST_USE int ctl_put_secret(const struct ctl *c, json_t *body, const char *name, const char *path);
/* Sets the member to the text unless that is NULL; CLI_USAGE when it is not UTF-8. */
MUST_USE int ctl_put_text(const struct ctl *c, json_t *body, const char *name, const char *text);
/* Sets the member to an array of the texts unless there is none; CLI_USAGE when one is not UTF-8. */
MUST_USE int ctl_put_list(const struct ctl *c, json_t *body, const char *name, const struct cli_list *list);

#endif
