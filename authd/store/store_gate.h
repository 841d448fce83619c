/* store_gate.h: one writer of SQLite at a time in this process, in order of arrival, without polling. */
#ifndef AUTHD_STORE_STORE_GATE_H
#define AUTHD_STORE_STORE_GATE_H

#include <stdint.h>

#include "auditlog/base/status.h"

/* Waits its turn, at most until deadline (clock_mono_us): then E_UNAVAILABLE. */
MUST_USE enum status store_gate_enter(int64_t deadline_us);
/* Lets the longest waiting in. */
void store_gate_leave(void);

#endif
