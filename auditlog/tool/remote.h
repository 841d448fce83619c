/* remote.h: a published log behind an https URL, as a source for logread.h. One connection each, one thread at a time.
 */
#ifndef AUDITLOG_TOOL_REMOTE_H
#define AUDITLOG_TOOL_REMOTE_H

#include "auditlog/client/logread.h"

/* No answer at all for this long, or less than one byte a second for as long, ends a request. */
#define REMOTE_SILENCE_S 20
/* Requests that failed for a passing reason (5xx, 429, a broken connection) are tried this often in all. */
#define REMOTE_TRIES 3

struct remote;

/* "https://…": nothing else is fetched, redirects are not followed. */
bool remote_is_url(const char *text);
/* ca: a PEM file of trusted roots, or NULL for the system's. E_NOMEM, E_SYSTEM. */
MUST_USE enum status remote_open(const char *url, const char *ca, struct remote **out);
void remote_free(struct remote *r);
void remote_freep(struct remote **r);

/* What logread_open_source() wants. 404 and 410 are E_NOT_FOUND, all other failures E_UNAVAILABLE. */
struct logread_source remote_source(struct remote *r);
/* Why the last fetch failed, for a person; never NULL. */
const char *remote_why(const struct remote *r);

#endif
