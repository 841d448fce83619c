/* Who is asking: certificates, the socket of administrators, the proxy; and its own certificate anew. */
#include "tests/unit/server_client.h"

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

Test(server_peers, believes_a_client_certificate_of_its_own_authority)
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

Test(server_peers, does_not_believe_other_client_certificates)
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

Test(server_peers, knows_who_is_at_the_admin_socket)
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

Test(server_peers, believes_only_what_its_own_proxy_added)
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

Test(server_peers, replaces_a_stale_socket_file_and_never_a_live_one)
{
	struct fixture *f = fixture(), *second;
	struct server *other = NULL;

	cr_expect_eq(server_new(&f->opt, &other), E_CONFLICT);
	second = f;
	end(second); /* leaves its socket files behind */
}

/* ---- certificates anew ---- */

Test(server_peers, reloads_a_good_certificate_and_keeps_the_old_one_over_a_bad_one)
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
