/* policy_source.h: the bundle that a subcommand of `authctl policy` asks: a folder, or the one in force. */
#ifndef AUTHD_CTL_POLICY_SOURCE_H
#define AUTHD_CTL_POLICY_SOURCE_H

#include "authd/ctl/call.h"
#include "authd/policy/policy.h"

/* CLI_GO with the bundle of the folder, or its exit status with what is wrong said. */
MUST_USE int policy_source_folder(const struct ctl *c, const char *dir, struct policy **out);
/*
 * The same with the bundle that authd has in force; *consents (may be NULL) is how many consents rest on each purpose,
 * the caller's.
 */
MUST_USE int policy_source_active(const struct ctl *c, struct policy **out, json_t **consents);
/* Of the folder, or in force when dir is NULL. */
MUST_USE int policy_source(const struct ctl *c, const char *dir, struct policy **out);

/* Prints the report as JSON or as the text that put made of it; exit is what to end with. */
int policy_source_print(const struct ctl *c, const json_t *report, const struct buf *text, int exit);

/* --lang ru|en; the position is a enum words_lang. */
extern const char *const policy_source_langs[];
#define POLICY_SOURCE_LANG(l)                                                                                          \
	{                                                                                                              \
		.name = "lang", .type = CLI_CHOICE, .out = (l), .value = "ru|en", .choices = policy_source_langs,      \
		.help = "language of the text, ru by itself"                                                           \
	}

/* What a proposal is shown as. */
#define POLICY_PROPOSAL_FIELDS 7
extern const struct tell_field policy_proposal_fields[POLICY_PROPOSAL_FIELDS];

/* The subcommands that stand in files of their own. */
int policy_diff_command(int argc, char **argv);
int policy_explain_command(int argc, char **argv);
int policy_who_can_command(int argc, char **argv);
int policy_what_can_command(int argc, char **argv);
int policy_propose_command(int argc, char **argv);
int policy_proposals_command(int argc, char **argv);
int policy_activate_command(int argc, char **argv);

#endif
