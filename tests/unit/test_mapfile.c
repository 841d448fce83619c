/* test_mapfile.c: maps that grow by merging give the root of all their leaves, and answers that follow from it. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "auditlog/base/encode.h"
#include "auditlog/base/file.h"
#include "auditlog/client/mapfile.h"
#include "tests/unit/expect.h"

#define MONTH (2026 * 12 + 10)

struct files {
	int opened, newest;
};

static enum status
open_file(void *ctx, int *fd)
{
	struct files *f = ctx;
	char path[] = "/tmp/test_mapfile.XXXXXX";

	*fd = mkstemp(path);
	cr_assert_geq(*fd, 0);
	unlink(path);
	f->opened++;
	f->newest = *fd;
	return OK;
}

static enum status
no_file(void *ctx, int *fd)
{
	(void)ctx;
	(void)fd;
	return E_IO;
}

/* The tag of person n: spread like a hash, as tags are. */
static void
tag_of(uint64_t n, char tag[ENTRY_TAG_LEN])
{
	CLEANUP(buf_clear) struct buf bytes = BUF(64), text = BUF(64);
	struct hash h;

	buf_put_u64(&bytes, n);
	h = hash_sha256(buf_str(&bytes));
	encode_base64url(&text, str_from(h.b, 16));
	memcpy(tag, text.p, ENTRY_TAG_LEN);
}

static void
begin(struct mapfile_growth *g, struct files *f)
{
	struct mapfile none = { .fd = -1, .month = MONTH };

	EXPECT_OK(mapfile_begin(g, (struct mapfile_place){ open_file, f }, none));
}

/* Entry i is about person i mod people. */
static void
add_some(struct mapfile_growth *g, uint64_t from, uint64_t to, uint64_t people)
{
	char tag[ENTRY_TAG_LEN];

	for (uint64_t i = from; i < to; i++) {
		tag_of(i % people, tag);
		EXPECT_OK(mapfile_add(g, tag, i));
	}
}

static int
by_tag(const void *a, const void *b)
{
	return memcmp(((const struct tagmap_leaf *)a)->tag, ((const struct tagmap_leaf *)b)->tag, ENTRY_TAG_LEN);
}

/* The same straight from the definition, all of it in memory. */
static struct hash
root_of(uint64_t entries, uint64_t people)
{
	CLEANUP(freep) struct tagmap_leaf *leaf = calloc(people, sizeof(*leaf));
	struct merkle tree = { 0 };

	for (uint64_t p = 0; p < people; p++) {
		char tag[ENTRY_TAG_LEN];

		tag_of(p, tag);
		tagmap_start(&leaf[p], tag);
		for (uint64_t i = p; i < entries; i += people)
			tagmap_count(&leaf[p], i);
	}
	qsort(leaf, people, sizeof(*leaf), by_tag);
	for (uint64_t p = 0; p < people; p++) {
		struct hash h = tagmap_hash(MONTH, &leaf[p]);

		EXPECT_OK(merkle_add(&tree, &h, NULL, NULL));
	}
	return merkle_root(&tree);
}

static struct tagmap_facts
facts_of(const struct mapfile *m)
{
	return (struct tagmap_facts){ .month = MONTH, .size = 1, .tags = m->tags, .root = m->root };
}

Test(mapfile, an_empty_map_has_the_root_of_nothing_and_no_file)
{
	struct files f = { 0 };
	struct mapfile_growth g;
	struct tagmap_answer a;
	struct tagmap_facts facts;
	struct hash none = hash_empty();

	begin(&g, &f);
	EXPECT_OK(mapfile_settle(&g));
	cr_assert_eq(f.opened, 0);
	cr_assert(hash_eq(&g.at.root, &none));
	EXPECT_OK(mapfile_answer(&g.at, STR("AAAAAAAAAAAAAAAAAAAAAA"), &a));
	facts = facts_of(&g.at);
	EXPECT_OK(tagmap_check(&facts, STR("AAAAAAAAAAAAAAAAAAAAAA"), &a));
	cr_assert(!a.present && !a.has_left && !a.has_right);
	mapfile_end(&g);
	mapfile_end(&g);
}

Test(mapfile, growing_in_any_steps_gives_the_root_of_all)
{
	static const uint64_t people[] = { 1, 2, 3, 255, 256, 257, 600 };

	for (size_t p = 0; p < ARRAY_LEN(people); p++) {
		struct files f = { 0 };
		struct mapfile_growth g;
		struct hash want = root_of(1500, people[p]);

		begin(&g, &f);
		for (uint64_t from = 0, step = 1; from < 1500; from += step, step = step * 2 + 1) {
			add_some(&g, from, from + step < 1500 ? from + step : 1500, people[p]);
			EXPECT_OK(mapfile_settle(&g));
		}
		cr_assert_eq(g.at.tags, people[p]);
		cr_assert(hash_eq(&g.at.root, &want), "%llu people", (unsigned long long)people[p]);
		EXPECT_OK(mapfile_verify(&g.at));
		mapfile_end(&g);
	}
}

Test(mapfile, every_tag_and_every_gap_has_an_answer_that_follows_from_the_root)
{
	struct files f = { 0 };
	struct mapfile_growth g;
	struct tagmap_facts facts;

	begin(&g, &f);
	add_some(&g, 0, 700, 600);
	EXPECT_OK(mapfile_settle(&g));
	facts = facts_of(&g.at);
	for (uint64_t p = 0; p < 1200; p++) {
		char tag[ENTRY_TAG_LEN];
		struct tagmap_answer a;

		tag_of(p, tag);
		EXPECT_OK(mapfile_answer(&g.at, str_from(tag, sizeof(tag)), &a));
		cr_assert_eq(a.present, p < 600);
		EXPECT_OK(tagmap_check(&facts, str_from(tag, sizeof(tag)), &a));
		if (a.present)
			cr_assert_eq(a.at.leaf.count, p < 100 ? 2 : 1);
		/* The answer about one is none about another. */
		tag_of(p + 1, tag);
		EXPECT_STATUS(E_CORRUPT, p + 1 < 600 || a.present ? tagmap_check(&facts, str_from(tag, sizeof(tag)), &a)
								  : E_CORRUPT);
	}
	mapfile_end(&g);
}

Test(mapfile, an_answer_bent_anywhere_does_not_follow)
{
	struct files f = { 0 };
	struct mapfile_growth g;
	struct tagmap_answer a, bent;
	struct tagmap_facts facts, other;
	char tag[ENTRY_TAG_LEN];

	begin(&g, &f);
	add_some(&g, 0, 40, 40);
	EXPECT_OK(mapfile_settle(&g));
	facts = facts_of(&g.at);
	tag_of(7, tag);
	EXPECT_OK(mapfile_answer(&g.at, str_from(tag, sizeof(tag)), &a));
	for (size_t i = 0; i < a.at.path.n; i++) {
		bent = a;
		bent.at.path.h[i].b[i] ^= 1;
		EXPECT_STATUS(E_CORRUPT, tagmap_check(&facts, str_from(tag, sizeof(tag)), &bent));
	}
	bent = a;
	bent.at.leaf.count++;
	EXPECT_STATUS(E_CORRUPT, tagmap_check(&facts, str_from(tag, sizeof(tag)), &bent));
	bent = a;
	bent.at.position ^= 1;
	EXPECT_STATUS(E_CORRUPT, tagmap_check(&facts, str_from(tag, sizeof(tag)), &bent));
	bent = (struct tagmap_answer){ 0 };
	EXPECT_STATUS(E_CORRUPT, tagmap_check(&facts, str_from(tag, sizeof(tag)), &bent));
	other = facts;
	other.month++; /* the map of another month, with the same root */
	EXPECT_STATUS(E_CORRUPT, tagmap_check(&other, str_from(tag, sizeof(tag)), &a));
	mapfile_end(&g);
}

Test(mapfile, the_absence_of_a_tag_that_is_there_cannot_be_made_from_its_neighbours)
{
	struct files f = { 0 };
	struct mapfile_growth g;
	struct tagmap_facts facts;
	char tag[ENTRY_TAG_LEN], near[ENTRY_TAG_LEN];

	begin(&g, &f);
	add_some(&g, 0, 300, 300);
	EXPECT_OK(mapfile_settle(&g));
	facts = facts_of(&g.at);
	for (uint64_t p = 0; p < 300; p++) {
		struct tagmap_answer lie = { 0 }, below, above;
		char last;

		/* What stands before and behind it, from questions about tags just beside it. */
		tag_of(p, tag);
		memcpy(near, tag, sizeof(near));
		last = near[21];
		near[21] = '-';
		EXPECT_OK(mapfile_answer(&g.at, str_from(near, sizeof(near)), &below));
		near[21] = 'z';
		EXPECT_OK(mapfile_answer(&g.at, str_from(near, sizeof(near)), &above));
		if (last == '-' || last == 'z')
			continue;
		lie.has_left = below.has_left;
		lie.left = below.left;
		lie.has_right = above.has_right;
		lie.right = above.right;
		EXPECT_STATUS(E_CORRUPT, tagmap_check(&facts, str_from(tag, sizeof(tag)), &lie));
		lie.right.position = lie.left.position + 1;
		EXPECT_STATUS(E_CORRUPT, tagmap_check(&facts, str_from(tag, sizeof(tag)), &lie));
	}
	mapfile_end(&g);
}

Test(mapfile, a_hundred_thousand_tags_need_no_more_memory_than_a_few, .timeout = 120)
{
	struct files f = { 0 };
	struct mapfile_growth g;
	struct tagmap_answer a;
	struct tagmap_facts facts;
	char tag[ENTRY_TAG_LEN];
	uint64_t entries = 2 * MAPFILE_PAIRS + 1000;
	size_t most = 0;

	begin(&g, &f);
	for (uint64_t i = 0; i < entries; i++) {
		tag_of(i % 100000, tag);
		EXPECT_OK(mapfile_add(&g, tag, i));
		most = g.n > most ? g.n : most;
	}
	EXPECT_OK(mapfile_settle(&g));
	/* Pairs in memory, never more than that; the rest was in the file each time. */
	cr_assert_leq(most, MAPFILE_PAIRS + ENTRY_ABOUT_MAX);
	cr_assert_eq(f.opened, 3);
	cr_assert_eq(g.at.tags, 100000);
	cr_assert_eq((uint64_t)lseek(g.at.fd, 0, SEEK_END), mapfile_bytes(100000));
	tag_of(99999, tag);
	EXPECT_OK(mapfile_answer(&g.at, str_from(tag, sizeof(tag)), &a));
	facts = facts_of(&g.at);
	EXPECT_OK(tagmap_check(&facts, str_from(tag, sizeof(tag)), &a));
	cr_assert_leq(a.at.path.n, 17);
	mapfile_end(&g);
}

Test(mapfile, a_tag_twice_in_one_entry_counts_once_even_where_two_merges_meet)
{
	struct files f = { 0 };
	struct mapfile_growth g;
	struct tagmap_answer a;
	char tag[ENTRY_TAG_LEN];

	begin(&g, &f);
	add_some(&g, 0, MAPFILE_PAIRS - 1, 10);
	tag_of(77, tag);
	EXPECT_OK(mapfile_add(&g, tag, MAPFILE_PAIRS));
	EXPECT_OK(mapfile_add(&g, tag, MAPFILE_PAIRS));
	EXPECT_OK(mapfile_settle(&g));
	EXPECT_OK(mapfile_answer(&g.at, str_from(tag, sizeof(tag)), &a));
	cr_assert_eq(a.at.leaf.count, 1);
	mapfile_end(&g);
}

Test(mapfile, a_damaged_file_is_noticed_at_every_byte)
{
	struct files f = { 0 };
	struct mapfile_growth g;

	begin(&g, &f);
	add_some(&g, 0, 300, 300);
	EXPECT_OK(mapfile_settle(&g));
	for (off_t at = 0; at < (off_t)mapfile_bytes(300); at += 7) {
		unsigned char byte;

		EXPECT_OK(file_pread_all(g.at.fd, &byte, 1, at));
		byte ^= 0x10;
		EXPECT_OK(file_pwrite_all(g.at.fd, &byte, 1, at));
		EXPECT_STATUS(E_CORRUPT, mapfile_verify(&g.at));
		byte ^= 0x10;
		EXPECT_OK(file_pwrite_all(g.at.fd, &byte, 1, at));
	}
	EXPECT_OK(mapfile_verify(&g.at));
	cr_assert_eq(ftruncate(g.at.fd, 1000), 0);
	EXPECT_STATUS(E_IO, mapfile_verify(&g.at));
	mapfile_end(&g);
}

Test(mapfile, without_room_for_a_file_the_map_stays_what_it_was)
{
	struct files f = { 0 };
	struct mapfile_growth g;
	struct hash before, want = root_of(20, 10);

	begin(&g, &f);
	add_some(&g, 0, 10, 10);
	EXPECT_OK(mapfile_settle(&g));
	before = g.at.root;
	g.place.open = no_file;
	add_some(&g, 10, 20, 10);
	EXPECT_STATUS(E_IO, mapfile_settle(&g));
	cr_assert(hash_eq(&g.at.root, &before));
	g.place.open = open_file;
	EXPECT_OK(mapfile_settle(&g));
	cr_assert(hash_eq(&g.at.root, &want));
	mapfile_end(&g);
}
