/* server_client.h: for tests, a client of server_fixture.h: over TLS, plainly or by a socket, byte by byte if need be.
 */
#ifndef TESTS_UNIT_SERVER_CLIENT_H
#define TESTS_UNIT_SERVER_CLIENT_H

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/unit/server_fixture.h"

struct client {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	struct buf in;
};

struct answer {
	int status;
	struct buf head, body;
};

static UNUSED struct client
connect_plain(const struct fixture *f, int port)
{
	struct client c = { .in = BUF((size_t)8 << 20) };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(server_port(f->server, (size_t)port)) };
	struct timeval patience = { .tv_sec = 30 };

	inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
	c.fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	cr_assert_eq(connect(c.fd, (struct sockaddr *)(void *)&a, sizeof(a)), 0);
	return c;
}

static UNUSED struct client
connect_unix(const struct fixture *f, int port)
{
	struct client c = { .in = BUF((size_t)1 << 20) };
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path, f->listeners[port].address);
	c.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(connect(c.fd, (struct sockaddr *)(void *)&a, sizeof(a)), 0);
	return c;
}

static UNUSED int
handshake(struct client *c, const struct fixture *f, const struct identity *own, int max_version, const char *alpn)
{
	char host[] = "localhost"; /* the macro for it casts const away */
	c->ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_max_proto_version(c->ctx, max_version);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(c->ctx), f->ca.cert);
	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
	if (own != NULL) {
		SSL_CTX_use_certificate(c->ctx, own->cert);
		SSL_CTX_use_PrivateKey(c->ctx, own->key);
	}
	if (alpn != NULL)
		SSL_CTX_set_alpn_protos(c->ctx, (const unsigned char *)alpn, (unsigned)strlen(alpn));
	c->ssl = SSL_new(c->ctx);
	(void)SSL_ctrl(c->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host);
	SSL_set1_host(c->ssl, "localhost");
	SSL_set_fd(c->ssl, c->fd);
	return SSL_connect(c->ssl);
}

static UNUSED struct client
connect_tls(const struct fixture *f)
{
	struct client c = connect_plain(f, PORT_TLS);

	cr_assert_eq(handshake(&c, f, NULL, TLS1_3_VERSION, "\x08http/1.1"), 1);
	return c;
}

static UNUSED void
hang_up(struct client *c)
{
	if (c->ssl != NULL)
		SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	close(c->fd);
	buf_clear(&c->in);
}

static UNUSED void
send_bytes(struct client *c, const char *bytes, size_t n)
{
	if (c->ssl != NULL)
		SSL_write(c->ssl, bytes, (int)n);
	else
		(void)!send(c->fd, bytes, n, MSG_NOSIGNAL);
}

static UNUSED void
send_text(struct client *c, const char *text)
{
	send_bytes(c, text, strlen(text));
}

/* Reads some more; false at the end of the connection. */
static UNUSED bool
receive(struct client *c)
{
	char bytes[65536];
	ssize_t n = c->ssl != NULL ? SSL_read(c->ssl, bytes, sizeof(bytes)) : recv(c->fd, bytes, sizeof(bytes), 0);

	if (n <= 0)
		return false;
	buf_put_bytes(&c->in, bytes, (size_t)n);
	return true;
}

static UNUSED void
answer_clear(struct answer *a)
{
	buf_clear(&a->head);
	buf_clear(&a->body);
}

static UNUSED struct str
header(const struct answer *a, const char *name)
{
	struct str rest = buf_str(&a->head), line;

	while (str_next(&rest, '\n', &line)) {
		size_t colon = str_find_char(line, ':');

		if (str_eq_nocase(str_slice(line, 0, colon), str_of(name)))
			return str_trim(str_slice(line, colon + 1, line.n));
	}
	return (struct str){ 0 };
}

/* The next response; status 0 when the connection ended first. */
static UNUSED struct answer
next_answer(struct client *c, bool bodiless)
{
	struct answer a = { .head = BUF(65536), .body = BUF((size_t)8 << 20) };
	uint64_t length = 0;
	size_t end;

	while ((end = str_find(buf_str(&c->in), STR("\r\n\r\n"))) == c->in.n)
		if (!receive(c))
			return a;
	buf_put(&a.head, str_slice(buf_str(&c->in), 0, end + 2));
	buf_drop(&c->in, end + 4);
	a.status = atoi(a.head.p + 9);
	if (!bodiless && a.status != 100)
		cr_assert_eq(str_to_u64(header(&a, "content-length"), 1 << 30, &length), OK);
	while (c->in.n < length)
		if (!receive(c))
			return a;
	buf_put(&a.body, str_slice(buf_str(&c->in), 0, length));
	buf_drop(&c->in, length);
	return a;
}

/* Sends a request and checks status and body (NULL: any). */
static UNUSED void
expect(struct client *c, const char *request, int status, const char *body)
{
	struct answer a;

	send_text(c, request);
	a = next_answer(c, false);
	cr_expect_eq(a.status, status, "got %d for %.40s", a.status, request);
	if (body != NULL)
		cr_expect(str_is(buf_str(&a.body), body), "got \"%.*s\"", STR_ARG(buf_str(&a.body)));
	answer_clear(&a);
}

static UNUSED bool
is_closed(struct client *c)
{
	return c->in.n == 0 && !receive(c);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"

#endif
