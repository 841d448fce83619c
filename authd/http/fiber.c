#include "authd/http/fiber.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "authd/http/context.h"

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
	int64_t limit_us;           /* of all its waits; 0: none */
	struct fiber_wait *waiting; /* borrowed while suspended */
	struct fiber *next;         /* among the spare ones */
};

struct post {
	struct post *next;
	fiber_fn *fn;
	void *arg;
};

struct fiber_loop {
	struct event_base *base;
	struct event wake_event;
	int wake_fd;
	struct context thread;
	struct fiber *running;
	struct fiber *spare;
	size_t spare_count, count, most;
	pthread_mutex_t lock; /* guards what follows */
	struct post *first, **last;
};

/*
 * IDLE: nobody waits yet. WAITING: the waiter is suspended. DONE: woken; final. ABANDONED: the waiter left at its
 * deadline. Whoever moves it out of WAITING resumes the waiter, so it is resumed once.
 */
enum wait_state { WAIT_IDLE, WAIT_WAITING, WAIT_DONE, WAIT_ABANDONED };

struct fiber_wait {
	atomic_uint references;
	atomic_int state;
	enum status result;
	struct fiber *fiber; /* the waiter, or NULL when it is a blocked thread */
	struct post post;    /* how its waker reaches the loop */
	void (*clear)(void *data);
	pthread_mutex_t lock; /* for blocked threads */
	pthread_cond_t woken;
	max_align_t data[];
};

/* Set once a thread runs fibers. Fibers stay on their thread, so it means the same on both sides of a switch. */
static _Thread_local struct fiber_loop *thread_loop;

struct fiber *
fiber_current(void)
{
	return thread_loop == NULL ? NULL : thread_loop->running;
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

static void
resume(struct fiber *f)
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
	int waiting = WAIT_WAITING;

	(void)fd;
	(void)what;
	/* When this fails the waker was first, and its post is on the way. */
	if (atomic_compare_exchange_strong(&f->waiting->state, &waiting, WAIT_ABANDONED))
		resume(f);
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
	resume(f);
	return OK;
}

/* ---- posts from other threads ---- */

static void
enqueue(struct fiber_loop *loop, struct post *p)
{
	uint64_t one = 1;

	p->next = NULL;
	pthread_mutex_lock(&loop->lock);
	/* Under the lock: once the loop can see the post it may end and take the descriptor with it. */
	if (loop->first == NULL && write(loop->wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_error(E_SYSTEM, "fiber.wake", "errno=%d", errno);
	*loop->last = p;
	loop->last = &p->next;
	pthread_mutex_unlock(&loop->lock);
}

static void
run_posts(struct fiber_loop *loop)
{
	struct post *p;

	pthread_mutex_lock(&loop->lock);
	p = loop->first;
	loop->first = NULL;
	loop->last = &loop->first;
	pthread_mutex_unlock(&loop->lock);
	while (p != NULL) {
		struct post *next = p->next;

		p->fn(p->arg);
		p = next;
	}
}

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct fiber_loop *loop = arg;
	uint64_t count;

	(void)what;
	adopt_thread(loop);
	/* Non-blocking: EAGAIN only says that it was read before. */
	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN && errno != EINTR)
		log_error(E_SYSTEM, "fiber.wake", "errno=%d", errno);
	run_posts(loop);
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
	enqueue(loop, &p->post);
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
	loop->last = &loop->first;
	pthread_mutex_init(&loop->lock, NULL);
	loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->wake_fd < 0 ||
	    event_assign(&loop->wake_event, base, loop->wake_fd, EV_READ | EV_PERSIST, on_wake, loop) != 0 ||
	    event_add(&loop->wake_event, NULL) != 0) {
		if (loop->wake_fd >= 0)
			close(loop->wake_fd);
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
	run_posts(loop);
	if (loop->count > 0)
		return E_BUSY;
	while (loop->spare != NULL) {
		struct fiber *f = loop->spare;

		loop->spare = f->next;
		free_fiber(f);
	}
	event_del(&loop->wake_event);
	close(loop->wake_fd);
	pthread_mutex_destroy(&loop->lock);
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

/* ---- waiting ---- */

enum status
fiber_wait_new(size_t size, void (*clear)(void *data), struct fiber_wait **out)
{
	struct fiber_wait *w;

	if (size > SIZE_MAX - sizeof(*w))
		return E_TOO_LARGE;
	w = calloc(1, sizeof(*w) + size);
	if (w == NULL)
		return E_NOMEM;
	atomic_init(&w->references, 1);
	atomic_init(&w->state, WAIT_IDLE);
	w->clear = clear;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->woken, NULL);
	*out = w;
	return OK;
}

struct fiber_wait *
fiber_wait_hold(struct fiber_wait *w)
{
	atomic_fetch_add(&w->references, 1);
	return w;
}

void
fiber_wait_drop(struct fiber_wait *w)
{
	if (w == NULL || atomic_fetch_sub(&w->references, 1) != 1)
		return;
	if (w->clear != NULL)
		w->clear(w->data);
	pthread_cond_destroy(&w->woken);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void
fiber_wait_dropp(struct fiber_wait **w)
{
	fiber_wait_drop(*w);
}

void *
fiber_wait_data(struct fiber_wait *w)
{
	return w->data;
}

bool
fiber_wait_abandoned(const struct fiber_wait *w)
{
	return atomic_load(&w->state) == WAIT_ABANDONED;
}

/* From IDLE to WAITING; false when the waker was first. */
static bool
start_waiting(struct fiber_wait *w, struct fiber *self)
{
	int idle = WAIT_IDLE;

	w->fiber = self;
	return atomic_compare_exchange_strong(&w->state, &idle, WAIT_WAITING);
}

static enum status
await_in_fiber(struct fiber_wait *w, struct fiber *self, int64_t deadline_us)
{
	bool limited = self->limit_us != 0 && self->limit_us < deadline_us;
	int64_t left = (limited ? self->limit_us : deadline_us) - clock_mono_us();
	struct timeval tv;

	if (left < 0)
		left = 0;
	tv = (struct timeval){ .tv_sec = (time_t)(left / SECOND_US), .tv_usec = (suseconds_t)(left % SECOND_US) };
	/* The timer first: without it nothing bounds the wait. */
	if (event_add(&self->timer, &tv) != 0)
		return E_NOMEM;
	if (start_waiting(w, self)) {
		self->waiting = w;
		context_switch(&self->context, self->back);
		self->waiting = NULL;
	}
	event_del(&self->timer);
	return atomic_load(&w->state) == WAIT_ABANDONED ? E_TIMEOUT : w->result;
}

static enum status
await_in_thread(struct fiber_wait *w, int64_t deadline_us)
{
	struct timespec until = { .tv_sec = (time_t)(deadline_us / SECOND_US),
				  .tv_nsec = (long)(deadline_us % SECOND_US) * 1000 };
	int waiting = WAIT_WAITING;

	if (!start_waiting(w, NULL))
		return w->result;
	pthread_mutex_lock(&w->lock);
	while (atomic_load(&w->state) == WAIT_WAITING)
		if (pthread_cond_clockwait(&w->woken, &w->lock, CLOCK_MONOTONIC, &until) == ETIMEDOUT)
			atomic_compare_exchange_strong(&w->state, &waiting, WAIT_ABANDONED);
	pthread_mutex_unlock(&w->lock);
	return atomic_load(&w->state) == WAIT_ABANDONED ? E_TIMEOUT : w->result;
}

enum status
fiber_await(struct fiber_wait *w, int64_t deadline_us)
{
	struct fiber *self = fiber_current();

	if (self != NULL)
		return await_in_fiber(w, self, deadline_us);
	if (thread_loop != NULL)
		return E_SYSTEM;
	return await_in_thread(w, deadline_us);
}

void
fiber_limit(int64_t limit_us)
{
	struct fiber *self = fiber_current();

	if (self != NULL)
		self->limit_us = limit_us;
}

/* On the loop's thread, with the waker's reference. */
static void
resume_woken(void *arg)
{
	struct fiber_wait *w = arg;

	resume(w->fiber);
	fiber_wait_drop(w);
}

void
fiber_wake(struct fiber_wait *w, enum status st)
{
	w->result = st;
	if (atomic_exchange(&w->state, WAIT_DONE) != WAIT_WAITING) {
		fiber_wait_drop(w);
	} else if (w->fiber != NULL) {
		w->post = (struct post){ .fn = resume_woken, .arg = w };
		enqueue(w->fiber->loop, &w->post);
	} else {
		pthread_mutex_lock(&w->lock);
		pthread_cond_signal(&w->woken);
		pthread_mutex_unlock(&w->lock);
		fiber_wait_drop(w);
	}
}
