#include "authd/policy/member.h"

#include "authd/policy/limits.h"

enum status
member_set(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0 ? OK : E_INVALID;
}

enum status
member_object(json_t *parent, const char *key, json_t **out)
{
	*out = json_object();
	return member_set(parent, key, *out);
}

json_t *
member_text(struct str s)
{
	return json_stringn(s.p != NULL ? s.p : "", s.n);
}

static json_t *
written(void (*put)(struct buf *out, int64_t us), int64_t us)
{
	CLEANUP(buf_clear) struct buf b = BUF(64);

	put(&b, us);
	return buf_status(&b) == OK ? member_text(buf_str(&b)) : NULL;
}

json_t *
member_time(int64_t us)
{
	return written(clock_put_rfc3339_seconds, us);
}

json_t *
member_moment(int64_t us)
{
	return written(clock_put_rfc3339, us);
}

json_t *
member_date(int64_t us)
{
	return written(limits_put_date, us);
}
