#include "auditlog/base/cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/expect.h"

static bool verbose;
static const char *key;
static uint64_t jobs;
static int mode;
static struct cli_list witnesses;
static const char *const modes[] = { "fast", "slow", NULL };

static const struct cli_option options[] = {
	{ .name = "verbose", .letter = 'v', .type = CLI_FLAG, .out = &verbose, .help = "say more" },
	{ .name = "key",
	  .letter = 'k',
	  .type = CLI_TEXT,
	  .out = &key,
	  .value = "VKEY",
	  .help = "the verifier key",
	  .required = true },
	{ .name = "jobs", .type = CLI_UINT, .out = &jobs, .value = "N", .help = "threads", .least = 1, .most = 64 },
	{ .name = "mode", .type = CLI_CHOICE, .out = &mode, .value = "fast|slow", .help = "how", .choices = modes },
	{ .name = "witness",
	  .type = CLI_LIST,
	  .out = &witnesses,
	  .value = "VKEY",
	  .help = "a witness; may be given again" },
};
static const struct cli cli = { .program = "tool check",
				.operands = "LOG [N]",
				.summary = "Checks a log.",
				.options = options,
				.count = ARRAY_LEN(options),
				.operands_least = 1,
				.operands_most = 2 };

/* What the program would print goes into a file that the test reads. */
static FILE *printed;

static void
catch_output(void)
{
	printed = tmpfile();
	cr_assert_not_null(printed);
	cr_assert_geq(dup2(fileno(printed), STDOUT_FILENO), 0);
	cr_assert_geq(dup2(fileno(printed), STDERR_FILENO), 0);
}

TestSuite(cli, .init = catch_output);

static const char *
output(void)
{
	static char text[8192];
	size_t n;

	(void)fflush(stdout);
	rewind(printed);
	n = fread(text, 1, sizeof(text) - 1, printed);
	text[n] = '\0';
	return text;
}

/* argv from a line with single spaces. */
static int
parse(const char *line, int *operand, char **argv)
{
	static char words[512];
	int argc = 0;

	verbose = false;
	key = NULL;
	jobs = 0;
	mode = -1;
	witnesses.n = 0;
	(void)snprintf(words, sizeof(words), "tool %s", line);
	for (char *w = strtok(words, " "); w != NULL; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	return cli_parse(&cli, argc, argv, operand);
}

Test(cli, options_and_operands_in_any_order)
{
	char *argv[32];
	int at = 0;

	cr_assert_eq(parse("LOGDIR --key K -v --jobs=4 --witness a --witness b --mode slow 7", &at, argv), CLI_GO);
	cr_assert(verbose);
	cr_assert_str_eq(key, "K");
	cr_assert_eq(jobs, 4U);
	cr_assert_eq(mode, 1);
	cr_assert_eq(witnesses.n, 2U);
	cr_assert_str_eq(witnesses.item[1], "b");
	cr_assert_str_eq(argv[at], "LOGDIR");
	cr_assert_str_eq(argv[at + 1], "7");
	cr_assert_eq(parse("-k K -- -x", &at, argv), CLI_GO); /* a second parse starts afresh */
	cr_assert_str_eq(argv[at], "-x");
}

static const struct {
	const char *line, *says;
} wrong[] = {
	{ "LOG", "--key is missing" },
	{ "LOG --key", "--key needs a value" },
	{ "LOG -k", "needs a value" },
	{ "LOG --key= ", "--key is empty" },
	{ "LOG --key a --key b", "--key is given twice" },
	{ "LOG --key a --colour red", "--colour is not an option" },
	{ "LOG --key a -x", "-x is not an option" },
	{ "LOG --key a --verbose=yes", "takes no value" },
	{ "LOG --key a --jobs 0", "from 1 to 64" },
	{ "LOG --key a --jobs 65", "from 1 to 64" },
	{ "LOG --key a --jobs 08", "from 1 to 64" },
	{ "LOG --key a --jobs four", "from 1 to 64" },
	{ "LOG --key a --mode medium", "choose fast|slow" },
	{ "--key a", "too few arguments; give LOG [N]" },
	{ "--key a 1 2 3", "too many arguments" },
};

Test(cli, every_mistake_is_status_2_and_says_what_to_do)
{
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		char *argv[32];
		int at;

		cr_assert_eq(ftruncate(fileno(printed), 0), 0);
		rewind(printed);
		cr_assert_eq(parse(wrong[i].line, &at, argv), CLI_USAGE, "%s", wrong[i].line);
		cr_assert_not_null(strstr(output(), wrong[i].says), "%s: %s", wrong[i].line, output());
		cr_assert_not_null(strstr(output(), "Try \"tool check --help\"."), "%s", wrong[i].line);
	}
}

static const struct cli wordy = {
	.program = "tool explain",
	.summary = "Explains at such a length that a terminal of eighty columns cannot hold the sentence in one line.",
	.options =
	    (const struct cli_option[]){
		{ .name = "an-option-that-is-longer-than-its-column",
		  .type = CLI_TEXT,
		  .out = &key,
		  .value = "VALUE",
		  .help = "a text that would reach beyond the eightieth column if nobody broke it into lines" },
		{ .name = "why",
		  .type = CLI_TEXT,
		  .out = &key,
		  .value = "WORD",
		  .help = "a text that would reach beyond the eightieth column if nobody broke it into lines" },
	    },
	.count = 2,
};

Test(cli, help_fits_a_terminal_and_loses_no_word)
{
	char *argv[] = { (char[]){ "tool" }, (char[]){ "--help" }, NULL };
	char text[8192];
	int at, words = 0;

	cr_assert_eq(cli_parse(&wordy, 2, argv, &at), CLI_HOLDS);
	(void)snprintf(text, sizeof(text), "%s", output());
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		cr_assert_leq(strlen(line), 80U, "%s", line);
	(void)snprintf(text, sizeof(text), "%s", output());
	for (char *word = strtok(text, " \n"); word != NULL; word = strtok(NULL, " \n"))
		words++;
	/* usage 4, summary 18, "Options:", two options with 2 and 15 words, --help 4, --version 4 */
	cr_assert_eq(words, 4 + 18 + 1 + 2 * (2 + 15) + 4 + 4);
}

Test(cli, help_lists_every_option)
{
	char *argv[32];
	int at;

	cr_assert_eq(parse("--help", &at, argv), CLI_HOLDS);
	cr_assert_not_null(strstr(output(), "Usage: tool check --key VKEY [OPTION...] LOG [N]"));
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		cr_assert_not_null(strstr(output(), options[i].help), "%s", options[i].name);
	cr_assert_not_null(strstr(output(), "--version"));
}

Test(cli, version_is_the_project_s)
{
	char *argv[32];
	int at;

	cr_assert_eq(parse("--version", &at, argv), CLI_HOLDS);
	cr_assert_str_eq(output(), "tool check " OMBUD_VERSION "\n");
}

static int
run_first(int argc, char **argv)
{
	cr_assert_str_eq(argv[0], "first");
	return argc == 2 ? CLI_DOES_NOT : CLI_HOLDS;
}

static const struct cli_command commands[] = { { "first", "does the first thing", run_first } };
static const struct cli_tool tool = {
	.program = "tool", .summary = "Does things.", .commands = commands, .count = ARRAY_LEN(commands)
};

static int
dispatch(const char *command)
{
	char a[] = "tool", b[32], c[] = "x";
	char *argv[] = { a, b, c, NULL };

	(void)snprintf(b, sizeof(b), "%s", command);
	return cli_dispatch(&tool, *command != '\0' ? 3 : 1, argv);
}

Test(cli, commands_are_found_by_name)
{
	cr_assert_eq(dispatch("first"), CLI_DOES_NOT);
	cr_assert_eq(dispatch("--version"), CLI_HOLDS);
	cr_assert_eq(dispatch("help"), CLI_HOLDS);
	cr_assert_not_null(strstr(output(), "does the first thing"));
	cr_assert_eq(dispatch("fir"), CLI_USAGE);
	cr_assert_not_null(strstr(output(), "\"fir\" is not a command"));
	cr_assert_eq(dispatch(""), CLI_USAGE);
}
