#include "authd/oauth/refresh.h"

#include "auditlog/base/clock.h"
#include "authd/oauth/client.h"
#include "authd/oauth/details.h"
#include "authd/oauth/refresh_parts.h"

#define TOKEN_MOST 8192 /* of a parameter; ours are shorter */

static void
refreshing_clear(struct refreshing *r)
{
	store_refresh_clear(&r->family);
	store_refresh_clear(&r->first);
	store_person_clear(&r->person);
	buf_clear(&r->scope);
	buf_clear(&r->audience);
	refresh_token_clear(&r->next);
}

enum status
refresh_invalid(struct request *rq)
{
	return request_fail(rq, E_DENIED, "invalid_grant", "this refresh token is not good");
}

enum status
refresh_find_family(struct request *rq, const struct refreshing *r, struct store_refresh *out)
{
	enum status st;

	store_refresh_clear(out);
	st = store_refresh_find(request_store(rq), refresh_token_handle(r->token), out);
	if (st == E_NOT_FOUND || (st == OK && !str_eq(out->client_id, r->client->client_id)))
		return refresh_invalid(rq);
	return st;
}

/* The key that the family is bound to, where it is bound to one. */
static enum status
check_key(struct request *rq, const struct refreshing *r)
{
	struct cnf bound;

	TRY(cnf_parse(r->first.cnf, &bound));
	if (bound.kind != CNF_NONE && !cnf_equal(&bound, r->shown))
		return request_fail(rq, E_DENIED, "invalid_grant", "this refresh token is bound to another key");
	return OK;
}

enum status
refresh_check_life(struct request *rq, const struct store_refresh *family)
{
	const int64_t now = clock_now_us();

	if (family->revoked)
		return request_fail(rq, E_DENIED, "invalid_grant", "this grant was revoked");
	if (now >= family->expires_us || now >= family->used_us + family->idle_us)
		return request_fail(rq, E_DENIED, "invalid_grant", "this refresh token has expired");
	return OK;
}

/* What was granted and the client is still registered for. */
static enum status
put_still_allowed(const struct refreshing *r, struct buf *out)
{
	struct str rest = r->first.scope, word;

	while (rest.n > 0 && str_next(&rest, ' ', &word)) {
		if (word.n == 0 || !client_has(r->client->scopes, word))
			continue;
		if (out->n > 0)
			buf_put_char(out, ' ');
		buf_put(out, word);
	}
	return buf_status(out);
}

/* RFC 6749 6: less may be asked for, more never. The family keeps all of it. */
static enum status
narrow(struct request *rq, struct refreshing *r)
{
	CLEANUP(buf_clear) struct buf allowed = BUF(PRINCIPAL_SCOPE_MOST);

	TRY(put_still_allowed(r, &allowed));
	if (grant_narrow(buf_str(&allowed), form_get(&rq->form, "scope"), &r->scope) != OK)
		return request_fail(rq, E_DENIED, "invalid_scope", "a scope was not granted");
	return grant_audience(rq, r->client, r->first.audience, &r->audience);
}

/* The session's name is in the token while the session lives: then signing out ends the token. What was granted for
 * long goes on without it (OpenID Connect Back-Channel Logout 1.0, 2.7). */
static struct str
living_sid(struct request *rq, struct str sid, enum status *st)
{
	*st = grant_session(rq, sid);
	if (*st == E_NOT_FOUND) {
		*st = OK;
		return STR("");
	}
	return sid;
}

static enum status
find(struct request *rq, struct refreshing *r)
{
	if (form_need(&rq->form, "refresh_token", TOKEN_MOST, &r->token) != OK)
		return request_fail(rq, E_INVALID, "invalid_request", rq->form.error);
	r->hash = hash_sha256(r->token);
	TRY(refresh_find_family(rq, r, &r->first));
	TRY(check_key(rq, r));
	TRY(refresh_check_life(rq, &r->first));
	TRY(grant_person(rq, r->first.sub, &r->person));
	TRY(details_stand(rq, r->first.details, r->first.sub));
	TRY(narrow(rq, r));
	r->family = r->first;
	r->family.mem = NULL;
	return r->first.rotating ? refresh_token_next(rq, r->first.handle, r->token, &r->next) : OK;
}

enum status
refresh_grant(struct request *rq, const struct store_client *client, const struct cnf *shown)
{
	CLEANUP(refreshing_clear)
	struct refreshing r = { .client = client,
				.shown = shown,
				.window_us = rq->authd->config.refresh.retry_us,
				.scope = BUF(PRINCIPAL_SCOPE_MOST),
				.audience = BUF(GRANT_AUDIENCE_MOST) };
	const struct store_refresh *was = &r.first;
	struct token_terms terms;
	enum status st;

	TRY(find(rq, &r));
	terms = (struct token_terms){
		.client = client,
		.person = &r.person,
		.scope = buf_str(&r.scope),
		.sid = living_sid(rq, was->sid, &st),
		.amr = was->amr,
		.acr = (unsigned)was->acr,
		.auth_us = was->auth_us,
		.cnf = *shown,
		.audience = buf_str(&r.audience),
		.authorization_details = was->details.n > 0 ? was->details : STR(""),
		.grant_id = was->grant_id,
		.refreshed = true,
		.refresh_token = was->rotating ? buf_str(&r.next.text) : STR(""),
	};
	TRY(st);
	return refresh_issue(rq, &r, &terms);
}

/* ---- for revocation ---- */

enum status
refresh_of_client(struct request *rq, struct str token, struct str client_id, struct store_refresh *out)
{
	const struct hash given = hash_sha256(token);

	if (refresh_token_handle(token).n == 0)
		return E_NOT_FOUND;
	TRY(store_refresh_find(request_store(rq), refresh_token_handle(token), out));
	if (str_eq(out->client_id, client_id) && (out->rotating || refresh_token_is(out->token_hash, &given)))
		return OK;
	store_refresh_clear(out);
	return E_NOT_FOUND;
}
