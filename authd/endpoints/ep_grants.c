/*
 * ep_grants.c: /grants/{id}: OAuth Grant Management (query and revoke) over consent records: id is the record's. The
 * grant is its holder's: of the service that was given it, by its own token with consent:request, and of the person, by
 * a client of theirs with consent:manage. There are no scopes of their own for it: what can be done here is what those
 * two allow under /consent/v1 already, and a token that may do the one must not be stopped at the other.
 *
 * A grant that has ended is no grant: 404, as another one's; the record of it stays under /consent/v1/records.
 */
#include "auditlog/base/clock.h"
#include "authd/consent/consenting.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_consent_api.h"
#include "authd/endpoints/ep_recipients.h"
#include "authd/http/json_write.h"
#include "authd/oauth/details.h"
#include "authd/request.h"

/* What the organisation says with it, to the person. */
#define WHY "purpose_reached"

static bool
is_in_force(const struct store_consent *c)
{
	return (str_is(c->state, "given") || str_is(c->state, "renewed")) && c->withdrawn_us == 0 &&
	       c->log_index != STORE_NO_INDEX && c->until_us > clock_now_us();
}

static enum status
find_grant(struct request *rq, struct store_consent *out)
{
	TRY(ep_consent_find_own(rq, out));
	return is_in_force(out) ? OK : E_NOT_FOUND;
}

static enum status
put_details(struct request *rq, const struct store_consent *c, json_t **out)
{
	CLEANUP(store_category_list_clear) struct store_category_list categories = { 0 };
	CLEANUP(json_decrefp) json_t *recipients = ep_recipients_ids(c);
	json_t *names = json_array();

	if (names == NULL)
		return E_NOMEM;
	if (store_consent_categories(request_store(rq), c->record_id, &categories) != OK) {
		json_decref(names);
		return E_UNAVAILABLE;
	}
	for (size_t i = 0; i < categories.count; i++)
		json_array_append_new(names, json_of_str(categories.items[i]));
	*out = json_pack("{s:s, s:s%, s:o, s:s%}", "type", DETAILS_TYPE, "purpose", c->purpose.p, c->purpose.n,
			 "categories", names, "consent_id", c->record_id.p, c->record_id.n);
	if (*out != NULL && recipients != NULL)
		json_object_set(*out, "recipients", recipients);
	return *out == NULL ? E_NOMEM : OK;
}

enum status
ep_grant(struct request *rq)
{
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };
	json_t *details = NULL, *body;

	TRY(find_grant(rq, &c));
	TRY(ep_consent_record_read(rq, &c));
	TRY(put_details(rq, &c, &details));
	/* A consent gives no scope and no claim. */
	body = json_pack("{s:[], s:[], s:[o]}", "scopes", "claims", "authorization_details", details);
	if (body == NULL)
		return E_NOMEM;
	response_json(rq->rsp, 200, body);
	json_decref(body);
	return OK;
}

/* By the person it is a withdrawal, by the service a revocation; of two at once one ends it. */
enum status
ep_grant_revoke(struct request *rq)
{
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };
	const struct consenting_giver giver = consenting_giver_self(rq);
	enum status st;

	TRY(find_grant(rq, &c));
	TRY(ep_consent_check_asker(rq, &c));
	st = rq->who.kind == PRINCIPAL_SERVICE ? consenting_end(rq, &c, CONSENT_REVOKED, STR(WHY))
					       : consenting_withdraw(rq, &giver, c.record_id);
	if (st == E_USED || st == E_CONFLICT) /* somebody ended it since it was found */
		return request_fail(rq, E_NOT_FOUND, NULL, "there is no such grant");
	TRY(st);
	response_empty(rq->rsp, 204);
	return OK;
}
