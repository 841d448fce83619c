#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/file.h"
#include "auditlog/tool/commands.h"
#include "auditlog/tool/say.h"
#include "auditlog/tool/watch.h"

#define PROGRAM "auditlog follow"

/* A mirror may be a moment behind, a proxy may answer nonsense once: what is still wrong at the third look is said. */
#define LOOKS_BEFORE_ALARM 3
/* A log with nothing to tell still writes a log.map entry an hour. */
#define SILENCE_S 7200
#define PAUSE_S   10

struct follow {
	struct target_options common;
	const char *file;
	uint64_t pause_s, silence_s;
	bool once, json;

	struct watch watch;
	int64_t grown_us; /* when the log was last seen to grow, by the wall clock */
	uint64_t grown;   /* entries since the start */
};

static volatile sig_atomic_t stopped;

static void
on_stop(int signal UNUSED)
{
	stopped = 1;
}

static void
listen_for_stop(void)
{
	struct sigaction action = { .sa_handler = on_stop }; /* without SA_RESTART: a signal ends the pause */

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

static void
follow_freep(struct follow **f)
{
	if (!*f)
		return;
	watch_close(&(*f)->watch);
	free(*f);
}

/* A follower that was away counts silence from what it saw last. */
static void
set_grown(struct follow *f)
{
	struct stat st;

	f->grown_us = clock_now_us();
	if (stat(f->file, &st) == 0)
		f->grown_us = (int64_t)st.st_mtim.tv_sec * SECOND_US + st.st_mtim.tv_nsec / 1000;
}

/* ---- saying it ---- */

static void
put_line(struct buf *out, const struct checkpoint *head, uint64_t more)
{
	clock_put_rfc3339_seconds(out, clock_now_us());
	buf_printf(out, "  %" PRIu64 " entries (%" PRIu64 " more), root ", head->size, more);
	hash_put_base64(out, &head->root);
	buf_put_char(out, '\n');
}

static void
put_json(struct buf *out, const struct checkpoint *head, uint64_t more)
{
	CLEANUP(buf_clear) struct buf time = { 0 };
	CLEANUP(buf_clear) struct buf root = { 0 };
	json_t *j;
	char *text;

	clock_put_rfc3339_seconds(&time, clock_now_us());
	hash_put_base64(&root, &head->root);
	j = json_pack("{s:s%, s:s%, s:I, s:I, s:s%}", "time", time.p, time.n, "origin", head->origin.p, head->origin.n,
		      "size", (json_int_t)head->size, "more", (json_int_t)more, "root", root.p, root.n);
	text = j ? json_dumps(j, JSON_COMPACT) : NULL;
	buf_put_cstr(out, text ? text : "{}");
	buf_put_char(out, '\n');
	free(text);
	json_decref(j);
}

static int
say_grown(struct follow *f, uint64_t before)
{
	CLEANUP(buf_clear) struct buf out = { 0 };
	const struct checkpoint *head = &f->watch.kept.head;

	f->grown_us = clock_now_us();
	f->grown += head->size - before;
	(f->json ? put_json : put_line)(&out, head, head->size - before);
	if (buf_status(&out) != OK)
		return say(PROGRAM, CLI_CANNOT, "not enough memory");
	return say_out(PROGRAM, NULL, buf_str(&out));
}

/* Two checkpoints signed by one log that cannot both be true convict it: neither may get lost. */
static void
keep_evidence(struct follow *f)
{
	CLEANUP(buf_clear) struct buf path = BUF(4096);

	if (!watch_saw_signed(&f->watch))
		return;
	buf_printf(&path, "%s.against", f->file);
	buf_put_char(&path, '\0');
	if (buf_status(&path) != OK || file_replace_at(AT_FDCWD, path.p, buf_str(&f->watch.target.bytes), 0644) != OK)
		say(PROGRAM, 0, "the checkpoint that contradicts %s could not be written beside it", f->file);
	else
		say(PROGRAM, 0, "keep %s and %s: both are signed, and they are the proof", f->file, path.p);
}

static int
alarm_broken(struct follow *f)
{
	keep_evidence(f);
	return say_findings(PROGRAM, &f->watch.found);
}

static int
alarm_silent(struct follow *f)
{
	CLEANUP(buf_clear) struct buf since = { 0 };

	clock_put_rfc3339_seconds(&since, f->grown_us);
	if (f->watch.found.unread)
		(void)say_findings(PROGRAM, &f->watch.found);
	return say(PROGRAM, CLI_DOES_NOT, "DOES NOT HOLD: silent, no new entry seen since %.*s (--silence %" PRIu64 ")",
		   STR_ARG(buf_str(&since)), f->silence_s);
}

static int
say_end(const struct follow *f)
{
	const struct checkpoint *head = &f->watch.kept.head;

	if (!f->watch.opened)
		return say(PROGRAM, CLI_CANNOT, "stopped before a checkpoint of %s was seen", f->watch.log);
	say(PROGRAM, 0, "HOLDS: %" PRIu64 " entries of %.*s, %" PRIu64 " of them new", head->size,
	    STR_ARG(head->origin), f->grown);
	return CLI_HOLDS;
}

/* ---- following ---- */

/* Sleeps for so long, or until a signal. */
static void
pause_for(uint64_t seconds)
{
	(void)poll(NULL, 0, (int)(seconds * 1000));
}

/* One look, and up to two more while it is bad. CLI_GO with *verdict, or an exit status. */
static int
look(struct follow *f, enum watch_verdict *verdict)
{
	GO(watch_look(&f->watch, verdict));
	for (int i = 1; *verdict == WATCH_BROKEN && i < LOOKS_BEFORE_ALARM && !stopped; i++) {
		pause_for(f->pause_s < 2 ? f->pause_s : 2);
		GO(watch_look(&f->watch, verdict));
	}
	return CLI_GO;
}

static int
round_once(struct follow *f, enum watch_verdict *verdict)
{
	GO(look(f, verdict));
	if (*verdict == WATCH_BROKEN)
		return alarm_broken(f);
	if (*verdict == WATCH_GREW || *verdict == WATCH_FIRST)
		return say_grown(f, f->watch.before);
	if (f->silence_s && clock_now_us() - f->grown_us > (int64_t)f->silence_s * SECOND_US)
		return alarm_silent(f);
	return CLI_GO;
}

static int
follow(struct follow *f)
{
	enum watch_verdict verdict = WATCH_UNREAD;

	watch_open(&f->watch);
	set_grown(f);
	listen_for_stop();
	while (!stopped) {
		GO(round_once(f, &verdict));
		if (f->once)
			break;
		pause_for(f->pause_s);
	}
	if (f->once && verdict == WATCH_UNREAD)
		return say_findings(PROGRAM, &f->watch.found);
	return say_end(f);
}

int
cmd_follow(int argc, char **argv)
{
	CLEANUP(follow_freep) struct follow *f = calloc(1, sizeof(*f));
	int operand = 0;

	if (!f)
		return say(PROGRAM, CLI_CANNOT, "not enough memory");
	f->pause_s = PAUSE_S;
	f->silence_s = SILENCE_S;
	/* clang-format off */
	const struct cli_option options[] = {
		TARGET_OPTIONS(&f->common),
		{ .name = "state", .letter = 's', .type = CLI_TEXT, .out = &f->file, .value = "FILE", .required = true,
		  .help = "where the newest checkpoint seen is kept from one run to the next" },
		{ .name = "interval", .type = CLI_UINT, .out = &f->pause_s, .value = "SECONDS", .least = 1, .most = 86400,
		  .help = "time between two looks (10)" },
		{ .name = "silence", .type = CLI_UINT, .out = &f->silence_s, .value = "SECONDS", .most = 31536000,
		  .help = "alarm when the log has not grown for so long (7200; 0 = never)" },
		{ .name = "once", .type = CLI_FLAG, .out = &f->once, .help = "one look, for a timer" },
		{ .name = "json", .type = CLI_FLAG, .out = &f->json, .help = "one JSON object for each step of growth" },
	};
	/* clang-format on */
	const struct cli cli = {
		.program = PROGRAM,
		.operands = "LOG",
		.summary = "Keep the newest checkpoint of a log and prove that each next one continues it; end with 1 "
			   "on a fork, a rollback or silence.",
		.options = options,
		.count = ARRAY_LEN(options),
		.operands_least = 1,
		.operands_most = 1,
	};
	GO(cli_parse(&cli, argc, argv, &operand));
	f->watch.program = PROGRAM;
	f->watch.log = argv[operand];
	f->watch.common = &f->common;
	f->watch.file = f->file;
	return follow(f);
}
