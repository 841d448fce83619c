/* check_map.h: `auditlog check PROOF --tag TAG`: a proof of completeness (mapproof.h), offline. */
#ifndef AUDITLOG_TOOL_CHECK_MAP_H
#define AUDITLOG_TOOL_CHECK_MAP_H

#include "auditlog/client/mapproof.h"
#include "auditlog/tool/attest.h"
#include "auditlog/tool/vouch.h"

struct check_map {
	const char *tag, *month, *file; /* month may be NULL */
	const struct trust *trust;
	const struct attest *attest; /* NULL: no witnesses asked for */
};

/* Judges the text and says the result: the exit status. */
MUST_USE int check_map(const struct check_map *m, const char *program, struct str text);

#endif
