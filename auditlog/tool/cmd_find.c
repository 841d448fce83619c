#include <inttypes.h>
#include <stdatomic.h>
#include <unistd.h>

#include "auditlog/tool/commands.h"
#include "auditlog/tool/filter.h"
#include "auditlog/tool/render.h"
#include "auditlog/tool/say.h"
#include "auditlog/tool/scan.h"

#define PROGRAM "auditlog find"

struct find {
	struct scan scan;
	struct filter filter;
	bool json;
	_Atomic uint64_t matches;
};

static void
extract(void *ctx, const struct entry_view *v, struct str line, struct buf *out)
{
	struct find *f = ctx;

	if (!filter_match(&f->filter, v))
		return;
	atomic_fetch_add(&f->matches, 1);
	render_entry(out, f->json ? RENDER_JSON : RENDER_LINE, v, line);
}

static enum status
absorb(void *ctx, struct str text)
{
	(void)ctx;
	return scan_write(STDOUT_FILENO, text);
}

int
cmd_find(int argc, char **argv)
{
	struct find f = { .scan = { .program = PROGRAM, .extract = extract, .absorb = absorb } };
	struct sweep_result swept = { 0 };
	/* clang-format off */
	const struct cli_option options[] = {
		SCAN_OPTIONS(&f.scan),
		SCAN_QUICK_OPTION(&f.scan),
		FILTER_OPTIONS(&f.filter),
		{ .name = "json", .type = CLI_FLAG, .out = &f.json, .help = "the stored entries, one JSON object a line" },
	};
	/* clang-format on */
	const struct cli cli = {
		.program = PROGRAM,
		.operands = "LOG",
		.summary = "Print the entries that match. The whole log is checked on the way; status 1 when it does "
			   "not hold.",
		.options = options,
		.count = ARRAY_LEN(options),
		.operands_least = 1,
		.operands_most = 1,
	};
	int operand = 0, exit;

	GO(cli_parse(&cli, argc, argv, &operand));
	GO(filter_ready(&f.filter, PROGRAM));
	f.scan.log = argv[operand];
	f.scan.ctx = &f;
	f.scan.filter = &f.filter;
	exit = scan_run(&f.scan, &swept);
	if (exit == CLI_HOLDS)
		say(PROGRAM, exit, "%" PRIu64 " of %" PRIu64 " entries %s", (uint64_t)f.matches, swept.entries,
		    f.scan.quick ? "read match" : "match");
	return exit;
}
