/*
 * asked.h: the first question of a month about somebody costs a write (the person's tag, store_tag.h), a later one does
 * not. So that neither says whether there is such a person, and when they were last heard of, the first question about
 * a name costs one write whoever it is: of the tag with a decoy, or of a decoy alone (store_decoy.h).
 */
#ifndef AUTHD_AUDIT_ASKED_H
#define AUTHD_AUDIT_ASKED_H

#include "authd/keys/keys.h"

struct request;

/*
 * Before the draft of an entry that a service's question about somebody makes. name is what the question called them;
 * who->wrapped is empty when nobody knows them. Statuses of audit_draft().
 */
MUST_USE enum status asked_about(const struct request *rq, const struct keys_person *who, struct str name);

#endif
