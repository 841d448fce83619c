/* ep_consent_api.h: what the two ways to ask for consent share (ep_consent_api.c, ep_access_request.c). */
#ifndef AUTHD_ENDPOINTS_EP_CONSENT_API_H
#define AUTHD_ENDPOINTS_EP_CONSENT_API_H

#include "auditlog/base/buf.h"

struct request;

/* OK when uri is empty, or one that the client has registered, byte by byte; else said in the response. */
MUST_USE enum status ep_consent_check_return(struct request *rq, struct str uri);
/* 201 with the request, for the service to hand on. */
MUST_USE enum status ep_consent_asked(struct request *rq, struct str request_id, struct str state, int64_t expires_us);

#endif
