/*
 * cmd_mandate.c: `authctl mandate …`: who may act for whom. An official registers one, another one reads its paper and
 * confirms, each with an access token of their own in --token-file.
 */
#include <fcntl.h>

#include "auditlog/base/file.h"
#include "auditlog/core/hash.h"
#include "authd/ctl/call.h"
#include "authd/ctl/subcommands.h"
#include "authd/ctl/verb.h"

/* A scan is read for its digest alone, and stays where it is. */
#define SCAN_MOST ((size_t)64 << 20)

static const struct tell_field columns[] = {
	{ "id", "id", TELL_TEXT },           { "kind", "kind", TELL_TEXT },
	{ "for", "represented", TELL_TEXT }, { "by", "representative", TELL_TEXT },
	{ "state", "state", TELL_TEXT },     { "holds", "holds", TELL_TEXT },
	{ "until", "until", TELL_TEXT },
};

static const struct tell_field page[] = {
	{ "id", "id", TELL_TEXT },
	{ "kind", "kind", TELL_TEXT },
	{ "for", "represented", TELL_TEXT },
	{ "by", "representative", TELL_TEXT },
	{ "state", "state", TELL_TEXT },
	{ "holds", "holds", TELL_TEXT },
	{ "from", "from", TELL_TEXT },
	{ "until", "until", TELL_TEXT },
	{ "organisation", "organisation", TELL_TEXT },
	{ "registered by", "registrar", TELL_TEXT },
	{ "confirmed by", "confirmer", TELL_TEXT },
	{ "ended", "ended", TELL_TEXT },
	{ "because", "reason", TELL_TEXT },
	{ "frozen", "frozen", TELL_TEXT },
	{ "index", "log_index", TELL_NUMBER },
	{ "document", "document.kind", TELL_TEXT },
	{ "number", "document.number", TELL_TEXT },
	{ "issued", "document.issued", TELL_TEXT },
	{ "issuer", "document.issuer", TELL_TEXT },
	{ "sha256 of the scan", "document.sha256", TELL_TEXT },
	{ "digest", "digest", TELL_TEXT },
};

/* ---- registering ---- */

struct registering {
	struct ctl ctl;
	const char *represented, *representative, *kind;
	const char *document, *number, *issued, *issuer, *scan, *sha256;
	const char *born, *zone, *until;
	struct cli_list purposes, actions;
};

static int
scan_digest(const struct registering *r, struct buf *hex)
{
	CLEANUP(buf_clear) struct buf bytes = BUF(SCAN_MOST);
	enum status st = file_read_at(AT_FDCWD, r->scan, &bytes);
	struct hash h;

	if (st != OK)
		return tell(r->ctl.program, CLI_CANNOT, "cannot read %s, or it has more than 64 MiB", r->scan);
	h = hash_sha256(buf_str(&bytes));
	hash_put_hex(hex, &h);
	buf_put_char(hex, '\0');
	return tell_status(r->ctl.program, "reading the scan", buf_status(hex));
}

static int
put_paper(const struct registering *r, json_t *body)
{
	CLEANUP(buf_clear) struct buf hex = BUF(80);
	json_t *paper = json_object();

	if (paper == NULL || json_object_set_new(body, "document", paper) != 0)
		return tell_status(r->ctl.program, "preparing the request", E_NOMEM);
	if (r->scan != NULL)
		GO(scan_digest(r, &hex));
	GO(ctl_put_text(&r->ctl, paper, "kind", r->document));
	GO(ctl_put_text(&r->ctl, paper, "number", r->number));
	GO(ctl_put_text(&r->ctl, paper, "issued", r->issued));
	GO(ctl_put_text(&r->ctl, paper, "issuer", r->issuer));
	return ctl_put_text(&r->ctl, paper, "sha256", r->scan != NULL ? hex.p : r->sha256);
}

static int
send(const struct registering *r)
{
	CLEANUP(json_decrefp) json_t *answer = NULL, *body = json_object();

	GO(ctl_put_text(&r->ctl, body, "represented", r->represented));
	GO(ctl_put_text(&r->ctl, body, "representative", r->representative));
	GO(ctl_put_text(&r->ctl, body, "kind", r->kind));
	GO(put_paper(r, body));
	GO(ctl_put_text(&r->ctl, body, "born", r->born));
	GO(ctl_put_text(&r->ctl, body, "zone", r->zone));
	GO(ctl_put_text(&r->ctl, body, "until", r->until));
	GO(ctl_put_list(&r->ctl, body, "purposes", &r->purposes));
	GO(ctl_put_list(&r->ctl, body, "actions", &r->actions));
	GO(call_post(&r->ctl, "/admin/v1/mandates", body, &answer));
	return ctl_print(&r->ctl, page, ARRAY_LEN(page), answer);
}

static int
mandate_register(int argc, char **argv)
{
	struct registering r = { .ctl = ctl_start("authctl mandate register") };
	int operand;
	/* clang-format off */
	const struct cli_option options[] = {
		{ .name = "represented", .type = CLI_TEXT, .out = &r.represented, .value = "SUB", .help = "for whom", .required = true },
		{ .name = "representative", .type = CLI_TEXT, .out = &r.representative, .value = "SUB", .help = "who acts", .required = true },
		{ .name = "kind", .type = CLI_TEXT, .out = &r.kind, .value = "KIND", .help = "parent or guardian", .required = true },
		{ .name = "document", .type = CLI_TEXT, .out = &r.document, .value = "WORDS", .help = "what paper it rests on", .required = true },
		{ .name = "number", .type = CLI_TEXT, .out = &r.number, .value = "NUMBER", .help = "of the paper", .required = true },
		{ .name = "issued", .type = CLI_TEXT, .out = &r.issued, .value = "DAY", .help = "2026-02-01", .required = true },
		{ .name = "issuer", .type = CLI_TEXT, .out = &r.issuer, .value = "WORDS", .help = "who issued it", .required = true },
		{ .name = "scan", .type = CLI_TEXT, .out = &r.scan, .value = "FILE", .help = "its digest is sent, the file is not" },
		{ .name = "sha256", .type = CLI_TEXT, .out = &r.sha256, .value = "HEX", .help = "the digest, instead of --scan" },
		{ .name = "born", .type = CLI_TEXT, .out = &r.born, .value = "DAY", .help = "of a child" },
		{ .name = "zone", .type = CLI_TEXT, .out = &r.zone, .value = "ZONE", .help = "where it lives, Europe/Moscow by itself" },
		{ .name = "until", .type = CLI_TEXT, .out = &r.until, .value = "DAY", .help = "the first day that it does not cover" },
		{ .name = "purposes", .type = CLI_LIST, .out = &r.purposes, .value = "PURPOSE", .help = "only for this; may be given several times" },
		{ .name = "actions", .type = CLI_LIST, .out = &r.actions, .value = "ACTION", .help = "only see, give, withdraw, ask, object or export; several times" },
		CTL_TOKEN_OPTION(&r.ctl),
		CTL_OPTIONS(&r.ctl),
	};
	/* clang-format on */
	const struct cli cli = { .program = r.ctl.program,
				 .summary = "Registers a parent or guardian; another official has to confirm it.",
				 .options = options,
				 .count = ARRAY_LEN(options) };

	GO(cli_parse(&cli, argc, argv, &operand));
	if (r.scan != NULL && r.sha256 != NULL)
		return cli_usage_error(r.ctl.program, "give --scan or --sha256");
	return send(&r);
}

/* ---- the table ---- */

int
cmd_mandate(int argc, char **argv)
{
	/* clang-format off */
	static const struct verb verbs[] = {
		{ .name = "list", .line = "print them",
		  .summary = "Prints who may act for whom.",
		  .kind = VERB_PAGES, .path = "mandates", .token = true, VERB_FIELDS(columns),
		  .texts = {
			{ .name = "represented", .value = "SUB", .help = "only for this person" },
			{ .name = "representative", .value = "SUB", .help = "only by this person" },
			{ .name = "state", .value = "STATE", .help = "proposed, active, revoked or ended" },
			{ .name = "kind", .value = "KIND", .help = "parent, guardian, power_of_attorney or heir" } } },
		{ .name = "show", .line = "print one",
		  .summary = "Prints one; with an official's token also what stands on its paper.",
		  .kind = VERB_SHOW, .path = "mandates/", .operand = "ID", .token = true, VERB_FIELDS(page) },
		{ .name = "register", .line = "register a parent or guardian by a paper", .run = mandate_register },
		{ .name = "confirm", .line = "confirm what another official registered",
		  .summary = "Confirms what another official registered.",
		  .kind = VERB_CHANGE, .path = "mandates/", .operand = "ID", .step = "/confirm", .token = true,
		  VERB_FIELDS(page),
		  .texts = {
			{ .name = "digest", .value = "HEX", .help = "of what you read: `authctl mandate show`", .required = true } } },
		{ .name = "revoke", .line = "end one",
		  .summary = "Ends one.",
		  .kind = VERB_CHANGE, .path = "mandates/", .operand = "ID", .step = "/revoke", .token = true,
		  VERB_FIELDS(page),
		  .texts = {
			{ .name = "reason", .value = "REASON", .help = "revoked, disputed or unfounded", .required = true } } },
	};
	/* clang-format on */

	return verb_dispatch("Looks after who may act for whom.", verbs, ARRAY_LEN(verbs), argc, argv);
}
