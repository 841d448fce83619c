/*
 * action.h: the closed list of what anybody may do. An action that has no row here cannot be permitted by any role.
 *
 * Data actions look at or change data about a person: they are decided by decision.h for a category and a purpose. Desk
 * actions are everything else (administration, the desk, audit): a role either has them or has not.
 */
#ifndef AUTHD_POLICY_ACTION_H
#define AUTHD_POLICY_ACTION_H

#include "auditlog/base/str.h"

enum action {
	/* Data actions. Their order is that of action_bit(). */
	ACTION_READ,    /* see the data */
	ACTION_VERIFY,  /* ask a yes/no question about the data without seeing it */
	ACTION_COLLECT, /* take the data in */
	ACTION_STORE,
	ACTION_UPDATE,
	ACTION_TRANSFER, /* hand it to another body */
	ACTION_DESTROY,
	ACTION_DATA_COUNT,

	/* Reading without consent in an emergency: its own permission with its own limits. */
	ACTION_BREAK_GLASS = ACTION_DATA_COUNT,

	/* Desk actions. */
	ACTION_ASSIST_CONSENT, /* prepare a consent at a desk; never finish it alone */
	ACTION_CONSENT_READ,
	ACTION_CONSENT_WITHDRAW, /* for a person who asks for it at a desk */
	ACTION_PERSON_READ,
	ACTION_PERSON_WRITE,
	ACTION_PERSON_ERASE,
	ACTION_ROLE_READ,
	ACTION_ROLE_ASSIGN,
	ACTION_CLIENT_READ,
	ACTION_CLIENT_WRITE,
	ACTION_SESSION_END,
	ACTION_POLICY_READ,
	ACTION_POLICY_WRITE,    /* propose a bundle */
	ACTION_POLICY_ACTIVATE, /* approve and activate somebody else's */
	ACTION_KEY_ROTATE,
	ACTION_AUDIT_READ,
	ACTION_REPORT_READ,
	ACTION_QUESTION_ANSWER, /* for the organisation */
	ACTION_QUESTION_REVIEW, /* as its privacy officer: what was escalated */
	ACTION_BREAK_GLASS_REVIEW,
	ACTION_REGISTER_DEATH, /* propose, confirm, take back; heirs: always two people (death.h) */
	ACTION_COUNT
};

/* "read", "assist-consent" ...; as bundles and AuthZEN requests spell them. */
const char *action_name(enum action a);
/* E_NOT_FOUND for anything else. */
MUST_USE enum status action_parse(struct str name, enum action *out);
bool action_is_data(enum action a);
/* 1 << a of a data action. */
uint32_t action_bit(enum action a);

#endif
