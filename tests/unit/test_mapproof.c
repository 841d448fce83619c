/* test_mapproof.c: a proof of completeness holds as it was made, and never again once a byte of it is gone or a bit
 * turned. */
#include <criterion/criterion.h>

#include "auditlog/base/clock.h"
#include "auditlog/client/mapfile.h"
#include "auditlog/client/mapproof.h"
#include "tests/unit/log_maker.h"

#define A    "AAAAAAAAAAAAAAAAAAAAAA"
#define B    "BBBBBBBBBBBBBBBBBBBBBB"
#define C    "CCCCCCCCCCCCCCCCCCCCCC"
#define NONE "ABABABABABABABABABABAB"

/* A log of a few looks and the map of them; a proof about any tag. */
struct fixture {
	struct log_maker *log;
	struct mapfile_growth growth;
	struct tagmap_facts facts;
	uint64_t map_entry;
	struct buf checkpoint, proof;
	struct note_key key;
};

static enum status
open_file(void *ctx, int *fd)
{
	char path[] = "/tmp/test_mapproof.XXXXXX";

	(void)ctx;
	*fd = mkstemp(path);
	cr_assert_geq(*fd, 0);
	unlink(path);
	return OK;
}

static void
add(struct fixture *f, const struct entry *e)
{
	CLEANUP(buf_clear) struct buf fragment = { 0 };
	struct log_maker *m = f->log;
	struct hash none = { 0 };
	const struct hash *prev = m->size ? &m->leaf[m->size - 1] : &none;

	EXPECT_OK(entry_encode_fragment(e, &fragment));
	EXPECT_OK(
	    entry_compose(prev, m->size, LOG_MAKER_FIRST_US + (int64_t)m->size, buf_str(&fragment), &m->line[m->size]));
	m->leaf[m->size] = hash_leaf(buf_str(&m->line[m->size]));
	EXPECT_OK(merkle_add(&m->tree, &m->leaf[m->size], log_maker_sink, m));
	m->size++;
}

static void
look(struct fixture *f, const char *tag)
{
	struct entry e = { .id = uuid_new(), .event = ENTRY_AUTH_LOGIN, .by = { .service = STR("svc_portal") } };

	e.about[0].tag = str_of(tag);
	e.about_count = 1;
	EXPECT_OK(mapfile_add(&f->growth, tag, f->log->size));
	add(f, &e);
}

static void
map(struct fixture *f)
{
	struct tagmap_words words;
	struct entry e = { .id = uuid_new(),
			   .event = ENTRY_LOG_MAP,
			   .by = { .service = STR("auditlogd") },
			   .fact_count = TAGMAP_FACTS };

	EXPECT_OK(mapfile_settle(&f->growth));
	f->facts = (struct tagmap_facts){ .month = f->growth.at.month,
					  .size = f->log->size,
					  .until_us = LOG_MAKER_FIRST_US + (int64_t)f->log->size - 1,
					  .tags = f->growth.at.tags,
					  .root = f->growth.at.root };
	tagmap_put_facts(&f->facts, &words, e.facts);
	f->map_entry = f->log->size;
	add(f, &e);
}

static void
prove(struct fixture *f, const char *tag)
{
	CLEANUP(buf_clear) struct buf answer = BUF(MAPPROOF_ANSWER_MAX);
	CLEANUP(logread_freep) struct logread *log = NULL;
	struct mapproof_said said = { .index = f->map_entry };
	struct tagmap_answer a;
	uint64_t index[8];
	size_t count = 0;

	for (uint64_t i = 0; i < f->facts.size; i++)
		if (str_find(buf_str(&f->log->line[i]), str_of(tag)) < f->log->line[i].n)
			index[count++] = i;
	EXPECT_OK(mapfile_answer(&f->growth.at, str_of(tag), &a));
	EXPECT_OK(mapproof_put_answer(&a, index, count, &answer));
	said.answer = buf_str(&answer);
	EXPECT_OK(logread_open(f->log->dir, &log));
	f->proof = BUF(MAPPROOF_MAX);
	EXPECT_OK(mapproof_put(log, buf_str(&f->checkpoint), str_of(tag), f->facts.month, &said, 1, &f->proof));
}

static struct fixture *
fixture(const char *tag)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct mapfile none = { .fd = -1, .month = tagmap_month_of(LOG_MAKER_FIRST_US) };

	f->log = log_maker_new(0);
	EXPECT_OK(mapfile_begin(&f->growth, (struct mapfile_place){ open_file, NULL }, none));
	look(f, A);
	look(f, B);
	look(f, A);
	look(f, C);
	map(f);
	look(f, A); /* behind the map: not its business */
	log_maker_write_bundles(f->log);
	log_maker_write_tiles(f->log);
	log_maker_checkpoint(f->log, &f->checkpoint);
	EXPECT_OK(note_parse_vkey(buf_str(&f->log->vkey), &f->key));
	prove(f, tag);
	return f;
}

static void
release(struct fixture *f)
{
	mapfile_end(&f->growth);
	buf_clear(&f->checkpoint);
	buf_clear(&f->proof);
	log_maker_free(f->log);
	free(f);
}

/* All that `auditlog check` does. */
static enum status
check(const struct fixture *f, struct str text, const char *tag, size_t *count)
{
	struct mapproof *p = calloc(1, sizeof(*p));
	struct checkpoint head;
	const char *why = "";
	enum status st = mapproof_parse(text, p);

	if (st == OK && !str_is(p->tag, tag))
		st = E_CORRUPT;
	if (st == OK)
		st = checkpoint_open(p->checkpoint, &f->key, &head, NULL);
	if (st == OK)
		st = mapproof_check(p, &head, &why);
	if (st == OK && count != NULL)
		*count = mapproof_main(p)->count;
	mapproof_clear(p);
	free(p);
	return st;
}

static void
expect_never(const struct fixture *f, const char *tag)
{
	CLEANUP(buf_clear) struct buf bent = BUF(MAPPROOF_MAX);

	for (size_t n = 0; n < f->proof.n; n++)
		cr_assert_neq(check(f, str_slice(buf_str(&f->proof), 0, n), tag, NULL), OK, "cut at %zu", n);
	for (size_t n = 0; n < f->proof.n; n++) {
		buf_reset(&bent);
		buf_put(&bent, buf_str(&f->proof));
		for (int bit = 0; bit < 8; bit++) {
			bent.p[n] = (char)(f->proof.p[n] ^ (1 << bit));
			cr_assert_neq(check(f, buf_str(&bent), tag, NULL), OK, "bit %d of byte %zu", bit, n);
		}
	}
	buf_reset(&bent);
	buf_put(&bent, buf_str(&f->proof));
	buf_put_char(&bent, '\n');
	cr_assert_neq(check(f, buf_str(&bent), tag, NULL), OK, "something behind it");
}

Test(mapproof, these_are_all_holds_and_no_change_of_it_does, .timeout = 120)
{
	struct fixture *f = fixture(A);
	size_t count = 0;

	EXPECT_OK(check(f, buf_str(&f->proof), A, &count));
	cr_assert_eq(count, 2);
	EXPECT_STATUS(E_CORRUPT, check(f, buf_str(&f->proof), B, NULL));
	expect_never(f, A);
	release(f);
}

Test(mapproof, there_are_none_holds_and_no_change_of_it_does, .timeout = 120)
{
	struct fixture *f = fixture(NONE);
	size_t count = 9;

	EXPECT_OK(check(f, buf_str(&f->proof), NONE, &count));
	cr_assert_eq(count, 0);
	expect_never(f, NONE);
	release(f);
}

Test(mapproof, an_answer_with_another_number_of_entries_is_not_written)
{
	struct fixture *f = fixture(A);
	CLEANUP(buf_clear) struct buf out = BUF(4096);
	struct tagmap_answer a;
	uint64_t index[3] = { 0, 2, 5 };

	EXPECT_OK(mapfile_answer(&f->growth.at, STR(A), &a));
	EXPECT_STATUS(E_INVALID, mapproof_put_answer(&a, index, 1, &out));
	EXPECT_STATUS(E_INVALID, mapproof_put_answer(&a, index, 3, &out));
	EXPECT_STATUS(E_TOO_LARGE, mapproof_put_answer(&a, index, MAPPROOF_INDICES_MAX + 1, &out));
	release(f);
}

Test(mapproof, a_checkpoint_older_than_the_map_makes_no_proof)
{
	struct fixture *f = fixture(A);
	CLEANUP(logread_freep) struct logread *log = NULL;
	CLEANUP(buf_clear) struct buf out = BUF(MAPPROOF_MAX);
	struct mapproof_said said = { .index = f->log->size, .answer = STR("") };

	EXPECT_OK(logread_open(f->log->dir, &log));
	EXPECT_STATUS(E_INVALID, mapproof_put(log, buf_str(&f->checkpoint), STR(A), f->facts.month, &said, 1, &out));
	release(f);
}

Test(mapproof, facts_that_cannot_be_are_refused)
{
	static const char *const wrong[][2] = {
		{ "\"first\":0", "\"first\":4" },
		{ "\"size\":4", "\"size\":6" },
		{ "\"size\":4", "\"size\":0" },
		{ "\"closed\":0", "\"closed\":2" },
		{ "\"tags\":3", "\"tags\":0" },
		{ "\"month\":\"", "\"month\":\"x" },
		{ "\"root\":", "\"rood\":" },
		{ "\"closed\":0", "\"closed\":0,\"more\":1" },
		{ "\"tags\":3,", "" },
		{ "log.map", "log.fault" },
		{ "\"until\":\"2026", "\"until\":\"2025" },
		{ "\"until\":\"2026", "\"until\":\"2027" },
	};
	struct fixture *f = fixture(A);
	struct str line = buf_str(&f->log->line[f->map_entry]);
	struct entry_view v = { 0 };
	struct tagmap_facts facts;

	EXPECT_OK(entry_parse(line, &v));
	EXPECT_OK(tagmap_get_facts(&v, &facts));
	cr_assert(tagmap_is_map(line));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CLEANUP(buf_clear) struct buf bent = BUF(ENTRY_MAX);
		size_t at = str_find(line, str_of(wrong[i][0]));

		cr_assert_lt(at, line.n, "%s", wrong[i][0]);
		buf_put(&bent, str_slice(line, 0, at));
		buf_put_cstr(&bent, wrong[i][1]);
		buf_put(&bent, str_slice(line, at + strlen(wrong[i][0]), line.n));
		cr_assert(entry_parse(buf_str(&bent), &v) != OK || tagmap_get_facts(&v, &facts) != OK, "%s",
			  wrong[i][1]);
	}
	release(f);
}

Test(mapproof, the_quick_look_for_tags_finds_what_reading_the_whole_entry_finds)
{
	struct entry e = { .id = uuid_new(),
			   .event = ENTRY_AUTH_LOGIN,
			   .by = { .service = STR("svc\",\"about\":[{\"tag\":\"x") } };
	struct fixture f = { .log = calloc(1, sizeof(*f.log)) };
	struct str rest, tag;

	e.about[0] = (struct entry_about){ .tag = STR(A), .sealed = STR("c2VhbGVk") };
	e.about[1] = (struct entry_about){ .tag = STR(B) };
	e.about_count = 2;
	e.case_ref = STR(",\"about\":[{\"tag\":\"" C "\"}]");
	add(&f, &e);
	rest = tagmap_tags(buf_str(&f.log->line[0]));
	cr_assert(tagmap_next_tag(&rest, &tag) && str_is(tag, A));
	cr_assert(tagmap_next_tag(&rest, &tag) && str_is(tag, B));
	cr_assert(!tagmap_next_tag(&rest, &tag));
	cr_assert(!tagmap_is_map(buf_str(&f.log->line[0])));
	buf_clear(&f.log->line[0]);
	buf_clear(&f.log->tile[0]);
	buf_clear(&f.log->tile[1]);
	free(f.log);
}
