#include "authd/oauth/backchannel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "authd/audit/audit.h"
#include "authd/authd.h"
#include "authd/http/json_write.h"
#include "authd/identity/lapse.h"
#include "authd/jose/jws.h"
#include "authd/notify/outbound.h"
#include "authd/store/store_client.h"
#include "authd/store/store_logout.h"
#include "authd/store/store_person.h"
#include "authd/ticker.h"

#define LOGOUT_EVENT "http://schemas.openid.net/event/backchannel-logout"
#define LIFE_S       120                                    /* Back-Channel Logout 1.0, 2.4; authd-keyd signs no more */
#define LEASE_US     (BACKCHANNEL_CALL_US + 12 * SECOND_US) /* drafting, the entry, the signature, the call */
#define OURS_US      SECOND_US                              /* after trouble of our own */
#define LOOK_AT      20                                     /* clients in one look */
#define IN_A_ROW     200                                    /* attempts of a thread before it looks around */

struct sender {
	struct backchannel *b;
	struct store *db;
	struct ticker *ticker;
	char *client; /* whom it is calling; NULL: nobody. Under b->lock */
};

struct backchannel {
	struct authd *authd;
	pthread_mutex_t lock;
	atomic_bool stopping;
	atomic_uint_fast64_t told, failed, given_up;
	atomic_int_fast64_t waiting, oldest_us;
	struct sender senders[BACKCHANNEL_SENDERS];
};

int64_t
backchannel_delay_us(int attempts)
{
	static const int64_t delays_s[] = { 5, 15, 60, 300, 900, 3600 };
	size_t i = attempts > 0 ? (size_t)attempts - 1 : 0;

	return delays_s[i < ARRAY_LEN(delays_s) ? i : ARRAY_LEN(delays_s) - 1] * SECOND_US;
}

struct backchannel_state
backchannel_state(struct backchannel *b)
{
	return (struct backchannel_state){
		.told = atomic_load(&b->told),
		.failed = atomic_load(&b->failed),
		.given_up = atomic_load(&b->given_up),
		.waiting = atomic_load(&b->waiting),
		.oldest_us = atomic_load(&b->oldest_us),
	};
}

/* ---- one attempt ---- */

/* The entry comes first: authd-keyd signs no logout token without it. An erased person is nobody's any more. */
static enum status
record(struct sender *s, const struct store_notice *n, struct audit_draft *draft, struct receipt *receipt)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	struct audit_event ev = { .entry = { .event = ENTRY_AUTH_LOGOUT_SENT, .by.service = n->client_id } };
	enum status st = store_person_find(s->db, n->sub, &p);

	if (st != E_NOT_FOUND)
		TRY(st);
	if (p.wrapped_key.n > 0)
		ev.person = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	TRY(audit_draft(s->b->authd, &ev, draft));
	return audit_append(s->b->authd, draft, receipt);
}

/* Back-Channel Logout 1.0, 2.4. No nonce, so that it can never pass for an ID token. */
static enum status
claims_of(const struct authd *a, const struct store_notice *n, const char *jti, struct buf *out)
{
	const json_int_t now = clock_now_us() / SECOND_US;
	CLEANUP(json_decrefp)
	json_t *claims = json_pack("{s:s, s:s%, s:s%, s:s%, s:s, s:I, s:I, s:{s:{}}}", "iss", a->config.issuer, "aud",
				   n->client_id.p, n->client_id.n, "sub", n->subject.p, n->subject.n, "sid", n->sid.p,
				   n->sid.n, "jti", jti, "iat", now, "exp", now + LIFE_S, "events", LOGOUT_EVENT);

	if (claims == NULL)
		return E_NOMEM;
	TRY(json_write(claims, out));
	return buf_status(out);
}

static enum status
make_body(struct sender *s, const struct store_client *c, const struct store_notice *n, struct buf *body)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(buf_clear) struct buf claims = BUF(KEYS_CLAIMS_MAX);
	struct receipt receipt;

	TRY(record(s, n, &draft, &receipt));
	TRY(claims_of(s->b->authd, n, draft.id_text, &claims));
	buf_put_cstr(body, "logout_token=");
	TRY(keys_sign(s->b->authd->keys, keys_use(KEYS_KIND_LOGOUT, c->id_token_alg), buf_str(&claims),
		      buf_str(&draft.fragment), &receipt, body));
	return buf_status(body);
}

static enum status
call(struct sender *s, const struct store_client *c, struct str body, int *http, const char **why)
{
	CLEANUP(outbound_answer_clear) struct outbound_answer answer = { 0 };
	const struct outbound_call post = {
		.url = c->backchannel_logout_uri,
		.body = body,
		.body_type = "application/x-www-form-urlencoded",
		.timeout_us = BACKCHANNEL_CALL_US,
	};
	enum status st = outbound_call(s->b->authd->outbound, &post, &answer, why);

	if (st != OK)
		return st;
	*http = answer.http;
	*why = "the answer is neither 200 nor 204";
	return *http == 200 || *http == 204 ? OK : E_UNAVAILABLE;
}

/* ---- what becomes of it ---- */

static enum status
done(struct sender *s, const struct store_notice *n)
{
	enum status st = store_notice_drop(s->db, n);

	atomic_fetch_add(&s->b->told, 1);
	if (st == E_NOT_FOUND)
		st = OK;
	return st == OK && n->attempts > 0 ? store_notice_hurry(s->db, n->client_id, clock_now_us()) : st;
}

static enum status
failed(struct sender *s, const struct store_notice *n, enum status how, int http, const char *why)
{
	const int64_t now = clock_now_us();
	const int attempts = n->attempts + 1;
	enum status st;

	atomic_fetch_add(&s->b->failed, 1);
	log_warn(how, "logout.not_told", "client=%.*s http=%d attempts=%d why=\"%s\"", STR_ARG(n->client_id), http,
		 attempts, why);
	if (now - n->ended_us < BACKCHANNEL_GIVE_UP_US)
		return store_notice_put_off(s->db, n, now + backchannel_delay_us(attempts), attempts);
	atomic_fetch_add(&s->b->given_up, 1);
	log_error(how, "logout.given_up", "client=%.*s attempts=%d what=\"it was never told of a session's end\"",
		  STR_ARG(n->client_id), attempts);
	st = store_notice_drop(s->db, n);
	return st == E_NOT_FOUND ? OK : st;
}

/* A client that is gone, disabled, or does not want to hear any more. */
static bool
wants_to_hear(const struct store_client *c)
{
	return c->status == STORE_CLIENT_ACTIVE && c->backchannel_logout_uri.n > 0;
}

/* Other than OK: trouble of our own, which is not the client's fault and not counted as an attempt. */
static enum status
tell(struct sender *s, const struct store_notice *n)
{
	CLEANUP(store_client_clear) struct store_client c = { 0 };
	CLEANUP(buf_clear) struct buf body = BUF(JWS_MAX + 64);
	const char *why = "";
	int http = 0;
	enum status st = store_client_find(s->db, n->client_id, &c);

	if (st != E_NOT_FOUND)
		TRY(st);
	if (!wants_to_hear(&c)) {
		st = store_notice_drop(s->db, n);
		return st == E_NOT_FOUND ? OK : st;
	}
	TRY(make_body(s, &c, n, &body));
	st = call(s, &c, buf_str(&body), &http, &why);
	return st == OK ? done(s, n) : failed(s, n, st, http, why);
}

/* ---- whose turn it is ---- */

/* One call at a time to a client: one that is slow holds one thread, not all. */
static bool
take_client(struct sender *s, struct str client_id)
{
	struct backchannel *b = s->b;
	bool taken = false;

	pthread_mutex_lock(&b->lock);
	for (size_t i = 0; i < BACKCHANNEL_SENDERS; i++)
		if (b->senders[i].client != NULL && str_is(client_id, b->senders[i].client))
			taken = true;
	if (!taken && str_dup(client_id, &s->client) != OK)
		taken = true;
	pthread_mutex_unlock(&b->lock);
	return !taken;
}

static void
leave_client(struct sender *s)
{
	pthread_mutex_lock(&s->b->lock);
	free(s->client);
	s->client = NULL;
	pthread_mutex_unlock(&s->b->lock);
}

static enum status
attempt(struct sender *s, const struct store_notice *n)
{
	enum status st = store_notice_claim(s->db, n, clock_now_us() + LEASE_US);

	if (st == E_NOT_FOUND) /* another node has it */
		return OK;
	TRY(st);
	st = tell(s, n);
	if (st != OK && store_notice_put_off(s->db, n, clock_now_us() + OURS_US, n->attempts) != OK)
		log_warn(st, "logout.waits", "until the lease of the notice ends");
	return st;
}

/* E_NOT_FOUND: nothing is due, or others are at it. */
static enum status
next(struct sender *s)
{
	CLEANUP(store_notice_list_clear) struct store_notice_list due = { 0 };

	TRY(store_notice_due(s->db, clock_now_us(), LOOK_AT, &due));
	for (size_t i = 0; i < due.count; i++) {
		enum status st;

		if (!take_client(s, due.items[i].client_id))
			continue;
		st = attempt(s, &due.items[i]);
		leave_client(s);
		return st;
	}
	return E_NOT_FOUND;
}

static void
count_waiting(struct sender *s)
{
	int64_t count, oldest_us;

	if (store_notice_waiting(s->db, &count, &oldest_us) != OK)
		return;
	atomic_store(&s->b->waiting, count);
	atomic_store(&s->b->oldest_us, oldest_us);
}

static void
tick(void *arg)
{
	struct sender *s = arg;
	enum status st = OK;

	if (s == &s->b->senders[0]) {
		lapse_sweep(s->b->authd, s->db);
		count_waiting(s);
	}
	for (int i = 0; st == OK && i < IN_A_ROW && !atomic_load(&s->b->stopping); i++)
		st = next(s);
	if (st != OK && st != E_NOT_FOUND)
		log_warn(st, "logout.waits", "it is tried again in a second");
}

/* ---- life ---- */

static enum status
start(struct sender *s)
{
	TRY(store_open(str_of(s->b->authd->config.store), &s->db));
	return ticker_start(tick, s, &s->ticker);
}

enum status
backchannel_start(struct authd *a, struct backchannel **out)
{
	struct backchannel *b = calloc(1, sizeof(*b));
	enum status st = b == NULL ? E_NOMEM : OK;

	if (st != OK)
		return st;
	b->authd = a;
	pthread_mutex_init(&b->lock, NULL);
	for (size_t i = 0; st == OK && i < BACKCHANNEL_SENDERS; i++) {
		b->senders[i].b = b;
		st = start(&b->senders[i]);
	}
	if (st != OK) {
		backchannel_stop(b);
		return st;
	}
	*out = b;
	return OK;
}

void
backchannel_stop(struct backchannel *b)
{
	if (b == NULL)
		return;
	atomic_store(&b->stopping, true);
	for (size_t i = 0; i < BACKCHANNEL_SENDERS; i++) {
		ticker_stop(b->senders[i].ticker);
		store_close(b->senders[i].db);
	}
	pthread_mutex_destroy(&b->lock);
	free(b);
}
