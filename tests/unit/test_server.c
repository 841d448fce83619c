/* The server end to end: real sockets, real TLS with certificates made here; serving, ending, and many at once. */
#include "authd/http/server.h"

#include <pthread.h>

#include "tests/unit/server_client.h"

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
