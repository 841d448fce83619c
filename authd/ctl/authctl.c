/* authctl: the administrator's tool. Asks authd over its admin socket; what it changes, authd records. */
#include <curl/curl.h>

#include "auditlog/base/cli.h"
#include "auditlog/base/log.h"
#include "authd/ctl/ctl.h"
#include "authd/ctl/subcommands.h"

static const struct cli_command commands[] = {
	{ "user", "people: add, list, show, disable, enable, reset", cmd_user },
	{ "role", "who holds which role: assign, revoke, list, who", cmd_role },
	{ "client", "services and applications: add, list, show, disable, enable, rotate", cmd_client },
	{ "key", "the keys that sign tokens: list, rotate", cmd_key },
	{ "policy",
	  "the bundle of rules: show, check, test, diff, explain, who-can, what-can, propose, proposals, withdraw, "
	  "activate",
	  cmd_policy },
	{ "breakglass", "emergencies: list, show, review, restore", cmd_breakglass },
	{ "consent", "consents of a person or to a service: list, show, withdraw, revoke, invalidate", cmd_consent },
	{ "mandate", "who may act for whom: list, show, register, confirm, revoke", cmd_mandate },
	{ "session", "who is signed in: list, end", cmd_session },
	{ "subject", "everything about a person: erase, export", cmd_subject },
	{ "report", "what the log says about many people at once: affected, published", cmd_report },
	{ "status", "which part of authd is ready", cmd_status },
	{ "demo-code", "the current code of a demonstration person, offline", cmd_demo_code },
};

static const struct cli_tool tool = {
	.program = "authctl",
	.summary = "Administers authd over its admin socket. What it changes, authd records.",
	.commands = commands,
	.count = ARRAY_LEN(commands),
	.more = "--socket PATH (" CTL_SOCKET " by itself) and --json stand before the command or behind it. "
		"Exit status: 0 done, 1 refused or not there, 2 usage, 3 cannot.",
};

int
main(int argc, char **argv)
{
	int used = 0;

	log_open("authctl", LOG_LEVEL_WARN);
	GO(ctl_setup(argc, argv, &used));
	if (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK)
		return tell("authctl", CLI_CANNOT, "cannot start libcurl");
	return cli_dispatch(&tool, argc - used, argv + used);
}
