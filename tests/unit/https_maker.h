/* https_maker.h: a small HTTPS server of one thread that answers each path with bytes given by the test. */
#ifndef TESTS_UNIT_HTTPS_MAKER_H
#define TESTS_UNIT_HTTPS_MAKER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/expect.h"

struct https_page {
	const char *path;
	const char *answer; /* the whole of it, head and body */
	size_t filler;      /* so many more bytes behind it */
	unsigned wait_s;    /* before it */
};

struct https {
	char dir[64], ca[128];
	const struct https_page *pages;
	size_t count;
	int fd;
	unsigned port;
	SSL_CTX *ctx;
	pthread_t thread;
	atomic_bool stop;
	atomic_uint connections, requests;
};

static void
https_answer(struct https *s, SSL *ssl)
{
	char head[4096] = "", filler[4096];
	size_t n = 0;

	while (n < sizeof(head) - 1 && strstr(head, "\r\n\r\n") == NULL) {
		int got = SSL_read(ssl, head + n, (int)(sizeof(head) - 1 - n));

		if (got <= 0)
			return;
		n += (size_t)got;
	}
	atomic_fetch_add(&s->requests, 1);
	memset(filler, ' ', sizeof(filler));
	for (size_t i = 0; i < s->count; i++) {
		const struct https_page *p = &s->pages[i];
		char start[256];

		(void)snprintf(start, sizeof(start), " %s ", p->path);
		if (strstr(head, start) == NULL)
			continue;
		for (unsigned w = 0; w < p->wait_s * 10 && !atomic_load(&s->stop); w++)
			(void)usleep(100000);
		(void)SSL_write(ssl, p->answer, (int)strlen(p->answer));
		for (size_t sent = 0; sent < p->filler; sent += sizeof(filler))
			if (SSL_write(ssl, filler, sizeof(filler)) <= 0)
				return;
	}
}

static void *
https_serve(void *arg)
{
	struct https *s = arg;

	while (!atomic_load(&s->stop)) {
		int fd = accept(s->fd, NULL, NULL);

		if (fd < 0)
			break;
		atomic_fetch_add(&s->connections, 1);
		SSL *ssl = SSL_new(s->ctx);
		SSL_set_fd(ssl, fd);
		if (SSL_accept(ssl) == 1) {
			https_answer(s, ssl);
			(void)SSL_shutdown(ssl);
		}
		SSL_free(ssl);
		(void)close(fd);
	}
	return NULL;
}

/* For localhost and 127.0.0.1; s->ca is its own authority. */
static void
https_start(struct https *s, const struct https_page *pages, size_t count)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(at);
	char command[600], key[128];

	(void)signal(SIGPIPE, SIG_IGN);
	*s = (struct https){ .dir = "/tmp/ombud-https-XXXXXX", .pages = pages, .count = count };
	cr_assert_not_null(mkdtemp(s->dir));
	(void)snprintf(s->ca, sizeof(s->ca), "%s/ca.pem", s->dir);
	(void)snprintf(key, sizeof(key), "%s/key.pem", s->dir);
	(void)snprintf(
	    command, sizeof(command),
	    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost "
	    "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout %s -out %s 2>/dev/null",
	    key, s->ca);
	cr_assert_eq(system(command), 0);
	s->ctx = SSL_CTX_new(TLS_server_method());
	cr_assert_eq(SSL_CTX_use_certificate_file(s->ctx, s->ca, SSL_FILETYPE_PEM), 1);
	cr_assert_eq(SSL_CTX_use_PrivateKey_file(s->ctx, key, SSL_FILETYPE_PEM), 1);
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert_eq(bind(s->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	cr_assert_eq(listen(s->fd, 16), 0);
	cr_assert_eq(getsockname(s->fd, (struct sockaddr *)&at, &size), 0);
	s->port = ntohs(at.sin_port);
	cr_assert_eq(pthread_create(&s->thread, NULL, https_serve, s), 0);
}

static void
https_stop(struct https *s)
{
	char command[200];

	atomic_store(&s->stop, true);
	(void)shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	(void)close(s->fd);
	SSL_CTX_free(s->ctx);
	(void)snprintf(command, sizeof(command), "rm -r '%s'", s->dir);
	cr_assert_eq(system(command), 0);
}

#endif
