/* From struct entry to bytes. What is allowed is judged in one place, entry_check.c, over what was written. */
#include "auditlog/base/clock.h"
#include "auditlog/core/entry.h"

/* Quoted. Runs without anything to escape, which is nearly every text, are copied whole. */
static void
put_text(struct buf *out, struct str s)
{
	size_t from = 0;

	buf_put_char(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '"' && s.p[i] != '\\')
			continue;
		buf_put(out, str_slice(s, from, i));
		buf_put_char(out, '\\');
		from = i;
	}
	buf_put(out, str_slice(s, from, s.n));
	buf_put_char(out, '"');
}

static void
put_name(struct buf *out, const char *name)
{
	buf_put_char(out, '"');
	buf_put_cstr(out, name);
	buf_put_cstr(out, "\":");
}

/* The members below come with the comma before them, and only when there is something to say. */
static void
member(struct buf *out, const char *name, struct str text)
{
	if (text.n == 0)
		return;
	buf_put_char(out, ',');
	put_name(out, name);
	put_text(out, text);
}

static void
list(struct buf *out, const char *name, const struct str *items, size_t count)
{
	if (count == 0)
		return;
	buf_put_char(out, ',');
	put_name(out, name);
	for (size_t i = 0; i < count; i++) {
		buf_put_char(out, i == 0 ? '[' : ',');
		put_text(out, items[i]);
	}
	buf_put_char(out, ']');
}

static void
time_member(struct buf *out, const char *name, int64_t us)
{
	if (us == 0)
		return;
	buf_put_char(out, ',');
	put_name(out, name);
	buf_put_char(out, '"');
	clock_put_rfc3339(out, us);
	buf_put_char(out, '"');
}

static void
put_head(struct buf *out, const struct entry *e)
{
	put_name(out, "id");
	buf_put_char(out, '"');
	uuid_put(out, &e->id);
	buf_put_char(out, '"');
	member(out, "event", str_of(entry_event_name(e->event)));
	buf_put_cstr(out, ",\"by\":{");
	put_name(out, "service");
	put_text(out, e->by.service);
	member(out, "operator", e->by.operator_id);
	list(out, "roles", e->by.roles, e->by.role_count);
	member(out, "acr", e->by.acr);
	buf_put_char(out, '}');
}

static void
put_about(struct buf *out, const struct entry *e)
{
	if (e->about_count == 0)
		return;
	buf_put_cstr(out, ",\"about\":");
	for (size_t i = 0; i < e->about_count; i++) {
		buf_put_cstr(out, i == 0 ? "[{" : ",{");
		put_name(out, "tag");
		put_text(out, e->about[i].tag);
		member(out, "sealed", e->about[i].sealed);
		buf_put_char(out, '}');
	}
	buf_put_char(out, ']');
}

static void
put_basis(struct buf *out, const struct entry_basis *b)
{
	if (b->type == ENTRY_NO_BASIS)
		return;
	buf_put_cstr(out, ",\"basis\":{");
	put_name(out, "type");
	put_text(out, str_of(entry_basis_name(b->type)));
	if (b->has_index) {
		buf_put_cstr(out, ",\"index\":");
		buf_put_u64_dec(out, b->index);
	}
	member(out, "ctag", b->ctag);
	member(out, "ref", b->ref);
	member(out, "recipient", b->recipient);
	list(out, "recipients", b->recipients, b->recipient_count);
	time_member(out, "from", b->from_us);
	time_member(out, "until", b->until_us);
	buf_put_char(out, '}');
}

static void
put_facts(struct buf *out, const struct entry *e)
{
	if (e->fact_count == 0)
		return;
	buf_put_cstr(out, ",\"facts\":");
	for (size_t i = 0; i < e->fact_count; i++) {
		const struct entry_fact *f = &e->facts[i];

		buf_put_char(out, i == 0 ? '{' : ',');
		put_text(out, f->name);
		buf_put_char(out, ':');
		if (f->text.p != NULL)
			put_text(out, f->text);
		else
			buf_put_u64_dec(out, f->number);
	}
	buf_put_char(out, '}');
}

/* Counts first: they say how far the arrays may be read. */
static enum status
check_counts(const struct entry *e)
{
	if (e->by.role_count > ENTRY_ROLES_MAX || e->about_count > ENTRY_ABOUT_MAX ||
	    e->category_count > ENTRY_CATEGORIES_MAX || e->fact_count > ENTRY_FACTS_MAX)
		return E_TOO_LARGE;
	return OK;
}

enum status
entry_encode_head(const struct entry *e, struct buf *out)
{
	size_t before = out->n;
	struct str head;
	enum status st;

	TRY(check_counts(e));
	put_head(out, e);
	TRY(buf_status(out));
	st = entry_fragment_head(str_slice(buf_str(out), before, out->n), &head);
	if (st != OK)
		out->n = before;
	return st;
}

enum status
entry_encode_fragment(const struct entry *e, struct buf *out)
{
	size_t before = out->n;
	struct entry checked;
	enum status st;

	TRY(check_counts(e));
	put_head(out, e);
	put_about(out, e);
	member(out, "purpose", e->purpose);
	list(out, "categories", e->categories, e->category_count);
	member(out, "action", e->action);
	member(out, "decision", str_of(entry_decision_name(e->decision)));
	member(out, "reason", e->reason);
	put_basis(out, &e->basis);
	member(out, "policy", e->policy);
	member(out, "trace", e->trace);
	member(out, "case", e->case_ref);
	put_facts(out, e);
	buf_put_char(out, '}');
	TRY(buf_status(out));
	st = entry_check_fragment(str_slice(buf_str(out), before, out->n), &checked);
	if (st != OK)
		out->n = before;
	return st;
}
