/* server_fixture.h: for tests, a server on four listeners with certificates of its own, and handlers that stall on
 * request. */
#ifndef TESTS_UNIT_SERVER_FIXTURE_H
#define TESTS_UNIT_SERVER_FIXTURE_H

#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "authd/http/server.h"

/* ---- certificates ---- */

struct identity {
	EVP_PKEY *key;
	X509 *cert;
};

static UNUSED char folder[] = "/tmp/test_server.XXXXXX";

static const char *
in_folder(const char *name)
{
	static char path[8][128];
	static unsigned next;
	char *p = path[next++ % 8];

	snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
	return p;
}

static UNUSED void
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
static UNUSED struct identity
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

static UNUSED void
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

static UNUSED void
identity_clear(struct identity *id)
{
	EVP_PKEY_free(id->key);
	X509_free(id->cert);
}

static UNUSED void
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

static UNUSED atomic_bool go; /* lets /stall finish */
static UNUSED atomic_int stalled, finished;

static UNUSED enum status
stall(void *arg, void *ctx)
{
	(void)arg;
	(void)ctx;
	atomic_fetch_add(&stalled, 1);
	while (!atomic_load(&go))
		usleep(1000);
	return OK;
}

static UNUSED void
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
static UNUSED void
ep_work(void *ctx, struct http_response *rsp)
{
	struct fixture *f = ctx;
	CLEANUP(worker_arg_dropp) void *arg = worker_arg_new(1, NULL);
	enum status st = worker_run(f->pool, stall, arg, 20 * SECOND_US);

	response_bytes(rsp, st == OK ? 200 : 503, "text/plain", STR("worked"));
}

static UNUSED void
ep_big(struct http_response *rsp)
{
	CLEANUP(buf_clear) struct buf b = BUF((size_t)4 << 20);

	for (int i = 0; i < 1 << 20; i++)
		buf_put_char(&b, (char)('a' + i % 26));
	response_buf(rsp, 200, "text/plain", &b);
}

static UNUSED void
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

static UNUSED enum server_class
classify(void *ctx, const struct http_request *req)
{
	(void)ctx;
	return str_is(req->path, "/stall") || str_is(req->path, "/big") ? SERVER_SLOW : SERVER_FAST;
}

static UNUSED size_t
body_most(void *ctx, const struct http_request *req)
{
	(void)ctx;
	return str_is(req->path, "/info") ? 1000 : 0;
}

static UNUSED void
count_finished(void *ctx, const struct http_request *req, const struct http_response *rsp, int64_t took_us)
{
	(void)ctx;
	cr_assert_not_null(req->path.p);
	cr_assert_geq(took_us, 0);
	(void)rsp;
	atomic_fetch_add(&finished, 1);
}

static UNUSED void
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
static UNUSED struct fixture *
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

static UNUSED void
start(struct fixture *f)
{
	cr_assert_eq(server_new(&f->opt, &f->server), OK);
	cr_assert_eq(server_start(f->server), OK);
}

static UNUSED struct fixture *
fixture(void)
{
	struct fixture *f = prepare(2);

	start(f);
	return f;
}

static UNUSED void
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

#endif
