/*
 * log.h: the operator log. One line per event on stderr: time, level, program, event name, key=value pairs. It is for
 * operators and may be lost; evidence goes to the audit log. Values are escaped, so nobody can forge a line. Never
 * blocks: a full pipe drops the line and counts it. Secrets and personal data have no way in: no format prints struct
 * secret, and callers name things by id only.
 */
#ifndef AUDITLOG_BASE_LOG_H
#define AUDITLOG_BASE_LOG_H

#include "auditlog/base/status.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* Once at start. program is kept by reference. */
void log_open(const char *program, enum log_level least);

void log_debug(const char *event, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_info(const char *event, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_warn(enum status st, const char *event, const char *fmt, ...) PRINTF_LIKE(3, 4);
void log_error(enum status st, const char *event, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
