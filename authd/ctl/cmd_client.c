/* cmd_client.c: `authctl client …`: registering services and applications. authd checks every value. */
#include "authd/ctl/call.h"
#include "authd/ctl/subcommands.h"
#include "authd/ctl/verb.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"

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
	    *id_token_alg, *audiences, *jwks_uri, *access_token_alg, *userinfo_alg, *assertion_alg,
	    *backchannel_logout_uri, *may_act;
	struct cli_list redirect_uris, post_logout_uris, tls_cert_files;
	bool fapi, native, pairwise, backchannel_session, tls_bound, dpop_bound, par_required, third_party;
};

/* Public keys: the file may be anybody's to read. */
static int
put_keys(const struct ctl *ctl, json_t *body, const char *member, const char *file)
{
	CLEANUP(buf_clear) struct buf text = BUF(JWKS_MOST);
	CLEANUP(json_decrefp) json_t *keys = NULL;
	struct json_why why = { 0 };

	if (file == NULL)
		return CLI_GO;
	GO(ctl_read_file(ctl, file, &text));
	if (json_read(buf_str(&text), JWKS_MOST, &keys, &why) != OK)
		return tell(ctl->program, CLI_CANNOT, "%s: %s", file, why.text);
	return tell_status(ctl->program, "preparing the request",
			   json_object_set(body, member, keys) == 0 ? OK : E_NOMEM);
}

/* Certificates as PEM; authd keeps their SHA-256. */
static int
put_certificates(const struct ctl *ctl, json_t *body, const struct cli_list *files)
{
	json_t *list = json_array();

	if (list == NULL || json_object_set_new(body, "tls_certificates", list) != 0)
		return tell_status(ctl->program, "preparing the request", E_NOMEM);
	for (size_t i = 0; i < files->n; i++) {
		CLEANUP(buf_clear) struct buf text = BUF(JWKS_MOST);

		GO(ctl_read_file(ctl, files->item[i], &text));
		if (json_array_append_new(list, json_of_str(buf_str(&text))) != 0)
			return tell(ctl->program, CLI_CANNOT, "%s: this is no PEM text", files->item[i]);
	}
	if (files->n == 0)
		(void)json_object_del(body, "tls_certificates");
	return CLI_GO;
}

static int
put_texts(const struct adding *a, json_t *body)
{
	const struct {
		const char *name, *text;
	} texts[] = {
		{ "name", a->name },
		{ "auth", a->auth },
		{ "grants", a->grants },
		{ "scopes", a->scopes },
		{ "service", a->service },
		{ "organisation", a->organisation },
		{ "roles", a->roles },
		{ "tls_san", a->tls_san },
		{ "id_token_alg", a->id_token_alg },
		{ "audiences", a->audiences },
		{ "may_act", a->may_act },
		{ "jwks_uri", a->jwks_uri },
		{ "access_token_alg", a->access_token_alg },
		{ "userinfo_alg", a->userinfo_alg },
		{ "assertion_alg", a->assertion_alg },
		{ "backchannel_logout_uri", a->backchannel_logout_uri },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		GO(ctl_put_text(&a->ctl, body, texts[i].name, texts[i].text));
	return CLI_GO;
}

static int
send_adding(const struct adding *a, const char *id)
{
	CLEANUP(json_decrefp)
	json_t *body =
	    json_pack("{s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b}", "fapi", a->fapi, "native", a->native, "pairwise",
		      a->pairwise, "backchannel_session", a->backchannel_session, "tls_bound", a->tls_bound,
		      "dpop_bound", a->dpop_bound, "par_required", a->par_required, "third_party", a->third_party);
	CLEANUP(json_decrefp) json_t *answer = NULL;

	GO(ctl_put_text(&a->ctl, body, "client_id", id));
	GO(put_texts(a, body));
	GO(ctl_put_list(&a->ctl, body, "redirect_uris", &a->redirect_uris));
	GO(ctl_put_list(&a->ctl, body, "post_logout_uris", &a->post_logout_uris));
	GO(put_keys(&a->ctl, body, "jwks", a->jwks_file));
	GO(put_certificates(&a->ctl, body, &a->tls_cert_files));
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
		{ .name = "auth", .type = CLI_TEXT, .out = &a.auth, .value = "METHOD", .help = "private_key_jwt, tls_client_auth, self_signed_tls_client_auth, client_secret_basic, client_secret_post, none", .required = true },
		{ .name = "grants", .type = CLI_TEXT, .out = &a.grants, .value = "LIST", .help = "authorization_code, client_credentials, refresh_token, or the URN of device_code or token-exchange", .required = true },
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
		{ .name = "id-token-alg", .type = CLI_TEXT, .out = &a.id_token_alg, .value = "ALG", .help = "RS256 (by itself), ES256 (by itself with --fapi) or PS256" },
		{ .name = "access-token-alg", .type = CLI_TEXT, .out = &a.access_token_alg, .value = "ALG", .help = "ES256 (by itself), RS256 or PS256" },
		{ .name = "userinfo-alg", .type = CLI_TEXT, .out = &a.userinfo_alg, .value = "ALG", .help = "sign userinfo with RS256, ES256 or PS256" },
		{ .name = "assertion-alg", .type = CLI_TEXT, .out = &a.assertion_alg, .value = "ALG", .help = "the only one it signs with: ES256, PS256, EdDSA or RS256" },
		{ .name = "audiences", .type = CLI_TEXT, .out = &a.audiences, .value = "LIST", .help = "resources that its tokens may be for" },
		{ .name = "may-act", .type = CLI_TEXT, .out = &a.may_act, .value = "LIST", .help = "clients that may act for its people, and no others" },
		{ .name = "jwks-uri", .type = CLI_TEXT, .out = &a.jwks_uri, .value = "URI", .help = "where its public keys are; the host must be listed in authd.yaml" },
		{ .name = "tls-cert-file", .type = CLI_LIST, .out = &a.tls_cert_files, .value = "FILE", .help = "its self-signed certificate, PEM; may repeat" },
		{ .name = "backchannel-logout-uri", .type = CLI_TEXT, .out = &a.backchannel_logout_uri, .value = "URI", .help = "where to tell it that somebody has signed out" },
		{ .name = "backchannel-session", .type = CLI_FLAG, .out = &a.backchannel_session, .help = "it needs the session's id for that" },
		{ .name = "native", .type = CLI_FLAG, .out = &a.native, .help = "runs on people's own devices" },
		{ .name = "pairwise", .type = CLI_FLAG, .out = &a.pairwise, .help = "knows people by names of its organisation's own" },
		{ .name = "tls-bound", .type = CLI_FLAG, .out = &a.tls_bound, .help = "its tokens are always bound to its certificate" },
		{ .name = "dpop-bound", .type = CLI_FLAG, .out = &a.dpop_bound, .help = "its tokens are always bound to a DPoP key" },
		{ .name = "third-party", .type = CLI_FLAG, .out = &a.third_party, .help = "somebody else's: people are asked before it gets anything" },
		{ .name = "par-required", .type = CLI_FLAG, .out = &a.par_required, .help = "it always pushes its authorization requests" },
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

/* ---- rotate ---- */

struct rotating {
	struct ctl ctl;
	const char *secret_file, *jwks_file, *add_file;
	struct cli_list retire, tls_cert_files;
	uint64_t overlap_s;
};

static int
send_rotating(const struct rotating *r, const char *id)
{
	CLEANUP(json_decrefp) json_t *body = json_object();
	CLEANUP(json_decrefp) json_t *answer = NULL;
	CLEANUP(buf_clear) struct buf path = BUF(2048);

	GO(ctl_put_secret(&r->ctl, body, "secret", r->secret_file));
	GO(put_keys(&r->ctl, body, "jwks", r->jwks_file));
	GO(put_keys(&r->ctl, body, "add", r->add_file));
	GO(ctl_put_list(&r->ctl, body, "retire", &r->retire));
	GO(put_certificates(&r->ctl, body, &r->tls_cert_files));
	if (r->overlap_s != UINT64_MAX &&
	    json_object_set_new(body, "overlap", json_integer((json_int_t)r->overlap_s)) != 0)
		return tell_status(r->ctl.program, "preparing the request", E_NOMEM);
	GO(call_path(&r->ctl, &path, (const char *const[]){ "clients/", id, "/rotate", NULL }));
	GO(call_post(&r->ctl, path.p, body, &answer));
	return ctl_print(&r->ctl, page, ARRAY_LEN(page), answer);
}

static int
client_rotate(int argc, char **argv)
{
	struct rotating r = { .ctl = ctl_start("authctl client rotate"), .overlap_s = UINT64_MAX };
	int operand;
	/* clang-format off */
	const struct cli_option options[] = {
		{ .name = "overlap", .type = CLI_UINT, .out = &r.overlap_s, .value = "SECONDS", .help = "how long the old secret stays good; a day by itself", .most = 2592000 },
		{ .name = "secret-file", .type = CLI_TEXT, .out = &r.secret_file, .value = "FILE", .help = "its new secret (- for stdin); without it one is made and shown" },
		{ .name = "jwks-file", .type = CLI_TEXT, .out = &r.jwks_file, .value = "FILE", .help = "its new public keys, instead of the old ones" },
		{ .name = "add-file", .type = CLI_TEXT, .out = &r.add_file, .value = "FILE", .help = "public keys beside the old ones" },
		{ .name = "retire", .type = CLI_LIST, .out = &r.retire, .value = "KID", .help = "an old key that is good no longer; may repeat" },
		{ .name = "tls-cert-file", .type = CLI_LIST, .out = &r.tls_cert_files, .value = "FILE", .help = "its self-signed certificate, PEM; may repeat" },
		CTL_OPTIONS(&r.ctl),
	};
	/* clang-format on */
	const struct cli cli = { .program = r.ctl.program,
				 .operands = "ID",
				 .summary = "Gives a client another secret, other keys or another certificate.",
				 .options = options,
				 .count = ARRAY_LEN(options),
				 .operands_least = 1,
				 .operands_most = 1 };

	GO(cli_parse(&cli, argc, argv, &operand));
	return send_rotating(&r, argv[operand]);
}

/* ---- the table ---- */

int
cmd_client(int argc, char **argv)
{
	/* clang-format off */
	static const struct verb verbs[] = {
		{ .name = "add", .line = "register one", .run = client_add },
		{ .name = "list", .line = "print all",
		  .summary = "Prints the clients.",
		  .kind = VERB_PAGES, .path = "clients", VERB_FIELDS(columns) },
		{ .name = "show", .line = "print one",
		  .summary = "Prints one client.",
		  .kind = VERB_SHOW, .path = "clients/", .operand = "ID", VERB_FIELDS(page) },
		{ .name = "disable", .line = "refuse it from now on",
		  .summary = "Refuses a client from now on.",
		  .kind = VERB_CHANGE, .path = "clients/", .operand = "ID", .step = "/status", VERB_FIELDS(page),
		  .says = { "status", "disabled" } },
		{ .name = "enable", .line = "take it back",
		  .summary = "Takes a disabled client back.",
		  .kind = VERB_CHANGE, .path = "clients/", .operand = "ID", .step = "/status", VERB_FIELDS(page),
		  .says = { "status", "active" } },
		{ .name = "rotate", .line = "give it other credentials", .run = client_rotate },
	};
	/* clang-format on */

	return verb_dispatch("Registers and looks after services and applications.", verbs, ARRAY_LEN(verbs), argc,
			     argv);
}
