/* ep_consents.h: what the list of consents and the page of one share. */
#ifndef AUTHD_ENDPOINTS_EP_CONSENTS_H
#define AUTHD_ENDPOINTS_EP_CONSENTS_H

#include <jansson.h>

#include "authd/store/store_consent.h"

struct request;

/* A consent as pages draw it; NULL: out of memory. */
json_t *ep_consents_card(struct request *rq, const struct store_consent *c);
/* Adds to each card how often its consent was used and when last, when the log can be asked. At most 50. */
void ep_consents_add_uses(struct request *rq, const struct store_consent *list, size_t n, json_t *const *cards);

#endif
