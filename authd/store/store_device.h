/*
 * store_device.h: device codes (RFC 8628): an authorization that begins on a device without a browser and is answered
 * on another one. Effective with a log index only: first of its beginning, then of the answer.
 */
#ifndef AUTHD_STORE_STORE_DEVICE_H
#define AUTHD_STORE_STORE_DEVICE_H

#include "authd/store/store.h"

#define STORE_DEVICE_SLOWER_US (5 * SECOND_US) /* RFC 8628 3.5: what slow_down adds to the interval */

struct store_device {
	struct str device_hash; /* SHA-256 of what the device has */
	struct str user_hash;   /* of what the person types; made with the pepper, because it is short */
	struct str client_id;
	struct str scope;
	struct str audience; /* space separated; empty: our own APIs */
	struct str state;    /* "waiting", "approved", "refused" */
	int64_t interval_us; /* shortest pause between two questions of the device */
	int64_t created_us;
	int64_t expires_us;
	struct str event_id;
	/* Not read by _add(). */
	struct str sub; /* p NULL until answered, as the next four */
	struct str sid;
	int acr;
	struct str amr;
	int64_t auth_us;
	struct str grant_id; /* p NULL unless approved */
	int64_t polled_us;   /* 0: never */
	bool slowed;         /* the last question came too soon */
	int64_t used_us;     /* 0: not used */
	int64_t log_index;
	struct store_result *mem;
};

void store_device_clear(struct store_device *d);

/*
 * E_CONFLICT (ends the transaction): the code for the person is taken; make another. E_LIMITED: `most` of this client's
 * wait for an answer at d->created_us.
 */
MUST_USE enum status store_device_add(struct store_tx *tx, const struct store_device *d, int64_t most);
/* The one that waits for an answer. E_NOT_FOUND: unknown, answered, expired, not in the log yet: all alike. */
MUST_USE enum status
store_device_by_user(struct store *db, struct str user_hash, int64_t now_us, struct store_device *out);
MUST_USE enum status store_device_find(struct store *db, struct str device_hash, struct store_device *out);

/* Who answered. grant_id empty: no. */
struct store_device_answer {
	struct str sub, sid, amr, grant_id, event_id;
	int acr;
	int64_t auth_us;
};
/* One answer each: E_USED for a second one, and for one that came too late. */
MUST_USE enum status
store_device_answer(struct store_tx *tx, struct str user_hash, int64_t now_us, const struct store_device_answer *a);
/*
 * Takes an approved one. Of several at once exactly one gets OK. E_NOT_FOUND: there is none to take now; _poll() says
 * why.
 */
MUST_USE enum status store_device_consume(struct store_tx *tx, struct str device_hash, struct str client_id,
					  int64_t now_us, struct store_device *out);
/*
 * Notes that the device asked; when that was sooner than allowed, slowed is set and the pause grows. *out is the row as
 * it is then. E_NOT_FOUND: no such code of this client.
 */
MUST_USE enum status store_device_poll(struct store *db, struct str device_hash, struct str client_id, int64_t now_us,
				       struct store_device *out);

#endif
