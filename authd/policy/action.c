#include "authd/policy/action.h"

static const char *const action_names[ACTION_COUNT] = {
	[ACTION_READ] = "read",
	[ACTION_VERIFY] = "verify",
	[ACTION_COLLECT] = "collect",
	[ACTION_STORE] = "store",
	[ACTION_UPDATE] = "update",
	[ACTION_TRANSFER] = "transfer",
	[ACTION_DESTROY] = "destroy",
	[ACTION_BREAK_GLASS] = "break-glass",
	[ACTION_ASSIST_CONSENT] = "assist-consent",
	[ACTION_CONSENT_READ] = "consent-read",
	[ACTION_CONSENT_WITHDRAW] = "consent-withdraw",
	[ACTION_PERSON_READ] = "person-read",
	[ACTION_PERSON_WRITE] = "person-write",
	[ACTION_PERSON_ERASE] = "person-erase",
	[ACTION_ROLE_READ] = "role-read",
	[ACTION_ROLE_ASSIGN] = "role-assign",
	[ACTION_CLIENT_READ] = "client-read",
	[ACTION_CLIENT_WRITE] = "client-write",
	[ACTION_SESSION_END] = "session-end",
	[ACTION_POLICY_READ] = "policy-read",
	[ACTION_POLICY_WRITE] = "policy-write",
	[ACTION_POLICY_ACTIVATE] = "policy-activate",
	[ACTION_KEY_ROTATE] = "key-rotate",
	[ACTION_AUDIT_READ] = "audit-read",
	[ACTION_REPORT_READ] = "report-read",
	[ACTION_QUESTION_ANSWER] = "question-answer",
	[ACTION_QUESTION_REVIEW] = "question-review",
	[ACTION_BREAK_GLASS_REVIEW] = "break-glass-review",
	[ACTION_REGISTER_DEATH] = "register-death",
};

const char *
action_name(enum action a)
{
	return (unsigned)a < ACTION_COUNT ? action_names[a] : "none";
}

enum status
action_parse(struct str name, enum action *out)
{
	for (unsigned i = 0; i < ACTION_COUNT; i++) {
		if (str_is(name, action_names[i])) {
			*out = (enum action)i;
			return OK;
		}
	}
	return E_NOT_FOUND;
}

bool
action_is_data(enum action a)
{
	return (unsigned)a < ACTION_DATA_COUNT;
}

uint32_t
action_bit(enum action a)
{
	return action_is_data(a) ? UINT32_C(1) << (unsigned)a : 0;
}
