#include "authd/keys/vault.h"

#include <stdlib.h>

#include "auditlog/base/clock.h"
#include "authd/keys/keyring_rotate.h"
#include "authd/keys/sign_memory.h"
#include "authd/keys/totp_key.h"
#include "authd/keys/vault_parts.h"

int64_t
vault_now_us(const struct vault *v)
{
	return v->opt.now_us != NULL ? v->opt.now_us() : clock_now_us();
}

enum status
vault_open(const struct vault_options *opt, struct vault **out, struct conf_error *why)
{
	struct vault *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return E_NOMEM;
	v->opt = *opt;
	enum status st = totp_key_setup();
	if (st == OK)
		st = keyring_load(opt->keyring, opt->receipt_key, &v->ring, why);
	if (st == OK)
		st = sign_gate_new(opt->issuer, vault_now_us(v),
				   opt->signatures_most > 0 ? opt->signatures_most : SIGN_MEMORY_MOST, &v->gate);
	if (st != OK) {
		vault_free(v);
		return st;
	}
	*out = v;
	return OK;
}

void
vault_free(struct vault *v)
{
	if (v == NULL)
		return;
	if (v->making.started)
		pthread_join(v->making.thread, NULL);
	keyring_free(v->ring);
	sign_gate_free(v->gate);
	free(v);
}

enum status
vault_reload(struct vault *v, struct conf_error *why)
{
	struct keyring *fresh = NULL;

	TRY(keyring_load(v->opt.keyring, v->opt.receipt_key, &fresh, why));
	keyring_free(v->ring);
	v->ring = fresh;
	return OK;
}

static void *
make_key(void *arg)
{
	struct making *m = arg;

	m->st = keyring_rotate_begin(m->dir, m->alg, m->now_us, m->wait_s, &m->why);
	atomic_store(&m->done, true);
	return NULL;
}

enum status
vault_make_key(struct vault *v, enum jwk_alg alg, int64_t wait_s)
{
	struct making *m = &v->making;

	*m = (struct making){ .alg = alg,
			      .wait_s = wait_s,
			      .dir = v->opt.keyring,
			      .now_us = v->opt.now_us != NULL ? v->opt.now_us : clock_now_us };
	m->started = pthread_create(&m->thread, NULL, make_key, m) == 0;
	return m->started ? OK : E_SYSTEM;
}

/* The key is there, or is not: either way another one may be asked for. */
static enum status
finish_making(struct vault *v, bool *changed, struct conf_error *why)
{
	struct making *m = &v->making;

	if (!m->started || !atomic_load(&m->done))
		return OK;
	pthread_join(m->thread, NULL);
	m->started = false;
	*why = m->why;
	TRY(m->st);
	*changed = true;
	return vault_reload(v, why);
}

enum status
vault_tick(struct vault *v, bool *changed, struct conf_error *why)
{
	const int64_t now_s = vault_now_us(v) / SECOND_US;

	*changed = false;
	TRY(finish_making(v, changed, why));
	if (v->making.started || now_s < keyring_next_change_s(v->ring))
		return OK;
	TRY(keyring_rotate_go_on(v->opt.keyring, now_s, v->opt.keep_us / SECOND_US, changed, why));
	return vault_reload(v, why);
}

struct str
vault_jwks(const struct vault *v)
{
	return keyring_jwks(v->ring);
}
