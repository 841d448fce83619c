#include "authd/consent/consent_state.h"

#define TO(s) (1u << CONSENT_##s)
#define ENDS  (TO(WITHDRAWN) | TO(EXPIRED) | TO(REVOKED) | TO(INVALIDATED) | TO(RENEWED))

/* What may follow, as bits. No bit, no transition. */
static const struct {
	const char *name;
	unsigned next;
} states[CONSENT_STATES] = {
	[CONSENT_NONE] = { "none", TO(REQUESTED) },
	[CONSENT_REQUESTED] = { "requested", TO(GIVEN) | TO(REFUSED) | TO(DEFERRED) },
	[CONSENT_GIVEN] = { "given", ENDS },
	[CONSENT_REFUSED] = { "refused", 0 },
	[CONSENT_DEFERRED] = { "deferred", TO(GIVEN) | TO(REFUSED) },
	[CONSENT_WITHDRAWN] = { "withdrawn", 0 },
	[CONSENT_EXPIRED] = { "expired", 0 },
	[CONSENT_REVOKED] = { "revoked", 0 },
	[CONSENT_INVALIDATED] = { "invalidated", 0 },
	[CONSENT_RENEWED] = { "renewed", ENDS },
};

const char *
consent_state_name(enum consent_state s)
{
	return states[(unsigned)s < CONSENT_STATES ? s : CONSENT_NONE].name;
}

enum status
consent_state_parse(struct str name, enum consent_state *out)
{
	for (unsigned i = CONSENT_NONE + 1; i < CONSENT_STATES; i++) {
		if (str_is(name, states[i].name)) {
			*out = (enum consent_state)i;
			return OK;
		}
	}
	return E_NOT_FOUND;
}

bool
consent_state_may_follow(enum consent_state from, enum consent_state to)
{
	return (unsigned)from < CONSENT_STATES && (unsigned)to < CONSENT_STATES &&
	       (states[from].next & (1u << to)) != 0;
}

bool
consent_state_permits(enum consent_state s)
{
	return s == CONSENT_GIVEN || s == CONSENT_RENEWED;
}

bool
consent_state_final(enum consent_state s)
{
	return (unsigned)s >= CONSENT_STATES || states[s].next == 0;
}
