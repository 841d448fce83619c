#include "auditlog/tool/attest.h"

#include "auditlog/base/clock.h"
#include "auditlog/tool/say.h"

/* Clocks of honest machines differ by this much. */
#define SKEW_US (300 * SECOND_US)

int
attest_max_age(const char *program, const char *text, int64_t *us)
{
	if (clock_parse_duration(str_of(text), us) == OK)
		return CLI_GO;
	return say(program, CLI_USAGE, "--max-age takes a duration such as PT4H or P30D, or PT0S for any age: %s",
		   text);
}

static uint64_t
to_seconds(int64_t us)
{
	return us > 0 ? (uint64_t)(us / SECOND_US) : 0;
}

/* A quorum, but not lately. */
static void
say_stale(uint64_t newest_s, const char *place, struct findings *f)
{
	CLEANUP(buf_clear) struct buf when = BUF(64);

	clock_put_rfc3339_seconds(&when, (int64_t)newest_s * SECOND_US);
	findings_bad(
	    f, place,
	    "a quorum has cosigned it, but not lately, the newest cosignature is of %.*s: an old copy, or too few "
	    "witnesses see this log any more (--max-age)",
	    STR_ARG(buf_str(&when)));
}

void
attest_check(const struct attest *a, const struct note *note, const char *place, struct quorum_result *out,
	     struct findings *f)
{
	struct quorum_window window = { 0, to_seconds(a->now_us + SKEW_US) };
	struct quorum_result ever;

	quorum_judge(a->quorum, note, window, &ever);
	if (a->max_age_us > 0)
		window.from_s = to_seconds(a->now_us - a->max_age_us);
	quorum_judge(a->quorum, note, window, out);
	if (out->forged != NULL)
		findings_bad(f, place, "the cosignature of %s is wrong", out->forged);
	if (!ever.satisfied)
		findings_bad(f, place, "short of the quorum: %zu of %zu witnesses have cosigned it", out->cosigned,
			     out->witnesses);
	else if (!out->satisfied)
		say_stale(ever.newest_s, place, f);
}

bool
attest_holds(const struct attest *a, const struct note *note)
{
	struct quorum_result r = { 0 };
	struct findings f = { 0 };

	attest_check(a, note, "", &r, &f);
	return findings_none(&f);
}
