/* cmd_user.c: `authctl user …`: people, their sign-in and their particulars. Passwords and codes come from files only.
 */
#include <string.h>

#include "authd/ctl/listing.h"
#include "authd/ctl/subcommands.h"
#include "authd/ctl/verb.h"
#include "authd/http/json.h"

static const struct tell_field fields[] = {
	{ "sub", "sub", TELL_TEXT },         { "kind", "kind", TELL_TEXT },
	{ "status", "status", TELL_TEXT },   { "pseudonym", "pseudonym", TELL_TEXT },
	{ "erased", "erased", TELL_YES_NO },
};

/* A login often says who somebody is: only where it is asked for. */
static const struct tell_field with_login[] = {
	{ "sub", "sub", TELL_TEXT },         { "kind", "kind", TELL_TEXT },
	{ "status", "status", TELL_TEXT },   { "pseudonym", "pseudonym", TELL_TEXT },
	{ "erased", "erased", TELL_YES_NO }, { "login", "login", TELL_TEXT },
};

/* ---- add ---- */

struct particulars {
	const char *name, *address, *document_type, *document_number, *document_issued, *document_issuer, *snils, *file;
};

static bool
any_given(const struct particulars *p)
{
	return p->name != NULL || p->address != NULL || p->document_type != NULL || p->document_number != NULL ||
	       p->document_issued != NULL || p->document_issuer != NULL || p->snils != NULL;
}

static int
profile_from_options(const struct ctl *c, const struct particulars *p, json_t *profile)
{
	json_t *document = json_object();

	GO(ctl_put_text(c, profile, "name", p->name));
	GO(ctl_put_text(c, profile, "address", p->address));
	GO(ctl_put_text(c, profile, "snils", p->snils));
	if (p->document_type == NULL && p->document_number == NULL && p->document_issued == NULL &&
	    p->document_issuer == NULL) {
		json_decref(document);
		return CLI_GO;
	}
	if (json_object_set_new(profile, "document", document) != 0)
		return tell_status(c->program, "preparing the request", E_NOMEM);
	GO(ctl_put_text(c, document, "type", p->document_type));
	GO(ctl_put_text(c, document, "number", p->document_number));
	GO(ctl_put_text(c, document, "issued", p->document_issued));
	return ctl_put_text(c, document, "issuer", p->document_issuer);
}

static int
profile_from_file(const struct ctl *c, const char *path, json_t **out)
{
	CLEANUP(secret_clear) struct secret text = { 0 };
	struct json_why why = { 0 };

	GO(ctl_secret(c, path, &text));
	if (json_read(secret_str(&text), text.n, out, &why) != OK)
		return tell(c->program, CLI_CANNOT, "%s: %s", path, why.text);
	return CLI_GO;
}

static int
put_profile(const struct ctl *c, const struct particulars *p, json_t *body)
{
	CLEANUP(json_decrefp) json_t *profile = NULL;

	if (p->file != NULL && any_given(p))
		return cli_usage_error(c->program,
				       "particulars come from --profile-file or from options, not from both");
	if (p->file == NULL && p->name == NULL)
		return cli_usage_error(c->program, "--name is missing; give --name NAME or --profile-file FILE");
	if (p->file != NULL) {
		GO(profile_from_file(c, p->file, &profile));
	} else {
		profile = json_object();
		GO(profile_from_options(c, p, profile));
	}
	if (json_object_set(body, "profile", profile) != 0)
		return tell_status(c->program, "preparing the request", E_NOMEM);
	return CLI_GO;
}

static int
user_add(int argc, char **argv)
{
	static const char *const kinds[] = { "adult", "child", "staff", NULL };
	static const struct tell_field shown[] = {
		{ "sub", "sub", TELL_TEXT },
		{ "pseudonym", "pseudonym", TELL_TEXT },
		{ "TOTP secret, shown this once", "totp_secret", TELL_TEXT },
	};
	CLEANUP(json_decrefp) json_t *body = json_object(), *answer = NULL;
	struct ctl ctl = ctl_start("authctl user add");
	struct particulars p = { 0 };
	const char *login = NULL, *password_file = NULL, *totp_file = NULL;
	int kind = 0, operand;
	/* clang-format off */
	const struct cli_option options[] = {
		{ .name = "login", .type = CLI_TEXT, .out = &login, .value = "LOGIN", .help = "without one the person cannot sign in" },
		{ .name = "kind", .type = CLI_CHOICE, .out = &kind, .value = "adult|child|staff", .help = "who this is", .choices = kinds, .required = true },
		{ .name = "name", .type = CLI_TEXT, .out = &p.name, .value = "NAME", .help = "full name" },
		{ .name = "address", .type = CLI_TEXT, .out = &p.address, .value = "TEXT", .help = "address; a consent needs it" },
		{ .name = "document-type", .type = CLI_TEXT, .out = &p.document_type, .value = "TEXT", .help = "identity document; a consent needs it" },
		{ .name = "document-number", .type = CLI_TEXT, .out = &p.document_number, .value = "TEXT", .help = "its number" },
		{ .name = "document-issued", .type = CLI_TEXT, .out = &p.document_issued, .value = "DATE", .help = "when it was issued, 2015-04-23" },
		{ .name = "document-issuer", .type = CLI_TEXT, .out = &p.document_issuer, .value = "TEXT", .help = "who issued it" },
		{ .name = "snils", .type = CLI_TEXT, .out = &p.snils, .value = "NUMBER", .help = "insurance number, 123-456-789 00; services may ask by it" },
		{ .name = "profile-file", .type = CLI_TEXT, .out = &p.file, .value = "FILE", .help = "all of these as JSON; keeps them off the process list" },
		{ .name = "password-file", .type = CLI_TEXT, .out = &password_file, .value = "FILE", .help = "first password (- for stdin)" },
		{ .name = "totp-secret-file", .type = CLI_TEXT, .out = &totp_file, .value = "FILE", .help = "base32; without it one is made and shown" },
		CTL_OPTIONS(&ctl),
	};
	/* clang-format on */
	const struct cli cli = { .program = ctl.program,
				 .summary = "Adds a person and prints their identifier.",
				 .options = options,
				 .count = ARRAY_LEN(options) };

	GO(cli_parse(&cli, argc, argv, &operand));
	GO(put_profile(&ctl, &p, body));
	GO(ctl_put_text(&ctl, body, "login", login));
	GO(ctl_put_text(&ctl, body, "kind", kinds[kind]));
	GO(ctl_put_secret(&ctl, body, "password", password_file));
	GO(ctl_put_secret(&ctl, body, "totp_secret", totp_file));
	GO(call_post(&ctl, "/admin/v1/people", body, &answer));
	return ctl_print(&ctl, shown, ARRAY_LEN(shown), answer);
}

/* ---- list and show ---- */

static int
user_list(int argc, char **argv)
{
	struct ctl ctl = ctl_start("authctl user list");
	struct listing listing = { 0 };
	struct listing_filter filters[] = { { "kind", NULL } };
	bool logins = false;
	int operand;
	/* clang-format off */
	const struct cli_option options[] = {
		{ .name = "kind", .type = CLI_TEXT, .out = &filters[0].value, .value = "KIND", .help = "only adult, child or staff" },
		{ .name = "logins", .type = CLI_FLAG, .out = &logins, .help = "print logins, too" },
		LISTING_OPTIONS(&listing),
		CTL_OPTIONS(&ctl),
	};
	/* clang-format on */
	const struct cli cli = { .program = ctl.program,
				 .summary = "Prints the identifiers of people, without particulars.",
				 .options = options,
				 .count = ARRAY_LEN(options) };

	GO(cli_parse(&cli, argc, argv, &operand));
	if (logins)
		return listing_print(&ctl, &listing, "people", filters, 1, with_login, ARRAY_LEN(with_login));
	return listing_print(&ctl, &listing, "people", filters, 1, fields, ARRAY_LEN(fields));
}

static int
by_sub(const struct ctl *c, const char *sub, json_t **out)
{
	CLEANUP(buf_clear) struct buf path = BUF(2048);

	GO(call_path(c, &path, (const char *const[]){ "people/", sub, NULL }));
	return call_get(c, path.p, out);
}

static int
by_login(const struct ctl *c, const char *login, json_t **out)
{
	CLEANUP(buf_clear) struct buf path = BUF(2048);
	CLEANUP(json_decrefp) json_t *list = NULL;

	GO(call_path(c, &path, (const char *const[]){ "people?login=", login, NULL }));
	GO(call_get(c, path.p, &list));
	*out = json_incref(json_array_get(json_object_get(list, "records"), 0));
	return *out != NULL ? CLI_GO : tell(c->program, CLI_DOES_NOT, "there is nobody with this login");
}

static int
user_show(int argc, char **argv)
{
	CLEANUP(json_decrefp) json_t *answer = NULL;
	struct ctl ctl = ctl_start("authctl user show");
	const char *login = NULL;
	int operand;
	/* clang-format off */
	const struct cli_option options[] = {
		{ .name = "login", .type = CLI_TEXT, .out = &login, .value = "LOGIN", .help = "find by login" },
		CTL_OPTIONS(&ctl),
	};
	/* clang-format on */
	const struct cli cli = { .program = ctl.program,
				 .operands = "SUB",
				 .summary = "Prints what is known of a person, without particulars.",
				 .options = options,
				 .count = ARRAY_LEN(options),
				 .operands_most = 1 };

	GO(cli_parse(&cli, argc, argv, &operand));
	if ((login != NULL) == (operand < argc))
		return cli_usage_error(ctl.program, "give SUB or --login LOGIN");
	GO(login != NULL ? by_login(&ctl, login, &answer) : by_sub(&ctl, argv[operand], &answer));
	return ctl_print(&ctl, with_login, ARRAY_LEN(with_login), answer);
}

/* ---- the table ---- */

static const struct tell_field standing[] = {
	{ "sub", "sub", TELL_TEXT },
	{ "status", "status", TELL_TEXT },
};

int
cmd_user(int argc, char **argv)
{
	/* clang-format off */
	static const struct verb verbs[] = {
		{ .name = "add", .line = "add a person", .run = user_add },
		{ .name = "list", .line = "print identifiers", .run = user_list },
		{ .name = "show", .line = "print one person, by identifier or login", .run = user_show },
		{ .name = "disable", .line = "end all sessions, no more signing in",
		  .summary = "Ends every session of a person and lets them sign in no more.",
		  .kind = VERB_CHANGE, .path = "people/", .operand = "SUB", .step = "/status", VERB_FIELDS(standing),
		  .says = { "status", "disabled" } },
		{ .name = "enable", .line = "the opposite",
		  .summary = "Lets a disabled person sign in again.",
		  .kind = VERB_CHANGE, .path = "people/", .operand = "SUB", .step = "/status", VERB_FIELDS(standing),
		  .says = { "status", "active" } },
		{ .name = "reset", .line = "unlock codes, set a new password",
		  .summary = "Unlocks a person's codes, sets a new password if one is given, ends their sessions.",
		  .kind = VERB_CHANGE, .path = "people/", .operand = "SUB", .step = "/reset", VERB_FIELDS(standing),
		  .texts = {
			{ .name = "password-file", .value = "FILE", .help = "a new password (- for stdin)",
			  .member = "password", .from_file = true } } },
	};
	/* clang-format on */

	return verb_dispatch("Looks after people, their sign-in and their particulars.", verbs, ARRAY_LEN(verbs), argc,
			     argv);
}
