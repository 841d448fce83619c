/*
 * wire.h: the socket of a connection, with TLS or without: bytes in and out, and how it ends. What they mean is
 * conn.c's. Internal to authd/http; a part of struct conn, on its loop's thread.
 */
#ifndef AUTHD_HTTP_WIRE_H
#define AUTHD_HTTP_WIRE_H

#include <event2/bufferevent.h>

#include "auditlog/base/str.h"
#include "authd/http/tls.h"

struct wire {
	struct bufferevent *bev; /* NULL once closed */
	SSL *ssl;                /* belongs to bev; NULL without TLS */
};

/* tls NULL: plain. Takes fd on OK only. */
MUST_USE enum status wire_open(struct event_base *base, int fd, struct tls *tls, struct wire *out);
/*
 * Sends bytes after what already waits. Straight to the socket first: a response nearly always fits, and waiting for
 * the loop to say so would cost two system calls and a turn. What is left over is libevent's, which also meets any
 * error. E_NOMEM.
 */
MUST_USE enum status wire_send(struct wire *w, struct str bytes);
/* All of it is in the kernel's hands. */
bool wire_is_sent(const struct wire *w);
/* What has come and was not read; at most one piece of it, borrowed until wire_took(). */
size_t wire_waiting(const struct wire *w);
struct str wire_peek(const struct wire *w);
void wire_took(struct wire *w, size_t n);
/* Reading rests: what the client sends stays in the kernel, and then with the client. */
void wire_rest(struct wire *w);
void wire_read_on(struct wire *w);
/* Nothing more will be sent; what comes may still be read. */
void wire_end_sending(struct wire *w);
/* goodbye: with TLS's own end of data, which is not waited for. */
void wire_close(struct wire *w, bool goodbye);

#endif
