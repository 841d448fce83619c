#include "auditlog/daemon/index_db.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditlog/client/runs.h"
#include "auditlog/daemon/index_merge.h"
#include "tests/unit/expect.h"

#include <criterion/criterion.h>

#define PEOPLE 7

struct fixture {
	char dir[40];
	int dirfd;
	struct hash origin;
	struct index_db *db;
	uint64_t size;
};

static struct uuid
id_of(uint64_t index)
{
	struct uuid id = { 0 };
	uint64_t spread = index * 0x9e3779b97f4a7c15u;

	memcpy(id.b, &spread, sizeof(spread));
	return id;
}

static void
tag_of(uint64_t person, uint8_t tag[16])
{
	memset(tag, (int)(person * 37 + 1), 16);
}

static void
open_db(struct fixture *f)
{
	EXPECT_OK(index_db_open(f->dirfd, &f->origin, &f->db));
}

static struct fixture
fixture_new(void)
{
	struct fixture f = { .dir = "/tmp/test_index_db_XXXXXX", .origin = hash_sha256(STR("log.example.org")) };

	cr_assert_not_null(mkdtemp(f.dir));
	f.dirfd = open(f.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	open_db(&f);
	return f;
}

static void
fixture_clear(struct fixture *f)
{
	char command[80];

	index_db_close(f->db);
	close(f->dirfd);
	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	cr_assert_eq(system(command), 0);
}

static void
put(struct fixture *f, size_t count)
{
	index_db_begin(f->db);
	for (size_t i = 0; i < count; i++) {
		struct uuid id = id_of(f->size + i);
		uint8_t tags[32];

		/* Each entry is about two people, of whom now and then both are the same. */
		tag_of((f->size + i) % PEOPLE, tags);
		tag_of((f->size + i) % 3, tags + 16);
		EXPECT_OK(index_db_put(f->db, f->size + i, &id, str_from(tags, sizeof(tags)), 2));
	}
}

/* So many commits of `each` entries, merging as it goes. */
static void
commit(struct fixture *f, size_t commits, size_t each)
{
	for (size_t i = 0; i < commits; i++) {
		put(f, each);
		f->size += each;
		EXPECT_OK(index_db_commit(f->db, f->size));
		EXPECT_OK(index_db_merge(f->db));
	}
}

static bool
is_about(uint64_t index, uint64_t person)
{
	return index % PEOPLE == person || index % 3 == person;
}

/* All of them, newest first, whatever the limit. */
static void
expect_tag(struct fixture *f, uint64_t person, size_t limit)
{
	CLEANUP(freep) uint64_t *found = calloc(limit, sizeof(*found));
	uint64_t before = UINT64_MAX, at = f->size;
	size_t count = 0;
	uint8_t tag[16];

	tag_of(person, tag);
	do {
		EXPECT_OK(index_db_by_tag(f->db, tag, before, limit, found, &count));
		for (size_t i = 0; i < count; i++) {
			do
				at--;
			while (!is_about(at, person));
			cr_assert_eq(found[i], at, "%llu, not %llu", (unsigned long long)found[i],
				     (unsigned long long)at);
		}
		before = at;
	} while (count == limit);
	while (at > 0)
		cr_assert(!is_about(--at, person), "entry %llu is missing", (unsigned long long)at);
}

static void
expect_all(struct fixture *f)
{
	struct uuid none = id_of(f->size);
	uint64_t found = 0;

	cr_assert_eq(index_db_size(f->db), f->size);
	for (uint64_t i = 0; i < f->size; i++) {
		struct uuid id = id_of(i);

		EXPECT_OK(index_db_by_id(f->db, &id, &found));
		cr_assert_eq(found, i);
	}
	EXPECT_STATUS(E_NOT_FOUND, index_db_by_id(f->db, &none, &found));
	for (uint64_t person = 0; person < PEOPLE; person++) {
		expect_tag(f, person, 3);
		expect_tag(f, person, 4096);
	}
}

static size_t
files_of(const struct fixture *f)
{
	char command[96];
	int count = 0;
	FILE *p;

	snprintf(command, sizeof(command), "ls %s/index | grep -c -e ^id- -e ^tag-", f->dir);
	p = popen(command, "r");
	cr_assert_eq(fscanf(p, "%d", &count), 1);
	pclose(p);
	return (size_t)count;
}

Test(index_db, every_id_and_tag_is_found_through_commits_merges_and_openings)
{
	struct fixture f = fixture_new();

	commit(&f, 3, 1);
	expect_all(&f);
	commit(&f, 70, 11);
	expect_all(&f);
	commit(&f, 9, 300);
	expect_all(&f);
	index_db_close(f.db);
	open_db(&f);
	expect_all(&f);
	commit(&f, 8, 2);
	expect_all(&f);
	fixture_clear(&f);
}

Test(index_db, files_grow_fewer_by_merging_and_none_is_left_behind)
{
	struct fixture f = fixture_new();

	commit(&f, 64, 5);
	cr_assert_eq(files_of(&f), 2); /* 64 commits are one run of the second level, of each kind */
	commit(&f, 7, 5);
	cr_assert_eq(files_of(&f), 2 + 2 * 7);
	EXPECT_OK(index_db_empty(f.db));
	cr_assert_eq(index_db_size(f.db), 0);
	f.size = 0;
	expect_all(&f);
	commit(&f, 2, 5);
	expect_all(&f);
	fixture_clear(&f);
}

Test(index_db, what_was_not_committed_is_not_there)
{
	struct fixture f = fixture_new();

	commit(&f, 2, 10);
	put(&f, 10);
	expect_all(&f);
	index_db_begin(f.db);
	commit(&f, 1, 4);
	expect_all(&f);
	fixture_clear(&f);
}

Test(index_db, an_id_that_was_used_twice_leads_to_the_newer_entry)
{
	struct fixture f = fixture_new();
	struct uuid id = id_of(1);
	uint64_t found = 0;

	commit(&f, 2, 4);
	index_db_begin(f.db);
	EXPECT_OK(index_db_put(f.db, 8, &id, STR(""), 0));
	EXPECT_OK(index_db_commit(f.db, 9));
	EXPECT_OK(index_db_by_id(f.db, &id, &found));
	cr_assert_eq(found, 8);
	fixture_clear(&f);
}

Test(index_db, files_that_no_list_names_are_removed_and_those_it_names_are_needed)
{
	struct fixture f = fixture_new();
	char path[80];

	commit(&f, 3, 6);
	index_db_close(f.db);
	snprintf(path, sizeof(path), "%s/index/tag-0000009999", f.dir);
	cr_assert_geq(creat(path, 0600), 0);
	open_db(&f);
	cr_assert_eq(files_of(&f), 6);
	expect_all(&f);
	index_db_close(f.db);
	snprintf(path, sizeof(path), "%s/index/tag-0000000001", f.dir);
	cr_assert_eq(unlink(path), 0);
	EXPECT_STATUS(E_CORRUPT, index_db_open(f.dirfd, &f.origin, &f.db));
	f.db = NULL;
	fixture_clear(&f);
}

Test(index_db, a_list_is_refused_with_any_bit_changed_and_cut_anywhere)
{
	struct fixture f = fixture_new();
	CLEANUP(buf_clear) struct buf list = BUF(4096);
	struct runs runs;
	char bytes[4096];
	FILE *file;

	commit(&f, 2, 6);
	EXPECT_OK(runs_open(f.dirfd, &runs));
	runs_put(&list, &runs);
	runs_close(&runs);
	for (size_t bit = 0; bit < list.n * 8 + list.n; bit++) {
		size_t n = bit < list.n * 8 ? list.n : bit - list.n * 8;
		char path[80];

		memcpy(bytes, list.p, list.n);
		if (bit < list.n * 8)
			bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
		snprintf(path, sizeof(path), "%s/" RUNS_LIST, f.dir);
		file = fopen(path, "w");
		cr_assert_eq(fwrite(bytes, 1, n, file), n);
		fclose(file);
		EXPECT_STATUS(E_CORRUPT, runs_open(f.dirfd, &runs));
	}
	fixture_clear(&f);
}

Test(index_db, another_logs_is_refused)
{
	struct fixture f = fixture_new();

	commit(&f, 1, 6);
	index_db_close(f.db);
	f.origin.b[0] ^= 1;
	EXPECT_STATUS(E_CORRUPT, index_db_open(f.dirfd, &f.origin, &f.db));
	f.db = NULL;
	fixture_clear(&f);
}

Test(index_db, an_unsorted_run_is_found_when_it_is_merged_and_stays_as_it_was)
{
	struct fixture f = fixture_new();
	char path[80], rot[24];
	int fd;

	for (int i = 0; i < 7; i++)
		commit(&f, 1, 6);
	snprintf(path, sizeof(path), "%s/index/tag-0000000003", f.dir);
	fd = open(path, O_WRONLY);
	memset(rot, 0xff, sizeof(rot));
	cr_assert_eq(pwrite(fd, rot, sizeof(rot), 0), (ssize_t)sizeof(rot));
	close(fd);
	put(&f, 6);
	f.size += 6;
	EXPECT_OK(index_db_commit(f.db, f.size));
	EXPECT_STATUS(E_CORRUPT, index_db_merge(f.db));
	cr_assert_eq(files_of(&f), 1 + 8); /* ids are one run, tags eight, and nothing half done */
	fixture_clear(&f);
}

Test(index_db, a_commit_that_cannot_be_written_adds_nothing_and_the_next_one_does)
{
	struct fixture f = fixture_new();
	char from[80], to[80];

	commit(&f, 2, 6);
	snprintf(from, sizeof(from), "%s/index", f.dir);
	snprintf(to, sizeof(to), "%s/away", f.dir);
	put(&f, 6);
	cr_assert_eq(rename(from, to), 0);
	cr_assert_neq(index_db_commit(f.db, f.size + 6), OK);
	cr_assert_eq(rename(to, from), 0);
	expect_all(&f);
	commit(&f, 1, 6);
	expect_all(&f);
	cr_assert_eq(files_of(&f), 6);
	fixture_clear(&f);
}
