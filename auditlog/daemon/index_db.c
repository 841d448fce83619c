#include "auditlog/daemon/index_db.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"
#include "auditlog/base/file.h"
#include "auditlog/daemon/index_merge.h"

#define LIST_MAX ((size_t)64 << 10)
/* Of what waits for a commit. */
#define FRESH_MAX ((size_t)256 << 20)
/* A run of so many records is merged no more: it would take too long while entries wait. */
#define MERGE_MOST ((uint64_t)1 << 25)

struct index_db {
	int dirfd;
	pthread_mutex_t lock; /* for runs: who asks holds it while reading files, who writes only to exchange them */
	struct runs runs;
	struct buf fresh[RUNS_KINDS]; /* records in the order in which they were put */
};

/* ---- opening ---- */

static bool
is_listed(const struct runs *r, const char *name)
{
	char listed[RUNS_NAME_ROOM];

	for (size_t k = 0; k < RUNS_KINDS; k++) {
		for (size_t i = 0; i < r->of[k].count; i++) {
			runs_put_name(listed, (enum runs_kind)k, r->of[k].file[i].number);
			if (strcmp(listed + strlen("index/"), name) == 0)
				return true;
		}
	}
	return false;
}

/* What a crash left between writing a file and naming it in the list, or between unnaming and removing. */
static enum status
remove_strays(int dirfd, const struct runs *r)
{
	CLEANUP(beneath_closep) int fd = -1;
	const struct dirent *entry;
	DIR *dir;

	TRY(beneath_open(dirfd, "index", O_RDONLY | O_DIRECTORY, 0, &fd));
	beneath_remove_temporaries(fd);
	dir = fdopendir(dup(fd));
	if (dir == NULL)
		return E_IO;
	while ((entry = readdir(dir)) != NULL) {
		struct str name = str_of(entry->d_name);

		if ((str_starts(name, STR("id-")) || str_starts(name, STR("tag-"))) && !is_listed(r, entry->d_name))
			(void)unlinkat(fd, entry->d_name, 0);
	}
	(void)closedir(dir);
	return OK;
}

static enum status
load(struct index_db *db, const struct hash *origin)
{
	enum status st;

	TRY(file_make_dirs_at(db->dirfd, "index", 0700));
	st = runs_open(db->dirfd, &db->runs);
	if (st == E_NOT_FOUND) {
		db->runs.origin = *origin;
		st = OK;
	}
	TRY(st);
	TRY(hash_eq(&db->runs.origin, origin) ? OK : E_CORRUPT);
	return remove_strays(db->dirfd, &db->runs);
}

enum status
index_db_open(int dirfd, const struct hash *origin, struct index_db **out)
{
	struct index_db *db = calloc(1, sizeof(*db));
	enum status st;

	if (db == NULL)
		return E_NOMEM;
	db->dirfd = dirfd;
	(void)pthread_mutex_init(&db->lock, NULL);
	for (size_t k = 0; k < RUNS_KINDS; k++)
		db->fresh[k] = BUF(FRESH_MAX);
	st = load(db, origin);
	if (st != OK) {
		index_db_close(db);
		return st;
	}
	*out = db;
	return OK;
}

void
index_db_close(struct index_db *db)
{
	if (db == NULL)
		return;
	runs_close(&db->runs);
	for (size_t k = 0; k < RUNS_KINDS; k++)
		buf_clear(&db->fresh[k]);
	(void)pthread_mutex_destroy(&db->lock);
	free(db);
}

enum status
index_db_remove(int dirfd)
{
	return unlinkat(dirfd, RUNS_LIST, 0) == 0 || errno == ENOENT ? OK : E_IO;
}

uint64_t
index_db_size(const struct index_db *db)
{
	return db->runs.size;
}

/* ---- changing the list ---- */

static void
drop_file(const struct index_db *db, enum runs_kind kind, struct runs_file *f)
{
	char name[RUNS_NAME_ROOM];

	runs_put_name(name, kind, f->number);
	beneath_closep(&f->fd);
	(void)unlinkat(db->dirfd, name, 0);
}

/* Files that are in one list and not in the other. */
static void
drop_difference(const struct index_db *db, struct runs *have, const struct runs *keep)
{
	char name[RUNS_NAME_ROOM];

	for (size_t k = 0; k < RUNS_KINDS; k++) {
		for (size_t i = 0; i < have->of[k].count; i++) {
			runs_put_name(name, (enum runs_kind)k, have->of[k].file[i].number);
			if (!is_listed(keep, name + strlen("index/")))
				drop_file(db, (enum runs_kind)k, &have->of[k].file[i]);
		}
	}
}

/* The new list takes the place of the old one, on disk and then here; its runs are durable already. */
static enum status
exchange(struct index_db *db, struct runs *next)
{
	CLEANUP(buf_clear) struct buf list = BUF(LIST_MAX);
	struct runs before = db->runs;

	runs_put(&list, next);
	TRY(buf_status(&list));
	TRY(file_replace_at(db->dirfd, RUNS_LIST, buf_str(&list), 0600));
	(void)pthread_mutex_lock(&db->lock);
	db->runs = *next;
	(void)pthread_mutex_unlock(&db->lock);
	drop_difference(db, &before, next);
	return OK;
}

/* A new file of this list, empty. The caller says how many records it has in the end. */
static enum status
new_file(const struct index_db *db, struct runs *next, enum runs_kind kind, unsigned level, struct runs_file **out)
{
	struct runs_of *of = &next->of[kind];
	char name[RUNS_NAME_ROOM];
	int fd = -1;

	runs_put_name(name, kind, next->next_number);
	TRY(beneath_open(db->dirfd, name, O_RDWR | O_CREAT | O_TRUNC, 0600, &fd));
	*out = &of->file[of->count++];
	**out = (struct runs_file){ .number = next->next_number++, .level = level, .fd = fd };
	return OK;
}

/* ---- adding ---- */

void
index_db_begin(struct index_db *db)
{
	for (size_t k = 0; k < RUNS_KINDS; k++)
		buf_reset(&db->fresh[k]);
}

enum status
index_db_put(struct index_db *db, uint64_t index, const struct uuid *id, struct str tags, size_t count)
{
	struct runs_record r = runs_record_of(id->b, index);

	buf_put_bytes(&db->fresh[RUNS_BY_ID], r.b, sizeof(r.b));
	for (size_t i = 0; i < count; i++) {
		r = runs_record_of((const uint8_t *)tags.p + i * RUNS_KEY_LEN, index);
		buf_put_bytes(&db->fresh[RUNS_BY_TAG], r.b, sizeof(r.b));
	}
	TRY(buf_status(&db->fresh[RUNS_BY_ID]));
	return buf_status(&db->fresh[RUNS_BY_TAG]);
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, RUNS_RECORD_LEN);
}

/* Sorted, and each once: an entry may carry a tag twice. Returns how many are left. */
static size_t
sort(struct buf *fresh)
{
	size_t n = fresh->n / RUNS_RECORD_LEN, kept = 0;

	qsort(fresh->p, n, RUNS_RECORD_LEN, compare);
	for (size_t i = 0; i < n; i++) {
		const char *r = fresh->p + i * RUNS_RECORD_LEN;

		if (kept > 0 && compare(fresh->p + (kept - 1) * RUNS_RECORD_LEN, r) == 0)
			continue;
		memmove(fresh->p + kept++ * RUNS_RECORD_LEN, r, RUNS_RECORD_LEN);
	}
	return kept;
}

static enum status
add_fresh(struct index_db *db, struct runs *next, enum runs_kind kind)
{
	struct buf *fresh = &db->fresh[kind];
	struct runs_file *f = NULL;

	if (fresh->n == 0)
		return OK;
	if (next->of[kind].count == RUNS_MAX)
		return E_LIMITED;
	TRY(new_file(db, next, kind, 0, &f));
	f->count = sort(fresh);
	TRY(file_pwrite_all(f->fd, fresh->p, f->count * RUNS_RECORD_LEN, 0));
	return fdatasync(f->fd) == 0 ? OK : E_IO;
}

static enum status
add_all(struct index_db *db, struct runs *next)
{
	for (size_t k = 0; k < RUNS_KINDS; k++)
		TRY(add_fresh(db, next, (enum runs_kind)k));
	return exchange(db, next);
}

enum status
index_db_commit(struct index_db *db, uint64_t size)
{
	struct runs next = db->runs;
	enum status st;

	next.size = size;
	st = add_all(db, &next);
	if (st != OK)
		drop_difference(db, &next, &db->runs);
	index_db_begin(db);
	return st;
}

enum status
index_db_empty(struct index_db *db)
{
	struct runs next = { .origin = db->runs.origin, .next_number = db->runs.next_number };

	return exchange(db, &next);
}

/* ---- merging ---- */

/* Are the newest eight of one level, and is it worth it? */
static bool
is_due(const struct runs_of *of)
{
	uint64_t records = 0;

	if (of->count < INDEX_MERGE_WIDTH)
		return false;
	for (size_t i = of->count - INDEX_MERGE_WIDTH; i < of->count; i++) {
		if (of->file[i].level != of->file[of->count - 1].level)
			return false;
		records += of->file[i].count;
	}
	return records <= MERGE_MOST;
}

/* The new run stands behind the eight in the list, which then lose their place. */
static enum status
merge_newest(struct index_db *db, struct runs *next, enum runs_kind kind)
{
	struct runs_of *of = &next->of[kind];
	struct runs_file from[INDEX_MERGE_WIDTH], *f = NULL;
	size_t first = of->count - INDEX_MERGE_WIDTH;

	memcpy(from, &of->file[first], sizeof(from));
	TRY(new_file(db, next, kind, from[0].level + 1, &f));
	for (size_t i = 0; i < INDEX_MERGE_WIDTH; i++)
		f->count += from[i].count;
	TRY(index_merge(from, f->fd));
	TRY(fdatasync(f->fd) == 0 ? OK : E_IO);
	of->file[first] = *f;
	of->count = first + 1;
	return exchange(db, next);
}

enum status
index_db_merge(struct index_db *db)
{
	for (size_t k = 0; k < RUNS_KINDS; k++) {
		while (is_due(&db->runs.of[k])) {
			struct runs next = db->runs;
			enum status st = merge_newest(db, &next, (enum runs_kind)k);

			if (st == OK)
				continue;
			drop_difference(db, &next, &db->runs);
			return st;
		}
	}
	return OK;
}

/* ---- questions ---- */

enum status
index_db_by_tag(struct index_db *db, const uint8_t tag[16], uint64_t before, size_t limit, uint64_t *out, size_t *count)
{
	enum status st;

	(void)pthread_mutex_lock(&db->lock);
	st = runs_newest(&db->runs.of[RUNS_BY_TAG], tag, before, limit, out, count);
	(void)pthread_mutex_unlock(&db->lock);
	return st;
}

enum status
index_db_by_id(struct index_db *db, const struct uuid *id, uint64_t *out)
{
	size_t count = 0;
	enum status st;

	(void)pthread_mutex_lock(&db->lock);
	st = runs_newest(&db->runs.of[RUNS_BY_ID], id->b, UINT64_MAX, 1, out, &count);
	(void)pthread_mutex_unlock(&db->lock);
	TRY(st);
	return count > 0 ? OK : E_NOT_FOUND;
}
