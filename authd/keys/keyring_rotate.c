#include "authd/keys/keyring_rotate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "authd/keys/keyring_init.h"
#include "authd/keys/keyring_manifest.h"

#define NUMBER_MOST 1000000u

/* One change at a time: the directory under its lock, and the manifest with room for one more row. */
struct change {
	int fd;
	struct conf *text;
	struct keyring_manifest m;
	struct keyring_signing_row rows[KEYRING_SIGNING_MAX];
	size_t count;
	char name[32];
};

static void
change_clear(struct change *c)
{
	conf_free(c->text);
	if (c->fd >= 0)
		(void)close(c->fd); /* and with it the lock */
}

static enum status
change_open(const char *dir, struct change *c, struct conf_error *why)
{
	c->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->fd < 0)
		return E_IO;
	if (flock(c->fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? E_BUSY : E_IO;
	TRY(keyring_manifest_read(dir, &c->text, &c->m, why));
	c->count = c->m.signing.n;
	memcpy(c->rows, c->m.signing.item, c->count * sizeof(c->rows[0]));
	return OK;
}

static enum status
change_save(struct change *c)
{
	struct keyring_manifest m = c->m;

	m.signing.item = c->rows;
	m.signing.n = c->count;
	return keyring_manifest_write(c->fd, &m);
}

static bool
is_row(const struct change *c, const char *name)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->rows[i].file, name) == 0)
			return true;
	return false;
}

/* "es256-7.pem": the first number without a row. */
static enum status
free_name(struct change *c, enum jwk_alg alg)
{
	static const char *const stems[KEYRING_ALGS] = { "es256", "rs256", "ps256" };
	size_t which = 0;

	while (which < KEYRING_ALGS && keyring_algs[which] != alg)
		which++;
	if (which == KEYRING_ALGS)
		return E_UNSUPPORTED;
	for (unsigned n = 1; n < NUMBER_MOST; n++) {
		(void)snprintf(c->name, sizeof(c->name), "%s-%u.pem", stems[which], n);
		if (!is_row(c, c->name))
			return OK;
	}
	return E_TOO_LARGE;
}

static bool
has_published(const struct change *c, enum jwk_alg alg)
{
	for (size_t i = 0; i < c->count; i++)
		if (keyring_algs[c->rows[i].alg] == alg && c->rows[i].state == KEYRING_PUBLISHED)
			return true;
	return false;
}

static int
choice_of(enum jwk_alg alg)
{
	int i = 0;

	while (i < KEYRING_ALGS - 1 && keyring_algs[i] != alg)
		i++;
	return i;
}

enum status
keyring_rotate_begin(const char *dir, enum jwk_alg alg, int64_t (*now_us)(void), int64_t wait_s, struct conf_error *why)
{
	CLEANUP(change_clear) struct change c = { .fd = -1 };

	TRY(change_open(dir, &c, why));
	if (has_published(&c, alg))
		return E_CONFLICT;
	if (c.count == KEYRING_SIGNING_MAX)
		return E_TOO_LARGE;
	TRY(free_name(&c, alg));
	/* The file first, whole and on disk: a row must never name a key that is not there. */
	TRY(keyring_make_signer(c.fd, c.name, alg));
	c.rows[c.count++] = (struct keyring_signing_row){
		.file = c.name,
		.alg = choice_of(alg),
		.state = KEYRING_PUBLISHED,
		.until = (uint64_t)(now_us() / SECOND_US + wait_s),
	};
	return change_save(&c);
}

/* ---- going on ---- */

static bool
is_due(const struct keyring_signing_row *row, int64_t now_s)
{
	return row->until > 0 && (int64_t)row->until <= now_s;
}

/* Both in one replacement, so that there is one active key of the algorithm before it and one after it. */
static void
activate(struct change *c, size_t which, int64_t now_s, int64_t keep_s)
{
	for (size_t i = 0; i < c->count; i++) {
		if (c->rows[i].alg != c->rows[which].alg || c->rows[i].state != KEYRING_ACTIVE)
			continue;
		c->rows[i].state = KEYRING_VERIFY_ONLY;
		c->rows[i].until = (uint64_t)(now_s + keep_s);
	}
	c->rows[which].state = KEYRING_ACTIVE;
	c->rows[which].until = 0;
}

static bool
step_rows(struct change *c, int64_t now_s, int64_t keep_s)
{
	bool changed = false;

	for (size_t i = 0; i < c->count; i++) {
		if (!is_due(&c->rows[i], now_s))
			continue;
		if (c->rows[i].state == KEYRING_PUBLISHED)
			activate(c, i, now_s, keep_s);
		else if (c->rows[i].state == KEYRING_VERIFY_ONLY)
			c->rows[i].state = KEYRING_REMOVED; /* until stays: it says that we did it, not an operator */
		else
			continue;
		changed = true;
	}
	return changed;
}

/* Files before rows: a row that is gone would leave a private key that nobody thinks of. */
static enum status
drop_removed(struct change *c, bool *changed)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->count; i++) {
		if (c->rows[i].state != KEYRING_REMOVED || c->rows[i].until == 0) {
			c->rows[kept++] = c->rows[i];
			continue;
		}
		if (unlinkat(c->fd, c->rows[i].file, 0) != 0 && errno != ENOENT)
			return E_IO;
	}
	if (kept == c->count)
		return OK;
	c->count = kept;
	*changed = true;
	return fsync(c->fd) == 0 ? change_save(c) : E_IO;
}

enum status
keyring_rotate_go_on(const char *dir, int64_t now_s, int64_t keep_s, bool *changed, struct conf_error *why)
{
	CLEANUP(change_clear) struct change c = { .fd = -1 };

	*changed = false;
	TRY(change_open(dir, &c, why));
	if (step_rows(&c, now_s, keep_s)) {
		TRY(change_save(&c));
		*changed = true;
	}
	return drop_removed(&c, changed);
}
