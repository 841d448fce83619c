#include "auditlog/daemon/settings.h"

#include <stdio.h>

#include "auditlog/base/clock.h"
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
};
/* clang-format on */
static const struct conf_schema SCHEMA = { FIELDS, ARRAY_LEN(FIELDS), offsetof(struct settings, uids) };

static enum status
read_all(const char *path, struct settings *s, struct conf_error *err)
{
	const char *bad = "";

	TRY(conf_load(path, &s->conf, err));
	TRY(conf_read(conf_root(s->conf), &SCHEMA, s, err));
	if (users_resolve(&s->allow, s->uids, &s->uid_count, &bad) == OK)
		return OK;
	(void)snprintf(err->text, sizeof(err->text), "%s: allow: there is no user \"%s\"; name one of this machine",
		       path, bad);
	return E_INVALID;
}

enum status
settings_load(const char *path, struct settings *out, struct conf_error *err)
{
	struct settings s = { 0 };
	enum status st = read_all(path, &s, err);

	if (st != OK) {
		settings_clear(&s);
		return st;
	}
	*out = s;
	return OK;
}

void
settings_clear(struct settings *s)
{
	conf_free(s->conf);
	*s = (struct settings){ 0 };
}
