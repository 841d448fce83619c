/*
 * fuzz_wal.c: a segment as a start finds it: a good head (bit 0 of the first byte: a damaged one) and behind it what
 * the input says: chunks of "G n" become n good records, everything else stands as it is.
 *
 * A start never tells of an entry that is not chained to all before it, counts what it tells, and when it says that all
 * is well every entry can be read again.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditlog/base/file.h"
#include "auditlog/core/entry.h"
#include "auditlog/core/tile.h"
#include "auditlog/daemon/wal.h"
#include "tests/fuzz/oracle_scratch.h"

#define FRAGMENT                                                                                                       \
	"\"id\":\"0190f3b2-7c1e-7d43-9a55-000000000001\",\"event\":\"auth.login\",\"by\":{\"service\":\"svc_portal\"}" \
	"}"

static int dirfd_;

struct maker {
	struct buf file;
	uint64_t next;
	struct hash prev, before;
};

static void
make_dir(void)
{
	const char *dir = oracle_scratch_make();
	char path[80];

	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "%s/wal", dir);
	must(dirfd_ >= 0 && mkdir(path, 0700) == 0);
}

static void
put_record(struct maker *m)
{
	CLEANUP(buf_clear) struct buf record = BUF(65536), line = BUF(ENTRY_MAX);
	struct segment_record r = { 0 };
	struct hash leaf;

	must(entry_compose(&m->prev, m->next, INT64_C(1795300000000000) + (int64_t)m->next, STR(FRAGMENT), &line) ==
	     OK);
	leaf = hash_leaf(buf_str(&line));
	segment_open_record(&record);
	must(tile_put_entry(&record, buf_str(&line)) == OK);
	segment_close_record(&record, m->next, 1, &m->before);
	must(segment_get_record(buf_str(&record), &r) == OK);
	m->before = segment_record_hash(&r, &leaf);
	m->prev = leaf;
	m->next++;
	buf_put(&m->file, buf_str(&record));
}

static void
put_input(struct maker *m, struct str in)
{
	while (in.n > 0) {
		if (in.p[0] == 'G' && in.n > 1) {
			for (int i = in.p[1] & 7; i >= 0 && m->next < 64; i--)
				put_record(m);
			in = str_slice(in, 2, in.n);
			continue;
		}
		buf_put(&m->file, str_slice(in, 0, 1));
		in = str_slice(in, 1, in.n);
	}
}

static enum status
visit(void *ctx, uint64_t index, struct str line, const struct hash *leaf)
{
	uint64_t *count = ctx;
	struct entry_view v;

	must(index == *count && entry_parse(line, &v) == OK && v.index == index);
	if (leaf != NULL) {
		struct hash expected = hash_leaf(line);

		must(hash_eq(leaf, &expected));
	}
	++*count;
	return OK;
}

static void
check_start(struct wal *w, uint64_t made)
{
	struct wal_report report = { 0 };
	uint64_t count = 0, first = 0, next = 0;

	if (wal_scan(w, false, &report) != OK) {
		must(report.what[0] != '\0');
		return;
	}
	if (wal_replay(w, visit, &count, &report) != OK) {
		must(report.what[0] != '\0' && report.bad_index <= made);
		return;
	}
	must(report.first == 0 && report.next == count && count <= made);
	if (wal_start(w, false) != OK)
		return;
	must(wal_range(w, &first, &next) && first == 0 && next == count);
	count = 0;
	must(wal_visit_range(w, 0, next, visit, &count) == OK && count == next);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct maker m = { .file = BUF((size_t)1 << 20) };
	struct segment_head head = { .origin = hash_sha256(STR("log.example.org/fuzz")) };
	struct wal_options opt = { .origin = head.origin, .segment_bytes = WAL_SEGMENT_LEAST };
	struct wal *w = NULL;
	struct str rest;
	uint8_t first = oracle_first(data, n, &rest);

	if (dirfd_ == 0)
		make_dir();
	segment_put_head(&m.file, &head);
	if (first & 1)
		m.file.p[first >> 1] ^= 1;
	put_input(&m, rest);
	must(buf_status(&m.file) == OK);
	must(file_replace_at(dirfd_, "wal/0000000000", buf_str(&m.file), 0600) == OK);
	opt.dirfd = dirfd_;
	must(wal_new(&opt, &w) == OK);
	check_start(w, m.next);
	wal_free(w);
	buf_clear(&m.file);
	return 0;
}
