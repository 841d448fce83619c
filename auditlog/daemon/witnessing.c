#include "auditlog/daemon/witnessing.h"

#include <stdio.h>
#include <stdlib.h>

#include "auditlog/base/log.h"

/* Beside our own socket. */
static enum status
courier_path(const struct settings *conf, char *path)
{
	int n = snprintf(path, COURIER_PATH_MAX, "%s.courier", conf->socket);

	return n > 0 && n < COURIER_PATH_MAX ? OK : E_TOO_LARGE;
}

/* As strings; what the courier borrows is its own copy once it is forked. */
static enum status
put_addresses(const struct settings *conf, struct courier_options *opt, char **url)
{
	const struct quorum_node *node[COURIER_WITNESSES_MAX];

	TRY(gather_witnesses(conf->quorum, node, &opt->count));
	for (size_t i = 0; i < opt->count; i++) {
		TRY(str_dup(node[i]->url, &url[i]));
		opt->url[i] = url[i];
	}
	return OK;
}

enum status
witnessing_fork(const struct settings *conf, enum sandbox_mode sandbox)
{
	struct courier_options opt = {
		.ca = conf->witness_ca, .user = conf->user, .timeout_us = conf->witness_timeout_us, .sandbox = sandbox
	};
	char *url[COURIER_WITNESSES_MAX] = { 0 };
	enum status st;

	if (conf->quorum == NULL)
		return OK;
	TRY(courier_path(conf, opt.path));
	st = put_addresses(conf, &opt, url);
	if (st == OK)
		st = courier_start(&opt);
	for (size_t i = 0; i < COURIER_WITNESSES_MAX; i++)
		free(url[i]);
	return st;
}

enum status
witnessing_start(const struct settings *conf, const struct gather_parts *parts, struct gather **out)
{
	struct gather_parts all = *parts;
	char path[COURIER_PATH_MAX];

	if (conf->quorum == NULL) {
		log_info("witness.none", "what=\"no witness is asked to watch this log\"");
		return OK;
	}
	TRY(courier_path(conf, path));
	all.quorum = conf->quorum;
	all.courier = path;
	all.timeout_us = conf->witness_timeout_us;
	all.refresh_us = conf->witness_refresh_us;
	all.alarm_us = conf->witness_alarm_us;
	all.limit_us = conf->witness_limit_us;
	return gather_start(&all, out);
}
