/*
 * fuzz_mapproof.c: proofs of completeness, the map's own facts, and months. The first byte says what the rest is.
 *
 * A file that reads holds its answers in the one spelling that we write; nothing that was not made from our tree holds
 * under a root that only this process knows. Facts of a log.map entry are written again to the same ones.
 */
#include "auditlog/base/random.h"
#include "auditlog/client/mapproof.h"
#include "tests/fuzz/oracle.h"

static struct hash
secret_root(void)
{
	static struct hash root;

	if (root.b[0] == 0)
		random_bytes(root.b, sizeof(root.b));
	return root;
}

static void
check_answer(struct str text, const struct mapproof_part *part)
{
	CLEANUP(buf_clear) struct buf again = BUF(MAPPROOF_ANSWER_MAX);

	must(part->count <= MAPPROOF_INDICES_MAX && part->answer.present == (part->count > 0));
	for (size_t i = 1; i < part->count; i++)
		must(part->index[i - 1] < part->index[i]);
	must(mapproof_put_answer(&part->answer, part->index, part->count, &again) == OK);
	must(str_find(text, buf_str(&again)) < text.n);
}

static void
check_file(struct str text)
{
	static struct mapproof p;
	struct checkpoint head = { .size = MERKLE_SIZE_MAX, .root = secret_root() };
	const char *why = NULL;

	memset(&p, 0, sizeof(p));
	if (mapproof_parse(text, &p) == OK) {
		must(mapproof_is(text) && p.parts >= 1 && p.parts <= MAPPROOF_PARTS_MAX && tagmap_is_tag(p.tag));
		for (size_t i = 0; i < p.parts; i++)
			check_answer(text, &p.part[i]);
		must(mapproof_check(&p, &head, &why) == E_CORRUPT && why != NULL);
	}
	mapproof_clear(&p);
}

static void
check_facts(struct str line)
{
	static struct entry_view v;
	struct entry_fact again[TAGMAP_FACTS];
	struct tagmap_words words;
	struct tagmap_facts f;
	struct tagmap_answer nothing = { 0 };

	if (entry_parse(line, &v) != OK || tagmap_get_facts(&v, &f) != OK)
		return;
	must(f.size > f.first && f.size <= v.index);
	tagmap_put_facts(&f, &words, again);
	for (size_t i = 0; i < TAGMAP_FACTS; i++)
		must(str_eq(again[i].name, v.entry.facts[i].name) && str_eq(again[i].text, v.entry.facts[i].text) &&
		     again[i].number == v.entry.facts[i].number);
	f.root = secret_root();
	must(tagmap_check(&f, STR("AAAAAAAAAAAAAAAAAAAAAA"), &nothing) != OK);
}

static void
check_month(struct str text)
{
	CLEANUP(buf_clear) struct buf again = BUF(64);
	unsigned month = 0;
	int64_t from = 0, until = 0;

	if (tagmap_parse_month(text, &month) != OK)
		return;
	tagmap_put_month(&again, month);
	must(str_eq(buf_str(&again), text));
	tagmap_month_bounds(month, &from, &until);
	must(from < until && tagmap_month_of(from) == month && tagmap_month_of(until - 1) == month &&
	     tagmap_month_of(until) == month + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const checks[])(struct str) = { check_file, check_facts, check_month };
	struct str rest;
	uint8_t first = oracle_first(data, n, &rest);

	checks[first % ARRAY_LEN(checks)](rest);
	return 0;
}
