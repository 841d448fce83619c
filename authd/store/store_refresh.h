/*
 * store_refresh.h: refresh tokens. One row is a family: all tokens that followed one another under one authorization.
 * It knows the hash of the token that is good now and of the one before it; whoever shows the handle with anything else
 * shows a token that had its time. Effective with a log index only; it ends with its grant (store_grant_revoke).
 */
#ifndef AUTHD_STORE_STORE_REFRESH_H
#define AUTHD_STORE_STORE_REFRESH_H

#include "authd/store/store.h"

struct store_refresh {
	struct str handle; /* random, part of every token of the family */
	struct str grant_id;
	struct str client_id;
	struct str sub;
	struct str sid; /* of the sign-in that it began with; may be over */
	struct str scope;
	struct str audience; /* space separated; empty: our own APIs */
	struct str cnf;      /* cnf_put() */
	struct str details;  /* JSON; p NULL: none */
	int acr;
	struct str amr;
	int64_t auth_us;
	int rotating;
	struct str token_hash; /* SHA-256 of the token that is good now */
	int64_t created_us;
	int64_t used_us;
	int64_t idle_us;    /* longest silence */
	int64_t expires_us; /* absolute end */
	struct str event_id;
	/* Not read by _add(). */
	struct str former_hash; /* p NULL: the first one is still good */
	int64_t rotated_us;     /* 0: never */
	int retries;            /* how often the former one was shown again since */
	int64_t log_index;
	bool revoked; /* its grant is */
	struct store_result *mem;
};

struct store_refresh_list {
	struct store_refresh *items;
	size_t count;
	struct store_cursor next;
	struct store_result *mem;
};

void store_refresh_clear(struct store_refresh *r);
void store_refresh_list_clear(struct store_refresh_list *l);

/* The grant must be there, and lives as long from now on. E_CONFLICT when it has a family already. */
MUST_USE enum status store_refresh_add(struct store_tx *tx, const struct store_refresh *r);
/* Whatever its state. E_NOT_FOUND. */
MUST_USE enum status store_refresh_find(struct store *db, struct str handle, struct store_refresh *out);

/* One step: token_hash is no longer good, next_hash is. Of several at once exactly one gets OK, the others E_USED. */
MUST_USE enum status store_refresh_rotate(struct store_tx *tx, struct str handle, struct str token_hash,
					  struct str next_hash, int64_t now_us, struct str event_id);
/* Notes that the former token was shown again, rotated since since_us or later. E_USED when it is not the former one
 * any more, or was followed too long ago. */
MUST_USE enum status
store_refresh_retry(struct store_tx *tx, struct str handle, struct str former_hash, int64_t since_us);
/* Takes a rotation back that nobody was told of: the former token is the good one again. E_USED when somebody was. */
MUST_USE enum status
store_refresh_unrotate(struct store_tx *tx, struct str handle, struct str token_hash, struct str event_id);
/* A family that does not rotate was used. E_USED when token_hash is not the good one. */
MUST_USE enum status store_refresh_touch(struct store_tx *tx, struct str handle, struct str token_hash, int64_t now_us);

/* The ones that can still be used, newest first; sub empty: everybody's. */
MUST_USE enum status store_refresh_page(struct store *db, struct str sub, int64_t now_us, struct str cursor, int limit,
					struct store_refresh_list *out);

#endif
