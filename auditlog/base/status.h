/*
 * status.h: how everything that can fail says so.
 *
 * Functions return enum status and write their results through out parameters only on OK. A bool answers a
 * question and never means success.
 */
#ifndef AUDITLOG_BASE_STATUS_H
#define AUDITLOG_BASE_STATUS_H

#include "auditlog/base/attr.h"

enum status {
	OK = 0,
	E_INVALID,         /* the input is malformed or out of range; the sender can mend it */
	E_TOO_LARGE,       /* over a stated limit */
	E_UNSUPPORTED,     /* well-formed, but nothing we do */
	E_UNAUTHENTICATED, /* no or wrong credentials */
	E_DENIED,          /* known, and not allowed */
	E_NOT_FOUND,       /* unknown, expired or somebody else's: callers cannot tell which */
	E_EXPIRED,
	E_USED,     /* single-use thing used before */
	E_CONFLICT, /* the same name with other content, or a lost race */
	E_LIMITED,  /* rate or frequency limit reached; later is fine */
	E_BUSY,     /* a bounded queue is full */
	E_TIMEOUT,
	E_UNAVAILABLE, /* a process or database that we need does not answer: fail closed */
	E_CORRUPT,     /* stored or signed data does not verify */
	E_NOMEM,
	E_IO,
	E_SYSTEM, /* everything that should not happen */
	E_END,    /* nothing more to read: not an error by itself */
	STATUS_COUNT
};

/* A short lower-case name such as "too_large", for logs. Never NULL. */
const char *status_name(enum status st);

/* Leaves the calling function with the status of expr unless it is OK. */
#define TRY(expr)                                                                                                      \
	do {                                                                                                           \
		enum status try_ = (expr);                                                                             \
		if (try_ != OK)                                                                                        \
			return try_;                                                                                   \
	} while (0)

#endif
