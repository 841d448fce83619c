/*
 * registration.h: what a client may be registered as (RFC 7591's metadata under our own names): read, checked, and as a
 * row. A refusal names the member. Weak or private keys, open redirects, names that look like somebody else's and
 * combinations that promise what a method cannot keep are refused.
 */
#ifndef AUTHD_OAUTH_REGISTRATION_H
#define AUTHD_OAUTH_REGISTRATION_H

#include "authd/http/json.h"
#include "authd/store/store_client.h"

struct request;

#define REGISTRATION_OVERLAP_MOST_S INT64_C(2592000)

struct registration {
	struct store_client
	    row;               /* borrows from the JSON and from the buffers here; event_id and created_us are empty */
	struct str secret;     /* as given; new_secret is filled instead when it was left out */
	struct buf new_secret; /* to be shown once */
	struct buf redirect_uris, post_logout_uris, jwks, roles, certificates;
	uint8_t secret_hash[32];
};
void registration_init(struct registration *r);
void registration_clear(struct registration *r);

/* Reads all of a new client. On anything but OK the problem is said (invalid_request or invalid_client_metadata). */
MUST_USE enum status registration_read(struct request *rq, struct json_in *in, struct registration *out);

/*
 * Other credentials for the client in `row`, whose fields are set to point into out: for a secret {"secret", "overlap"}
 * (seconds that the old one stays good), for keys {"jwks"} instead of the set or {"add", "retire"} to it (a JWK Set; a
 * list of kids or thumbprints), for certificates {"tls_certificates"}. Statuses as above.
 */
MUST_USE enum status
registration_rotate(struct request *rq, struct json_in *in, struct store_client *row, struct registration *out);

/*
 * E_DENIED, said: over the network nobody gets the credentials of a client that may do more than they could register:
 * one with the scope admin, or with roles that the policy does not give its service.
 */
MUST_USE enum status registration_may_rotate(struct request *rq, const struct store_client *row);

/* ---- between the two files ---- */

/* Says invalid_client_metadata: "member: why". */
enum status registration_bad(struct request *rq, const char *member, const char *why);
MUST_USE enum status registration_check(struct request *rq, struct registration *r);
/* The set as text; refused with the reason of the first key that does not do. */
MUST_USE enum status registration_keys(struct request *rq, const char *member, const json_t *set, struct buf *out);
/* Thumbprints or PEM texts as space-separated thumbprints. */
MUST_USE enum status registration_certificates(struct request *rq, const json_t *list, struct buf *out);

#endif
