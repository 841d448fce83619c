#include "auditlog/core/tagmap.h"

#include <string.h>

#include "auditlog/base/clock.h"

#define LEAF_LABEL  "ombud log.map v1\n"
#define CHAIN_LABEL "ombud log.map v1 chain\n"

/* ---- months ---- */

void
tagmap_put_month(struct buf *out, unsigned month)
{
	buf_printf(out, "%04u-%02u", month / 12, month % 12 + 1);
}

static bool
two_digits(const char *p, unsigned *out)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*out = (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
	return true;
}

enum status
tagmap_parse_month(struct str text, unsigned *out)
{
	unsigned century = 0, year = 0, month = 0;

	if (text.n != TAGMAP_MONTH_LEN || text.p[4] != '-' || !two_digits(text.p, &century) ||
	    !two_digits(text.p + 2, &year) || !two_digits(text.p + 5, &month))
		return E_INVALID;
	year += century * 100;
	if (year < 1970 || year > 9998 || month < 1 || month > 12)
		return E_INVALID;
	*out = year * 12 + month - 1;
	return OK;
}

unsigned
tagmap_month_of(int64_t us)
{
	CLEANUP(buf_clear) struct buf text = BUF(TAGMAP_MONTH_LEN);
	unsigned month = 0;

	clock_put_month(&text, us);
	return tagmap_parse_month(buf_str(&text), &month) == OK ? month : 0;
}

static int64_t
begin_of(unsigned month)
{
	CLEANUP(buf_clear) struct buf text = BUF(16);
	int64_t us = 0;

	tagmap_put_month(&text, month);
	buf_put_cstr(&text, "-01");
	return clock_parse_rfc3339(buf_str(&text), &us) == OK ? us : INT64_MAX;
}

void
tagmap_month_bounds(unsigned month, int64_t *from_us, int64_t *until_us)
{
	*from_us = begin_of(month);
	*until_us = begin_of(month + 1);
}

bool
tagmap_is_tag(struct str text)
{
	if (text.n != ENTRY_TAG_LEN)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i], low = (char)(c | 0x20);

		if (!((low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return true;
}

/* ---- leaves ---- */

static struct str
u64_bytes(uint64_t v, char out[8])
{
	for (int i = 0; i < 8; i++)
		out[i] = (char)(uint8_t)(v >> (56 - 8 * i));
	return str_from(out, 8);
}

void
tagmap_start(struct tagmap_leaf *l, const char tag[ENTRY_TAG_LEN])
{
	const struct str parts[] = { STR(CHAIN_LABEL), str_from(tag, ENTRY_TAG_LEN) };

	memcpy(l->tag, tag, ENTRY_TAG_LEN);
	l->count = 0;
	l->chain = hash_sha256_parts(parts, ARRAY_LEN(parts));
}

void
tagmap_count(struct tagmap_leaf *l, uint64_t index)
{
	char number[8];
	const struct str parts[] = { hash_str(&l->chain), u64_bytes(index, number) };

	l->chain = hash_sha256_parts(parts, ARRAY_LEN(parts));
	l->count++;
}

struct hash
tagmap_hash(unsigned month, const struct tagmap_leaf *l)
{
	char bytes[sizeof(LEAF_LABEL) + TAGMAP_MONTH_LEN + ENTRY_TAG_LEN + 8 + HASH_LEN];
	struct buf text = { .p = bytes, .cap = sizeof(bytes), .max = sizeof(bytes) };

	buf_put(&text, STR(LEAF_LABEL));
	tagmap_put_month(&text, month);
	buf_put_bytes(&text, l->tag, ENTRY_TAG_LEN);
	buf_put_u64(&text, l->count);
	buf_put(&text, hash_str(&l->chain));
	return hash_leaf(buf_str(&text));
}

/* ---- facts ---- */

static void
keep(char *to, size_t room, const struct buf *text)
{
	size_t n = text->n < room ? text->n : room - 1;

	memcpy(to, text->p, n);
	to[n] = '\0';
}

void
tagmap_put_facts(const struct tagmap_facts *f, struct tagmap_words *words, struct entry_fact out[TAGMAP_FACTS])
{
	CLEANUP(buf_clear) struct buf month = BUF(16);
	CLEANUP(buf_clear) struct buf until = BUF(32);
	CLEANUP(buf_clear) struct buf root = BUF(64);

	tagmap_put_month(&month, f->month);
	clock_put_rfc3339(&until, f->until_us);
	hash_put_base64(&root, &f->root);
	keep(words->month, sizeof(words->month), &month);
	keep(words->until, sizeof(words->until), &until);
	keep(words->root, sizeof(words->root), &root);
	out[0] = (struct entry_fact){ .name = STR("month"), .text = str_of(words->month) };
	out[1] = (struct entry_fact){ .name = STR("first"), .number = f->first };
	out[2] = (struct entry_fact){ .name = STR("size"), .number = f->size };
	out[3] = (struct entry_fact){ .name = STR("until"), .text = str_of(words->until) };
	out[4] = (struct entry_fact){ .name = STR("tags"), .number = f->tags };
	out[5] = (struct entry_fact){ .name = STR("root"), .text = str_of(words->root) };
	out[6] = (struct entry_fact){ .name = STR("closed"), .number = f->closed };
}

static bool
named_right(const struct entry *e)
{
	static const char *const NAMES[TAGMAP_FACTS] = { "month", "first", "size", "until", "tags", "root", "closed" };
	static const char TEXT[TAGMAP_FACTS] = { 1, 0, 0, 1, 0, 1, 0 };

	if (e->event != ENTRY_LOG_MAP || e->about_count != 0 || e->fact_count != TAGMAP_FACTS)
		return false;
	for (size_t i = 0; i < TAGMAP_FACTS; i++)
		if (!str_is(e->facts[i].name, NAMES[i]) || (e->facts[i].text.p != NULL) != (TEXT[i] == 1))
			return false;
	return true;
}

enum status
tagmap_get_facts(const struct entry_view *v, struct tagmap_facts *out)
{
	const struct entry_fact *facts = v->entry.facts;
	struct tagmap_facts f = { 0 };
	struct hash none = hash_empty();

	if (!named_right(&v->entry))
		return E_INVALID;
	TRY(tagmap_parse_month(facts[0].text, &f.month));
	if (facts[3].text.n != CLOCK_RFC3339_LEN)
		return E_INVALID;
	TRY(clock_parse_rfc3339(facts[3].text, &f.until_us));
	TRY(hash_from_base64(facts[5].text, &f.root));
	f.first = facts[1].number;
	f.size = facts[2].number;
	f.tags = facts[4].number;
	f.closed = facts[6].number == 1;
	/* The entry itself comes behind what it covers. */
	if (facts[6].number > 1 || f.first >= f.size || f.size > v->index || f.until_us >= v->time_us ||
	    tagmap_month_of(f.until_us) != f.month)
		return E_INVALID;
	if (!f.closed && v->index - f.size > TAGMAP_LAG_MAX)
		return E_INVALID;
	if (f.tags == 0 && !hash_eq(&f.root, &none))
		return E_INVALID;
	*out = f;
	return OK;
}

/* ---- answers ---- */

static enum status
check_place(const struct tagmap_facts *f, const struct tagmap_place *p)
{
	struct hash leaf = tagmap_hash(f->month, &p->leaf);

	if (p->leaf.count == 0 || p->position >= f->tags)
		return E_CORRUPT;
	return proof_check_inclusion(&p->path, p->position, f->tags, &leaf, &f->root);
}

static enum status
check_left(const struct tagmap_facts *f, struct str tag, const struct tagmap_place *p)
{
	if (memcmp(p->leaf.tag, tag.p, ENTRY_TAG_LEN) >= 0)
		return E_CORRUPT;
	return check_place(f, p);
}

static enum status
check_right(const struct tagmap_facts *f, struct str tag, const struct tagmap_place *p)
{
	if (memcmp(p->leaf.tag, tag.p, ENTRY_TAG_LEN) <= 0)
		return E_CORRUPT;
	return check_place(f, p);
}

enum status
tagmap_check(const struct tagmap_facts *f, struct str tag, const struct tagmap_answer *a)
{
	uint64_t next = a->has_left ? a->left.position + 1 : 0;

	if (!tagmap_is_tag(tag) || (a->present && (a->has_left || a->has_right)))
		return E_CORRUPT;
	if (a->present)
		return memcmp(a->at.leaf.tag, tag.p, ENTRY_TAG_LEN) == 0 ? check_place(f, &a->at) : E_CORRUPT;
	if (a->has_left)
		TRY(check_left(f, tag, &a->left));
	if (a->has_right)
		TRY(check_right(f, tag, &a->right));
	/* The right one stands directly behind the left one; where one is missing the map begins or ends. */
	if (a->has_right)
		return a->right.position == next ? OK : E_CORRUPT;
	return f->tags == next ? OK : E_CORRUPT;
}

/* ---- entries, quickly ---- */

/* Every quote within a text has a backslash before it: these words can stand in one place only. */
static const struct str ABOUT = STR_INIT(",\"about\":[");
static const struct str TAG = STR_INIT("{\"tag\":\"");
static const struct str EVENT = STR_INIT("\",\"event\":\"log.map\",");
/* From the start of a line to its id, with an index of one digit: nothing of interest is before. */
#define HEAD_LEN ((size_t)120)

/* Brackets are few: looking for them is a fraction of looking for the word. */
struct str
tagmap_tags(struct str line)
{
	struct str rest = str_slice(line, HEAD_LEN, line.n);
	const char *at;

	while (rest.n > 0 && (at = memchr(rest.p, '[', rest.n)) != NULL) {
		rest = str_from(at + 1, rest.n - (size_t)(at + 1 - rest.p));
		if (memcmp(at + 1 - ABOUT.n, ABOUT.p, ABOUT.n) == 0)
			return rest;
	}
	return (struct str){ 0 };
}

/* The entry is well-formed: what is behind the tag says where it ends. */
bool
tagmap_next_tag(struct str *rest, struct str *tag)
{
	const char *brace;

	if (rest->n < TAG.n + ENTRY_TAG_LEN + 1 || !str_starts(*rest, TAG) || rest->p[TAG.n + ENTRY_TAG_LEN] != '"')
		return false;
	brace = memchr(rest->p, '}', rest->n);
	if (brace == NULL)
		return false;
	*tag = str_from(rest->p + TAG.n, ENTRY_TAG_LEN);
	*rest = str_from(brace + 1, rest->n - (size_t)(brace + 1 - rest->p));
	if (rest->n > 0 && rest->p[0] == ',')
		*rest = str_slice(*rest, 1, rest->n);
	return true;
}

bool
tagmap_is_map(struct str line)
{
	struct str rest = str_slice(line, HEAD_LEN, 200);
	size_t at = str_find(rest, EVENT);

	return at < rest.n;
}
