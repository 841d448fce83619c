/* cmd_policy.c: `authctl policy …`: the bundle in force, and checking another one before it is put in force. */
#include "auditlog/base/conf.h"
#include "authd/ctl/policy_source.h"
#include "authd/ctl/subcommands.h"
#include "authd/ctl/verb.h"
#include "authd/policy/policy_report.h"

static const struct tell_field fields[] = {
	{ "version", "version", TELL_NUMBER },
	{ "sha256", "sha256", TELL_TEXT },
	{ "tests", "tests", TELL_NUMBER },
	{ "permissions", "coverage.permissions", TELL_NUMBER },
	{ "covered", "coverage.covered", TELL_NUMBER },
};

/* ---- done here, without authd ---- */

static json_t *
describe(const struct policy *p)
{
	struct str hash = policy_hash(p);

	return json_pack("{s:i, s:s%}", "version", (int)policy_version(p), "sha256", hash.p, hash.n);
}

static int
policy_check(int argc, char **argv)
{
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	CLEANUP(json_decrefp) json_t *good = NULL;
	struct ctl ctl = ctl_start("authctl policy check");
	const struct cli_option options[] = {
		{ .name = "json", .type = CLI_FLAG, .out = &ctl.json, .help = "print the result as JSON" },
	};
	const struct cli cli = { .program = ctl.program,
				 .operands = "DIR",
				 .summary = "Reads a bundle as authd would and says what is wrong with it.",
				 .options = options,
				 .count = ARRAY_LEN(options),
				 .operands_least = 1,
				 .operands_most = 1 };
	int operand;

	GO(cli_parse(&cli, argc, argv, &operand));
	GO(policy_source_folder(&ctl, argv[operand], &p));
	good = describe(p);
	return ctl_print(&ctl, fields, ARRAY_LEN(fields), good);
}

/* ---- test ---- */

/* What no test reaches, one line each; CLI_DOES_NOT when there is any. */
static int
check_coverage(const struct ctl *ctl, const struct policy *p, json_t *result)
{
	json_t *report = NULL;
	const json_t *row = NULL, *list = NULL;
	size_t i = 0;

	GO(tell_status(ctl->program, "measuring the coverage", policy_coverage(p, &report)));
	list = json_object_get(report, "missing");
	if (json_object_set_new(result, "coverage", report) != 0)
		return tell_status(ctl->program, "measuring the coverage", E_NOMEM);
	json_array_foreach(list, i, row)
	{
		bool permit = json_is_true(json_object_get(row, "permit"));
		bool refuse = json_is_true(json_object_get(row, "refuse"));

		(void)tell(ctl->program, CLI_DOES_NOT, "%s: %s %s %s for %s: no test is %s",
			   json_string_value(json_object_get(row, "place")),
			   json_string_value(json_object_get(row, "role")),
			   json_string_value(json_object_get(row, "action")),
			   json_string_value(json_object_get(row, "category")),
			   json_string_value(json_object_get(row, "purpose")),
			   permit   ? "refused"
			   : refuse ? "permitted"
				    : "permitted, none is refused");
	}
	return i > 0 ? CLI_DOES_NOT : CLI_HOLDS;
}

static int
policy_tests(int argc, char **argv)
{
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	CLEANUP(json_decrefp) json_t *result = NULL;
	CLEANUP(buf_clear) struct buf report = { 0 };
	struct ctl ctl = ctl_start("authctl policy test");
	bool coverage = false;
	const struct cli_option options[] = {
		{ .name = "coverage",
		  .type = CLI_FLAG,
		  .out = &coverage,
		  .help = "name permissions that no test is permitted and refused by" },
		{ .name = "json", .type = CLI_FLAG, .out = &ctl.json, .help = "print the result as JSON" },
	};
	const struct cli cli = { .program = ctl.program,
				 .operands = "DIR",
				 .summary = "Runs the tests of a bundle.",
				 .options = options,
				 .count = ARRAY_LEN(options),
				 .operands_least = 1,
				 .operands_most = 1 };
	size_t count = 0;
	int operand, exit = CLI_HOLDS, printed;
	enum status st;

	GO(cli_parse(&cli, argc, argv, &operand));
	GO(policy_source_folder(&ctl, argv[operand], &p));
	st = policy_test(p, &count, &report);
	if (st == E_CONFLICT)
		return tell(ctl.program, CLI_DOES_NOT, "not all of %zu tests pass\n%.*s", count,
			    STR_ARG(buf_str(&report)));
	GO(tell_status(ctl.program, "running the tests", st));
	result = describe(p);
	if (json_object_set_new(result, "tests", json_integer((json_int_t)count)) != 0)
		return tell_status(ctl.program, "making the output", E_NOMEM);
	if (coverage)
		exit = check_coverage(&ctl, p, result);
	printed = ctl_print(&ctl, fields, ARRAY_LEN(fields), result);
	return exit != CLI_HOLDS ? exit : printed;
}

int
cmd_policy(int argc, char **argv)
{
	/* clang-format off */
	static const struct verb verbs[] = {
		{ .name = "show", .line = "which bundle is in force",
		  .summary = "Prints the version and the hash of the bundle in force.",
		  .kind = VERB_SHOW, .path = "policy", VERB_FIELDS(fields) },
		{ .name = "check", .line = "read a bundle and say what is wrong", .run = policy_check },
		{ .name = "test", .line = "run a bundle's tests", .run = policy_tests },
		{ .name = "diff", .line = "what a bundle changes, in plain words", .run = policy_diff_command },
		{ .name = "explain", .line = "decide one request and tell every check", .run = policy_explain_command },
		{ .name = "who-can", .line = "who may do something", .run = policy_who_can_command },
		{ .name = "what-can", .line = "what a role or a service may", .run = policy_what_can_command },
		{ .name = "propose", .line = "lay a bundle before the approvers", .run = policy_propose_command },
		{ .name = "proposals", .line = "which are open, and what one changes", .run = policy_proposals_command },
		{ .name = "withdraw", .line = "take a proposal back",
		  .summary = "Takes an open proposal back.",
		  .kind = VERB_CHANGE, .path = "policy/proposals/", .operand = "PROPOSAL", .step = "/withdraw", .token = true,
		  .fields = policy_proposal_fields, .field_count = POLICY_PROPOSAL_FIELDS },
		{ .name = "activate", .line = "approve a proposal and put it in force", .run = policy_activate_command },
	};
	/* clang-format on */

	return verb_dispatch("Reads, judges and replaces the bundle of rules.", verbs, ARRAY_LEN(verbs), argc, argv);
}
