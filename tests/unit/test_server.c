/* test_server.c: the server end to end: real sockets, real TLS with certificates made here, and clients that misbehave.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
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
#include "authd/http/problem.h"
#include "authd/http/server.h"

/* ---- certificates ---- */

struct identity {
	EVP_PKEY *key;
	X509 *cert;
};

static char folder[] = "/tmp/test_server.XXXXXX";

static const char *
in_folder(const char *name)
{
	static char path[8][128];
	static unsigned next;
	char *p = path[next++ % 8];

	snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
	return p;
}

static void
add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	cr_assert_not_null(ext);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
}

/* A certificate for name; by == NULL makes it its own issuer. days may be negative: expired. */
static struct identity
make_identity(const char *name, const struct identity *by, const char *san, const char *eku, long days)
{
	struct identity id = { EVP_EC_gen("P-256"), X509_new() };
	X509 *issuer = by != NULL ? by->cert : id.cert;
	static long serial = 1;

	X509_set_version(id.cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(id.cert), serial++);
	X509_gmtime_adj(X509_getm_notBefore(id.cert), -3 * 86400);
	X509_gmtime_adj(X509_getm_notAfter(id.cert), days * 86400);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(id.cert), "CN", MBSTRING_ASC, (const unsigned char *)name, -1,
				   -1, 0);
	X509_set_issuer_name(id.cert, X509_get_subject_name(issuer));
	X509_set_pubkey(id.cert, id.key);
	add_extension(id.cert, issuer, NID_basic_constraints, by == NULL ? "critical,CA:TRUE" : "CA:FALSE");
	if (san != NULL)
		add_extension(id.cert, issuer, NID_subject_alt_name, san);
	if (eku != NULL)
		add_extension(id.cert, issuer, NID_ext_key_usage, eku);
	cr_assert_gt(X509_sign(id.cert, by != NULL ? by->key : id.key, EVP_sha256()), 0);
	return id;
}

static void
write_identity(const struct identity *id, const char *cert_name, const char *key_name)
{
	FILE *f = fopen(in_folder(cert_name), "w");

	PEM_write_X509(f, id->cert);
	fclose(f);
	if (key_name == NULL)
		return;
	f = fopen(in_folder(key_name), "w");
	PEM_write_PrivateKey(f, id->key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	chmod(in_folder(key_name), 0600);
}

static void
identity_clear(struct identity *id)
{
	EVP_PKEY_free(id->key);
	X509_free(id->cert);
}

static void
remove_folder(void)
{
	static const char *const names[] = { "ca.pem", "cert.pem", "key.pem", "proxy", "admin" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unlink(in_folder(names[i]));
	rmdir(folder);
}

/* ---- the server under test ---- */

struct fixture {
	struct identity ca, own;
	struct tls *tls;
	struct worker_pool *pool;
	struct server *server;
	struct server_listener listeners[4];
	struct server_options opt;
};

enum { PORT_TLS, PORT_PLAIN, PORT_PROXY, PORT_ADMIN };

static atomic_bool go; /* lets /stall finish */
static atomic_int stalled, finished;

static enum status
stall(void *arg, void *ctx)
{
	(void)arg;
	(void)ctx;
	atomic_fetch_add(&stalled, 1);
	while (!atomic_load(&go))
		usleep(1000);
	return OK;
}

static void
ep_info(const struct http_request *req, struct http_response *rsp)
{
	const struct http_cert *c = req->cert;
	json_t *body = json_pack("{s:s, s:b, s:b, s:i, s:b, s:b, s:s, s:s, s:i}", "peer", req->peer, "tls", req->tls,
				 "admin", req->admin, "uid", (int)req->uid, "cert", c != NULL, "verified",
				 c != NULL && c->verified, "uri", c != NULL && c->uri_count > 0 ? c->uris[0] : "",
				 "subject", c != NULL ? c->subject : "", "body", (int)req->body.n);

	response_json(rsp, 200, body);
	json_decref(body);
}

/* Waits for a worker from a fiber. */
static void
ep_work(void *ctx, struct http_response *rsp)
{
	struct fixture *f = ctx;
	CLEANUP(worker_arg_dropp) void *arg = worker_arg_new(1, NULL);
	enum status st = worker_run(f->pool, stall, arg, 20 * SECOND_US);

	response_bytes(rsp, st == OK ? 200 : 503, "text/plain", STR("worked"));
}

static void
ep_big(struct http_response *rsp)
{
	CLEANUP(buf_clear) struct buf b = BUF((size_t)4 << 20);

	for (int i = 0; i < 1 << 20; i++)
		buf_put_char(&b, (char)('a' + i % 26));
	response_buf(rsp, 200, "text/plain", &b);
}

static void
handle(void *ctx, const struct http_request *req, struct http_response *rsp)
{
	if (str_is(req->path, "/info"))
		ep_info(req, rsp);
	else if (str_is(req->path, "/work"))
		ep_work(ctx, rsp);
	else if (str_is(req->path, "/stall"))
		response_bytes(rsp, stall(NULL, NULL) == OK ? 200 : 500, "text/plain", STR("stalled"));
	else if (str_is(req->path, "/big"))
		ep_big(rsp);
	else if (str_is(req->path, "/split"))
		response_header(rsp, "X-Echo", STR("a\r\nSet-Cookie: x=y"));
	else if (str_is(req->path, "/nothing"))
		return;
	else
		response_bytes(rsp, 200, "text/plain", req->path);
}

static enum server_class
classify(void *ctx, const struct http_request *req)
{
	(void)ctx;
	return str_is(req->path, "/stall") || str_is(req->path, "/big") ? SERVER_SLOW : SERVER_FAST;
}

static size_t
body_most(void *ctx, const struct http_request *req)
{
	(void)ctx;
	return str_is(req->path, "/info") ? 1000 : 0;
}

static void
count_finished(void *ctx, const struct http_request *req, const struct http_response *rsp, int64_t took_us)
{
	(void)ctx;
	cr_assert_not_null(req->path.p);
	cr_assert_geq(took_us, 0);
	(void)rsp;
	atomic_fetch_add(&finished, 1);
}

static void
make_tls(struct fixture *f)
{
	struct tls_options t = { 0 };

	cr_assert_not_null(mkdtemp(folder));
	f->ca = make_identity("Test CA", NULL, NULL, NULL, 3);
	f->own = make_identity("localhost", &f->ca, "DNS:localhost,IP:127.0.0.1", "serverAuth", 3);
	write_identity(&f->ca, "ca.pem", NULL);
	write_identity(&f->own, "cert.pem", "key.pem");
	t.cert_file = in_folder("cert.pem");
	t.key_file = in_folder("key.pem");
	t.client_ca_file = in_folder("ca.pem");
	cr_assert_eq(tls_new(&t, &f->tls), OK);
}

/* Everything but the start, so that a test can still turn a knob of f->opt. */
static struct fixture *
prepare(unsigned threads)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct worker_options w = { .threads = 2, .queue_most = 2 };

	make_tls(f);
	cr_assert_eq(worker_pool_new(&w, &f->pool), OK);
	f->listeners[PORT_TLS] = (struct server_listener){ SERVER_TLS, "127.0.0.1", 0, 0 };
	f->listeners[PORT_PLAIN] = (struct server_listener){ SERVER_PLAIN, "127.0.0.1", 0, 0 };
	f->listeners[PORT_PROXY] = (struct server_listener){ SERVER_PROXY, strdup(in_folder("proxy")), 0, 0 };
	f->listeners[PORT_ADMIN] = (struct server_listener){ SERVER_ADMIN, strdup(in_folder("admin")), 0, 0600 };
	f->opt = (struct server_options){ .listeners = f->listeners,
					  .listener_count = 4,
					  .tls = f->tls,
					  .pool = f->pool,
					  .handle = handle,
					  .classify = classify,
					  .body_most = body_most,
					  .finished = count_finished,
					  .ctx = f,
					  .threads = threads,
					  .fast_us = 20 * SECOND_US,
					  .slow_us = 20 * SECOND_US };
	return f;
}

static void
start(struct fixture *f)
{
	cr_assert_eq(server_new(&f->opt, &f->server), OK);
	cr_assert_eq(server_start(f->server), OK);
}

static struct fixture *
fixture(void)
{
	struct fixture *f = prepare(2);

	start(f);
	return f;
}

static void
end(struct fixture *f)
{
	atomic_store(&go, true);
	cr_assert_eq(server_stop(f->server), OK);
	server_free(f->server);
	worker_pool_free(f->pool); /* last: a handler that nobody waits for any more may still run */
	tls_free(f->tls);
	identity_clear(&f->ca);
	identity_clear(&f->own);
	remove_folder();
	free((void *)(uintptr_t)f->listeners[PORT_PROXY].address);
	free((void *)(uintptr_t)f->listeners[PORT_ADMIN].address);
	free(f);
}

/* ---- the client ---- */

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

static struct client
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

static struct client
connect_unix(const struct fixture *f, int port)
{
	struct client c = { .in = BUF((size_t)1 << 20) };
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path, f->listeners[port].address);
	c.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(connect(c.fd, (struct sockaddr *)(void *)&a, sizeof(a)), 0);
	return c;
}

static int
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

static struct client
connect_tls(const struct fixture *f)
{
	struct client c = connect_plain(f, PORT_TLS);

	cr_assert_eq(handshake(&c, f, NULL, TLS1_3_VERSION, "\x08http/1.1"), 1);
	return c;
}

static void
hang_up(struct client *c)
{
	if (c->ssl != NULL)
		SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	close(c->fd);
	buf_clear(&c->in);
}

static void
send_bytes(struct client *c, const char *bytes, size_t n)
{
	if (c->ssl != NULL)
		SSL_write(c->ssl, bytes, (int)n);
	else
		(void)!send(c->fd, bytes, n, MSG_NOSIGNAL);
}

static void
send_text(struct client *c, const char *text)
{
	send_bytes(c, text, strlen(text));
}

/* Reads some more; false at the end of the connection. */
static bool
receive(struct client *c)
{
	char bytes[65536];
	ssize_t n = c->ssl != NULL ? SSL_read(c->ssl, bytes, sizeof(bytes)) : recv(c->fd, bytes, sizeof(bytes), 0);

	if (n <= 0)
		return false;
	buf_put_bytes(&c->in, bytes, (size_t)n);
	return true;
}

static void
answer_clear(struct answer *a)
{
	buf_clear(&a->head);
	buf_clear(&a->body);
}

static struct str
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
static struct answer
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
static void
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

static bool
is_closed(struct client *c)
{
	return c->in.n == 0 && !receive(c);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"

/* ---- serving ---- */

Test(server, answers_over_tls_1_3_and_keeps_the_connection)
{
	struct fixture *f = fixture();
	struct client c = connect_tls(f);
	const unsigned char *alpn;
	unsigned n;

	cr_expect_str_eq(SSL_get_version(c.ssl), "TLSv1.3");
	SSL_get0_alpn_selected(c.ssl, &alpn, &n);
	cr_expect_eq(n, 8);
	for (int i = 0; i < 20; i++)
		expect(&c, GET("/hello"), 200, "/hello");
	hang_up(&c);
	end(f);
	cr_expect_eq(finished, 20);
}

Test(server, sends_the_security_headers_with_every_answer)
{
	static const char *const requests[] = { GET("/"), GET("/nothing"), "GET / HTTP/1.1\r\n\r\n",
						"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", GET("/split") };
	static const char *const names[] = { "Strict-Transport-Security",
					     "X-Content-Type-Options",
					     "X-Frame-Options",
					     "Referrer-Policy",
					     "Content-Security-Policy",
					     "Cross-Origin-Opener-Policy",
					     "Permissions-Policy",
					     "Cache-Control",
					     "X-Request-ID",
					     "Date" };
	struct fixture *f = fixture();

	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		struct client c = connect_plain(f, PORT_PLAIN);
		struct answer a;

		send_text(&c, requests[i]);
		a = next_answer(&c, false);
		for (size_t h = 0; h < ARRAY_LEN(names); h++)
			cr_expect_gt(header(&a, names[h]).n, 0, "%s is missing in answer %zu", names[h], i);
		cr_expect(str_is(header(&a, "cache-control"), "no-store"));
		answer_clear(&a);
		hang_up(&c);
	}
	end(f);
}

Test(server, answers_pipelined_requests_in_order)
{
	struct fixture *f = fixture();
	struct client c = connect_plain(f, PORT_PLAIN);

	atomic_store(&go, true);
	expect(&c, GET("/stall") GET("/a") GET("/work") GET("/b"), 200, "stalled");
	expect(&c, "", 200, "/a");
	expect(&c, "", 200, "worked");
	expect(&c, "", 200, "/b");
	hang_up(&c);
	end(f);
}

Test(server, answers_a_thousand_pipelined_requests_without_nesting_them)
{
	CLEANUP(buf_clear) struct buf all = BUF((size_t)1 << 20);
	struct fixture *f = fixture();
	struct client c = connect_tls(f);

	for (int i = 0; i < 1000; i++)
		buf_printf(&all, "GET /%d HTTP/1.1\r\nHost: a\r\n\r\n", i);
	send_bytes(&c, all.p, all.n);
	for (int i = 0; i < 1000; i++) {
		char path[16];

		snprintf(path, sizeof(path), "/%d", i);
		expect(&c, "", 200, path);
	}
	hang_up(&c);
	end(f);
}

Test(server, takes_a_request_byte_by_byte)
{
	struct fixture *f = fixture();
	struct client c = connect_tls(f);
	const char *text = "POST /info HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc";

	for (size_t i = 0; i < strlen(text); i++)
		send_bytes(&c, text + i, 1);
	expect(&c, "", 200, NULL);
	hang_up(&c);
	end(f);
}

Test(server, sends_a_large_body_whole)
{
	struct fixture *f = fixture();
	struct client c = connect_tls(f);
	struct answer a;

	send_text(&c, GET("/big"));
	a = next_answer(&c, false);
	cr_assert_eq(a.body.n, 1 << 20);
	for (size_t i = 0; i < a.body.n; i++)
		cr_assert_eq(a.body.p[i], (char)('a' + i % 26));
	answer_clear(&a);
	hang_up(&c);
	end(f);
}

Test(server, answers_head_without_a_body)
{
	struct fixture *f = fixture();
	struct client c = connect_plain(f, PORT_PLAIN);
	struct answer a;

	send_text(&c, "HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\n");
	a = next_answer(&c, true);
	cr_expect(str_is(header(&a, "content-length"), "4"));
	answer_clear(&a);
	expect(&c, GET("/next"), 200, "/next");
	hang_up(&c);
	end(f);
}

Test(server, says_continue_before_a_body_that_it_wants)
{
	struct fixture *f = fixture();
	struct client c = connect_plain(f, PORT_PLAIN);
	struct answer a;

	send_text(&c, "POST /info HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
	a = next_answer(&c, false);
	cr_expect_eq(a.status, 100);
	answer_clear(&a);
	expect(&c, "abc", 200, NULL);
	hang_up(&c);
	end(f);
}

Test(server, answers_a_client_that_has_half_closed)
{
	struct fixture *f = fixture();
	struct client plain = connect_plain(f, PORT_PLAIN), tls = connect_tls(f);

	atomic_store(&go, true);
	send_text(&plain, GET("/work"));
	shutdown(plain.fd, SHUT_WR);
	expect(&plain, "", 200, "worked");
	cr_expect(is_closed(&plain));
	send_text(&tls, GET("/work"));
	SSL_shutdown(tls.ssl);
	expect(&tls, "", 200, "worked");
	hang_up(&plain);
	hang_up(&tls);
	end(f);
}

/* ---- refusing ---- */

Test(server, refuses_a_smuggled_request_and_closes)
{
	struct fixture *f = fixture();
	struct client c = connect_tls(f);

	expect(
	    &c,
	    "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" GET("/b"),
	    400, NULL);
	cr_expect(is_closed(&c), "the bytes behind it are never a request");
	hang_up(&c);
	end(f);
	cr_expect_eq(finished, 0);
}

Test(server, refuses_a_body_over_the_limit_and_the_client_can_read_why)
{
	struct fixture *f = fixture();
	struct client c = connect_plain(f, PORT_PLAIN);
	char junk[4096];

	memset(junk, 'x', sizeof(junk));
	send_text(&c, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
	for (int i = 0; i < 20; i++)
		send_bytes(&c, junk, sizeof(junk));
	expect(&c, "", 413, NULL);
	hang_up(&c);
	end(f);
}

Test(server, turns_a_header_with_a_line_break_into_a_500)
{
	struct fixture *f = fixture();
	struct client c = connect_plain(f, PORT_PLAIN);
	struct answer a;

	send_text(&c, GET("/split"));
	a = next_answer(&c, false);
	cr_expect_eq(a.status, 500);
	cr_expect_eq(header(&a, "set-cookie").n, 0);
	answer_clear(&a);
	expect(&c, GET("/nothing"), 500, NULL);
	hang_up(&c);
	end(f);
}

Test(server, drops_a_request_that_trickles_in)
{
	struct fixture *f = prepare(1);
	struct client c;

	f->opt.request_us = SECOND_US / 10;
	start(f);
	c = connect_plain(f, PORT_PLAIN);
	send_text(&c, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
	expect(&c, "", 408, NULL);
	cr_expect(is_closed(&c));
	hang_up(&c);
	cr_expect_eq(server_counters(f->server).timeouts, 1);
	end(f);
}

Test(server, drops_a_client_that_does_not_read_its_answer)
{
	struct fixture *f = prepare(1);
	struct client c;

	f->opt.write_us = SECOND_US / 10;
	start(f);
	c = connect_plain(f, PORT_PLAIN);
	for (int i = 0; i < 16; i++)
		send_text(&c, GET("/big"));
	while (server_counters(f->server).timeouts == 0)
		usleep(1000);
	cr_expect_eq(server_counters(f->server).open, 0);
	hang_up(&c);
	end(f);
}

Test(server, drops_idle_connections_and_unfinished_handshakes)
{
	struct fixture *f = prepare(1);
	struct client idle, half;

	f->opt.idle_us = f->opt.handshake_us = SECOND_US / 10;
	start(f);
	idle = connect_plain(f, PORT_PLAIN);
	half = connect_plain(f, PORT_TLS);
	send_bytes(&half, "\x16\x03\x01\x00", 4);
	cr_expect(is_closed(&idle));
	cr_expect(is_closed(&half));
	cr_expect_eq(server_counters(f->server).handshake_failures, 1);
	hang_up(&idle);
	hang_up(&half);
	end(f);
}

Test(server, closes_on_plain_http_sent_to_the_tls_port)
{
	struct fixture *f = fixture();
	struct client c = connect_plain(f, PORT_TLS);

	send_text(&c, GET("/"));
	while (receive(&c))
		continue;
	cr_expect_not(str_starts(buf_str(&c.in), STR("HTTP/")), "nothing is answered in clear");
	hang_up(&c);
	end(f);
}

Test(server, refuses_tls_1_2_other_protocols_and_other_names)
{
	struct fixture *f = fixture();
	struct client old = connect_plain(f, PORT_TLS), h2 = connect_plain(f, PORT_TLS);

	cr_expect_neq(handshake(&old, f, NULL, TLS1_2_VERSION, NULL), 1);
	cr_expect_neq(handshake(&h2, f, NULL, TLS1_3_VERSION, "\x02h2"), 1);
	hang_up(&old);
	hang_up(&h2);
	end(f);
}

Test(server, a_full_pool_is_a_503_that_says_when_to_come_again)
{
	struct fixture *f = fixture();
	struct client c[5];
	struct answer a;

	/* Two run, two wait, the fifth is told so. */
	for (int i = 0; i < 4; i++) {
		c[i] = connect_plain(f, PORT_PLAIN);
		send_text(&c[i], GET("/stall"));
		while (i < 2 && stalled <= i)
			usleep(1000);
	}
	while (worker_pool_queued(f->pool) < 2)
		usleep(1000);
	c[4] = connect_plain(f, PORT_PLAIN);
	send_text(&c[4], GET("/stall"));
	a = next_answer(&c[4], false);
	cr_expect_eq(a.status, 503);
	cr_expect_gt(header(&a, "retry-after").n, 0);
	answer_clear(&a);
	atomic_store(&go, true);
	for (int i = 0; i < 4; i++)
		expect(&c[i], "", 200, "stalled");
	for (int i = 0; i < 5; i++)
		hang_up(&c[i]);
	end(f);
}

Test(server, gives_up_on_a_slow_handler_that_does_not_end)
{
	struct fixture *f = prepare(1);
	struct client c;

	f->opt.slow_us = SECOND_US / 20;
	start(f);
	c = connect_plain(f, PORT_PLAIN);
	expect(&c, GET("/stall"), 503, NULL);
	expect(&c, GET("/after"), 200, "/after");
	hang_up(&c);
	end(f);
}

/* Its own wait would go on for 20 s. */
Test(server, ends_the_waits_of_a_fast_handler_together)
{
	struct fixture *f = prepare(1);
	struct client c;

	f->opt.fast_us = SECOND_US / 20;
	start(f);
	c = connect_plain(f, PORT_PLAIN);
	expect(&c, GET("/work"), 503, "worked");
	expect(&c, GET("/after"), 200, "/after");
	hang_up(&c);
	end(f);
}

Test(server, stops_accepting_at_its_most_and_goes_on_when_one_leaves)
{
	struct fixture *f = prepare(1);
	struct client first, second, third;

	f->opt.connections_most = 2;
	start(f);
	first = connect_plain(f, PORT_PLAIN);
	expect(&first, GET("/1"), 200, "/1");
	second = connect_plain(f, PORT_PLAIN);
	expect(&second, GET("/2"), 200, "/2");
	third = connect_plain(f, PORT_PLAIN); /* waits in the kernel's queue */
	send_text(&third, GET("/3"));
	expect(&first, GET("/4"), 200, "/4");
	cr_expect_eq(server_counters(f->server).open, 2);
	hang_up(&first);
	expect(&third, "", 200, "/3");
	hang_up(&second);
	hang_up(&third);
	end(f);
}

Test(server, serves_plain_http_on_loopback_only)
{
	struct fixture *f = prepare(1);

	f->listeners[PORT_PLAIN].address = "0.0.0.0";
	cr_expect_eq(server_new(&f->opt, &f->server), E_DENIED);
	f->listeners[PORT_PLAIN].address = "127.0.0.1";
	start(f);
	end(f);
}

/* ---- who is asking ---- */

/* Asks /info with a certificate and gives the JSON. */
static json_t *
info_with(struct fixture *f, const struct identity *own)
{
	struct client c = connect_plain(f, PORT_TLS);
	struct answer a;
	json_t *info;

	cr_assert_eq(handshake(&c, f, own, TLS1_3_VERSION, NULL), 1);
	send_text(&c, GET("/info"));
	a = next_answer(&c, false);
	info = json_loadb(a.body.p, a.body.n, 0, NULL);
	cr_assert_not_null(info);
	answer_clear(&a);
	hang_up(&c);
	return info;
}

static bool
is_true(const json_t *info, const char *name)
{
	return json_is_true(json_object_get(info, name));
}

Test(server, believes_a_client_certificate_of_its_own_authority)
{
	struct fixture *f = fixture();
	struct identity id = make_identity("svc", &f->ca, "URI:urn:svc:north", "clientAuth", 3);
	json_t *info = info_with(f, &id);

	cr_expect(is_true(info, "cert"));
	cr_expect(is_true(info, "verified"));
	cr_expect_str_eq(json_string_value(json_object_get(info, "uri")), "urn:svc:north");
	cr_expect_str_eq(json_string_value(json_object_get(info, "subject")), "CN=svc");
	json_decref(info);
	identity_clear(&id);
	end(f);
}

Test(server, does_not_believe_other_client_certificates)
{
	struct fixture *f = fixture();
	struct identity other = make_identity("Test CA", NULL, NULL, NULL, 3);
	struct identity bad[] = {
		make_identity("self", NULL, "URI:urn:svc:north", "clientAuth", 3),
		make_identity("svc", &other, "URI:urn:svc:north", "clientAuth", 3),
		make_identity("svc", &f->ca, "URI:urn:svc:north", "clientAuth", -1),
		make_identity("svc", &f->ca, "URI:urn:svc:north", "serverAuth", 3),
		make_identity("svc", &f->ca, "URI:urn:svc:north", NULL, 3),
	};
	json_t *info = info_with(f, NULL);

	cr_expect_not(is_true(info, "cert"));
	json_decref(info);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		info = info_with(f, &bad[i]);
		cr_expect(is_true(info, "cert"), "it is remembered");
		cr_expect_not(is_true(info, "verified"), "certificate %zu", i);
		json_decref(info);
		identity_clear(&bad[i]);
	}
	identity_clear(&other);
	end(f);
}

Test(server, knows_who_is_at_the_admin_socket)
{
	struct fixture *f = fixture();
	struct client c = connect_unix(f, PORT_ADMIN);
	struct answer a;
	json_t *info;

	send_text(&c, GET("/info"));
	a = next_answer(&c, false);
	info = json_loadb(a.body.p, a.body.n, 0, NULL);
	cr_expect(is_true(info, "admin"));
	cr_expect_eq(json_integer_value(json_object_get(info, "uid")), (json_int_t)getuid());
	json_decref(info);
	answer_clear(&a);
	hang_up(&c);
	end(f);
}

Test(server, believes_only_what_its_own_proxy_added)
{
	struct fixture *f = fixture();
	struct client c = connect_unix(f, PORT_PROXY);
	struct answer a;
	json_t *info;

	send_text(&c, "GET /info HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.0.1, 192.0.2.9\r\n"
		      "X-Forwarded-Proto: https\r\n\r\n");
	a = next_answer(&c, false);
	info = json_loadb(a.body.p, a.body.n, 0, NULL);
	cr_expect_str_eq(json_string_value(json_object_get(info, "peer")), "192.0.2.9");
	cr_expect(is_true(info, "tls"));
	cr_expect_not(is_true(info, "admin"));
	json_decref(info);
	answer_clear(&a);
	hang_up(&c);
	c = connect_plain(f, PORT_PLAIN);
	send_text(&c, "GET /info HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.9\r\n\r\n");
	a = next_answer(&c, false);
	info = json_loadb(a.body.p, a.body.n, 0, NULL);
	cr_expect_str_eq(json_string_value(json_object_get(info, "peer")), "127.0.0.1");
	json_decref(info);
	answer_clear(&a);
	hang_up(&c);
	end(f);
}

Test(server, replaces_a_stale_socket_file_and_never_a_live_one)
{
	struct fixture *f = fixture(), *second;
	struct server *other = NULL;

	cr_expect_eq(server_new(&f->opt, &other), E_CONFLICT);
	second = f;
	end(second); /* leaves its socket files behind */
}

/* ---- certificates anew ---- */

Test(server, reloads_a_good_certificate_and_keeps_the_old_one_over_a_bad_one)
{
	struct fixture *f = fixture();
	struct identity next = make_identity("next", &f->ca, "DNS:localhost", "serverAuth", 3);
	struct identity expired = make_identity("old", &f->ca, "DNS:localhost", "serverAuth", -1);
	struct client before = connect_tls(f), after;
	char name[64];

	write_identity(&expired, "cert.pem", "key.pem");
	cr_expect_eq(tls_reload(f->tls), E_EXPIRED);
	write_identity(&next, "cert.pem", NULL);
	cr_expect_eq(tls_reload(f->tls), E_INVALID, "the key belongs to another certificate");
	write_identity(&next, "cert.pem", "key.pem");
	chmod(in_folder("key.pem"), 0644);
	cr_expect_eq(tls_reload(f->tls), E_DENIED, "everybody may read the key");
	after = connect_tls(f);
	X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(after.ssl)), NID_commonName, name,
				  sizeof(name));
	cr_expect_str_eq(name, "localhost");
	hang_up(&after);
	chmod(in_folder("key.pem"), 0600);
	cr_expect_eq(tls_reload(f->tls), OK);
	cr_expect_gt(tls_expires_in_s(f->tls), 86400);
	after = connect_tls(f);
	X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(after.ssl)), NID_commonName, name,
				  sizeof(name));
	cr_expect_str_eq(name, "next");
	expect(&before, GET("/old"), 200, "/old");
	expect(&after, GET("/new"), 200, "/new");
	hang_up(&before);
	hang_up(&after);
	identity_clear(&next);
	identity_clear(&expired);
	end(f);
}

/* ---- ending ---- */

static void *
stop(void *arg)
{
	struct fixture *f = arg;

	return server_stop(f->server) == OK ? f : NULL;
}

Test(server, finishes_what_is_in_flight_before_it_stops)
{
	struct fixture *f = fixture();
	struct client busy = connect_tls(f), idle = connect_tls(f);
	pthread_t stopper;
	void *stopped = NULL;

	expect(&idle, GET("/"), 200, "/");
	send_text(&busy, GET("/work"));
	while (stalled == 0)
		usleep(1000);
	cr_assert_eq(pthread_create(&stopper, NULL, stop, f), 0);
	cr_expect(is_closed(&idle));
	atomic_store(&go, true);
	expect(&busy, "", 200, "worked");
	cr_expect(is_closed(&busy));
	pthread_join(stopper, &stopped);
	cr_expect_eq(stopped, f);
	hang_up(&busy);
	hang_up(&idle);
	end(f);
}

Test(server, says_so_when_a_handler_does_not_end_in_time)
{
	struct fixture *f = prepare(1);
	struct client c;

	f->opt.drain_us = SECOND_US / 20;
	start(f);
	c = connect_plain(f, PORT_PLAIN);
	send_text(&c, GET("/work"));
	while (stalled == 0)
		usleep(1000);
	cr_expect_eq(server_stop(f->server), E_TIMEOUT);
	cr_expect(is_closed(&c));
	remove_folder();
	_exit(0); /* as a daemon does: the loop may not be freed under the worker's feet */
}

Test(server, survives_a_client_that_leaves_while_it_is_served)
{
	struct fixture *f = fixture();
	struct client c[4];

	for (int i = 0; i < 4; i++) {
		c[i] = i % 2 == 0 ? connect_tls(f) : connect_plain(f, PORT_PLAIN);
		send_text(&c[i], i < 2 ? GET("/work") : GET("/stall"));
	}
	while (stalled < 2)
		usleep(1000);
	for (int i = 0; i < 4; i++)
		hang_up(&c[i]);
	atomic_store(&go, true);
	c[0] = connect_tls(f);
	expect(&c[0], GET("/still"), 200, "/still");
	hang_up(&c[0]);
	end(f);
}

/* ---- many at once ---- */

static void *
chatter(void *arg)
{
	struct fixture *f = arg;

	for (int round = 0; round < 4; round++) {
		struct client c = connect_tls(f);

		for (int i = 0; i < 25; i++) {
			struct answer a;

			send_text(&c, i % 3 == 0 ? GET("/work") : i % 3 == 1 ? GET("/stall") : GET("/x"));
			a = next_answer(&c, false);
			cr_assert(a.status == 200 || a.status == 503, "got %d", a.status);
			answer_clear(&a);
		}
		hang_up(&c);
	}
	return NULL;
}

Test(server, serves_many_clients_at_once)
{
	struct fixture *f = fixture();
	pthread_t threads[8];

	atomic_store(&go, true);
	for (int i = 0; i < 8; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, chatter, f), 0);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	end(f);
	cr_expect_eq(finished, 800);
}
