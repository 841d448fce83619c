#include "authd/http/context.h"

#include <stdlib.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#define ASAN_START(fake, bottom, size)  __sanitizer_start_switch_fiber(fake, bottom, size)
#define ASAN_FINISH(fake, bottom, size) __sanitizer_finish_switch_fiber(fake, bottom, size)
#else
#define ASAN_START(fake, bottom, size)  ((void)(fake), (void)(bottom), (void)(size))
#define ASAN_FINISH(fake, bottom, size) ((void)(fake), (void)(bottom), (void)(size))
#endif

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#define TSAN_CURRENT()  __tsan_get_current_fiber()
#define TSAN_CREATE()   __tsan_create_fiber(0)
#define TSAN_DESTROY(f) __tsan_destroy_fiber(f)
#define TSAN_SWITCH(f)  __tsan_switch_to_fiber(f, 0)
#else
#define TSAN_CURRENT()  NULL
#define TSAN_CREATE()   NULL
#define TSAN_DESTROY(f) ((void)(f))
#define TSAN_SWITCH(f)  ((void)(f))
#endif

void
context_adopt(struct context *self)
{
	*self = (struct context){ .tsan = TSAN_CURRENT() };
}

enum status
context_make(struct context *c, char *stack, void (*entry)(void))
{
	*c = (struct context){ .bottom = stack, .size = STACK_BYTES };
	if (getcontext(&c->uc) != 0)
		return E_SYSTEM;
	c->uc.uc_stack.ss_sp = stack;
	c->uc.uc_stack.ss_size = STACK_BYTES;
	c->uc.uc_link = NULL;
	c->tsan = TSAN_CREATE();
	makecontext(&c->uc, entry, 0);
	return OK;
}

void
context_begin(struct context *from)
{
	/* AddressSanitizer learns the thread's own stack from the first switch away from it. */
	ASAN_FINISH(NULL, &from->bottom, &from->size);
}

void
context_switch(struct context *from, struct context *to)
{
	ASAN_START(&from->fake, to->bottom, to->size);
	TSAN_SWITCH(to->tsan);
	if (swapcontext(&from->uc, &to->uc) != 0)
		abort();
	ASAN_FINISH(from->fake, &to->bottom, &to->size);
}

void
context_end(struct context *c)
{
	if (c->tsan != NULL)
		TSAN_DESTROY(c->tsan);
	c->tsan = NULL;
}
