/* principal.h: who is asking, once authenticate() has found out. */
#ifndef AUTHD_IDENTITY_PRINCIPAL_H
#define AUTHD_IDENTITY_PRINCIPAL_H

#include <stdbool.h>
#include <stdint.h>

#include "auditlog/base/buf.h"
#include "authd/oauth/cnf.h"
#include "authd/store/store_mandate.h"

#define PRINCIPAL_ID_MOST    128
#define PRINCIPAL_ROLES_MOST 16
#define PRINCIPAL_SCOPE_MOST 512

enum principal_kind {
	PRINCIPAL_NOBODY,
	PRINCIPAL_PERSON,  /* a signed-in person in a browser (session) */
	PRINCIPAL_TOKEN,   /* a person through a client's access token: sub and client_id are set */
	PRINCIPAL_SERVICE, /* a client on its own account (client_credentials, or client authentication) */
	PRINCIPAL_ADMIN,   /* the admin socket */
};

struct principal {
	enum principal_kind kind;
	char sub[PRINCIPAL_ID_MOST];       /* the person, or "svc:<client id>" */
	char pseudonym[PRINCIPAL_ID_MOST]; /* PRINCIPAL_TOKEN of staff: what entries call them ("opr_…"), else "" */
	char client_id[PRINCIPAL_ID_MOST];
	char service[PRINCIPAL_ID_MOST]; /* of the client in the policy's services.yaml; "" when it is none */
	char organisation[PRINCIPAL_ID_MOST];
	char roles[PRINCIPAL_ROLES_MOST][64];
	size_t role_count;
	char scope[PRINCIPAL_SCOPE_MOST]; /* space separated */
	unsigned acr;                     /* 1, 2, 3; 0 for services */
	bool bound_to_key;                /* the access token came with a DPoP proof */
	struct cnf cnf;                   /* what the access token is bound to */
	char sid[64];                     /* the session behind it, "" for services */
	char jti[64];                     /* of the access token */
	char amr[64];                     /* how, space separated (RFC 8176); of a session only */
	int64_t auth_us;                  /* when the person signed in */
	char csrf[64];                    /* of the session: what a form must bring back */
	struct buf wrapped;               /* the person's wrapped key (keys.h), empty for services */
	bool acting;                      /* sub is whom the mandate represents; its representative asks (acting.h) */
	struct store_mandate mandate;     /* that the session acts under, also where this route is the person's own */
	uint64_t seen;                    /* entries of the log before the mandate was read: audit_append_fenced() */
	char acting_for[256];             /* the represented person's name, for the page */
	char paper[640];                  /* that the mandate rests on, in one line, opened: mandate_paper_words() */
	char uid_name[64];                /* PRINCIPAL_ADMIN: the operating-system user, "uid-1000" */
};

void principal_clear(struct principal *who);
/* A stored text into a member of size bytes. E_CORRUPT: longer than anybody's may be; half a name is somebody else. */
MUST_USE enum status principal_put(char *to, size_t size, struct str from);
bool principal_has_scope(const struct principal *who, const char *scope);
bool principal_has_role(const struct principal *who, const char *role);
/* The name under which entries show who acted: service id, "portal", "admin". */
struct str principal_service(const struct principal *who);

#endif
