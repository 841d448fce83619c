/* consent_shape.h: what a member of a consent record has to look like. */
#ifndef AUTHD_CONSENT_CONSENT_SHAPE_H
#define AUTHD_CONSENT_CONSENT_SHAPE_H

#include <jansson.h>

#include "auditlog/base/str.h"

enum consent_shape {
	SHAPE_TEXT,  /* not empty */
	SHAPE_TEXTS, /* at least one, none empty */
	SHAPE_SOME,  /* an array with at least one object */
	SHAPE_ANY,   /* an array, perhaps empty: nobody is meant, and that is said */
	SHAPE_WORDS, /* {ru, en} */
	SHAPE_TIME,
	SHAPE_DATE,
	SHAPE_TERM,   /* a duration */
	SHAPE_NUMBER, /* a whole number above zero */
	SHAPE_FLAG,
	SHAPE_DIGEST, /* 64 hexadecimal digits */
	SHAPE_LINK,
	SHAPE_UUID,
	SHAPE_CODE,
	SHAPE_INDEX, /* a whole number from zero */
};

/* False also for NULL: what is missing fits nothing. */
bool consent_shape_fits(enum consent_shape shape, const json_t *v);
/* The text of a string, the empty one for anything else. */
struct str consent_shape_text(const json_t *v);

#endif
