/*
 * ep_consent_document.c: the consent as the document of its own that 152-FZ 9 asks for: the nine items of 9(4), in
 * their order and with their numbers, made from the record. Of a consent that was given; of a request, what would be
 * signed; at a desk the same with lines to fill in by hand, for whoever signs on paper. That page has no particulars:
 * the person writes them, so nobody looks them up for it.
 */
#include <string.h>

#include "authd/access/desk.h"
#include "authd/consent/consenting.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_desk.h"
#include "authd/http/json_write.h"
#include "authd/http/qr.h"
#include "authd/identity/acting.h"
#include "authd/request.h"

#define ITEMS 9

/* What is to be written by hand where nothing is known: the texts are document_field_<name>. */
static const struct {
	unsigned item;
	const char *field;
} by_hand[] = {
	{ 1, "name" },           { 1, "address" },        { 1, "document" },        { 1, "issued" },
	{ 2, "representative" }, { 2, "authority" },      { 9, "signature" },       { 9, "signed_name" },
	{ 9, "signed_on" },      { 9, "first_operator" }, { 9, "second_operator" },
};

struct document {
	struct request *rq;
	json_t *record, *identity; /* identity NULL: to be filled in by hand */
	bool on_paper;
	const char *back; /* where the page came from */
	struct str back_id;
	struct buf link; /* what the picture says */
};

static void
document_clear(struct document *d)
{
	json_decref(d->record);
	json_decref(d->identity);
	buf_clear(&d->link);
}

static json_t *
rows_of(const struct consent_receipt *lines, unsigned item)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < lines->n; i++) {
		const struct consent_line *l = &lines->line[i];

		if (l->item == item)
			json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:b, s:b, s:b}", "label", l->label, "at",
							      l->at != NULL ? l->at : "", "value", l->value, "name",
							      l->kind == CONSENT_LINE_NAME, "time",
							      l->kind == CONSENT_LINE_TIME, "link",
							      l->kind == CONSENT_LINE_LINK));
	}
	return rows;
}

static json_t *
fields_of(const struct document *d, unsigned item)
{
	json_t *fields = json_array();

	for (size_t i = 0; d->on_paper && i < ARRAY_LEN(by_hand); i++)
		if (by_hand[i].item == item)
			json_array_append_new(fields, json_pack("{s:s}", "field", by_hand[i].field));
	return fields;
}

/* An item that the record leaves empty says that it does, and why: nobody is commissioned, nobody represents. */
static enum status
add_item(const struct document *d, const struct consent_receipt *lines, unsigned item, json_t *items)
{
	json_t *rows = rows_of(lines, item), *fields = fields_of(d, item);
	bool empty = json_array_size(rows) == 0 && json_array_size(fields) == 0;
	json_t *made = json_pack("{s:o, s:o, s:o, s:b}", "number", json_sprintf("%u", item), "rows", rows, "fields",
				 fields, "none", empty);

	return json_array_append_new(items, made) == 0 ? OK : E_NOMEM;
}

static enum status
add_items(const struct document *d, json_t *data)
{
	CLEANUP(consent_receipt_clear) struct consent_receipt lines = { 0 };
	json_t *items = json_array();

	if (json_object_set_new(data, "items", items) != 0)
		return E_NOMEM;
	TRY(consent_receipt_lines(d->record, d->identity, request_lang(d->rq), &lines));
	for (unsigned item = 1; item <= ITEMS; item++)
		TRY(add_item(d, &lines, item, items));
	return OK;
}

static enum status
show(struct document *d)
{
	CLEANUP(json_decrefp) json_t *data = NULL;
	json_t *qr = NULL;
	const json_t *code = json_object_get(d->record, "code");

	TRY(qr_json(buf_str(&d->link), &qr));
	data = json_pack("{s:o, s:b, s:s, s:o, s:o, s:o*, s:o*, s:o*}", "qr", qr, "paper", d->on_paper, "back", d->back,
			 "back_id", json_of_str(d->back_id), "check", json_of_str(buf_str(&d->link)), "code",
			 json_copy((json_t *)(uintptr_t)code), "record_id",
			 json_copy(json_object_get(d->record, "record_id")), "state",
			 json_copy(json_object_get(d->record, "state")));
	if (data == NULL)
		return E_NOMEM;
	TRY(add_items(d, data));
	return request_page(d->rq, 200, "document", data);
}

/* ---- of a consent ---- */

enum status
ep_consent_document(struct request *rq)
{
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };
	CLEANUP(document_clear)
	struct document d = { .rq = rq, .back = "/consents/", .back_id = rq->param[0], .link = BUF(QR_TEXT_MOST) };
	const struct consenting_giver owner = consenting_giver_self(rq);
	enum status st;

	TRY(store_consent_find(request_store(rq), rq->param[0], str_of(rq->who.sub), &c));
	if (!acting_covers(rq, c.purpose))
		return E_NOT_FOUND;
	TRY(consenting_record(rq, &c, &d.record));
	st = consenting_identity(rq, &c, &owner, &d.identity);
	if (st != OK && st != E_NOT_FOUND)
		return st;
	buf_printf(&d.link, "%.*s/check?code=%.*s", STR_ARG(rq->authd->issuer), STR_ARG(c.code));
	return show(&d);
}

/* ---- of a request ---- */

static enum status
preview(struct document *d, const struct store_request *asked, const struct consenting_giver *giver)
{
	struct request *rq = d->rq;

	if (asked->log_index == STORE_NO_INDEX)
		return request_fail(rq, E_UNAVAILABLE, "log_unavailable",
				    "this request is on its way; try again in a moment");
	TRY(consenting_preview(rq, asked, giver, &d->record));
	buf_printf(&d->link, "%.*s/ask/%.*s", STR_ARG(rq->authd->issuer), STR_ARG(asked->request_id));
	return buf_status(&d->link);
}

enum status
ep_ask_document(struct request *rq)
{
	CLEANUP(store_request_clear) struct store_request asked = { 0 };
	CLEANUP(document_clear)
	struct document d = { .rq = rq, .back = "/ask/", .back_id = rq->param[0], .link = BUF(QR_TEXT_MOST) };
	const struct consenting_giver giver = consenting_giver_self(rq);

	TRY(store_request_find(request_store(rq), rq->param[0], str_of(rq->who.sub), &asked));
	if (!acting_covers(rq, asked.purpose))
		return E_NOT_FOUND;
	TRY(preview(&d, &asked, &giver));
	TRY(consenting_preview_identity(rq, &giver, &d.identity));
	return show(&d);
}

/* ---- at a desk ---- */

enum status
ep_desk_document(struct request *rq)
{
	CLEANUP(desk_case_clear) struct desk_case c = { 0 };
	CLEANUP(store_request_clear) struct store_request asked = { 0 };
	CLEANUP(document_clear)
	struct document d = {
		.rq = rq, .on_paper = true, .back = "/desk/cases/", .back_id = rq->param[0], .link = BUF(QR_TEXT_MOST)
	};
	struct str target = form_get(&rq->query, "target");
	struct consenting_giver giver;
	struct officer o;

	TRY(ep_desk_officer(rq, &o));
	TRY(desk_case(rq, &o, rq->param[0], &c));
	TRY(store_request_find(request_store(rq), target.p != NULL ? target : STR(""), c.person.sub, &asked));
	if (!str_eq(asked.organisation, c.row.organisation))
		return E_NOT_FOUND;
	giver = (struct consenting_giver){ .sub = c.person.sub };
	TRY(preview(&d, &asked, &giver));
	return show(&d);
}
