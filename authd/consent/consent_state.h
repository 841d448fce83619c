/*
 * consent_state.h: the states of a consent (DPV) and which may follow which.
 *
 *   requested -> given | refused | deferred        deferred -> given | refused
 *   given, renewed -> withdrawn | expired | revoked | invalidated | renewed
 *
 * `renewed` permits as `given` does, so everything that ends the one ends the other. The rest is final.
 */
#ifndef AUTHD_CONSENT_CONSENT_STATE_H
#define AUTHD_CONSENT_CONSENT_STATE_H

#include "auditlog/base/str.h"

enum consent_state {
	CONSENT_NONE, /* there is none */
	CONSENT_REQUESTED,
	CONSENT_GIVEN,
	CONSENT_REFUSED,
	CONSENT_DEFERRED,
	CONSENT_WITHDRAWN, /* by the person */
	CONSENT_EXPIRED,
	CONSENT_REVOKED,     /* by the controller or an authority */
	CONSENT_INVALIDATED, /* it was never good: forged, by somebody without authority */
	CONSENT_RENEWED,
	CONSENT_STATES
};

/* "given" ...; "none" for CONSENT_NONE. */
const char *consent_state_name(enum consent_state s);
/* E_NOT_FOUND for anything else; "none" is not a state of a record either. */
MUST_USE enum status consent_state_parse(struct str name, enum consent_state *out);
/* A new record (CONSENT_NONE) may only begin as requested. */
bool consent_state_may_follow(enum consent_state from, enum consent_state to);
/* given and renewed. */
bool consent_state_permits(enum consent_state s);
/* Nothing may follow. */
bool consent_state_final(enum consent_state s);

#endif
