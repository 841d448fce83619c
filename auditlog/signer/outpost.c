#include "auditlog/signer/outpost.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"
#include "auditlog/base/conf.h"
#include "auditlog/base/lock.h"
#include "auditlog/base/log.h"
#include "auditlog/base/privdrop.h"
#include "auditlog/base/service.h"
#include "auditlog/signer/desk.h"
#include "auditlog/signer/front.h"
#include "auditlog/signer/keymake.h"

struct settings {
	struct conf_strings listen;
	const char *prefix;
	const char *key;
	const char *state;
	const char *user;
	struct conf_strings logs;
};

struct outpost {
	const char *config;
	enum sandbox_mode sandbox;
	struct conf *conf;
	struct settings set;
	struct note_key keys[WITNESS_LOGS_MAX]; /* of the logs, as configured */
	size_t key_count;
	int statedir, lockfd, pair[2];
	struct event_base *base;
	struct witness *witness;
	struct msg_server *desk;
	bool front_gone;
};

#define AT(member) .offset = offsetof(struct settings, member)
/* clang-format off */
static const struct conf_field FIELDS[] = {
	{ .key = "listen", .type = CONF_STRINGS, AT(listen), .required = true, .least = 1, .most = 8,
	  .hint = "127.0.0.1:8190, [::1]:8190 or unix:/run/witness.sock" },
	{ .key = "prefix", .type = CONF_STRING,  AT(prefix), .hint = "such as /w1; without it, the root" },
	{ .key = "key",    .type = CONF_PATH,    AT(key), .required = true,
	  .hint = "auditlog-signer --witness --init DIR --name NAME makes one" },
	{ .key = "state",  .type = CONF_PATH,    AT(state), .required = true, .hint = "the directory memory/ that --init made" },
	{ .key = "user",   .type = CONF_STRING,  AT(user) },
	{ .key = "logs",   .type = CONF_STRINGS, AT(logs), .required = true, .least = 1, .most = WITNESS_LOGS_MAX,
	  .hint = "the verifier key of each log (NAME+ID+KEY)" },
};
/* clang-format on */
static const struct conf_schema SCHEMA = { FIELDS, ARRAY_LEN(FIELDS), sizeof(struct settings) };

/* ---- configuration ---- */

static enum status
refuse(struct conf_error *err, const char *config, const char *what, const char *value)
{
	(void)snprintf(err->text, sizeof(err->text), "%s: %s: \"%.200s\"", config, what, value);
	return E_INVALID;
}

static enum status
read_logs(struct outpost *o, const struct conf_strings *logs, struct conf_error *err)
{
	o->key_count = 0;
	for (size_t i = 0; i < logs->n; i++) {
		struct note_key *key = &o->keys[o->key_count];

		if (note_parse_vkey(str_of(logs->item[i]), key) != OK || key->type != NOTE_ED25519)
			return refuse(err, o->config, "logs: not the Ed25519 key of a log", logs->item[i]);
		o->key_count++;
	}
	return OK;
}

static enum status
read_all(struct outpost *o, struct conf **conf, struct settings *set, struct conf_error *err)
{
	TRY(conf_load(o->config, conf, err));
	TRY(conf_read(conf_root(*conf), &SCHEMA, set, err));
	if (set->prefix == NULL)
		set->prefix = "";
	if (front_check_prefix(str_of(set->prefix)) != OK)
		return refuse(err, o->config, "prefix: a path without a slash at its end", set->prefix);
	for (size_t i = 0; i < set->listen.n; i++)
		if (front_check_address(str_of(set->listen.item[i])) != OK)
			return refuse(err, o->config, "listen: ADDRESS:PORT or unix:/PATH", set->listen.item[i]);
	return read_logs(o, &set->logs, err);
}

/* ---- the front ---- */

/* The key is not read yet, so what is forked off cannot have it. */
static enum status
fork_front(struct outpost *o)
{
	struct front_options opt = {
		.listen = &o->set.listen, .prefix = o->set.prefix, .user = o->set.user, .sandbox = o->sandbox
	};
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, o->pair) != 0)
		return E_SYSTEM;
	opt.core = o->pair[1];
	opt.parent = getpid();
	pid = fork();
	if (pid < 0)
		return E_SYSTEM;
	if (pid == 0) {
		(void)close(o->pair[0]);
		beneath_closep(&o->statedir);
		beneath_closep(&o->lockfd);
		_exit(front_run(&opt));
	}
	beneath_closep(&o->pair[1]);
	return OK;
}

/* ---- the core ---- */

static enum signer_exit
failed(enum status st, const char *event, const char *path, const char *what)
{
	log_error(st, event, "path=%s what=\"%s\"", path, what);
	return st == E_CORRUPT ? SIGNER_MEMORY : SIGNER_FAULT;
}

static enum signer_exit
open_state(struct outpost *o, bool check_only)
{
	o->statedir = open(o->set.state, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (o->statedir < 0)
		return failed(E_IO, "witness.state", o->set.state, "no such directory");
	if (!check_only && lock_take(o->statedir, &o->lockfd) != OK) {
		log_error(E_CONFLICT, "witness.locked", "path=%s what=\"another witness has this memory\"",
			  o->set.state);
		return SIGNER_LOCKED;
	}
	return SIGNER_FINE;
}

static enum signer_exit
add_logs(struct outpost *o)
{
	for (size_t i = 0; i < o->key_count; i++) {
		enum status st = witness_add_log(o->witness, &o->keys[i]);

		if (st != OK)
			return failed(st, "witness.log", o->keys[i].name, "its memory cannot be read");
	}
	return SIGNER_FINE;
}

static enum signer_exit
load(struct outpost *o)
{
	CLEANUP(note_signer_freep) struct note_signer *key = NULL;
	enum status st = keymake_load(o->set.key, &key);

	if (st == OK && note_signer_key(key)->type != NOTE_COSIGNATURE)
		st = E_UNSUPPORTED;
	if (st != OK)
		return failed(st, "witness.key", o->set.key, "no key for cosignatures");
	st = witness_new(o->statedir, key, &o->witness);
	if (st != OK)
		return failed(st, "witness.state", o->set.state, "no memory");
	key = NULL;
	return add_logs(o);
}

static enum status
confine(const struct outpost *o)
{
	char config_dir[SERVICE_PATH_MAX];
	const struct sandbox_path paths[] = {
		{ o->set.state, SANDBOX_READ_WRITE },
		{ service_directory(o->config, config_dir), SANDBOX_READ },
	};
	const struct service_bounds bounds = { .user = o->set.user,
					       .owned = o->set.state,
					       .profile = SANDBOX_SIGNER,
					       .mode = o->sandbox,
					       .paths = paths,
					       .path_count = ARRAY_LEN(paths) };

	return service_confine(&bounds, "witness.sandbox");
}

/* ---- running ---- */

static void
on_stop(evutil_socket_t number, short what, void *arg)
{
	struct outpost *o = arg;

	(void)what;
	o->front_gone = number == SIGCHLD;
	(void)event_base_loopbreak(o->base);
}

/* Logs and keys that are new in the file are taken up; what is gone from it goes at the next start. */
static void
on_reload(evutil_socket_t number, short what, void *arg)
{
	struct outpost *o = arg;
	CLEANUP(conf_freep) struct conf *conf = NULL;
	struct settings fresh = { 0 };
	struct conf_error err = { 0 };
	enum status st = read_all(o, &conf, &fresh, &err);

	(void)number;
	(void)what;
	if (st != OK)
		log_warn(st, "witness.reload", "what=\"%s\"", err.text);
	else if (add_logs(o) == SIGNER_FINE)
		log_info("witness.reload", "keys=%zu", o->key_count);
}

static const struct service_signal SIGNALS[] = {
	{ SIGTERM, on_stop },
	{ SIGINT, on_stop },
	{ SIGCHLD, on_stop },
	{ SIGHUP, on_reload },
};

static enum signer_exit
run_loop(struct outpost *o)
{
	struct service_signals signals = { 0 };
	enum status st;

	o->base = event_base_new();
	st = o->base != NULL ? service_listen(&signals, o->base, SIGNALS, ARRAY_LEN(SIGNALS), o) : E_NOMEM;
	if (st == OK) {
		st = desk_adopt(o->base, o->pair[0], o->witness, &o->desk);
		o->pair[0] = -1;
	}
	if (st == OK) {
		log_info("witness.ready", "logs=%zu", o->key_count);
		(void)event_base_dispatch(o->base);
		log_info("witness.stopped", "reason=%s", o->front_gone ? "front" : "signal");
	}
	msg_server_free(o->desk);
	service_deafen(&signals);
	return st == OK && !o->front_gone ? SIGNER_FINE : SIGNER_FAULT;
}

/*
 * 1. lock the memory  2. fork the front, which opens its sockets  3. only now read the key  4. give up rights
 * 5. serve. The front asks nothing before 5, because nobody has read its end until then.
 */
static enum signer_exit
serve(struct outpost *o, bool check_only)
{
	enum signer_exit code = open_state(o, check_only);
	enum status st;

	if (code == SIGNER_FINE && !check_only && fork_front(o) != OK)
		code = failed(E_SYSTEM, "witness.front", o->config, "the network side cannot be started");
	if (code == SIGNER_FINE)
		code = load(o);
	if (code != SIGNER_FINE || check_only)
		return code;
	st = confine(o);
	if (st != OK)
		return failed(st, "witness.confine", o->config, "rights cannot be given up");
	beneath_remove_temporaries(o->statedir);
	return run_loop(o);
}

enum signer_exit
outpost_run(const struct service_options *opt)
{
	struct outpost *o = calloc(1, sizeof(*o));
	struct conf_error err = { 0 };
	enum signer_exit code = SIGNER_USAGE;

	if (o == NULL)
		return SIGNER_FAULT;
	o->config = opt->config;
	o->sandbox = (enum sandbox_mode)opt->sandbox;
	o->statedir = o->lockfd = o->pair[0] = o->pair[1] = -1;
	if (read_all(o, &o->conf, &o->set, &err) == OK)
		code = serve(o, opt->check);
	else
		(void)fprintf(stderr, "auditlog-signer: %s\n", err.text);
	if (o->base != NULL)
		event_base_free(o->base);
	witness_free(o->witness);
	beneath_closep(&o->pair[0]);
	beneath_closep(&o->lockfd);
	beneath_closep(&o->statedir);
	conf_free(o->conf);
	free(o);
	return code;
}
