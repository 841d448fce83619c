/*
 * authd-keyd: holds the keys that sign tokens, wrap people's keys and pepper passwords, and answers one unix socket. It
 * has no network and never hands a key out; what it does for whom is the table in vault_answer.c, what it signs the one
 * in sign_gate.c.
 */
#include <errno.h>
#include <event2/event.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "auditlog/base/cli.h"
#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "auditlog/base/privdrop.h"
#include "auditlog/base/service.h"
#include "auditlog/base/users.h"
#include "authd/keys/envelope.h"
#include "authd/keys/keyring_init.h"
#include "authd/keys/keys.h"
#include "authd/keys/vault.h"

#define REPLY_MAX ((size_t)128 << 10)
#define DRAIN_US  100000

enum exit_code { EXIT_FINE = 0, EXIT_FAULT = 1, EXIT_USAGE = 2 };

struct options {
	struct service_options common;
	const char *init;
};

struct settings {
	const char *socket;
	const char *keyring;
	const char *receipt_key;
	const char *issuer;
	const char *user;
	struct conf_strings allow;
	int64_t publish_us, keep_us;
};

struct keyd {
	struct settings conf;
	uid_t uids[USERS_MAX];
	size_t uid_count;
	struct event_base *base;
	struct vault *vault;
	struct msg_server *server;
	struct buf reply; /* one at a time: a request is answered before the next is read */
};

static const struct conf_field fields[] = {
	{ .key = "socket", .type = CONF_PATH, .offset = offsetof(struct settings, socket), .required = true },
	{ .key = "keyring",
	  .type = CONF_PATH,
	  .offset = offsetof(struct settings, keyring),
	  .required = true,
	  .hint = "a directory; authd-keyd --init DIR makes one" },
	{ .key = "receipt_key",
	  .type = CONF_PATH,
	  .offset = offsetof(struct settings, receipt_key),
	  .required = true,
	  .hint = "the file of 32 bytes that auditlogd has too" },
	{ .key = "issuer",
	  .type = CONF_STRING,
	  .offset = offsetof(struct settings, issuer),
	  .required = true,
	  .most = 512,
	  .hint = "the issuer of authd, such as https://id.example.org" },
	{ .key = "publish",
	  .type = CONF_DURATION,
	  .offset = offsetof(struct settings, publish_us),
	  .fallback = "PT1S",
	  .least = SECOND_US,
	  .most = 365 * DAY_US,
	  .hint = "how long a new signing key is shown before it signs; never less than caches of the key set last" },
	{ .key = "keep",
	  .type = CONF_DURATION,
	  .offset = offsetof(struct settings, keep_us),
	  .fallback = "PT2H",
	  .least = SECOND_US,
	  .most = 365 * DAY_US,
	  .hint = "how long an old signing key is shown after; longer than what it signed lives (an hour)" },
	{ .key = "user", .type = CONF_STRING, .offset = offsetof(struct settings, user) },
	{ .key = "allow",
	  .type = CONF_STRINGS,
	  .offset = offsetof(struct settings, allow),
	  .most = USERS_MAX,
	  .hint = "the user that authd runs as" },
};
static const struct conf_schema schema = { fields, ARRAY_LEN(fields), sizeof(struct settings) };

/* ---- requests ---- */

static enum status
on_request(void *ctx, const struct msg_request *req, struct str payload)
{
	struct keyd *d = ctx;
	struct vault_refusal refusal = { 0 };

	buf_reset(&d->reply);
	enum status st = vault_answer(d->vault, req->type, payload, &d->reply, &refusal);
	if (st == OK)
		msg_reply(req, KEYS_MSG_OK, buf_str(&d->reply));
	if (d->reply.n > 0)
		secret_wipe(d->reply.p, d->reply.n);
	if (st == OK)
		return OK;
	/* Wrong codes are people's everyday; all else is somebody's mistake or attempt. */
	if (st != E_UNAUTHENTICATED)
		log_warn(st, "keyd.refused", "operation=%s pid=%ld uid=%ld why=\"%s\"", refusal.operation,
			 (long)req->pid, (long)req->uid, refusal.why);
	if (refusal.malformed)
		return E_INVALID;
	msg_reply_error(req, st, refusal.why);
	return OK;
}

/* ---- signals ---- */

/* Requests that are on their way are still answered. */
static void
on_stop(evutil_socket_t number, short what, void *arg)
{
	struct keyd *d = arg;
	const struct timeval drain = { .tv_usec = DRAIN_US };

	(void)number, (void)what;
	log_info("keyd.stopping", "drain_us=%d", DRAIN_US);
	(void)event_base_loopexit(d->base, &drain);
}

static void
on_reload(evutil_socket_t number, short what, void *arg)
{
	struct keyd *d = arg;
	struct conf_error why = { 0 };

	(void)number, (void)what;
	enum status st = vault_reload(d->vault, &why);
	if (st == OK)
		log_info("keyd.reloaded", "keyring=%s", d->conf.keyring);
	else
		log_error(st, "keyd.reload", "what=\"the old keys stay\" why=\"%s\"", why.text);
}

/* What is left undone, by a crash or by somebody holding the directory, is due again a second later. */
static void
on_second(evutil_socket_t fd, short what, void *arg)
{
	struct keyd *d = arg;
	struct conf_error why = { 0 };
	bool changed = false;

	(void)fd, (void)what;
	enum status st = vault_tick(d->vault, &changed, &why);
	if (st != OK)
		log_error(st, "keyd.rotation", "what=\"tried again in a second\" why=\"%s\"", why.text);
	else if (changed)
		log_info("keyd.rotated", "keyring=%s", d->conf.keyring);
}

static const struct service_signal SIGNALS[] = { { SIGTERM, on_stop }, { SIGINT, on_stop }, { SIGHUP, on_reload } };

/* ---- set-up ---- */

static enum status
read_settings(const char *path, struct conf **conf, struct keyd *d)
{
	struct conf_error err = { 0 };
	enum status st = conf_load(path, conf, &err);

	if (st == OK)
		st = conf_read(conf_root(*conf), &schema, &d->conf, &err);
	if (st == OK)
		st = users_allow(path, &d->conf.allow, d->uids, &d->uid_count, &err);
	if (st != OK)
		(void)fprintf(stderr, "authd-keyd: %s\n", err.text);
	return st;
}

/*
 * Nothing of this process goes to swap. Where the limit is not ours to lift, the lock of every struct secret remains;
 * locking all pages then would only make a later allocation fail.
 */
static void
lock_memory(void)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	if (setrlimit(RLIMIT_MEMLOCK, &all) != 0 || mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
		log_info("keyd.memory", "locked=secrets errno=%d", errno);
}

/* A reload reads the keys again, and the socket file is taken away at the end. */
static enum status
confine(const struct keyd *d, int mode)
{
	char socket_dir[SERVICE_PATH_MAX], receipt_dir[SERVICE_PATH_MAX];
	const struct sandbox_path paths[] = {
		{ d->conf.keyring, SANDBOX_READ_WRITE }, /* keys are rotated */
		{ service_directory(d->conf.receipt_key, receipt_dir), SANDBOX_READ },
		{ service_directory(d->conf.socket, socket_dir), SANDBOX_READ_WRITE },
	};
	const struct service_bounds bounds = { .user = d->conf.user,
					       .profile = SANDBOX_KEYD,
					       .mode = (enum sandbox_mode)mode,
					       .paths = paths,
					       .path_count = ARRAY_LEN(paths) };

	return service_confine(&bounds, "keyd.sandbox");
}

static enum status
open_vault(struct keyd *d)
{
	const struct vault_options opt = { .keyring = d->conf.keyring,
					   .receipt_key = d->conf.receipt_key,
					   .issuer = d->conf.issuer,
					   .publish_us = d->conf.publish_us,
					   .keep_us = d->conf.keep_us };
	struct conf_error why = { 0 };
	enum status st = vault_open(&opt, &d->vault, &why);

	if (st != OK)
		log_error(st, "keyd.keyring", "why=\"%s\"", why.text);
	return st;
}

static enum status
listen_on(struct keyd *d)
{
	struct msg_row rows[VAULT_ROWS_MAX];
	const struct msg_server_options opt = { .path = d->conf.socket,
						.mode = 0666, /* who may connect is decided by uid */
						.uids = d->uids,
						.uid_count = d->uid_count,
						.rows = rows,
						.row_count = vault_rows(on_request, rows),
						.ctx = d };

	return msg_server_new(d->base, &opt, &d->server);
}

static enum status
run_loop(struct keyd *d)
{
	static const struct timeval second = { .tv_sec = 1 };
	struct service_signals signals = { 0 };
	struct event *clock = event_new(d->base, -1, EV_PERSIST, on_second, d);
	enum status st = service_listen(&signals, d->base, SIGNALS, ARRAY_LEN(SIGNALS), d);

	if (st == OK && (clock == NULL || event_add(clock, &second) != 0))
		st = E_NOMEM;
	if (st == OK)
		st = listen_on(d);
	if (st == OK) {
		log_info("keyd.ready", "socket=%s", d->conf.socket);
		(void)event_base_dispatch(d->base);
		log_info("keyd.stopped", "reason=signal");
	} else {
		log_error(st, "keyd.socket", "path=%s", d->conf.socket);
	}
	msg_server_free(d->server);
	if (clock != NULL)
		event_free(clock);
	service_deafen(&signals);
	return st;
}

static enum status
serve(struct keyd *d, const struct service_options *opt)
{
	lock_memory();
	/* Its configuration file is out of reach later. */
	if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1)
		return E_SYSTEM;
	/* After the user has changed, so that what is readable now is readable at a reload. */
	enum status st = opt->check ? OK : confine(d, opt->sandbox);
	if (st != OK) {
		log_error(st, "keyd.confine", "sandbox=%s", service_sandbox_modes[opt->sandbox]);
		return st;
	}
	TRY(open_vault(d));
	if (opt->check)
		return OK;
	d->base = event_base_new();
	return d->base != NULL ? run_loop(d) : E_NOMEM;
}

static int
run(const struct service_options *opt)
{
	CLEANUP(conf_freep) struct conf *conf = NULL;
	struct keyd d = { .reply = BUF(REPLY_MAX) };

	if (read_settings(opt->config, &conf, &d) != OK)
		return EXIT_USAGE;
	enum status st = serve(&d, opt);
	if (d.base != NULL)
		event_base_free(d.base);
	vault_free(d.vault);
	envelope_wipe(&d.reply);
	return st == OK ? EXIT_FINE : EXIT_FAULT;
}

static int
init(const char *dir)
{
	bool created = false;
	enum status st = keyring_init(dir, &created);

	if (st != OK) {
		(void)fprintf(stderr, "authd-keyd: %s: cannot make a keyring there: %s\n", dir, status_name(st));
		return EXIT_FAULT;
	}
	(void)printf("%s: %s\n", dir,
		     created ? "keyring made; back it up" : "there is a keyring already; nothing changed");
	return EXIT_FINE;
}

int
main(int argc, char **argv)
{
	struct options opt = { 0 };
	const struct cli_option options[] = {
		SERVICE_OPTIONS(&opt.common, "check configuration and keys; exit"),
		{ .name = "init",
		  .type = CLI_TEXT,
		  .out = &opt.init,
		  .value = "DIR",
		  .help = "make a keyring where there is none; exit" },
	};
	const struct cli cli = { .program = "authd-keyd",
				 .summary = "Signs, seals and checks for authd, and never hands a key out.",
				 .options = options,
				 .count = ARRAY_LEN(options) };
	int operand = 0;
	int code = cli_parse(&cli, argc, argv, &operand);

	if (code != CLI_GO)
		return code;
	if ((opt.init == NULL) == (opt.common.config == NULL))
		return cli_usage_error("authd-keyd", "give --config FILE, or --init DIR");
	log_open("authd-keyd", LOG_LEVEL_INFO);
	if (privdrop_start() != OK)
		return EXIT_FAULT;
	return opt.init != NULL ? init(opt.init) : run(&opt.common);
}
