/*
 * session.h: a signed-in person's browser. An opaque cookie, of which the database keeps only a hash; a CSRF token
 * bound to it; an end after silence and an absolute end. A session counts from the moment its entry is durable.
 */
#ifndef AUTHD_IDENTITY_SESSION_H
#define AUTHD_IDENTITY_SESSION_H

#include "auditlog/base/buf.h"

struct request;
struct store_tx;

#define SESSION_COOKIE "__Host-session"

/* SHA-256 of a cookie's value: what the database knows of it. */
void session_id_hash(struct str cookie, uint8_t out[32]);
/* 256 random bits in base64url: cookies, CSRF tokens. */
MUST_USE enum status session_random(struct buf *out);

/* Who has just proved to be whom, and how. */
struct session_proof {
	struct str sub;
	struct str wrapped; /* the person's wrapped key */
	unsigned acr;
	struct str amr; /* space separated (RFC 8176): "pwd otp" */
};

/*
 * Starts a session: row and event in one transaction, then the entry, then the cookie (R1). An older session of the
 * same browser ends. E_UNAVAILABLE and the like: nothing was released.
 */
MUST_USE enum status session_start(struct request *rq, const struct session_proof *proof);
/* Ends the session of this request and forgets the cookie; the entry is durable when this returns OK. */
MUST_USE enum status session_end(struct request *rq);
/* Ends another session of the same person by its public name. E_NOT_FOUND. */
MUST_USE enum status session_end_other(struct request *rq, struct str sid);

/*
 * For what a person does because somebody may have copied their cookie: the session goes on with another one, and from
 * the commit of *tx on the old one is nobody's. E_UNAUTHENTICATED, said: the session has ended, or somebody else who
 * has the cookie did the same at this moment.
 */
MUST_USE enum status session_renew(struct request *rq, struct store_tx *tx, struct buf *cookie);
/*
 * After the commit, whatever becomes of the entry: hands the new cookie out. It is the same session, whose own entry is
 * in the log; and whoever has just said that they were robbed is not to be the one who is shut out.
 */
void session_renewed(struct request *rq, const struct buf *cookie);

/*
 * For whatever the person makes that outlives this request: the session goes on until *tx ends. E_UNAUTHENTICATED,
 * said: it has ended since this request began, by a new password perhaps.
 */
MUST_USE enum status session_hold(struct request *rq, struct store_tx *tx);

#endif
