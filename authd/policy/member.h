/*
 * member.h: setting members of JSON objects so that failure is noticed at once. Every value is taken over, also on
 * failure; a NULL value (no memory, or text that is not UTF-8) is E_INVALID.
 */
#ifndef AUTHD_POLICY_MEMBER_H
#define AUTHD_POLICY_MEMBER_H

#include <jansson.h>

#include "auditlog/base/str.h"

MUST_USE enum status member_set(json_t *object, const char *key, json_t *value);
/* A new object as a member, attached before anything can fail, so that nothing is ever loose. *out is borrowed. */
MUST_USE enum status member_object(json_t *parent, const char *key, json_t **out);
json_t *member_text(struct str s);
/* RFC 3339 in whole seconds; with microseconds; the day. */
json_t *member_time(int64_t us);
json_t *member_moment(int64_t us);
json_t *member_date(int64_t us);

#endif
