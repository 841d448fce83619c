/* consenting_show.c: a consent as it is at any time, who signed it, what proves it, and what would be signed. */
#include "authd/consent/consenting.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/core/hash.h"
#include "authd/audit/proofs.h"
#include "authd/consent/consent.h"
#include "authd/consent/consenting_parts.h"
#include "authd/http/json.h"
#include "authd/policy/limits.h"
#include "authd/request.h"
#include "authd/store/store_consent_identity.h"
#include "authd/store/store_person.h"

#define NAMES_MOST ((size_t)8192)

/* ---- the record ---- */

static enum status
merge_event(json_t *record, const struct store_consent_event *e, unsigned seq, size_t known)
{
	struct consent_event event = { .at_us = e->at_us, .by = e->by_id, .method = e->method, .acr = e->acr };
	struct hash leaf;

	if (seq > known) {
		TRY(consent_state_parse(e->state, &event.state));
		TRY(consent_record_add_event(record, &event));
	}
	if (e->log_index == STORE_NO_INDEX || e->leaf.n != sizeof(leaf.b))
		return OK;
	memcpy(leaf.b, e->leaf.p, sizeof(leaf.b));
	return consent_record_set_log(record, seq, (uint64_t)e->log_index, &leaf);
}

enum status
consenting_record(struct request *rq, const struct store_consent *stored, json_t **out)
{
	CLEANUP(json_decrefp) json_t *record = NULL;
	CLEANUP(store_consent_event_list_clear) struct store_consent_event_list events = { 0 };
	size_t known;

	TRY(json_read(stored->record, CONSENT_RECORD_MOST, &record, NULL));
	TRY(store_consent_events(request_store(rq), stored->record_id, &events));
	known = json_array_size(json_object_get(record, "events"));
	for (size_t i = 0; i < events.count; i++)
		TRY(merge_event(record, &events.items[i], (unsigned)(i + 1), known));
	*out = STEAL(&record);
	return OK;
}

/* ---- who signs ---- */

enum status
consenting_names(struct str text, json_t **json, struct str *list, size_t *count)
{
	TRY(json_read(text, NAMES_MOST, json, NULL));
	for (size_t i = 0; i < json_array_size(*json) && *count < CONSENTING_CATEGORIES_MOST; i++)
		list[(*count)++] = str_of(json_string_value(json_array_get(*json, i)));
	return OK;
}

static enum status
open_profile(struct request *rq, const struct store_person *person, json_t **out)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	const struct keys_person who = { .sub = person->sub, .wrapped = person->wrapped_key };
	const struct keys_place place = { STR("person"), STR("profile"), person->sub };

	if (person->profile.n == 0)
		return request_fail(rq, E_INVALID, "identity_incomplete", "your particulars are not on file yet");
	TRY(keys_field_open(rq->authd->keys, &who, &place, person->profile, &text));
	return json_read(buf_str(&text), KEYS_FIELD_MAX, out, NULL);
}

/* Who represents the person, and on which paper (152-FZ 9(4) item 2). What is missing, the validator names. */
static enum status
add_representative(struct request *rq, const struct consenting_mandate *m, json_t *identity)
{
	CLEANUP(store_person_clear) struct store_person party = { 0 };
	CLEANUP(json_decrefp) json_t *profile = NULL, *authority = NULL;

	if (m->id.n == 0)
		return OK;
	TRY(store_person_find(request_store(rq), m->party, &party));
	TRY(open_profile(rq, &party, &profile));
	authority = json_pack("{s:s%, s:s%}", "type", m->authority.type.p, m->authority.type.n, "document",
			      m->document.p, m->document.n);
	if (authority == NULL || json_object_set(profile, "authority", authority) != 0 ||
	    json_object_set(identity, "representative", profile) != 0)
		return E_NOMEM;
	return OK;
}

enum status
consenting_particulars(struct request *rq, const struct store_person *person, const struct consenting_giver *giver,
		       json_t **out)
{
	CLEANUP(json_decrefp) json_t *identity = NULL;

	TRY(open_profile(rq, person, &identity));
	TRY(add_representative(rq, &giver->mandate, identity));
	*out = STEAL(&identity);
	return OK;
}

enum status
consenting_identity(struct request *rq, const struct store_consent *stored, const struct consenting_giver *owner,
		    json_t **out)
{
	CLEANUP(store_consent_identity_clear) struct store_consent_identity kept = { 0 };
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	const struct keys_person who = { .sub = owner->sub, .wrapped = owner->wrapped };
	const struct keys_place place = CONSENTING_IDENTITY_PLACE(stored->record_id);

	TRY(store_consent_identity_find(request_store(rq), stored->record_id, &kept));
	TRY(keys_field_open(rq->authd->keys, &who, &place, kept.sealed, &text));
	return json_read(buf_str(&text), KEYS_FIELD_MAX, out, NULL);
}

/* ---- what would be signed ---- */

/* Nothing in it is decided yet: who asks, what for and how long; the hash of the particulars comes with the yes. */
static enum status
build_preview(struct request *rq, const struct store_request *asked, const struct consenting_giver *giver,
	      struct consent_terms *terms, json_t **out)
{
	const struct purpose *p = policy_purpose(rq->policy, asked->purpose);
	const struct service *service = policy_service(rq->policy, asked->service);
	const struct notice *n = p != NULL && service != NULL ? service_notice(rq->policy, service, p) : NULL;

	if (n == NULL || p->version != (unsigned)asked->purpose_version || !str_is(asked->notice_id, n->id) ||
	    n->version != (unsigned)asked->notice_version)
		return request_fail(rq, E_CONFLICT, "policy_changed",
				    "the rules have changed since this was asked; the service must ask anew");
	terms->base_url = rq->authd->issuer;
	terms->record_id = asked->request_id;
	terms->subject = giver->sub;
	terms->subject_kind = STR("adult");
	terms->by_representative = giver->mandate.id.n > 0;
	terms->party = consenting_giver_by(giver);
	terms->authority = giver->mandate.authority;
	terms->lang = request_lang(rq);
	terms->purpose = asked->purpose;
	terms->service = asked->service;
	terms->from_us = clock_now_us();
	terms->until_us = asked->until_us;
	return consent_record_build(rq->policy, terms, out);
}

enum status
consenting_preview(struct request *rq, const struct store_request *asked, const struct consenting_giver *giver,
		   json_t **out)
{
	CLEANUP(json_decrefp)
	json_t *required_json = NULL, *optional_json = NULL, *recipients_json = NULL, *made = NULL;
	struct str required[CONSENTING_CATEGORIES_MOST], optional[CONSENTING_CATEGORIES_MOST];
	struct str recipients[CONSENTING_CATEGORIES_MOST];
	struct consent_terms terms = { .required = required, .optional = optional, .recipients = recipients };

	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	TRY(consenting_names(asked->categories, &required_json, required, &terms.required_count));
	TRY(consenting_names(asked->optional, &optional_json, optional, &terms.optional_count));
	if (asked->recipients.n > 0)
		TRY(consenting_names(asked->recipients, &recipients_json, recipients, &terms.recipient_count));
	TRY(build_preview(rq, asked, giver, &terms, &made));
	(void)json_object_del(made, "code");
	(void)json_object_del(made, "record_id");
	(void)json_object_del(made, "state");
	*out = STEAL(&made);
	return OK;
}

enum status
consenting_preview_identity(struct request *rq, const struct consenting_giver *giver, json_t **out)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };

	TRY(store_person_find(request_store(rq), giver->sub, &person));
	return consenting_particulars(rq, &person, giver, out);
}

/* ---- the receipt ---- */

/* What a receipt proves: that it was given, and how it ended. */
static enum status
add_proof(struct authd *a, const json_t *event, json_t *proofs)
{
	const json_t *state = json_object_get(event, "state");
	const json_t *index = json_object_get(json_object_get(event, "log"), "index");
	CLEANUP(json_decrefp) json_t *proof = NULL;
	enum consent_state s;

	if (!json_is_integer(index) || consent_state_parse(str_of(json_string_value(state)), &s) != OK ||
	    (!consent_state_permits(s) && !consent_state_final(s)))
		return OK;
	TRY(proofs_json(a, (uint64_t)json_integer_value(index), &proof));
	return json_object_set(proof, "state", (json_t *)(uintptr_t)state) == 0 && json_array_append(proofs, proof) == 0
		   ? OK
		   : E_NOMEM;
}

static enum status
add_proofs(struct request *rq, json_t *receipt, const json_t *record)
{
	const json_t *events = json_object_get(record, "events");
	json_t *proofs = json_array();

	if (json_object_set_new(receipt, "proofs", proofs) != 0)
		return E_NOMEM;
	for (size_t i = 0; i < json_array_size(events); i++)
		TRY(add_proof(rq->authd, json_array_get(events, i), proofs));
	if (json_array_size(proofs) == 0)
		return request_fail(rq, E_UNAVAILABLE, "log_unavailable",
				    "this record is still on its way into the log");
	if (json_object_set(receipt, "log", json_array_get(proofs, 0)) != 0)
		return E_NOMEM;
	if (json_array_size(proofs) == 1)
		return OK;
	return json_object_set(receipt, "withdrawal", json_array_get(proofs, json_array_size(proofs) - 1)) == 0
		   ? OK
		   : E_NOMEM;
}

enum status
consenting_receipt(struct request *rq, const struct store_consent *stored, json_t **out)
{
	CLEANUP(json_decrefp) json_t *record = NULL, *made = NULL;

	if (stored->log_index == STORE_NO_INDEX)
		return request_fail(rq, E_UNAVAILABLE, "log_unavailable",
				    "this record is still on its way into the log");
	TRY(consenting_record(rq, stored, &record));
	made = json_pack("{s:O, s:s%, s:o}", "record", record, "code", stored->code.p, stored->code.n, "check",
			 json_sprintf("%.*s/check?code=%.*s", STR_ARG(rq->authd->issuer), STR_ARG(stored->code)));
	if (made == NULL)
		return E_NOMEM;
	TRY(add_proofs(rq, made, record));
	*out = STEAL(&made);
	return OK;
}
