/* consent_parties.h: who gets, gives and works with the data, as a record names them. */
#ifndef AUTHD_CONSENT_CONSENT_PARTIES_H
#define AUTHD_CONSENT_CONSENT_PARTIES_H

#include <jansson.h>

#include "authd/policy/policy.h"

struct consent_parties {
	const struct policy *policy;
	const struct service *service[NOTICE_RECIPIENTS_MOST]; /* who receives; first the one that asks */
	size_t n;
	uint64_t categories; /* 1 << index */
};

/*
 * Sets the members recipients, providers, controller, other_controllers (only where recipients are of other
 * organisations than the first one's) and processors, those of every controller.
 */
MUST_USE enum status consent_parties_put(json_t *record, const struct consent_parties *parties);

#endif
