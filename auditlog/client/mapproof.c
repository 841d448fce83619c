#include "auditlog/client/mapproof.h"

#include <stdlib.h>

static const struct str FIRST_LINE = STR_INIT("ombud-map-proof v1\n");

/* ---- making ---- */

static void
put_place(struct buf *out, const char *side, bool there, const struct tagmap_place *p)
{
	buf_put_cstr(out, side);
	if (!there) {
		buf_put_cstr(out, " none\n");
		return;
	}
	buf_put_char(out, ' ');
	buf_put_u64_dec(out, p->position);
	buf_put_char(out, ' ');
	buf_put_bytes(out, p->leaf.tag, ENTRY_TAG_LEN);
	buf_put_char(out, ' ');
	buf_put_u64_dec(out, p->leaf.count);
	buf_put_char(out, ' ');
	hash_put_base64(out, &p->leaf.chain);
	buf_put_char(out, '\n');
	proof_put_lines(out, &p->path);
	buf_put_char(out, '\n');
}

enum status
mapproof_put_answer(const struct tagmap_answer *a, const uint64_t *index, size_t count, struct buf *out)
{
	if (count > MAPPROOF_INDICES_MAX)
		return E_TOO_LARGE;
	if (count != (a->present ? a->at.leaf.count : 0))
		return E_INVALID;
	if (!a->present) {
		buf_put_cstr(out, "absent\n");
		put_place(out, "left", a->has_left, &a->left);
		put_place(out, "right", a->has_right, &a->right);
		return buf_status(out);
	}
	buf_put_cstr(out, "present ");
	buf_put_u64_dec(out, a->at.position);
	buf_put_char(out, ' ');
	buf_put_u64_dec(out, count);
	buf_put_char(out, '\n');
	for (size_t i = 0; i < count; i++) {
		buf_put_cstr(out, "at ");
		buf_put_u64_dec(out, index[i]);
		buf_put_char(out, '\n');
	}
	proof_put_lines(out, &a->at.path);
	buf_put_char(out, '\n');
	return buf_status(out);
}

static enum status
put_part(struct logread *log, uint64_t size, const struct mapproof_said *said, struct buf *out)
{
	struct proof path;
	struct str line;

	if (said->index >= size)
		return E_INVALID;
	TRY(logread_entry(log, said->index, size, &line));
	buf_put_cstr(out, "map ");
	buf_put_u64_dec(out, said->index);
	buf_put_cstr(out, "\nentry ");
	buf_put(out, line);
	buf_put_char(out, '\n');
	TRY(logread_inclusion(log, said->index, size, &path));
	proof_put_lines(out, &path);
	buf_put_char(out, '\n');
	buf_put(out, said->answer);
	return buf_status(out);
}

enum status
mapproof_put(struct logread *log, struct str checkpoint, struct str tag, unsigned month,
	     const struct mapproof_said *said, size_t count, struct buf *out)
{
	struct note note;
	struct checkpoint head;

	TRY(note_parse(checkpoint, &note));
	TRY(checkpoint_parse(note.text, &head));
	buf_put(out, FIRST_LINE);
	buf_put_cstr(out, "tag ");
	buf_put(out, tag);
	buf_put_cstr(out, "\nmonth ");
	tagmap_put_month(out, month);
	buf_put_cstr(out, "\nparts ");
	buf_put_u64_dec(out, count);
	buf_put_char(out, '\n');
	for (size_t i = 0; i < count; i++)
		TRY(put_part(log, head.size, &said[i], out));
	buf_put(out, checkpoint);
	return buf_status(out);
}

/* ---- parsing: one line after the other ---- */

/* The next line without its end; E_INVALID when the text ends before one. */
static enum status
get_line(struct str *in, struct str *line)
{
	size_t n = str_find_char(*in, '\n');

	if (n == in->n)
		return E_INVALID;
	*line = str_slice(*in, 0, n);
	*in = str_slice(*in, n + 1, in->n);
	return OK;
}

/* The rest of a line that begins with these words. */
static enum status
get_after(struct str *in, struct str words, struct str *rest)
{
	struct str line;

	TRY(get_line(in, &line));
	if (!str_starts(line, words))
		return E_INVALID;
	*rest = str_slice(line, words.n, line.n);
	return OK;
}

static enum status
get_number(struct str *in, struct str words, uint64_t most, uint64_t *out)
{
	struct str rest;

	TRY(get_after(in, words, &rest));
	return str_to_u64(rest, most, out);
}

static enum status
get_leaf(struct str fields, struct tagmap_place *p)
{
	struct str position, tag, count, chain;

	if (!str_next(&fields, ' ', &position) || !str_next(&fields, ' ', &tag) || !str_next(&fields, ' ', &count) ||
	    !str_next(&fields, ' ', &chain) || fields.p != NULL || !tagmap_is_tag(tag))
		return E_INVALID;
	memcpy(p->leaf.tag, tag.p, ENTRY_TAG_LEN);
	TRY(str_to_u64(position, MERKLE_SIZE_MAX, &p->position));
	TRY(str_to_u64(count, MERKLE_SIZE_MAX, &p->leaf.count));
	return hash_from_base64(chain, &p->leaf.chain);
}

static enum status
get_place(struct str *in, struct str side, bool *there, struct tagmap_place *p)
{
	struct str rest;

	TRY(get_after(in, side, &rest));
	*there = !str_is(rest, "none");
	if (!*there)
		return OK;
	TRY(get_leaf(rest, p));
	return proof_get_lines(in, PROOF_HASHES_MAX, &p->path);
}

/* Count and chain are not in the file: they follow from the indices, or there is nothing to believe. */
static enum status
get_indices(struct str *in, struct str tag, struct mapproof_part *part)
{
	struct tagmap_leaf *leaf = &part->answer.at.leaf;

	part->index = calloc(part->count, sizeof(*part->index));
	if (part->index == NULL)
		return E_NOMEM;
	tagmap_start(leaf, tag.p);
	for (size_t i = 0; i < part->count; i++) {
		TRY(get_number(in, STR("at "), MERKLE_SIZE_MAX, &part->index[i]));
		if (i > 0 && part->index[i] <= part->index[i - 1])
			return E_INVALID;
		tagmap_count(leaf, part->index[i]);
	}
	return OK;
}

static enum status
get_present(struct str *in, struct str fields, struct str tag, struct mapproof_part *part)
{
	struct str position, count;
	uint64_t n = 0;

	if (!str_next(&fields, ' ', &position) || !str_next(&fields, ' ', &count) || fields.p != NULL)
		return E_INVALID;
	TRY(str_to_u64(position, MERKLE_SIZE_MAX, &part->answer.at.position));
	TRY(str_to_u64(count, MAPPROOF_INDICES_MAX, &n));
	if (n == 0)
		return E_INVALID;
	part->answer.present = true;
	part->count = (size_t)n;
	TRY(get_indices(in, tag, part));
	return proof_get_lines(in, PROOF_HASHES_MAX, &part->answer.at.path);
}

static enum status
get_answer(struct str *in, struct str tag, struct mapproof_part *part)
{
	struct str line;

	TRY(get_line(in, &line));
	if (str_starts(line, STR("present ")))
		return get_present(in, str_slice(line, 8, line.n), tag, part);
	if (!str_is(line, "absent"))
		return E_INVALID;
	TRY(get_place(in, STR("left "), &part->answer.has_left, &part->answer.left));
	return get_place(in, STR("right "), &part->answer.has_right, &part->answer.right);
}

static enum status
get_part(struct str *in, struct str tag, struct mapproof_part *part)
{
	TRY(get_number(in, STR("map "), MERKLE_SIZE_MAX, &part->entry_index));
	TRY(get_after(in, STR("entry "), &part->entry));
	TRY(proof_get_lines(in, PROOF_HASHES_MAX, &part->path));
	return get_answer(in, tag, part);
}

bool
mapproof_is(struct str text)
{
	return str_starts(text, FIRST_LINE);
}

enum status
mapproof_parse(struct str text, struct mapproof *out)
{
	struct str month;
	uint64_t parts = 0;

	if (text.n > MAPPROOF_MAX)
		return E_TOO_LARGE;
	if (!mapproof_is(text))
		return E_INVALID;
	text = str_slice(text, FIRST_LINE.n, text.n);
	TRY(get_after(&text, STR("tag "), &out->tag));
	if (!tagmap_is_tag(out->tag))
		return E_INVALID;
	TRY(get_after(&text, STR("month "), &month));
	TRY(tagmap_parse_month(month, &out->month));
	TRY(get_number(&text, STR("parts "), MAPPROOF_PARTS_MAX, &parts));
	if (parts == 0)
		return E_INVALID;
	for (out->parts = 0; out->parts < parts; out->parts++)
		TRY(get_part(&text, out->tag, &out->part[out->parts]));
	out->checkpoint = text;
	return OK;
}

void
mapproof_clear(struct mapproof *p)
{
	for (size_t i = 0; i < MAPPROOF_PARTS_MAX; i++)
		free(p->part[i].index);
	*p = (struct mapproof){ 0 };
}

/* ---- checking ---- */

static enum status
say(const char **why, const char *text)
{
	*why = text;
	return E_CORRUPT;
}

static bool
indices_within(const struct mapproof_part *p)
{
	return p->count == 0 || (p->index[0] >= p->facts.first && p->index[p->count - 1] < p->facts.size);
}

static enum status
check_part(struct mapproof_part *p, struct str tag, const struct checkpoint *head, const char **why)
{
	struct hash leaf = hash_leaf(p->entry);
	struct entry_view view;

	if (proof_check_inclusion(&p->path, p->entry_index, head->size, &leaf, &head->root) != OK)
		return say(why, "a log.map entry does not lead to the signed root");
	if (entry_parse(p->entry, &view) != OK || view.index != p->entry_index ||
	    tagmap_get_facts(&view, &p->facts) != OK)
		return say(why, "an entry in it is no log.map entry as it must be");
	if (tagmap_check(&p->facts, tag, &p->answer) != OK)
		return say(why, "what it says about the tag does not follow from the root of the map");
	if (!indices_within(p))
		return say(why, "it lists entries that the map does not cover");
	return OK;
}

const struct mapproof_part *
mapproof_main(const struct mapproof *p)
{
	for (size_t i = 0; i < p->parts; i++)
		if (p->part[i].facts.month == p->month)
			return &p->part[i];
	return NULL;
}

/* The month; before it perhaps what joins it there; behind it, when it is over, what joins it there. */
static enum status
check_months(const struct mapproof *p, const char **why)
{
	const struct mapproof_part *at = mapproof_main(p), *last = p->part + p->parts;

	if (at == NULL)
		return say(why, "it has no map of the month that it speaks of");
	if (at - p->part > 1 || last - at > 2)
		return say(why, "it has a map of a month that has nothing to do with it");
	for (size_t i = 1; i < p->parts; i++) {
		const struct tagmap_facts *one = &p->part[i - 1].facts, *next = &p->part[i].facts;

		if (!one->closed || one->size != next->first || one->month >= next->month)
			return say(why, "there is a gap between two of its maps");
	}
	if (at->facts.closed && at + 1 == last)
		return say(why, "the month is over and the map of the one behind it is missing");
	return OK;
}

enum status
mapproof_check(struct mapproof *p, const struct checkpoint *head, const char **why)
{
	for (size_t i = 0; i < p->parts; i++)
		TRY(check_part(&p->part[i], p->tag, head, why));
	return check_months(p, why);
}
