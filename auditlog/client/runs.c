#include "auditlog/client/runs.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"
#include "auditlog/base/file.h"

#define VERSION  2
#define LIST_MAX ((size_t)64 << 10)
/* Records that are read at once when a search has come that near. */
#define NEAR 128

static const struct str MAGIC = STR_INIT("OMBUDIDX");
static const char *const KINDS[RUNS_KINDS] = { [RUNS_BY_ID] = "id", [RUNS_BY_TAG] = "tag" };

void
runs_put_name(char name[RUNS_NAME_ROOM], enum runs_kind kind, uint64_t number)
{
	(void)snprintf(name, RUNS_NAME_ROOM, "index/%s-%010" PRIu64, KINDS[kind], number);
}

/* ---- the list ---- */

void
runs_put(struct buf *out, const struct runs *r)
{
	size_t from = out->n;
	struct hash sum;

	buf_put(out, MAGIC);
	buf_put_u32(out, VERSION);
	buf_put(out, hash_str(&r->origin));
	buf_put_u64(out, r->size);
	buf_put_u64(out, r->next_number);
	for (size_t k = 0; k < RUNS_KINDS; k++) {
		buf_put_u16(out, (uint16_t)r->of[k].count);
		for (size_t i = 0; i < r->of[k].count; i++) {
			buf_put_u64(out, r->of[k].file[i].number);
			buf_put_u64(out, r->of[k].file[i].count);
			buf_put_u8(out, (uint8_t)r->of[k].file[i].level);
		}
	}
	sum = hash_sha256(str_slice(buf_str(out), from, out->n));
	buf_put(out, hash_str(&sum));
}

static enum status
get_files(struct str *in, struct runs_of *of)
{
	uint16_t count = 0;

	TRY(buf_get_u16(in, &count));
	if (count > RUNS_MAX)
		return E_CORRUPT;
	for (; of->count < count; of->count++) {
		struct runs_file *f = &of->file[of->count];
		uint8_t level = 0;

		TRY(buf_get_u64(in, &f->number));
		TRY(buf_get_u64(in, &f->count));
		TRY(buf_get_u8(in, &level));
		f->level = level;
		f->fd = -1;
		if (f->count > INT64_MAX / RUNS_RECORD_LEN)
			return E_CORRUPT;
	}
	return OK;
}

static enum status
get_list(struct str in, struct runs *r)
{
	struct str magic = { 0 }, sum = str_slice(in, in.n > HASH_LEN ? in.n - HASH_LEN : 0, in.n);
	struct hash want;
	uint32_t version = 0;

	in = str_slice(in, 0, in.n - sum.n);
	want = hash_sha256(in);
	if (!str_eq(sum, hash_str(&want)))
		return E_CORRUPT;
	TRY(buf_get_bytes(&in, MAGIC.n, &magic));
	TRY(buf_get_u32(&in, &version));
	if (!str_eq(magic, MAGIC) || version != VERSION)
		return E_CORRUPT;
	TRY(buf_get_into(&in, r->origin.b, HASH_LEN));
	TRY(buf_get_u64(&in, &r->size));
	TRY(buf_get_u64(&in, &r->next_number));
	for (size_t k = 0; k < RUNS_KINDS; k++)
		TRY(get_files(&in, &r->of[k]));
	return in.n == 0 ? OK : E_CORRUPT;
}

/* ---- files ---- */

static enum status
open_file(int dirfd, enum runs_kind kind, struct runs_file *f)
{
	char name[RUNS_NAME_ROOM];
	struct stat st;

	runs_put_name(name, kind, f->number);
	TRY(beneath_open(dirfd, name, O_RDONLY, 0, &f->fd));
	if (fstat(f->fd, &st) != 0)
		return E_IO;
	return st.st_size == (off_t)(f->count * RUNS_RECORD_LEN) ? OK : E_CORRUPT;
}

static enum status
open_files(int dirfd, struct runs *r)
{
	for (size_t k = 0; k < RUNS_KINDS; k++) {
		for (size_t i = 0; i < r->of[k].count; i++) {
			enum status st = open_file(dirfd, (enum runs_kind)k, &r->of[k].file[i]);

			TRY(st == E_NOT_FOUND ? E_CORRUPT : st);
		}
	}
	return OK;
}

enum status
runs_open(int dirfd, struct runs *out)
{
	CLEANUP(buf_clear) struct buf list = BUF(LIST_MAX);
	enum status st;

	*out = (struct runs){ 0 };
	st = beneath_read(dirfd, RUNS_LIST, &list);
	if (st == E_TOO_LARGE)
		return E_CORRUPT;
	TRY(st);
	st = get_list(buf_str(&list), out) == OK ? OK : E_CORRUPT;
	if (st == OK)
		st = open_files(dirfd, out);
	if (st != OK)
		runs_close(out);
	return st;
}

void
runs_close(struct runs *r)
{
	for (size_t k = 0; k < RUNS_KINDS; k++) {
		for (size_t i = 0; i < r->of[k].count; i++)
			beneath_closep(&r->of[k].file[i].fd);
		r->of[k].count = 0;
	}
}

/* ---- records ---- */

struct runs_record
runs_record_of(const uint8_t key[RUNS_KEY_LEN], uint64_t index)
{
	struct runs_record r;

	memcpy(r.b, key, RUNS_KEY_LEN);
	for (size_t i = 0; i < 8; i++)
		r.b[RUNS_KEY_LEN + i] = (uint8_t)(index >> (56 - 8 * i));
	return r;
}

uint64_t
runs_record_index(const struct runs_record *r)
{
	uint64_t index = 0;

	for (size_t i = 0; i < 8; i++)
		index = index << 8 | r->b[RUNS_KEY_LEN + i];
	return index;
}

enum status
runs_read(const struct runs_file *f, uint64_t position, struct runs_record *out, size_t count)
{
	return file_pread_all(f->fd, out, count * RUNS_RECORD_LEN, (off_t)(position * RUNS_RECORD_LEN));
}

enum status
runs_find(const struct runs_file *f, const struct runs_record *at, uint64_t *position)
{
	struct runs_record some[NEAR];
	uint64_t low = 0, high = f->count;
	size_t n = 0;

	while (high - low > NEAR) {
		uint64_t middle = low + (high - low) / 2;

		TRY(runs_read(f, middle, some, 1));
		if (memcmp(some[0].b, at->b, RUNS_RECORD_LEN) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	TRY(runs_read(f, low, some, (size_t)(high - low)));
	while (n < high - low && memcmp(some[n].b, at->b, RUNS_RECORD_LEN) < 0)
		n++;
	*position = low + n;
	return OK;
}

/* What one run has of it: backwards from the first that is not below. */
static enum status
newest_of(const struct runs_file *f, const struct runs_record *below, size_t limit, uint64_t *out, size_t *count)
{
	uint64_t at = 0;

	TRY(runs_find(f, below, &at));
	for (; at > 0 && *count < limit; at--) {
		struct runs_record r;

		TRY(runs_read(f, at - 1, &r, 1));
		if (memcmp(r.b, below->b, RUNS_KEY_LEN) != 0)
			return OK;
		out[(*count)++] = runs_record_index(&r);
	}
	return OK;
}

enum status
runs_newest(const struct runs_of *runs, const uint8_t key[RUNS_KEY_LEN], uint64_t before, size_t limit, uint64_t *out,
	    size_t *count)
{
	const struct runs_record below = runs_record_of(key, before);

	*count = 0;
	for (size_t i = runs->count; i > 0 && *count < limit; i--)
		TRY(newest_of(&runs->file[i - 1], &below, limit, out, count));
	return OK;
}
