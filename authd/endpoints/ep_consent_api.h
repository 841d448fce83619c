/*
 * ep_consent_api.h: what the two ways to ask for consent share (ep_consent_api.c, ep_access_request.c), and the two
 * ways to look after one (ep_consent_api.c, ep_grants.c).
 */
#ifndef AUTHD_ENDPOINTS_EP_CONSENT_API_H
#define AUTHD_ENDPOINTS_EP_CONSENT_API_H

#include "auditlog/base/buf.h"

struct consenting_ask;
struct request;
struct store_consent;

/* OK when uri is empty, or one that the client has registered, byte by byte; else said in the response. */
MUST_USE enum status ep_consent_check_return(struct request *rq, struct str uri);
/*
 * Asks, and says 201 with the request, for the service to hand on. The answer is the same whether there is such a
 * person or not (consenting_nobody.c): nobody learns by asking who exists.
 */
MUST_USE enum status ep_consent_ask(struct request *rq, const struct consenting_ask *ask);

/*
 * Whose consents and contracts the caller sees: those of their service (consent:request), or their own
 * (consent:manage); the other one is left as it was. Borrowed from rq->who. E_DENIED, said: neither.
 */
MUST_USE enum status ep_consent_own(struct request *rq, struct str *sub, struct str *service);
/*
 * The record of the path's {id}, when it is the caller's: of a service among its recipients (consent:request), of the
 * person (consent:manage). E_NOT_FOUND: any other one. E_DENIED, said: neither.
 */
MUST_USE enum status ep_consent_find_own(struct request *rq, struct store_consent *out);
/* E_DENIED, said: the caller is a service that is among the recipients, and not the one that asked. */
MUST_USE enum status ep_consent_check_asker(struct request *rq, const struct store_consent *c);
/* That a service reads it is an entry first, which its person sees. */
MUST_USE enum status ep_consent_record_read(struct request *rq, const struct store_consent *c);
/* The same of a list ("records", "contracts"), about `sub` where it is one person's and about nobody with "". */
MUST_USE enum status ep_consent_record_list(struct request *rq, const char *list, struct str sub);

#endif
