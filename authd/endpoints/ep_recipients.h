/* ep_recipients.h: who gets data by a consent for several, in the words of a page: [{"service","organisation"},…]. */
#ifndef AUTHD_ENDPOINTS_EP_RECIPIENTS_H
#define AUTHD_ENDPOINTS_EP_RECIPIENTS_H

#include <jansson.h>

struct request;
struct store_consent;
struct store_request;

/* Of services by their ids (NULL: none), as the policy names them. The caller owns it. */
json_t *ep_recipients_named(struct request *rq, const json_t *ids);
/* Of what is asked, as the policy names them. An empty list: for the service that asks alone. The caller owns it. */
json_t *ep_recipients_asked(struct request *rq, const struct store_request *asked);
/* Of what was given, as the record names them. */
json_t *ep_recipients_given(struct request *rq, const struct store_consent *c);
/* Their ids, of a consent for several; NULL: it is for one alone. */
json_t *ep_recipients_ids(const struct store_consent *c);

#endif
