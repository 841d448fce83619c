/* stack.h: memory for fiber stacks: mapped, with a guard page below. Internal to authd/http. */
#ifndef AUTHD_HTTP_STACK_H
#define AUTHD_HTTP_STACK_H

#include <stddef.h>

#include "auditlog/base/status.h"

/* clang says which sanitizer is on in its own way. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#if __has_feature(thread_sanitizer) && !defined(__SANITIZE_THREAD__)
#define __SANITIZE_THREAD__ 1
#endif
#endif

/* Usable bytes. Sanitizers make frames several times larger. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK_BYTES ((size_t)1 << 20)
#else
#define STACK_BYTES ((size_t)256 << 10)
#endif

/* *out is the lowest usable byte. An overflow faults in the guard page. E_NOMEM. */
MUST_USE enum status stack_map(char **out);
void stack_unmap(char *stack);

#endif
