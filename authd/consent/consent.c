#include "authd/consent/consent.h"

#include "auditlog/core/hash.h"

enum status
consent_record_put(const json_t *record, struct buf *out)
{
	size_t before = out->n;

	TRY(canonical_put(out, record, CANONICAL_AS_BUILT));
	return out->n - before <= CONSENT_RECORD_MOST ? OK : E_TOO_LARGE;
}

static enum status
digest(const json_t *value, struct hash *out)
{
	CLEANUP(buf_clear) struct buf bytes = BUF(CONSENT_RECORD_MOST);

	TRY(canonical_put(&bytes, value, CANONICAL_AS_BUILT));
	*out = hash_sha256(buf_str(&bytes));
	return OK;
}

enum status
consent_record_digest(const json_t *record, struct hash *out)
{
	CLEANUP(json_decrefp) json_t *agreed = json_copy((json_t *)(uintptr_t)record);

	if (agreed == NULL)
		return E_INVALID;
	(void)json_object_del(agreed, "state");
	(void)json_object_del(agreed, "events");
	return digest(agreed, out);
}

enum status
consent_identity_digest(const json_t *identity, struct hash *out)
{
	return digest(identity, out);
}

enum status
consent_destroy_by(const json_t *record, int64_t ended_us, int64_t *by_us)
{
	const json_t *within = json_object_get(json_object_get(record, "withdrawal"), "destroy_within");
	int64_t us = 0;

	if (!json_is_string(within))
		return E_INVALID;
	TRY(clock_parse_duration(str_of(json_string_value(within)), &us));
	*by_us = limits_add(ended_us, us);
	return OK;
}
