/*
 * details.h: authorization_details (RFC 9396) of the one type there is here:
 *
 *	[{"type":"personal_data","purpose":"eligibility","categories":["income"],"consent_id":"0190…"}]
 *
 * purpose is one that the client's service declares, categories are some of it; consent_id is optional and names a
 * consent of the person, given to that service for that purpose. Any other member or type is refused. What a person
 * allowed, with the consent_id filled in, is kept with the code and its grant as canonical JSON and goes into access
 * token, token response and introspection as it is.
 */
#ifndef AUTHD_OAUTH_DETAILS_H
#define AUTHD_OAUTH_DETAILS_H

#include <jansson.h>

#include "auditlog/base/buf.h"

struct policy;
struct request;
struct store_client;

#define DETAILS_TEXT_MOST       ((size_t)4096)
#define DETAILS_MOST            4
#define DETAILS_CATEGORIES_MOST 32
#define DETAILS_TYPE            "personal_data"

/*
 * Shape and policy. E_INVALID: not that (invalid_authorization_details). The caller owns *out. service: of the client;
 * empty: it may ask for no personal data.
 */
MUST_USE enum status details_read(const struct policy *policy, struct str service, struct str text, json_t **out);

/* Canonical text of details, the same bytes for the same meaning; appended. */
MUST_USE enum status details_put(const json_t *details, struct buf *out);

/*
 * Binds each of the details to the signed-in person's consents: a consent_id that is there must be a consent in force,
 * of this person, to this client's service, for that purpose and all its categories that need one; where there is none,
 * the newest such consent is filled in. E_DENIED: a consent_id that is not such a consent, whosever it is.
 * E_NOT_FOUND: consent is missing for details[*missing]: ask the person.
 */
MUST_USE enum status
details_bind(struct request *rq, const struct store_client *client, json_t *details, size_t *missing);

/*
 * Whether every consent that the details (as details_put() wrote them; empty: none) name is still this person's and in
 * force: a token that names one goes when the consent goes. E_DENIED with invalid_grant said: not.
 */
MUST_USE enum status details_stand(struct request *rq, struct str text, struct str sub);

#endif
