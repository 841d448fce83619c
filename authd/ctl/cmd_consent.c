/* cmd_consent.c: `authctl consent …`: looking after consents. Each look is recorded, with the person it is about. */
#include "authd/ctl/listing.h"
#include "authd/ctl/subcommands.h"
#include "authd/http/json.h"

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

static int
consent_list(int argc, char **argv)
{
	struct ctl ctl = ctl_start("authctl consent list");
	struct listing listing = { 0 };
	struct listing_filter filters[] = {
		{ "person", NULL }, { "service", NULL }, { "purpose", NULL }, { "state", NULL }
	};
	int operand;
	/* clang-format off */
	const struct cli_option options[] = {
		{ .name = "person", .type = CLI_TEXT, .out = &filters[0].value, .value = "SUB", .help = "given by this person" },
		{ .name = "service", .type = CLI_TEXT, .out = &filters[1].value, .value = "ID", .help = "given to this service" },
		{ .name = "purpose", .type = CLI_TEXT, .out = &filters[2].value, .value = "CODE", .help = "only for this purpose" },
		{ .name = "state", .type = CLI_TEXT, .out = &filters[3].value, .value = "STATE", .help = "only in this state" },
		LISTING_OPTIONS(&listing),
		CTL_OPTIONS(&ctl),
	};
	/* clang-format on */
	const struct cli cli = { .program = ctl.program,
				 .summary = "Prints the consents of a person, or to a service.",
				 .options = options,
				 .count = ARRAY_LEN(options) };

	GO(cli_parse(&cli, argc, argv, &operand));
	if (filters[0].value == NULL && filters[1].value == NULL)
		return cli_usage_error(ctl.program, "give --person SUB or --service ID");
	return listing_print(&ctl, &listing, "consents", filters, ARRAY_LEN(filters), columns, ARRAY_LEN(columns));
}

static int
one_consent(struct ctl *ctl, const char *summary, int argc, char **argv, const char **id)
{
	const struct cli_option options[] = { CTL_OPTIONS(ctl) };
	const struct cli cli = { .program = ctl->program,
				 .operands = "RECORD_ID",
				 .summary = summary,
				 .options = options,
				 .count = ARRAY_LEN(options),
				 .operands_least = 1,
				 .operands_most = 1 };
	int operand;

	GO(cli_parse(&cli, argc, argv, &operand));
	*id = argv[operand];
	return CLI_GO;
}

static int
consent_show(int argc, char **argv)
{
	CLEANUP(json_decrefp) json_t *answer = NULL;
	CLEANUP(buf_clear) struct buf path = BUF(2048);
	struct ctl ctl = ctl_start("authctl consent show");
	const char *id = NULL;

	GO(one_consent(&ctl, "Prints one consent; the whole record with --json.", argc, argv, &id));
	GO(call_path(&ctl, &path, (const char *const[]){ "consents/", id, NULL }));
	GO(call_get(&ctl, path.p, &answer));
	return ctl_print(&ctl, page, ARRAY_LEN(page), answer);
}

static int
consent_withdraw(int argc, char **argv)
{
	CLEANUP(json_decrefp) json_t *answer = NULL;
	CLEANUP(buf_clear) struct buf path = BUF(2048);
	struct ctl ctl = ctl_start("authctl consent withdraw");
	const char *id = NULL;

	GO(one_consent(&ctl, "Takes a consent back for a person who asked for it.", argc, argv, &id));
	GO(call_path(&ctl, &path, (const char *const[]){ "consents/", id, "/withdraw", NULL }));
	GO(call_post(&ctl, path.p, NULL, &answer));
	return ctl_print(&ctl, changed, ARRAY_LEN(changed), answer);
}

/* verb: "/revoke" or "/invalidate". */
static int
consent_end(const char *program, const char *verb, const char *summary, int argc, char **argv)
{
	CLEANUP(json_decrefp) json_t *answer = NULL, *body = NULL;
	CLEANUP(buf_clear) struct buf path = BUF(2048);
	struct ctl ctl = ctl_start(program);
	const char *why = NULL;
	int operand;
	const struct cli_option options[] = {
		{ .name = "why", .type = CLI_TEXT, .out = &why, .value = "WORD", .help = "the reason, see authctl(1)" },
		CTL_OPTIONS(&ctl),
	};
	const struct cli cli = { .program = ctl.program,
				 .operands = "RECORD_ID",
				 .summary = summary,
				 .options = options,
				 .count = ARRAY_LEN(options),
				 .operands_least = 1,
				 .operands_most = 1 };

	GO(cli_parse(&cli, argc, argv, &operand));
	if (why == NULL)
		return cli_usage_error(ctl.program, "give --why WORD");
	body = json_pack("{s:s}", "why", why);
	GO(call_path(&ctl, &path, (const char *const[]){ "consents/", argv[operand], verb, NULL }));
	GO(call_post(&ctl, path.p, body, &answer));
	return ctl_print(&ctl, changed, ARRAY_LEN(changed), answer);
}

static int
consent_revoke(int argc, char **argv)
{
	return consent_end("authctl consent revoke", "/revoke", "Ends a consent by an officer's decision.", argc, argv);
}

static int
consent_invalidate(int argc, char **argv)
{
	return consent_end("authctl consent invalidate", "/invalidate", "Ends a consent that was never good.", argc,
			   argv);
}

int
cmd_consent(int argc, char **argv)
{
	static const struct cli_command commands[] = {
		{ "list", "print those of a person or to a service", consent_list },
		{ "show", "print one", consent_show },
		{ "withdraw", "take one back for a person who asked", consent_withdraw },
		{ "revoke", "end one by an officer's decision", consent_revoke },
		{ "invalidate", "end one that was never good", consent_invalidate },
	};
	static const struct cli_tool tool = { "authctl consent", "consents", commands, ARRAY_LEN(commands) };

	return cli_dispatch(&tool, argc, argv);
}
