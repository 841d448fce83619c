/* cmd_consent.c: `authctl consent …`: looking after consents. Each look is recorded, with the person it is about. */
#include "authd/ctl/subcommands.h"
#include "authd/ctl/verb.h"

static const struct tell_field columns[] = {
	{ "record_id", "record_id", TELL_TEXT }, { "person", "person", TELL_TEXT }, { "service", "service", TELL_TEXT },
	{ "purpose", "purpose", TELL_TEXT },     { "state", "state", TELL_TEXT },   { "code", "code", TELL_TEXT },
	{ "index", "log_index", TELL_NUMBER },
};

static const struct tell_field page[] = {
	{ "record_id", "record_id", TELL_TEXT },
	{ "code", "code", TELL_TEXT },
	{ "state", "state", TELL_TEXT },
	{ "person", "subject.id", TELL_TEXT },
	{ "given by", "given_by.who", TELL_TEXT },
	{ "purpose", "purpose.code", TELL_TEXT },
	{ "purpose version", "purpose.version", TELL_NUMBER },
	{ "controller", "controller.name", TELL_TEXT },
	{ "legal basis", "legal_basis.ref", TELL_TEXT },
	{ "from", "validity.from", TELL_TEXT },
	{ "until", "validity.until", TELL_TEXT },
};

static const struct tell_field changed[] = {
	{ "record_id", "record_id", TELL_TEXT },
	{ "state", "state", TELL_TEXT },
};

/* clang-format off */
#define WHY { .name = "why", .value = "WORD", .help = "the reason, see authctl(1)", .required = true }

int
cmd_consent(int argc, char **argv)
{
	static const struct verb verbs[] = {
		{ .name = "list", .line = "print those of a person or to a service",
		  .summary = "Prints the consents of a person, or to a service.",
		  .kind = VERB_PAGES, .path = "consents", VERB_FIELDS(columns), .any_of = 2,
		  .texts = {
			{ .name = "person", .value = "SUB", .help = "given by this person" },
			{ .name = "service", .value = "ID", .help = "given to this service" },
			{ .name = "purpose", .value = "CODE", .help = "only for this purpose" },
			{ .name = "state", .value = "STATE", .help = "only in this state" } } },
		{ .name = "show", .line = "print one",
		  .summary = "Prints one consent; the whole record with --json.",
		  .kind = VERB_SHOW, .path = "consents/", .operand = "RECORD_ID", VERB_FIELDS(page) },
		{ .name = "withdraw", .line = "take one back for a person who asked",
		  .summary = "Takes a consent back for a person who asked for it.",
		  .kind = VERB_CHANGE, .path = "consents/", .operand = "RECORD_ID", .step = "/withdraw",
		  VERB_FIELDS(changed) },
		{ .name = "revoke", .line = "end one by an officer's decision",
		  .summary = "Ends a consent by an officer's decision.",
		  .kind = VERB_CHANGE, .path = "consents/", .operand = "RECORD_ID", .step = "/revoke",
		  VERB_FIELDS(changed), .texts = { WHY } },
		{ .name = "invalidate", .line = "end one that was never good",
		  .summary = "Ends a consent that was never good.",
		  .kind = VERB_CHANGE, .path = "consents/", .operand = "RECORD_ID", .step = "/invalidate",
		  VERB_FIELDS(changed), .texts = { WHY } },
	};

	return verb_dispatch("Looks after consents. Each look is recorded, with the person it is about.", verbs, ARRAY_LEN(verbs), argc, argv);
}
/* clang-format on */
