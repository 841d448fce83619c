/* cmd_role.c: `authctl role …`: who holds which role in which organisation. The names are the policy's. */
#include "authd/ctl/subcommands.h"
#include "authd/ctl/verb.h"

static const struct tell_field fields[] = {
	{ "sub", "sub", TELL_TEXT },
	{ "organisation", "organisation", TELL_TEXT },
	{ "role", "role", TELL_TEXT },
	{ "effective", "effective", TELL_YES_NO },
};

/* clang-format off */
#define WHOSE_ROLE_WHERE                                                                                               \
	{ .name = "sub", .value = "SUB", .help = "whose role", .required = true },                                     \
	{ .name = "organisation", .value = "ID", .help = "where", .required = true },                                  \
	{ .name = "role", .value = "ROLE", .help = "which", .required = true }

#define ONLY_THERE { .name = "organisation", .value = "ID", .help = "only there" }

int
cmd_role(int argc, char **argv)
{
	static const struct verb verbs[] = {
		{ .name = "assign", .line = "give a person a role",
		  .summary = "Gives a person a role, one of at most 16 in an organisation; it counts once it is in the log.",
		  .kind = VERB_CHANGE, .path = "roles/assign", VERB_FIELDS(fields), .texts = { WHOSE_ROLE_WHERE } },
		{ .name = "revoke", .line = "take it away",
		  .summary = "Takes a role from a person, at once.",
		  .kind = VERB_CHANGE, .path = "roles/revoke", VERB_FIELDS(fields), .texts = { WHOSE_ROLE_WHERE } },
		{ .name = "list", .line = "print all assignments",
		  .summary = "Prints who holds which role where.",
		  .kind = VERB_PAGES, .path = "roles", VERB_FIELDS(fields),
		  .texts = { ONLY_THERE, { .name = "role", .value = "ROLE", .help = "only this role" } } },
		{ .name = "who", .line = "print who holds one role",
		  .summary = "Prints who holds one role.",
		  .kind = VERB_PAGES, .path = "roles", VERB_FIELDS(fields),
		  .texts = { ONLY_THERE, { .name = "role", .value = "ROLE", .help = "this role", .required = true } } },
	};

	return verb_dispatch("Says and changes who holds which role in which organisation.", verbs, ARRAY_LEN(verbs), argc,
			     argv);
}
/* clang-format on */
