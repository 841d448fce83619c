/* prove_map.h: `auditlog prove LOG --tag TAG`: the proof of completeness (mapproof.h) from the published log alone. */
#ifndef AUDITLOG_TOOL_PROVE_MAP_H
#define AUDITLOG_TOOL_PROVE_MAP_H

#include "auditlog/tool/sweep.h"

struct prove_map {
	const char *tag, *month, *file;
	uint64_t jobs;
};

/*
 * Verifies the whole log on the way, for the maps are made from its entries. The exit status: 1 when the log does not
 * hold or has no map of that month.
 */
MUST_USE int
prove_map(const struct prove_map *p, const char *program, const char *log, const struct target_options *common);

#endif
