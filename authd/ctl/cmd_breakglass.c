/* cmd_breakglass.c: `authctl breakglass …`: emergencies, looked after and judged. Each look at one is recorded. */
#include "authd/ctl/subcommands.h"
#include "authd/ctl/verb.h"

static const struct tell_field columns[] = {
	{ "id", "id", TELL_TEXT },
	{ "opened", "opened", TELL_TEXT },
	{ "operator", "operator", TELL_TEXT },
	{ "service", "service", TELL_TEXT },
	{ "category", "category", TELL_TEXT },
	{ "reason", "reason_code", TELL_TEXT },
	{ "state", "state", TELL_TEXT },
	{ "review by", "review_by", TELL_TEXT },
};

static const struct tell_field page[] = {
	{ "id", "id", TELL_TEXT },
	{ "operator", "operator", TELL_TEXT },
	{ "role", "role", TELL_TEXT },
	{ "organisation", "organisation", TELL_TEXT },
	{ "service", "service", TELL_TEXT },
	{ "person", "person", TELL_TEXT },
	{ "category", "category", TELL_TEXT },
	{ "purpose", "purpose", TELL_TEXT },
	{ "reason", "reason_code", TELL_TEXT },
	{ "text", "text", TELL_TEXT },
	{ "opened", "opened", TELL_TEXT },
	{ "until", "until", TELL_TEXT },
	{ "closed", "closed", TELL_TEXT },
	{ "state", "state", TELL_TEXT },
	{ "review by", "review_by", TELL_TEXT },
	{ "reviewed", "reviewed", TELL_TEXT },
	{ "reviewer", "reviewer", TELL_TEXT },
	{ "review", "review_text", TELL_TEXT },
	{ "restored", "restored", TELL_TEXT },
	{ "index", "log_index", TELL_NUMBER },
	{ "operator's in 30 days", "operator_30_days.opened", TELL_NUMBER },
	{ "unjustified of them", "operator_30_days.unjustified", TELL_NUMBER },
	{ "operator suspended", "operator_30_days.suspended", TELL_YES_NO },
};

static const struct tell_field looks[] = {
	{ "at", "at", TELL_TEXT },
	{ "category", "category", TELL_TEXT },
	{ "decision", "decision", TELL_TEXT },
	{ "index", "index", TELL_NUMBER },
};

/* clang-format off */
#define WHY { .name = "text", .value = "TEXT", .help = "why, in 20 characters or more; the person reads it", .required = true }

int
cmd_breakglass(int argc, char **argv)
{
	static const struct verb verbs[] = {
		{ .name = "list", .line = "print them, newest first",
		  .summary = "Prints emergencies, newest first.",
		  .kind = VERB_PAGES, .path = "breakglass", VERB_FIELDS(columns),
		  .texts = {
			{ .name = "state", .value = "STATE", .help = "open, waiting, overdue, reviewed or unjustified" },
			{ .name = "operator", .value = "ID", .help = "only of this operator (opr_...)" } } },
		{ .name = "show", .line = "print one and what was looked at",
		  .summary = "Prints one emergency, and what was looked at under it.",
		  .kind = VERB_SHOW, .path = "breakglass/", .operand = "ID", VERB_FIELDS(page),
		  .below = { "looks", VERB_FIELDS(looks) } },
		{ .name = "review", .line = "judge one",
		  .summary = "Judges an emergency.",
		  .kind = VERB_CHANGE, .path = "breakglass/", .operand = "ID", .step = "/review", VERB_FIELDS(page),
		  .texts = {
			{ .name = "verdict", .value = "VERDICT", .help = "justified or unjustified", .required = true },
			WHY } },
		{ .name = "restore", .line = "give a right back",
		  .summary = "Gives the right back that an unjustified emergency took.",
		  .kind = VERB_CHANGE, .path = "breakglass/", .operand = "ID", .step = "/restore", VERB_FIELDS(page),
		  .texts = { WHY } },
	};

	return verb_dispatch("Looks after emergencies and judges them. Each look is recorded.", verbs, ARRAY_LEN(verbs), argc, argv);
}
/* clang-format on */
