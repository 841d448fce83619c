#include "auditlog/core/quorum.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WORDS_MAX (QUORUM_NODES_MAX + 3)
#define NO_NODE   QUORUM_NODES_MAX

struct words {
	size_t n;
	struct str at[WORDS_MAX];
};

/* A statement: the words behind its name, taken into q. NULL, or what is wrong with it. */
typedef const char *statement(struct quorum *q, const struct words *w);

static size_t
find(const struct quorum *q, struct str name)
{
	for (size_t i = 0; i < q->n; i++)
		if (str_eq(q->node[i].name, name))
			return i;
	return NO_NODE;
}

static const char *
add_node(struct quorum *q, struct str name, struct quorum_node **out)
{
	if (q->n == QUORUM_NODES_MAX)
		return "more than 128 witnesses and groups";
	if (find(q, name) != NO_NODE || str_eq(name, STR("none")))
		return "this name is taken";
	*out = &q->node[q->n++];
	**out = (struct quorum_node){ .name = name };
	return NULL;
}

static const char *
on_log(struct quorum *q, const struct words *w)
{
	if (w->n < 2 || w->n > 3)
		return "expected: log <vkey> [url]";
	return trust_add(&q->logs, w->at[1]) == OK ? NULL : "this is no Ed25519 key of a log, or one too many";
}

static const char *
on_witness(struct quorum *q, const struct words *w)
{
	struct quorum_node *node = NULL;
	struct note_key key;
	const char *wrong;

	if (w->n < 3 || w->n > 4)
		return "expected: witness <name> <vkey> [url]";
	if (note_parse_vkey(w->at[2], &key) != OK || key.type != NOTE_COSIGNATURE)
		return "this is no Ed25519 cosignature key";
	for (size_t i = 0; i < q->n; i++)
		if (!q->node[i].need && memcmp(q->node[i].key.public, key.public, sizeof(key.public)) == 0)
			return "this key stands for another witness already";
	wrong = add_node(q, w->at[1], &node);
	if (wrong)
		return wrong;
	node->key = key;
	node->url = w->n == 4 ? w->at[3] : STR("");
	return NULL;
}

static const char *
group_need(struct str word, size_t members, unsigned *need)
{
	uint64_t k = 0;

	if (str_eq(word, STR("all")))
		k = members;
	else if (str_eq(word, STR("any")))
		k = 1;
	else if (str_to_u64(word, members, &k) != OK || k == 0)
		return "expected all, any or a number from 1 to the number of members";
	*need = (unsigned)k;
	return NULL;
}

static const char *
on_group(struct quorum *q, const struct words *w)
{
	struct quorum_node *node = NULL;
	struct quorum_node made = { 0 };
	const char *wrong;

	if (w->n < 4)
		return "expected: group <name> all|any|<k> <member>...";
	wrong = group_need(w->at[2], w->n - 3, &made.need);
	for (size_t i = 3; !wrong && i < w->n; i++) {
		size_t member = find(q, w->at[i]);

		if (member == NO_NODE)
			return "a member has not been named before";
		if (made.member[member / 64] & (UINT64_C(1) << member % 64))
			return "a member is named twice";
		made.member[member / 64] |= UINT64_C(1) << member % 64;
	}
	if (!wrong)
		wrong = add_node(q, w->at[1], &node);
	if (wrong)
		return wrong;
	made.name = node->name;
	*node = made;
	return NULL;
}

static const char *
on_quorum(struct quorum *q, const struct words *w)
{
	if (w->n != 2)
		return "expected: quorum <name>|none";
	if (q->top != SIZE_MAX)
		return "there is a quorum already";
	q->top = find(q, w->at[1]);
	return q->top != NO_NODE || str_eq(w->at[1], STR("none")) ? NULL : "its name has not been given before";
}

static const struct {
	const char *name;
	statement *take;
} statements[] = {
	{ "log", on_log },
	{ "witness", on_witness },
	{ "group", on_group },
	{ "quorum", on_quorum },
};

/* Cuts a line at its spaces and tabs, up to a word that starts with #. */
static bool
split(struct str line, struct words *w)
{
	for (size_t i = 0; i < line.n; i++) {
		size_t start = i;

		while (i < line.n && line.p[i] != ' ' && line.p[i] != '\t')
			i++;
		if (i == start)
			continue;
		if (line.p[start] == '#')
			return true;
		if (w->n == WORDS_MAX)
			return false;
		w->at[w->n++] = str_slice(line, start, i);
	}
	return true;
}

static const char *
take_line(struct quorum *q, struct str line)
{
	struct words w = { 0 };

	if (!split(str_trim(line), &w))
		return "too many words";
	for (size_t i = 0; w.n && i < ARRAY_LEN(statements); i++)
		if (str_is(w.at[0], statements[i].name))
			return statements[i].take(q, &w);
	return w.n ? "expected log, witness, group or quorum" : NULL;
}

/* A log that cosigns for itself is nobody outside. */
static bool
witnesses_itself(const struct quorum *q)
{
	for (size_t i = 0; i < q->n; i++)
		for (size_t k = 0; !q->node[i].need && k < q->logs.n; k++)
			if (memcmp(q->node[i].key.public, q->logs.key[k].public, sizeof(q->logs.key[k].public)) == 0)
				return true;
	return false;
}

enum status
quorum_parse(struct str text, struct quorum *out, char *why, size_t why_size)
{
	struct str line;
	unsigned number = 0;

	*out = (struct quorum){ .top = SIZE_MAX };
	while (str_next(&text, '\n', &line)) {
		const char *wrong = take_line(out, line);

		number++;
		if (!wrong)
			continue;
		snprintf(why, why_size, "line %u: %s", number, wrong);
		return E_INVALID;
	}
	if (out->top != SIZE_MAX && !witnesses_itself(out))
		return OK;
	snprintf(why, why_size,
		 out->top == SIZE_MAX ? "it has no quorum line; say `quorum none` when no witness is asked for"
				      : "one key is that of a log and of a witness");
	return E_INVALID;
}

/* Members come before their group, so one pass in order settles every node. */
static bool
satisfied(const struct quorum *q, const bool *cosigned)
{
	bool ok[QUORUM_NODES_MAX] = { 0 };

	for (size_t i = 0; i < q->n; i++) {
		unsigned have = 0;

		for (size_t m = 0; m < i; m++)
			have += ok[m] && (q->node[i].member[m / 64] & (UINT64_C(1) << m % 64));
		ok[i] = q->node[i].need ? have >= q->node[i].need : cosigned[i];
	}
	return q->top == NO_NODE || ok[q->top];
}

void
quorum_judge(const struct quorum *q, const struct note *note, struct quorum_window window, struct quorum_result *out)
{
	bool counts[QUORUM_NODES_MAX] = { 0 };
	struct quorum_result r = { 0 };

	for (size_t i = 0; i < q->n; i++) {
		struct note_seen seen = { 0 };

		if (q->node[i].need)
			continue;
		r.witnesses++;
		if (note_verify(note, &q->node[i].key, 1, &seen) == E_CORRUPT && r.forged == NULL)
			r.forged = q->node[i].key.name;
		counts[i] = seen.verified && seen.time_s >= window.from_s && seen.time_s <= window.to_s;
		r.cosigned += seen.verified;
		if (counts[i] && seen.time_s > r.newest_s)
			r.newest_s = seen.time_s;
	}
	r.satisfied = satisfied(q, counts);
	*out = r;
}
