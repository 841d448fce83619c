/*
 * authd.c: the daemon from its first line to its last. What it serves is in routes.c, how a request travels in
 * request.c.
 *
 * Order of the start: 1. give up what is not needed (privdrop, sandbox)  2. read what was compiled in (pages,
 * languages)
 * 3. database  4. the other processes  5. listeners  6. serve. Threads begin only after the sandbox, which they
 * inherit.
 */
#include "authd/authd.h"
#include "authd/access/reporting.h"
#include "authd/access/tending.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/cli.h"
#include "auditlog/base/log.h"
#include "auditlog/base/privdrop.h"
#include "auditlog/base/sandbox.h"
#include "authd/activation.h"
#include "authd/audit/forward.h"
#include "authd/audit/refusals.h"
#include "authd/audit/tag_memory.h"
#include "authd/http/html.h"
#include "authd/http/i18n.h"
#include "authd/http/tls.h"
#include "authd/identity/password.h"
#include "authd/identity/throttle.h"
#include "authd/keyset.h"
#include "authd/notify/outbound.h"
#include "authd/oauth/backchannel.h"
#include "authd/oauth/dpop.h"
#include "authd/request.h"
#include "authd/upkeep.h"

#define LISTENERS_MOST 17
#define ADMINS_MOST    32
/* R2: whatever does not answer behind us, the client has its 503 within 2 s. */
#define ANSWER_US INT64_C(1900000)
/* What certs/ writes as organisation into every certificate of the throw-away PKI. */
#define DEMO_PKI_ORGANISATION "Ombud throw-away demo PKI"

struct options {
	const char *config;
	bool check_only;
	int sandbox;
};

struct daemon {
	struct authd authd;
	struct conf *text;
	struct tls *tls;
	struct forward *forward;
	struct server_listener listeners[LISTENERS_MOST];
	size_t listener_count;
	uid_t admins[ADMINS_MOST];
	size_t admin_count;
};

static int
parse_options(int argc, char **argv, struct options *o)
{
	static const char *const modes[] = { "best-effort", "require", NULL };
	const struct cli_option rows[] = {
		{ .name = "config",
		  .letter = 'c',
		  .type = CLI_TEXT,
		  .out = &o->config,
		  .value = "FILE",
		  .required = true,
		  .help = "configuration (authd.yaml)" },
		{ .name = "check",
		  .letter = 'n',
		  .type = CLI_FLAG,
		  .out = &o->check_only,
		  .help = "check configuration, pages and policy, and end" },
		{ .name = "sandbox",
		  .type = CLI_CHOICE,
		  .out = &o->sandbox,
		  .value = "MODE",
		  .choices = modes,
		  .help = "require: do not start without every layer; best-effort (default)" },
	};
	const struct cli cli = {
		.program = "authd",
		.summary = "Signs people in, issues tokens, decides on access, keeps consent.",
		.options = rows,
		.count = ARRAY_LEN(rows),
		.more = "SIGHUP reloads certificate, keys and policy; SIGTERM lets requests in flight finish."
	};
	int operand;

	return cli_parse(&cli, argc, argv, &operand);
}

/* ---- the certificate of the demonstration must not serve real people ---- */

static bool
is_demo_name(X509_NAME *name)
{
	char organisation[128] = "";

	X509_NAME_get_text_by_NID(name, NID_organizationName, organisation, sizeof(organisation));
	return strcmp(organisation, DEMO_PKI_ORGANISATION) == 0;
}

static enum status
has_demo_certificate(const char *path, bool *demo)
{
	BIO *file = BIO_new_file(path, "r");
	X509 *cert;

	*demo = false;
	if (file == NULL)
		return E_NOT_FOUND;
	while ((cert = PEM_read_bio_X509(file, NULL, NULL, NULL)) != NULL) {
		*demo = *demo || is_demo_name(X509_get_subject_name(cert)) || is_demo_name(X509_get_issuer_name(cert));
		X509_free(cert);
	}
	BIO_free(file);
	return OK;
}

/* Our own chain, and the authority that services are believed by: anybody can make keys of either. */
static enum status
refuse_demo_certificates(const struct config *c)
{
	const char *const paths[] = { c->tls.certificate, c->tls.client_ca };

	for (size_t i = 0; c->environment != CONFIG_DEMO && i < ARRAY_LEN(paths); i++) {
		bool demo = false;

		if (paths[i] != NULL)
			TRY(has_demo_certificate(paths[i], &demo));
		if (!demo)
			continue;
		fprintf(stderr,
			"authd: %s comes from the throw-away PKI of the demonstration, whose keys anybody can make;\n"
			"use certificates of a real authority, or set `environment: demo`\n",
			paths[i]);
		return E_DENIED;
	}
	return OK;
}

/* ---- opening, in order ---- */

/* What calling others by name and checking their certificates reads, where there is anybody to call. */
static size_t
add_outbound_paths(const struct config_outbound *c, struct sandbox_path *paths)
{
	static const char *const needed[] = {
		"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf",         "/etc/host.conf",
		"/etc/gai.conf",    "/etc/ssl",   "/usr/share/ca-certificates",
	};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		if (access(needed[i], F_OK) == 0)
			paths[n++] = (struct sandbox_path){ needed[i], SANDBOX_READ };
	if (c->ca != NULL)
		paths[n++] = (struct sandbox_path){ c->ca, SANDBOX_READ };
	return n;
}

static enum status
enter_sandbox(const struct config *c, int mode)
{
	char database_dir[4096] = "";
	struct sandbox_path paths[SANDBOX_PATHS_MAX] = {
		{ c->log.dir, SANDBOX_READ },
		{ c->policies, SANDBOX_READ },
		{ c->tls.certificate, SANDBOX_READ },
		{ c->tls.key, SANDBOX_READ },
		{ "/usr/share/zoneinfo", SANDBOX_READ },
		{ "/etc/localtime", SANDBOX_READ },
	};
	size_t n = 6;
	struct sandbox_level level;
	enum status st;

	if (c->log.vkey[0] == '/')
		paths[n++] = (struct sandbox_path){ c->log.vkey, SANDBOX_READ };
	if (c->tls.client_ca != NULL)
		paths[n++] = (struct sandbox_path){ c->tls.client_ca, SANDBOX_READ };
	if (c->tls.client_crl != NULL)
		paths[n++] = (struct sandbox_path){ c->tls.client_crl, SANDBOX_READ };
	if (str_starts(str_of(c->store), STR("sqlite:")) && strrchr(c->store, '/') != NULL) {
		snprintf(database_dir, sizeof(database_dir), "%s", c->store + strlen("sqlite:"));
		*strrchr(database_dir, '/') = '\0';
		paths[n++] = (struct sandbox_path){ database_dir, SANDBOX_READ_WRITE };
	}
	/* The admin socket is made in its directory. */
	if (strrchr(c->admin_socket, '/') != NULL) {
		static char socket_dir[4096];

		snprintf(socket_dir, sizeof(socket_dir), "%s", c->admin_socket);
		*strrchr(socket_dir, '/') = '\0';
		paths[n++] = (struct sandbox_path){ socket_dir, SANDBOX_READ_WRITE };
	}
	n += add_outbound_paths(&c->outbound, paths + n);
	TRY(privdrop_finish(c->user));
	st = sandbox_enter(SANDBOX_AUTHD, mode == 1 ? SANDBOX_REQUIRE : SANDBOX_BEST_EFFORT, paths, n, &level);
	if (st == OK)
		log_info("sandbox", "landlock=%s abi=%d seccomp=%s", level.landlock ? "yes" : "no", level.landlock_abi,
			 level.seccomp ? "yes" : "no");
	return st;
}

static enum status
open_pages(const struct config *c)
{
	CLEANUP(buf_clear) struct buf why = BUF(8192);
	enum status st;

	TRY(i18n_open(c->time_zone));
	st = html_check_all(&why);
	if (st != OK)
		fprintf(stderr, "authd: a page or a text is wrong: %.*s\n", (int)why.n, why.n > 0 ? why.p : "");
	return st;
}

static enum status
open_worker_store(void *factory, void **worker_ctx)
{
	struct store *db = NULL;
	enum status st = store_open(str_of(factory), &db);

	*worker_ctx = db;
	return st;
}

static void
close_worker_store(void *worker_ctx)
{
	store_close(worker_ctx);
}

static enum status
open_store(struct authd *a)
{
	CLEANUP(store_closep) struct store *db = NULL;
	union {
		const char *text;
		void *factory;
	} url = { .text = a->config.store };
	const struct worker_options workers = {
		.threads = (unsigned)a->config.workers,
		.queue_most = a->config.worker_queue,
		.name = "worker",
		.open = open_worker_store,
		.close = close_worker_store,
		.factory = url.factory,
	};

	TRY(store_open(str_of(a->config.store), &db));
	TRY(store_migrate(db));
	/* A bad bundle is no reason not to start: the daemon says why, and permits nothing until a good one is there.
	 */
	if (activation_sync(a, db) != OK)
		log_warn(E_CONFLICT, "policy.none", "dir=%s", a->config.policies);
	return worker_pool_new(&workers, &a->pool);
}

static enum status
open_outbound(struct authd *a)
{
	const char *why = "";
	enum status st = outbound_open(&a->config.outbound, &a->outbound, &why);

	if (st == E_INVALID)
		log_error(st, "config.outbound", "network=%s what=\"write it as 10.0.0.0/8\"", why);
	return st;
}

static enum status
open_parts(struct authd *a)
{
	TRY(policy_slot_new(&a->policy));
	TRY(keyset_slot_new(&a->keyset));
	TRY(open_outbound(a));
	TRY(refusals_new(&a->refusals));
	TRY(tag_memory_new(&a->tags));
	TRY(token_cache_new(0, &a->tokens));
	TRY(dpop_new(&a->dpop));
	TRY(password_open((unsigned)a->config.password_hashes, (unsigned)a->config.workers / 2));
	TRY(open_store(a));
	TRY(keys_open(a->config.keyd_socket, &a->keys));
	return append_open(a->config.auditlogd_socket, &a->log);
}

/* ---- listeners ---- */

static enum status
find_admins(struct daemon *d)
{
	const struct conf_strings *users = &d->authd.config.admin_users;

	for (size_t i = 0; i < users->n && i < ADMINS_MOST; i++) {
		const struct passwd *entry = getpwnam(users->item[i]);

		if (entry == NULL) {
			fprintf(stderr, "authd: admin_users: there is no user %s\n", users->item[i]);
			return E_NOT_FOUND;
		}
		d->admins[d->admin_count++] = entry->pw_uid;
	}
	return OK;
}

static void
list_listeners(struct daemon *d)
{
	const struct config_listen *wanted = d->authd.config.listen.item;

	for (size_t i = 0; i < d->authd.config.listen.n; i++)
		d->listeners[d->listener_count++] = (struct server_listener){ .kind = (enum server_kind)wanted[i].kind,
									      .address = wanted[i].address,
									      .port = (uint16_t)wanted[i].port };
	d->listeners[d->listener_count++] =
	    (struct server_listener){ .kind = SERVER_ADMIN, .address = d->authd.config.admin_socket, .mode = 0660 };
}

static void
log_request(void *ctx UNUSED, const struct http_request *req, const struct http_response *rsp, int64_t took_us)
{
	struct str param[ROUTE_PARAMS_MOST];
	const struct route *route = NULL;
	const char *allow = NULL;
	bool known = route_find(req->method, req->path, &route, param, &allow) == OK;

	/* The route's pattern, not the path: paths and queries may hold what is somebody's. */
	log_info("request", "id=%s method=%s route=%s status=%d us=%lld", req->id, http_method_name(req->method),
		 known ? route->path : "-", rsp->status, (long long)took_us);
}

static enum status
open_listeners(struct daemon *d)
{
	const struct config *c = &d->authd.config;
	const struct tls_options tls = { .cert_file = c->tls.certificate,
					 .key_file = c->tls.key,
					 .client_ca_file = c->tls.client_ca,
					 .client_crl_file = c->tls.client_crl };
	struct server_options opt = {
		.listeners = d->listeners,
		.pool = d->authd.pool,
		.handle = request_serve,
		.classify = request_class,
		.body_most = request_body_most,
		.finished = log_request,
		.ctx = &d->authd,
		.admin_uids = d->admins,
		.threads = (unsigned)c->threads,
		.fast_us = ANSWER_US,
		.slow_us = ANSWER_US,
	};

	TRY(tls_new(&tls, &d->tls));
	list_listeners(d);
	opt.listener_count = d->listener_count;
	opt.admin_uid_count = d->admin_count;
	opt.tls = d->tls;
	return server_new(&opt, &d->authd.server);
}

/* ---- running ---- */

static void
reload(struct daemon *d)
{
	CLEANUP(store_closep) struct store *db = NULL;
	enum status tls = tls_reload(d->tls);
	enum status keys = keyset_refresh(d->authd.keyset, d->authd.keys, d->authd.tokens);
	enum status policy = store_open(str_of(d->authd.config.store), &db);

	if (policy == OK)
		policy = activation_sync(&d->authd, db);
	log_info("reload", "certificate=%s keys=%s policy=%s", status_name(tls), status_name(keys),
		 status_name(policy));
}

/* Signals come to this thread alone: block_signals() ran before any other began. */
static void
run_until_told(struct daemon *d, const sigset_t *signals)
{
	int signal = 0;

	while (sigwait(signals, &signal) == 0 && signal == SIGHUP)
		reload(d);
	log_info("stopping", "signal=%d", signal);
}

static void
block_signals(sigset_t *signals)
{
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, signals, NULL);
}

static void
close_parts(struct daemon *d)
{
	struct authd *a = &d->authd;

	reporting_stop(a->reporting);
	tending_stop(a->tending);
	upkeep_stop(a->upkeep);
	backchannel_stop(a->backchannel);
	forward_stop(d->forward);
	worker_pool_free(a->pool);
	append_free(a->log);
	keys_close(a->keys);
	password_close();
	dpop_free(a->dpop);
	token_cache_free(a->tokens);
	tag_memory_free(a->tags);
	refusals_free(a->refusals);
	keyset_slot_free(a->keyset);
	outbound_close(a->outbound);
	policy_slot_free(a->policy);
	tls_free(d->tls);
	html_close();
	conf_free(d->text);
}

static enum status
serve(struct daemon *d, const sigset_t *signals)
{
	struct authd *a = &d->authd;
	enum status st;

	TRY(open_parts(a));
	TRY(open_listeners(d));
	TRY(forward_start(a, &d->forward));
	TRY(backchannel_start(a, &a->backchannel));
	TRY(upkeep_start(a, &a->upkeep));
	TRY(tending_start(a, &a->tending));
	TRY(reporting_start(a, &a->reporting));
	TRY(server_start(a->server));
	log_info("ready", "issuer=%s version=%s", a->config.issuer, OMBUD_VERSION);
	run_until_told(d, signals);
	st = server_stop(a->server);
	if (st != OK) {
		log_warn(st, "stopped", "some requests had not finished");
		_Exit(0); /* threads of the server may still run: nothing may be freed under them */
	}
	server_free(a->server);
	return OK;
}

static enum status
prepare(struct daemon *d, const struct options *o)
{
	struct conf_error err = { 0 };
	enum status st = config_load(o->config, &d->text, &d->authd.config, &err);

	if (st != OK) {
		fprintf(stderr, "authd: %s\n", err.text);
		return st;
	}
	d->authd.issuer = str_of(d->authd.config.issuer);
	TRY(refuse_demo_certificates(&d->authd.config));
	TRY(find_admins(d));
	return open_pages(&d->authd.config);
}

static int
check(const struct daemon *d)
{
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	CLEANUP(buf_clear) struct buf report = BUF(65536);
	struct conf_error err = { 0 };

	if (policy_load(d->authd.config.policies, &p, &err) != OK) {
		fprintf(stderr, "authd: %s\n", err.text);
		return CLI_DOES_NOT;
	}
	if (policy_test(p, NULL, &report) != OK) {
		fprintf(stderr, "authd: the policy's own tests fail:\n%.*s\n", (int)report.n,
			report.n > 0 ? report.p : "");
		return CLI_DOES_NOT;
	}
	puts("authd: configuration, pages and policy are good");
	return CLI_HOLDS;
}

int
main(int argc, char **argv)
{
	static struct daemon d;
	struct options o = { 0 };
	sigset_t signals;
	enum status st;
	int exit_now = parse_options(argc, argv, &o);

	if (exit_now != CLI_GO)
		return exit_now;
	log_open("authd", LOG_LEVEL_INFO);
	block_signals(&signals);
	st = privdrop_start();
	if (st == OK)
		st = prepare(&d, &o);
	if (st != OK) {
		log_error(st, "cannot_start", "config=%s", o.config);
		return CLI_CANNOT;
	}
	if (o.check_only)
		return check(&d);
	st = enter_sandbox(&d.authd.config, o.sandbox);
	if (st == OK)
		st = serve(&d, &signals);
	if (st != OK)
		log_error(st, "cannot_start", "config=%s", o.config);
	close_parts(&d);
	return st == OK ? CLI_HOLDS : CLI_CANNOT;
}
