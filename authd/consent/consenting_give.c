/* consenting_give.c: somebody says yes, for themselves or for whom they represent. */
#include "authd/consent/consenting.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/base/log.h"
#include "auditlog/core/hash.h"
#include "authd/audit/audit.h"
#include "authd/consent/checkcode.h"
#include "authd/consent/consent.h"
#include "authd/consent/consenting_keep.h"
#include "authd/consent/consenting_parts.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/policy/limits.h"
#include "authd/request.h"
#include "authd/store/store_person.h"
#include "authd/store/store_role.h"

static void
giving_clear(struct giving *g)
{
	json_decref(g->required_json);
	json_decref(g->optional_json);
	json_decref(g->recipients_json);
	json_decref(g->identity);
	json_decref(g->record);
	store_person_clear(&g->person);
	audit_draft_clear(&g->draft);
	buf_clear(&g->identity_sha);
	buf_clear(&g->record_id);
	buf_clear(&g->code);
	buf_clear(&g->purpose_ref);
	buf_clear(&g->tag);
	buf_clear(&g->ctag);
	buf_clear(&g->record_text);
	buf_clear(&g->helper_tag);
	buf_clear(&g->second_tag);
	buf_clear(&g->giver_tag);
	buf_clear(&g->identity_sealed);
}

/* Of what was offered as optional only what the person ticked; anything else that a form brings is not offered at all.
 */
static enum status
keep_ticked(struct giving *g, const struct str *ticked, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!consenting_contains(g->optional, g->optional_count, ticked[i]))
			return request_fail(g->rq, E_INVALID, "invalid_request", "this category was not asked for");
	for (size_t i = 0; i < g->optional_count; i++)
		if (consenting_contains(ticked, n, g->optional[i]))
			g->optional[kept++] = g->optional[i];
	g->optional_count = kept;
	return OK;
}

/* What was asked must still be what the policy says: else the person would agree to something else than they read. */
static enum status
check_still_true(struct giving *g)
{
	const struct service *service = policy_service(g->rq->policy, g->asked->service);
	const struct notice *notice = NULL;

	g->purpose = policy_purpose(g->rq->policy, g->asked->purpose);
	if (g->purpose != NULL && service != NULL)
		notice = service_notice(g->rq->policy, service, g->purpose);
	if (notice == NULL || g->purpose->version != (unsigned)g->asked->purpose_version ||
	    !str_is(g->asked->notice_id, notice->id) || notice->version != (unsigned)g->asked->notice_version)
		return request_fail(g->rq, E_CONFLICT, "policy_changed",
				    "the rules have changed since this was asked; the service must ask anew");
	if (g->asked->expires_us <= g->now_us)
		return request_fail(g->rq, E_EXPIRED, "request_expired", "this request has expired");
	return limits_until(g->now_us, g->asked->until_us, g->purpose->max_consent_us, &g->until_us) == OK
		   ? OK
		   : request_fail(g->rq, E_EXPIRED, "request_expired", "the term that was asked for is over");
}

static bool
works_for(const struct store_role_list *held, struct str organisation)
{
	for (size_t i = 0; i < held->count; i++)
		if (str_eq(held->items[i].organisation, organisation))
			return true;
	return false;
}

/* For the organisation that asks, or for one of those that are named with it. */
static enum status
works_for_any(const struct giving *g, const struct store_role_list *held, bool *works)
{
	CLEANUP(json_decrefp) json_t *named = NULL;

	*works = works_for(held, g->asked->organisation);
	if (g->asked->recipients.n == 0)
		return OK;
	TRY(json_read(g->asked->recipients, 8192, &named, NULL));
	for (size_t i = 0; i < json_array_size(named); i++) {
		const char *id = json_string_value(json_array_get(named, i));
		const struct service *s = policy_service(g->rq->policy, str_of(id));

		*works |= s != NULL && works_for(held, str_of(s->organisation->id));
	}
	return OK;
}

/*
 * Who has a power of attorney does not use it for whom they work for (Civil Code of Russia 182(3)): the person can say
 * yes themselves. A child or a ward cannot, and is not to go without because a parent works at the office.
 */
static enum status
check_interest(const struct giving *g)
{
	const struct consenting_mandate *m = &g->giver->mandate;
	CLEANUP(store_role_list_clear) struct store_role_list held = { 0 };
	bool works = false;

	if (m->id.n == 0 || !str_is(m->authority.type, "power_of_attorney"))
		return OK;
	TRY(store_role_of(request_store(g->rq), m->party, &held));
	TRY(works_for_any(g, &held, &works));
	return works ? request_fail(g->rq, E_DENIED, "conflict_of_interest",
				    "who works for this organisation gives it no consent for somebody else")
		     : OK;
}

/* The person's particulars: what the law wants in the document and what goes into the record only as a hash. */
static enum status
open_identity(struct giving *g)
{
	struct hash digest;

	TRY(consenting_particulars(g->rq, &g->person, g->giver, &g->identity));
	TRY(consent_identity_digest(g->identity, &digest));
	encode_hex(&g->identity_sha, str_from(digest.b, sizeof(digest.b)));
	return buf_status(&g->identity_sha);
}

/*
 * By it an auditor sees that whoever helped is not whom they helped, and that two who helped are two (auditlog.5). It
 * is of this record alone: nobody else can tell whose it is, nor that two are of one person.
 */
static enum status
tag_of(const struct giving *g, struct str sub, struct str month, struct buf *out)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	CLEANUP(buf_clear) struct buf of_month = BUF(64);

	if (sub.n == 0)
		return OK;
	TRY(store_person_find(request_store(g->rq), sub, &p));
	return keys_tags(g->rq->authd->keys, &(struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key }, month,
			 buf_str(&g->record_id), &of_month, out);
}

static enum status
tag_helpers(struct giving *g, struct str month)
{
	const struct consenting_giver *by = g->giver;

	if (by->assistance.channel.n == 0)
		return OK;
	TRY(tag_of(g, by->assistance.operator_sub, month, &g->helper_tag));
	TRY(tag_of(g, by->assistance.second_sub, month, &g->second_tag));
	return tag_of(g, by->mandate.id.n > 0 ? by->mandate.party : STR(""), month, &g->giver_tag);
}

static enum status
make_names(struct giving *g)
{
	const struct keys_person who = { .sub = g->person.sub, .wrapped = g->person.wrapped_key };
	CLEANUP(buf_clear) struct buf month = BUF(8);
	struct uuid id = uuid_new();

	uuid_put(&g->record_id, &id);
	checkcode_put(&g->code);
	clock_put_month(&month, g->now_us);
	TRY(buf_status(&g->record_id));
	TRY(buf_status(&g->code));
	TRY(consenting_purpose_ref(g->asked->purpose, g->purpose->version, &g->purpose_ref));
	TRY(tag_helpers(g, buf_str(&month)));
	return keys_tags(g->rq->authd->keys, &who, buf_str(&month), buf_str(&g->record_id), &g->tag, &g->ctag);
}

static enum status
add_events(struct giving *g)
{
	const struct consent_event requested = { .state = CONSENT_REQUESTED,
						 .at_us = g->asked->created_us,
						 .by = consenting_keep_asked_by(g) };
	const struct consent_event given = { .state = CONSENT_GIVEN,
					     .at_us = g->now_us,
					     .by = consenting_giver_by(g->giver),
					     .method = g->giver->method,
					     .acr = g->giver->acr };
	struct hash leaf;

	TRY(consent_record_add_event(g->record, &requested));
	if (consenting_keep_is_unasked(g))
		return consent_record_add_event(g->record, &given);
	if (g->asked->log_index == STORE_NO_INDEX || g->asked->leaf.n != sizeof(leaf.b))
		return E_NOT_FOUND;
	memcpy(leaf.b, g->asked->leaf.p, sizeof(leaf.b));
	TRY(consent_record_set_log(g->record, 1, (uint64_t)g->asked->log_index, &leaf));
	return consent_record_add_event(g->record, &given);
}

static enum status
build_record(struct giving *g)
{
	CLEANUP(buf_clear) struct buf why = BUF(8192);
	const struct consenting_assistance *a = &g->giver->assistance;
	const struct consent_terms terms = {
		.base_url = g->rq->authd->issuer,
		.record_id = buf_str(&g->record_id),
		.code = buf_str(&g->code),
		.subject = g->person.sub,
		.subject_kind = g->person.kind,
		.sealed = { .alg = STR("A256GCM"), .kid = STR("sk_person"), .sha256 = buf_str(&g->identity_sha) },
		.by_representative = g->giver->mandate.id.n > 0,
		.party = consenting_giver_by(g->giver),
		.authority = g->giver->mandate.authority,
		.assisted = a->channel.n > 0,
		.channel = a->channel,
		.assist_operator = a->operator_id,
		.assist_organisation = a->organisation,
		.confirmation = a->confirmation,
		.second_operator = a->second_operator,
		.paper = a->paper,
		.paper_date = a->paper_date,
		.paper_kept = a->paper_kept,
		.paper_scan = a->paper_scan,
		.confirmed_us = a->confirmed_us,
		.lang = g->giver->read_in,
		.purpose = g->asked->purpose,
		.service = g->asked->service,
		.recipients = g->recipients,
		.recipient_count = g->recipient_count,
		.required = g->required,
		.required_count = g->required_count,
		.optional = g->optional,
		.optional_count = g->optional_count,
		.from_us = g->now_us,
		.until_us = g->until_us,
		.renews = g->old != NULL ? g->old->record_id : STR(""),
	};

	TRY(consent_record_build(g->rq->policy, &terms, &g->record));
	TRY(add_events(g));
	if (consent_record_validate(g->record, g->identity, CONSENT_STAGE_GIVEN, &why) != OK) {
		/* The lines name members, never their content. */
		log_warn(E_INVALID, "consent.invalid", "why=%.*s", (int)why.n, why.n > 0 ? why.p : "");
		return request_fail(g->rq, E_INVALID, "identity_incomplete",
				    "something that the law asks for is missing in your particulars");
	}
	return consent_record_put(g->record, &g->record_text);
}

/* The document says for good who signed it, whatever the profile says later; the record has its hash. */
static enum status
seal_identity(struct giving *g)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	const struct keys_person who = { .sub = g->person.sub, .wrapped = g->person.wrapped_key };
	const struct keys_place place = CONSENTING_IDENTITY_PLACE(buf_str(&g->record_id));

	TRY(json_write(g->identity, &text));
	return keys_field_seal(g->rq->authd->keys, &who, &place, buf_str(&text), &g->identity_sealed);
}

static enum status
give(struct giving *g, const struct str *ticked, size_t n)
{
	struct receipt receipt;

	TRY(check_still_true(g));
	TRY(check_interest(g));
	TRY(consenting_names(g->asked->categories, &g->required_json, g->required, &g->required_count));
	TRY(consenting_names(g->asked->optional, &g->optional_json, g->optional, &g->optional_count));
	if (g->asked->recipients.n > 0)
		TRY(consenting_names(g->asked->recipients, &g->recipients_json, g->recipients, &g->recipient_count));
	TRY(keep_ticked(g, ticked, n));
	TRY(store_person_find(request_store(g->rq), g->giver->sub, &g->person));
	TRY(open_identity(g));
	TRY(make_names(g));
	TRY(build_record(g));
	TRY(seal_identity(g));
	TRY(consenting_keep_draft(g));
	TRY(consenting_keep_save(g));
	return audit_forward(g->rq->authd, &g->draft, &receipt); /* from here on the grant counts */
}

enum status
consenting_grant(struct request *rq, const struct store_request *asked, const struct consenting_giver *giver,
		 const struct store_consent *old, const struct str *ticked, size_t ticked_count,
		 char record_id[UUID_TEXT_LEN + 1])
{
	CLEANUP(giving_clear)
	struct giving g = {
		.rq = rq,
		.asked = asked,
		.giver = giver,
		.old = old,
		.now_us = clock_now_us(),
		.identity_sha = BUF(64),
		.record_id = BUF(UUID_TEXT_LEN),
		.code = BUF(16),
		.purpose_ref = BUF(160),
		.tag = BUF(64),
		.ctag = BUF(64),
		.record_text = BUF(CONSENT_RECORD_MOST),
		.helper_tag = BUF(64),
		.second_tag = BUF(64),
		.giver_tag = BUF(64),
		.identity_sealed = BUF(KEYS_BLOB_MAX),
	};

	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	TRY(give(&g, ticked, ticked_count));
	memcpy(record_id, g.record_id.p, UUID_TEXT_LEN);
	record_id[UUID_TEXT_LEN] = '\0';
	return OK;
}
