/* refresh_first.c: the first tokens of a grant, and with them the family that later ones follow in. */
#include "auditlog/base/clock.h"
#include "auditlog/base/random.h"
#include "auditlog/base/secret.h"
#include "authd/oauth/client.h"
#include "authd/oauth/refresh.h"
#include "authd/oauth/refresh_token.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"

/* A client without credentials of its own may be copied with its token, so its tokens change with each use. */
static bool
rotates(const struct store_client *client)
{
	return client_is_public(client);
}

/* What a refresh must show again. A confidential client may change its DPoP key: its authentication binds the token
 * (RFC 9449 5); of a fapi client we ask both. */
static bool
keeps_key(const struct store_client *client)
{
	return client_is_public(client) || client->fapi;
}

struct beginning {
	const struct grant_also *also;
	struct store_refresh row;
};

static enum status
begin_family(struct store_tx *tx, const struct token_issue *issue, void *arg)
{
	struct beginning *b = arg;

	if (b->also->work != NULL)
		TRY(b->also->work(tx, issue, b->also->arg));
	b->row.event_id = str_of(issue->draft.id_text);
	return store_refresh_add(tx, &b->row);
}

static int64_t
or_usual(int64_t seconds, int64_t usual_us)
{
	return seconds > 0 ? seconds * SECOND_US : usual_us;
}

static struct store_refresh
first_row(struct request *rq, const struct token_terms *t, struct str handle, struct str audience, struct str cnf)
{
	const struct config_refresh *usual = &rq->authd->config.refresh;
	const int64_t now = clock_now_us();

	return (struct store_refresh){
		.handle = handle,
		.grant_id = t->grant_id,
		.client_id = t->client->client_id,
		.sub = t->person->sub,
		.sid = t->sid,
		.scope = t->scope,
		.audience = audience,
		.cnf = cnf,
		.details = t->authorization_details.n > 0 ? t->authorization_details : (struct str){ 0 },
		.acr = (int)t->acr,
		.amr = t->amr,
		.auth_us = t->auth_us,
		.rotating = rotates(t->client),
		.created_us = now,
		.used_us = now,
		.idle_us = or_usual(t->client->refresh_idle_s, usual->idle_us),
		.expires_us = now + or_usual(t->client->refresh_life_s, usual->absolute_us),
	};
}

static enum status
issue_with_family(struct request *rq, const struct token_terms *terms, struct str audience,
		  const struct grant_also *also)
{
	CLEANUP(refresh_token_clear) struct refresh_token token = { 0 };
	CLEANUP(buf_clear) struct buf handle = BUF(REFRESH_TOKEN_HANDLE), cnf = BUF(CNF_TEXT_MOST);
	struct token_terms with = *terms;
	struct beginning b = { .also = also };
	uint8_t secret[REFRESH_TOKEN_SECRET_BYTES];
	enum status st;

	random_put_id(&handle, "");
	if (keeps_key(terms->client))
		cnf_put(&terms->cnf, &cnf);
	random_bytes(secret, sizeof(secret));
	st = refresh_token_make(buf_str(&handle), secret, &token);
	secret_wipe(secret, sizeof(secret));
	TRY(st);
	TRY(buf_status(&handle));
	TRY(buf_status(&cnf));
	b.row = first_row(rq, terms, buf_str(&handle), audience, buf_str(&cnf));
	b.row.token_hash = hash_str(&token.hash);
	with.refresh_token = buf_str(&token.text);
	const struct grant_also family = {
		.work = begin_family, .arg = &b, .target = STORE_TARGET_REFRESH, .target_key = b.row.handle
	};
	return grant_issue(rq, &with, &family);
}

enum status
refresh_first(struct request *rq, const struct token_terms *terms, struct str audience, const struct grant_also *also)
{
	if (client_has(terms->scope, STR("offline_access")) && client_has(terms->client->grants, STR("refresh_token")))
		return issue_with_family(rq, terms, audience, also);
	return grant_issue(rq, terms, also);
}
