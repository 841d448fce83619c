#include "auditlog/core/hash.h"
#include "authd/consent/consent.h"
#include "authd/policy/member.h"

/* State and time of the newest event; CONSENT_NONE and 0 when there is none yet. */
static enum status
newest(const json_t *events, enum consent_state *state, int64_t *at_us)
{
	const json_t *last = NULL;

	*state = CONSENT_NONE;
	*at_us = 0;
	if (!json_is_array(events))
		return E_INVALID;
	if (json_array_size(events) == 0)
		return OK;
	last = json_array_get(events, json_array_size(events) - 1);
	TRY(consent_state_parse(str_of(json_string_value(json_object_get(last, "state"))), state));
	return clock_parse_rfc3339(str_of(json_string_value(json_object_get(last, "at"))), at_us);
}

static enum status
fill(json_t *one, unsigned seq, const struct consent_event *event)
{
	TRY(member_set(one, "seq", json_integer(seq)));
	TRY(member_set(one, "state", json_string(consent_state_name(event->state))));
	TRY(member_set(one, "at", member_moment(event->at_us)));
	TRY(member_set(one, "by", member_text(event->by)));
	if (event->method.n > 0)
		TRY(member_set(one, "method", member_text(event->method)));
	if (event->acr.n > 0)
		TRY(member_set(one, "acr", member_text(event->acr)));
	return OK;
}

enum status
consent_record_add_event(json_t *record, const struct consent_event *event)
{
	json_t *events = json_object_get(record, "events");
	CLEANUP(json_decrefp) json_t *one = json_object();
	enum consent_state state = CONSENT_NONE;
	int64_t at_us = 0;

	TRY(newest(events, &state, &at_us));
	if (!consent_state_may_follow(state, event->state))
		return E_CONFLICT;
	if (event->at_us < at_us)
		return E_INVALID;
	if (json_array_size(events) >= CONSENT_EVENT_MOST)
		return E_TOO_LARGE;
	TRY(fill(one, (unsigned)json_array_size(events) + 1, event));
	if (json_array_append(events, one) != 0)
		return E_NOMEM;
	return member_set(record, "state", json_string(consent_state_name(event->state)));
}

enum status
consent_record_set_log(json_t *record, unsigned seq, uint64_t index, const struct hash *leaf)
{
	json_t *event = json_array_get(json_object_get(record, "events"), (size_t)seq - 1);
	CLEANUP(buf_clear) struct buf base64 = BUF(64);
	CLEANUP(json_decrefp) json_t *log = NULL;
	json_t *before = json_object_get(event, "log");

	if (event == NULL)
		return E_NOT_FOUND;
	if (index > INT64_MAX)
		return E_INVALID;
	hash_put_base64(&base64, leaf);
	TRY(buf_status(&base64));
	log = json_pack("{s:I,s:o}", "index", (json_int_t)index, "leaf", member_text(buf_str(&base64)));
	if (log == NULL)
		return E_NOMEM;
	if (before != NULL)
		return json_equal(before, log) ? OK : E_CONFLICT;
	return json_object_set(event, "log", log) == 0 ? OK : E_NOMEM;
}
