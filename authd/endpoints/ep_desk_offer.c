/*
 * ep_desk_offer.c: what was prepared (ep_desk_prepare.c), read out or printed; then the person's code, or a second
 * operator's word that the signed paper is there. Every form brings back the hash of the text that it showed.
 */
#include <string.h>

#include "auditlog/base/encode.h"
#include "authd/access/desk_codes.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_desk.h"
#include "authd/endpoints/ep_notice.h"
#include "authd/endpoints/ep_recipients.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/request.h"

#define QUEUE_MOST 50

/* ---- what was prepared ---- */

json_t *
ep_desk_category_titles(struct request *rq, const json_t *names)
{
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *id = json_string_value(json_array_get(names, i));
		const struct category *c = policy_category(rq->policy, str_of(id));

		if (c != NULL)
			json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "id", c->id, "title",
							      c->title.in[ep_desk_lang(rq)], "special", c->special));
	}
	return list;
}

/* The notice whose hash the text has; when it is another one by now, none is shown, and confirming is refused. */
static void
add_notice(struct request *rq, const json_t *said, json_t *data)
{
	const json_t *named = json_object_get(said, "notice");
	const struct notice *n = named == NULL
				     ? NULL
				     : notice_find(rq->policy, str_of(json_string_value(json_object_get(named, "id"))),
						   (unsigned)json_integer_value(json_object_get(named, "version")));
	bool english = strcmp(json_string_value(json_object_get(said, "lang")), "en") == 0;

	if (n != NULL)
		json_object_set_new(data, "notice", ep_notice_paragraphs(n->in[english ? WORDS_EN : WORDS_RU].body));
}

static void
add_titles(struct request *rq, const json_t *said, json_t *data)
{
	const enum words_lang lang = ep_desk_lang(rq);
	const struct purpose *u =
	    policy_purpose(rq->policy, str_of(json_string_value(json_object_get(said, "purpose"))));
	const struct service *s =
	    policy_service(rq->policy, str_of(json_string_value(json_object_get(said, "service"))));
	const struct organisation *o =
	    policy_organisation(rq->policy, str_of(json_string_value(json_object_get(said, "organisation"))));

	json_object_set_new(data, "purpose", json_string(u != NULL ? u->title.in[lang] : ""));
	json_object_set_new(data, "why", json_string(u != NULL ? u->why.in[lang] : ""));
	json_object_set_new(data, "if_refused", json_string(u != NULL ? u->if_refused.in[lang] : ""));
	json_object_set_new(data, "service", json_string(s != NULL ? s->title.in[lang] : ""));
	json_object_set_new(data, "organisation", json_string(o != NULL ? o->name.in[lang] : ""));
	json_object_set_new(data, "recipients", ep_recipients_named(rq, json_object_get(said, "recipients")));
	json_object_set_new(data, "required", ep_desk_category_titles(rq, json_object_get(said, "required")));
	json_object_set_new(data, "optional", ep_desk_category_titles(rq, json_object_get(said, "optional")));
	json_object_set_new(data, "has_required", json_boolean(json_array_size(json_object_get(said, "required")) > 0));
	json_object_set_new(data, "has_optional", json_boolean(json_array_size(json_object_get(said, "optional")) > 0));
}

static enum status
add_content(struct request *rq, const struct desk_offer *offer, json_t *data)
{
	static const char *const plain[] = { "target", "text", "until", "paper", "particulars", "contract" };
	CLEANUP(buf_clear) struct buf hex = BUF(2 * HASH_LEN);

	encode_hex(&hex, offer->row.digest);
	TRY(buf_status(&hex));
	json_object_set_new(data, "digest", json_of_str(buf_str(&hex)));
	if (offer->content == NULL)
		return OK;
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		if (json_object_get(offer->content, plain[i]) != NULL)
			json_object_set(data, plain[i], json_object_get(offer->content, plain[i]));
	add_titles(rq, offer->content, data);
	add_notice(rq, offer->content, data);
	return OK;
}

static enum status
show(struct request *rq, const struct officer *o, const struct desk_offer *offer, int http, const char *fault)
{
	const struct store_desk_offer *row = &offer->row;
	bool own = str_is(row->operator_sub, o->sub), on_paper = str_is(row->way, "paper");
	bool waits = str_is(row->state, "prepared") && row->expires_us > clock_now_us();
	CLEANUP(json_decrefp)
	json_t *data = json_pack(
	    "{s:o, s:o, s:o, s:o, s:I, s:I, s:b, s:b, s:b, s:b, s:o, s:o, s:s?}", "id", json_of_str(row->offer_id),
	    "act", json_of_str(row->action), "state", json_of_str(row->state), "case_id", json_of_str(row->case_id),
	    "number", (json_int_t)row->code_number, "expires", (json_int_t)row->expires_us, "by_code",
	    waits && own && !on_paper, "by_second", waits && !own && on_paper, "waits_second", waits && own && on_paper,
	    "waits", waits, "result", json_of_str(row->result), "channel", json_of_str(row->channel), "fault", fault);

	if (data == NULL)
		return E_NOMEM;
	TRY(add_content(rq, offer, data));
	return request_page(rq, http, "desk_offer", data);
}

enum status
ep_desk_offer(struct request *rq)
{
	CLEANUP(desk_offer_clear) struct desk_offer offer = { 0 };
	struct officer o;

	TRY(ep_desk_officer(rq, &o));
	TRY(desk_offer(rq, &o, rq->param[0], &offer));
	TRY(desk_record_look(rq, &o, &offer));
	return show(rq, &o, &offer, 200, NULL);
}

/* ---- the second step ---- */

static struct str
given(const struct request *rq, const char *name)
{
	struct str value = form_get(&rq->form, name);

	return value.p == NULL ? STR("") : value;
}

/* What is shown once is the answer itself; anything else is read again from what is stored. */
static enum status
say_done(struct request *rq, const struct desk_offer *offer, const struct desk_result *r)
{
	CLEANUP(json_decrefp) json_t *data = NULL;

	if (r->looks == NULL && r->codes.n == 0)
		return ep_desk_to(rq, "/desk/offers/", offer->row.offer_id, "");
	if (r->looks != NULL)
		data = json_pack("{s:O, s:o}", "looks", r->looks, "id", json_of_str(offer->row.offer_id));
	else
		data = json_pack("{s:o, s:s, s:b}", "list", desk_codes_list(&r->codes), "card", r->card, "own", false);
	return data == NULL ? E_NOMEM : request_page(rq, 200, r->looks != NULL ? "desk_looks" : "desk_codes", data);
}

enum status
ep_desk_confirm(struct request *rq)
{
	CLEANUP(desk_offer_clear) struct desk_offer offer = { 0 };
	CLEANUP(desk_result_clear) struct desk_result done = { 0 };
	struct officer o;
	enum status st;

	TRY(ep_desk_officer(rq, &o));
	TRY(desk_offer(rq, &o, rq->param[0], &offer));
	st = desk_confirm_code(rq, &o, &offer, given(rq, "digest"), given(rq, "code"), &done);
	if (st == E_UNAUTHENTICATED)
		return show(rq, &o, &offer, 401, "desk_code_wrong");
	TRY(st);
	return say_done(rq, &offer, &done);
}

enum status
ep_desk_paper(struct request *rq)
{
	CLEANUP(desk_offer_clear) struct desk_offer offer = { 0 };
	CLEANUP(desk_result_clear) struct desk_result done = { 0 };
	struct officer o;

	TRY(ep_desk_officer(rq, &o));
	TRY(desk_offer(rq, &o, rq->param[0], &offer));
	TRY(desk_confirm_paper(rq, &o, &offer, given(rq, "digest"), &done));
	return say_done(rq, &offer, &done);
}

enum status
ep_desk_refuse(struct request *rq)
{
	CLEANUP(desk_offer_clear) struct desk_offer offer = { 0 };
	struct officer o;

	TRY(ep_desk_officer(rq, &o));
	TRY(desk_offer(rq, &o, rq->param[0], &offer));
	TRY(desk_refuse(rq, &o, &offer));
	return ep_desk_to(rq, "/desk/offers/", offer.row.offer_id, "");
}

/* What waits for a second operator: what it is and since when; whom it is about shows only the offer itself. */
enum status
ep_desk_queue(struct request *rq)
{
	CLEANUP(store_desk_offer_list_clear) struct store_desk_offer_list rows = { 0 };
	CLEANUP(json_decrefp) json_t *data = json_pack("{s:[]}", "offers");
	struct officer o;

	TRY(ep_desk_officer(rq, &o));
	TRY(store_desk_offer_queue(request_store(rq), str_of(o.organisation), clock_now_us(), QUEUE_MOST, &rows));
	for (size_t i = 0; i < rows.count; i++) {
		const struct store_desk_offer *r = &rows.items[i];

		json_array_append_new(json_object_get(data, "offers"),
				      json_pack("{s:o, s:o, s:I, s:I, s:b}", "id", json_of_str(r->offer_id), "act",
						json_of_str(r->action), "at", (json_int_t)r->created_us, "expires",
						(json_int_t)r->expires_us, "own", str_is(r->operator_sub, o.sub)));
	}
	if (rows.count > 0)
		TRY(desk_record_list(rq, &o, "offers", STR("")));
	return data == NULL ? E_NOMEM : request_page(rq, 200, "desk_queue", data);
}
