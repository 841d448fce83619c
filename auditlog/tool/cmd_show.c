#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "auditlog/tool/commands.h"
#include "auditlog/tool/proven.h"
#include "auditlog/tool/render.h"
#include "auditlog/tool/say.h"

#define PROGRAM "auditlog show"

struct show {
	struct target_options common;
	bool json;
	uint64_t first, last;
	struct proven proven;
};

static void
show_freep(struct show **s)
{
	if (*s)
		proven_close(&(*s)->proven);
	free(*s);
}

/* "N" or "N..M", M included. */
static int
read_range(struct show *s, const char *text)
{
	struct str range = str_of(text);
	size_t dots = str_find(range, STR(".."));
	enum status st = str_to_u64(str_slice(range, 0, dots), MERKLE_SIZE_MAX, &s->first);

	s->last = s->first;
	if (st == OK && dots < range.n)
		st = str_to_u64(str_slice(range, dots + 2, range.n), MERKLE_SIZE_MAX, &s->last);
	if (st != OK || s->last < s->first)
		return say(PROGRAM, CLI_USAGE, "%s: write an index (4711) or a range (4711..4720)", text);
	return CLI_GO;
}

static int
show_one(struct show *s, uint64_t index)
{
	CLEANUP(buf_clear) struct buf text = { 0 };
	struct entry_view view;
	struct str line;

	if (!proven_entry(&s->proven, index, &line, &view))
		return say_findings(PROGRAM, &s->proven.found);
	render_entry(&text, s->json ? RENDER_JSON : RENDER_PAGE, &view, line);
	if (buf_status(&text) != OK)
		return say(PROGRAM, CLI_CANNOT, "not enough memory");
	return say_out(PROGRAM, NULL, buf_str(&text));
}

int
cmd_show(int argc, char **argv)
{
	CLEANUP(show_freep) struct show *s = calloc(1, sizeof(*s));
	int operand = 0;

	if (!s)
		return say(PROGRAM, CLI_CANNOT, "not enough memory");
	/* clang-format off */
	const struct cli_option options[] = {
		TARGET_OPTIONS(&s->common),
		{ .name = "json", .type = CLI_FLAG, .out = &s->json, .help = "the stored entries, one JSON object a line" },
	};
	/* clang-format on */
	const struct cli cli = {
		.program = PROGRAM,
		.operands = "LOG N[..M]",
		.summary = "Print entries. Each is shown to be under the signed checkpoint before it is printed.",
		.options = options,
		.count = ARRAY_LEN(options),
		.operands_least = 2,
		.operands_most = 2,
	};
	GO(cli_parse(&cli, argc, argv, &operand));
	GO(read_range(s, argv[operand + 1]));
	GO(proven_open(&s->proven, PROGRAM, argv[operand], &s->common));
	for (uint64_t i = s->first; i <= s->last; i++)
		GO(show_one(s, i));
	return CLI_HOLDS;
}
