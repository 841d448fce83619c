/*
 * web_load.c: the load of `./run bench` over HTTPS: so many connections, kept open, each with one request under way.
 * Prints one line of JSON.
 *
 *   web_load HOST PORT CA REQUEST CONNECTIONS SECONDS
 *
 * REQUEST is a file with one whole HTTP/1.1 request, or several with a NUL between them, sent in turn again and again.
 * Wherever one says ID_MARK a fresh UUID is put, so that no two requests are the same. Every answer but 2xx counts as
 * failed.
 */
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auditlog/base/buf.h"
#include "auditlog/base/clock.h"
#include "auditlog/base/file.h"
#include "auditlog/base/random.h"
#include "tests/bench/took.h"

#define ID_MARK         "@@@@@@@@-@@@@-7@@@-8@@@-@@@@@@@@@@@@"
#define REQUEST_MAX     ((size_t)4 << 20)
#define ANSWER_MAX      ((size_t)1 << 20)
#define CONNECTIONS_MAX 1024

static SSL_CTX *tls;
static const char *host, *port;
static struct buf request = BUF(REQUEST_MAX);
static atomic_uint started; /* each connection begins with another request */
static int64_t start_us, until_us;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct took took;
static uint64_t failed;

static NORETURN void
fail(const char *what)
{
	(void)fprintf(stderr, "web_load: %s\n", what);
	exit(3);
}

static int
connect_tcp(void)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	int fd = -1, on = 1;

	if (getaddrinfo(host, port, &hints, &list) != 0)
		fail("no such host");
	for (const struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
			(void)close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	if (fd < 0)
		fail("nobody answers");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static SSL *
connect_tls(void)
{
	SSL *ssl = SSL_new(tls);

	if (ssl == NULL || SSL_set_fd(ssl, connect_tcp()) != 1 || SSL_set1_host(ssl, host) != 1 ||
	    SSL_set_tlsext_host_name(ssl, host) != 1 || SSL_connect(ssl) != 1)
		fail("no TLS connection");
	return ssl;
}

/* All marks get an id each. */
static void
put_ids(char *text, size_t n)
{
	CLEANUP(buf_clear) struct buf id = BUF(64);
	char *at = text;

	while ((at = memmem(at, n - (size_t)(at - text), ID_MARK, sizeof(ID_MARK) - 1)) != NULL) {
		struct uuid u = uuid_new();

		buf_reset(&id);
		uuid_put(&id, &u);
		memcpy(at, id.p, id.n);
		at += id.n;
	}
}

/* How long the whole answer is; 0 while its head is not there yet. */
static size_t
answer_length(struct str got)
{
	size_t head = str_find(got, STR("\r\n\r\n"));
	struct str length = { 0 };
	uint64_t body = 0;
	size_t at;

	if (head == got.n)
		return 0;
	at = str_find(str_slice(got, 0, head), STR("\r\nContent-Length: "));
	if (at >= head)
		return head + 4;
	length = str_slice(got, at + 18, got.n);
	if (str_to_u64(str_slice(length, 0, str_find_char(length, '\r')), ANSWER_MAX, &body) != OK)
		fail("an answer of no known length");
	return head + 4 + body;
}

/* Reads one answer. True for 2xx. */
static bool
read_answer(SSL *ssl, struct buf *answer)
{
	size_t whole = 0;

	buf_reset(answer);
	while (whole == 0 || answer->n < whole) {
		char *room = buf_room(answer, 16384);
		int n = room != NULL ? SSL_read(ssl, room, 16384) : 0;

		if (n <= 0)
			fail("the connection ended within an answer");
		answer->n += (size_t)n;
		whole = answer_length(buf_str(answer));
	}
	return str_starts(buf_str(answer), STR("HTTP/1.1 2"));
}

static void
count(int64_t us, bool good, struct str answer)
{
	(void)pthread_mutex_lock(&lock);
	took_add(&took, us);
	if (!good && failed++ == 0)
		(void)fprintf(stderr, "web_load: %.*s\n", STR_ARG(answer));
	(void)pthread_mutex_unlock(&lock);
}

/* The one after *rest, from the front again behind the last. */
static struct str
next_request(struct str *rest)
{
	struct str one;

	if (rest->n == 0)
		*rest = buf_str(&request);
	one = str_slice(*rest, 0, str_find_char(*rest, '\0'));
	*rest = str_slice(*rest, one.n < rest->n ? one.n + 1 : one.n, rest->n);
	return one;
}

static void *
work(void *arg)
{
	CLEANUP(buf_clear) struct buf answer = BUF(2 * ANSWER_MAX);
	char *text = malloc(request.n);
	struct str rest = { 0 };
	SSL *ssl = connect_tls();
	int64_t now_us;

	(void)arg;
	if (text == NULL)
		fail("no memory");
	for (unsigned skip = atomic_fetch_add(&started, 1); skip > 0; skip--)
		(void)next_request(&rest);
	while ((now_us = clock_mono_us()) < until_us) {
		const struct str one = next_request(&rest);
		bool good;

		memcpy(text, one.p, one.n);
		put_ids(text, one.n);
		if (SSL_write(ssl, text, (int)one.n) != (int)one.n)
			fail("the connection ended within a request");
		good = read_answer(ssl, &answer);
		if (now_us >= start_us)
			count(clock_mono_us() - now_us, good, buf_str(&answer));
	}
	free(text);
	(void)close(SSL_get_fd(ssl));
	SSL_free(ssl);
	return NULL;
}

static uint64_t
number(const char *text, uint64_t most)
{
	uint64_t n = 0;

	if (str_to_u64(str_of(text), most, &n) != OK || n == 0)
		fail("a number is missing");
	return n;
}

int
main(int argc, char **argv)
{
	pthread_t thread[CONNECTIONS_MAX];
	size_t connections;
	double seconds;

	if (argc != 7)
		fail("HOST PORT CA REQUEST CONNECTIONS SECONDS");
	host = argv[1];
	port = argv[2];
	tls = SSL_CTX_new(TLS_client_method());
	if (tls == NULL || SSL_CTX_load_verify_file(tls, argv[3]) != 1)
		fail("no certificate of an authority");
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
	if (file_read_at(AT_FDCWD, argv[4], &request) != OK)
		fail("the request cannot be read");
	connections = number(argv[5], CONNECTIONS_MAX);
	seconds = (double)number(argv[6], 3600);
	/* Connecting, and the first requests, are not counted. */
	start_us = clock_mono_us() + SECOND_US / 2;
	until_us = start_us + (int64_t)(seconds * 1e6);
	for (size_t i = 0; i < connections; i++)
		if (pthread_create(&thread[i], NULL, work, NULL) != 0)
			fail("no thread");
	for (size_t i = 0; i < connections; i++)
		(void)pthread_join(thread[i], NULL);
	printf("{\"requests\":%llu,\"failed\":%llu,\"rate\":%.0f,\"p50_us\":%lld,\"p99_us\":%lld}\n",
	       (unsigned long long)took.count, (unsigned long long)failed, (double)took.count / seconds,
	       took_quantile(&took, 500), took_quantile(&took, 990));
	return 0;
}
