/*
 * consenting_renew.c: a yes, and whether it takes the place of an earlier one. A renewal never widens: what goes beyond
 * the old record in data or recipients stands beside it as a consent of its own.
 */
#include "authd/consent/consenting.h"

#include "auditlog/base/clock.h"
#include "authd/consent/consenting_parts.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/request.h"

/* ---- by a service's request ---- */

static enum status
is_within(struct request *rq, struct str record_id, const struct store_request *asked, const struct str *ticked,
	  size_t ticked_count, bool *within)
{
	CLEANUP(store_category_list_clear) struct store_category_list had = { 0 }, saw = { 0 };
	CLEANUP(json_decrefp) json_t *required = NULL, *recipients = NULL;

	TRY(store_consent_recipients(request_store(rq), record_id, &saw));
	if (asked->recipients.n > 0)
		TRY(json_read(asked->recipients, 8192, &recipients, NULL));
	TRY(store_consent_categories(request_store(rq), record_id, &had));
	TRY(json_read(asked->categories, 8192, &required, NULL));
	*within = true;
	for (size_t i = 0; i < json_array_size(required); i++)
		*within &=
		    consenting_contains(had.items, had.count, str_of(json_string_value(json_array_get(required, i))));
	for (size_t i = 0; i < ticked_count; i++)
		*within &= consenting_contains(had.items, had.count, ticked[i]);
	for (size_t i = 0; i < json_array_size(recipients); i++)
		*within &=
		    consenting_contains(saw.items, saw.count, str_of(json_string_value(json_array_get(recipients, i))));
	return OK;
}

static bool
holds(const struct store_consent *c)
{
	return str_is(c->state, "given") && c->log_index != STORE_NO_INDEX && c->until_us > clock_now_us();
}

enum status
consenting_give(struct request *rq, const struct store_request *request, const struct consenting_giver *giver,
		const struct str *ticked, size_t ticked_count, char record_id[UUID_TEXT_LEN + 1])
{
	CLEANUP(store_consent_clear) struct store_consent old = { 0 };
	bool renews = request->renews.n > 0 &&
		      store_consent_find(request_store(rq), request->renews, giver->sub, &old) == OK && holds(&old);

	if (renews)
		TRY(is_within(rq, old.record_id, request, ticked, ticked_count, &renews));
	return consenting_grant(rq, request, giver, renews ? &old : NULL, ticked, ticked_count, record_id);
}

/* ---- by the person's own wish ---- */

/* The record's data as a request has it: names as JSON arrays. */
static enum status
lists_of(const json_t *record, struct buf *required, struct buf *optional)
{
	const json_t *data = json_object_get(record, "data");

	for (size_t i = 0; i < json_array_size(data); i++) {
		const json_t *one = json_array_get(data, i);
		struct buf *list = json_is_true(json_object_get(one, "required")) ? required : optional;

		buf_put_char(list, list->n == 0 ? '[' : ',');
		json_put_string(list, str_of(json_string_value(json_object_get(one, "category"))));
	}
	buf_put_cstr(required, required->n == 0 ? "[]" : "]");
	buf_put_cstr(optional, optional->n == 0 ? "[]" : "]");
	TRY(buf_status(required));
	return buf_status(optional);
}

static enum status
changed(struct request *rq)
{
	return request_fail(rq, E_CONFLICT, "policy_changed",
			    "the rules have changed since this was asked; the service must ask anew");
}

/* No notice is shown again: the text that the person read then must still be the one in force, and is named again. */
static enum status
take_notice(const json_t *record, const struct notice *now, struct consenting_giver *giver)
{
	const json_t *read = json_object_get(record, "notice");
	struct str sha256 = str_of(json_string_value(json_object_get(read, "sha256")));

	for (unsigned lang = 0; now != NULL && lang < WORDS_LANGS; lang++) {
		if (!str_is(sha256, now->in[lang].sha256))
			continue;
		giver->read_in = (enum words_lang)lang;
		return OK;
	}
	return E_CONFLICT;
}

enum status
consenting_renew(struct request *rq, const struct consenting_giver *giver, struct str old_id, const struct str *ticked,
		 size_t ticked_count, char record_id[UUID_TEXT_LEN + 1])
{
	CLEANUP(store_consent_clear) struct store_consent old = { 0 };
	CLEANUP(buf_clear) struct buf required = BUF(8192), optional = BUF(8192), recipients = BUF(1024);
	CLEANUP(json_decrefp) json_t *record = NULL;
	struct consenting_giver as_read = *giver;
	const int64_t now = clock_now_us();
	const struct purpose *purpose;
	const struct notice *notice;
	const struct service *service;
	struct store_request asked = { .created_us = now, .expires_us = INT64_MAX, .log_index = STORE_NO_INDEX };

	TRY(store_consent_find(request_store(rq), old_id, giver->sub, &old));
	if (!holds(&old))
		return E_USED;
	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	purpose = policy_purpose(rq->policy, old.purpose);
	service = policy_service(rq->policy, old.service);
	if (service == NULL || purpose == NULL || (int)purpose->version != old.purpose_version ||
	    !policy_declares(rq->policy, service, purpose))
		return changed(rq);
	notice = service_notice(rq->policy, service, purpose);
	TRY(json_read(old.record, CONSENT_RECORD_MOST, &record, NULL));
	if (take_notice(record, notice, &as_read) != OK)
		return changed(rq);
	TRY(lists_of(record, &required, &optional));
	TRY(consenting_recipients_kept(rq, old.record_id, &recipients));
	asked.request_id = STR("");
	asked.sub = old.sub;
	asked.service = old.service;
	asked.organisation = old.organisation;
	asked.purpose = old.purpose;
	asked.purpose_version = old.purpose_version;
	asked.notice_id = str_of(notice->id);
	asked.notice_version = (int)notice->version;
	asked.categories = buf_str(&required);
	asked.optional = buf_str(&optional);
	asked.recipients = consenting_or_null(buf_str(&recipients));
	asked.until_us = limits_add(now, old.until_us - old.from_us);
	return consenting_grant(rq, &asked, &as_read, &old, ticked, ticked_count, record_id);
}
