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
#include "authd/consent/consenting_parts.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/notify/inbox.h"
#include "authd/policy/limits.h"
#include "authd/request.h"
#include "authd/store/store_consent_identity.h"
#include "authd/store/store_notice.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_person.h"
#include "authd/store/store_role.h"

/* Everything that giving needs; borrowed parts live as long as it does. */
struct giving {
	struct request *rq;
	const struct store_request *asked;
	const struct consenting_giver *giver;
	const struct store_consent *old; /* what the new record takes the place of; NULL: nothing */
	const struct purpose *purpose;
	struct str required[CONSENTING_CATEGORIES_MOST], optional[CONSENTING_CATEGORIES_MOST];
	size_t required_count, optional_count;
	json_t *required_json, *optional_json; /* what the strings point into */
	struct store_person person;
	json_t *identity;
	struct buf identity_sha; /* hexadecimal */
	struct buf record_id, code, purpose_ref, tag, ctag, record_text;
	struct buf helper_tag, second_tag, giver_tag; /* what the record's ctag would be, were it of these people */
	struct buf identity_sealed;
	json_t *record;
	int64_t now_us, until_us;
	struct audit_draft draft;
};

static void
giving_clear(struct giving *g)
{
	json_decref(g->required_json);
	json_decref(g->optional_json);
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

/* Nobody asked: then whoever renews it did. */
static bool
is_unasked(const struct giving *g)
{
	return g->asked->request_id.n == 0;
}

static struct str
asked_by(const struct giving *g)
{
	return is_unasked(g) ? consenting_giver_by(g->giver) : g->asked->service;
}

static enum status
add_events(struct giving *g)
{
	const struct consent_event requested = { .state = CONSENT_REQUESTED,
						 .at_us = g->asked->created_us,
						 .by = asked_by(g) };
	const struct consent_event given = { .state = CONSENT_GIVEN,
					     .at_us = g->now_us,
					     .by = consenting_giver_by(g->giver),
					     .method = g->giver->method,
					     .acr = g->giver->acr };
	struct hash leaf;

	TRY(consent_record_add_event(g->record, &requested));
	if (is_unasked(g))
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

/* What a replay needs to judge the consent itself, and how often it is used. */
static void
add_terms(const struct giving *g, struct audit_event *ev)
{
	const struct limits_frequency *f = &g->purpose->frequency;

	audit_fact(ev, "assisted_tag", buf_str(&g->helper_tag));
	audit_fact(ev, "second_tag", buf_str(&g->second_tag));
	audit_fact(ev, "giver_tag", buf_str(&g->giver_tag));
	if (!is_unasked(g))
		audit_fact_number(ev, "request", (uint64_t)g->asked->log_index);
	if (f->count == 0)
		return;
	audit_fact_number(ev, "limit_count", f->count);
	audit_fact_number(ev, "limit_per_s", (uint64_t)(f->per_us / SECOND_US));
}

static enum status
draft_grant(struct giving *g)
{
	struct audit_event ev = audit_of(g->rq, g->old != NULL ? ENTRY_CONSENT_RENEWED : ENTRY_CONSENT_GRANTED);
	CLEANUP(buf_clear) struct buf detail = BUF(KEYS_PLAIN_MAX);

	for (size_t i = 0; i < g->required_count; i++)
		ev.entry.categories[ev.entry.category_count++] = g->required[i];
	for (size_t i = 0; i < g->optional_count; i++)
		ev.entry.categories[ev.entry.category_count++] = g->optional[i];
	ev.entry.purpose = buf_str(&g->purpose_ref);
	ev.entry.basis = (struct entry_basis){
		.type = ENTRY_BASIS_CONSENT,
		.has_index = g->old != NULL,
		.index = g->old != NULL ? (uint64_t)g->old->log_index : 0,
		.ctag = buf_str(&g->ctag),
		.recipient = g->asked->service,
		.from_us = g->now_us,
		.until_us = g->until_us,
	};
	buf_put_cstr(&detail, "{\"record\":");
	json_put_string(&detail, buf_str(&g->record_id));
	buf_put_char(&detail, '}');
	TRY(buf_status(&detail));
	consenting_giver_sign(g->giver, &ev);
	add_terms(g, &ev);
	ev.person.wrapped = g->person.wrapped_key;
	ev.detail = buf_str(&detail);
	return audit_draft(g->rq->authd, &ev, &g->draft);
}

static enum status
save_events(struct giving *g, struct store_tx *tx)
{
	const struct store_consent_event requested = {
		.record_id = buf_str(&g->record_id),
		.seq = 1,
		.state = STR("requested"),
		.at_us = g->asked->created_us,
		.by_id = asked_by(g),
		.event_id = is_unasked(g) ? str_of(g->draft.id_text) : g->asked->event_id,
		.log_index = is_unasked(g) ? STORE_NO_INDEX : g->asked->log_index,
		.leaf = is_unasked(g) ? (struct str){ 0 } : g->asked->leaf,
	};
	const struct store_consent_event given = {
		.record_id = buf_str(&g->record_id),
		.seq = 2,
		.state = STR("given"),
		.at_us = g->now_us,
		.by_id = consenting_giver_by(g->giver),
		.event_id = str_of(g->draft.id_text),
		.log_index = STORE_NO_INDEX,
		.method = g->giver->method,
		.acr = g->giver->acr,
	};

	TRY(store_consent_event_add(tx, &requested));
	return store_consent_event_add(tx, &given);
}

/* The old one holds until the new one is in the log; from then on nothing rests on it (sql/consent_facts.sql). */
static enum status
end_old(struct giving *g, struct store_tx *tx)
{
	const struct store_consent_event renewed = {
		.record_id = g->old->record_id,
		.state = STR("renewed"),
		.at_us = g->now_us,
		.by_id = consenting_giver_by(g->giver),
		.event_id = str_of(g->draft.id_text),
		.log_index = STORE_NO_INDEX,
		.method = consenting_or_null(g->giver->method),
		.acr = consenting_or_null(g->giver->acr),
	};
	enum status st = store_consent_end(tx, g->old->record_id, renewed.state, g->now_us, renewed.event_id);

	if (st == E_NOT_FOUND)
		return E_USED; /* withdrawn, renewed or over meanwhile */
	TRY(st);
	return store_consent_event_add(tx, &renewed);
}

/* The text that the record names by its hash must be there as long as the record is, in both languages. */
static enum status
keep_notice(struct giving *g, struct store_tx *tx)
{
	const struct notice *n = notice_find(g->rq->policy, g->asked->notice_id, (unsigned)g->asked->notice_version);

	if (n == NULL)
		return E_SYSTEM;
	for (unsigned lang = 0; lang < WORDS_LANGS; lang++) {
		const struct store_notice text = { .notice_id = str_of(n->id),
						   .version = (int)n->version,
						   .lang = str_of(words_lang_name((enum words_lang)lang)),
						   .sha256 = str_of(n->in[lang].sha256),
						   .body = n->in[lang].body };

		TRY(store_notice_keep(tx, &text));
	}
	return OK;
}

/* What somebody else did for them people learn. */
static enum status
tell_person(struct giving *g, struct store_tx *tx)
{
	const struct inbox_refs refs = { .target = buf_str(&g->record_id),
					 .organisation = g->asked->organisation,
					 .purpose = g->asked->purpose,
					 .until_us = g->until_us };

	if (g->giver->mandate.id.n == 0 && g->giver->assistance.channel.n == 0)
		return OK;
	return inbox_tell(tx, g->person.sub, INBOX_CONSENT_GIVEN_FOR_YOU, &refs);
}

static enum status
save_grant(struct giving *g)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct str all[2 * CONSENTING_CATEGORIES_MOST];
	size_t n = 0;
	const struct store_consent row = {
		.record_id = buf_str(&g->record_id),
		.request_id = g->asked->request_id,
		.sub = g->person.sub,
		.service = g->asked->service,
		.organisation = g->asked->organisation,
		.purpose = g->asked->purpose,
		.purpose_version = (int)g->purpose->version,
		.state = STR("given"),
		.from_us = g->now_us,
		.until_us = g->until_us,
		.record = buf_str(&g->record_text),
		.code = buf_str(&g->code),
		.ctag = buf_str(&g->ctag),
		.given_us = g->now_us,
		.event_id = str_of(g->draft.id_text),
		.mandate_id = consenting_or_null(g->giver->mandate.id),
		.renews = g->old != NULL ? g->old->record_id : (struct str){ 0 },
		.log_index = STORE_NO_INDEX,
		.withdraw_index = STORE_NO_INDEX,
	};
	const struct store_consent_identity identity = { .record_id = buf_str(&g->record_id),
							 .sub = g->person.sub,
							 .sealed = buf_str(&g->identity_sealed) };

	for (size_t i = 0; i < g->required_count; i++)
		all[n++] = g->required[i];
	for (size_t i = 0; i < g->optional_count; i++)
		all[n++] = g->optional[i];
	TRY(store_begin(request_store(g->rq), &tx));
	if (!is_unasked(g))
		TRY(store_request_answer(&tx, g->asked->request_id, g->person.sub, STR("given"), row.record_id,
					 g->now_us));
	if (g->old != NULL)
		TRY(end_old(g, &tx));
	TRY(store_consent_add(&tx, &row, all, n));
	TRY(store_consent_identity_add(&tx, &identity));
	TRY(save_events(g, &tx));
	TRY(keep_notice(g, &tx));
	TRY(tell_person(g, &tx));
	TRY(audit_emit(&tx, &g->draft, g->old != NULL ? STORE_TARGET_CONSENT_RENEWAL : STORE_TARGET_CONSENT,
		       row.record_id));
	return store_commit(&tx);
}

static enum status
give(struct giving *g, const struct str *ticked, size_t n)
{
	struct receipt receipt;

	TRY(check_still_true(g));
	TRY(check_interest(g));
	TRY(consenting_names(g->asked->categories, &g->required_json, g->required, &g->required_count));
	TRY(consenting_names(g->asked->optional, &g->optional_json, g->optional, &g->optional_count));
	TRY(keep_ticked(g, ticked, n));
	TRY(store_person_find(request_store(g->rq), g->giver->sub, &g->person));
	TRY(open_identity(g));
	TRY(make_names(g));
	TRY(build_record(g));
	TRY(seal_identity(g));
	TRY(draft_grant(g));
	TRY(save_grant(g));
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
