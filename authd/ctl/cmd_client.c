/* cmd_client.c: `authctl client …`: registering services and applications. authd checks every value. */
#include <fcntl.h>

#include "auditlog/base/file.h"
#include "authd/ctl/listing.h"
#include "authd/ctl/subcommands.h"
#include "authd/http/json.h"

#define JWKS_MOST ((size_t)64 << 10)

static const struct tell_field columns[] = {
	{ "client_id", "client_id", TELL_TEXT },
	{ "kind", "kind", TELL_TEXT },
	{ "status", "status", TELL_TEXT },
	{ "auth", "auth", TELL_TEXT },
	{ "organisation", "organisation", TELL_TEXT },
};

static const struct tell_field page[] = {
	{ "client_id", "client_id", TELL_TEXT },
	{ "name", "name", TELL_TEXT },
	{ "kind", "kind", TELL_TEXT },
	{ "organisation", "organisation", TELL_TEXT },
	{ "status", "status", TELL_TEXT },
	{ "auth", "auth", TELL_TEXT },
	{ "scopes", "scopes", TELL_TEXT },
	{ "grants", "grants", TELL_TEXT },
	{ "fapi", "fapi", TELL_YES_NO },
	{ "effective", "effective", TELL_YES_NO },
	{ "secret, shown this once", "client_secret", TELL_TEXT },
};

/* ---- add ---- */

struct adding {
	struct ctl ctl;
	const char *name, *auth, *grants, *scopes, *service, *organisation, *roles, *jwks_file, *secret_file, *tls_san,
	    *id_token_alg;
	struct cli_list redirect_uris, post_logout_uris;
	bool fapi;
};

static int
put_list(const struct adding *a, json_t *body, const char *name, const struct cli_list *list)
{
	json_t *array;

	if (list->n == 0)
		return CLI_GO;
	array = json_array();
	for (size_t i = 0; i < list->n; i++)
		if (json_array_append_new(array, json_of_str(str_of(list->item[i]))) != 0) {
			json_decref(array);
			return tell(a->ctl.program, CLI_USAGE, "%s: not UTF-8 text", name);
		}
	return tell_status(a->ctl.program, "preparing the request",
			   json_object_set_new(body, name, array) == 0 ? OK : E_NOMEM);
}

/* Public keys: the file may be anybody's to read. */
static int
put_keys(const struct adding *a, json_t *body)
{
	CLEANUP(buf_clear) struct buf text = BUF(JWKS_MOST);
	CLEANUP(json_decrefp) json_t *keys = NULL;
	struct json_why why = { 0 };
	enum status st;

	if (a->jwks_file == NULL)
		return CLI_GO;
	st = file_read_at(AT_FDCWD, a->jwks_file, &text);
	if (st != OK)
		return tell_status(a->ctl.program, a->jwks_file, st);
	if (json_read(buf_str(&text), JWKS_MOST, &keys, &why) != OK)
		return tell(a->ctl.program, CLI_CANNOT, "%s: %s", a->jwks_file, why.text);
	return tell_status(a->ctl.program, "preparing the request",
			   json_object_set(body, "jwks", keys) == 0 ? OK : E_NOMEM);
}

static int
put_texts(const struct adding *a, json_t *body)
{
	const struct {
		const char *name, *text;
	} texts[] = {
		{ "name", a->name },     { "auth", a->auth },       { "grants", a->grants },
		{ "scopes", a->scopes }, { "service", a->service }, { "organisation", a->organisation },
		{ "roles", a->roles },   { "tls_san", a->tls_san }, { "id_token_alg", a->id_token_alg },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		GO(ctl_put_text(&a->ctl, body, texts[i].name, texts[i].text));
	return CLI_GO;
}

static int
send_adding(const struct adding *a, const char *id)
{
	CLEANUP(json_decrefp) json_t *body = json_pack("{s:b}", "fapi", a->fapi), *answer = NULL;

	GO(ctl_put_text(&a->ctl, body, "client_id", id));
	GO(put_texts(a, body));
	GO(put_list(a, body, "redirect_uris", &a->redirect_uris));
	GO(put_list(a, body, "post_logout_uris", &a->post_logout_uris));
	GO(put_keys(a, body));
	GO(ctl_put_secret(&a->ctl, body, "secret", a->secret_file));
	GO(call_post(&a->ctl, "/admin/v1/clients", body, &answer));
	return ctl_print(&a->ctl, page, ARRAY_LEN(page), answer);
}

static int
client_add(int argc, char **argv)
{
	struct adding a = { .ctl = ctl_start("authctl client add") };
	int operand;
	/* clang-format off */
	const struct cli_option options[] = {
		{ .name = "auth", .type = CLI_TEXT, .out = &a.auth, .value = "METHOD", .help = "private_key_jwt, tls_client_auth, client_secret_basic, client_secret_post, none", .required = true },
		{ .name = "grants", .type = CLI_TEXT, .out = &a.grants, .value = "LIST", .help = "authorization_code, client_credentials, refresh_token", .required = true },
		{ .name = "scopes", .type = CLI_TEXT, .out = &a.scopes, .value = "LIST", .help = "what it may ask for", .required = true },
		{ .name = "name", .type = CLI_TEXT, .out = &a.name, .value = "TEXT", .help = "shown to people; the id by itself" },
		{ .name = "service", .type = CLI_TEXT, .out = &a.service, .value = "ID", .help = "the policy's service that this is" },
		{ .name = "organisation", .type = CLI_TEXT, .out = &a.organisation, .value = "ID", .help = "whose; the service's by itself" },
		{ .name = "roles", .type = CLI_TEXT, .out = &a.roles, .value = "LIST", .help = "its ceiling; the service's by itself" },
		{ .name = "jwks-file", .type = CLI_TEXT, .out = &a.jwks_file, .value = "FILE", .help = "its public keys, a JWK Set" },
		{ .name = "secret-file", .type = CLI_TEXT, .out = &a.secret_file, .value = "FILE", .help = "its secret (- for stdin); without it one is made and shown" },
		{ .name = "tls-san", .type = CLI_TEXT, .out = &a.tls_san, .value = "URI", .help = "the SAN URI of its certificate" },
		{ .name = "redirect-uri", .type = CLI_LIST, .out = &a.redirect_uris, .value = "URI", .help = "exact address to return to; may repeat" },
		{ .name = "post-logout-uri", .type = CLI_LIST, .out = &a.post_logout_uris, .value = "URI", .help = "address after signing out; may repeat" },
		{ .name = "id-token-alg", .type = CLI_TEXT, .out = &a.id_token_alg, .value = "ALG", .help = "RS256 (by itself) or ES256" },
		{ .name = "fapi", .type = CLI_FLAG, .out = &a.fapi, .help = "hold it to FAPI 2.0" },
		CTL_OPTIONS(&a.ctl),
	};
	/* clang-format on */
	const struct cli cli = { .program = a.ctl.program,
				 .operands = "ID",
				 .summary = "Registers a service or an application.",
				 .options = options,
				 .count = ARRAY_LEN(options),
				 .operands_least = 1,
				 .operands_most = 1,
				 .more = "A LIST is words separated by spaces." };

	GO(cli_parse(&cli, argc, argv, &operand));
	return send_adding(&a, argv[operand]);
}

/* ---- list, show, disable, enable ---- */

static int
client_list(int argc, char **argv)
{
	struct ctl ctl = ctl_start("authctl client list");
	struct listing listing = { 0 };
	const struct cli_option options[] = { LISTING_OPTIONS(&listing), CTL_OPTIONS(&ctl) };
	const struct cli cli = { .program = ctl.program,
				 .summary = "Prints the clients.",
				 .options = options,
				 .count = ARRAY_LEN(options) };
	int operand;

	GO(cli_parse(&cli, argc, argv, &operand));
	return listing_print(&ctl, &listing, "clients", NULL, 0, columns, ARRAY_LEN(columns));
}

static int
one_client(struct ctl *ctl, const char *summary, int argc, char **argv, const char **id)
{
	const struct cli_option options[] = { CTL_OPTIONS(ctl) };
	const struct cli cli = { .program = ctl->program,
				 .operands = "ID",
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
client_show(int argc, char **argv)
{
	CLEANUP(json_decrefp) json_t *answer = NULL;
	CLEANUP(buf_clear) struct buf path = BUF(2048);
	struct ctl ctl = ctl_start("authctl client show");
	const char *id = NULL;

	GO(one_client(&ctl, "Prints one client.", argc, argv, &id));
	GO(call_path(&ctl, &path, (const char *const[]){ "clients/", id, NULL }));
	GO(call_get(&ctl, path.p, &answer));
	return ctl_print(&ctl, page, ARRAY_LEN(page), answer);
}

static int
set_status(int argc, char **argv, const char *program, const char *summary, const char *status)
{
	CLEANUP(json_decrefp) json_t *body = json_pack("{s:s}", "status", status), *answer = NULL;
	CLEANUP(buf_clear) struct buf path = BUF(2048);
	struct ctl ctl = ctl_start(program);
	const char *id = NULL;

	GO(one_client(&ctl, summary, argc, argv, &id));
	GO(call_path(&ctl, &path, (const char *const[]){ "clients/", id, "/status", NULL }));
	GO(call_post(&ctl, path.p, body, &answer));
	return ctl_print(&ctl, page, ARRAY_LEN(page), answer);
}

static int
client_disable(int argc, char **argv)
{
	return set_status(argc, argv, "authctl client disable", "Refuses a client from now on.", "disabled");
}

static int
client_enable(int argc, char **argv)
{
	return set_status(argc, argv, "authctl client enable", "Takes a disabled client back.", "active");
}

int
cmd_client(int argc, char **argv)
{
	static const struct cli_command commands[] = {
		{ "add", "register one", client_add },       { "list", "print all", client_list },
		{ "show", "print one", client_show },        { "disable", "refuse it from now on", client_disable },
		{ "enable", "take it back", client_enable },
	};
	static const struct cli_tool tool = { "authctl client", "services and applications", commands,
					      ARRAY_LEN(commands) };

	return cli_dispatch(&tool, argc, argv);
}
