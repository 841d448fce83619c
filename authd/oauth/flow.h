/*
 * flow.h: one authorization under way in a browser: its parameters, wherever they came from (the query, a posted form,
 * a pushed request), its client, and the ways back.
 *
 * With a request_uri of ours only client_id and request_uri of the address count: everything else is what the client
 * pushed and nobody in between could change (RFC 9126 4, RFC 9101 5). Nothing of a flow is kept on our side before the
 * person has answered, but a pushed request itself: so tabs do not disturb each other, and going back and forth is
 * safe.
 */
#ifndef AUTHD_OAUTH_FLOW_H
#define AUTHD_OAUTH_FLOW_H

#include "authd/oauth/authorize.h"
#include "authd/store/store_pushed.h"

struct request;

struct flow {
	struct request *rq;
	const struct form *outer; /* as it stands in the address or the posted form; borrowed */
	const struct form *in;    /* what counts */
	struct form pushed_params;
	struct store_pushed pushed; /* of a pushed request; id_hash.n == 0 otherwise */
	struct store_client client;
	struct authorize asked;
	struct authorize_fault fault;
};

void flow_clear(struct flow *f);

/*
 * Reads a request. E_INVALID: f->fault may be told to the client (flow_tell). E_DENIED: f->fault is for a page of ours
 * only; nobody is redirected. Others: it could not be found out. Answers nothing itself. Clear it in every case.
 */
MUST_USE enum status flow_load(struct request *rq, const struct form *outer, struct flow *f);

/* The client's answer, by 303, with state and iss: an error. */
MUST_USE enum status flow_tell(struct flow *f, const char *error, const char *description);
/* The same after the person's no, which ends the authorization: a pushed request is used up. */
MUST_USE enum status flow_refused(struct flow *f);
/*
 * The person's yes: code, its entry, and the redirect. approval: the fingerprint of what the person has just allowed,
 * or empty. A pushed request that was completed meanwhile ends on a page of ours.
 */
MUST_USE enum status flow_complete(struct flow *f, struct str approval);

/*
 * When this request began as far as it can be told: a pushed one when it was pushed; another one when we sent the
 * person to sign in for it (FLOW_SENT, in the address, where it can be changed as easily as prompt can be left out: a
 * client that insists pushes, or reads auth_time). -1: not known.
 */
#define FLOW_SENT "ombud_sent_us"
int64_t flow_began_us(const struct flow *f);

/* Where to come back to with this request: a path of ours. E_TOO_LARGE when it would be longer than a sign-in keeps. */
MUST_USE enum status flow_here(const struct flow *f, const char *path, struct buf *out);
/* The request's parameters as they must come again: [{"name","value"}]. The caller's; NULL: no memory. */
json_t *flow_fields(const struct flow *f);

/*
 * Whether path (where a sign-in leads) is an authorization that can be gone on with, and what the sign-in page says of
 * it. E_NOT_FOUND: it is none. Clear *f and *query in every case.
 */
MUST_USE enum status flow_behind(struct request *rq, struct str path, struct form *query, struct flow *f);

#endif
