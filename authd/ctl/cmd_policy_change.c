/*
 * cmd_policy_change.c: `authctl policy propose|proposals|withdraw|activate`: putting another bundle in force, which
 * takes two people. Each shows who they are with an access token of their own in --token-file.
 */
#include "authd/ctl/policy_source.h"
#include "authd/policy/policy_diff.h"

#include <string.h>

static const struct tell_field named[] = {
	{ "version", "version", TELL_NUMBER },
	{ "sha256", "sha256", TELL_TEXT },
};
const struct tell_field policy_proposal_fields[POLICY_PROPOSAL_FIELDS] = {
	{ "proposal", "id", TELL_TEXT },          { "version", "version", TELL_NUMBER },
	{ "sha256", "sha256", TELL_TEXT },        { "author", "author", TELL_TEXT },
	{ "proposed", "proposed_us", TELL_TIME }, { "until", "expires_us", TELL_TIME },
	{ "state", "state", TELL_TEXT },
};

/* A proposal with what it changes, for whoever must say yes. */
static int
print_proposal(const struct ctl *ctl, const json_t *proposal, int lang)
{
	CLEANUP(buf_clear) struct buf text = { 0 };
	const json_t *diff = json_object_get(proposal, "diff");

	tell_put_page(&text, policy_proposal_fields, POLICY_PROPOSAL_FIELDS, proposal);
	if (diff != NULL)
		policy_diff_put(&text, diff, (enum words_lang)lang);
	return policy_source_print(ctl, proposal, &text, CLI_HOLDS);
}

int
policy_propose_command(int argc, char **argv)
{
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	CLEANUP(json_decrefp) json_t *body = json_object(), *proposal = NULL;
	struct ctl ctl = ctl_start("authctl policy propose");
	const char *valid = NULL;
	int lang = WORDS_RU, operand;
	const struct cli_option options[] = {
		CTL_TOKEN_OPTION(&ctl),
		{ .name = "valid",
		  .type = CLI_TEXT,
		  .out = &valid,
		  .value = "TERM",
		  .help = "may be approved so long, P7D by itself" },
		POLICY_SOURCE_LANG(&lang),
		CTL_OPTIONS(&ctl),
	};
	const struct cli cli = { .program = ctl.program,
				 .operands = "DIR",
				 .summary = "Lays a bundle before the approvers and says what it changes.",
				 .options = options,
				 .count = ARRAY_LEN(options),
				 .operands_least = 1,
				 .operands_most = 1 };

	GO(cli_parse(&cli, argc, argv, &operand));
	GO(policy_source_folder(&ctl, argv[operand], &p));
	if (json_object_set(body, "files", (json_t *)(uintptr_t)policy_files(p)) != 0)
		return tell_status(ctl.program, "preparing the request", E_NOMEM);
	GO(ctl_put_text(&ctl, body, "valid", valid));
	GO(call_post(&ctl, "/admin/v1/policy/proposals", body, &proposal));
	return print_proposal(&ctl, proposal, lang);
}

int
policy_proposals_command(int argc, char **argv)
{
	CLEANUP(json_decrefp) json_t *answer = NULL;
	CLEANUP(buf_clear) struct buf path = { 0 };
	CLEANUP(buf_clear) struct buf text = { 0 };
	struct ctl ctl = ctl_start("authctl policy proposals");
	int lang = WORDS_RU, operand;
	const struct cli_option options[] = { CTL_TOKEN_OPTION(&ctl), POLICY_SOURCE_LANG(&lang), CTL_OPTIONS(&ctl) };
	const struct cli cli = { .program = ctl.program,
				 .operands = "[PROPOSAL]",
				 .summary = "Lists open proposals, or shows one with what it changes.",
				 .options = options,
				 .count = ARRAY_LEN(options),
				 .operands_most = 1 };

	GO(cli_parse(&cli, argc, argv, &operand));
	if (operand == argc) {
		GO(call_get(&ctl, "/admin/v1/policy/proposals", &answer));
		tell_put_table(&text, policy_proposal_fields, POLICY_PROPOSAL_FIELDS,
			       json_object_get(answer, "records"));
		return policy_source_print(&ctl, answer, &text, CLI_HOLDS);
	}
	GO(call_path(&ctl, &path, (const char *const[]){ "policy/proposals/", argv[operand], NULL }));
	GO(call_get(&ctl, path.p, &answer));
	return print_proposal(&ctl, answer, lang);
}

int
policy_activate_command(int argc, char **argv)
{
	CLEANUP(json_decrefp) json_t *body = json_object(), *answer = NULL;
	struct ctl ctl = ctl_start("authctl policy activate");
	const char *sha256 = NULL, *why = NULL;
	bool alone = false;
	int operand;
	const struct cli_option options[] = {
		CTL_TOKEN_OPTION(&ctl),
		{ .name = "sha256",
		  .type = CLI_TEXT,
		  .out = &sha256,
		  .value = "HASH",
		  .help = "of the bundle that you read" },
		{ .name = "alone",
		  .type = CLI_FLAG,
		  .out = &alone,
		  .help = "without a second person; the log says so" },
		{ .name = "why",
		  .type = CLI_TEXT,
		  .out = &why,
		  .value = "WORD",
		  .help = "with --alone: a word for the log" },
		CTL_OPTIONS(&ctl),
	};
	const struct cli cli = {
		.program = ctl.program,
		.operands = "[PROPOSAL]",
		.summary =
		    "Approves another person's proposal and puts it in force. Without one: the bundle in authd's "
		    "directory, when it is the first of this installation.",
		.options = options,
		.count = ARRAY_LEN(options),
		.operands_most = 1,
	};

	GO(cli_parse(&cli, argc, argv, &operand));
	if ((operand < argc) != (sha256 != NULL) || alone != (why != NULL) || (alone && operand < argc))
		return cli_usage_error(ctl.program, "name a proposal with --sha256, or --alone with --why, or nothing");
	GO(ctl_put_text(&ctl, body, "proposal", operand < argc ? argv[operand] : NULL));
	GO(ctl_put_text(&ctl, body, "sha256", sha256));
	GO(ctl_put_text(&ctl, body, "why", why));
	if (alone && json_object_set_new(body, "alone", json_true()) != 0)
		return tell_status(ctl.program, "preparing the request", E_NOMEM);
	GO(call_post(&ctl, "/admin/v1/policy/activate", body, &answer));
	return ctl_print(&ctl, named, ARRAY_LEN(named), answer);
}
