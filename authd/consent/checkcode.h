/*
 * checkcode.h: the short code on a consent receipt, `7F3A-19C2-K8`, that anyone can type to check it.
 *
 * Ten characters of Crockford's base 32 (no I, L, O, U): nine random ones (45 bits) and a check character, a weighted
 * sum in GF(32), which finds every single wrong character and every swap of two. The code is not a secret and opens
 * nothing; it is random so that it says nothing, and the caller draws again when the store has it already.
 */
#ifndef AUTHD_CONSENT_CHECKCODE_H
#define AUTHD_CONSENT_CHECKCODE_H

#include "auditlog/base/buf.h"

#define CHECKCODE_LEN 12

/* A fresh one. */
void checkcode_put(struct buf *out);
/*
 * What a person typed: any case, with or without hyphens and spaces, O for 0 and I or L for 1. Appends the proper form.
 * E_INVALID when it is not ten characters of the alphabet or the check character is wrong.
 */
MUST_USE enum status checkcode_parse(struct str typed, struct buf *out);

#endif
