/* audit_decoy.h: within audit/, whether an event is about nobody. What others use of it is in audit.h. */
#ifndef AUTHD_AUDIT_AUDIT_DECOY_H
#define AUTHD_AUDIT_AUDIT_DECOY_H

#include "authd/audit/audit.h"

/* Of the person that audit_decoy() puts into an event. */
bool audit_decoy_is(const struct keys_person *person);

#endif
