#include "authd/listening.h"

#include <stdio.h>

#include "auditlog/base/users.h"
#include "authd/http/tls.h"
#include "authd/request.h"

/* R2: whatever does not answer behind us, the client has its 503 within 2 s. */
#define ANSWER_US INT64_C(1900000)

enum status
listening_admins(struct listening *l, const struct config *c)
{
	const struct conf_strings *users = &c->admin_users;

	const char *bad = "";
	enum status st = users_resolve(users, l->admins, &l->admin_count, &bad);

	if (st != OK)
		fprintf(stderr, "authd: admin_users: there is no user %s\n", bad);
	return st;
}

static void
list_addresses(struct listening *l, const struct config *c)
{
	const struct config_listen *wanted = c->listen.item;

	for (size_t i = 0; i < c->listen.n; i++)
		l->listeners[l->listener_count++] = (struct server_listener){ .kind = (enum server_kind)wanted[i].kind,
									      .address = wanted[i].address,
									      .port = (uint16_t)wanted[i].port };
	l->listeners[l->listener_count++] =
	    (struct server_listener){ .kind = SERVER_ADMIN, .address = c->admin_socket, .mode = 0660 };
}

enum status
listening_open(struct listening *l, struct authd *a)
{
	const struct config *c = &a->config;
	const struct tls_options tls = { .cert_file = c->tls.certificate,
					 .key_file = c->tls.key,
					 .client_ca_file = c->tls.client_ca,
					 .client_crl_file = c->tls.client_crl };
	struct server_options opt = {
		.listeners = l->listeners,
		.pool = a->pool,
		.handle = request_serve,
		.classify = request_class,
		.body_most = request_body_most,
		.finished = request_log,
		.ctx = a,
		.admin_uids = l->admins,
		.threads = (unsigned)c->threads,
		.fast_us = ANSWER_US,
		.slow_us = ANSWER_US,
	};

	TRY(tls_new(&tls, &l->tls));
	list_addresses(l, c);
	opt.listener_count = l->listener_count;
	opt.admin_uid_count = l->admin_count;
	opt.tls = l->tls;
	return server_new(&opt, &a->server);
}

void
listening_close(struct listening *l)
{
	tls_free(l->tls);
	l->tls = NULL;
}
