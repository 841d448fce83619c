/* What a server refuses, drops or puts off, and that it goes on. */
#include "authd/http/problem.h"
#include "tests/unit/server_client.h"

Test(server_refusals, refuses_a_smuggled_request_and_closes)
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

Test(server_refusals, refuses_a_body_over_the_limit_and_the_client_can_read_why)
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

Test(server_refusals, turns_a_header_with_a_line_break_into_a_500)
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

Test(server_refusals, drops_a_request_that_trickles_in)
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

Test(server_refusals, drops_a_client_that_does_not_read_its_answer)
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

Test(server_refusals, drops_idle_connections_and_unfinished_handshakes)
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

Test(server_refusals, closes_on_plain_http_sent_to_the_tls_port)
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

Test(server_refusals, refuses_tls_1_2_other_protocols_and_other_names)
{
	struct fixture *f = fixture();
	struct client old = connect_plain(f, PORT_TLS), h2 = connect_plain(f, PORT_TLS);

	cr_expect_neq(handshake(&old, f, NULL, TLS1_2_VERSION, NULL), 1);
	cr_expect_neq(handshake(&h2, f, NULL, TLS1_3_VERSION, "\x02h2"), 1);
	hang_up(&old);
	hang_up(&h2);
	end(f);
}

Test(server_refusals, a_full_pool_is_a_503_that_says_when_to_come_again)
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

Test(server_refusals, gives_up_on_a_slow_handler_that_does_not_end)
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
Test(server_refusals, ends_the_waits_of_a_fast_handler_together)
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

Test(server_refusals, stops_accepting_at_its_most_and_goes_on_when_one_leaves)
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

Test(server_refusals, serves_plain_http_on_loopback_only)
{
	struct fixture *f = prepare(1);

	f->listeners[PORT_PLAIN].address = "0.0.0.0";
	cr_expect_eq(server_new(&f->opt, &f->server), E_DENIED);
	f->listeners[PORT_PLAIN].address = "127.0.0.1";
	start(f);
	end(f);
}
