/*
 * auditlog-signer: holds the key of a log and signs its checkpoints, one after the other, each consistent with the one
 * before. It has no network, sees no entry, and answers one unix socket. As `--witness` it watches the logs of others
 * (outpost.h).
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"
#include "auditlog/base/cli.h"
#include "auditlog/base/clock.h"
#include "auditlog/base/conf.h"
#include "auditlog/base/lock.h"
#include "auditlog/base/log.h"
#include "auditlog/base/privdrop.h"
#include "auditlog/base/service.h"
#include "auditlog/base/users.h"
#include "auditlog/signer/desk.h"
#include "auditlog/signer/keymake.h"
#include "auditlog/signer/outpost.h"

struct options {
	struct service_options common;
	const char *init;
	const char *next;
	const char *name;
	bool witness;
};

struct settings {
	const char *socket;
	const char *key;
	const char *next_key;
	int64_t overlap_us;
	const char *state;
	const char *user;
	struct conf_strings allow;
};

struct signer {
	struct settings conf;
	uid_t uids[USERS_MAX];
	size_t uid_count;
	int statedir, lockfd;
	struct event_base *base;
	struct witness *witness;
	struct msg_server *desk;
};

#define AT(member) .offset = offsetof(struct settings, member)
/* clang-format off */
static const struct conf_field FIELDS[] = {
	{ .key = "socket", .type = CONF_PATH,    AT(socket), .required = true },
	{ .key = "key",    .type = CONF_PATH,    AT(key), .required = true, .hint = "auditlog-signer --init DIR --name ORIGIN makes one" },
	{ .key = "state",  .type = CONF_PATH,    AT(state), .required = true, .hint = "the directory memory/ that --init made" },
	{ .key = "next_key", .type = CONF_PATH,   AT(next_key), .hint = "auditlog-signer --next DIR makes one" },
	{ .key = "overlap", .type = CONF_DURATION, AT(overlap_us), .fallback = "P30D", .most = 366 * DAY_US },
	{ .key = "user",   .type = CONF_STRING,  AT(user) },
	{ .key = "allow",  .type = CONF_STRINGS, AT(allow), .most = USERS_MAX, .hint = "the user that auditlogd runs as" },
};
/* clang-format on */
static const struct conf_schema SCHEMA = { FIELDS, ARRAY_LEN(FIELDS), sizeof(struct settings) };

/* ---- set-up ---- */

static enum status
read_settings(const char *path, struct conf **conf, struct signer *s)
{
	struct conf_error err = { 0 };
	enum status st = conf_load(path, conf, &err);

	if (st == OK)
		st = conf_read(conf_root(*conf), &SCHEMA, &s->conf, &err);
	if (st == OK)
		st = users_allow(path, &s->conf.allow, s->uids, &s->uid_count, &err);
	if (st != OK)
		(void)fprintf(stderr, "auditlog-signer: %s\n", err.text);
	return st;
}

static enum status
load_next(struct signer *s)
{
	CLEANUP(note_signer_freep) struct note_signer *next = NULL;
	enum status st = keymake_load(s->conf.next_key, &next);

	if (st == OK)
		st = witness_set_next(s->witness, next, (uint64_t)(s->conf.overlap_us / SECOND_US));
	if (st != OK) {
		log_error(st, "signer.next_key", "path=%s", s->conf.next_key);
		return st;
	}
	next = NULL;
	return OK;
}

static enum status
load_witness(struct signer *s)
{
	CLEANUP(note_signer_freep) struct note_signer *key = NULL;
	enum status st = keymake_load(s->conf.key, &key);

	if (st != OK) {
		log_error(st, "signer.key", "path=%s", s->conf.key);
		return st;
	}
	s->statedir = open(s->conf.state, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (s->statedir < 0) {
		log_error(E_IO, "signer.state", "path=%s errno=%d", s->conf.state, errno);
		return E_IO;
	}
	TRY(witness_new(s->statedir, key, &s->witness));
	key = NULL;
	return s->conf.next_key != NULL ? load_next(s) : OK;
}

/* A lost memory is not an empty one: whoever deletes it must not get a second history signed. */
static enum status
load_memory(struct signer *s)
{
	enum status st = witness_add_own(s->witness);

	if (st == E_NOT_FOUND)
		log_error(st, "signer.memory", "path=%s what=\"no memory of the last signed tree; restore it\"",
			  s->conf.state);
	else if (st != OK)
		log_error(st, "signer.memory", "path=%s", s->conf.state);
	return st;
}

static enum status
confine(const struct signer *s, int mode)
{
	char socket_dir[SERVICE_PATH_MAX];
	const struct sandbox_path paths[] = {
		{ s->conf.state, SANDBOX_READ_WRITE },
		{ service_directory(s->conf.socket, socket_dir), SANDBOX_READ_WRITE },
	};
	const struct service_bounds bounds = { .user = s->conf.user,
					       .owned = s->conf.state,
					       .profile = SANDBOX_SIGNER,
					       .mode = (enum sandbox_mode)mode,
					       .paths = paths,
					       .path_count = ARRAY_LEN(paths) };

	return service_confine(&bounds, "signer.sandbox");
}

/* ---- running ---- */

static void
on_stop(evutil_socket_t number, short what, void *arg)
{
	struct event_base *base = arg;

	(void)number;
	(void)what;
	(void)event_base_loopbreak(base);
}

static void
on_reload(evutil_socket_t number, short what, void *arg)
{
	(void)number;
	(void)what;
	(void)arg;
	log_info("signer.reload", "what=\"key, memory and socket need a restart; nothing else to reload\"");
}

static const struct service_signal SIGNALS[] = { { SIGTERM, on_stop }, { SIGINT, on_stop }, { SIGHUP, on_reload } };

static enum status
run_loop(struct signer *s)
{
	struct service_signals signals = { 0 };
	enum status st = service_listen(&signals, s->base, SIGNALS, ARRAY_LEN(SIGNALS), s->base);

	if (st == OK)
		st = desk_open(s->base, s->conf.socket, s->uids, s->uid_count, s->witness, &s->desk);
	if (st == OK) {
		log_info("signer.ready", "socket=%s", s->conf.socket);
		(void)event_base_dispatch(s->base);
		log_info("signer.stopped", "reason=signal");
	} else {
		log_error(st, "signer.socket", "path=%s", s->conf.socket);
	}
	msg_server_free(s->desk);
	service_deafen(&signals);
	return st;
}

/* Two processes with one memory could sign two trees: each would know of its own only. */
static enum status
take_lock(struct signer *s)
{
	enum status st = lock_take(s->statedir, &s->lockfd);

	if (st != OK)
		log_error(st, "signer.locked", "path=%s what=\"another auditlog-signer has this memory\"",
			  s->conf.state);
	return st;
}

static int
serve(struct signer *s, const struct service_options *opt)
{
	enum status st = load_witness(s);

	if (st == OK && !opt->check && take_lock(s) != OK)
		return SIGNER_LOCKED;
	if (st == OK)
		st = load_memory(s);
	if (st != OK)
		return st == E_NOT_FOUND || st == E_CORRUPT ? SIGNER_MEMORY : SIGNER_FAULT;
	if (opt->check)
		return SIGNER_FINE;
	st = confine(s, opt->sandbox);
	if (st != OK) {
		log_error(st, "signer.confine", "sandbox=%s", service_sandbox_modes[opt->sandbox]);
		return SIGNER_FAULT;
	}
	beneath_remove_temporaries(s->statedir);
	s->base = event_base_new();
	st = s->base == NULL ? E_NOMEM : run_loop(s);
	return st == OK ? SIGNER_FINE : SIGNER_FAULT;
}

static int
run(const struct service_options *opt)
{
	CLEANUP(conf_freep) struct conf *conf = NULL;
	struct signer s = { .statedir = -1, .lockfd = -1 };
	int code;

	if (read_settings(opt->config, &conf, &s) != OK)
		return SIGNER_USAGE;
	code = serve(&s, opt);
	if (s.base != NULL)
		event_base_free(s.base);
	witness_free(s.witness);
	beneath_closep(&s.lockfd);
	beneath_closep(&s.statedir);
	return code;
}

static int
init(const struct options *opt)
{
	CLEANUP(buf_clear) struct buf vkey = BUF(NOTE_VKEY_MAX + 1);
	struct note_key key = { 0 };
	const char *dir = opt->next != NULL ? opt->next : opt->init;
	enum status st = opt->next != NULL ? keymake_next(opt->next, &key)
			 : opt->witness    ? keymake_init_witness(opt->init, str_of(opt->name), &key)
					   : keymake_init(opt->init, str_of(opt->name), &key);

	if (st != OK) {
		(void)fprintf(stderr, "auditlog-signer: %s: %s\n", dir,
			      st == E_CONFLICT  ? "there is a key or a memory already; nothing was changed"
			      : st == E_INVALID ? "the name is no origin: no spaces, no '+', at most 255 bytes"
						: status_name(st));
		return SIGNER_FAULT;
	}
	note_put_vkey(&vkey, &key);
	(void)printf("%.*s\n", STR_ARG(buf_str(&vkey)));
	return SIGNER_FINE;
}

int
main(int argc, char **argv)
{
	struct options opt = { 0 };
	/* clang-format off */
	const struct cli_option options[] = {
		SERVICE_OPTIONS(&opt.common, "check configuration, key and memory; exit"),
		{ .name = "init",    .type = CLI_TEXT,                .out = &opt.init,    .value = "DIR",    .help = "make a key and an empty memory; exit" },
		{ .name = "name",    .type = CLI_TEXT,                .out = &opt.name,    .value = "ORIGIN", .help = "with --init: the log's origin, or the name of the witness" },
		{ .name = "next",    .type = CLI_TEXT,                .out = &opt.next,    .value = "DIR",    .help = "make the next key of the log in DIR; exit" },
		{ .name = "witness", .letter = 'w', .type = CLI_FLAG, .out = &opt.witness, .help = "be a witness of other logs, over HTTP" },
	};
	/* clang-format on */
	const struct cli cli = { .program = "auditlog-signer",
				 .summary = "Signs the checkpoints of one log, each consistent with the one before; "
					    "or, as a witness, cosigns those of others.",
				 .options = options,
				 .count = ARRAY_LEN(options) };
	int operand = 0;
	int code = cli_parse(&cli, argc, argv, &operand);

	if (code != CLI_GO)
		return code;
	if ((opt.init != NULL) != (opt.name != NULL) ||
	    (opt.init != NULL) + (opt.common.config != NULL) + (opt.next != NULL) != 1)
		return cli_usage_error("auditlog-signer",
				       "give --config FILE, or --init DIR with --name ORIGIN, or --next DIR");
	log_open("auditlog-signer", LOG_LEVEL_INFO);
	if (privdrop_start() != OK)
		return SIGNER_FAULT;
	if (opt.init != NULL || opt.next != NULL)
		return init(&opt);
	return opt.witness ? (int)outpost_run(&opt.common) : run(&opt.common);
}
