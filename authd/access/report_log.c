#include "authd/access/report_log.h"

#include <string.h>

#include "auditlog/base/clock.h"

void
report_log_clear(struct report_log *s)
{
	logread_free(s->log);
	buf_clear(&s->text);
	*s = (struct report_log){ 0 };
}

enum status
report_log_open(const char *dir, struct report_log *s)
{
	struct pruned kept = { 0 };
	struct note note;

	s->text = BUF(LOGREAD_CHECKPOINT_MAX);
	TRY(logread_open(dir, &s->log));
	TRY(logread_checkpoint(s->log, &s->text));
	TRY(note_parse(buf_str(&s->text), &note));
	TRY(checkpoint_parse(note.text, &s->at));
	TRY(logread_pruned(s->log, &kept));
	s->kept = kept.minimum;
	return OK;
}

/* ---- months: texts that sort as the times do ---- */

static struct report_month
month_at(int64_t us)
{
	CLEANUP(buf_clear) struct buf text = BUF(32);
	struct report_month m = { "" };

	clock_put_month(&text, us);
	if (buf_status(&text) == OK && text.n == REPORT_MONTH_LEN)
		memcpy(m.text, text.p, text.n);
	return m;
}

static struct report_month
month_after(struct report_month m)
{
	const bool december = m.text[5] == '1' && m.text[6] == '2';

	if (!december) {
		m.text[5] = m.text[6] == '9' ? '1' : m.text[5];
		m.text[6] = m.text[6] == '9' ? '0' : (char)(m.text[6] + 1);
		return m;
	}
	memcpy(m.text + 5, "01", 2);
	for (size_t i = 4; i-- > 0;) {
		m.text[i] = m.text[i] == '9' ? '0' : (char)(m.text[i] + 1);
		if (m.text[i] != '0')
			break;
	}
	return m;
}

static bool
is_before(struct report_month a, struct report_month b)
{
	return strcmp(a.text, b.text) < 0;
}

static enum status
entry_at(struct report_log *s, uint64_t index, struct entry_view *out)
{
	struct str line;

	TRY(logread_entry(s->log, index, s->at.size, &line));
	return entry_parse(line, out);
}

static enum status
month_of(struct report_log *s, uint64_t index, struct report_month *out)
{
	struct entry_view v;

	TRY(entry_at(s, index, &v));
	*out = month_at(v.time_us);
	return OK;
}

enum status
report_log_first(struct report_log *s, struct report_month month, uint64_t *out)
{
	uint64_t low = s->kept, high = s->at.size;

	while (low < high) {
		const uint64_t middle = low + (high - low) / 2;
		struct report_month at;

		TRY(month_of(s, middle, &at));
		if (is_before(at, month))
			low = middle + 1;
		else
			high = middle;
	}
	*out = low;
	return OK;
}

/* ---- which month ---- */

static bool
is_made(const struct store_report_list *made, struct report_month m)
{
	for (size_t i = 0; i < made->count; i++)
		if (made->items[i].complete && str_is(made->items[i].month, m.text))
			return true;
	return false;
}

enum status
report_log_newest(struct report_log *s, struct report_month *out)
{
	return month_of(s, s->at.size - 1, out);
}

enum status
report_log_missing(struct report_log *s, const struct store_report_list *made, struct report_month *out)
{
	struct report_month now, m;

	TRY(report_log_newest(s, &now));
	TRY(month_of(s, s->kept, &m));
	if (s->kept > 0)
		m = month_after(m);
	while (is_before(m, now) && is_made(made, m))
		m = month_after(m);
	*out = is_before(m, now) ? m : now;
	return OK;
}

/* ---- counting ---- */

enum status
report_log_count(struct report_log *s, struct report *r, uint64_t *next, size_t most, bool *over)
{
	*over = false;
	for (size_t i = 0; i < most && *next < s->at.size; i++) {
		struct entry_view v;

		TRY(entry_at(s, *next, &v));
		*over = strcmp(month_at(v.time_us).text, report_month(r).p) > 0;
		if (*over)
			return OK;
		report_count(r, &v.entry);
		++*next;
	}
	return OK;
}
