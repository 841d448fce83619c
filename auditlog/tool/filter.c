#include "auditlog/tool/filter.h"

#include "auditlog/base/clock.h"
#include "auditlog/tool/say.h"

static int
read_time(const char *program, const char *option, const char *text, int64_t *us)
{
	if (text && clock_parse_rfc3339(str_of(text), us) != OK)
		return say(program, CLI_USAGE, "--%s %s: no time; write 2026-11-21 or 2026-11-21T22:54:19Z", option,
			   text);
	return CLI_GO;
}

int
filter_ready(struct filter *f, const char *program)
{
	struct str event = str_of(f->event);

	f->from_us = INT64_MIN;
	f->to_us = INT64_MAX;
	GO(read_time(program, "from", f->from, &f->from_us));
	GO(read_time(program, "to", f->to, &f->to_us));
	if (f->event && !str_ends(event, STR(".*")) && entry_event_find(event) == ENTRY_NO_EVENT)
		return say(program, CLI_USAGE, "--event %s: there is no such event; auditlog.5 lists them", f->event);
	if (f->tag && str_of(f->tag).n != ENTRY_TAG_LEN)
		return say(program, CLI_USAGE, "--tag %s: a tag has %d characters", f->tag, ENTRY_TAG_LEN);
	return CLI_GO;
}

static bool
event_fits(const char *wanted, enum entry_event event)
{
	struct str want = str_of(wanted);
	struct str have = str_of(entry_event_name(event));

	if (str_ends(want, STR(".*")))
		return str_starts(have, str_slice(want, 0, want.n - 1));
	return str_eq(want, have);
}

/* "eligibility" stands for every version of it. */
static bool
purpose_fits(const char *wanted, struct str purpose)
{
	struct str want = str_of(wanted);

	return str_eq(want, purpose) ||
	       (str_find_char(want, '/') == want.n && str_eq(want, str_slice(purpose, 0, str_find_char(purpose, '/'))));
}

static bool
about_fits(const char *tag, const struct entry *e)
{
	for (size_t i = 0; i < e->about_count; i++)
		if (str_is(e->about[i].tag, tag))
			return true;
	return false;
}

bool
filter_match(const struct filter *f, const struct entry_view *v)
{
	const struct entry *e = &v->entry;

	if (v->time_us < f->from_us || v->time_us >= f->to_us)
		return false;
	if (f->event && !event_fits(f->event, e->event))
		return false;
	if (f->service && !str_is(e->by.service, f->service))
		return false;
	if (f->purpose && !purpose_fits(f->purpose, e->purpose))
		return false;
	return !f->tag || about_fits(f->tag, e);
}
