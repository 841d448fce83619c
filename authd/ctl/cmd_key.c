/* cmd_key.c: `authctl key …`: the keys that sign tokens, and giving them successors. */
#include "authd/ctl/subcommands.h"
#include "authd/ctl/verb.h"

static const struct tell_field fields[] = {
	{ "kid", "kid", TELL_TEXT },
	{ "alg", "alg", TELL_TEXT },
	{ "state", "state", TELL_TEXT },
	{ "until", "until", TELL_NUMBER },
};

int
cmd_key(int argc, char **argv)
{
	/* clang-format off */
	static const struct verb verbs[] = {
		{ .name = "list", .line = "print all",
		  .summary = "Prints the keys that sign tokens.",
		  .more = "until: seconds since 1970 at which the state ends; 0 is not by itself.",
		  .kind = VERB_LIST, .path = "keys", VERB_FIELDS(fields) },
		{ .name = "rotate", .line = "begin to replace one",
		  .summary = "Makes a new key, which signs when everybody can know it.",
		  .kind = VERB_CHANGE, .path = "keys/rotate", VERB_FIELDS(fields),
		  .texts = {
			{ .name = "alg", .value = "ALG", .otherwise = "ES256",
			  .help = "ES256 (by itself: access tokens), RS256 (ID tokens) or PS256" } } },
	};
	/* clang-format on */

	return verb_dispatch("Looks after the keys that sign tokens.", verbs, ARRAY_LEN(verbs), argc, argv);
}
