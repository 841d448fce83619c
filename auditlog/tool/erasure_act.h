/*
 * erasure_act.h: the evidence that an erasure act refers to: the entries subject.erasing and subject.erased of one
 * erasure, each with its proof, as files that hold without the log and without us.
 */
#ifndef AUDITLOG_TOOL_ERASURE_ACT_H
#define AUDITLOG_TOOL_ERASURE_ACT_H

#include "auditlog/tool/target.h"

/*
 * Writes erasing.json, erasing.tlog-proof, erased.json, erased.tlog-proof and README.txt into dir, which is made when
 * absent. index is that of either entry. The exit status, said: CLI_DOES_NOT when that entry is of no erasure, or of
 * one that is not finished in this log.
 */
int erasure_act_write(const char *program, const char *log, const struct target_options *o, uint64_t index,
		      const char *dir);

#endif
