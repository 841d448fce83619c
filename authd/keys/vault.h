/*
 * vault.h: what authd-keyd does, without the socket: keyring and gate, and one function per message. It is a table: a
 * message without a row is refused.
 */
#ifndef AUTHD_KEYS_VAULT_H
#define AUTHD_KEYS_VAULT_H

#include "auditlog/base/conf.h"
#include "auditlog/base/msg.h"

#define VAULT_ROWS_MAX 24

struct vault;

struct vault_options {
	const char *keyring;     /* directory */
	const char *receipt_key; /* file */
	const char *issuer;      /* `iss` of everything signed */
	size_t signatures_most;  /* remembered at once, 0 = SIGN_MEMORY_MOST */
	int64_t (*now_us)(void); /* NULL = clock_now_us */
	int64_t publish_us;      /* a new signing key is shown at least so long before it signs */
	int64_t keep_us;         /* an old one so long after: more than the longest life of what it signed (1 h) */
};

/* The strings are kept by reference. why says what to do about a keyring that does not load. */
MUST_USE enum status vault_open(const struct vault_options *opt, struct vault **out, struct conf_error *why);
void vault_free(struct vault *v);
/* Loads the keyring anew and swaps it in; when that fails the old one stays. What was signed stays remembered. */
MUST_USE enum status vault_reload(struct vault *v, struct conf_error *why);
/* Once a second: does what is due of a rotation. *changed: the set is another one now. */
MUST_USE enum status vault_tick(struct vault *v, bool *changed, struct conf_error *why);
/* The JWK Set, borrowed until the next reload. */
struct str vault_jwks(const struct vault *v);

/* Why a request was refused. */
struct vault_refusal {
	const char *operation; /* what was asked for, and */
	const char *why;       /* why not: constant texts for the operator */
	bool malformed;        /* not of the shape of its type: such a peer is disconnected */
};

/* Answers one request: appends the reply's payload, which may be secret: the caller wipes it (envelope_wipe). */
MUST_USE enum status
vault_answer(struct vault *v, uint16_t type, struct str payload, struct buf *reply, struct vault_refusal *refusal);

/* The rows for msg_server_new(), each with this handler. Returns how many of at most VAULT_ROWS_MAX. */
size_t vault_rows(msg_handler *handle, struct msg_row rows[VAULT_ROWS_MAX]);

#endif
