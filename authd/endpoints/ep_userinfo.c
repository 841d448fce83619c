/* ep_userinfo.c: /oauth2/userinfo (OpenID Connect 5.3): who the token is about; the name only with the scope profile.
 */
#include "auditlog/base/clock.h"
#include "authd/audit/audit.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/jose/jws.h"
#include "authd/oauth/client.h"
#include "authd/oauth/subject.h"
#include "authd/request.h"
#include "authd/store/store_person.h"

#define SIGNED_LIFE_S 300

/* A name is somebody's data: that this client was given it is an entry before it leaves (R1). */
static enum status
draft_read(struct request *rq, const struct keys_person *who, struct audit_draft *draft, struct receipt *receipt)
{
	struct audit_event ev = audit_of(rq, ENTRY_PROFILE_READ);

	ev.entry.by.service = str_of(rq->who.client_id); /* whom the answer is for: authd-keyd compares `aud` with it */
	ev.person = *who;
	TRY(audit_draft(rq->authd, &ev, draft));
	return audit_append(rq->authd, draft, receipt);
}

/* The name from the sealed profile. Not having one is no error: the claim is then absent. */
static enum status
add_name(struct request *rq, const struct keys_person *who, struct str profile_sealed, json_t *body)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	CLEANUP(json_decrefp) json_t *profile = NULL;
	const struct keys_place place = { STR("person"), STR("profile"), who->sub };
	json_t *name;

	TRY(keys_field_open(rq->authd->keys, who, &place, profile_sealed, &text));
	TRY(json_read(buf_str(&text), KEYS_FIELD_MAX, &profile, NULL));
	name = json_object_get(profile, "name");
	return !json_is_string(name) || json_object_set(body, "name", name) == 0 ? OK : E_NOMEM;
}

/* OpenID Connect Core 5.3.2: signed for a client that is registered so, with iss and aud of its own. */
static enum status
sign(struct request *rq, const struct store_client *client, const struct audit_draft *draft,
     const struct receipt *receipt, json_t *body)
{
	CLEANUP(buf_clear) struct buf claims = BUF(KEYS_CLAIMS_MAX);
	CLEANUP(buf_clear) struct buf jws = BUF(JWS_MAX);
	const json_int_t now = clock_now_us() / SECOND_US;

	json_object_set_new(body, "iss", json_of_str(rq->authd->issuer));
	json_object_set_new(body, "aud", json_of_str(client->client_id));
	json_object_set_new(body, "jti", json_string(draft->id_text));
	json_object_set_new(body, "iat", json_integer(now));
	json_object_set_new(body, "exp", json_integer(now + SIGNED_LIFE_S));
	TRY(json_write(body, &claims));
	TRY(keys_sign(rq->authd->keys, keys_use(KEYS_KIND_USERINFO, client->userinfo_alg), buf_str(&claims),
		      buf_str(&draft->fragment), receipt, &jws));
	response_bytes(rq->rsp, 200, "application/jwt", buf_str(&jws));
	return OK;
}

static enum status
answer(struct request *rq, const struct store_client *client, const struct store_person *person, json_t *body)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	const struct keys_person who = { .sub = str_of(rq->who.sub), .wrapped = buf_str(&rq->who.wrapped) };
	const bool named = principal_has_scope(&rq->who, "profile") && person->profile.n > 0;
	struct receipt receipt;

	/* Without a name the answer says nothing that the client's token has not said; a signature wants its entry. */
	if (named || client->userinfo_alg.n > 0)
		TRY(draft_read(rq, &who, &draft, &receipt));
	if (named)
		TRY(add_name(rq, &who, person->profile, body));
	if (client->userinfo_alg.n > 0)
		return sign(rq, client, &draft, &receipt, body);
	response_json(rq->rsp, 200, body);
	return OK;
}

enum status
ep_userinfo(struct request *rq)
{
	CLEANUP(store_client_clear) struct store_client client = { 0 };
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	CLEANUP(buf_clear) struct buf sub = BUF(KEYS_SUB_MAX);
	CLEANUP(json_decrefp) json_t *body = NULL;

	if (rq->who.kind != PRINCIPAL_TOKEN) {
		problem_challenge(rq->rsp, "Bearer error=\"invalid_token\"");
		return request_fail(rq, E_UNAUTHENTICATED, "invalid_token", "this token is not a person's");
	}
	TRY(client_of(rq, &client));
	TRY(store_person_find(request_store(rq), str_of(rq->who.sub), &person));
	TRY(subject_for(rq, &client, str_of(rq->who.sub), &sub));
	body = json_pack("{s:s%}", "sub", sub.p, sub.n);
	return body != NULL ? answer(rq, &client, &person, body) : E_NOMEM;
}
