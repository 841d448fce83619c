#include "authd/oauth/client_fetch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/log.h"
#include "auditlog/core/hash.h"
#include "authd/notify/outbound.h"

#define SLOTS      256
#define CALLS_MOST 2 /* at once: the workers are for people */

/* Found by the hash of the address; who comes to a taken one pushes the former out. */
static struct lease {
	struct hash uri;
	struct client_keys *keys; /* NULL: never had any */
	int64_t fresh_until_us, good_until_us, tried_us;
	bool tried, fetching;
} leases[SLOTS];
static unsigned calls;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct lease *
lease_of(const struct hash *uri)
{
	struct lease *l = &leases[uri->b[0] % SLOTS];

	if (memcmp(l->uri.b, uri->b, sizeof(uri->b)) == 0)
		return l;
	if (l->fetching)
		return NULL;
	client_keys_drop(l->keys);
	*l = (struct lease){ .uri = *uri };
	return l;
}

static bool
has_kid(const struct client_keys *k, struct str kid)
{
	const struct jwk_set *set = client_keys_set(k);

	for (size_t i = 0; kid.n > 0 && i < jwk_set_count(set); i++)
		if (str_eq(jwk_kid(jwk_set_at(set, i)), kid))
			return true;
	return kid.n == 0;
}

/* Under the lock. *fetch: it is this caller's turn to ask. */
static void
look(struct lease *l, struct str kid, int64_t now_us, bool *fetch, struct client_keys **out)
{
	const bool good = l->keys != NULL && now_us < l->good_until_us;
	const bool enough = good && now_us < l->fresh_until_us && has_kid(l->keys, kid);
	const bool may =
	    !l->fetching && calls < CALLS_MOST && (!l->tried || now_us - l->tried_us >= CLIENT_FETCH_RETRY_US);

	*out = good ? client_keys_hold(l->keys) : NULL;
	*fetch = !enough && may;
	if (!*fetch)
		return;
	l->fetching = l->tried = true;
	l->tried_us = now_us;
	calls++;
}

static enum status
fetch_keys(struct outbound *o, struct str uri, struct client_keys **out, int64_t *max_age_s)
{
	static const char *const types[] = { "application/json", "application/jwk-set+json", NULL };
	CLEANUP(outbound_answer_clear) struct outbound_answer answer = { 0 };
	const struct outbound_call call = {
		.url = uri, .accept = types, .timeout_us = CLIENT_FETCH_TIMEOUT_US, .listed_only = true
	};
	const char *why = "";
	enum status st = outbound_call(o, &call, &answer, &why);

	if (st == OK && answer.http != 200) {
		st = E_UNAVAILABLE;
		why = "the answer is not 200";
	}
	if (st == OK) {
		st = client_keys_get(buf_str(&answer.body), out);
		why = "the answer is no set of public keys";
	}
	*max_age_s = answer.max_age_s;
	if (st != OK)
		log_warn(st, "client.jwks_uri", "uri=%.*s why=\"%s\"", STR_ARG(uri), why);
	return st;
}

static int64_t
lease_us(int64_t max_age_s)
{
	int64_t us = max_age_s < 0 ? CLIENT_FETCH_LEAST_US : max_age_s * 1000000;

	if (us < CLIENT_FETCH_LEAST_US)
		return CLIENT_FETCH_LEAST_US;
	return us > CLIENT_FETCH_MOST_US ? CLIENT_FETCH_MOST_US : us;
}

static void
settle(struct lease *l, struct client_keys *fresh, int64_t max_age_s, int64_t now_us)
{
	pthread_mutex_lock(&lock);
	calls--;
	l->fetching = false;
	if (fresh != NULL) {
		client_keys_drop(l->keys);
		l->keys = client_keys_hold(fresh);
		l->fresh_until_us = now_us + lease_us(max_age_s);
		l->good_until_us = now_us + CLIENT_FETCH_MOST_US;
	}
	pthread_mutex_unlock(&lock);
}

enum status
client_fetch(struct outbound *o, struct str uri, struct str kid, int64_t now_us, struct client_keys **out)
{
	CLEANUP(client_keys_dropp) struct client_keys *old = NULL;
	CLEANUP(client_keys_dropp) struct client_keys *fresh = NULL;
	const struct hash name = hash_sha256(uri);
	struct lease *l;
	bool fetch = false;
	int64_t max_age_s = -1;

	pthread_mutex_lock(&lock);
	l = lease_of(&name);
	if (l != NULL)
		look(l, kid, now_us, &fetch, &old);
	pthread_mutex_unlock(&lock);
	if (fetch) {
		/* What it said is in the operator's log; the old keys serve as long as they may. */
		enum status st UNUSED = fetch_keys(o, uri, &fresh, &max_age_s);

		settle(l, fresh, max_age_s, now_us);
	}
	*out = fresh != NULL ? STEAL(&fresh) : STEAL(&old);
	return *out != NULL ? OK : E_UNAVAILABLE;
}
