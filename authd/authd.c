/*
 * authd.c: the daemon's life, from its options to its last request:
 *
 * 1. configuration  2. what is compiled in (pages, languages)  3. the sandbox (confine.c)  4. database, workers and the
 * other processes (parts.c)  5. addresses (listening.c)  6. background work, then requests. Threads begin only after
 * the sandbox, which they inherit.
 */
#include "authd/authd.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "auditlog/base/cli.h"
#include "auditlog/base/log.h"
#include "auditlog/base/privdrop.h"
#include "auditlog/base/service.h"
#include "authd/activation.h"
#include "authd/confine.h"
#include "authd/demo_pki.h"
#include "authd/http/html.h"
#include "authd/http/i18n.h"
#include "authd/http/tls.h"
#include "authd/keyset.h"
#include "authd/listening.h"
#include "authd/parts.h"

struct daemon {
	struct authd authd;
	struct conf *text; /* what strings of the configuration borrow from */
	struct listening listening;
};

static int
parse_options(int argc, char **argv, struct service_options *o)
{
	const struct cli_option rows[] = { SERVICE_OPTIONS(o, "check configuration, pages and policy; exit") };
	const struct cli cli = {
		.program = "authd",
		.summary = "Signs people in, issues tokens, decides on access, keeps consent.",
		.options = rows,
		.count = ARRAY_LEN(rows),
		.more = "SIGHUP reloads certificate, keys and policy; SIGTERM lets requests in flight finish."
	};
	int operand;
	int code = cli_parse(&cli, argc, argv, &operand);

	if (code == CLI_GO && o->config == NULL)
		return cli_usage_error("authd", "--config is missing; give --config FILE");
	return code;
}

/* ---- before anything is opened ---- */

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
prepare(struct daemon *d, const struct service_options *o)
{
	struct conf_error err = { 0 };
	enum status st = config_load(o->config, &d->text, &d->authd.config, &err);

	if (st != OK) {
		fprintf(stderr, "authd: %s\n", err.text);
		return st;
	}
	d->authd.issuer = str_of(d->authd.config.issuer);
	TRY(demo_pki_refuse(&d->authd.config));
	TRY(listening_admins(&d->listening, &d->authd.config));
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

/* ---- running ---- */

static void
reload(struct daemon *d)
{
	CLEANUP(store_closep) struct store *db = NULL;
	enum status tls = tls_reload(d->listening.tls);
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

static enum status
serve(struct daemon *d, const sigset_t *signals)
{
	struct authd *a = &d->authd;
	enum status st;

	TRY(parts_open(a));
	TRY(listening_open(&d->listening, a));
	TRY(parts_start(a));
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

static void
close_all(struct daemon *d)
{
	parts_close(&d->authd);
	listening_close(&d->listening);
	html_close();
	conf_free(d->text);
}

int
main(int argc, char **argv)
{
	static struct daemon d;
	struct service_options o = { 0 };
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
	if (o.check)
		return check(&d);
	st = confine_enter(&d.authd.config, (enum sandbox_mode)o.sandbox);
	if (st == OK)
		st = serve(&d, &signals);
	if (st != OK)
		log_error(st, "cannot_start", "config=%s", o.config);
	close_all(&d);
	return st == OK ? CLI_HOLDS : CLI_CANNOT;
}
