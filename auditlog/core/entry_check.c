/*
 * The walk along the one spelling of an entry (entry.h). Every function takes what it expects off the front or gives
 * E_INVALID; nothing is skipped, so what is left out of this file is refused.
 */
#include "auditlog/base/clock.h"
#include "auditlog/core/entry.h"

static enum status
expect(struct str *in, struct str what)
{
	if (!str_starts(*in, what))
		return E_INVALID;
	*in = str_slice(*in, what.n, in->n);
	return OK;
}

/* An optional piece: true when it was there and is taken off. */
static bool
found(struct str *in, struct str what)
{
	return expect(in, what) == OK;
}

/*
 * A quoted text of 1 .. most bytes: no control characters, \" and \\ the only escapes, UTF-8. The result is as spelt,
 * without the quotes.
 */
static enum status
get_text(struct str *in, size_t most, struct str *out)
{
	const char *p = in->p;
	size_t i = 1, n = 0, high = 0;

	if (in->n == 0 || p[0] != '"')
		return E_INVALID;
	for (; i < in->n && p[i] != '"'; i++, n++) {
		unsigned char c = (unsigned char)p[i];

		if (c == '\\' && (++i == in->n || (p[i] != '"' && p[i] != '\\')))
			return E_INVALID;
		if (c < 0x20 || c == 0x7f)
			return E_INVALID;
		high |= c & 0x80;
	}
	if (i >= in->n || n == 0)
		return E_INVALID;
	if (n > most)
		return E_TOO_LARGE;
	*out = str_slice(*in, 1, i);
	if (high != 0 && !str_is_utf8(*out))
		return E_INVALID;
	*in = str_slice(*in, i + 1, in->n);
	return OK;
}

static enum status
get_number(struct str *in, uint64_t *out)
{
	size_t n = 0;

	while (n < in->n && in->p[n] >= '0' && in->p[n] <= '9')
		n++;
	TRY(str_to_u64(str_slice(*in, 0, n), INT64_MAX, out));
	*in = str_slice(*in, n, in->n);
	return OK;
}

/* ["a","b"], one item at least. */
static enum status
get_list(struct str *in, struct str *items, size_t most, size_t *count)
{
	TRY(expect(in, STR("[")));
	for (*count = 0; *count == 0 || found(in, STR(",")); (*count)++) {
		if (*count == most)
			return E_TOO_LARGE;
		TRY(get_text(in, ENTRY_TEXT_MAX, &items[*count]));
	}
	return expect(in, STR("]"));
}

static bool
is_base64url(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
		      c == '_'))
			return false;
	}
	return s.n % 4 != 1;
}

static enum status
get_base64url(struct str *in, size_t most, struct str *out)
{
	TRY(get_text(in, most, out));
	return is_base64url(*out) ? OK : E_INVALID;
}

static enum status
get_tag(struct str *in, struct str *out)
{
	TRY(get_base64url(in, ENTRY_TAG_LEN, out));
	return out->n == ENTRY_TAG_LEN ? OK : E_INVALID;
}

static enum status
get_time(struct str *in, int64_t *us)
{
	struct str text;

	TRY(get_text(in, CLOCK_RFC3339_LEN, &text));
	if (text.n != CLOCK_RFC3339_LEN || !str_ends(text, STR("Z")))
		return E_INVALID;
	TRY(clock_parse_rfc3339(text, us));
	return *us != 0 ? OK : E_INVALID; /* 0 stands for absent */
}

/* The optional text member with this name-and-colon spelling. */
static enum status
get_member(struct str *in, struct str name, struct str *out)
{
	return found(in, name) ? get_text(in, ENTRY_TEXT_MAX, out) : OK;
}

/* ---- the parts ---- */

static enum status
get_by(struct str *in, struct entry_by *by)
{
	TRY(expect(in, STR("{\"service\":")));
	TRY(get_text(in, ENTRY_TEXT_MAX, &by->service));
	TRY(get_member(in, STR(",\"operator\":"), &by->operator_id));
	if (found(in, STR(",\"roles\":")))
		TRY(get_list(in, by->roles, ENTRY_ROLES_MAX, &by->role_count));
	TRY(get_member(in, STR(",\"acr\":"), &by->acr));
	return expect(in, STR("}"));
}

static enum status
get_head(struct str *in, struct entry *e)
{
	struct str text;

	TRY(expect(in, STR("\"id\":")));
	TRY(get_text(in, UUID_TEXT_LEN, &text));
	TRY(uuid_parse(text, &e->id));
	TRY(expect(in, STR(",\"event\":")));
	TRY(get_text(in, ENTRY_TEXT_MAX, &text));
	e->event = entry_event_find(text);
	if (e->event == ENTRY_NO_EVENT)
		return E_UNSUPPORTED;
	TRY(expect(in, STR(",\"by\":")));
	return get_by(in, &e->by);
}

static enum status
get_about(struct str *in, struct entry *e)
{
	TRY(expect(in, STR("[")));
	for (; e->about_count == 0 || found(in, STR(",")); e->about_count++) {
		struct entry_about *a;

		if (e->about_count == ENTRY_ABOUT_MAX)
			return E_TOO_LARGE;
		a = &e->about[e->about_count];
		TRY(expect(in, STR("{\"tag\":")));
		TRY(get_tag(in, &a->tag));
		if (found(in, STR(",\"sealed\":")))
			TRY(get_base64url(in, ENTRY_SEALED_MAX, &a->sealed));
		TRY(expect(in, STR("}")));
	}
	return expect(in, STR("]"));
}

static enum status
get_decision(struct str *in, enum entry_decision *out)
{
	struct str text;

	TRY(get_text(in, ENTRY_TEXT_MAX, &text));
	for (*out = ENTRY_PERMIT; *out <= ENTRY_REFUSE; (*out)++)
		if (str_is(text, entry_decision_name(*out)))
			return OK;
	return E_INVALID;
}

static enum status
get_basis_type(struct str *in, enum entry_basis_type *out)
{
	struct str text;

	TRY(get_text(in, ENTRY_TEXT_MAX, &text));
	for (*out = ENTRY_BASIS_CONSENT; *out <= ENTRY_BASIS_ENTRY; (*out)++)
		if (str_is(text, entry_basis_name(*out)))
			return OK;
	return E_INVALID;
}

static enum status
get_basis(struct str *in, struct entry_basis *b)
{
	TRY(expect(in, STR("{\"type\":")));
	TRY(get_basis_type(in, &b->type));
	b->has_index = found(in, STR(",\"index\":"));
	if (b->has_index)
		TRY(get_number(in, &b->index));
	if (found(in, STR(",\"ctag\":")))
		TRY(get_tag(in, &b->ctag));
	TRY(get_member(in, STR(",\"ref\":"), &b->ref));
	TRY(get_member(in, STR(",\"recipient\":"), &b->recipient));
	if (found(in, STR(",\"recipients\":")))
		TRY(get_list(in, b->recipients, ENTRY_RECIPIENTS_MAX, &b->recipient_count));
	if (found(in, STR(",\"from\":")))
		TRY(get_time(in, &b->from_us));
	if (found(in, STR(",\"until\":")))
		TRY(get_time(in, &b->until_us));
	return expect(in, STR("}"));
}

static bool
is_hex(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return true;
}

static enum status
get_policy(struct str *in, struct str *out)
{
	TRY(get_text(in, ENTRY_POLICY_LEN, out));
	if (out->n != ENTRY_POLICY_LEN || !str_starts(*out, STR("sha256:")) || !is_hex(str_slice(*out, 7, out->n)))
		return E_INVALID;
	return OK;
}

/* 00-<32 hex>-<16 hex>-<2 hex>. */
static enum status
get_trace(struct str *in, struct str *out)
{
	TRY(get_text(in, ENTRY_TRACE_LEN, out));
	if (out->n != ENTRY_TRACE_LEN || !str_starts(*out, STR("00-")) || out->p[35] != '-' || out->p[52] != '-' ||
	    !is_hex(str_slice(*out, 3, 35)) || !is_hex(str_slice(*out, 36, 52)) || !is_hex(str_slice(*out, 53, 55)))
		return E_INVALID;
	return OK;
}

static bool
is_fact_name(struct str s)
{
	return s.n >= 1 && s.n <= 32 && s.p[0] >= 'a' && s.p[0] <= 'z' &&
	       str_only(s, "abcdefghijklmnopqrstuvwxyz0123456789_");
}

static enum status
get_fact(struct str *in, struct entry *e)
{
	struct entry_fact *f = &e->facts[e->fact_count];

	TRY(get_text(in, ENTRY_TEXT_MAX, &f->name));
	if (!is_fact_name(f->name))
		return E_INVALID;
	for (size_t i = 0; i < e->fact_count; i++)
		if (str_eq(e->facts[i].name, f->name))
			return E_INVALID;
	TRY(expect(in, STR(":")));
	return str_starts(*in, STR("\"")) ? get_text(in, ENTRY_FACT_TEXT_MAX, &f->text) : get_number(in, &f->number);
}

static enum status
get_facts(struct str *in, struct entry *e)
{
	TRY(expect(in, STR("{")));
	for (; e->fact_count == 0 || found(in, STR(",")); e->fact_count++) {
		if (e->fact_count == ENTRY_FACTS_MAX)
			return E_TOO_LARGE;
		TRY(get_fact(in, e));
	}
	return expect(in, STR("}"));
}

/* ---- the whole ---- */

/* Everything from `about` to the end. */
static enum status
get_rest(struct str *in, struct entry *e)
{
	if (found(in, STR(",\"about\":")))
		TRY(get_about(in, e));
	TRY(get_member(in, STR(",\"purpose\":"), &e->purpose));
	if (found(in, STR(",\"categories\":")))
		TRY(get_list(in, e->categories, ENTRY_CATEGORIES_MAX, &e->category_count));
	TRY(get_member(in, STR(",\"action\":"), &e->action));
	if (found(in, STR(",\"decision\":")))
		TRY(get_decision(in, &e->decision));
	TRY(get_member(in, STR(",\"reason\":"), &e->reason));
	if (found(in, STR(",\"basis\":")))
		TRY(get_basis(in, &e->basis));
	if (found(in, STR(",\"policy\":")))
		TRY(get_policy(in, &e->policy));
	if (found(in, STR(",\"trace\":")))
		TRY(get_trace(in, &e->trace));
	TRY(get_member(in, STR(",\"case\":"), &e->case_ref));
	if (found(in, STR(",\"facts\":")))
		TRY(get_facts(in, e));
	TRY(expect(in, STR("}")));
	return in->n == 0 ? OK : E_INVALID;
}

/* One is said in one way and several in another: so no two spellings mean the same, and no reader overlooks one. */
static bool
names_recipients(const struct entry_basis *b)
{
	for (size_t i = 0; i < b->recipient_count; i++)
		for (size_t k = 0; k < i; k++)
			if (str_eq(b->recipients[i], b->recipients[k]))
				return false;
	return b->recipient_count == 0 ||
	       (b->recipient_count > 1 && b->recipient.n == 0 && b->type == ENTRY_BASIS_CONSENT);
}

/*
 * R5: a decision says what it decided, and a permit what it rests on. The log refuses those that do not, so that no
 * auditor ever has to guess.
 */
static enum status
check_meaning(const struct entry *e)
{
	const struct entry_basis *b = &e->basis;

	if ((b->type == ENTRY_BASIS_STATUTE || b->type == ENTRY_BASIS_CONTRACT) && b->ref.n == 0)
		return E_INVALID;
	if (b->type == ENTRY_BASIS_ENTRY && !b->has_index)
		return E_INVALID;
	if (!names_recipients(b))
		return E_INVALID;
	if (e->event != ENTRY_ACCESS_DECIDED)
		return OK;
	if (e->decision == ENTRY_NO_DECISION)
		return E_INVALID;
	if (e->decision == ENTRY_REFUSE)
		return OK;
	if (b->type == ENTRY_NO_BASIS || b->type == ENTRY_BASIS_ENTRY)
		return E_INVALID;
	return b->type != ENTRY_BASIS_CONSENT || (b->has_index && b->ctag.n > 0) ? OK : E_INVALID;
}

enum status
entry_check_fragment(struct str fragment, struct entry *out)
{
	if (fragment.n > ENTRY_FRAGMENT_MAX)
		return E_TOO_LARGE;
	*out = (struct entry){ 0 };
	TRY(get_head(&fragment, out));
	TRY(get_rest(&fragment, out));
	return check_meaning(out);
}

enum status
entry_fragment_head(struct str fragment_or_line, struct str *head)
{
	struct str fragment = fragment_or_line, rest;
	struct entry e = { 0 };

	if (str_starts(fragment, STR("{")))
		TRY(entry_fragment(fragment, &fragment));
	rest = fragment;
	TRY(get_head(&rest, &e));
	*head = str_slice(fragment, 0, fragment.n - rest.n);
	return OK;
}
