#include "auditlog/base/cli.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "auditlog/base/cli_help.h"
#include "auditlog/base/str.h"

/* Beyond any letter: what getopt_long returns for row number i is LONG_FIRST + i. */
#define LONG_FIRST   256
#define LONG_HELP    (LONG_FIRST + CLI_OPTIONS_MAX)
#define LONG_VERSION (LONG_HELP + 1)

int
cli_usage_error(const char *program, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fprintf(stderr, "%s: ", program);
	(void)vfprintf(stderr, fmt, ap);
	(void)fprintf(stderr, "\nTry \"%s --help\".\n", program);
	va_end(ap);
	return CLI_USAGE;
}

/* ---- values ---- */

static int
take_text(const struct cli *c, const struct cli_option *o, const char *value)
{
	const char **out = o->out;

	if (*value == '\0')
		return cli_usage_error(c->program, "--%s is empty; give a %s", o->name, o->value);
	*out = value;
	return CLI_GO;
}

static int
take_uint(const struct cli *c, const struct cli_option *o, const char *value)
{
	uint64_t *out = o->out, most = o->most != 0 ? o->most : UINT64_MAX;

	if (str_to_u64(str_of(value), most, out) != OK || *out < o->least)
		return cli_usage_error(c->program, "--%s %s: give a whole number from %llu to %llu", o->name, value,
				       (unsigned long long)o->least, (unsigned long long)most);
	return CLI_GO;
}

static int
take_choice(const struct cli *c, const struct cli_option *o, const char *value)
{
	int *out = o->out;

	for (int i = 0; o->choices[i] != NULL; i++) {
		if (strcmp(o->choices[i], value) != 0)
			continue;
		*out = i;
		return CLI_GO;
	}
	return cli_usage_error(c->program, "--%s %s: choose %s", o->name, value, o->value);
}

static int
take_list(const struct cli *c, const struct cli_option *o, const char *value)
{
	struct cli_list *out = o->out;

	if (*value == '\0')
		return cli_usage_error(c->program, "--%s is empty; give a %s", o->name, o->value);
	if (out->n == CLI_LIST_MAX)
		return cli_usage_error(c->program, "--%s is given more than %d times", o->name, CLI_LIST_MAX);
	out->item[out->n++] = value;
	return CLI_GO;
}

static int
take(const struct cli *c, const struct cli_option *o, bool again, const char *value)
{
	if (again && o->type != CLI_LIST && o->type != CLI_FLAG)
		return cli_usage_error(c->program, "--%s is given twice; keep one", o->name);
	switch (o->type) {
	case CLI_FLAG:
		*(bool *)o->out = true;
		return CLI_GO;
	case CLI_TEXT:
		return take_text(c, o, value);
	case CLI_UINT:
		return take_uint(c, o, value);
	case CLI_CHOICE:
		return take_choice(c, o, value);
	case CLI_LIST:
		return take_list(c, o, value);
	}
	return CLI_USAGE;
}

/* ---- getopt ---- */

struct tables {
	struct option longs[CLI_OPTIONS_MAX + 3];
	char letters[2 + 2 * CLI_OPTIONS_MAX + 1];
};

static void
fill_tables(const struct cli *c, struct tables *t)
{
	size_t at = 0;

	memset(t, 0, sizeof(*t));
	t->letters[at++] = ':'; /* a missing value is told from an unknown option */
	for (size_t i = 0; i < c->count; i++) {
		const struct cli_option *o = &c->options[i];
		bool valued = o->type != CLI_FLAG;

		t->longs[i] =
		    (struct option){ o->name, valued ? required_argument : no_argument, NULL, LONG_FIRST + (int)i };
		if (o->letter == 0)
			continue;
		t->letters[at++] = o->letter;
		if (valued)
			t->letters[at++] = ':';
	}
	t->longs[c->count] = (struct option){ "help", no_argument, NULL, LONG_HELP };
	t->longs[c->count + 1] = (struct option){ "version", no_argument, NULL, LONG_VERSION };
}

/* The row for what getopt_long returned, c->count when there is none. */
static size_t
row_of(const struct cli *c, int found)
{
	size_t i = 0;

	if (found >= LONG_FIRST)
		return (size_t)(found - LONG_FIRST);
	while (i < c->count && c->options[i].letter != found)
		i++;
	return i;
}

static int
refuse_option(const struct cli *c, int found, char **argv)
{
	const char *what = optind > 0 ? argv[optind - 1] : "";

	if (found == ':')
		return cli_usage_error(c->program, "%s needs a value", what);
	if (optopt > 0 && optopt < LONG_FIRST)
		return cli_usage_error(c->program, "-%c is not an option", optopt);
	return cli_usage_error(c->program, optopt >= LONG_FIRST ? "%s takes no value" : "%s is not an option", what);
}

static int
check_complete(const struct cli *c, const bool *given, size_t operands)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->options[i].required && !given[i])
			return cli_usage_error(c->program, "--%s is missing; give --%s %s", c->options[i].name,
					       c->options[i].name, c->options[i].value);
	if (operands < c->operands_least)
		return cli_usage_error(c->program, "too few arguments; give %s", c->operands);
	if (operands > c->operands_most)
		return cli_usage_error(c->program, "too many arguments; %s%s",
				       c->operands != NULL ? "give " : "there are none",
				       c->operands != NULL ? c->operands : "");
	return CLI_GO;
}

int
cli_parse(const struct cli *c, int argc, char **argv, int *operand)
{
	struct tables t;
	bool given[CLI_OPTIONS_MAX] = { false };
	int found, verdict;

	if (c->count > CLI_OPTIONS_MAX)
		return cli_usage_error(c->program, "this program has more options than it can read");
	fill_tables(c, &t);
	optind = 0; /* glibc: start afresh, a subcommand parses a second time */
	opterr = 0;
	while ((found = getopt_long(argc, argv, t.letters, t.longs, NULL)) != -1) {
		size_t row;

		if (found == LONG_HELP) {
			cli_help(c);
			return CLI_HOLDS;
		}
		if (found == LONG_VERSION) {
			(void)printf("%s %s\n", c->program, OMBUD_VERSION);
			return CLI_HOLDS;
		}
		row = row_of(c, found);
		if (found == '?' || found == ':' || row >= c->count)
			return refuse_option(c, found, argv);
		verdict = take(c, &c->options[row], given[row], optarg);
		if (verdict != CLI_GO)
			return verdict;
		given[row] = true;
	}
	*operand = optind;
	return check_complete(c, given, (size_t)(argc - optind));
}

/* ---- subcommands ---- */

int
cli_choose(const struct cli_tool *tool, int argc, char **argv, size_t *row)
{
	if (argc < 2)
		return cli_usage_error(tool->program, "which command? There is none");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		cli_help_commands(tool);
		return CLI_HOLDS;
	}
	if (strcmp(argv[1], "--version") == 0) {
		(void)printf("%s %s\n", tool->program, OMBUD_VERSION);
		return CLI_HOLDS;
	}
	for (*row = 0; *row < tool->count; (*row)++)
		if (strcmp(tool->commands[*row].name, argv[1]) == 0)
			return CLI_GO;
	return cli_usage_error(tool->program, "\"%s\" is not a command", argv[1]);
}

int
cli_dispatch(const struct cli_tool *tool, int argc, char **argv)
{
	size_t row = 0;
	int verdict = cli_choose(tool, argc, argv, &row);

	return verdict == CLI_GO ? tool->commands[row].run(argc - 1, argv + 1) : verdict;
}
