/*
 * ep_ask.c: the page where a person answers a request for consent. One purpose; what is necessary and what is optional
 * apart, nothing ticked beforehand; yes and no with the same weight, and "later"; what a no means in plain words; the
 * whole text of the notice that the record will name by its hash; and what is different from what the person agreed to
 * the last time.
 */
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/access/asklink.h"
#include "authd/consent/consenting.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_notice.h"
#include "authd/endpoints/ep_recipients.h"
#include "authd/http/json.h"
#include "authd/identity/acting.h"
#include "authd/oauth/client.h"
#include "authd/policy/limits.h"
#include "authd/request.h"

#define TICKS_MOST CONSENTING_CATEGORIES_MOST

/* ---- a link that came with a refusal ---- */

static enum status
ask_of_link(struct request *rq, const struct asklink *link, struct consenting_ask *ask, struct store_client *client)
{
	TRY(client_live(rq, link->client_id, client));
	*ask = (struct consenting_ask){ .client_id = client->client_id,
					.service = client->service,
					.organisation = client->organisation,
					.sub = str_of(rq->who.sub),
					.purpose = link->purpose,
					.categories = { link->category },
					.category_count = 1,
					.case_ref = link->case_ref };
	return OK;
}

enum status
ep_ask_new(struct request *rq)
{
	CLEANUP(store_client_clear) struct store_client client = { 0 };
	CLEANUP(store_request_clear) struct store_request made = { 0 };
	CLEANUP(buf_clear) struct buf to = BUF(256);
	struct consenting_ask ask;
	struct asklink link;
	bool existed;
	enum status st = asklink_open(rq->authd, &rq->query, &link);

	if (st == E_INVALID)
		return request_fail(rq, E_INVALID, "link_invalid", "this link is not complete or not ours");
	if (st == E_EXPIRED)
		return request_fail(rq, st, "request_expired",
				    "this link has expired; the service can give you a new one");
	TRY(st);
	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	TRY(ask_of_link(rq, &link, &ask, &client));
	TRY(consenting_ask(rq, &ask, &made, &existed));
	buf_put_cstr(&to, "/ask/");
	buf_put(&to, made.request_id);
	TRY(buf_status(&to));
	response_redirect(rq->rsp, buf_str(&to));
	return OK;
}

/* ---- the page ---- */

static void
add_category(json_t *list, struct request *rq, struct str name)
{
	const struct category *c = policy_category(rq->policy, name);

	if (c != NULL)
		json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "id", c->id, "title",
						      c->title.in[request_lang(rq)], "special", c->special));
}

static json_t *
categories(struct request *rq, struct str text)
{
	CLEANUP(json_decrefp) json_t *names = NULL;
	json_t *list = json_array();

	if (json_read(text, 8192, &names, NULL) != OK)
		return list;
	for (size_t i = 0; i < json_array_size(names); i++)
		add_category(list, rq, str_of(json_string_value(json_array_get(names, i))));
	return list;
}

/* ---- what is new since the last time ---- */

static void
add_change(json_t *list, const char *what, const char *text)
{
	json_array_append_new(list, json_pack("{s:s, s:s}", "what", what, "text", text));
}

static bool
in_names(const json_t *names, const char *id)
{
	for (size_t i = 0; i < json_array_size(names); i++)
		if (str_is(str_of(json_string_value(json_array_get(names, i))), id))
			return true;
	return false;
}

static bool
in_record(const json_t *data, const char *id)
{
	for (size_t i = 0; i < json_array_size(data); i++)
		if (str_is(str_of(json_string_value(json_object_get(json_array_get(data, i), "category"))), id))
			return true;
	return false;
}

static void
compare_data(struct request *rq, const json_t *had, const json_t *names, const json_t *optional, json_t *list)
{
	const struct category *c;

	for (size_t i = 0; (c = policy_category_at(rq->policy, i)) != NULL; i++) {
		bool now = in_names(names, c->id) || in_names(optional, c->id), before = in_record(had, c->id);

		if (now != before)
			add_change(list, now ? "data_added" : "data_removed", c->title.in[request_lang(rq)]);
	}
}

static bool
in_recipients(const json_t *recipients, struct str id)
{
	for (size_t i = 0; i < json_array_size(recipients); i++)
		if (str_is(id, json_string_value(json_object_get(json_array_get(recipients, i), "service"))))
			return true;
	return false;
}

static void
compare_recipients(struct request *rq, const json_t *had, const struct store_request *asked, json_t *list)
{
	CLEANUP(json_decrefp) json_t *names = NULL;
	const struct service *s;

	if (asked->recipients.n > 0 && json_read(asked->recipients, 8192, &names, NULL) != OK)
		return;
	for (size_t i = 0; (s = policy_service_at(rq->policy, i)) != NULL; i++) {
		bool now = names != NULL ? in_names(names, s->id) : str_is(asked->service, s->id);
		bool before = in_recipients(had, str_of(s->id));

		if (now != before)
			add_change(list, now ? "recipient_added" : "recipient_removed", s->title.in[request_lang(rq)]);
	}
}

/* Empty when the person never agreed to this service's purpose, or to exactly the same. */
static json_t *
changes(struct request *rq, const struct store_request *asked)
{
	CLEANUP(store_consent_clear) struct store_consent last = { 0 };
	CLEANUP(json_decrefp) json_t *record = NULL, *names = NULL, *optional = NULL;
	json_t *list = json_array();
	const json_t *notice;

	if (store_consent_latest(request_store(rq), str_of(rq->who.sub), asked->service, asked->purpose, &last) != OK ||
	    json_read(last.record, CONSENT_RECORD_MOST, &record, NULL) != OK ||
	    json_read(asked->categories, 8192, &names, NULL) != OK ||
	    json_read(asked->optional, 8192, &optional, NULL) != OK)
		return list;
	notice = json_object_get(record, "notice");
	if (last.purpose_version != asked->purpose_version)
		add_change(list, "purpose", "");
	if (json_integer_value(json_object_get(notice, "version")) != asked->notice_version)
		add_change(list, "notice", "");
	compare_data(rq, json_object_get(record, "data"), names, optional, list);
	compare_recipients(rq, json_object_get(record, "recipients"), asked, list);
	return list;
}

static const char *
name_of(const struct organisation *o, enum words_lang lang)
{
	return o != NULL ? o->name.in[lang] : "";
}

static json_t *
page_data(struct request *rq, const struct store_request *asked)
{
	const enum words_lang lang = request_lang(rq);
	const struct purpose *purpose = policy_purpose(rq->policy, asked->purpose);
	const struct service *service = policy_service(rq->policy, asked->service);
	const struct notice *notice = notice_find(rq->policy, asked->notice_id, (unsigned)asked->notice_version);
	int64_t until = 0;

	if (purpose == NULL || service == NULL || notice == NULL)
		return NULL;
	if (limits_until(clock_now_us(), asked->until_us, purpose->max_consent_us, &until) != OK)
		until = asked->until_us;
	return json_pack("{s:s%, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:o, s:s, s:s%, s:o}", "id",
			 asked->request_id.p, asked->request_id.n, "organisation", name_of(service->organisation, lang),
			 "service", service->title.in[lang], "purpose", purpose->title.in[lang], "why",
			 purpose->why.in[lang], "if_refused", purpose->if_refused.in[lang], "required",
			 categories(rq, asked->categories), "optional", categories(rq, asked->optional), "changed",
			 changes(rq, asked), "until", (json_int_t)until, "notice",
			 ep_notice_paragraphs(notice->in[lang].body), "notice_sha256", notice->in[lang].sha256, "case",
			 asked->case_ref.n > 0 ? asked->case_ref.p : "", asked->case_ref.n, "recipients",
			 ep_recipients_asked(rq, asked));
}

/* Only one that is in the log and waits; answered ones lead to what came of them. */
static enum status
find_open(struct request *rq, struct store_request *out)
{
	TRY(store_request_find(request_store(rq), rq->param[0], str_of(rq->who.sub), out));
	if (!acting_covers(rq, out->purpose))
		return E_NOT_FOUND;
	if (out->log_index == STORE_NO_INDEX)
		return request_fail(rq, E_UNAVAILABLE, "log_unavailable",
				    "this request is on its way; try again in a moment");
	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	return OK;
}

static enum status
to_answer(struct request *rq, struct str record_id)
{
	CLEANUP(buf_clear) struct buf to = BUF(256);

	buf_put_cstr(&to, "/consents");
	if (record_id.n > 0) {
		buf_put_char(&to, '/');
		buf_put(&to, record_id);
	}
	TRY(buf_status(&to));
	response_redirect(rq->rsp, buf_str(&to));
	return OK;
}

static enum status
show(struct request *rq, const struct store_request *asked, int http, const char *fault)
{
	json_t *data = page_data(rq, asked);
	enum status st;

	if (data == NULL)
		return request_fail(rq, E_CONFLICT, "policy_changed",
				    "the rules have changed since this was asked; the service must ask anew");
	if (asked->return_to.n > 0)
		response_form_action(rq->rsp, asked->return_to);
	if (fault != NULL)
		json_object_set_new(data, "fault", json_string(fault));
	st = request_page(rq, http, "ask", data);
	json_decref(data);
	return st;
}

static bool
is_answered(const struct store_request *asked)
{
	return !str_is(asked->state, "requested") && !str_is(asked->state, "deferred");
}

enum status
ep_ask_page(struct request *rq)
{
	CLEANUP(store_request_clear) struct store_request asked = { 0 };

	TRY(find_open(rq, &asked));
	if (is_answered(&asked))
		return to_answer(rq, asked.record_id.n > 0 ? asked.record_id : STR(""));
	if (asked.expires_us <= clock_now_us())
		return request_fail(rq, E_EXPIRED, "request_expired", "this request has expired");
	return show(rq, &asked, 200, NULL);
}

/* ---- the answer ---- */

/* Back to the service when it named a registered place; what came of it, it asks us. */
static enum status
go_back(struct request *rq, const struct store_request *asked, const char *answer, struct str record_id)
{
	CLEANUP(buf_clear) struct buf to = BUF(4096);

	if (asked->return_to.n == 0)
		return to_answer(rq, record_id);
	buf_put(&to, asked->return_to);
	form_put_param(&to, "request_id", asked->request_id);
	form_put_param(&to, "answer", str_of(answer));
	TRY(buf_status(&to));
	response_redirect(rq->rsp, buf_str(&to));
	return OK;
}

/*
 * The form brings back the hash of the text that stood on its page. The record names that one: another tab, or a link
 * of somebody else, may have changed the language since, and a notice of another version was never in front of them.
 * Whoever sends a form of their own making without it has read the page in the language of the request.
 */
static enum status
take_notice(struct request *rq, const struct store_request *asked, enum words_lang *read_in)
{
	const struct notice *n = notice_find(rq->policy, asked->notice_id, (unsigned)asked->notice_version);
	struct str shown = form_get(&rq->form, "notice");

	if (shown.n == 0)
		return OK;
	for (unsigned lang = 0; n != NULL && lang < WORDS_LANGS; lang++) {
		if (!str_is(shown, n->in[lang].sha256))
			continue;
		*read_in = (enum words_lang)lang;
		return OK;
	}
	return request_fail(rq, E_CONFLICT, "policy_changed",
			    "the rules have changed since this was asked; the service must ask anew");
}

static enum status
give(struct request *rq, const struct store_request *asked)
{
	struct consenting_giver giver = consenting_giver_self(rq);
	char record_id[UUID_TEXT_LEN + 1];
	struct str ticked[TICKS_MOST];
	size_t n = 0;

	for (struct str one = form_get_nth(&rq->form, "category", 0); one.p != NULL;
	     one = form_get_nth(&rq->form, "category", n)) {
		if (n == TICKS_MOST)
			return request_fail(rq, E_INVALID, "invalid_request", "too many categories");
		ticked[n++] = one;
	}
	TRY(take_notice(rq, asked, &giver.read_in));
	TRY(consenting_give(rq, asked, &giver, ticked, n, record_id));
	return go_back(rq, asked, "given", str_of(record_id));
}

enum status
ep_ask(struct request *rq)
{
	CLEANUP(store_request_clear) struct store_request asked = { 0 };
	struct consenting_giver giver;
	struct str answer = form_get(&rq->form, "answer");

	TRY(find_open(rq, &asked));
	if (is_answered(&asked)) /* pressed twice: what it became stands, whatever this press said */
		return to_answer(rq, asked.record_id.n > 0 ? asked.record_id : STR(""));
	if (str_is(answer, "give"))
		return give(rq, &asked);
	giver = consenting_giver_self(rq);
	if (str_is(answer, "later")) {
		TRY(consenting_defer(rq, &asked, &giver));
		return go_back(rq, &asked, "deferred", STR(""));
	}
	if (!str_is(answer, "refuse"))
		return show(rq, &asked, 400, "ask_answer_missing");
	TRY(consenting_refuse(rq, &asked, &giver));
	return go_back(rq, &asked, "refused", STR(""));
}
