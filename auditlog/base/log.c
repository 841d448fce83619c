#include "auditlog/base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/clock.h"

/* One write of at most PIPE_BUF bytes: lines of several threads and processes do not mix. */
#define LINE_MAX_BYTES 4096

static const char *program = "ombud";
static enum log_level least_level = LOG_LEVEL_INFO;
static atomic_ulong dropped;

static const char *const level_names[] = { "debug", "info", "warn", "error" };

void
log_open(const char *name, enum log_level least)
{
	program = name;
	least_level = least;
}

/* A fixed line: nothing here may allocate or fail. */
struct line {
	size_t n;
	char text[LINE_MAX_BYTES];
};

static void
put(struct line *l, const char *p, size_t n)
{
	size_t left = sizeof(l->text) - 1 - l->n; /* one for the newline */

	if (n > left)
		n = left;
	memcpy(l->text + l->n, p, n);
	l->n += n;
}

static void
put_cstr(struct line *l, const char *s)
{
	put(l, s, strlen(s));
}

/* A line break or terminal escape in a value would be somebody else's line: they come out as \xNN. */
static void
put_escaped(struct line *l, const char *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		char hex[] = { '\\', 'x', digits[c >> 4], digits[c & 15] };

		if (c < 0x20 || c == 0x7f)
			put(l, hex, sizeof(hex));
		else
			put(l, p + i, 1);
	}
}

static void
put_head(struct line *l, enum log_level level, enum status st, const char *event)
{
	char space[CLOCK_RFC3339_LEN];
	struct buf when = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

	clock_put_rfc3339(&when, clock_now_us()); /* fits exactly, so the buffer never grows */
	put(l, when.p, when.n);
	put_cstr(l, " ");
	put_cstr(l, level_names[level]);
	put_cstr(l, " ");
	put_cstr(l, program);
	put_cstr(l, " ");
	put_cstr(l, event);
	if (st != OK) {
		put_cstr(l, " status=");
		put_cstr(l, status_name(st));
	}
}

/*
 * stderr is shared with other processes, so it is not made non-blocking. poll() promises room for PIPE_BUF bytes in a
 * pipe; only another writer between poll and write could make us wait, and then for as long as the reader is slow, not
 * dead.
 */
static bool
emit(const char *p, size_t n)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };
	int saved = errno;
	bool done = poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT) != 0 && write(STDERR_FILENO, p, n) == (ssize_t)n;

	errno = saved;
	return done;
}

static void
finish(struct line *l)
{
	unsigned long lost = atomic_exchange(&dropped, 0);
	char note[48];

	if (lost > 0) {
		(void)snprintf(note, sizeof(note), " lines_dropped=%lu", lost);
		put_cstr(l, note);
	}
	l->text[l->n++] = '\n';
	if (!emit(l->text, l->n))
		atomic_fetch_add(&dropped, lost + 1);
}

static void
    PRINTF_LIKE(4, 0) log_va(enum log_level level, enum status st, const char *event, const char *fmt, va_list ap)
{
	struct line l;
	char values[LINE_MAX_BYTES];
	int n;

	if (level < least_level)
		return;
	l.n = 0;
	put_head(&l, level, st, event);
	n = vsnprintf(values, sizeof(values), fmt, ap);
	if (n > 0) {
		put_cstr(&l, " ");
		put_escaped(&l, values, (size_t)n < sizeof(values) ? (size_t)n : sizeof(values) - 1);
	}
	finish(&l);
}

void
log_debug(const char *event, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_va(LOG_LEVEL_DEBUG, OK, event, fmt, ap);
	va_end(ap);
}

void
log_info(const char *event, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_va(LOG_LEVEL_INFO, OK, event, fmt, ap);
	va_end(ap);
}

void
log_warn(enum status st, const char *event, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_va(LOG_LEVEL_WARN, st, event, fmt, ap);
	va_end(ap);
}

void
log_error(enum status st, const char *event, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_va(LOG_LEVEL_ERROR, st, event, fmt, ap);
	va_end(ap);
}
