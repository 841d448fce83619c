/*
 * ep_consent_api.c: /consent/v1/…: services ask and look after what they were given; a person's own client reads and
 * withdraws. Whoever asks for a record of somebody else's gets the answer of a record that does not exist.
 */
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/access/bynumber.h"
#include "authd/access/rate.h"
#include "authd/audit/audit.h"
#include "authd/consent/consent.h"
#include "authd/consent/consenting.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_consent_api.h"
#include "authd/endpoints/ep_consent_forms.h"
#include "authd/endpoints/ep_recipients.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/identity/acting.h"
#include "authd/oauth/subject.h"
#include "authd/request.h"
#include "authd/store/store_client.h"
#include "authd/store/store_person.h"

#define TEXT_MOST    128
#define URI_MOST     2000
#define LIST_DEFAULT 20
#define LIST_MOST    100

static enum status
say(struct request *rq, int http, json_t *body)
{
	if (body == NULL)
		return E_NOMEM;
	response_json(rq->rsp, http, body);
	json_decref(body);
	return OK;
}

/* ---- asking ---- */

/* A place to come back to is one that the client has registered, byte by byte: no open redirect through us. */
enum status
ep_consent_check_return(struct request *rq, struct str uri)
{
	CLEANUP(store_client_clear) struct store_client client = { 0 };
	CLEANUP(json_decrefp) json_t *uris = NULL;

	if (uri.n == 0)
		return OK;
	TRY(store_client_find(request_store(rq), str_of(rq->who.client_id), &client));
	TRY(json_read(client.redirect_uris, ROUTE_BODY_MOST, &uris, NULL));
	for (size_t i = 0; i < json_array_size(uris); i++)
		if (str_is(uri, json_string_value(json_array_get(uris, i))))
			return OK;
	return request_fail(rq, E_INVALID, "invalid_request", "return_to is not registered for this client");
}

/* By what a service calls them, or by their national number: {"snils":"123-456-789 00"}. */
static enum status
read_person(struct json_in *in, struct consenting_ask *ask)
{
	static const char *const known[] = { "snils", NULL };
	struct json_in person;
	char digits[SNILS_DIGITS + 1];

	if (!json_is_object(json_object_get(in->at, "person")))
		return json_need_str(in, "person", TEXT_MOST, &ask->sub);
	TRY(json_need_object(in, "person", &person));
	TRY(json_only(&person, known));
	TRY(json_need_str(&person, "snils", TEXT_MOST, &ask->sub));
	ask->by_number = true;
	if (snils_parse(ask->sub, digits) == OK)
		return OK;
	snprintf(
	    in->why->text, sizeof(in->why->text),
	    "person.snils must be an insurance number, as 123-456-789 00 or its 11 digits, with right check digits");
	return E_INVALID;
}

static enum status
resolve_person(struct request *rq, const struct consenting_ask *ask, struct buf *out)
{
	return ask->by_number ? bynumber_sub(rq, ask->sub, out) : subject_resolve(rq, ask->organisation, ask->sub, out);
}

static enum status
read_ask(struct json_in *in, struct consenting_ask *ask)
{
	static const char *const known[] = { "person",    "purpose", "categories", "optional",   "until",
					     "return_to", "case",    "renews",     "recipients", NULL };
	struct str until;

	TRY(json_only(in, known));
	TRY(read_person(in, ask));
	TRY(json_need_str(in, "purpose", TEXT_MOST, &ask->purpose));
	TRY(json_need_strs(in, "categories", TEXT_MOST, ask->categories, CONSENTING_CATEGORIES_MOST,
			   &ask->category_count));
	TRY(json_opt_strs(in, "optional", TEXT_MOST, ask->optional, CONSENTING_CATEGORIES_MOST, &ask->optional_count));
	TRY(json_opt_strs(in, "recipients", TEXT_MOST, ask->recipients, NOTICE_RECIPIENTS_MOST, &ask->recipient_count));
	TRY(json_opt_str(in, "until", 40, &until));
	TRY(json_opt_str(in, "return_to", URI_MOST, &ask->return_to));
	TRY(json_opt_str(in, "case", TEXT_MOST, &ask->case_ref));
	TRY(json_opt_str(in, "renews", TEXT_MOST, &ask->renews));
	if (until.p != NULL && clock_parse_rfc3339(until, &ask->until_us) != OK) {
		snprintf(in->why->text, sizeof(in->why->text), "until must be an RFC 3339 date or date-time");
		return E_INVALID;
	}
	return OK;
}

static enum status
say_asked(struct request *rq, struct str request_id, struct str state, int64_t expires_us)
{
	CLEANUP(buf_clear) struct buf url = BUF(512);

	buf_put(&url, rq->authd->issuer);
	buf_put_cstr(&url, "/ask/");
	buf_put(&url, request_id);
	TRY(buf_status(&url));
	return say(rq, 201,
		   json_pack("{s:s%, s:s%, s:s%, s:o}", "request_id", request_id.p, request_id.n, "form_url", url.p,
			     url.n, "state", state.p, state.n, "expires_at", json_of_time(expires_us)));
}

enum status
ep_consent_ask(struct request *rq, const struct consenting_ask *ask)
{
	CLEANUP(store_request_clear) struct store_request made = { 0 };
	CLEANUP(buf_clear) struct buf id = BUF(64);
	int64_t expires_us;
	bool existed;
	enum status st = consenting_ask(rq, ask, &made, &existed);

	if (st == OK)
		return say_asked(rq, made.request_id, made.state, made.expires_us);
	if (st != E_NOT_FOUND)
		return st;
	TRY(consenting_ask_nobody(rq, ask, &id, &expires_us));
	return say_asked(rq, buf_str(&id), STR("requested"), expires_us);
}

enum status
ep_consent_request(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *root = NULL;
	CLEANUP(buf_clear) struct buf person = BUF(TEXT_MOST);
	struct consenting_ask ask = { .client_id = str_of(rq->who.client_id),
				      .service = str_of(rq->who.service),
				      .organisation = str_of(rq->who.organisation) };
	struct json_why why = { 0 };
	struct json_in in;
	enum status st = json_read(rq->http->body, ROUTE_BODY_MOST, &root, &why);

	in = json_at(root, &why);
	if (st == OK)
		st = read_ask(&in, &ask);
	if (st != OK)
		return request_fail(rq, st, "invalid_request", why.text);
	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	if (rq->who.kind != PRINCIPAL_SERVICE)
		return request_fail(rq, E_DENIED, "insufficient_scope", "only a service asks for consent");
	TRY(ep_consent_check_return(rq, ask.return_to));
	TRY(consenting_settle_recipients(rq, &ask));
	TRY(rate_take(rq, 1));
	TRY(resolve_person(rq, &ask, &person));
	ask.sub = buf_str(&person);
	return ep_consent_ask(rq, &ask);
}

/* ---- reading ---- */

enum status
ep_consent_own(struct request *rq, struct str *sub, struct str *service)
{
	const struct principal *who = &rq->who;

	if (who->kind == PRINCIPAL_SERVICE && principal_has_scope(who, "consent:request") && who->service[0] != '\0')
		*service = str_of(who->service);
	else if (who->kind == PRINCIPAL_TOKEN && principal_has_scope(who, "consent:manage"))
		*sub = str_of(who->sub);
	else
		return request_fail(rq, E_DENIED, "insufficient_scope", "this needs consent:request or consent:manage");
	return OK;
}

enum status
ep_consent_find_own(struct request *rq, struct store_consent *out)
{
	struct store_consent_filter own = { 0 };

	TRY(ep_consent_own(rq, &own.sub, &own.service));
	TRY(store_consent_find(request_store(rq), rq->param[0], own.sub, out));
	if (own.service.n > 0)
		TRY(store_consent_is_recipient(request_store(rq), out->record_id, own.service));
	return acting_covers(rq, out->purpose) ? OK : E_NOT_FOUND;
}

/* For all of its recipients it ends by the one that asked for it, or by the person. */
enum status
ep_consent_check_asker(struct request *rq, const struct store_consent *c)
{
	if (rq->who.kind != PRINCIPAL_SERVICE || str_is(c->service, rq->who.service))
		return OK;
	return request_fail(rq, E_DENIED, "access_denied", "only the service that asked for this consent ends it");
}

/*
 * What somebody agreed to says something about them: that a service read it is an entry before it leaves (R1), theirs
 * to see when it is about one person. A person who reads their own through a client needs no entry.
 */
static enum status
record_read(struct request *rq, struct audit_event *ev, struct str sub)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	struct receipt receipt;
	enum status st = sub.n > 0 ? store_person_find(request_store(rq), sub, &person) : OK;

	if (st != OK && st != E_NOT_FOUND)
		return st;
	if (person.wrapped_key.n > 0)
		ev->person = (struct keys_person){ .sub = person.sub, .wrapped = person.wrapped_key };
	return audit_record(rq->authd, ev, &receipt);
}

enum status
ep_consent_record_read(struct request *rq, const struct store_consent *c)
{
	struct audit_event ev = audit_of(rq, ENTRY_CONSENT_READ);

	if (rq->who.kind != PRINCIPAL_SERVICE)
		return OK;
	if (c->log_index != STORE_NO_INDEX)
		ev.entry.basis = (struct entry_basis){ .type = ENTRY_BASIS_ENTRY,
						       .has_index = true,
						       .index = (uint64_t)c->log_index };
	return record_read(rq, &ev, c->sub);
}

enum status
ep_consent_record_list(struct request *rq, const char *list, struct str sub)
{
	struct audit_event ev = audit_of(rq, ENTRY_CONSENT_READ);

	if (rq->who.kind != PRINCIPAL_SERVICE)
		return OK;
	audit_fact(&ev, "list", str_of(list));
	return record_read(rq, &ev, sub);
}

static json_t *
list_item(const struct store_consent *c)
{
	CLEANUP(json_decrefp) json_t *recipients = ep_recipients_ids(c);
	json_t *item = json_pack("{s:s%, s:s%, s:s%, s:s%, s:i, s:s%, s:s%, s:o, s:o}", "record_id", c->record_id.p,
				 c->record_id.n, "person", c->sub.p, c->sub.n, "service", c->service.p, c->service.n,
				 "purpose", c->purpose.p, c->purpose.n, "purpose_version", c->purpose_version, "state",
				 c->state.p, c->state.n, "code", c->code.p, c->code.n, "from", json_of_time(c->from_us),
				 "until", json_of_time(c->until_us));

	if (item != NULL && recipients != NULL)
		json_object_set(item, "recipients", recipients);
	if (item != NULL && c->log_index != STORE_NO_INDEX)
		json_object_set_new(item, "log_index", json_integer(c->log_index));
	if (item != NULL && c->renews.n > 0)
		json_object_set_new(item, "renews", json_of_str(c->renews));
	if (item != NULL && c->withdrawn_us > 0)
		json_object_set_new(item, "ended", json_of_time(c->withdrawn_us));
	if (item != NULL && c->destroy_by_us > 0)
		json_object_set_new(item, "destroy_by", json_of_time(c->destroy_by_us));
	return item;
}

static enum status
read_limit(struct request *rq, int *limit)
{
	struct str text = form_get(&rq->query, "limit");
	uint64_t n = LIST_DEFAULT;

	if (text.p != NULL && (str_to_u64(text, LIST_MOST, &n) != OK || n == 0))
		return request_fail(rq, E_INVALID, "invalid_request", "limit must be 1 to 100");
	*limit = (int)n;
	return OK;
}

/* A filter that names somebody else's finds nothing: it is laid over the caller's own, never instead of it. */
static bool
narrow(struct store_consent_filter *f, const struct form *query)
{
	struct str person = form_get(query, "person");

	f->purpose = form_get(query, "purpose");
	f->state = form_get(query, "state");
	if (person.n == 0)
		return true;
	if (f->sub.n > 0)
		return str_eq(f->sub, person);
	f->sub = person;
	return true;
}

enum status
ep_consent_records(struct request *rq)
{
	CLEANUP(store_consent_list_clear) struct store_consent_list list = { 0 };
	struct store_consent_filter filter = { 0 };
	struct str cursor = form_get(&rq->query, "cursor");
	json_t *records;
	enum status st;
	int limit;

	TRY(ep_consent_own(rq, &filter.sub, &filter.service));
	filter.themes = filter.sub.n > 0 ? acting_themes(rq) : STR("");
	TRY(read_limit(rq, &limit));
	if (narrow(&filter, &rq->query)) {
		st = store_consent_page(request_store(rq), &filter, cursor.n > 0 ? cursor : STR(""), limit, &list);
		if (st == E_INVALID)
			return request_fail(rq, st, "invalid_request", "this cursor is not one of ours");
		TRY(st);
	}
	if (list.count > 0)
		TRY(ep_consent_record_list(rq, "records", filter.sub));
	records = json_array();
	for (size_t i = 0; i < list.count; i++)
		if (acting_covers(rq, list.items[i].purpose))
			json_array_append_new(records, list_item(&list.items[i]));
	return say(rq, 200, json_pack("{s:o, s:s}", "records", records, "next", list.next.text));
}

enum status
ep_consent_record(struct request *rq)
{
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };
	CLEANUP(json_decrefp) json_t *record = NULL;

	TRY(ep_consent_find_own(rq, &c));
	TRY(ep_consent_record_read(rq, &c));
	TRY(consenting_record(rq, &c, &record));
	return ep_consent_forms_record(rq, record);
}

/* ---- the receipt: without the particulars, which a client of the person's has no need of ---- */

enum status
ep_consent_receipt(struct request *rq)
{
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };
	const struct ep_receipt receipt = { .consent = &c };
	enum ep_receipt_form form;

	TRY(ep_consent_find_own(rq, &c));
	TRY(ep_consent_forms_choose(rq, false, &form));
	TRY(ep_consent_record_read(rq, &c));
	return ep_consent_forms_receipt(rq, &receipt, form);
}

/* ---- withdrawing ---- */

enum status
ep_consent_withdraw_api(struct request *rq)
{
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };
	const struct consenting_giver giver = consenting_giver_self(rq);

	if (rq->who.kind != PRINCIPAL_TOKEN)
		return request_fail(rq, E_DENIED, "insufficient_scope", "only the person takes a consent back");
	TRY(ep_consent_find_own(rq, &c)); /* a representative only what their mandate is for */
	TRY(consenting_withdraw(rq, &giver, rq->param[0]));
	return say(rq, 200,
		   json_pack("{s:s%, s:s}", "record_id", rq->param[0].p, rq->param[0].n, "state", "withdrawn"));
}

/* ---- the organisation ends it itself ---- */

enum status
ep_consent_revoke(struct request *rq)
{
	static const char *const known[] = { "why", NULL };
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why fault = { 0 };
	struct json_in in;
	struct str why;
	enum status st = json_read(rq->http->body, ROUTE_BODY_MOST, &root, &fault);

	in = json_at(root, &fault);
	if (st == OK)
		st = json_only(&in, known);
	if (st == OK)
		st = json_need_str(&in, "why", TEXT_MOST, &why);
	if (st != OK)
		return request_fail(rq, st, "invalid_request", fault.text);
	/* An officer's word is given over the administration, not by the service. */
	if (rq->who.kind != PRINCIPAL_SERVICE || str_is(why, "officer"))
		return request_fail(rq, E_DENIED, "insufficient_scope",
				    "only the service that holds it ends a consent");
	TRY(ep_consent_find_own(rq, &c));
	TRY(ep_consent_check_asker(rq, &c));
	TRY(consenting_end(rq, &c, CONSENT_REVOKED, why));
	return say(rq, 200, json_pack("{s:s%, s:s}", "record_id", c.record_id.p, c.record_id.n, "state", "revoked"));
}
