/* ep_userinfo.c: /oauth2/userinfo (OpenID Connect 5.3): who the token is about; the name only with the scope profile.
 */
#include "authd/audit/audit.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/json.h"
#include "authd/request.h"
#include "authd/store/store_person.h"

/* A name is somebody's data: that this client was given it is an entry before it leaves (R1). */
static enum status
record_read(struct request *rq, const struct keys_person *who)
{
	struct audit_event ev = audit_of(rq, ENTRY_PROFILE_READ);
	struct receipt receipt;

	ev.person = *who;
	return audit_record(rq->authd, &ev, &receipt);
}

/* The name from the sealed profile. Not having one is no error: the claim is then absent. */
static enum status
add_name(struct request *rq, json_t *body)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	CLEANUP(json_decrefp) json_t *profile = NULL;
	const struct keys_place place = { STR("person"), STR("profile"), str_of(rq->who.sub) };
	const struct keys_person who = { .sub = str_of(rq->who.sub), .wrapped = buf_str(&rq->who.wrapped) };
	json_t *name;

	TRY(store_person_find(request_store(rq), str_of(rq->who.sub), &person));
	if (person.profile.n == 0)
		return OK;
	TRY(record_read(rq, &who));
	TRY(keys_field_open(rq->authd->keys, &who, &place, person.profile, &text));
	TRY(json_read(buf_str(&text), KEYS_FIELD_MAX, &profile, NULL));
	name = json_object_get(profile, "name");
	return !json_is_string(name) || json_object_set(body, "name", name) == 0 ? OK : E_NOMEM;
}

enum status
ep_userinfo(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *body = NULL;

	if (rq->who.kind != PRINCIPAL_TOKEN) {
		problem_challenge(rq->rsp, "Bearer error=\"invalid_token\"");
		return request_fail(rq, E_UNAUTHENTICATED, "invalid_token", "this token is not a person's");
	}
	body = json_pack("{s:s}", "sub", rq->who.sub);
	if (body == NULL)
		return E_NOMEM;
	if (principal_has_scope(&rq->who, "profile"))
		TRY(add_name(rq, body));
	response_json(rq->rsp, 200, body);
	return OK;
}
