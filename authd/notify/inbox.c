#include "authd/notify/inbox.h"

#include "auditlog/base/clock.h"
#include "auditlog/base/random.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/policy/policy.h"

#define REFS_MOST 2048

static const struct {
	const char *name, *page;
} kinds[INBOX_KIND_COUNT] = {
#define X(id, name, page) [INBOX_##id] = { name, page },
	INBOX_KINDS(X)
#undef X
};

const char *
inbox_kind_name(enum inbox_kind kind)
{
	return (unsigned)kind < INBOX_KIND_COUNT ? kinds[kind].name : "";
}

static void
put_name(struct buf *b, const char *name, struct str value)
{
	buf_printf(b, "\"%s\":", name);
	json_put_string(b, value);
	buf_put_char(b, ',');
}

/*
 * What others can cause as often as they like. Each of them fills the list up to some unread ones and no further, so
 * that nobody drives the word of an emergency or of a death out of it. What was not told waits on its own page.
 */
static bool
is_at_will(enum inbox_kind kind)
{
	return kind == INBOX_REQUEST_NEW || kind == INBOX_REQUEST_EXPIRED || kind == INBOX_CONTRACT_PROPOSED;
}

static enum status
add(struct store_tx *tx, enum inbox_kind kind, const struct store_message *m, struct str organisation)
{
	CLEANUP(buf_clear) struct buf names = BUF(REFS_MOST);

	if (!is_at_will(kind))
		return store_inbox_add(tx, m);
	put_name(&names, "organisation", organisation);
	TRY(buf_status(&names));
	return store_inbox_add_few(tx, m, buf_str(&names));
}

enum status
inbox_tell(struct store_tx *tx, struct str sub, enum inbox_kind kind, const struct inbox_refs *refs)
{
	CLEANUP(buf_clear) struct buf id = BUF(64), text = BUF(REFS_MOST);
	struct store_message m = { .sub = sub, .created_us = clock_now_us() };

	if ((unsigned)kind >= INBOX_KIND_COUNT || sub.n == 0)
		return E_INVALID;
	random_put_id(&id, "msg_");
	buf_put_char(&text, '{');
	put_name(&text, "target", refs->target);
	put_name(&text, "organisation", refs->organisation);
	put_name(&text, "purpose", refs->purpose);
	buf_printf(&text, "\"until\":%lld}", (long long)refs->until_us);
	TRY(buf_status(&id));
	TRY(buf_status(&text));
	m.message_id = buf_str(&id);
	m.kind = str_of(kinds[kind].name);
	m.refs = buf_str(&text);
	return add(tx, kind, &m, refs->organisation);
}

/* ---- showing ---- */

static const char *
page_of(struct str kind)
{
	for (size_t i = 0; i < INBOX_KIND_COUNT; i++)
		if (str_is(kind, kinds[i].name))
			return kinds[i].page;
	return "/me";
}

static const char *
text_of(const json_t *refs, const char *name)
{
	const char *text = json_string_value(json_object_get(refs, name));

	return text != NULL ? text : "";
}

/* What the policy has forgotten is shown by its id. */
static const char *
purpose_title(const struct policy *p, const char *id, enum words_lang lang)
{
	const struct purpose *purpose = p == NULL ? NULL : policy_purpose(p, str_of(id));

	return purpose != NULL ? purpose->title.in[lang] : id;
}

static const char *
organisation_name(const struct policy *p, const char *id, enum words_lang lang)
{
	const struct organisation *o = p == NULL ? NULL : policy_organisation(p, str_of(id));

	return o != NULL ? o->name.in[lang] : id;
}

json_t *
inbox_card(const struct policy *p, const struct store_message *m, enum i18n_lang lang)
{
	CLEANUP(json_decrefp) json_t *refs = NULL;
	const enum words_lang words = lang == I18N_EN ? WORDS_EN : WORDS_RU;
	const char *page = page_of(m->kind), *target;

	if (json_read(m->refs, REFS_MOST, &refs, NULL) != OK)
		refs = json_object();
	target = text_of(refs, "target");
	return json_pack("{s:s%, s:b, s:I, s:b, s:o, s:s, s:s, s:I}", "kind", m->kind.p, m->kind.n, "asks",
			 str_is(m->kind, inbox_kind_name(INBOX_REQUEST_NEW)), "at", (json_int_t)m->created_us, "new",
			 m->read_us == 0, "link",
			 json_sprintf("%s%s", page, str_ends(str_of(page), STR("/")) ? target : ""), "organisation",
			 organisation_name(p, text_of(refs, "organisation"), words), "purpose",
			 purpose_title(p, text_of(refs, "purpose"), words), "until",
			 (json_int_t)json_integer_value(json_object_get(refs, "until")));
}
