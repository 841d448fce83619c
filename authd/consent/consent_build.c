#include <stdarg.h>
#include <stdio.h>

#include "authd/consent/consent.h"
#include "authd/consent/consent_parties.h"
#include "authd/policy/member.h"

#define NOTICE_METHODS "portal", "office", "phone"

/* What the builder needs while it builds. */
struct draft {
	const struct policy *policy;
	const struct consent_terms *t;
	const struct purpose *purpose;
	const struct service *service;
	const struct notice *notice;
	uint64_t categories; /* in the record, 1 << index */
	bool special;
	int64_t until_us;
	json_t *record;
};

static json_t *
words(const struct words *w)
{
	return json_pack("{s:s,s:s}", "ru", w->in[WORDS_RU], "en", w->in[WORDS_EN]);
}

/* base_url followed by a formatted path. */
static json_t *url(const struct draft *d, const char *fmt, ...) PRINTF_LIKE(2, 3);

static json_t *
url(const struct draft *d, const char *fmt, ...)
{
	char path[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	return json_sprintf("%.*s%s", STR_ARG(d->t->base_url), path);
}

/* ---- one function for each group of members, in the order of the record ---- */

static enum status
put_head(struct draft *d)
{
	json_t *r = d->record;

	TRY(member_set(r, "schema", url(d, "/schemas/consent-record/1")));
	TRY(member_set(r, "conforms_to",
		       json_pack("[s,s]", "https://w3id.org/dpv/schema/dpv-27560#record", "urn:ru:152-fz:9.4")));
	TRY(member_set(r, "record_id", member_text(d->t->record_id)));
	TRY(member_set(r, "code", member_text(d->t->code)));
	TRY(member_set(r, "state", json_string(consent_state_name(CONSENT_REQUESTED))));
	TRY(member_set(r, "jurisdiction", json_string("RU")));
	return d->t->renews.n > 0 ? member_set(r, "renews", member_text(d->t->renews)) : OK;
}

static enum status
put_subject(struct draft *d)
{
	const struct consent_sealed *sealed = &d->t->sealed;
	json_t *identity = NULL;
	json_t *subject = NULL;

	TRY(member_object(d->record, "subject", &subject));
	TRY(member_set(subject, "id", member_text(d->t->subject)));
	TRY(member_set(subject, "kind", member_text(d->t->subject_kind)));
	TRY(member_object(subject, "sealed_identity", &identity));
	TRY(member_set(identity, "alg", member_text(sealed->alg)));
	TRY(member_set(identity, "kid", member_text(sealed->kid)));
	return member_set(identity, "sha256", member_text(sealed->sha256));
}

static enum status
put_giver(struct draft *d)
{
	const struct consent_authority *a = &d->t->authority;
	json_t *giver = NULL;
	json_t *authority = NULL;

	TRY(member_object(d->record, "given_by", &giver));
	TRY(member_set(giver, "who", json_string(d->t->by_representative ? "representative" : "self")));
	TRY(member_set(giver, "party", member_text(d->t->party)));
	if (!d->t->by_representative)
		return OK;
	TRY(member_object(giver, "authority", &authority));
	TRY(member_set(authority, "type", member_text(a->type)));
	TRY(member_set(authority, "issued", member_date(a->issued_us)));
	TRY(member_set(authority, "valid_until", member_date(a->valid_until_us)));
	TRY(member_set(authority, "verified_by", member_text(a->verified_by)));
	return member_set(authority, "sealed", json_true());
}

/* Who saw the signed paper, and where anybody finds it again. */
static enum status
put_paper(struct draft *d, json_t *assisted)
{
	json_t *paper = NULL;

	TRY(member_set(assisted, "second_operator", member_text(d->t->second_operator)));
	TRY(member_object(assisted, "paper", &paper));
	TRY(member_set(paper, "number", member_text(d->t->paper)));
	if (d->t->paper_date.n > 0)
		TRY(member_set(paper, "date", member_text(d->t->paper_date)));
	if (d->t->paper_kept.n > 0)
		TRY(member_set(paper, "kept", member_text(d->t->paper_kept)));
	return d->t->paper_scan.n > 0 ? member_set(paper, "scan_sha256", member_text(d->t->paper_scan)) : OK;
}

static enum status
put_assistance(struct draft *d)
{
	json_t *assisted = NULL;

	if (!d->t->assisted)
		return OK;
	TRY(member_object(d->record, "assisted", &assisted));
	TRY(member_set(assisted, "channel", member_text(d->t->channel)));
	TRY(member_set(assisted, "operator", member_text(d->t->assist_operator)));
	TRY(member_set(assisted, "organisation", member_text(d->t->assist_organisation)));
	TRY(member_set(assisted, "confirmation", member_text(d->t->confirmation)));
	TRY(member_set(assisted, "confirmed_at", member_time(d->t->confirmed_us)));
	return d->t->second_operator.n > 0 ? put_paper(d, assisted) : OK;
}

static enum status
put_purpose(struct draft *d)
{
	const struct purpose *p = d->purpose;
	const char *lang = words_lang_name(d->t->lang);
	json_t *notice = NULL;
	json_t *purpose = NULL;

	TRY(member_object(d->record, "notice", &notice));
	TRY(member_object(d->record, "purpose", &purpose));
	TRY(member_set(notice, "id", json_string(d->notice->id)));
	TRY(member_set(notice, "version", json_integer(d->notice->version)));
	TRY(member_set(notice, "lang", json_string(lang)));
	TRY(member_set(notice, "sha256", json_string(d->notice->in[d->t->lang].sha256)));
	TRY(member_set(notice, "url", url(d, "/notices/%s/%u/%s", d->notice->id, d->notice->version, lang)));
	TRY(member_set(purpose, "code", json_string(p->id)));
	TRY(member_set(purpose, "version", json_integer(p->version)));
	TRY(member_set(purpose, "activity", url(d, "/activities/%s/%u", p->id, p->version)));
	TRY(member_set(purpose, "dpv", json_string(p->dpv)));
	return member_set(purpose, "title", words(&p->title));
}

/* Special categories need consent in its explicit form (152-FZ art. 10(2)(1)). */
static enum status
put_legal_basis(struct draft *d)
{
	const char *ref = d->special ? "152-ФЗ ст. 9, ст. 10 ч. 2 п. 1" : "152-ФЗ ст. 9";
	const char *dpv =
	    d->special ? "https://w3id.org/dpv#ExplicitlyExpressedConsent" : "https://w3id.org/dpv#Consent";

	return member_set(d->record, "legal_basis",
			  json_pack("{s:s,s:s,s:s}", "type", "consent", "ref", ref, "dpv", dpv));
}

static enum status
put_category(struct draft *d, json_t *data, struct str name, bool required)
{
	const struct category *c = policy_category(d->policy, name);
	const struct purpose_rule *rule = purpose_rule_for(d->purpose, c);
	json_t *one = json_object();

	if (json_array_append_new(data, one) != 0)
		return E_NOMEM;
	if (c == NULL)
		return E_NOT_FOUND;
	if (rule == NULL || rule->basis != BASIS_CONSENT)
		return E_DENIED;
	if ((d->categories >> c->index & 1) != 0)
		return E_INVALID;
	d->categories |= UINT64_C(1) << c->index;
	d->special |= c->special;
	TRY(member_set(one, "category", json_string(c->id)));
	TRY(member_set(one, "dpv", json_string(c->dpv)));
	TRY(member_set(one, "title", words(&c->title)));
	TRY(member_set(one, "required", json_boolean(required)));
	return member_set(one, "special", json_boolean(c->special));
}

static enum status
put_data(struct draft *d)
{
	json_t *data = json_array();

	TRY(member_set(d->record, "data", data));
	for (size_t i = 0; i < d->t->required_count; i++)
		TRY(put_category(d, data, d->t->required[i], true));
	for (size_t i = 0; i < d->t->optional_count; i++)
		TRY(put_category(d, data, d->t->optional[i], false));
	return d->categories != 0 ? OK : E_INVALID;
}

static enum status
put_methods(struct draft *d)
{
	json_t *actions = json_array();

	TRY(member_set(d->record, "actions", actions));
	for (unsigned a = 0; a < ACTION_DATA_COUNT; a++) {
		if ((d->purpose->actions & action_bit((enum action)a)) != 0 &&
		    json_array_append_new(actions, json_string(action_name((enum action)a))) != 0)
			return E_NOMEM;
	}
	return member_set(d->record, "methods",
			  json_pack("{s:b,s:b}", "automated", d->purpose->automated, "sole_automated_decision",
				    d->purpose->sole_automated_decision));
}

/* Whom the notice names together; the one that asks comes first. */
static enum status
put_parties(struct draft *d)
{
	struct consent_parties parties = {
		.policy = d->policy, .service = { d->service }, .n = 1, .categories = d->categories
	};

	if (d->t->recipient_count > NOTICE_RECIPIENTS_MOST)
		return E_INVALID;
	for (size_t i = 0; i < d->t->recipient_count; i++) {
		const struct service *s = policy_service(d->policy, d->t->recipients[i]);

		if (s == NULL)
			return E_NOT_FOUND;
		if ((i == 0) != (s == d->service) || !notice_recipients_name(d->notice, d->t->recipients[i]))
			return E_DENIED;
		parties.service[i] = s;
		parties.n = i + 1;
	}
	return consent_parties_put(d->record, &parties);
}

static enum status
put_limits(struct draft *d)
{
	const struct purpose *p = d->purpose;
	struct limits_range range = purpose_range(p, d->t->from_us, d->until_us);
	json_t *limits = NULL;

	TRY(member_object(d->record, "limits", &limits));
	TRY(member_set(limits, "mode", json_string(p->mode == MODE_VIEW ? "view" : "store")));
	TRY(member_set(limits, "fetch", json_string(p->fetch == FETCH_ONCE ? "once" : "periodic")));
	if (p->frequency.per != NULL)
		TRY(member_set(
		    limits, "frequency",
		    json_pack("{s:I,s:s}", "count", (json_int_t)p->frequency.count, "per", p->frequency.per)));
	if (range.set)
		TRY(member_set(
		    limits, "data_range",
		    json_pack("{s:o,s:o}", "from", member_date(range.from_us), "to", member_date(range.to_us))));
	return member_set(limits, "data_life", json_string(p->data_life));
}

static enum status
put_terms(struct draft *d)
{
	const struct purpose *p = d->purpose;
	json_t *location = json_array();

	TRY(member_set(d->record, "storage", json_pack("{s:o,s:s}", "location", location, "retention", p->retention)));
	for (size_t i = 0; i < p->storage.n; i++) {
		if (json_array_append_new(location, json_string(p->storage.item[i])) != 0)
			return E_NOMEM;
	}
	TRY(member_set(d->record, "validity",
		       json_pack("{s:o,s:o}", "from", member_time(d->t->from_us), "until", member_time(d->until_us))));
	TRY(member_set(d->record, "withdrawal",
		       json_pack("{s:[s,s,s],s:s,s:s}", "methods", NOTICE_METHODS, "effect", "immediate",
				 "destroy_within", p->destroy_within)));
	TRY(member_set(d->record, "rights",
		       json_pack("{s:o,s:o,s:s}", "access", url(d, "/export"), "question", url(d, "/questions"),
				 "authority", "Роскомнадзор")));
	return member_set(d->record, "events", json_array());
}

/* The order of the record; put_data must have run before whatever looks at the categories. */
static enum status
put_all(struct draft *d)
{
	TRY(put_head(d));
	TRY(put_subject(d));
	TRY(put_giver(d));
	TRY(put_assistance(d));
	TRY(put_purpose(d));
	/* Holds the place; what it says depends on the categories. */
	TRY(member_set(d->record, "legal_basis", json_null()));
	TRY(put_data(d));
	TRY(put_legal_basis(d));
	TRY(put_methods(d));
	TRY(put_parties(d));
	TRY(put_limits(d));
	return put_terms(d);
}

enum status
consent_record_build(const struct policy *p, const struct consent_terms *terms, json_t **out)
{
	CLEANUP(json_decrefp) json_t *record = json_object();
	struct draft d = { .policy = p, .t = terms, .record = record };

	d.purpose = policy_purpose(p, terms->purpose);
	d.service = policy_service(p, terms->service);
	if (d.purpose == NULL || d.service == NULL)
		return E_NOT_FOUND;
	if (!policy_declares(p, d.service, d.purpose))
		return E_DENIED;
	d.notice = service_notice(p, d.service, d.purpose);
	if (d.notice == NULL || record == NULL)
		return E_SYSTEM;
	TRY(limits_until(terms->from_us, terms->until_us, d.purpose->max_consent_us, &d.until_us));
	TRY(put_all(&d));
	*out = STEAL(&record);
	return OK;
}
