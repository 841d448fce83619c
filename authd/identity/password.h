/*
 * password.h: passwords: Argon2id (libsodium: 64 MiB, 3 passes) over an HMAC of the password under the pepper, which
 * only authd-keyd has. A stolen database cannot be searched without the pepper, a stolen pepper without the work.
 */
#ifndef AUTHD_IDENTITY_PASSWORD_H
#define AUTHD_IDENTITY_PASSWORD_H

#include "auditlog/base/buf.h"

struct authd;

#define PASSWORD_LEAST 8              /* code points; only ever used beside a second factor (SP 800-63B-4 3.1.1.2) */
#define PASSWORD_MOST  ((size_t)1024) /* bytes */

/*
 * At most at_once computations run (64 MiB each); at most `waiting` more callers wait for one, up to a second;
 * everybody else is E_BUSY at once, so that sign-ins, however many, leave workers to others. Once at start.
 */
MUST_USE enum status password_open(unsigned at_once, unsigned waiting);
void password_close(void);

/*
 * The PHC string for a new password, appended. sub binds it to its owner: a verifier copied to another row fits
 * nothing. E_BUSY; keys.h statuses.
 */
MUST_USE enum status password_hash(struct authd *a, struct str sub, struct str password, struct buf *phc);
/*
 * OK or E_UNAUTHENTICATED. phc empty: nobody; the work is the same and the answer always E_UNAUTHENTICATED. Passwords
 * over PASSWORD_MOST are wrong without work, whoever they are for.
 */
MUST_USE enum status password_verify(struct authd *a, struct str sub, struct str password, struct str phc);

/* What is wrong with a new password, as a key of the catalogues ("password_short" ...), or NULL when it is good. */
const char *password_fault(struct str password, struct str login);

#endif
