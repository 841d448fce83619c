/*
 * ecdsa_raw.h: P-256 signatures as JOSE writes them (RFC 7518 3.4: r and s of 32 bytes each) from and to the DER form
 * that OpenSSL works with.
 */
#ifndef AUTHD_JOSE_ECDSA_RAW_H
#define AUTHD_JOSE_ECDSA_RAW_H

#include "auditlog/base/buf.h"

#define ECDSA_RAW_LEN 64
#define ECDSA_DER_MAX 72

/* E_CORRUPT when der is no signature over P-256. */
MUST_USE enum status ecdsa_raw_from_der(struct str der, unsigned char raw[ECDSA_RAW_LEN]);
/* E_INVALID unless raw is ECDSA_RAW_LEN bytes with r and s not zero. *n is the length written to der. */
MUST_USE enum status ecdsa_raw_to_der(struct str raw, unsigned char der[ECDSA_DER_MAX], size_t *n);

#endif
