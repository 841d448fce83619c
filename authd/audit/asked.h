/*
 * asked.h: the first question of a month about somebody costs a write (the person's tag, store_tag.h), a later one does
 * not. So that neither says whether there is such a person, and when they were last heard of, the first question about
 * a name costs one write whoever it is: of the tag with a decoy, or of a decoy alone (store_decoy.h).
 */
#ifndef AUTHD_AUDIT_ASKED_H
#define AUTHD_AUDIT_ASKED_H

#include "authd/audit/audit.h"

struct request;

/*
 * Before the draft of an entry that a service's question about somebody makes: ev is that event, ev->person.wrapped is
 * empty when nobody knows them. name is what the question called them. Statuses of audit_draft().
 */
MUST_USE enum status asked_about(const struct request *rq, const struct audit_event *ev, struct str name);

#endif
