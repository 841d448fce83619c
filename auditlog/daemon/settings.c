#include "auditlog/daemon/settings.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/file.h"
#include "auditlog/core/pruned.h"
#include "auditlog/daemon/wal.h"

#define AT(member) .offset = offsetof(struct settings, member)

/* clang-format off */
static const struct conf_field FIELDS[] = {
	{ .key = "log_dir",       .type = CONF_PATH,     AT(log_dir), .required = true,
	  .hint = "auditlogd --init DIR --origin NAME makes one" },
	{ .key = "socket",        .type = CONF_PATH,     AT(socket), .required = true },
	{ .key = "signer",        .type = CONF_PATH,     AT(signer), .required = true, .hint = "the socket of auditlog-signer" },
	{ .key = "vkey",          .type = CONF_PATH,     AT(vkey), .required = true,
	  .hint = "the file log.vkey that auditlog-signer --init made" },
	{ .key = "receipt_key",   .type = CONF_PATH,     AT(receipt_key), .required = true,
	  .hint = "auditlogd --init DIR --origin NAME --receipt-key FILE makes one" },
	{ .key = "user",          .type = CONF_STRING,   AT(user) },
	{ .key = "allow",         .type = CONF_STRINGS,  AT(allow), .most = USERS_MAX, .hint = "users that may append and read" },
	{ .key = "segment_bytes", .type = CONF_UINT,     AT(segment_bytes), .fallback = "8388608",
	  .least = WAL_SEGMENT_LEAST, .most = WAL_SEGMENT_MOST },
	{ .key = "keep_free",     .type = CONF_UINT,     AT(keep_free), .fallback = "16777216" },
	{ .key = "queue_bytes",   .type = CONF_UINT,     AT(queue_bytes), .fallback = "67108864",
	  .least = 1 << 20, .most = UINT64_C(4) << 30 },
	{ .key = "peers",         .type = CONF_UINT,     AT(peers), .fallback = "256", .least = 1, .most = 4096 },
	{ .key = "signer_wait",   .type = CONF_DURATION, AT(signer_wait_us), .fallback = "PT30S",
	  .least = SECOND_US, .most = 3600 * SECOND_US },
	{ .key = "witness_policy",  .type = CONF_PATH,     AT(witness_policy), .hint = "a file of log, witness, group and quorum lines (tlog-policy)" },
	{ .key = "witness_ca",      .type = CONF_PATH,     AT(witness_ca), .hint = "a PEM file" },
	{ .key = "witness_timeout", .type = CONF_DURATION, AT(witness_timeout_us), .fallback = "PT5S",
	  .least = SECOND_US, .most = 60 * SECOND_US },
	{ .key = "witness_refresh", .type = CONF_DURATION, AT(witness_refresh_us), .fallback = "PT10M",
	  .least = SECOND_US, .most = DAY_US },
	{ .key = "witness_alarm",   .type = CONF_DURATION, AT(witness_alarm_us), .fallback = "PT15M",
	  .least = SECOND_US, .most = 30 * DAY_US },
	{ .key = "witness_limit",   .type = CONF_DURATION, AT(witness_limit_us), .fallback = "PT4H", .most = 30 * DAY_US },
	{ .key = "map_interval",  .type = CONF_DURATION, AT(map_interval_us), .fallback = "PT1H",
	  .least = SECOND_US, .most = DAY_US, .hint = "how often a log.map entry is written when there is something new" },
	{ .key = "retention",     .type = CONF_DURATION, AT(retention_us), .fallback = "PT0S", .most = 36500 * DAY_US,
	  .hint = "how long entries are kept; PT0S for ever" },
};
/* clang-format on */
static const struct conf_schema SCHEMA = { FIELDS, ARRAY_LEN(FIELDS), offsetof(struct settings, uids) };

static enum status
read_keys(const char *path, struct settings *s, struct conf_error *err)
{
	TRY(conf_load(path, &s->conf, err));
	return conf_read(conf_root(s->conf), &SCHEMA, s, err);
}

/* Each limit must leave room for the one below it, or the alarm would ring in the best of worlds. */
static enum status
check_times(const char *path, const struct settings *s, struct conf_error *err)
{
	const char *wrong = NULL;

	if (s->witness_alarm_us <= s->witness_refresh_us)
		wrong = "witness_alarm must be longer than witness_refresh";
	else if (s->witness_limit_us != 0 && s->witness_limit_us <= s->witness_refresh_us)
		wrong = "witness_limit must be longer than witness_refresh, or PT0S for none";
	else if (s->retention_us != 0 && s->retention_us < (int64_t)PRUNED_RETENTION_LEAST_S * SECOND_US)
		wrong = "retention must be at least P100D (maps of the last two months need their entries), or PT0S "
			"to keep everything";
	if (wrong == NULL)
		return OK;
	(void)snprintf(err->text, sizeof(err->text), "%s: %s", path, wrong);
	return E_INVALID;
}

static bool
asks_somebody(const struct quorum *q)
{
	for (size_t i = 0; i < q->n; i++)
		if (!q->node[i].need && q->node[i].url.n > 0)
			return true;
	return false;
}

static enum status
load_policy(struct settings *s, struct conf_error *err)
{
	char why[160] = "it cannot be read";

	s->policy_text = BUF(QUORUM_FILE_MAX);
	s->quorum = calloc(1, sizeof(*s->quorum));
	if (s->quorum == NULL)
		return E_NOMEM;
	if (file_read_at(AT_FDCWD, s->witness_policy, &s->policy_text) != OK ||
	    quorum_parse(buf_str(&s->policy_text), s->quorum, why, sizeof(why)) != OK) {
		(void)snprintf(err->text, sizeof(err->text), "%s: %s", s->witness_policy, why);
		return E_INVALID;
	}
	/* `quorum none`, or no addresses: a log that nobody watches. */
	if (s->quorum->top == QUORUM_NODES_MAX || !asks_somebody(s->quorum)) {
		free(s->quorum);
		s->quorum = NULL;
	}
	return OK;
}

enum status
settings_load(const char *path, struct settings *out, struct conf_error *err)
{
	struct settings s = { 0 };
	enum status st = read_keys(path, &s, err);

	if (st == OK)
		st = users_allow(path, &s.allow, s.uids, &s.uid_count, err);
	if (st == OK)
		st = check_times(path, &s, err);
	if (st == OK && s.witness_policy != NULL)
		st = load_policy(&s, err);
	if (st != OK) {
		settings_clear(&s);
		return st;
	}
	*out = s;
	return OK;
}

enum status
settings_look(const char *path, struct settings *out, struct conf_error *err)
{
	struct settings s = { 0 };
	enum status st = read_keys(path, &s, err);

	if (st == OK)
		st = check_times(path, &s, err);
	if (st != OK) {
		settings_clear(&s);
		return st;
	}
	*out = s;
	return OK;
}

static bool
texts_equal(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
lists_equal(const struct conf_strings *a, const struct conf_strings *b)
{
	size_t i = 0;

	while (i < a->n && i < b->n && strcmp(a->item[i], b->item[i]) == 0)
		i++;
	return i == a->n && i == b->n;
}

static bool
values_equal(const struct conf_field *f, const struct settings *a, const struct settings *b)
{
	const void *x = (const char *)a + f->offset, *y = (const char *)b + f->offset;

	switch (f->type) {
	case CONF_PATH:
	case CONF_STRING:
		return texts_equal(*(const char *const *)x, *(const char *const *)y);
	case CONF_STRINGS:
		return lists_equal(x, y);
	default: /* numbers and durations: 8 bytes each */
		return memcmp(x, y, sizeof(uint64_t)) == 0;
	}
}

/* What assembly_adopt() takes over. */
static bool
taken_over(const struct conf_field *f)
{
	return f->offset == offsetof(struct settings, keep_free) || f->offset == offsetof(struct settings, queue_bytes);
}

void
settings_put_changed(struct buf *out, const struct settings *a, const struct settings *b)
{
	size_t from = out->n;

	for (size_t i = 0; i < ARRAY_LEN(FIELDS); i++)
		if (!taken_over(&FIELDS[i]) && !values_equal(&FIELDS[i], a, b)) {
			buf_put_cstr(out, out->n > from ? ", " : "");
			buf_put_cstr(out, FIELDS[i].key);
		}
}

void
settings_clear(struct settings *s)
{
	conf_free(s->conf);
	buf_clear(&s->policy_text);
	free(s->quorum);
	*s = (struct settings){ 0 };
}
