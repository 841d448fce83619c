#include "auditlog/core/entry.h"

#include "auditlog/base/clock.h"

#define EVENT_ROW(id, name, source) [ENTRY_##id] = { STR_INIT(name), source },

static const struct event_row {
	struct str name;
	enum entry_source source;
} events[ENTRY_EVENT_COUNT] = { ENTRY_EVENTS(EVENT_ROW) };

static const char *const decisions[] = {
	[ENTRY_NO_DECISION] = "", [ENTRY_PERMIT] = "permit", [ENTRY_REFUSE] = "refuse"
};

static const char *const bases[] = {
	[ENTRY_NO_BASIS] = "",
	[ENTRY_BASIS_CONSENT] = "consent",
	[ENTRY_BASIS_STATUTE] = "statute",
	[ENTRY_BASIS_CONTRACT] = "contract",
	[ENTRY_BASIS_VITAL] = "vital",
	[ENTRY_BASIS_BREAK_GLASS] = "break_glass",
	[ENTRY_BASIS_ENTRY] = "entry",
};

const char *
entry_event_name(enum entry_event ev)
{
	return (unsigned)ev < ENTRY_EVENT_COUNT && events[ev].name.p != NULL ? events[ev].name.p : "";
}

enum entry_source
entry_event_source(enum entry_event ev)
{
	return (unsigned)ev < ENTRY_EVENT_COUNT ? events[ev].source : ENTRY_FROM_LOG;
}

enum entry_event
entry_event_find(struct str name)
{
	for (unsigned i = ENTRY_NO_EVENT + 1; i < ENTRY_EVENT_COUNT; i++)
		if (str_eq(events[i].name, name))
			return (enum entry_event)i;
	return ENTRY_NO_EVENT;
}

const char *
entry_decision_name(enum entry_decision d)
{
	return (unsigned)d < ARRAY_LEN(decisions) ? decisions[d] : "";
}

const char *
entry_basis_name(enum entry_basis_type t)
{
	return (unsigned)t < ARRAY_LEN(bases) ? bases[t] : "";
}

/* ---- the line around the fragment ---- */

static const struct str line_head = STR_INIT("{\"v\":1,\"prev\":\"");
static const struct str index_head = STR_INIT("\",\"index\":");
static const struct str time_head = STR_INIT(",\"time\":\"");
static const struct str time_end = STR_INIT("\",");

enum status
entry_compose(const struct hash *prev, uint64_t index, int64_t time_us, struct str fragment, struct buf *out)
{
	size_t before = out->n;

	buf_put(out, line_head);
	hash_put_base64(out, prev);
	buf_put(out, index_head);
	buf_put_u64_dec(out, index);
	buf_put(out, time_head);
	clock_put_rfc3339(out, time_us);
	buf_put(out, time_end);
	buf_put(out, fragment);
	TRY(buf_status(out));
	if (out->n - before <= ENTRY_MAX)
		return OK;
	out->n = before;
	return E_TOO_LARGE;
}

static enum status
skip(struct str *in, struct str what)
{
	if (!str_starts(*in, what))
		return E_INVALID;
	*in = str_slice(*in, what.n, in->n);
	return OK;
}

enum status
entry_prev(struct str line, struct hash *out)
{
	TRY(skip(&line, line_head));
	if (line.n <= HASH_BASE64_LEN || line.p[HASH_BASE64_LEN] != '"')
		return E_INVALID;
	return hash_from_base64(str_slice(line, 0, HASH_BASE64_LEN), out);
}

/* Everything before the fragment; *in then is the fragment. */
static enum status
read_head(struct str *in, struct entry_view *v)
{
	struct str time;
	size_t comma;

	TRY(entry_prev(*in, &v->prev));
	*in = str_slice(*in, line_head.n + HASH_BASE64_LEN, in->n);
	TRY(skip(in, index_head));
	comma = str_find_char(*in, ',');
	TRY(str_to_u64(str_slice(*in, 0, comma), INT64_MAX, &v->index));
	*in = str_slice(*in, comma, in->n);
	TRY(skip(in, time_head));
	TRY(buf_get_bytes(in, CLOCK_RFC3339_LEN, &time));
	/* 27 bytes that end in Z and parse are the one spelling with six digits of fraction. */
	if (!str_ends(time, STR("Z")))
		return E_INVALID;
	TRY(clock_parse_rfc3339(time, &v->time_us));
	return skip(in, time_end);
}

enum status
entry_fragment(struct str line, struct str *fragment)
{
	struct entry_view v;

	TRY(read_head(&line, &v));
	*fragment = line;
	return OK;
}

enum status
entry_parse(struct str line, struct entry_view *out)
{
	if (line.n > ENTRY_MAX)
		return E_TOO_LARGE;
	TRY(read_head(&line, out));
	return entry_check_fragment(line, &out->entry);
}

void
entry_put_unescaped(struct buf *out, struct str spelt)
{
	for (size_t i = 0; i < spelt.n; i++) {
		if (spelt.p[i] == '\\' && i + 1 < spelt.n)
			i++;
		buf_put_char(out, spelt.p[i]);
	}
}

/* ---- facts ---- */

/* At most one has a name: entry_check_fragment() sees to it. */
static const struct entry_fact *
fact_named(const struct entry *e, const char *name)
{
	for (size_t i = 0; i < e->fact_count; i++)
		if (str_is(e->facts[i].name, name))
			return &e->facts[i];
	return NULL;
}

struct str
entry_fact_text(const struct entry *e, const char *name)
{
	const struct entry_fact *f = fact_named(e, name);

	return f != NULL && f->text.p != NULL ? f->text : STR("");
}

const struct entry_fact *
entry_fact_number(const struct entry *e, const char *name)
{
	const struct entry_fact *f = fact_named(e, name);

	return f != NULL && f->text.p == NULL ? f : NULL;
}
