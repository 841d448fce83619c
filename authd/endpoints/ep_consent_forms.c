#include "authd/endpoints/ep_consent_forms.h"

#include <string.h>

#include "auditlog/core/hash.h"
#include "authd/consent/consent_jsonld.h"
#include "authd/consent/consent_words.h"
#include "authd/consent/consenting.h"
#include "authd/endpoints/ep_consents.h"
#include "authd/http/accept.h"
#include "authd/http/html.h"
#include "authd/http/json_write.h"
#include "authd/http/qr.h"
#include "authd/request.h"

#define LD_JSON   "application/ld+json"
#define TEXT_MOST ((size_t)1 << 20)

/* The answer depends on what was accepted; so it is said also when it is a refusal. */
static enum status
choose(struct request *rq, const char *const *offered, size_t n, size_t *out)
{
	CLEANUP(buf_clear) struct buf all = BUF(256);
	enum status st = accept_choose(rq->http, offered, n, out);

	response_header(rq->rsp, "Vary", STR("Accept"));
	if (st == OK)
		return OK;
	for (size_t i = 0; i < n; i++)
		buf_printf(&all, "%s%s", i > 0 ? ", " : "", offered[i]);
	TRY(buf_status(&all));
	return problem_setf(rq->rsp, E_UNSUPPORTED, "not_acceptable", "there is %.*s", STR_ARG(buf_str(&all)));
}

/* ---- the record ---- */

static enum status
say_tagged(struct request *rq, const json_t *body, const char *type)
{
	CLEANUP(buf_clear) struct buf text = BUF(TEXT_MOST), tag = BUF(2 * HASH_LEN + 2);
	struct hash digest;
	char etag[2 * HASH_LEN + 3];

	TRY(json_write(body, &text));
	TRY(buf_status(&text));
	digest = hash_sha256(buf_str(&text));
	buf_put_char(&tag, '"');
	hash_put_hex(&tag, &digest);
	buf_put_char(&tag, '"');
	TRY(buf_status(&tag));
	memcpy(etag, tag.p, tag.n);
	etag[tag.n] = '\0';
	response_file(rq->rsp, rq->http, type, etag, buf_str(&text), STR(""));
	return OK;
}

enum status
ep_consent_forms_record(struct request *rq, const json_t *record)
{
	static const char *const offered[] = { "application/json", LD_JSON };
	CLEANUP(json_decrefp) json_t *linked = NULL;
	size_t form = 0;

	TRY(choose(rq, offered, ARRAY_LEN(offered), &form));
	if (form == 0)
		return say_tagged(rq, record, offered[0]);
	TRY(consent_jsonld_record(record, rq->authd->issuer, &linked));
	return say_tagged(rq, linked, LD_JSON);
}

/* ---- which form ---- */

static const struct {
	const char *name, *type;
} forms[EP_RECEIPT_FORMS] = {
	[EP_RECEIPT_JSON] = { "json", "application/json" },
	[EP_RECEIPT_PAGE] = { "page", "text/html" },
	[EP_RECEIPT_TEXT] = { "text", "text/plain" },
	[EP_RECEIPT_LD] = { "ld", LD_JSON },
	[EP_RECEIPT_PROOF] = { "proof", NULL },
	[EP_RECEIPT_ENTRY] = { "entry", NULL },
};

enum status
ep_consent_forms_choose(struct request *rq, bool named, enum ep_receipt_form *out)
{
	/* Of equals a program gets JSON, a browser the page. */
	static const enum ep_receipt_form for_programs[] = { EP_RECEIPT_JSON, EP_RECEIPT_PAGE, EP_RECEIPT_TEXT,
							     EP_RECEIPT_LD };
	static const enum ep_receipt_form for_people[] = { EP_RECEIPT_PAGE, EP_RECEIPT_JSON, EP_RECEIPT_TEXT,
							   EP_RECEIPT_LD };
	const enum ep_receipt_form *order = named ? for_people : for_programs;
	const char *offered[ARRAY_LEN(for_people)];
	struct str as = form_get(&rq->query, "as");
	size_t at = 0;

	for (size_t i = 0; named && as.n > 0 && i < ARRAY_LEN(forms); i++) {
		if (str_is(as, forms[i].name)) {
			*out = (enum ep_receipt_form)i;
			return OK;
		}
	}
	if (named && as.n > 0)
		return request_fail(rq, E_INVALID, "invalid_request", "as is page, json, text, ld, proof or entry");
	for (size_t i = 0; i < ARRAY_LEN(offered); i++)
		offered[i] = forms[order[i]].type;
	TRY(choose(rq, offered, ARRAY_LEN(offered), &at));
	*out = order[at];
	return OK;
}

/* ---- the lines as a page draws them ---- */

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

json_t *
ep_consent_forms_sections(const struct consent_receipt *lines)
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
		json_array_append_new(
		    rows, json_pack("{s:s, s:s, s:s, s:b, s:b, s:b}", "label", l->label, "at",
				    l->at != NULL ? l->at : "", "value", l->value, "name", l->kind == CONSENT_LINE_NAME,
				    "time", l->kind == CONSENT_LINE_TIME, "link", l->kind == CONSENT_LINE_LINK));
	}
	return list;
}

/* ---- the receipt ---- */

struct making {
	struct request *rq;
	const struct ep_receipt *of;
	json_t *receipt;
};

static const char *
member(const struct making *m, const char *name)
{
	return json_string_value(json_object_get(m->receipt, name));
}

static void
name_file(const struct making *m, const char *ending)
{
	response_headerf(m->rq->rsp, "Content-Disposition", "attachment; filename=\"consent-%s.%s\"", member(m, "code"),
			 ending);
}

static enum status
say_json(struct making *m)
{
	response_json(m->rq->rsp, 200, m->receipt);
	name_file(m, "json");
	return OK;
}

static enum status
say_ld(struct making *m)
{
	CLEANUP(json_decrefp) json_t *linked = NULL;

	TRY(consent_jsonld_receipt(m->receipt, m->rq->authd->issuer, &linked));
	response_json_as(m->rq->rsp, 200, LD_JSON, linked);
	name_file(m, "jsonld");
	return OK;
}

static void
put_label(struct making *m, struct buf *out, const char *key, const char *value)
{
	buf_put(out, i18n_text(m->rq->http->lang, str_of(key)));
	buf_printf(out, ": %s\n", value);
}

/* The same lines as the page has, and everything that `auditlog check` needs, to be cut out. */
static enum status
say_text(struct making *m)
{
	CLEANUP(buf_clear) struct buf text = BUF(TEXT_MOST);
	const json_t *proofs = json_object_get(m->receipt, "proofs");

	TRY(consent_receipt_text(json_object_get(m->receipt, "record"), m->of->identity, request_lang(m->rq), &text));
	buf_put_char(&text, '\n');
	put_label(m, &text, "receipt_check_link", member(m, "check"));
	put_label(m, &text, "receipt_proof_how", "auditlog check PROOF --entry ENTRY --key VKEY");
	for (size_t i = 0; i < json_array_size(proofs); i++) {
		const json_t *p = json_array_get(proofs, i);

		buf_printf(&text, "\n---- %s %" JSON_INTEGER_FORMAT " ----\n%s\n\n%s",
			   consent_words_say(json_string_value(json_object_get(p, "state")), request_lang(m->rq)),
			   json_integer_value(json_object_get(p, "index")),
			   json_string_value(json_object_get(p, "entry")),
			   json_string_value(json_object_get(p, "proof")));
	}
	TRY(buf_status(&text));
	response_buf(m->rq->rsp, 200, "text/plain; charset=utf-8", &text);
	return OK;
}

static enum status
page_data(struct making *m, json_t *data)
{
	CLEANUP(consent_receipt_clear) struct consent_receipt lines = { 0 };
	json_t *qr = NULL;

	TRY(consent_receipt_lines(json_object_get(m->receipt, "record"), m->of->identity, request_lang(m->rq), &lines));
	TRY(qr_json(str_of(member(m, "check")), &qr));
	if (json_object_set_new(data, "qr", qr) != 0 ||
	    json_object_set_new(data, "sections", ep_consent_forms_sections(&lines)) != 0 ||
	    json_object_set(data, "check", json_object_get(m->receipt, "check")) != 0 ||
	    json_object_set(data, "proofs", json_object_get(m->receipt, "proofs")) != 0 ||
	    json_object_set_new(data, "own", json_boolean(m->of->own)) != 0)
		return E_NOMEM;
	return OK;
}

static enum status
say_page(struct making *m)
{
	CLEANUP(json_decrefp) json_t *data = ep_consents_card(m->rq, m->of->consent);

	if (data == NULL)
		return E_NOMEM;
	TRY(page_data(m, data));
	return request_page(m->rq, 200, "receipt", data);
}

/* One of the two files that belong together. */
static enum status
say_part(struct making *m, const char *part, const char *type, const char *ending)
{
	const json_t *proofs = json_object_get(m->receipt, "proofs");
	const json_t *last = json_array_get(proofs, json_array_size(proofs) - 1);

	response_bytes(m->rq->rsp, 200, type, str_of(json_string_value(json_object_get(last, part))));
	name_file(m, ending);
	return OK;
}

static enum status
say_proof(struct making *m)
{
	return say_part(m, "proof", "text/plain; charset=utf-8", "tlog-proof");
}

static enum status
say_entry(struct making *m)
{
	return say_part(m, "entry", "application/json", "entry");
}

enum status
ep_consent_forms_receipt(struct request *rq, const struct ep_receipt *r, enum ep_receipt_form form)
{
	static enum status (*const say[EP_RECEIPT_FORMS])(struct making *) = {
		[EP_RECEIPT_JSON] = say_json, [EP_RECEIPT_PAGE] = say_page,   [EP_RECEIPT_TEXT] = say_text,
		[EP_RECEIPT_LD] = say_ld,     [EP_RECEIPT_PROOF] = say_proof, [EP_RECEIPT_ENTRY] = say_entry,
	};
	CLEANUP(json_decrefp) json_t *receipt = NULL;
	struct making m = { .rq = rq, .of = r };

	TRY(consenting_receipt(rq, r->consent, &receipt));
	m.receipt = receipt;
	return say[form](&m);
}
