/*
 * authorize.h: what an authorization request says (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1, RFC 7636, 8707, 9396),
 * checked against the client's registration. The same rules for the query of /oauth2/authorize and for what is pushed
 * to /oauth2/par; nobody signed in, nothing asked of anybody but the policy.
 *
 * Unknown parameters are ignored, empty ones count as absent, repeated ones (other than resource) never get here
 * (http/form.h). The client and its redirect URI are settled before: authorize_redirect().
 */
#ifndef AUTHD_OAUTH_AUTHORIZE_H
#define AUTHD_OAUTH_AUTHORIZE_H

#include <jansson.h>

#include "authd/http/form.h"
#include "authd/store/store_client.h"

struct policy;

#define AUTHORIZE_PARAMETER_MOST ((size_t)4096) /* bytes of any one value; state too */
#define AUTHORIZE_NONCE_MOST     ((size_t)512)
#define AUTHORIZE_HINT_MOST      ((size_t)200)
#define AUTHORIZE_RESOURCES_MOST 8

enum authorize_prompt {
	AUTHORIZE_PROMPT_NONE = 1 << 0,
	AUTHORIZE_PROMPT_LOGIN = 1 << 1,
	AUTHORIZE_PROMPT_CONSENT = 1 << 2,
	AUTHORIZE_PROMPT_SELECT = 1 << 3, /* select_account: sign in as whom the person chooses */
};

/* What is wrong: an error code of the registries and words for the client's developer (constant text). */
struct authorize_fault {
	const char *error;
	const char *description;
};

/* Strings are borrowed from the form; absent is p == NULL. */
struct authorize {
	struct str redirect_uri, state, nonce, challenge;
	struct str dpop_jkt; /* RFC 9449 10: the thumbprint that the code will be bound to */
	struct str login_hint, id_token_hint, ui_locales, acr_values;
	unsigned prompt;             /* authorize_prompt bits; 0: nothing special */
	int64_t max_age_s;           /* -1: absent */
	struct buf scope;            /* what is granted when the person agrees, space separated */
	struct buf resource;         /* space separated; empty: not asked */
	struct str essential_acr[4]; /* of claims: one of these or a refusal; text in claims_json */
	size_t essential_acr_count;
	bool wants_name;       /* of claims: the scope profile is asked for with it, where the client has it */
	struct str wanted_sub; /* of claims: this person or a refusal */
	json_t *claims_json;
	json_t *details; /* authorization_details (details.h), checked in shape and against the policy; NULL: none */
};

void authorize_init(struct authorize *a);
void authorize_clear(struct authorize *a);

/* OK: the address is registered for this client and may be sent an answer. E_DENIED: never redirect. */
MUST_USE enum status authorize_redirect(const struct store_client *client, const struct form *in, struct str *out);

/*
 * Every rule in turn, all but who is signed in. E_INVALID with *fault set (the first rule that is broken); redirect_uri
 * and state are set then, too, so that the fault can be told. policy may be NULL: then authorization_details are
 * refused. issuer is the one resource that every client may name.
 */
MUST_USE enum status authorize_read(const struct store_client *client, struct str issuer, const struct policy *policy,
				    const struct form *in, struct authorize *a, struct authorize_fault *fault);

/* The client must push its requests: it is `fapi`, or registered so (RFC 9126 6). */
bool authorize_must_push(const struct store_client *client);

#endif
