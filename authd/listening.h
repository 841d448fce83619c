/*
 * listening.h: where requests come from: the addresses of authd.yaml over TLS or in clear, and the admin socket, which
 * takes only the users it names.
 */
#ifndef AUTHD_LISTENING_H
#define AUTHD_LISTENING_H

#include <sys/types.h>

#include "auditlog/base/users.h"
#include "authd/authd.h"

#define LISTENING_MOST 17

/* Borrowed by the server for as long as it is there. */
struct listening {
	struct tls *tls;
	struct server_listener listeners[LISTENING_MOST];
	size_t listener_count;
	uid_t admins[USERS_MAX];
	size_t admin_count;
};

/* Looks up admin_users. Before confine_enter(): it reads /etc/passwd. E_NOT_FOUND, said on standard error. */
MUST_USE enum status listening_admins(struct listening *l, const struct config *c);
/* Reads the certificate, binds every address, makes a->server. Nothing is accepted before server_start(). */
MUST_USE enum status listening_open(struct listening *l, struct authd *a);
/* Forgets the certificate's key; after the server is freed. */
void listening_close(struct listening *l);

#endif
