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
	/* "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth", "client_secret_basic",
	 * "client_secret_post", "none" */
	struct str auth_method;
	struct str secret_hash;      /* p NULL: none */
	struct str jwks;             /* JSON; p NULL: none */
	struct str tls_san;          /* p NULL: none */
	struct str redirect_uris;    /* JSON array */
	struct str post_logout_uris; /* JSON array */
	struct str scopes;           /* space separated */
	struct str grants;           /* space separated */
	struct str audiences;        /* space separated */
	struct str id_token_alg;     /* "RS256", "ES256", "PS256" */
	int fapi;
	struct str service; /* id in the policy's services.yaml; p NULL: none */
	struct str roles;   /* space separated */
	int legacy;

	/* Of the following, an empty or zero value means the usual thing. */
	int native;                  /* an application on people's own devices: loopback redirects, any port */
	struct str jwks_uri;         /* p NULL: none; instead of jwks (oauth/client_fetch.h) */
	struct str tls_certificates; /* of self_signed_tls_client_auth: base64url SHA-256 of each, space separated */
	struct str secret_hash_old;  /* p NULL: none; still good until secret_old_until_us after a rotation */
	int64_t secret_old_until_us; /* 0: none */
	struct str access_token_alg; /* "ES256", "RS256", "PS256"; "" is ES256 */
	struct str userinfo_alg;     /* "RS256", "ES256", "PS256"; "" is plain JSON */
	struct str assertion_alg;    /* the only one in client assertions; "" is any that the key fits */
	int pairwise;                /* people's `sub` is another one for each organisation (oauth/subject.h) */
	struct str backchannel_logout_uri; /* p NULL: none */
	int backchannel_session;           /* its logout tokens must carry `sid` */
	int tls_bound;                     /* access tokens always bound to its certificate (RFC 8705 3) */
	int dpop_bound;                    /* access tokens always bound to a DPoP key (RFC 9449 5.2) */
	int par_required;                  /* RFC 9126 6; `fapi` implies it */
	int64_t refresh_life_s;            /* of a refresh token's family, from its beginning; 0: ours */
	int64_t refresh_idle_s;            /* unused for so long it ends; 0: ours */
	int third_party;                   /* somebody else's: people let it in by themselves (oauth/approve.h) */
	struct str may_act;                /* ids of clients that may act with its people's tokens (oauth/exchange.h) */

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
/*
 * Replaces everything but client_id and created_us of the row whose newest event was was_event_id; not in the log until
 * the outbox says so. E_NOT_FOUND: there is none, or somebody has changed it since (disabled it, perhaps).
 */
MUST_USE enum status store_client_replace(struct store_tx *tx, const struct store_client *c, struct str was_event_id);
/* E_NOT_FOUND. Disabled ones and ones not yet in the log are found: look at status and log_index. */
MUST_USE enum status store_client_find(struct store *db, struct str client_id, struct store_client *out);
/* Whether a redirect URI of an active client that is in the log begins with this origin and a slash. Looks at every
 * client; the origin has none of the signs of a LIKE pattern. */
MUST_USE enum status store_client_origin(struct store *db, struct str origin, bool *known);
/* Whether a service of the policy has a client that is active and in the log. */
MUST_USE enum status store_client_works(struct store *db, struct str service, bool *works);
/* E_NOT_FOUND. */
MUST_USE enum status
store_client_set_status(struct store_tx *tx, struct str client_id, int status, struct str event_id);
/* By client_id, ascending. */
MUST_USE enum status store_client_page(struct store *db, struct str cursor, int limit, struct store_client_list *out);

#endif
