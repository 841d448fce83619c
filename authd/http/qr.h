/*
 * qr.h: a text as a QR code that a page can draw without a script or an image of its own.
 *
 *	<svg class="portal-qr" viewBox="0 0 {{qr.size}} {{qr.size}}" role="img" aria-label="…"><path
 * d="{{qr.path}}"/></svg>
 *
 * The white border that readers need (four modules) is part of the size.
 */
#ifndef AUTHD_HTTP_QR_H
#define AUTHD_HTTP_QR_H

#include <jansson.h>

#include "auditlog/base/str.h"

#define QR_TEXT_MOST ((size_t)300)

/* {"size", "path"}; the caller's. E_TOO_LARGE over QR_TEXT_MOST, E_INVALID for an empty text or one with NUL. */
MUST_USE enum status qr_json(struct str text, json_t **out);

#endif
