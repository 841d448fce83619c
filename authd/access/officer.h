/*
 * officer.h: who works at the desk: a signed-in official with a role that may help (policy action assist-consent), in
 * the organisation that gave it. The desk knows officials by their pseudonym; two officials are two people exactly when
 * their subs differ.
 *
 * An official who holds roles that may not be active together (separation.yaml, dynamic) says once in a session which
 * duty it is for; the other one is out of reach until they sign in anew.
 */
#ifndef AUTHD_ACCESS_OFFICER_H
#define AUTHD_ACCESS_OFFICER_H

#include "auditlog/base/str.h"
#include "authd/policy/action.h"

struct request;

#define OFFICER_DUTIES_MOST 16

struct officer {
	char sub[128];
	char pseudonym[128];
	char organisation[128];
	char role[64];      /* the one that lets them help */
	enum action action; /* what it was found for */
	/* Roles to choose one from, when they may not be active together and none was taken up; else 0. */
	char duties[OFFICER_DUTIES_MOST][64];
	size_t duty_count;
};

/*
 * The signed-in person as an official of the desk; with a token, in the organisation of its client alone. With
 * duty_count > 0 they choose first (officer_take_duty) and may do nothing else. E_DENIED, said: nobody who may help
 * (role_missing, acr_too_low), or another duty was taken up in this session (sod_conflict).
 */
MUST_USE enum status officer_find(struct request *rq, struct officer *out);
/* The same for another action of the desk than helping. */
MUST_USE enum status officer_find_for(struct request *rq, enum action act, struct officer *out);
/* Whether the signed-in person has a role with the action, at this assurance. */
MUST_USE enum status officer_holds(struct request *rq, enum action act, bool *holds);
/*
 * An official whom a service names, by their pseudonym: with a role in the organisation that has the action. How they
 * signed in is the service's word. E_NOT_FOUND: nobody such.
 */
MUST_USE enum status
officer_named(struct request *rq, struct str pseudonym, struct str organisation, enum action act, struct officer *out);
/* Takes up a duty for the rest of this session: the first one stays. E_INVALID, said: not one of theirs. */
MUST_USE enum status officer_take_duty(struct request *rq, const struct officer *o, struct str role);
/*
 * OK when the official may help this person at all. E_DENIED, said (conflict_of_interest): it is themselves, or
 * somebody whom they represent or who represents them.
 */
MUST_USE enum status officer_may_help(struct request *rq, const struct officer *o, struct str sub);

#endif
