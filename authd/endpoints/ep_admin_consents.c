/*
 * ep_admin_consents.c: /admin/v1/consents: looking after the consents to one's own organisation, and ending one. Taking
 * one back is the person's own word, which an official brings with a code or a signed paper (access/desk.h) and never
 * alone: here only whoever has the admin socket does it.
 */
#include "authd/access/officer.h"
#include "authd/consent/consenting.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/store/store_person.h"

static json_t *
item(const struct store_consent *c)
{
	return json_pack("{s:s%, s:s%, s:s%, s:s%, s:s%, s:s%, s:I}", "record_id", c->record_id.p, c->record_id.n,
			 "person", c->sub.p, c->sub.n, "service", c->service.p, c->service.n, "purpose", c->purpose.p,
			 c->purpose.n, "state", c->state.p, c->state.n, "code", c->code.p, c->code.n, "log_index",
			 (json_int_t)c->log_index);
}

/* Whose consents are read is on record: what somebody agreed to says something about them. */
static enum status
record_read(struct request *rq, struct str sub)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	struct keys_person who;
	enum status st = sub.n > 0 ? store_person_find(request_store(rq), sub, &p) : OK;

	if (st != OK && st != E_NOT_FOUND)
		return st;
	who = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	return ep_admin_record_read(rq, "consents.listed", &who);
}

/* What an official's organisation was given; the admin socket is of none. */
static struct str
own_organisation(const struct request *rq)
{
	return rq->who.kind == PRINCIPAL_ADMIN ? STR("") : str_of(rq->who.organisation);
}

/* Another organisation's is as good as none. */
static enum status
find(struct request *rq, struct store_consent *out)
{
	TRY(store_consent_find(request_store(rq), rq->param[0], STR(""), out));
	return rq->who.kind == PRINCIPAL_ADMIN || str_eq(out->organisation, own_organisation(rq)) ? OK : E_NOT_FOUND;
}

/* Nobody decides about a consent of their own or of a relative's: as at the desk. */
static enum status
check_stranger(struct request *rq, struct str sub)
{
	struct officer o = { 0 };

	if (rq->who.kind == PRINCIPAL_ADMIN)
		return OK;
	TRY(principal_put(o.sub, sizeof(o.sub), str_of(rq->who.sub)));
	return officer_may_help(rq, &o, sub);
}

enum status
ep_admin_consents(struct request *rq)
{
	CLEANUP(store_consent_list_clear) struct store_consent_list list = { 0 };
	struct store_consent_filter filter = { .sub = form_get(&rq->query, "person"),
					       .service = form_get(&rq->query, "service"),
					       .purpose = form_get(&rq->query, "purpose"),
					       .state = form_get(&rq->query, "state"),
					       .organisation = own_organisation(rq) };
	struct str cursor;
	json_t *records;
	int limit;

	if (filter.sub.n == 0 && filter.service.n == 0)
		return request_fail(rq, E_INVALID, "invalid_request", "name a person or a service");
	TRY(ep_admin_page(rq, &limit, &cursor));
	TRY(record_read(rq, filter.sub));
	TRY(store_consent_page(request_store(rq), &filter, cursor, limit, &list));
	records = json_array();
	for (size_t i = 0; i < list.count; i++)
		json_array_append_new(records, item(&list.items[i]));
	return ep_admin_say(rq, 200, json_pack("{s:o, s:s}", "records", records, "next", list.next.text));
}

enum status
ep_admin_consent(struct request *rq)
{
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };
	json_t *record = NULL;

	TRY(find(rq, &c));
	TRY(record_read(rq, c.sub));
	TRY(consenting_record(rq, &c, &record));
	return ep_admin_say(rq, 200, record);
}

enum status
ep_admin_consent_withdraw(struct request *rq)
{
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };
	CLEANUP(store_person_clear) struct store_person p = { 0 };

	if (rq->who.kind != PRINCIPAL_ADMIN)
		return request_fail(rq, E_DENIED, "second_person",
				    "it is taken back at the desk, with the person's code or a paper that they signed");
	TRY(find(rq, &c));
	TRY(store_person_find(request_store(rq), c.sub, &p));
	const struct consenting_giver giver = consenting_giver_for(rq, p.sub, p.wrapped_key);

	TRY(consenting_withdraw(rq, &giver, rq->param[0]));
	return ep_admin_say(rq, 200,
			    json_pack("{s:s%, s:s}", "record_id", c.record_id.p, c.record_id.n, "state", "withdrawn"));
}

/* ---- ended by an officer ---- */

static enum status
end(struct request *rq, enum consent_state state)
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
		st = json_need_str(&in, "why", 64, &why);
	if (st != OK)
		return request_fail(rq, st, "invalid_request", fault.text);
	TRY(find(rq, &c));
	TRY(check_stranger(rq, c.sub));
	TRY(consenting_end(rq, &c, state, why));
	return ep_admin_say(
	    rq, 200,
	    json_pack("{s:s%, s:s}", "record_id", c.record_id.p, c.record_id.n, "state", consent_state_name(state)));
}

enum status
ep_admin_consent_revoke(struct request *rq)
{
	return end(rq, CONSENT_REVOKED);
}

enum status
ep_admin_consent_invalidate(struct request *rq)
{
	return end(rq, CONSENT_INVALIDATED);
}
