#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/tool/commands.h"
#include "auditlog/tool/erasure_act.h"
#include "auditlog/tool/filter.h"
#include "auditlog/tool/render.h"
#include "auditlog/tool/say.h"
#include "auditlog/tool/scan.h"

#define PROGRAM "auditlog export"

struct exporter {
	struct scan scan;
	struct filter filter;
	const char *file;
	const char *erasure;
	bool jsonl, csv;
	int fd;
};

static void
extract(void *ctx, const struct entry_view *v, struct str line, struct buf *out)
{
	const struct exporter *x = ctx;

	if (filter_match(&x->filter, v))
		render_entry(out, x->csv ? RENDER_CSV : RENDER_JSON, v, line);
}

static enum status
absorb(void *ctx, struct str text)
{
	const struct exporter *x = ctx;

	return scan_write(x->fd, text);
}

static enum status
write_head(const struct exporter *x)
{
	CLEANUP(buf_clear) struct buf head = { 0 };

	if (!x->csv)
		return OK;
	render_csv_head(&head);
	TRY(buf_status(&head));
	return scan_write(x->fd, buf_str(&head));
}

static int
run(struct exporter *x)
{
	int exit;

	x->fd = x->file ? open(x->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640) : STDOUT_FILENO;
	if (x->fd < 0 || write_head(x) != OK)
		return say(PROGRAM, CLI_CANNOT, "cannot write %s: %s", x->file ? x->file : "the output",
			   strerror(errno));
	exit = scan_run(&x->scan, NULL);
	if (x->file && close(x->fd) != 0)
		return say(PROGRAM, CLI_CANNOT, "cannot write %s: %s", x->file, strerror(errno));
	return exit;
}

static int
export_erasure(const struct exporter *x, const char *log)
{
	uint64_t index = 0;

	if (str_to_u64(str_of(x->erasure), MERKLE_SIZE_MAX, &index) != OK)
		return say(PROGRAM, CLI_USAGE, "%s: write the index of an entry (4711)", x->erasure);
	if (x->csv || x->jsonl || !x->file)
		return say(PROGRAM, CLI_USAGE, "--erasure writes several files: give -o DIR, and no --csv or --jsonl");
	return erasure_act_write(PROGRAM, log, &x->scan.common, index, x->file);
}

int
cmd_export(int argc, char **argv)
{
	struct exporter x = { .scan = { .program = PROGRAM, .extract = extract, .absorb = absorb } };
	/* clang-format off */
	const struct cli_option options[] = {
		SCAN_OPTIONS(&x.scan),
		SCAN_QUICK_OPTION(&x.scan),
		FILTER_OPTIONS(&x.filter),
		{ .name = "jsonl", .type = CLI_FLAG, .out = &x.jsonl, .help = "the stored entries, one a line (the default)" },
		{ .name = "csv", .type = CLI_FLAG, .out = &x.csv, .help = "a table; sealed parts are left out" },
		{ .name = "erasure", .type = CLI_TEXT, .out = &x.erasure, .value = "N",
		  .help = "both entries of the erasure that entry N is of, with proofs, into the directory of -o" },
		{ .name = "output", .letter = 'o', .type = CLI_TEXT, .out = &x.file, .value = "FILE",
		  .help = "write there instead of to standard output" },
	};
	/* clang-format on */
	const struct cli cli = {
		.program = PROGRAM,
		.operands = "LOG",
		.summary = "Write entries for other programs. Trust the output only when the status is 0: then the "
			   "whole log held.",
		.options = options,
		.count = ARRAY_LEN(options),
		.operands_least = 1,
		.operands_most = 1,
	};
	int operand = 0;

	GO(cli_parse(&cli, argc, argv, &operand));
	if (x.csv && x.jsonl)
		return say(PROGRAM, CLI_USAGE, "--csv or --jsonl, not both");
	if (x.erasure)
		return export_erasure(&x, argv[operand]);
	GO(filter_ready(&x.filter, PROGRAM));
	x.scan.log = argv[operand];
	x.scan.ctx = &x;
	x.scan.filter = &x.filter;
	return run(&x);
}
