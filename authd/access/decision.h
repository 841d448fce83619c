/*
 * decision.h: the only decision point. Pure: no clock, no database, no memory; the same inputs give the same answer,
 * which is what lets an auditor replay it.
 *
 * The order of the checks is part of the contract (an earlier reason hides a later one):
 *
 *   1 the caller is the subject (else E_DENIED: that is no decision)
 *   2 service known and active        service_suspended
 *   3 role permits                    role_missing
 *   4 separation of duty              sod_conflict
 *   5 purpose declared, category in   purpose_not_declared, category_not_in_purpose
 *   6 the person                      consent_missing (unknown, no relation), restricted_person, objection
 *                                     (a restriction lets vital interest and break-glass through: GDPR art. 18(2), the
 *                                     rights of a person; 152-FZ art. 21(1) blocks all else until it is lifted. After
 *                                     a death a statute permits where the purpose says after_death)
 *   7 basis                           consent_missing, _expired, _withdrawn, representative_invalid, consent_scope
 *                                     (consent_missing also for a statute of an after_death purpose while they live)
 *   8 limits                          limit_range, limit_frequency
 *   9 assurance                       acr_too_low
 *
 * Whatever is not filled in is zero, and zero denies.
 *
 * Towards a service without any relation to the person every refusal from check 6 on is consent_missing, whatever the
 * basis: a permit by statute says that the person exists, a refusal never does.
 * That the official is the person, or a relative of theirs, is told by check 4 to a service with a relation, and by
 * check 6 in the same words as the rest to one without: else it would find out whose relatives its officials are.
 *
 * Check 3 asks for the role's permission for this purpose when the service declares the purpose and the purpose uses
 * the category; otherwise a permission for any purpose passes it, so that check 5 can say what is really wrong.
 */
#ifndef AUTHD_ACCESS_DECISION_H
#define AUTHD_ACCESS_DECISION_H

#include "authd/access/reason.h"
#include "authd/consent/consent_state.h"
#include "authd/policy/policy.h"

/* What is asked. Strings are borrowed; an empty one was not given. */
struct decision_request {
	struct str caller;  /* client id that authenticated */
	struct str subject; /* client id that the request names */
	struct str service; /* the service in the policy that the client belongs to */
	struct str action;  /* data action */
	struct str category;
	struct str purpose;
	bool has_operator;    /* a person at the service asks; else the service by itself */
	bool names_roles;     /* the request says in which roles: only those are active */
	uint64_t named_roles; /* policy_roles() of them; a role that the policy does not know makes unknown_role */
	bool unknown_role;
	bool emergency;   /* somebody's life or health is at stake, says the caller: needed for BASIS_VITAL */
	bool break_glass; /* by an open break-glass of this operator */
	struct limits_range range;
	int64_t now_us;
};

/* The newest consent of the person for (service, purpose), and what of it matters for the request. */
struct decision_consent {
	enum consent_state state; /* CONSENT_NONE: there was never one */
	int64_t from_us, until_us;
	bool logged; /* the grant is durable in the log; without it nothing is permitted */
	uint64_t log_index;
	struct str record_id;
	struct str ctag;
	unsigned purpose_version; /* of the purpose that the person agreed to */
	bool covers_category;
	uint32_t actions; /* action_bit()s in the record */
	bool by_representative;
	bool representative_valid; /* the mandate holds now */
	struct limits_range range; /* a narrower data range than the purpose's, when the record names one */
};

/* What the database knows; one query fills it. */
struct decision_facts {
	bool known;              /* the person exists and is not erased */
	bool active;             /* not disabled, not dead */
	bool dead;               /* a death stands (death.h) */
	bool related;            /* the service has or had something to do with the person besides the consent below */
	bool restricted;         /* processing about the person is restricted */
	bool objection;          /* the person objected to this purpose and category */
	bool service_active;     /* the client and its service are enabled */
	uint64_t operator_roles; /* policy_roles() held in the caller's organisation, effective ones only */
	bool operator_is_person; /* an official asks about themselves, or about whom they represent or who represents
				    them */
	unsigned acr;            /* assurance of who asks, 0 .. 3 */
	bool contract;           /* a contract of the kind that the purpose names is in force, and in the log: */
	uint64_t contract_index; /* the entry that registered it */
	struct str contract_ctag;
	int64_t contract_until_us;
	bool break_glass_open; /* an open, unexpired break-glass of this operator for this person and category */
	int64_t break_glass_until_us;
	struct str break_glass_ref, break_glass_ctag; /* its id; what ties its entries to the person */
	uint64_t break_glass_index;                   /* of the entry that opened it */
	uint64_t used;                                /* permits in the window of decision_window() */
	struct decision_consent consent;
};

/* What the caller must do about a permit. */
enum decision_obligation {
	OBLIGATION_CONFIRM = 1u << 0,     /* tell the outcome within DECISION_CONFIRM_US */
	OBLIGATION_DESTROY = 1u << 1,     /* destroy what was received after the purpose's retention */
	OBLIGATION_NO_STORE = 1u << 2,    /* look, do not keep (mode: view) */
	OBLIGATION_TELL_PERSON = 1u << 3, /* the person and the privacy officer are told at once (emergencies) */
	OBLIGATION_REVIEW = 1u << 4,      /* to be reviewed (break-glass) */
	OBLIGATION_YES_NO = 1u << 5,      /* deliver yes or no to a question, never the data (action verify) */
};
#define DECISION_CONFIRM_US (INT64_C(600) * SECOND_US)

struct decision {
	bool permit;
	enum reason reason;
	enum basis basis;              /* of a permit; BASIS_NONE in a refusal */
	struct str basis_ref;          /* statute, contract kind, ground, emergency; empty for consent */
	struct str record_id;          /* of BASIS_CONSENT */
	struct str ctag;               /* of BASIS_CONSENT, _CONTRACT and _BREAK_GLASS, as the next */
	uint64_t log_index;            /* the entry of the grant, of the registration, of the emergency */
	const struct service *service; /* NULL when unknown, and so on */
	const struct purpose *purpose;
	const struct category *category;
	enum action action;  /* ACTION_COUNT when unknown */
	uint64_t roles;      /* the active roles that gave the permission, for the entry */
	unsigned acr_needed; /* of REASON_ACR_TOO_LOW: what would do */
	uint32_t obligations;
	int64_t valid_until_us; /* of a permit */
	bool limited;           /* frequency: remaining of limit, after this permit */
	uint32_t remaining;
};

/*
 * Fills *out: always a complete answer, a refusal unless every check passed. E_DENIED (and a refusal in *out) when the
 * caller is not the subject. *out borrows from the policy and the facts.
 */
MUST_USE enum status decision_evaluate(const struct policy *p, const struct decision_request *req,
				       const struct decision_facts *facts, struct decision *out);

/* One check and what it said: REASON_NONE when it passed. The last one is the check that refused, if any did. */
typedef void decision_step(void *ctx, const char *check, enum reason outcome);
/* The same decision, told check by check, for `authctl policy explain` and tests. step may be NULL. */
MUST_USE enum status
decision_trace(const struct policy *p, const struct decision_request *req, const struct decision_facts *facts,
	       decision_step *step, void *ctx, struct decision *out);

/*
 * Where the frequency window began that facts.used counts from: of the consent when it permits at now, else of the
 * purpose. For the caller's query.
 */
int64_t decision_window(const struct purpose *purpose, int64_t consent_from_us, int64_t now_us);

#endif
