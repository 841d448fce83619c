/*
 * asklink.h: the link that goes with a refusal for lack of consent. The service hands it to the person; opened by
 * whoever is signed in, it makes the request for consent of that person and shows the form. It names client, purpose,
 * category and case, never a person, and carries a MAC by authd-keyd, so that only what a decision handed out is
 * accepted.
 */
#ifndef AUTHD_ACCESS_ASKLINK_H
#define AUTHD_ACCESS_ASKLINK_H

#include "authd/access/reason.h"

struct authd;
struct form;

#define ASKLINK_LIFE_US (INT64_C(30) * DAY_US)

/* A consent, or a wider one, would change the answer. */
bool asklink_helps(enum reason r);

/* Appends "https://…/ask/new?client=…". case_ref may be empty. keys.h statuses. */
MUST_USE enum status asklink_make(struct authd *a, struct str client_id, struct str purpose, struct str category,
				  struct str case_ref, struct buf *out);

/* What an opened link asks for; borrows from the form. */
struct asklink {
	struct str client_id, purpose, category, case_ref;
};
/* From the query of /ask/new. E_INVALID: not a link of ours, or changed; E_EXPIRED. */
MUST_USE enum status asklink_open(struct authd *a, const struct form *query, struct asklink *out);

#endif
