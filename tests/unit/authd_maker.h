/*
 * authd_maker.h: for tests, the parts of authd that modules ask: an authd-keyd with a real vault and an auditlogd that
 * takes everything, both behind real sockets, served by one thread. No database: what needs one is not for unit tests
 * of modules.
 */
#ifndef TESTS_UNIT_AUTHD_MAKER_H
#define TESTS_UNIT_AUTHD_MAKER_H

#include "tests/unit/entry_maker.h"

#include <event2/event.h>
#include <event2/thread.h>
#include <pthread.h>
#include <stdatomic.h>

#include "auditlog/base/log.h"
#include "auditlog/client/append.h"
#include "authd/audit/audit.h"
#include "authd/authd.h"
#include "authd/http/problem.h"
#include "authd/request.h"

#define AUTHD_MAKER_ENTRIES_MOST 1024

#define EXPECT_STR(wanted, got)                                                                                        \
	do {                                                                                                           \
		struct str want_ = (wanted), got_ = (got);                                                             \
		cr_assert(str_eq(want_, got_), "%s is \"%.*s\", not \"%.*s\"", #got, STR_ARG(got_), STR_ARG(want_));   \
	} while (0)

struct authd_maker {
	struct vault_maker f;
	struct event_base *base;
	struct msg_server *keyd, *log;
	pthread_t thread;
	char keyd_socket[96], log_socket[96];
	struct authd authd;
	atomic_bool log_refuses;                 /* auditlogd says that it cannot write */
	atomic_size_t count;                     /* entries so far */
	char *entries[AUTHD_MAKER_ENTRIES_MOST]; /* their fragments; read them after the calls have come back */
};

static UNUSED enum status
authd_maker_keyd(void *ctx, const struct msg_request *req, struct str payload)
{
	struct authd_maker *m = ctx;
	CLEANUP(buf_clear) struct buf reply = { 0 };
	struct vault_refusal refusal;
	enum status st = vault_answer(m->f.vault, req->type, payload, &reply, &refusal);

	if (st == OK)
		msg_reply(req, KEYS_MSG_OK, buf_str(&reply));
	else
		msg_reply_error(req, st, refusal.why);
	return OK;
}

/* One fragment, kept, and a receipt for it. */
static UNUSED void
authd_maker_take(struct authd_maker *m, struct str fragment, struct buf *reply)
{
	struct receipt r = { .index = atomic_load(&m->count), .leaf = hash_leaf(fragment) };
	struct hash digest = hash_sha256(fragment);

	cr_assert_lt(r.index, AUTHD_MAKER_ENTRIES_MOST);
	receipt_mac(m->f.receipts, r.index, &r.leaf, &digest, r.mac);
	receipt_put(reply, &r);
	EXPECT_OK(str_dup(fragment, &m->entries[r.index]));
	atomic_fetch_add(&m->count, 1);
}

static UNUSED enum status
authd_maker_log(void *ctx, const struct msg_request *req, struct str payload)
{
	struct authd_maker *m = ctx;
	CLEANUP(buf_clear) struct buf reply = { 0 };
	uint16_t count = 0;

	if (atomic_load(&m->log_refuses)) {
		msg_reply_error(req, E_UNAVAILABLE, "told to refuse");
		return OK;
	}
	TRY(buf_get_u16(&payload, &count));
	buf_put_u16(&reply, count);
	for (unsigned i = 0; i < count; i++) {
		struct str fragment;

		TRY(buf_get_block(&payload, APPEND_FRAGMENT_MAX, &fragment));
		authd_maker_take(m, fragment, &reply);
	}
	msg_reply(req, APPEND_RECEIPTS, buf_str(&reply));
	return OK;
}

static UNUSED void *
authd_maker_run(void *arg)
{
	struct authd_maker *m = arg;

	(void)event_base_loop(m->base, EVLOOP_NO_EXIT_ON_EMPTY);
	return NULL;
}

static UNUSED void
authd_maker_serve(struct authd_maker *m)
{
	struct msg_row rows[VAULT_ROWS_MAX];
	const struct msg_row append = { APPEND_APPEND, 2, MSG_PAYLOAD_MAX, authd_maker_log };
	const struct msg_server_options keyd = { .path = m->keyd_socket,
						 .mode = 0600,
						 .rows = rows,
						 .row_count = vault_rows(authd_maker_keyd, rows),
						 .ctx = m };
	const struct msg_server_options log = {
		.path = m->log_socket, .mode = 0600, .rows = &append, .row_count = 1, .ctx = m
	};

	EXPECT_OK(msg_server_new(m->base, &keyd, &m->keyd));
	EXPECT_OK(msg_server_new(m->base, &log, &m->log));
	cr_assert_eq(pthread_create(&m->thread, NULL, authd_maker_run, m), 0);
}

static UNUSED struct authd_maker *
authd_maker_new(void)
{
	struct authd_maker *m = calloc(1, sizeof(*m));
	CLEANUP(buf_clear) struct buf jwks = BUF(65536);

	log_open("test", LOG_LEVEL_ERROR);
	m->f = vault_maker_new();
	(void)snprintf(m->keyd_socket, sizeof(m->keyd_socket), "%s/keyd", m->f.dir);
	(void)snprintf(m->log_socket, sizeof(m->log_socket), "%s/log", m->f.dir);
	cr_assert_eq(evthread_use_pthreads(), 0);
	m->base = event_base_new();
	authd_maker_serve(m);
	m->authd.issuer = STR(VAULT_ISSUER);
	m->authd.config.issuer = VAULT_ISSUER;
	EXPECT_OK(keys_open(m->keyd_socket, &m->authd.keys));
	EXPECT_OK(append_open(m->log_socket, &m->authd.log));
	for (int i = 0; i < 500 && !(keys_up(m->authd.keys) && append_up(m->authd.log)); i++)
		(void)usleep(10000);
	cr_assert(keys_up(m->authd.keys) && append_up(m->authd.log));
	/* A connection is there before anybody accepts it. After an answer the loop runs, and can be told to end. */
	EXPECT_OK(keys_jwks(m->authd.keys, &jwks));
	return m;
}

/* From here on nobody answers. */
static UNUSED void
authd_maker_stop(struct authd_maker *m)
{
	if (m->base == NULL)
		return;
	(void)event_base_loopexit(m->base, NULL);
	(void)pthread_join(m->thread, NULL);
	msg_server_free(m->keyd);
	msg_server_free(m->log);
	event_base_free(m->base);
	m->base = NULL;
}

static UNUSED void
authd_maker_freep(struct authd_maker **mp)
{
	struct authd_maker *m = *mp;

	append_free(m->authd.log);
	keys_close(m->authd.keys);
	authd_maker_stop(m);
	vault_maker_clear(&m->f);
	for (size_t i = 0; i < AUTHD_MAKER_ENTRIES_MOST; i++)
		free(m->entries[i]);
	free(m);
}

/* ---- a request that nobody sent ---- */

struct request_maker {
	struct http_request http;
	struct http_response rsp;
	struct request rq;
};

static UNUSED void
request_maker_init(struct request_maker *r, struct authd_maker *m, const struct route *route)
{
	*r = (struct request_maker){ .http = { .method = HTTP_POST, .id = "test", .peer = "192.0.2.7" } };
	response_init(&r->rsp);
	r->rq = (struct request){ .authd = &m->authd, .http = &r->http, .rsp = &r->rsp, .route = route };
}

static UNUSED void
request_maker_clear(struct request_maker *r)
{
	response_clear(&r->rsp);
	principal_clear(&r->rq.who);
	form_clear(&r->rq.query);
	form_clear(&r->rq.form);
}

/* The value of the cookie that the response sets, into out; an empty text when it sets none of that name. */
static UNUSED void
request_maker_cookie(const struct request_maker *r, const char *name, char *out, size_t size)
{
	struct str headers = buf_str(&r->rsp.headers);
	char start[100];
	size_t at;

	out[0] = '\0';
	(void)snprintf(start, sizeof(start), "Set-Cookie: %s=", name);
	at = str_find(headers, str_of(start));
	if (at == headers.n)
		return;
	headers = str_slice(headers, at + strlen(start), headers.n);
	(void)snprintf(out, size, "%.*s", (int)str_find_char(headers, ';'), headers.p);
}

#endif
