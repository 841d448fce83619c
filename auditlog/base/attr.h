/* attr.h: compiler attributes and the ownership helpers that every file uses. */
#ifndef AUDITLOG_BASE_ATTR_H
#define AUDITLOG_BASE_ATTR_H

#include <stddef.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))

/* Calls fn(&variable) when the variable goes out of scope. Start such a variable empty. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Takes the pointer out of *pp and leaves NULL, so that a CLEANUP on it does nothing any more. */
#define STEAL(pp)                                                                                                      \
	(__extension__({                                                                                               \
		__typeof__(*(pp)) steal_ = *(pp);                                                                      \
		*(pp) = NULL;                                                                                          \
		steal_;                                                                                                \
	}))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* For CLEANUP on memory from malloc and its kin: `CLEANUP(freep) char *p = NULL;`. */
void freep(void *pp);

#endif
