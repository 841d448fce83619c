/* consenting_ask.c: a service asks a person for consent. */
#include "authd/consent/consenting.h"

#include "auditlog/base/clock.h"
#include "auditlog/core/hash.h"
#include "authd/audit/asked.h"
#include "authd/audit/audit.h"
#include "authd/consent/consenting_parts.h"
#include "authd/http/json_write.h"
#include "authd/notify/inbox.h"
#include "authd/policy/limits.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_person.h"

bool
consenting_contains(const struct str *list, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i], s))
			return true;
	return false;
}

struct str
consenting_or_null(struct str s)
{
	return s.n > 0 ? s : (struct str){ 0 };
}

enum status
consenting_purpose_ref(struct str id, unsigned version, struct buf *out)
{
	buf_put(out, id);
	buf_printf(out, "/%u", version);
	return buf_status(out);
}

static enum status
refuse_ask(struct request *rq, const char *why)
{
	return request_fail(rq, E_INVALID, "invalid_request", why);
}

static enum status
check_category(struct request *rq, const struct purpose *purpose, struct str name)
{
	const struct category *c = policy_category(rq->policy, name);
	const struct purpose_rule *rule = c == NULL ? NULL : purpose_rule_for(purpose, c);

	if (rule == NULL)
		return refuse_ask(rq, "a category is not part of this purpose");
	if (rule->basis != BASIS_CONSENT)
		return refuse_ask(rq, "a category rests on a statute in this purpose: no consent is asked for it");
	return OK;
}

/* The record must be theirs, hold, and be for this purpose of this service: else there is nothing to take the place of.
 */
static enum status
check_renewal(struct request *rq, const struct consenting_ask *ask)
{
	CLEANUP(store_consent_clear) struct store_consent old = { 0 };

	if (ask->renews.n == 0)
		return OK;
	if (ask->by_number) /* else a record would tell whose number it is */
		return refuse_ask(rq, "renews goes with the person's id, not with a number");
	if (store_consent_find(request_store(rq), ask->renews, ask->sub, &old) != OK || !str_is(old.state, "given") ||
	    !str_eq(old.service, ask->service) || !str_eq(old.purpose, ask->purpose))
		return refuse_ask(rq, "renews must name a record that holds, of this person, service and purpose");
	return OK;
}

static enum status
check_ask(struct request *rq, const struct consenting_ask *ask, const struct purpose **purpose)
{
	const struct service *service = policy_service(rq->policy, ask->service);
	int64_t until;

	*purpose = policy_purpose(rq->policy, ask->purpose);
	if (service == NULL || *purpose == NULL || !policy_declares(rq->policy, service, *purpose))
		return refuse_ask(rq, "this service has not declared that purpose");
	if (ask->category_count == 0)
		return refuse_ask(rq, "name at least one category");
	for (size_t i = 0; i < ask->category_count; i++)
		TRY(check_category(rq, *purpose, ask->categories[i]));
	for (size_t i = 0; i < ask->optional_count; i++) {
		TRY(check_category(rq, *purpose, ask->optional[i]));
		if (consenting_contains(ask->categories, ask->category_count, ask->optional[i]))
			return refuse_ask(rq, "a category is asked for as necessary and as optional");
	}
	if (limits_until(clock_now_us(), ask->until_us, (*purpose)->max_consent_us, &until) != OK)
		return refuse_ask(rq, "until must lie in the future");
	return check_renewal(rq, ask);
}

/* Lengths before texts, so that no two different requests have one fingerprint. */
static enum status
fingerprint(const struct consenting_ask *ask, const struct purpose *purpose, struct str categories, struct str optional,
	    struct hash *out)
{
	CLEANUP(buf_clear) struct buf b = BUF(32768);

	buf_put_block(&b, ask->client_id);
	buf_put_block(&b, ask->sub);
	/* Whoever knows an id and a number must not see by an equal request that they are one person's. */
	buf_put_block(&b, ask->by_number ? STR("number") : STR(""));
	buf_put_block(&b, ask->purpose);
	buf_put_u32(&b, purpose->version);
	buf_put_block(&b, categories);
	buf_put_block(&b, optional);
	buf_put_u64(&b, (uint64_t)ask->until_us);
	buf_put_block(&b, ask->return_to);
	buf_put_block(&b, ask->case_ref);
	buf_put_block(&b, ask->renews);
	for (size_t i = 0; i < ask->recipient_count; i++)
		buf_put_block(&b, ask->recipients[i]);
	TRY(buf_status(&b));
	*out = hash_sha256(buf_str(&b));
	return OK;
}

enum status
consenting_draft_request(struct request *rq, const struct consenting_ask *ask, const struct purpose *purpose,
			 struct str wrapped, struct audit_draft *out)
{
	CLEANUP(buf_clear) struct buf ref = BUF(160), detail = BUF(KEYS_PLAIN_MAX);
	struct audit_event ev = audit_of(rq, ENTRY_CONSENT_REQUESTED);

	TRY(consenting_purpose_ref(ask->purpose, purpose->version, &ref));
	buf_put_cstr(&detail, "{\"case\":");
	json_put_string(&detail, ask->case_ref);
	buf_put_char(&detail, '}');
	TRY(buf_status(&detail));
	ev.entry.by.service = ask->service;
	ev.entry.purpose = buf_str(&ref);
	for (size_t i = 0; i < ask->category_count; i++)
		ev.entry.categories[ev.entry.category_count++] = ask->categories[i];
	for (size_t i = 0; i < ask->optional_count; i++)
		ev.entry.categories[ev.entry.category_count++] = ask->optional[i];
	if (ask->recipient_count > 1) {
		ev.entry.basis.type = ENTRY_BASIS_CONSENT;
		consenting_put_recipients(ask->recipients, ask->recipient_count, ask->service, &ev.entry.basis);
	}
	ev.person = (struct keys_person){ .sub = ask->sub, .wrapped = wrapped };
	ev.detail = buf_str(&detail);
	TRY(asked_about(rq, &ev, ask->sub));
	if (wrapped.n == 0)
		return audit_decoy(rq->authd, &ev, ask->sub, out);
	return audit_draft(rq->authd, &ev, out);
}

static enum status
save_request(struct request *rq, const struct store_request *row, struct str count_key, const struct audit_draft *draft)
{
	const struct inbox_refs refs = { .target = row->request_id,
					 .organisation = row->organisation,
					 .purpose = row->purpose,
					 .until_us = row->expires_us };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_request_add(&tx, row));
	TRY(consenting_count(rq, &tx, count_key));
	/* A request that the person made themselves, out of a link, waits on the page that they look at. */
	if (rq->who.kind == PRINCIPAL_SERVICE)
		TRY(inbox_tell(&tx, row->sub, INBOX_REQUEST_NEW, &refs));
	TRY(audit_emit(&tx, draft, STORE_TARGET_REQUEST, row->request_id));
	return store_commit(&tx);
}

static enum status
make_request(struct request *rq, const struct consenting_ask *ask, const struct purpose *purpose,
	     const struct store_person *person, struct str print, struct str categories, struct str optional)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(buf_clear) struct buf id = BUF(64), count_key = BUF(64), recipients = BUF(1024);
	const int64_t now = clock_now_us();
	struct receipt receipt;
	const struct notice *notice =
	    service_notice(rq->policy, policy_service(rq->policy, ask->service), purpose); /* check_ask() knows both */
	struct store_request row = {
		.client_id = ask->client_id,
		.service = ask->service,
		.organisation = ask->organisation,
		.sub = ask->sub,
		.purpose = ask->purpose,
		.purpose_version = (int)purpose->version,
		.categories = categories,
		.optional = optional,
		.until_us = ask->until_us,
		.return_to = ask->return_to,
		.case_ref = ask->case_ref,
		.notice_id = str_of(notice->id),
		.notice_version = (int)notice->version,
		.state = STR("requested"),
		.created_us = now,
		.expires_us = now + CONSENTING_OPEN_US,
		.fingerprint = print,
		.log_index = STORE_NO_INDEX,
	};

	row.renews = consenting_or_null(ask->renews);
	if (ask->recipient_count > 0)
		TRY(consenting_list(ask->recipients, ask->recipient_count, &recipients));
	row.recipients = consenting_or_null(buf_str(&recipients));
	random_put_id(&id, "req_");
	TRY(buf_status(&id));
	row.request_id = buf_str(&id);
	TRY(consenting_draft_request(rq, ask, purpose, person->wrapped_key, &draft));
	row.event_id = str_of(draft.id_text);
	TRY(consenting_count_key(rq, ask, &count_key));
	TRY(save_request(rq, &row, buf_str(&count_key), &draft));
	return audit_forward(rq->authd, &draft, &receipt);
}

enum status
consenting_ask(struct request *rq, const struct consenting_ask *ask, struct store_request *out, bool *existed)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	CLEANUP(buf_clear) struct buf categories = BUF(8192), optional = BUF(8192);
	const struct purpose *purpose = NULL;
	struct hash print;
	enum status st;

	TRY(check_ask(rq, ask, &purpose));
	TRY(store_person_find(request_store(rq), ask->sub, &person));
	if (person.wrapped_key.n == 0 || (person.status != STORE_PERSON_ACTIVE && !ask->by_number))
		return E_NOT_FOUND;
	TRY(consenting_list(ask->categories, ask->category_count, &categories));
	TRY(consenting_list(ask->optional, ask->optional_count, &optional));
	TRY(fingerprint(ask, purpose, buf_str(&categories), buf_str(&optional), &print));
	struct str key = str_from(print.b, sizeof(print.b));

	st = store_request_open(request_store(rq), key, clock_now_us(), out);
	*existed = st == OK;
	if (st != E_NOT_FOUND)
		return st;
	st = make_request(rq, ask, purpose, &person, key, buf_str(&categories), buf_str(&optional));
	*existed = st == E_CONFLICT; /* somebody asked the same at this moment */
	if (st != OK && st != E_CONFLICT)
		return st;
	return store_request_open(request_store(rq), key, clock_now_us(), out);
}
