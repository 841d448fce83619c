#include "auditlog/base/msg.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "tests/unit/expect.h"

/* Messages of the test's own protocol. */
enum { ECHO = 1, NEVER = 2, LATE = 3, FAIL = 4, REFUSE = 5, SIZED = 6, WHO = 7, FLOOD = 8 };
#define PATIENCE (10 * SECOND_US)

/* A server on a thread of its own. */
struct fixture {
	char dir[32], path[64];
	struct event_base *base;
	struct msg_server *server;
	struct msg_request late; /* kept by LATE, answered by the next ECHO */
	bool has_late;
	int bell[2];
	struct event *stop;
	pthread_t thread;
};

static enum status
on_echo(void *ctx, const struct msg_request *req, struct str payload)
{
	struct fixture *f = ctx;

	if (f->has_late)
		msg_reply(&f->late, LATE, STR("late"));
	f->has_late = false;
	msg_reply(req, ECHO, payload);
	return OK;
}

static enum status
on_never(void *ctx, const struct msg_request *req, struct str payload)
{
	(void)ctx;
	(void)req;
	(void)payload;
	return OK;
}

static enum status
on_late(void *ctx, const struct msg_request *req, struct str payload)
{
	struct fixture *f = ctx;

	(void)payload;
	f->late = *req;
	f->has_late = true;
	return OK;
}

static enum status
on_fail(void *ctx, const struct msg_request *req, struct str payload)
{
	(void)ctx;
	(void)payload;
	msg_reply_error(req, E_CONFLICT, "the same id with other content");
	return OK;
}

static enum status
on_refuse(void *ctx, const struct msg_request *req, struct str payload)
{
	(void)ctx;
	(void)req;
	(void)payload;
	return E_INVALID;
}

static enum status
on_who(void *ctx, const struct msg_request *req, struct str payload)
{
	CLEANUP(buf_clear) struct buf b = BUF(64);

	(void)ctx;
	(void)payload;
	buf_printf(&b, "%u %d", (unsigned)req->uid, (int)req->pid);
	msg_reply(req, WHO, buf_str(&b));
	return OK;
}

static enum status
on_flood(void *ctx, const struct msg_request *req, struct str payload)
{
	static char large[1 << 20];

	(void)ctx;
	(void)payload;
	for (int i = 0; i < 8; i++)
		msg_reply(req, FLOOD, str_from(large, sizeof(large)));
	return OK;
}

static const struct msg_row rows[] = {
	{ ECHO, 0, MSG_PAYLOAD_MAX, on_echo },
	{ NEVER, 0, 64, on_never },
	{ LATE, 0, 64, on_late },
	{ FAIL, 0, 64, on_fail },
	{ REFUSE, 0, 64, on_refuse },
	{ SIZED, 4, 8, on_never },
	{ WHO, 0, 0, on_who },
	{ FLOOD, 0, 0, on_flood },
};

static void
on_stop(evutil_socket_t fd, short what, void *arg)
{
	struct fixture *f = arg;

	(void)fd;
	(void)what;
	(void)event_base_loopexit(f->base, NULL);
}

static void *
serve(void *arg)
{
	struct fixture *f = arg;

	(void)event_base_dispatch(f->base);
	return NULL;
}

static enum status
server_at(struct fixture *f, struct msg_server **out)
{
	const struct msg_server_options opt = { .path = f->path,
						.mode = 0600,
						.rows = rows,
						.row_count = ARRAY_LEN(rows),
						.ctx = f,
						.peers_most = 8,
						.queue_most = 6 << 20 };

	return msg_server_new(f->base, &opt, out);
}

static void
start(struct fixture *f)
{
	f->base = event_base_new();
	cr_assert_not_null(f->base);
	EXPECT_OK(server_at(f, &f->server));
	cr_assert_eq(pipe(f->bell), 0);
	f->stop = event_new(f->base, f->bell[0], EV_READ, on_stop, f);
	cr_assert_eq(event_add(f->stop, NULL), 0);
	cr_assert_eq(pthread_create(&f->thread, NULL, serve, f), 0);
}

static void
stop(struct fixture *f)
{
	cr_assert_eq(write(f->bell[1], "x", 1), 1);
	cr_assert_eq(pthread_join(f->thread, NULL), 0);
	event_free(f->stop);
	msg_server_free(f->server);
	event_base_free(f->base);
	(void)close(f->bell[0]);
	(void)close(f->bell[1]);
}

static void
set_up(struct fixture *f)
{
	*f = (struct fixture){ .dir = "/tmp/test_msg_XXXXXX" };
	cr_assert_not_null(mkdtemp(f->dir));
	(void)snprintf(f->path, sizeof(f->path), "%s/socket", f->dir);
	start(f);
}

static void
tear_down(struct fixture *f)
{
	stop(f);
	(void)rmdir(f->dir);
}

static void
free_client(struct msg_client **c)
{
	msg_client_free(*c);
}

static enum status
call(struct msg_client *c, uint16_t type, struct str payload, struct buf *reply)
{
	uint16_t got = 0;
	enum status st = msg_client_call(c, type, payload, PATIENCE, &got, reply);

	if (st == OK)
		cr_assert_eq(got, type);
	return st;
}

/* Until the client has noticed that it is (not) connected. */
static void
wait_for(struct msg_client *c, bool up)
{
	for (int i = 0; i < 1000 && msg_client_up(c) != up; i++)
		(void)usleep(10000);
	cr_assert_eq(msg_client_up(c), up);
}

Test(msg, a_request_is_answered)
{
	struct fixture f;
	CLEANUP(free_client) struct msg_client *c = NULL;
	CLEANUP(buf_clear) struct buf reply = BUF(64);

	set_up(&f);
	EXPECT_OK(msg_client_new(f.path, &c));
	EXPECT_OK(call(c, ECHO, STR("hello"), &reply));
	EXPECT_BUF("hello", &reply);
	tear_down(&f);
}

Test(msg, payloads_of_every_size_up_to_the_largest_pass)
{
	static char large[MSG_PAYLOAD_MAX];
	struct fixture f;
	CLEANUP(free_client) struct msg_client *c = NULL;

	set_up(&f);
	EXPECT_OK(msg_client_new(f.path, &c));
	for (size_t n = 0; n <= sizeof(large); n = n == 0                  ? 1
						   : n == sizeof(large)    ? n + 1
						   : n * 8 > sizeof(large) ? sizeof(large)
									   : n * 8) {
		CLEANUP(buf_clear) struct buf reply = BUF(MSG_PAYLOAD_MAX);

		memset(large, (int)(n % 251), n);
		EXPECT_OK(call(c, ECHO, str_from(large, n), &reply));
		cr_assert_eq(reply.n, n);
		cr_assert(n == 0 || memcmp(reply.p, large, n) == 0);
	}
	EXPECT_STATUS(E_TOO_LARGE,
		      msg_client_call(c, ECHO, str_from(large, MSG_PAYLOAD_MAX + 1), PATIENCE, NULL, NULL));
	tear_down(&f);
}

Test(msg, an_error_arrives_as_its_status_with_its_text)
{
	struct fixture f;
	CLEANUP(free_client) struct msg_client *c = NULL;
	CLEANUP(buf_clear) struct buf reply = BUF(64);

	set_up(&f);
	EXPECT_OK(msg_client_new(f.path, &c));
	EXPECT_STATUS(E_CONFLICT, call(c, FAIL, STR(""), &reply));
	EXPECT_BUF("the same id with other content", &reply);
	tear_down(&f);
}

Test(msg, answers_may_come_in_any_order)
{
	struct fixture f;
	CLEANUP(free_client) struct msg_client *a = NULL, *b = NULL;
	CLEANUP(buf_clear) struct buf reply = BUF(64);

	set_up(&f);
	EXPECT_OK(msg_client_new(f.path, &a));
	EXPECT_OK(msg_client_new(f.path, &b));
	EXPECT_STATUS(E_TIMEOUT, msg_client_call(a, LATE, STR(""), 50000, NULL, &reply));
	cr_assert_eq(reply.n, 0U);
	EXPECT_OK(call(b, ECHO, STR("x"), &reply)); /* lets the late one go, to somebody who no longer waits */
	EXPECT_OK(call(a, ECHO, STR("y"), &reply));
	EXPECT_BUF("xy", &reply);
	tear_down(&f);
}

Test(msg, a_deadline_ends_a_request)
{
	struct fixture f;
	CLEANUP(free_client) struct msg_client *c = NULL;
	int64_t before = clock_mono_us();

	set_up(&f);
	EXPECT_OK(msg_client_new(f.path, &c));
	EXPECT_STATUS(E_TIMEOUT, msg_client_call(c, NEVER, STR(""), 100000, NULL, NULL));
	cr_assert_geq(clock_mono_us() - before, 100000);
	EXPECT_OK(call(c, ECHO, STR(""), NULL));
	tear_down(&f);
}

Test(msg, the_server_knows_who_asks)
{
	struct fixture f;
	CLEANUP(free_client) struct msg_client *c = NULL;
	CLEANUP(buf_clear) struct buf reply = BUF(64);
	char want[64];

	set_up(&f);
	EXPECT_OK(msg_client_new(f.path, &c));
	EXPECT_OK(call(c, WHO, STR(""), &reply));
	(void)snprintf(want, sizeof(want), "%u %d", (unsigned)geteuid(), (int)getpid());
	EXPECT_BUF(want, &reply);
	tear_down(&f);
}

/* ---- what a peer must not do ---- */

static int
connect_raw(const struct fixture *f)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 10 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	cr_assert_geq(fd, 0);
	memcpy(at.sun_path, f->path, strlen(f->path) + 1);
	cr_assert_eq(connect(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	return fd;
}

static void
send_raw(int fd, uint32_t length, uint16_t type, struct str rest)
{
	CLEANUP(buf_clear) struct buf b = BUF(4096);

	buf_put_u32(&b, length);
	buf_put_u16(&b, type);
	buf_put_u64(&b, 1);
	buf_put(&b, rest);
	EXPECT_OK(buf_status(&b));
	cr_assert_eq(send(fd, b.p, b.n, MSG_NOSIGNAL), (ssize_t)b.n);
}

Test(msg, a_malformed_frame_closes_that_peer_and_no_other)
{
	static const struct {
		uint32_t length;
		uint16_t type;
		struct str rest;
	} bad[] = {
		{ 0, ECHO, STR_INIT("") }, /* shorter than its own header */
		{ 9, ECHO, STR_INIT("") },
		{ 10 + (uint32_t)MSG_PAYLOAD_MAX + 1, ECHO,
		  STR_INIT("") }, /* past the largest: at once, not after waiting for it */
		{ UINT32_MAX, ECHO, STR_INIT("") },
		{ 10, 99, STR_INIT("") }, /* no row */
		{ 10, 0, STR_INIT("") },
		{ 10, MSG_TYPE_ERROR, STR_INIT("") },
		{ 13, SIZED, STR_INIT("123") }, /* below and above the row's range */
		{ 19, SIZED, STR_INIT("123456789") },
		{ 10, REFUSE, STR_INIT("") }, /* the handler's own verdict */
	};
	struct fixture f;
	CLEANUP(free_client) struct msg_client *other = NULL;

	set_up(&f);
	EXPECT_OK(msg_client_new(f.path, &other));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int fd = connect_raw(&f);
		char byte;

		send_raw(fd, bad[i].length, bad[i].type, bad[i].rest);
		cr_assert_leq(recv(fd, &byte, 1, 0), 0, "number %zu is answered", i);
		(void)close(fd);
		EXPECT_OK(call(other, ECHO, STR("still here"), NULL));
		cr_assert(msg_client_up(other));
	}
	tear_down(&f);
}

Test(msg, frames_in_single_bytes_and_many_at_once_are_the_same)
{
	struct fixture f;
	char frames[3 * (MSG_HEADER_LEN + 2)], got[sizeof(frames)];
	CLEANUP(buf_clear) struct buf b = BUF(sizeof(frames));
	int slow, fast;

	set_up(&f);
	for (uint64_t id = 1; id <= 3; id++) {
		buf_put_u32(&b, 12);
		buf_put_u16(&b, ECHO);
		buf_put_u64(&b, id);
		buf_put_cstr(&b, "ab");
	}
	slow = connect_raw(&f);
	for (size_t i = 0; i < b.n; i++)
		cr_assert_eq(send(slow, b.p + i, 1, MSG_NOSIGNAL), 1);
	cr_assert_eq(recv(slow, got, sizeof(got), MSG_WAITALL), (ssize_t)sizeof(got));
	cr_assert(memcmp(got, b.p, sizeof(got)) == 0);
	fast = connect_raw(&f);
	cr_assert_eq(send(fast, b.p, b.n, MSG_NOSIGNAL), (ssize_t)b.n);
	cr_assert_eq(recv(fast, got, sizeof(got), MSG_WAITALL), (ssize_t)sizeof(got));
	cr_assert(memcmp(got, b.p, sizeof(got)) == 0);
	(void)close(slow);
	(void)close(fast);
	tear_down(&f);
}

Test(msg, a_peer_that_does_not_read_is_closed_not_waited_for)
{
	struct fixture f;
	CLEANUP(free_client) struct msg_client *other = NULL;
	char sink[65536];
	size_t got = 0;
	ssize_t n;
	int fd;

	set_up(&f);
	fd = connect_raw(&f);
	send_raw(fd, 10, FLOOD, STR("")); /* 8 MiB of answers, and 6 MiB is what waits for one peer */
	EXPECT_OK(msg_client_new(f.path, &other));
	EXPECT_OK(call(other, ECHO, STR("x"), NULL));
	while ((n = recv(fd, sink, sizeof(sink), 0)) > 0)
		got += (size_t)n;
	cr_assert_lt(got, 8U << 20);
	(void)close(fd);
	tear_down(&f);
}

Test(msg, more_peers_than_allowed_are_turned_away)
{
	struct fixture f;
	int fd[9];
	char byte;
	CLEANUP(free_client) struct msg_client *c = NULL;

	set_up(&f);
	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		fd[i] = connect_raw(&f);
	cr_assert_leq(recv(fd[8], &byte, 1, 0), 0); /* eight have a place */
	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		(void)close(fd[i]);
	EXPECT_OK(msg_client_new(f.path, &c));
	for (int i = 0; i < 200 && call(c, ECHO, STR(""), NULL) != OK; i++)
		(void)usleep(10000);
	EXPECT_OK(call(c, ECHO, STR(""), NULL));
	tear_down(&f);
}

/* ---- coming and going ---- */

Test(msg, the_client_comes_back_when_the_server_does)
{
	struct fixture f;
	CLEANUP(free_client) struct msg_client *c = NULL;

	set_up(&f);
	EXPECT_OK(msg_client_new(f.path, &c));
	EXPECT_OK(call(c, ECHO, STR(""), NULL));
	stop(&f);
	wait_for(c, false);
	EXPECT_STATUS(E_UNAVAILABLE, call(c, ECHO, STR(""), NULL));
	start(&f);
	wait_for(c, true);
	EXPECT_OK(call(c, ECHO, STR(""), NULL));
	tear_down(&f);
}

struct ending {
	atomic_int count;
	enum status st;
};

static void
on_end(void *arg, enum status st, uint16_t type, struct str payload)
{
	struct ending *e = arg;

	(void)type;
	(void)payload;
	e->st = st;
	atomic_fetch_add(&e->count, 1);
}

Test(msg, what_was_on_its_way_ends_once_when_the_connection_breaks)
{
	struct fixture f;
	CLEANUP(free_client) struct msg_client *c = NULL;
	struct ending e[3] = { 0 };

	set_up(&f);
	EXPECT_OK(msg_client_new(f.path, &c));
	for (size_t i = 0; i < ARRAY_LEN(e); i++)
		EXPECT_OK(msg_client_send(c, NEVER, STR(""), PATIENCE, on_end, &e[i]));
	EXPECT_OK(call(c, ECHO, STR(""), NULL));
	stop(&f);
	wait_for(c, false);
	for (size_t i = 0; i < ARRAY_LEN(e); i++) {
		for (int k = 0; k < 1000 && atomic_load(&e[i].count) == 0; k++)
			(void)usleep(1000);
		cr_assert_eq(atomic_load(&e[i].count), 1);
		cr_assert_eq(e[i].st, E_UNAVAILABLE);
	}
	start(&f);
	tear_down(&f);
}

Test(msg, freeing_a_client_ends_its_requests_first)
{
	struct fixture f;
	struct msg_client *c = NULL;
	struct ending e = { 0 };

	set_up(&f);
	EXPECT_OK(msg_client_new(f.path, &c));
	EXPECT_OK(msg_client_send(c, NEVER, STR(""), PATIENCE, on_end, &e));
	msg_client_free(c);
	cr_assert_eq(atomic_load(&e.count), 1);
	cr_assert_eq(e.st, E_UNAVAILABLE);
	tear_down(&f);
}

Test(msg, without_a_server_requests_end_at_once)
{
	CLEANUP(free_client) struct msg_client *c = NULL;

	EXPECT_OK(msg_client_new("/tmp/test_msg_nobody_here/socket", &c));
	cr_assert_not(msg_client_up(c));
	EXPECT_STATUS(E_UNAVAILABLE, call(c, ECHO, STR(""), NULL));
	EXPECT_STATUS(
	    E_TOO_LARGE,
	    msg_client_new("/tmp/a/path/that/is/longer/than/any/unix/socket/address/can/hold/because/there/is/room/"
			   "for/one/hundred/and/eight/bytes/only",
			   &(struct msg_client *){ NULL }));
}

Test(msg, a_queue_that_is_full_says_busy)
{
	static char large[MSG_PAYLOAD_MAX];
	CLEANUP(free_client) struct msg_client *c = NULL;
	static struct ending e[32];
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	enum status st = OK;
	char dir[] = "/tmp/test_msg_XXXXXX";
	size_t sent = 0;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	/* A server that accepts by its backlog and never reads. */
	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/socket", dir);
	cr_assert_eq(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	cr_assert_eq(listen(fd, 4), 0);
	EXPECT_OK(msg_client_new(at.sun_path, &c));
	while (sent < ARRAY_LEN(e) && st == OK) {
		st = msg_client_send(c, ECHO, str_from(large, sizeof(large)), PATIENCE, on_end, &e[sent]);
		sent += st == OK;
	}
	cr_assert_eq(st, E_BUSY);
	cr_assert_geq(sent, 15U);
	(void)close(fd);
	(void)unlink(at.sun_path);
	(void)rmdir(dir);
}

/* ---- the socket file ---- */

Test(msg, a_live_socket_is_not_taken_over_and_a_dead_one_is)
{
	struct fixture f;
	struct msg_server *second = NULL;
	struct stat st;

	set_up(&f);
	cr_assert_eq(stat(f.path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0600U);
	EXPECT_STATUS(E_CONFLICT, server_at(&f, &second));
	stop(&f);
	{
		struct sockaddr_un at = { .sun_family = AF_UNIX };
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		memcpy(at.sun_path, f.path, strlen(f.path) + 1);
		cr_assert_eq(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
		(void)close(fd); /* the file stays behind, as after a crash */
	}
	start(&f);
	tear_down(&f);
	cr_assert_neq(stat(f.path, &st), 0);
}

Test(msg, a_file_that_is_no_socket_is_left_alone)
{
	struct fixture f = { .dir = "/tmp/test_msg_XXXXXX" };
	FILE *file;
	struct stat st;

	cr_assert_not_null(mkdtemp(f.dir));
	(void)snprintf(f.path, sizeof(f.path), "%s/socket", f.dir);
	file = fopen(f.path, "w");
	cr_assert_not_null(file);
	(void)fclose(file);
	f.base = event_base_new();
	EXPECT_STATUS(E_CONFLICT, server_at(&f, &f.server));
	cr_assert_eq(stat(f.path, &st), 0);
	event_base_free(f.base);
	(void)unlink(f.path);
	(void)rmdir(f.dir);
}

/* ---- many at once ---- */

static void *
call_much(void *arg)
{
	struct msg_client *c = arg;

	for (unsigned i = 0; i < 500; i++) {
		CLEANUP(buf_clear) struct buf want = BUF(64), reply = BUF(64);

		buf_printf(&want, "%p %u", (void *)&want, i);
		if (call(c, ECHO, buf_str(&want), &reply) != OK || !str_eq(buf_str(&want), buf_str(&reply)))
			return NULL;
	}
	return c;
}

Test(msg, threads_share_a_client_and_each_gets_its_own_answer)
{
	struct fixture f;
	CLEANUP(free_client) struct msg_client *c = NULL;
	pthread_t thread[4];
	void *good;

	set_up(&f);
	EXPECT_OK(msg_client_new(f.path, &c));
	for (size_t i = 0; i < ARRAY_LEN(thread); i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, call_much, c), 0);
	for (size_t i = 0; i < ARRAY_LEN(thread); i++) {
		cr_assert_eq(pthread_join(thread[i], &good), 0);
		cr_assert_not_null(good);
	}
	tear_down(&f);
}
