/* settings.h: the configuration file of auditlogd (auditlogd.5). */
#ifndef AUDITLOG_DAEMON_SETTINGS_H
#define AUDITLOG_DAEMON_SETTINGS_H

#include "auditlog/base/conf.h"
#include "auditlog/base/users.h"
#include "auditlog/core/quorum.h"

struct settings {
	const char *log_dir;
	const char *socket;
	const char *signer;      /* socket of auditlog-signer */
	const char *vkey;        /* file with the log's verifier key */
	const char *receipt_key; /* file of 32 bytes, shared with authd-keyd */
	const char *user;
	struct conf_strings allow;
	uint64_t segment_bytes;
	uint64_t keep_free;
	uint64_t queue_bytes;
	uint64_t peers;
	int64_t signer_wait_us;     /* at start */
	const char *witness_policy; /* file of a tlog-policy; NULL: nobody is asked */
	const char *witness_ca;     /* PEM file, NULL for the machine's */
	int64_t witness_timeout_us;
	int64_t witness_refresh_us;
	int64_t witness_alarm_us;
	int64_t witness_limit_us; /* 0: none */
	int64_t map_interval_us;
	int64_t retention_us; /* 0: everything is kept */

	uid_t uids[USERS_MAX];
	size_t uid_count;
	struct buf policy_text; /* what quorum borrows from */
	struct quorum *quorum;  /* NULL without a policy, or with one that asks nobody */
	struct conf *conf;      /* owns the strings */
};

/* E_INVALID and the like: err says why. */
MUST_USE enum status settings_load(const char *path, struct settings *out, struct conf_error *err);
void settings_clear(struct settings *s);

/*
 * For a daemon that runs: the file as it is now, without looking up users and policies, which a confined process
 * cannot. Statuses as settings_load().
 */
MUST_USE enum status settings_look(const char *path, struct settings *out, struct conf_error *err);
/* Appends the names of the keys in which they differ and which a running daemon does not take over, ", " between them.
 */
void settings_put_changed(struct buf *out, const struct settings *a, const struct settings *b);

#endif
