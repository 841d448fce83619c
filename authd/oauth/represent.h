/*
 * represent.h: tokens under a mandate (spec/consent.md 4). A client that a representative let act for others (scope
 * REPRESENT_SCOPE on the approval page) exchanges the representative's token, with the parameter `mandate`, for one
 * whose sub is the represented person and whose act is {"sub": "rep_…"}: the name that entries have for the
 * representative under this one mandate. So neither two mandates of one representative nor the two people can be tied
 * together by what the log says.
 *
 * Such a token is for our own APIs alone, and there for the rows of identity/acting.c and the mandate's themes. It has
 * none of anybody's roles, cannot be exchanged again, refreshes nothing and signs nobody in. It ends with the mandate
 * (end, freezing, term, birthday), with the token that it was exchanged for, and with the representative's session.
 */
#ifndef AUTHD_OAUTH_REPRESENT_H
#define AUTHD_OAUTH_REPRESENT_H

#include <jansson.h>

#include "authd/oauth/token.h"
#include "authd/store/store_mandate.h"

struct request;

#define REPRESENT_SCOPE "represent"
#define REPRESENT_PARAM "mandate"

struct represent {
	struct store_mandate mandate;
	struct store_person person; /* whom it represents */
	uint64_t seen;              /* audit_seen() before the mandate was read */
};

void represent_clear(struct represent *r);

/*
 * The mandate that the person of `claims`, their verified token, holds now. E_DENIED with invalid_request said: the
 * token does not allow it or is another client's, there is no such mandate of theirs, or it does not hold.
 */
MUST_USE enum status represent_find(struct request *rq, const struct store_client *client, const json_t *claims,
				    struct str mandate_id, struct represent *out);
/* What a token under it may say of the scopes: reading and managing consents, reading who looked. */
bool represent_has_scope(const struct represent *r, struct str scope);
/* A token that was made under a mandate names its representative in act. */
bool represent_is_acting(const json_t *claims);

/*
 * Issues: the entry first, and not behind the mandate's end (auditlog/daemon/fence.h); then, while token `parent_jti`
 * and the mandate still stand, the token. E_DENIED said: one of them ended meanwhile.
 */
MUST_USE enum status
represent_issue(struct request *rq, const struct represent *r, const struct token_terms *terms, struct str parent_jti);

#endif
