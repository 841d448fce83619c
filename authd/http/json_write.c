#include "authd/http/json_write.h"

#include "auditlog/base/clock.h"

static int
append(const char *bytes, size_t n, void *arg)
{
	struct buf *out = arg;

	buf_put_bytes(out, bytes, n);
	return buf_status(out) == OK ? 0 : -1;
}

static enum status
dump(const json_t *json, size_t flags, struct buf *out)
{
	int failed = json_dump_callback(json, append, out, flags | JSON_COMPACT | JSON_ENCODE_ANY);

	TRY(buf_status(out));
	return failed ? E_INVALID : OK;
}

enum status
json_write(const json_t *json, struct buf *out)
{
	return dump(json, 0, out);
}

/* Floating-point numbers have several spellings, so they have no place in canonical bytes. */
static bool
has_real(const json_t *v)
{
	const char *key;
	json_t *sub;
	size_t i;

	if (json_is_object(v)) {
		json_object_foreach((json_t *)(uintptr_t)v, key, sub)
		{
			if (has_real(sub))
				return true;
		}
	} else if (json_is_array(v)) {
		json_array_foreach(v, i, sub)
		{
			if (has_real(sub))
				return true;
		}
	}
	return json_is_real(v);
}

enum status
json_write_canonical(const json_t *json, struct buf *out)
{
	return has_real(json) ? E_INVALID : dump(json, JSON_SORT_KEYS, out);
}

void
json_put_string(struct buf *out, struct str s)
{
	json_t *v = json_of_str(s);

	if (v == NULL || json_write(v, out) != OK)
		out->failed = out->failed != OK ? out->failed : E_INVALID;
	json_decref(v);
}

json_t *
json_of_str(struct str s)
{
	return json_stringn(s.n > 0 ? s.p : "", s.n);
}

json_t *
json_of_time(int64_t us)
{
	CLEANUP(buf_clear) struct buf text = BUF(32);

	clock_put_rfc3339_seconds(&text, us);
	return json_stringn(text.p, text.n);
}
