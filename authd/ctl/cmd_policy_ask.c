/*
 * cmd_policy_ask.c: `authctl policy diff|explain|who-can|what-can`: what a bundle says, in words that a lawyer reads.
 * Without a folder the bundle in force is asked; nothing here changes anything.
 */
#include "authd/ctl/policy_source.h"
#include "authd/policy/policy_diff.h"
#include "authd/policy/policy_report.h"

/* ---- diff ---- */

static void
put_consents(struct buf *out, json_t *diff, const json_t *consents, enum words_lang lang)
{
	const json_t *purposes = json_object_get(diff, "new_consent"), *purpose = NULL;
	json_t *touched = consents != NULL ? json_object() : NULL;
	size_t i = 0;

	if (touched == NULL || json_object_set_new(diff, "consents_in_force", touched) != 0)
		return;
	json_array_foreach(purposes, i, purpose)
	{
		const char *id = json_string_value(purpose);
		json_int_t n = json_integer_value(json_object_get(consents, id));

		json_object_set_new(touched, id, json_integer(n));
		buf_printf(out,
			   lang == WORDS_RU ? "  %s: действующих согласий %lld\n" : "  %s: consents in force %lld\n",
			   id, (long long)n);
	}
}

static bool
is_empty(const json_t *diff)
{
	const char *name = NULL;
	json_t *list = NULL;

	json_object_foreach((json_t *)(uintptr_t)diff, name, list)
	{
		if (json_array_size(list) > 0)
			return false;
	}
	return true;
}

static int
show_diff(const struct ctl *ctl, const struct policy *old, const struct policy *next, const json_t *consents, int lang)
{
	CLEANUP(json_decrefp) json_t *diff = NULL;
	CLEANUP(buf_clear) struct buf text = { 0 };
	int exit = CLI_HOLDS;

	GO(tell_status(ctl->program, "comparing", policy_diff(old, next, &diff)));
	exit = is_empty(diff) ? CLI_HOLDS : CLI_DOES_NOT;
	policy_diff_put(&text, diff, (enum words_lang)lang);
	put_consents(&text, diff, consents, (enum words_lang)lang);
	return policy_source_print(ctl, diff, &text, exit);
}

int
policy_diff_command(int argc, char **argv)
{
	CLEANUP(policy_unrefp) struct policy *old = NULL, *next = NULL;
	CLEANUP(json_decrefp) json_t *consents = NULL;
	struct ctl ctl = ctl_start("authctl policy diff");
	int lang = WORDS_RU, operand;
	const struct cli_option options[] = { POLICY_SOURCE_LANG(&lang), CTL_OPTIONS(&ctl) };
	const struct cli cli = { .program = ctl.program,
				 .operands = "[OLD] NEW",
				 .summary =
				     "Says what a bundle changes: more rights, fewer rights, texts. Without OLD: "
				     "against the one in force. Exit status 1 when anything changes.",
				 .options = options,
				 .count = ARRAY_LEN(options),
				 .operands_least = 1,
				 .operands_most = 2 };

	GO(cli_parse(&cli, argc, argv, &operand));
	GO(policy_source_folder(&ctl, argv[argc - 1], &next));
	if (argc - operand == 2)
		GO(policy_source_folder(&ctl, argv[operand], &old));
	else
		GO(policy_source_active(&ctl, &old, &consents));
	return show_diff(&ctl, old, next, consents, lang);
}

/* ---- explain ---- */

static void
put_checks(struct buf *out, const json_t *report, enum words_lang lang)
{
	const json_t *checks = json_object_get(report, "checks"), *row = NULL;
	size_t i = 0;

	json_array_foreach(checks, i, row)
	{
		const char *place = json_string_value(json_object_get(row, "place"));

		buf_printf(out, "%zu. %s: %s%s%s\n", i + 1, json_string_value(json_object_get(row, "check")),
			   json_string_value(json_object_get(row, "outcome")), place != NULL ? "  " : "",
			   place != NULL ? place : "");
	}
	buf_printf(out, "%s: %s. %s\n",
		   json_is_true(json_object_get(report, "decision")) ? (lang == WORDS_RU ? "Разрешено" : "Permitted")
								     : (lang == WORDS_RU ? "Отказано" : "Refused"),
		   json_string_value(json_object_get(report, "reason")),
		   json_string_value(json_object_get(json_object_get(report, "text"), words_lang_name(lang))));
}

int
policy_explain_command(int argc, char **argv)
{
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	CLEANUP(json_decrefp) json_t *report = NULL;
	CLEANUP(buf_clear) struct buf request = BUF((size_t)1 << 20);
	CLEANUP(buf_clear) struct buf text = { 0 };
	struct ctl ctl = ctl_start("authctl policy explain");
	const char *dir = NULL;
	struct conf_error err = { 0 };
	int lang = WORDS_RU, operand;
	const struct cli_option options[] = {
		{ .name = "bundle",
		  .type = CLI_TEXT,
		  .out = &dir,
		  .value = "DIR",
		  .help = "instead of the one in force" },
		POLICY_SOURCE_LANG(&lang),
		CTL_OPTIONS(&ctl),
	};
	const struct cli cli = { .program = ctl.program,
				 .operands = "REQUEST.json",
				 .summary =
				     "Decides one request and tells each check in its order with the rule's place. "
				     "Exit status 0 permitted, 1 refused.",
				 .options = options,
				 .count = ARRAY_LEN(options),
				 .operands_least = 1,
				 .operands_most = 1 };
	enum status st;

	GO(cli_parse(&cli, argc, argv, &operand));
	GO(ctl_read_file(&ctl, argv[operand], &request));
	GO(policy_source(&ctl, dir, &p));
	st = policy_explain(p, buf_str(&request), &report, &err);
	if (st != OK)
		return tell(ctl.program, st == E_NOMEM ? CLI_CANNOT : CLI_USAGE, "%s", err.text);
	put_checks(&text, report, (enum words_lang)lang);
	return policy_source_print(&ctl, report, &text,
				   json_is_true(json_object_get(report, "decision")) ? CLI_HOLDS : CLI_DOES_NOT);
}

/* ---- who-can, what-can ---- */

static int
answer(const struct ctl *ctl, const struct policy *p, const struct policy_question *q, int lang)
{
	CLEANUP(json_decrefp) json_t *report = NULL;
	CLEANUP(buf_clear) struct buf text = { 0 };
	struct conf_error err = { 0 };
	enum status st = policy_who(p, q, &report, &err);

	if (st != OK)
		return tell(ctl->program, st == E_NOMEM ? CLI_CANNOT : CLI_USAGE, "%s", err.text);
	policy_report_put(&text, report, (enum words_lang)lang);
	return policy_source_print(ctl, report, &text,
				   json_array_size(json_object_get(report, "rows")) > 0 ? CLI_HOLDS : CLI_DOES_NOT);
}

int
policy_who_can_command(int argc, char **argv)
{
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	struct ctl ctl = ctl_start("authctl policy who-can");
	struct policy_question q = { 0 };
	const char *dir = NULL;
	int lang = WORDS_RU, operand;
	const struct cli_option options[] = {
		{ .name = "for",
		  .type = CLI_TEXT,
		  .out = &q.purpose,
		  .value = "PURPOSE",
		  .help = "for this purpose only" },
		{ .name = "bundle",
		  .type = CLI_TEXT,
		  .out = &dir,
		  .value = "DIR",
		  .help = "instead of the one in force" },
		POLICY_SOURCE_LANG(&lang),
		CTL_OPTIONS(&ctl),
	};
	const struct cli cli = {
		.program = ctl.program,
		.operands = "ACTION [CATEGORY]",
		.summary = "Says which roles may do it, through which service, on which ground. Exit status 1 "
			   "when nobody may.",
		.options = options,
		.count = ARRAY_LEN(options),
		.operands_least = 1,
		.operands_most = 2
	};

	GO(cli_parse(&cli, argc, argv, &operand));
	q.action = argv[operand];
	q.category = argc - operand == 2 ? argv[operand + 1] : NULL;
	GO(policy_source(&ctl, dir, &p));
	return answer(&ctl, p, &q, lang);
}

int
policy_what_can_command(int argc, char **argv)
{
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	struct ctl ctl = ctl_start("authctl policy what-can");
	struct policy_question q = { 0 };
	const char *dir = NULL;
	int lang = WORDS_RU, operand;
	const struct cli_option options[] = {
		{ .name = "bundle",
		  .type = CLI_TEXT,
		  .out = &dir,
		  .value = "DIR",
		  .help = "instead of the one in force" },
		POLICY_SOURCE_LANG(&lang),
		CTL_OPTIONS(&ctl),
	};
	const struct cli cli = { .program = ctl.program,
				 .operands = "ROLE|SERVICE",
				 .summary =
				     "Says all that a role or a service may. Exit status 1 when that is nothing.",
				 .options = options,
				 .count = ARRAY_LEN(options),
				 .operands_least = 1,
				 .operands_most = 1 };

	GO(cli_parse(&cli, argc, argv, &operand));
	GO(policy_source(&ctl, dir, &p));
	if (policy_role(p, str_of(argv[operand])) != NULL)
		q.role = argv[operand];
	else
		q.service = argv[operand];
	return answer(&ctl, p, &q, lang);
}
