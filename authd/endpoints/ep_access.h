/* ep_access.h: the page of one entry, for the form on it (ep_questions.c), too. */
#ifndef AUTHD_ENDPOINTS_EP_ACCESS_H
#define AUTHD_ENDPOINTS_EP_ACCESS_H

#include "auditlog/base/status.h"

struct request;

/* The entry whose index is the first parameter of the path. fault: what is wrong with the words of the question, 400.
 */
MUST_USE enum status ep_access_show(struct request *rq, const char *fault);

#endif
