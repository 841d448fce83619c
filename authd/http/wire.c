#include "authd/http/wire.h"

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <limits.h>
#include <openssl/err.h>
#include <sys/socket.h>

enum status
wire_open(struct event_base *base, int fd, struct tls *tls, struct wire *out)
{
	struct wire w = { 0 };

	if (tls == NULL) {
		w.bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	} else {
		TRY(tls_accept(tls, &w.ssl));
		w.bev =
		    bufferevent_openssl_socket_new(base, fd, w.ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	}
	if (w.bev == NULL)
		return E_NOMEM;
	/* A missing close_notify ends a connection like any other end: no request is complete without its framing. */
	if (w.ssl != NULL)
		bufferevent_openssl_set_allow_dirty_shutdown(w.bev, 1);
	*out = w;
	return OK;
}

bool
wire_is_sent(const struct wire *w)
{
	return evbuffer_get_length(bufferevent_get_output(w->bev)) == 0;
}

/* Writes what the socket takes at once; 0 when it takes nothing. */
static size_t
write_some(const struct wire *w, struct str bytes)
{
	ssize_t n;

	if (bytes.n == 0)
		return 0;
	if (w->ssl != NULL) {
		ERR_clear_error();
		n = SSL_write(w->ssl, bytes.p, bytes.n < INT_MAX ? (int)bytes.n : INT_MAX);
	} else {
		n = send(bufferevent_getfd(w->bev), bytes.p, bytes.n, MSG_NOSIGNAL);
	}
	return n > 0 ? (size_t)n : 0;
}

enum status
wire_send(struct wire *w, struct str bytes)
{
	size_t n = 1;

	while (n > 0 && wire_is_sent(w)) {
		n = write_some(w, bytes);
		bytes = str_slice(bytes, n, bytes.n);
	}
	if (bytes.n == 0)
		return OK;
	return bufferevent_write(w->bev, bytes.p, bytes.n) == 0 ? OK : E_NOMEM;
}

size_t
wire_waiting(const struct wire *w)
{
	return evbuffer_get_length(bufferevent_get_input(w->bev));
}

struct str
wire_peek(const struct wire *w)
{
	struct evbuffer_iovec piece = { 0 };

	evbuffer_peek(bufferevent_get_input(w->bev), -1, NULL, &piece, 1);
	return str_from(piece.iov_len > 0 ? piece.iov_base : "", piece.iov_len);
}

void
wire_took(struct wire *w, size_t n)
{
	evbuffer_drain(bufferevent_get_input(w->bev), n);
}

void
wire_rest(struct wire *w)
{
	bufferevent_disable(w->bev, EV_READ);
}

void
wire_read_on(struct wire *w)
{
	bufferevent_enable(w->bev, EV_READ);
}

void
wire_end_sending(struct wire *w)
{
	if (w->ssl != NULL)
		(void)SSL_shutdown(w->ssl);
	shutdown(bufferevent_getfd(w->bev), SHUT_WR);
}

void
wire_close(struct wire *w, bool goodbye)
{
	if (w->ssl != NULL && goodbye) {
		/* One close_notify on its way, no waiting for the other side's. */
		SSL_set_shutdown(w->ssl, SSL_RECEIVED_SHUTDOWN);
		(void)SSL_shutdown(w->ssl);
		ERR_clear_error();
	}
	bufferevent_free(w->bev);
	*w = (struct wire){ 0 };
}
