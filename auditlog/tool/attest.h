/* attest.h: do the witnesses of a policy stand behind this checkpoint, and is their word fresh? */
#ifndef AUDITLOG_TOOL_ATTEST_H
#define AUDITLOG_TOOL_ATTEST_H

#include "auditlog/core/quorum.h"
#include "auditlog/tool/findings.h"

/* Without --max-age. auditlogd asks for fresh cosignatures every ten minutes even when nothing happens, and authd stops
 * new accesses after four hours without any: a log whose quorum is a day old is kept from its witnesses, or this is an
 * old copy of it. All of the quorum, or one witness who helps the operator could make an old copy look new. */
#define ATTEST_MAX_AGE_DEFAULT "P1D"

/* What is asked of the cosignatures. */
struct attest {
	const struct quorum *quorum;
	int64_t max_age_us; /* none of those that make up the quorum may be older; 0: any age */
	int64_t now_us;
};

/* A value of --max-age: a duration as PT4H or P30D, PT0S for any age. CLI_GO or CLI_USAGE, said. */
MUST_USE int attest_max_age(const char *program, const char *text, int64_t *us);
/* Wrong cosignatures, too few, or too old ones are findings at place. */
void attest_check(const struct attest *a, const struct note *note, const char *place, struct quorum_result *out,
		  struct findings *f);
/* Whether there would be a finding. */
bool attest_holds(const struct attest *a, const struct note *note);

#endif
