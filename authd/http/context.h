/*
 * context.h: switching between a thread's own stack and fiber stacks, with what the sanitizers need to be told. A
 * context never moves to another thread. Internal to authd/http.
 */
#ifndef AUTHD_HTTP_CONTEXT_H
#define AUTHD_HTTP_CONTEXT_H

#include <ucontext.h>

#include "authd/http/stack.h"

struct context {
	ucontext_t uc;
	const void *bottom; /* of its stack, and its size, for AddressSanitizer */
	size_t size;
	void *fake; /* AddressSanitizer's record while it is switched away */
	void *tsan; /* ThreadSanitizer's fiber */
};

/* The context of the calling thread's own stack. */
void context_adopt(struct context *self);
/* A context that will run entry() on the stack when first switched to. entry never returns. E_SYSTEM. */
MUST_USE enum status context_make(struct context *c, char *stack, void (*entry)(void));
/* First thing in entry(): `from` is what it was switched to from. */
void context_begin(struct context *from);
/* Leaves `from` here, until somebody switches back to it, and goes on with `to`. */
void context_switch(struct context *from, struct context *to);
/* Forgets a context that will not be switched to again. */
void context_end(struct context *c);

#endif
