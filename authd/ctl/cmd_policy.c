/* cmd_policy.c: `authctl policy …`: the bundle in force, and checking another one before it is put in force. */
#include "auditlog/base/conf.h"
#include "authd/access/policy.h"
#include "authd/ctl/call.h"
#include "authd/ctl/subcommands.h"
#include "authd/http/json.h"

static const struct tell_field fields[] = {
	{ "version", "version", TELL_NUMBER },
	{ "sha256", "sha256", TELL_TEXT },
	{ "tests", "tests", TELL_NUMBER },
};

/* ---- asked of authd ---- */

static int
no_operands(struct ctl *ctl, const char *summary, int argc, char **argv)
{
	const struct cli_option options[] = { CTL_OPTIONS(ctl) };
	const struct cli cli = {
		.program = ctl->program, .summary = summary, .options = options, .count = ARRAY_LEN(options)
	};
	int operand;

	return cli_parse(&cli, argc, argv, &operand);
}

static int
policy_show(int argc, char **argv)
{
	CLEANUP(json_decrefp) json_t *answer = NULL;
	struct ctl ctl = ctl_start("authctl policy show");

	GO(no_operands(&ctl, "Prints the version and the hash of the bundle in force.", argc, argv));
	GO(call_get(&ctl, "/admin/v1/policy", &answer));
	return ctl_print(&ctl, fields, ARRAY_LEN(fields), answer);
}

static int
policy_activate(int argc, char **argv)
{
	CLEANUP(json_decrefp) json_t *answer = NULL;
	struct ctl ctl = ctl_start("authctl policy activate");

	GO(no_operands(&ctl, "Puts the bundle in authd's directory in force, if it loads and its tests pass.", argc,
		       argv));
	GO(call_post(&ctl, "/admin/v1/policy/activate", NULL, &answer));
	return ctl_print(&ctl, fields, ARRAY_LEN(fields), answer);
}

/* ---- done here, without authd ---- */

static int
load(struct ctl *ctl, const char *summary, int argc, char **argv, struct policy **out)
{
	const struct cli_option options[] = {
		{ .name = "json", .type = CLI_FLAG, .out = &ctl->json, .help = "print the result as JSON" },
	};
	const struct cli cli = { .program = ctl->program,
				 .operands = "DIR",
				 .summary = summary,
				 .options = options,
				 .count = ARRAY_LEN(options),
				 .operands_least = 1,
				 .operands_most = 1 };
	struct conf_error err = { 0 };
	int operand;
	enum status st;

	GO(cli_parse(&cli, argc, argv, &operand));
	st = policy_load(argv[operand], out, &err);
	if (st == OK)
		return CLI_GO;
	return tell(ctl->program, st == E_NOMEM || st == E_IO ? CLI_CANNOT : CLI_DOES_NOT, "%s", err.text);
}

static int
print_good(const struct ctl *ctl, const struct policy *p, size_t tests, bool tested)
{
	struct str hash = policy_hash(p);
	CLEANUP(json_decrefp)
	json_t *good = json_pack("{s:i, s:s%}", "version", (int)policy_version(p), "sha256", hash.p, hash.n);

	if (good == NULL || (tested && json_object_set_new(good, "tests", json_integer((json_int_t)tests)) != 0))
		return tell_status(ctl->program, "making the output", E_NOMEM);
	return ctl_print(ctl, fields, ARRAY_LEN(fields), good);
}

static int
policy_check(int argc, char **argv)
{
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	struct ctl ctl = ctl_start("authctl policy check");

	GO(load(&ctl, "Reads a bundle as authd would and says what is wrong with it.", argc, argv, &p));
	return print_good(&ctl, p, 0, false);
}

static int
policy_tests(int argc, char **argv)
{
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	CLEANUP(buf_clear) struct buf report = { 0 };
	struct ctl ctl = ctl_start("authctl policy test");
	size_t count = 0;
	enum status st;

	GO(load(&ctl, "Runs the tests of a bundle.", argc, argv, &p));
	st = policy_test(p, &count, &report);
	if (st == E_CONFLICT)
		return tell(ctl.program, CLI_DOES_NOT, "not all of %zu tests pass\n%.*s", count,
			    STR_ARG(buf_str(&report)));
	GO(tell_status(ctl.program, "running the tests", st));
	return print_good(&ctl, p, count, true);
}

int
cmd_policy(int argc, char **argv)
{
	static const struct cli_command commands[] = {
		{ "show", "which bundle is in force", policy_show },
		{ "activate", "put the one in authd's directory in force", policy_activate },
		{ "check", "read a bundle and say what is wrong", policy_check },
		{ "test", "run a bundle's tests", policy_tests },
	};
	static const struct cli_tool tool = { "authctl policy", "the bundle of rules", commands, ARRAY_LEN(commands) };

	return cli_dispatch(&tool, argc, argv);
}
