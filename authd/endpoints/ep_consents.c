/*
 * ep_consents.c: the person's consents: what holds, what ended, what waits; each with everything it says, a receipt,
 * and a way to take it back in two clicks without a reason.
 */
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/access/consent.h"
#include "authd/access/consenting.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/html.h"
#include "authd/http/json.h"
#include "authd/identity/acting.h"
#include "authd/request.h"
#include "authd/store/store_person.h"

#define PAGE_SIZE 50
/* A consent in its last month is shown as ending. */
#define ENDING_US (30 * DAY_US)

static enum words_lang
page_lang(const struct request *rq)
{
	return rq->http->lang == I18N_EN ? WORDS_EN : WORDS_RU;
}

/* What the person sees as its state: a given one whose term is over has ended, whatever the row says. */
static const char *
shown_state(const struct store_consent *c)
{
	const int64_t now = clock_now_us();
	enum consent_state s;

	if (consent_state_parse(c->state, &s) != OK)
		return "unknown";
	if (!consent_state_permits(s))
		return consent_state_name(s);
	if (c->until_us <= now)
		return "expired";
	return c->until_us - now < ENDING_US ? "ending" : "given";
}

static const char *
title_of(const struct words *w, enum words_lang lang, struct str id)
{
	return w != NULL ? w->in[lang] : id.n > 0 ? id.p : "";
}

static json_t *
card(struct request *rq, const struct store_consent *c)
{
	const enum words_lang lang = page_lang(rq);
	const struct purpose *purpose = rq->policy == NULL ? NULL : policy_purpose(rq->policy, c->purpose);
	const struct organisation *o = rq->policy == NULL ? NULL : policy_organisation(rq->policy, c->organisation);
	const char *state = shown_state(c);
	bool holds = strcmp(state, "given") == 0 || strcmp(state, "ending") == 0;

	return json_pack("{s:s%, s:s, s:b, s:s, s:s, s:I, s:I, s:I, s:s%}", "id", c->record_id.p, c->record_id.n,
			 "state", state, "holds", holds, "purpose",
			 title_of(purpose != NULL ? &purpose->title : NULL, lang, c->purpose), "organisation",
			 title_of(o != NULL ? &o->name : NULL, lang, c->organisation), "given", (json_int_t)c->given_us,
			 "until", (json_int_t)c->until_us, "withdrawn", (json_int_t)c->withdrawn_us, "code", c->code.p,
			 c->code.n);
}

/* ---- the list ---- */

static json_t *
waiting_card(struct request *rq, const struct store_request *r)
{
	const enum words_lang lang = page_lang(rq);
	const struct purpose *purpose = rq->policy == NULL ? NULL : policy_purpose(rq->policy, r->purpose);
	const struct organisation *o = rq->policy == NULL ? NULL : policy_organisation(rq->policy, r->organisation);

	return json_pack("{s:s%, s:s, s:s, s:I}", "id", r->request_id.p, r->request_id.n, "purpose",
			 title_of(purpose != NULL ? &purpose->title : NULL, lang, r->purpose), "organisation",
			 title_of(o != NULL ? &o->name : NULL, lang, r->organisation), "expires",
			 (json_int_t)r->expires_us);
}

static enum status
waiting(struct request *rq, json_t *out)
{
	CLEANUP(store_request_list_clear) struct store_request_list list = { 0 };

	TRY(store_request_page(request_store(rq), str_of(rq->who.sub), STR("requested"), STR(""), PAGE_SIZE, &list));
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].expires_us > clock_now_us() && acting_covers(rq, list.items[i].purpose))
			json_array_append_new(out, waiting_card(rq, &list.items[i]));
	return OK;
}

static enum status
sorted(struct request *rq, json_t *data)
{
	CLEANUP(store_consent_list_clear) struct store_consent_list list = { 0 };
	const struct store_consent_filter mine = { .sub = str_of(rq->who.sub) };
	struct str cursor = form_get(&rq->query, "cursor");

	TRY(store_consent_page(request_store(rq), &mine, cursor.n > 0 ? cursor : STR(""), PAGE_SIZE, &list));
	for (size_t i = 0; i < list.count; i++) {
		if (!acting_covers(rq, list.items[i].purpose))
			continue;
		json_t *one = card(rq, &list.items[i]);
		const char *group = json_is_true(json_object_get(one, "holds")) ? "holding" : "ended";

		json_array_append_new(json_object_get(data, group), one);
	}
	json_object_set_new(data, "next", json_string(list.next.text));
	return OK;
}

enum status
ep_consents(struct request *rq)
{
	json_t *data = json_pack("{s:[], s:[], s:[]}", "waiting", "holding", "ended");
	enum status st = data == NULL ? E_NOMEM : waiting(rq, json_object_get(data, "waiting"));

	if (st == OK)
		st = sorted(rq, data);
	if (st == E_INVALID)
		st = request_fail(rq, st, "invalid_request", "this page of the list does not exist");
	if (st == OK)
		st = request_page(rq, 200, "consents", data);
	json_decref(data);
	return st;
}

/* ---- one ---- */

static enum status
find(struct request *rq, struct store_consent *out)
{
	TRY(store_consent_find(request_store(rq), rq->param[0], str_of(rq->who.sub), out));
	return acting_covers(rq, out->purpose) ? OK : E_NOT_FOUND;
}

/* The person's own particulars, for the document; NULL when they cannot be opened (then they are left out). */
static json_t *
own_identity(struct request *rq)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	const struct keys_place place = { STR("person"), STR("profile"), str_of(rq->who.sub) };
	json_t *identity = NULL;

	if (store_person_find(request_store(rq), str_of(rq->who.sub), &person) != OK || person.profile.n == 0)
		return NULL;
	const struct keys_person who = { .sub = person.sub, .wrapped = person.wrapped_key };

	if (keys_field_open(rq->authd->keys, &who, &place, person.profile, &text) != OK ||
	    json_read(buf_str(&text), KEYS_FIELD_MAX, &identity, NULL) != OK)
		return NULL;
	return identity;
}

/* Lines with the same label say one thing together: "read, store" and not the label twice. False: it begins a row. */
static bool
join_last(json_t *rows, const struct consent_line *l)
{
	json_t *last = rows == NULL ? NULL : json_array_get(rows, json_array_size(rows) - 1);

	if (last == NULL || l->kind != CONSENT_LINE_TEXT ||
	    strcmp(json_string_value(json_object_get(last, "label")), l->label) != 0)
		return false;
	json_object_set_new(last, "value",
			    json_sprintf("%s, %s", json_string_value(json_object_get(last, "value")), l->value));
	return true;
}

/* The document's lines by section, as summary lists. */
static json_t *
sections(const struct consent_receipt *lines)
{
	json_t *list = json_array(), *rows = NULL;
	const char *section = NULL;

	for (size_t i = 0; i < lines->n; i++) {
		const struct consent_line *l = &lines->line[i];

		if (section == NULL || strcmp(section, l->section) != 0) {
			rows = json_array();
			json_array_append_new(list, json_pack("{s:s, s:o}", "title", l->section, "rows", rows));
			section = l->section;
		}
		if (join_last(rows, l))
			continue;
		json_array_append_new(rows,
				      json_pack("{s:s, s:s, s:b, s:b, s:b}", "label", l->label, "value", l->value,
						"name", l->kind == CONSENT_LINE_NAME, "time",
						l->kind == CONSENT_LINE_TIME, "link", l->kind == CONSENT_LINE_LINK));
	}
	return list;
}

static enum status
document(struct request *rq, const struct store_consent *c, json_t *data)
{
	CLEANUP(json_decrefp) json_t *record = NULL, *identity = own_identity(rq);
	struct consent_receipt lines = { 0 };
	enum status st;

	TRY(consenting_record(rq, c, &record));
	st = consent_receipt_lines(record, identity, page_lang(rq), &lines);
	if (st == OK)
		json_object_set_new(data, "sections", sections(&lines));
	consent_receipt_clear(&lines);
	return st;
}

static enum status
page_of(struct request *rq, const char *template)
{
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };
	json_t *data;
	enum status st;

	TRY(find(rq, &c));
	data = card(rq, &c);
	if (data == NULL)
		return E_NOMEM;
	st = document(rq, &c, data);
	if (st == OK)
		st = request_page(rq, 200, template, data);
	json_decref(data);
	return st;
}

enum status
ep_consent(struct request *rq)
{
	return page_of(rq, "consent");
}

/* ---- taking it back: this page asks once, the form of it does it ---- */

enum status
ep_consent_withdraw_page(struct request *rq)
{
	return page_of(rq, "withdraw");
}

enum status
ep_consent_withdraw(struct request *rq)
{
	CLEANUP(buf_clear) struct buf to = BUF(128);
	const struct consenting_giver giver = consenting_giver_self(rq);
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };
	enum status st = find(rq, &c); /* a representative only what their mandate is for */

	TRY(st);
	st = consenting_withdraw(rq, &giver, rq->param[0]);

	/* Pressed twice: it is withdrawn, which is what the person wants to see. */
	if (st != OK && st != E_USED)
		return st;
	buf_put_cstr(&to, "/consents/");
	buf_put(&to, rq->param[0]);
	TRY(buf_status(&to));
	response_redirect(rq->rsp, buf_str(&to));
	return OK;
}

/* ---- the receipt: a page to print, a text, or the file that can be checked without us ---- */

static enum status
receipt_file(struct request *rq, const struct store_consent *c)
{
	CLEANUP(json_decrefp) json_t *receipt = NULL;

	TRY(consenting_receipt(rq, c, &receipt));
	response_json(rq->rsp, 200, receipt);
	response_headerf(rq->rsp, "Content-Disposition", "attachment; filename=\"consent-%.*s.json\"",
			 STR_ARG(c->code));
	return OK;
}

static enum status
receipt_text(struct request *rq, const struct store_consent *c)
{
	CLEANUP(json_decrefp) json_t *record = NULL, *identity = own_identity(rq);
	CLEANUP(buf_clear) struct buf text = BUF(HTML_PAGE_MOST);

	TRY(consenting_record(rq, c, &record));
	TRY(consent_receipt_text(record, identity, page_lang(rq), &text));
	TRY(buf_status(&text));
	response_buf(rq->rsp, 200, "text/plain; charset=utf-8", &text);
	return OK;
}

enum status
ep_consent_receipt_page(struct request *rq)
{
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };
	struct str as = form_get(&rq->query, "as");

	if (!str_is(as, "json") && !str_is(as, "text"))
		return page_of(rq, "receipt");
	TRY(find(rq, &c));
	return str_is(as, "json") ? receipt_file(rq, &c) : receipt_text(rq, &c);
}
