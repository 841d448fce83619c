/*
 * device.h: the device flow (RFC 8628). A device without a browser gets a secret (256 bits, kept as a hash) and a short
 * code for a person; the person types the code on a page of ours, sees who asks for what, and answers; the device asks
 * in intervals until then.
 */
#ifndef AUTHD_OAUTH_DEVICE_H
#define AUTHD_OAUTH_DEVICE_H

#include "authd/oauth/token.h"
#include "authd/store/store_device.h"

struct request;

#define DEVICE_GRANT       "urn:ietf:params:oauth:grant-type:device_code"
#define DEVICE_LIFE_US     (600 * SECOND_US)
#define DEVICE_INTERVAL_US (5 * SECOND_US)
/* 8 of 20 letters (RFC 8628 6.1: no vowels, so no words): 34.5 bits, shown as XXXX-XXXX. */
#define DEVICE_CODE_LETTERS 8
#define DEVICE_CODE_SHOWN   (DEVICE_CODE_LETTERS + 1)
/* How many may wait for an answer at a time, for one client. */
#define DEVICE_WAITING_MOST 500

/* POST /oauth2/device: makes both codes, durable in the log, and answers. */
MUST_USE enum status device_start(struct request *rq, const struct store_client *client);
/* grant_type=DEVICE_GRANT: why not yet, or the first tokens. shown: dpop_binding(). */
MUST_USE enum status device_grant(struct request *rq, const struct store_client *client, const struct cnf *shown);

/*
 * What a person typed, in any case, with or without hyphen and spaces: appends the eight letters. E_INVALID: it cannot
 * be a code.
 */
MUST_USE enum status device_read_code(struct str typed, struct buf *letters);
/* Appends XXXX-XXXX. */
void device_put_code(struct str letters, struct buf *out);
/* The one that waits. E_NOT_FOUND (counts as a wrong try of the address); E_LIMITED, said, after too many of those. */
MUST_USE enum status device_find(struct request *rq, struct str letters, struct store_device *out);
/* The signed-in person's answer; its entry is durable on OK. E_NOT_FOUND: answered before, or too late. */
MUST_USE enum status device_answer(struct request *rq, const struct store_device *d, bool approve);

#endif
