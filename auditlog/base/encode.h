/* encode.h: base64 (RFC 4648), hexadecimal and base32. Decoders are strict: canonical input only, nothing skipped. */
#ifndef AUDITLOG_BASE_ENCODE_H
#define AUDITLOG_BASE_ENCODE_H

#include "auditlog/base/buf.h"

/* Section 4, with padding. */
void encode_base64(struct buf *out, struct str bytes);
MUST_USE enum status decode_base64(struct str text, struct buf *out);
/* Section 5, without padding, as JOSE wants it. */
void encode_base64url(struct buf *out, struct str bytes);
MUST_USE enum status decode_base64url(struct str text, struct buf *out);
/* Lower case; the decoder takes lower case only. */
void encode_hex(struct buf *out, struct str bytes);
MUST_USE enum status decode_hex(struct str text, struct buf *out);
/* What one digit is worth, -1 when it is none. */
int decode_hex_digit(char c);
/* Section 6, upper case without padding (TOTP secrets). */
void encode_base32(struct buf *out, struct str bytes);
/* Exactly n bytes into p; E_INVALID when the text stands for any other number. */
MUST_USE enum status decode_base64_into(struct str text, void *p, size_t n);
MUST_USE enum status decode_base64url_into(struct str text, void *p, size_t n);

#endif
