/* reason.h: why a decision came out as it did, as a closed list, and how to say it to people. */
#ifndef AUTHD_ACCESS_REASON_H
#define AUTHD_ACCESS_REASON_H

#include "authd/policy/words.h"

/* The closed list; log_unavailable is said by who waits for the receipt, never by decision_evaluate(). */
enum reason {
	REASON_NONE, /* of a struct decision that was never filled in: a refusal */
	REASON_CONSENT_VALID,
	REASON_STATUTE,
	REASON_CONTRACT,
	REASON_VITAL_INTEREST,
	REASON_BREAK_GLASS,
	REASON_CONSENT_MISSING,
	REASON_CONSENT_EXPIRED,
	REASON_CONSENT_WITHDRAWN,
	REASON_CONSENT_SCOPE,
	REASON_LIMIT_FREQUENCY,
	REASON_LIMIT_RANGE,
	REASON_PURPOSE_NOT_DECLARED,
	REASON_CATEGORY_NOT_IN_PURPOSE,
	REASON_ROLE_MISSING,
	REASON_SOD_CONFLICT,
	REASON_SERVICE_SUSPENDED,
	REASON_ACR_TOO_LOW,
	REASON_OBJECTION,
	REASON_RESTRICTED_PERSON,
	REASON_REPRESENTATIVE_INVALID,
	REASON_LOG_UNAVAILABLE,
	REASON_COUNT
};

/* "consent_valid" ...; "none" for REASON_NONE. */
const char *reason_name(enum reason r);
MUST_USE enum status reason_parse(struct str name, enum reason *out);
bool reason_permits(enum reason r);
/* One or two plain sentences for the operator who asked. Says nothing about the person beyond the reason itself. */
const char *reason_for_operator(enum reason r, enum words_lang lang);
/* The same for the person whose data it is. */
const char *reason_for_person(enum reason r, enum words_lang lang);

#endif
