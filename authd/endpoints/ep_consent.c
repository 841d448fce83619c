/*
 * ep_consent.c: one consent of the person's: everything it says, a receipt, a way to take it back in two clicks without
 * a reason, and one to give it again.
 */
#include <string.h>

#include "authd/consent/consent.h"
#include "authd/consent/consenting.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_consent_forms.h"
#include "authd/endpoints/ep_consents.h"
#include "authd/http/json_write.h"
#include "authd/identity/acting.h"
#include "authd/request.h"

#define TICKS_MOST CONSENTING_CATEGORIES_MOST

static enum status
find(struct request *rq, struct store_consent *out)
{
	TRY(store_consent_find(request_store(rq), rq->param[0], str_of(rq->who.sub), out));
	return acting_covers(rq, out->purpose) ? OK : E_NOT_FOUND;
}

/* The particulars as they were signed; NULL when none are kept (then they are left out). */
static json_t *
own_identity(struct request *rq, const struct store_consent *c)
{
	const struct consenting_giver owner = consenting_giver_self(rq);
	json_t *identity = NULL;

	return consenting_identity(rq, c, &owner, &identity) == OK ? identity : NULL;
}

/* Why it ended without the person, and where its text stands. */
static void
add_end(const json_t *record, const struct store_consent *c, json_t *data)
{
	const json_t *events = json_object_get(record, "events");
	const json_t *last = json_array_get(events, json_array_size(events) - 1);
	struct str why = str_of(json_string_value(json_object_get(last, "method")));
	struct str url = str_of(json_string_value(json_object_get(json_object_get(record, "notice"), "url")));
	enum consent_state state;

	if (consent_state_parse(c->state, &state) == OK && consenting_may_lapse(state, why))
		json_object_set_new(data, "why", json_of_str(why));
	json_object_set_new(data, "notice_url", json_of_str(url));
	if (c->renews.n > 0)
		json_object_set_new(data, "renews", json_of_str(c->renews));
}

/* What may be ticked when it is renewed: nothing is ticked beforehand, what is not ticked falls away. */
static void
add_optional(struct request *rq, const json_t *record, json_t *data)
{
	const json_t *had = json_object_get(record, "data");
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(had); i++) {
		const json_t *one = json_array_get(had, i);
		const char *lang = request_lang(rq) == WORDS_EN ? "en" : "ru";

		if (!json_is_true(json_object_get(one, "required")))
			json_array_append_new(list,
					      json_pack("{s:O, s:O}", "id", json_object_get(one, "category"), "title",
							json_object_get(json_object_get(one, "title"), lang)));
	}
	json_object_set_new(data, "optional", list);
}

static enum status
document(struct request *rq, const struct store_consent *c, json_t *data)
{
	CLEANUP(json_decrefp) json_t *record = NULL, *identity = own_identity(rq, c);
	struct consent_receipt lines = { 0 };
	enum status st;

	TRY(consenting_record(rq, c, &record));
	add_end(record, c, data);
	add_optional(rq, record, data);
	st = consent_receipt_lines(record, identity, request_lang(rq), &lines);
	if (st == OK)
		json_object_set_new(data, "sections", ep_consent_forms_sections(&lines));
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
	data = ep_consents_card(rq, &c);
	if (data == NULL)
		return E_NOMEM;
	ep_consents_add_uses(rq, &c, 1, &data);
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

/* ---- giving it again ---- */

static enum status
to_consent(struct request *rq, struct str record_id)
{
	CLEANUP(buf_clear) struct buf to = BUF(128);

	buf_put_cstr(&to, "/consents/");
	buf_put(&to, record_id);
	TRY(buf_status(&to));
	response_redirect(rq->rsp, buf_str(&to));
	return OK;
}

enum status
ep_consent_renew(struct request *rq)
{
	const struct consenting_giver giver = consenting_giver_self(rq);
	struct str ticked[TICKS_MOST];
	char record_id[UUID_TEXT_LEN + 1];
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };
	enum status st;
	size_t n = 0;

	TRY(find(rq, &c));
	for (struct str one = form_get_nth(&rq->form, "category", 0); one.p != NULL;
	     one = form_get_nth(&rq->form, "category", n)) {
		if (n == TICKS_MOST)
			return request_fail(rq, E_INVALID, "invalid_request", "too many categories");
		ticked[n++] = one;
	}
	st = consenting_renew(rq, &giver, rq->param[0], ticked, n, record_id);
	/* Pressed twice, or ended in the meantime: what it became stands, and the page says so. */
	if (st == E_USED)
		return to_consent(rq, rq->param[0]);
	TRY(st);
	return to_consent(rq, str_of(record_id));
}

/* ---- the receipt: a page to print, a text, or the files that can be checked without us ---- */

enum status
ep_consent_receipt_page(struct request *rq)
{
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };
	CLEANUP(json_decrefp) json_t *identity = NULL;
	struct ep_receipt receipt = { .consent = &c, .own = true };
	enum ep_receipt_form form;

	TRY(find(rq, &c));
	TRY(ep_consent_forms_choose(rq, true, &form));
	receipt.identity = identity = own_identity(rq, &c);
	return ep_consent_forms_receipt(rq, &receipt, form);
}
