#include "auditlog/base/cli_help.h"

#include <stdio.h>
#include <string.h>

#include "auditlog/base/str.h"

#define LINE_WIDTH 80
#define LEFT_MOST  128
#define LEFT_LIMIT 34 /* what is longer has its text on the next line, so that the others keep their width */
#define GAP        2

/* ---- text in columns ---- */

/* Characters, not bytes: a demonstration speaks Russian, too. */
static size_t
width(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

/* Words from column `at` on, further lines from column `indent` on, with a line feed behind. */
static void
print_words(const char *text, size_t at, size_t indent)
{
	struct str rest = str_of(text), word;
	bool first = true;

	while (str_next(&rest, ' ', &word)) {
		if (!first && at + 1 + width(word) > LINE_WIDTH) {
			(void)printf("\n%*s", (int)indent, "");
			at = indent;
			first = true;
		}
		(void)printf("%s%.*s", first ? "" : " ", STR_ARG(word));
		at += width(word) + (first ? 0 : 1);
		first = false;
	}
	(void)putchar('\n');
}

static void
print_row(const char *left, size_t indent, const char *text)
{
	size_t used = strlen(left);

	(void)printf("%s", left);
	if (used + GAP > indent) {
		(void)putchar('\n');
		used = 0;
	}
	(void)printf("%*s", (int)(indent - used), "");
	print_words(text, indent, indent);
}

static void
print_more(const char *text)
{
	if (text == NULL)
		return;
	(void)putchar('\n');
	print_words(text, 0, 0);
}

/* ---- a command ---- */

static void
option_left(const struct cli_option *o, char *left)
{
	char letter[8] = "    ";

	if (o->letter != 0)
		(void)snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	(void)snprintf(left, LEFT_MOST, "  %s--%s%s%s", letter, o->name, o->value != NULL ? " " : "",
		       o->value != NULL ? o->value : "");
}

/* Where the texts begin: behind the longest left side that is not beyond the limit. */
static size_t
options_indent(const struct cli *c)
{
	size_t indent = sizeof("      --version") - 1 + GAP;

	for (size_t i = 0; i < c->count; i++) {
		char left[LEFT_MOST];

		option_left(&c->options[i], left);
		if (strlen(left) + GAP > indent && strlen(left) + GAP <= LEFT_LIMIT)
			indent = strlen(left) + GAP;
	}
	return indent;
}

static size_t
add(char *line, size_t size, size_t at, const char *before, const char *name, const char *value)
{
	int n = snprintf(line + at, size - at, " %s%s%s%s", before, name, value != NULL ? " " : "",
			 value != NULL ? value : "");

	return n < 0 || (size_t)n >= size - at ? at : at + (size_t)n;
}

/* Required options belong to how it is called, like operands. */
static void
print_usage(const struct cli *c)
{
	char line[1024] = "";
	size_t at = 0;

	for (size_t i = 0; i < c->count; i++)
		if (c->options[i].required)
			at = add(line, sizeof(line), at, "--", c->options[i].name, c->options[i].value);
	at = add(line, sizeof(line), at, "", "[OPTION...]", NULL);
	if (c->operands != NULL)
		(void)add(line, sizeof(line), at, "", c->operands, NULL);
	(void)printf("Usage: %s ", c->program);
	print_words(line + 1, sizeof("Usage: ") + strlen(c->program), sizeof("Usage: "));
}

void
cli_help(const struct cli *c)
{
	size_t indent = options_indent(c);

	print_usage(c);
	(void)putchar('\n');
	print_words(c->summary, 0, 0);
	(void)printf("\nOptions:\n");
	for (size_t i = 0; i < c->count; i++) {
		char left[LEFT_MOST];

		option_left(&c->options[i], left);
		print_row(left, indent, c->options[i].help);
	}
	print_row("      --help", indent, "print this text");
	print_row("      --version", indent, "print the version");
	print_more(c->more);
}

/* ---- a tool ---- */

static size_t
commands_indent(const struct cli_tool *tool)
{
	size_t longest = 0;

	for (size_t i = 0; i < tool->count; i++)
		if (strlen(tool->commands[i].name) > longest)
			longest = strlen(tool->commands[i].name);
	return GAP + longest + GAP;
}

void
cli_help_commands(const struct cli_tool *tool)
{
	size_t indent = commands_indent(tool);

	(void)printf("Usage: %s COMMAND [ARGUMENT...]\n\n", tool->program);
	print_words(tool->summary, 0, 0);
	(void)printf("\nCommands:\n");
	for (size_t i = 0; i < tool->count; i++) {
		char left[LEFT_MOST];

		(void)snprintf(left, sizeof(left), "  %s", tool->commands[i].name);
		print_row(left, indent, tool->commands[i].summary);
	}
	(void)printf("\nEach command has its own --help.\n");
	print_more(tool->more);
}
