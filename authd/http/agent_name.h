/*
 * agent_name.h: the program and the system that a User-Agent header speaks of, as people know them: "Chrome", "Linux".
 * A header can say anything: this is for the person's own eyes and nothing is decided by it.
 */
#ifndef AUTHD_HTTP_AGENT_NAME_H
#define AUTHD_HTTP_AGENT_NAME_H

#include "auditlog/base/str.h"

/* Each NULL when it is none that we know. Static texts, the same in every language. */
struct agent_name {
	const char *program, *system;
};
struct agent_name agent_name(struct str header);

#endif
