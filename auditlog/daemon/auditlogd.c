/*
 * auditlogd: the only writer of a log directory. It takes entries on a unix socket, makes them durable in batches, and
 * publishes them as tiles under signed checkpoints. It holds no key that signs anything, and no network.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "auditlog/base/cli.h"
#include "auditlog/base/log.h"
#include "auditlog/base/privdrop.h"
#include "auditlog/base/service.h"
#include "auditlog/client/receipt.h"
#include "auditlog/daemon/assembly.h"
#include "auditlog/daemon/setup.h"
#include "auditlog/daemon/witnessing.h"

/* Segments, tiles, the index, the signer, the loop. */
#define OWN_DESCRIPTORS 64

struct options {
	struct service_options common;
	const char *init;
	const char *origin;
	const char *receipt_key;
};

struct running {
	const struct options *opt;
	const struct settings *conf;
	struct assembly *assembly;
};

/* ---- --init ---- */

static const char *
words_for(enum status st)
{
	switch (st) {
	case E_CONFLICT:
		return "it holds another log, or one with entries; nothing was changed";
	case E_INVALID:
		return "the origin is no key name: no spaces, no '+', at most 255 bytes";
	default:
		return status_name(st);
	}
}

static int
init(const struct options *opt)
{
	enum status st = setup_init(opt->init, str_of(opt->origin));

	if (st != OK) {
		(void)fprintf(stderr, "auditlogd: %s: %s\n", opt->init, words_for(st));
		return ASSEMBLY_FAULT;
	}
	if (opt->receipt_key == NULL)
		return ASSEMBLY_FINE;
	st = receipt_key_create(opt->receipt_key);
	if (st == OK)
		return ASSEMBLY_FINE;
	(void)fprintf(stderr, "auditlogd: %s: %s\n", opt->receipt_key,
		      st == E_CONFLICT ? "there is a key already; it was left alone" : status_name(st));
	return ASSEMBLY_FAULT;
}

/* ---- running ---- */

static void
on_stop(evutil_socket_t number, short what, void *arg)
{
	struct running *r = arg;

	(void)number;
	(void)what;
	assembly_drain(r->assembly);
}

/* A bad file changes nothing. Of a good one, what can change while the daemon runs does, and the rest is named. */
static void
on_reload(evutil_socket_t number, short what, void *arg)
{
	const struct running *r = arg;
	struct settings fresh = { 0 };
	struct conf_error err = { 0 };
	CLEANUP(buf_clear) struct buf later = BUF(1024);
	enum status st = settings_look(r->opt->common.config, &fresh, &err);

	(void)number;
	(void)what;
	if (st != OK) {
		log_warn(st, "log.reload", "what=\"%s\"", err.text);
		return;
	}
	assembly_adopt(r->assembly, &fresh);
	settings_put_changed(&later, r->conf, &fresh);
	log_info("log.reload", "keep_free=%" PRIu64 " queue_bytes=%" PRIu64 " at_next_start=\"%.*s\"", fresh.keep_free,
		 fresh.queue_bytes, (int)later.n, later.n > 0 ? later.p : "");
	settings_clear(&fresh);
}

static const struct service_signal SIGNALS[] = { { SIGTERM, on_stop }, { SIGINT, on_stop }, { SIGHUP, on_reload } };

static enum assembly_exit
run_loop(struct event_base *base, struct running *r)
{
	struct service_signals signals = { 0 };
	enum assembly_exit code = ASSEMBLY_FAULT, last;

	if (service_listen(&signals, base, SIGNALS, ARRAY_LEN(SIGNALS), r) == OK)
		code = assembly_start(r->assembly, base);
	if (code == ASSEMBLY_FINE)
		(void)event_base_dispatch(base);
	last = assembly_stop(r->assembly);
	log_info("log.stopped", "exit=%d", (int)(code != ASSEMBLY_FINE ? code : last));
	service_deafen(&signals);
	return code != ASSEMBLY_FINE ? code : last;
}

static enum status
confine(const struct settings *conf, const struct service_options *opt)
{
	char socket_dir[SERVICE_PATH_MAX], signer_dir[SERVICE_PATH_MAX], config_dir[SERVICE_PATH_MAX];
	const struct sandbox_path paths[] = {
		{ conf->log_dir, SANDBOX_READ_WRITE },
		{ service_directory(conf->socket, socket_dir), SANDBOX_READ_WRITE },
		{ service_directory(conf->signer, signer_dir), SANDBOX_READ },
		/* SIGHUP reads it again. */
		{ service_directory(opt->config, config_dir), SANDBOX_READ },
	};
	const struct service_bounds bounds = { .user = conf->user,
					       .owned = conf->log_dir,
					       .profile = SANDBOX_AUDITLOGD,
					       .mode = (enum sandbox_mode)opt->sandbox,
					       .paths = paths,
					       .path_count = ARRAY_LEN(paths) };

	return service_confine(&bounds, "log.sandbox");
}

static enum assembly_exit
serve(const struct settings *conf, struct running *r)
{
	const struct service_options *opt = &r->opt->common;
	enum assembly_exit code;
	struct event_base *base;
	enum status st = opt->check ? OK : witnessing_fork(conf, (enum sandbox_mode)opt->sandbox);

	if (st != OK) {
		log_error(st, "log.courier", "what=\"requests to witnesses cannot be carried\"");
		return ASSEMBLY_FAULT;
	}
	code = assembly_open(conf, opt->check, &r->assembly);
	if (code != ASSEMBLY_FINE || opt->check)
		return code;
	st = confine(conf, opt);
	if (st != OK) {
		log_error(st, "log.confine", "sandbox=%s", service_sandbox_modes[opt->sandbox]);
		return ASSEMBLY_FAULT;
	}
	base = event_base_new();
	if (base == NULL)
		return ASSEMBLY_FAULT;
	code = run_loop(base, r);
	event_base_free(base);
	return code;
}

/* Each peer has a descriptor; what the log needs for itself must be there when all of them have come. */
static enum status
take_descriptors(uint64_t peers)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return E_SYSTEM;
	if (limit.rlim_cur >= peers + OWN_DESCRIPTORS)
		return OK;
	if (limit.rlim_max < peers + OWN_DESCRIPTORS)
		return E_LIMITED;
	limit.rlim_cur = peers + OWN_DESCRIPTORS;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? OK : E_SYSTEM;
}

static int
run(const struct options *opt)
{
	struct settings conf = { 0 };
	struct conf_error err = { 0 };
	struct running r = { .opt = opt, .conf = &conf };
	enum assembly_exit code;

	if (settings_load(opt->common.config, &conf, &err) != OK) {
		(void)fprintf(stderr, "auditlogd: %s\n", err.text);
		return ASSEMBLY_USAGE;
	}
	if (take_descriptors(conf.peers) != OK) {
		(void)fprintf(stderr,
			      "auditlogd: peers: %" PRIu64 " need %" PRIu64
			      " open files; raise the limit or lower peers\n",
			      conf.peers, conf.peers + OWN_DESCRIPTORS);
		settings_clear(&conf);
		return ASSEMBLY_USAGE;
	}
	/* Both turn into errors of the call that meets them: a reader that went, a file that would grow too large. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	code = serve(&conf, &r);
	assembly_free(r.assembly);
	settings_clear(&conf);
	return (int)code;
}

int
main(int argc, char **argv)
{
	struct options opt = { 0 };
	/* clang-format off */
	const struct cli_option options[] = {
		SERVICE_OPTIONS(&opt.common, "check configuration, keys and directory; exit"),
		{ .name = "init",        .type = CLI_TEXT, .out = &opt.init,        .value = "DIR",  .help = "make a log directory; exit" },
		{ .name = "origin",      .type = CLI_TEXT, .out = &opt.origin,      .value = "NAME", .help = "with --init: the name of the log" },
		{ .name = "receipt-key", .type = CLI_TEXT, .out = &opt.receipt_key, .value = "FILE", .help = "with --init: make this key too" },
	};
	/* clang-format on */
	const struct cli cli = { .program = "auditlogd",
				 .summary = "Keeps an append-only, hash-chained log and publishes it as signed tiles.",
				 .options = options,
				 .count = ARRAY_LEN(options) };
	int operand = 0;
	int code = cli_parse(&cli, argc, argv, &operand);

	if (code != CLI_GO)
		return code;
	if ((opt.init != NULL) != (opt.origin != NULL) || (opt.init == NULL) == (opt.common.config == NULL))
		return cli_usage_error("auditlogd", "give --config FILE, or --init DIR with --origin NAME");
	log_open("auditlogd", LOG_LEVEL_INFO);
	if (privdrop_start() != OK)
		return ASSEMBLY_FAULT;
	return opt.init != NULL ? init(&opt) : run(&opt);
}
