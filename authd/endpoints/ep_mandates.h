/* ep_mandates.h: how answers in JSON say what a mandate lets do. New references; NULL when memory is short. */
#ifndef AUTHD_ENDPOINTS_EP_MANDATES_H
#define AUTHD_ENDPOINTS_EP_MANDATES_H

#include <jansson.h>

#include "authd/store/store_mandate.h"

/* An array of the words that are separated by spaces. */
json_t *ep_mandates_words(struct str list);
/* An array of what it lets do: "see", "give" ... */
json_t *ep_mandates_actions(const struct store_mandate *m);

#endif
