/*
 * vault_parts.h: what keeping the keys (vault.c) and answering with them (vault_answer.c) share. One thread has a
 * vault; the key in the making alone is another thread's until done is set.
 */
#ifndef AUTHD_KEYS_VAULT_PARTS_H
#define AUTHD_KEYS_VAULT_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "authd/jose/jwk.h"
#include "authd/keys/keyring.h"
#include "authd/keys/sign_gate.h"
#include "authd/keys/vault.h"

/* A key in the making, on a thread of its own: RSA takes longer than anybody may wait for a signature. */
struct making {
	pthread_t thread;
	bool started;
	atomic_bool done;
	enum jwk_alg alg;
	int64_t wait_s;
	const char *dir;
	int64_t (*now_us)(void);
	enum status st;
	struct conf_error why;
};

struct vault {
	struct vault_options opt;
	struct keyring *ring;
	struct sign_gate *gate;
	struct making making;
};

int64_t vault_now_us(const struct vault *v);
/* Begins to make a signing key that signs wait_s after it is shown; vault_tick() sees its end. E_SYSTEM: no thread. */
MUST_USE enum status vault_make_key(struct vault *v, enum jwk_alg alg, int64_t wait_s);

#endif
