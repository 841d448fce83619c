#include "authd/http/fiber.h"

#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/time.h>

#include "auditlog/base/clock.h"
#include "authd/http/context.h"
#include "authd/http/fiber_pause.h"

#define FIBERS_MOST_DEFAULT 8192
/* Ended fibers kept with their stacks; more are given back to the kernel. */
#define SPARE_MOST 64

struct fiber {
	struct context context;
	struct context *back; /* where it goes when it waits or ends */
	char *stack;
	struct fiber_loop *loop;
	fiber_fn *fn;
	void *arg;
	bool ended;
	struct event timer;
	bool (*expired)(void *waiting); /* asked when the timer fires */
	void *waiting;                  /* borrowed while suspended */
	int64_t limit_us;               /* of all its waits; 0: none */
	struct fiber *next;             /* among the spare ones */
};

struct fiber_loop {
	struct event_base *base;
	struct event wake_event;
	struct context thread;
	struct fiber *running;
	struct fiber *spare;
	size_t spare_count, count, most;
	struct post_queue posts; /* from other threads */
};

/* Set once a thread runs fibers. Fibers stay on their thread, so it means the same on both sides of a switch. */
static _Thread_local struct fiber_loop *thread_loop;

struct fiber *
fiber_current(void)
{
	return thread_loop == NULL ? NULL : thread_loop->running;
}

bool
fiber_thread_has_loop(void)
{
	return thread_loop != NULL;
}

/* ---- running ---- */

/* Where every fiber starts. It serves one function after another, parked between them. */
static void
fiber_entry(void)
{
	struct fiber *self = fiber_current();

	context_begin(self->back);
	for (;;) {
		self->fn(self->arg);
		self->ended = true;
		context_switch(&self->context, self->back);
	}
}

static void
free_fiber(struct fiber *f)
{
	context_end(&f->context);
	stack_unmap(f->stack);
	free(f);
}

static void
park(struct fiber_loop *loop, struct fiber *f)
{
	loop->count--;
	if (loop->spare_count == SPARE_MOST) {
		free_fiber(f);
		return;
	}
	f->next = loop->spare;
	loop->spare = f;
	loop->spare_count++;
}

void
fiber_resume(struct fiber *f)
{
	struct fiber_loop *loop = f->loop;
	struct fiber *outer = loop->running;

	f->back = outer != NULL ? &outer->context : &loop->thread;
	loop->running = f;
	context_switch(f->back, &f->context);
	loop->running = outer;
	if (f->ended)
		park(loop, f);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct fiber *f = arg;

	(void)fd;
	(void)what;
	if (f->expired(f->waiting))
		fiber_resume(f);
}

static enum status
make_fiber(struct fiber_loop *loop, struct fiber **out)
{
	struct fiber *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return E_NOMEM;
	f->loop = loop;
	if (stack_map(&f->stack) != OK || context_make(&f->context, f->stack, fiber_entry) != OK ||
	    event_assign(&f->timer, loop->base, -1, 0, on_timer, f) != 0) {
		free_fiber(f);
		return E_NOMEM;
	}
	*out = f;
	return OK;
}

static void
adopt_thread(struct fiber_loop *loop)
{
	if (thread_loop == loop)
		return;
	thread_loop = loop;
	context_adopt(&loop->thread);
}

enum status
fiber_spawn(struct fiber_loop *loop, fiber_fn *fn, void *arg)
{
	struct fiber *f = loop->spare;

	adopt_thread(loop);
	if (loop->count == loop->most)
		return E_BUSY;
	if (f != NULL) {
		loop->spare = f->next;
		loop->spare_count--;
	} else {
		TRY(make_fiber(loop, &f));
	}
	f->fn = fn;
	f->arg = arg;
	f->ended = false;
	f->limit_us = 0;
	loop->count++;
	fiber_resume(f);
	return OK;
}

/* ---- posts from other threads ---- */

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct fiber_loop *loop = arg;

	(void)fd;
	(void)what;
	adopt_thread(loop);
	post_queue_run(&loop->posts);
}

struct posted {
	struct post post;
	fiber_fn *fn;
	void *arg;
};

static void
run_posted(void *arg)
{
	struct posted *p = arg;
	fiber_fn *fn = p->fn;
	void *fn_arg = p->arg;

	free(p);
	fn(fn_arg);
}

enum status
fiber_post(struct fiber_loop *loop, fiber_fn *fn, void *arg)
{
	struct posted *p = malloc(sizeof(*p));

	if (p == NULL)
		return E_NOMEM;
	*p = (struct posted){ .post = { .fn = run_posted, .arg = p }, .fn = fn, .arg = arg };
	post_queue_put(&loop->posts, &p->post);
	return OK;
}

/* ---- loops ---- */

enum status
fiber_loop_new(struct event_base *base, size_t fibers_most, struct fiber_loop **out)
{
	struct fiber_loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return E_NOMEM;
	loop->base = base;
	loop->most = fibers_most > 0 ? fibers_most : FIBERS_MOST_DEFAULT;
	if (post_queue_open(&loop->posts) != OK) {
		free(loop);
		return E_SYSTEM;
	}
	if (event_assign(&loop->wake_event, base, loop->posts.fd, EV_READ | EV_PERSIST, on_wake, loop) != 0 ||
	    event_add(&loop->wake_event, NULL) != 0) {
		post_queue_close(&loop->posts);
		free(loop);
		return E_SYSTEM;
	}
	*out = loop;
	return OK;
}

enum status
fiber_loop_free(struct fiber_loop *loop)
{
	if (loop == NULL)
		return OK;
	post_queue_run(&loop->posts);
	if (loop->count > 0)
		return E_BUSY;
	while (loop->spare != NULL) {
		struct fiber *f = loop->spare;

		loop->spare = f->next;
		free_fiber(f);
	}
	event_del(&loop->wake_event);
	post_queue_close(&loop->posts);
	if (thread_loop == loop)
		thread_loop = NULL;
	free(loop);
	return OK;
}

size_t
fiber_loop_count(const struct fiber_loop *loop)
{
	return loop->count;
}

/* ---- pausing ---- */

void
fiber_limit(int64_t limit_us)
{
	struct fiber *self = fiber_current();

	if (self != NULL)
		self->limit_us = limit_us;
}

enum status
fiber_pause_before(struct fiber *self, int64_t deadline_us, bool (*expired)(void *waiting), void *waiting)
{
	bool limited = self->limit_us != 0 && self->limit_us < deadline_us;
	int64_t left = (limited ? self->limit_us : deadline_us) - clock_mono_us();
	struct timeval tv;

	if (left < 0)
		left = 0;
	tv = (struct timeval){ .tv_sec = (time_t)(left / SECOND_US), .tv_usec = (suseconds_t)(left % SECOND_US) };
	self->expired = expired;
	self->waiting = waiting;
	return event_add(&self->timer, &tv) == 0 ? OK : E_NOMEM;
}

void
fiber_pause(struct fiber *self)
{
	context_switch(&self->context, self->back);
}

void
fiber_pause_over(struct fiber *self)
{
	self->waiting = NULL;
	event_del(&self->timer);
}

struct post_queue *
fiber_posts(const struct fiber *f)
{
	return &f->loop->posts;
}
