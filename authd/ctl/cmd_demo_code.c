/* cmd_demo_code.c: `authctl demo-code`: the code that a demonstration person's device would show now. Asks nobody. */
#include <liboath/oath.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "authd/ctl/ctl.h"
#include "authd/ctl/subcommands.h"
#include "authd/keys/totp_key.h"

static int
make_code(const struct secret *base32, time_t now, char *code)
{
	char *seed = NULL;
	size_t n = 0;
	int made = oath_base32_decode((const char *)base32->p, base32->n, &seed, &n);

	if (made == OATH_OK)
		made = oath_totp_generate(seed, n, now, TOTP_KEY_PERIOD_S, 0, TOTP_KEY_DIGITS, code);
	if (seed != NULL)
		secret_wipe(seed, n);
	free(seed);
	return made;
}

int
cmd_demo_code(int argc, char **argv)
{
	static const struct tell_field fields[] = { { "code", "code", TELL_TEXT },
						    { "seconds left", "seconds_left", TELL_NUMBER } };
	CLEANUP(secret_clear) struct secret base32 = { 0 };
	CLEANUP(json_decrefp) json_t *body = NULL;
	struct ctl ctl = ctl_start("authctl demo-code");
	const char *file = NULL;
	char code[TOTP_KEY_DIGITS + 1] = { 0 };
	time_t now = time(NULL);
	int operand;
	/* clang-format off */
	const struct cli_option options[] = {
		{ .name = "secret-file", .type = CLI_TEXT, .out = &file, .value = "FILE", .help = "the base32 secret (- for stdin)", .required = true },
		{ .name = "json", .type = CLI_FLAG, .out = &ctl.json, .help = "print JSON" },
	};
	/* clang-format on */
	const struct cli cli = {
		.program = ctl.program,
		.summary =
		    "Prints the current code for a TOTP secret. For demonstrations: a real secret stays in its device.",
		.options = options,
		.count = ARRAY_LEN(options)
	};

	GO(cli_parse(&cli, argc, argv, &operand));
	GO(ctl_secret(&ctl, file, &base32));
	if (oath_init() != OATH_OK || make_code(&base32, now, code) != OATH_OK)
		return tell(ctl.program, CLI_CANNOT, "%s holds no base32 secret", file);
	body =
	    json_pack("{s:s, s:i}", "code", code, "seconds_left", (int)(TOTP_KEY_PERIOD_S - now % TOTP_KEY_PERIOD_S));
	if (body == NULL)
		return tell_status(ctl.program, "making the output", E_NOMEM);
	return ctl_print(&ctl, fields, ARRAY_LEN(fields), body);
}
