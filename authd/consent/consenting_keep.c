#include "authd/consent/consenting_keep.h"

#include "authd/consent/consenting_parts.h"
#include "authd/http/json_write.h"
#include "authd/notify/inbox.h"
#include "authd/policy/limits.h"
#include "authd/request.h"
#include "authd/store/store_consent_identity.h"
#include "authd/store/store_notice.h"
#include "authd/store/store_outbox.h"

/* Nobody asked: then whoever renews it did. */
bool
consenting_keep_is_unasked(const struct giving *g)
{
	return g->asked->request_id.n == 0;
}

struct str
consenting_keep_asked_by(const struct giving *g)
{
	return consenting_keep_is_unasked(g) ? consenting_giver_by(g->giver) : g->asked->service;
}

/* What a replay needs to judge the consent itself, and how often it is used. */
static void
add_terms(const struct giving *g, struct audit_event *ev)
{
	const struct limits_frequency *f = &g->purpose->frequency;

	audit_fact(ev, "assisted_tag", buf_str(&g->helper_tag));
	audit_fact(ev, "second_tag", buf_str(&g->second_tag));
	audit_fact(ev, "giver_tag", buf_str(&g->giver_tag));
	if (!consenting_keep_is_unasked(g))
		audit_fact_number(ev, "request", (uint64_t)g->asked->log_index);
	if (f->count == 0)
		return;
	audit_fact_number(ev, "limit_count", f->count);
	audit_fact_number(ev, "limit_per_s", (uint64_t)(f->per_us / SECOND_US));
}

enum status
consenting_keep_draft(struct giving *g)
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
		.from_us = g->now_us,
		.until_us = g->until_us,
	};
	consenting_put_recipients(g->recipients, g->recipient_count, g->asked->service, &ev.entry.basis);
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
		.by_id = consenting_keep_asked_by(g),
		.event_id = consenting_keep_is_unasked(g) ? str_of(g->draft.id_text) : g->asked->event_id,
		.log_index = consenting_keep_is_unasked(g) ? STORE_NO_INDEX : g->asked->log_index,
		.leaf = consenting_keep_is_unasked(g) ? (struct str){ 0 } : g->asked->leaf,
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

enum status
consenting_keep_save(struct giving *g)
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
	if (!consenting_keep_is_unasked(g))
		TRY(store_request_answer(&tx, g->asked->request_id, g->person.sub, STR("given"), row.record_id,
					 g->now_us));
	if (g->old != NULL)
		TRY(end_old(g, &tx));
	TRY(store_consent_add(&tx, &row, all, n));
	for (size_t i = 1; i < g->recipient_count; i++)
		TRY(store_consent_add_recipient(&tx, row.record_id, g->recipients[i]));
	TRY(store_consent_identity_add(&tx, &identity));
	TRY(save_events(g, &tx));
	TRY(keep_notice(g, &tx));
	TRY(tell_person(g, &tx));
	TRY(audit_emit(&tx, &g->draft, g->old != NULL ? STORE_TARGET_CONSENT_RENEWAL : STORE_TARGET_CONSENT,
		       row.record_id));
	return store_commit(&tx);
}
