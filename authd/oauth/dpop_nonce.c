#include "authd/oauth/dpop_nonce.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/encode.h"
#include "auditlog/base/secret.h"
#include "authd/keys/keys.h"

#define SLOTS 4 /* windows before, now and next, and one to spare */

struct dpop_nonces {
	pthread_mutex_t lock;
	struct {
		int64_t window; /* 0 = empty */
		char text[DPOP_NONCE_LEN + 1];
	} slots[SLOTS];
};

enum status
dpop_nonces_new(struct dpop_nonces **out)
{
	struct dpop_nonces *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return E_NOMEM;
	pthread_mutex_init(&n->lock, NULL);
	*out = n;
	return OK;
}

void
dpop_nonces_free(struct dpop_nonces *n)
{
	if (n == NULL)
		return;
	pthread_mutex_destroy(&n->lock);
	free(n);
}

static bool
recall(struct dpop_nonces *n, int64_t window, char out[DPOP_NONCE_LEN + 1])
{
	bool known;

	pthread_mutex_lock(&n->lock);
	known = n->slots[window % SLOTS].window == window;
	if (known)
		memcpy(out, n->slots[window % SLOTS].text, DPOP_NONCE_LEN + 1);
	pthread_mutex_unlock(&n->lock);
	return known;
}

static void
remember(struct dpop_nonces *n, int64_t window, const char text[DPOP_NONCE_LEN + 1])
{
	pthread_mutex_lock(&n->lock);
	n->slots[window % SLOTS].window = window;
	memcpy(n->slots[window % SLOTS].text, text, DPOP_NONCE_LEN + 1);
	pthread_mutex_unlock(&n->lock);
}

/* The lock is not held while authd-keyd is asked: two may ask for the same window, and get the same answer. */
static enum status
of_window(struct dpop_nonces *n, struct keys *keys, int64_t window, char out[DPOP_NONCE_LEN + 1])
{
	CLEANUP(buf_clear) struct buf label = BUF(64), text = BUF(DPOP_NONCE_LEN);
	uint8_t mac[KEYS_PEPPER_LEN];

	if (recall(n, window, out))
		return OK;
	buf_printf(&label, "dpop nonce %lld", (long long)window);
	TRY(buf_status(&label));
	TRY(keys_pepper(keys, buf_str(&label), mac));
	encode_base64url(&text, str_from(mac, 16));
	TRY(buf_status(&text));
	memcpy(out, text.p, DPOP_NONCE_LEN);
	out[DPOP_NONCE_LEN] = '\0';
	remember(n, window, out);
	return OK;
}

enum status
dpop_nonce_now(struct dpop_nonces *n, struct keys *keys, int64_t now_us, char out[DPOP_NONCE_LEN + 1])
{
	return of_window(n, keys, now_us / DPOP_NONCE_WINDOW_US, out);
}

enum status
dpop_nonce_check(struct dpop_nonces *n, struct keys *keys, int64_t now_us, struct str nonce)
{
	const int64_t now = now_us / DPOP_NONCE_WINDOW_US;
	char good[DPOP_NONCE_LEN + 1];

	for (int64_t window = now + 1; window >= now - 1; window--) {
		TRY(of_window(n, keys, window, good));
		if (secret_equal(nonce, str_of(good)))
			return OK;
	}
	return E_EXPIRED;
}
