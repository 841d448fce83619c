#include "auditlog/tool/render.h"

#include <inttypes.h>

#include "auditlog/base/clock.h"

/*
 * A text as it was meant, but for the C1 controls (U+0080 to U+009F): some terminals obey them, and a service chose
 * these words.
 */
static void
put_text(struct buf *out, struct str spelt)
{
	CLEANUP(buf_clear) struct buf text = { 0 };

	entry_put_unescaped(&text, spelt);
	if (buf_status(&text) != OK)
		out->failed = text.failed;
	for (size_t i = 0; i < text.n; i++) {
		unsigned char next = i + 1 < text.n ? (unsigned char)text.p[i + 1] : 0;

		if ((unsigned char)text.p[i] == 0xc2 && next >= 0x80 && next <= 0x9f) {
			buf_printf(out, "\\u%04x", next);
			i++;
		} else {
			buf_put_char(out, text.p[i]);
		}
	}
}

static void
put_list(struct buf *out, const struct str *item, size_t n, char between)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_put_char(out, between);
		put_text(out, item[i]);
	}
}

static void
put_tags(struct buf *out, const struct entry *e)
{
	for (size_t i = 0; i < e->about_count; i++) {
		if (i)
			buf_put_char(out, ' ');
		buf_put(out, e->about[i].tag);
	}
}

static void
put_basis(struct buf *out, const struct entry_basis *b)
{
	buf_put_cstr(out, entry_basis_name(b->type));
	if (b->has_index)
		buf_printf(out, " %" PRIu64, b->index);
	if (b->ref.n) {
		buf_put_char(out, ' ');
		put_text(out, b->ref);
	}
	if (b->recipient.n) {
		buf_put_cstr(out, " to ");
		put_text(out, b->recipient);
	}
	for (size_t i = 0; i < b->recipient_count; i++) {
		buf_put_cstr(out, i == 0 ? " to " : ", ");
		put_text(out, b->recipients[i]);
	}
	if (b->from_us) {
		buf_put_cstr(out, " from ");
		clock_put_rfc3339(out, b->from_us);
	}
	if (b->until_us) {
		buf_put_cstr(out, " until ");
		clock_put_rfc3339(out, b->until_us);
	}
	if (b->ctag.n) {
		buf_put_cstr(out, " ctag ");
		buf_put(out, b->ctag);
	}
}

static void
put_facts(struct buf *out, const struct entry *e)
{
	for (size_t i = 0; i < e->fact_count; i++) {
		if (i)
			buf_put_char(out, ' ');
		buf_put(out, e->facts[i].name);
		buf_put_char(out, '=');
		if (e->facts[i].text.p)
			put_text(out, e->facts[i].text);
		else
			buf_put_u64_dec(out, e->facts[i].number);
	}
}

/* ---- the columns: what there is to say about an entry, once for pages and tables ---- */

typedef void put_column(struct buf *out, const struct entry_view *v);

#define TEXT_COLUMN(name, member)                                                                                      \
	static void put_##name(struct buf *out, const struct entry_view *v)                                            \
	{                                                                                                              \
		put_text(out, v->entry.member);                                                                        \
	}

TEXT_COLUMN(service, by.service)
TEXT_COLUMN(operator_id, by.operator_id)
TEXT_COLUMN(acr, by.acr)
TEXT_COLUMN(purpose, purpose)
TEXT_COLUMN(action, action)
TEXT_COLUMN(reason, reason)
TEXT_COLUMN(policy, policy)
TEXT_COLUMN(trace, trace)
TEXT_COLUMN(case_ref, case_ref)

static void
put_index(struct buf *out, const struct entry_view *v)
{
	buf_put_u64_dec(out, v->index);
}

static void
put_time(struct buf *out, const struct entry_view *v)
{
	clock_put_rfc3339(out, v->time_us);
}

static void
put_event(struct buf *out, const struct entry_view *v)
{
	buf_put_cstr(out, entry_event_name(v->entry.event));
}

static void
put_id(struct buf *out, const struct entry_view *v)
{
	uuid_put(out, &v->entry.id);
}

static void
put_roles(struct buf *out, const struct entry_view *v)
{
	put_list(out, v->entry.by.roles, v->entry.by.role_count, ' ');
}

static void
put_about(struct buf *out, const struct entry_view *v)
{
	put_tags(out, &v->entry);
}

static void
put_categories(struct buf *out, const struct entry_view *v)
{
	put_list(out, v->entry.categories, v->entry.category_count, ' ');
}

static void
put_decision(struct buf *out, const struct entry_view *v)
{
	buf_put_cstr(out, entry_decision_name(v->entry.decision));
}

static void
put_ground(struct buf *out, const struct entry_view *v)
{
	if (v->entry.basis.type != ENTRY_NO_BASIS)
		put_basis(out, &v->entry.basis);
}

static void
put_all_facts(struct buf *out, const struct entry_view *v)
{
	put_facts(out, &v->entry);
}

/* clang-format off */
static const struct {
	const char *name;
	put_column *put;
} columns[] = {
	{ "index", put_index },       { "time", put_time },         { "event", put_event },
	{ "id", put_id },             { "service", put_service },   { "operator", put_operator_id },
	{ "roles", put_roles },       { "acr", put_acr },           { "about", put_about },
	{ "purpose", put_purpose },   { "categories", put_categories }, { "action", put_action },
	{ "decision", put_decision }, { "reason", put_reason },     { "basis", put_ground },
	{ "policy", put_policy },     { "trace", put_trace },       { "case", put_case_ref },
	{ "facts", put_all_facts },
};
/* clang-format on */

/* ---- the forms ---- */

static void
put_line(struct buf *out, const struct entry_view *v)
{
	static put_column *const brief[] = { put_index,      put_time,    put_event,       put_decision,
					     put_reason,     put_service, put_operator_id, put_purpose,
					     put_categories, put_action,  put_ground,      put_about };
	size_t before;

	for (size_t i = 0; i < ARRAY_LEN(brief); i++) {
		before = out->n;
		brief[i](out, v);
		if (out->n != before)
			buf_put_char(out, i + 1 == ARRAY_LEN(brief) ? '\n' : ' ');
	}
	if (out->n && out->p[out->n - 1] == ' ')
		out->p[out->n - 1] = '\n';
}

static void
put_page(struct buf *out, const struct entry_view *v)
{
	size_t start, before;

	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		start = out->n;
		buf_printf(out, "%-11s", columns[i].name);
		before = out->n;
		columns[i].put(out, v);
		if (out->n == before)
			out->n = start; /* an absent member */
		else
			buf_put_char(out, '\n');
	}
	buf_put_char(out, '\n');
}

/* A cell that starts like a formula would be run by a spreadsheet: an apostrophe keeps it a text. */
static void
put_cell(struct buf *out, struct str text)
{
	buf_put_char(out, '"');
	if (text.n && str_find_char(STR("=+-@"), text.p[0]) < 4)
		buf_put_char(out, '\'');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"')
			buf_put_char(out, '"');
		buf_put_char(out, text.p[i]);
	}
	buf_put_char(out, '"');
}

static void
put_row(struct buf *out, const struct entry_view *v)
{
	CLEANUP(buf_clear) struct buf cell = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		buf_reset(&cell);
		columns[i].put(&cell, v);
		if (buf_status(&cell) != OK)
			out->failed = cell.failed;
		if (i)
			buf_put_char(out, ',');
		put_cell(out, buf_str(&cell));
	}
	buf_put_cstr(out, "\r\n");
}

void
render_csv_head(struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		buf_printf(out, "%s%s", i ? "," : "", columns[i].name);
	buf_put_cstr(out, "\r\n");
}

void
render_entry(struct buf *out, enum render_form form, const struct entry_view *v, struct str line)
{
	switch (form) {
	case RENDER_LINE:
		put_line(out, v);
		return;
	case RENDER_PAGE:
		put_page(out, v);
		return;
	case RENDER_CSV:
		put_row(out, v);
		return;
	case RENDER_JSON:
		buf_put(out, line);
		buf_put_char(out, '\n');
		return;
	}
}
