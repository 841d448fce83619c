/* store_client.h: OAuth clients and services. */
#ifndef AUTHD_STORE_STORE_CLIENT_H
#define AUTHD_STORE_STORE_CLIENT_H

#include "authd/store/store.h"

#define STORE_CLIENT_DISABLED 0
#define STORE_CLIENT_ACTIVE   1

struct store_client {
	struct str client_id;
	struct str name;
	struct str kind; /* "confidential", "public", "service" */
	struct str organisation;
	int status; /* STORE_CLIENT_… */
	struct str
	    auth_method; /* "private_key_jwt", "tls_client_auth", "client_secret_basic", "client_secret_post", "none" */
	struct str secret_hash;      /* p NULL: none */
	struct str jwks;             /* JSON; p NULL: none */
	struct str tls_san;          /* p NULL: none */
	struct str redirect_uris;    /* JSON array */
	struct str post_logout_uris; /* JSON array */
	struct str scopes;           /* space separated */
	struct str grants;           /* space separated */
	struct str audiences;        /* space separated */
	struct str id_token_alg;
	int fapi;
	struct str service; /* id in the policy's services.yaml; p NULL: none */
	struct str roles;   /* space separated */
	int legacy;
	int64_t created_us;
	struct str event_id;
	int64_t log_index;
	struct store_result *mem;
};

struct store_client_list {
	struct store_client *items;
	size_t count;
	struct store_cursor next;
	struct store_result *mem;
};

void store_client_clear(struct store_client *c);
void store_client_list_clear(struct store_client_list *l);

/* E_CONFLICT when the id is taken (which ends the transaction). */
MUST_USE enum status store_client_add(struct store_tx *tx, const struct store_client *c);
/* Replaces everything but client_id and created_us; not in the log until the outbox says so. E_NOT_FOUND. */
MUST_USE enum status store_client_replace(struct store_tx *tx, const struct store_client *c);
/* E_NOT_FOUND. Disabled ones and ones not yet in the log are found: look at status and log_index. */
MUST_USE enum status store_client_find(struct store *db, struct str client_id, struct store_client *out);
/* E_NOT_FOUND. */
MUST_USE enum status
store_client_set_status(struct store_tx *tx, struct str client_id, int status, struct str event_id);
/* By client_id, ascending. */
MUST_USE enum status store_client_page(struct store *db, struct str cursor, int limit, struct store_client_list *out);

#endif
