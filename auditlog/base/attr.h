/* attr.h: compiler attributes and the ownership helpers that every file uses. */
#ifndef AUDITLOG_BASE_ATTR_H
#define AUDITLOG_BASE_ATTR_H

#include <stddef.h>

#define MUST_USE               __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN               __attribute__((noreturn))
#define UNUSED                 __attribute__((unused))

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

/* 1 in builds whose sanitizer runtime needs system calls, files and ptrace that no program of ours does. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* For CLEANUP on memory from malloc and its kin: `CLEANUP(freep) char *p = NULL;`. */
void freep(void *pp);

#endif
