/* ep_policy.h: what proposing and activating a bundle share. */
#ifndef AUTHD_ENDPOINTS_EP_POLICY_H
#define AUTHD_ENDPOINTS_EP_POLICY_H

#include "authd/endpoints/ep_admin.h"

/* Nobody approves after that. */
#define EP_POLICY_PROPOSAL_MOST_US (INT64_C(30) * DAY_US)
#define EP_POLICY_PROPOSAL_US      (INT64_C(7) * DAY_US)
/* Whoever approves signed in with two factors, at most this long ago. */
#define EP_POLICY_ACR     2
#define EP_POLICY_FRESH_S INT64_C(900)

/* {"version":…,"sha256":…}; NULL: no memory. */
json_t *ep_policy_describe(const struct policy *p);
/*
 * Its own tests pass and it may take over from the one in force. *refused: the answer, 409 with the reason for its
 * author, is said already.
 */
MUST_USE enum status ep_policy_check(struct request *rq, const struct policy *p, bool *refused);
/* 409: why a bundle is not taken. */
MUST_USE enum status ep_policy_refuse(struct request *rq, const char *why);
/* {"files":{…}}'s files as JSON text, for store_bundle_add. */
MUST_USE enum status ep_policy_pack(const struct policy *p, struct buf *out);
/* The entry of a proposal or an activation: the bundle's hash and version, who, in which roles. */
struct audit_event
ep_policy_event(const struct request *rq, enum entry_event event, const char *what, const struct policy *p);
/*
 * The caller is a person of the staff who is known by a pseudonym. The admin socket is nobody in particular: 403
 * person_needed, said.
 */
MUST_USE enum status ep_policy_person(struct request *rq);

#endif
