/*
 * ep_check.c: /check: anybody may type the code of a consent receipt and see whether that consent holds, or paste a
 * receipt and see whether it is one of ours. What it says is what a receipt shows to whoever gets it, without the
 * person: state, purpose, organisation, dates, positions in the log.
 */
#include "auditlog/base/clock.h"
#include "auditlog/core/hash.h"
#include "authd/audit/proofs.h"
#include "authd/consent/checkcode.h"
#include "authd/consent/consent.h"
#include "authd/consent/consent_proof.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_recipients.h"
#include "authd/endpoints/refill.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/identity/throttle.h"
#include "authd/request.h"
#include "authd/store/store_consent.h"

#define TYPED_MOST 64

/* One whose term is over has expired, whatever the row says. */
static const char *
shown_state(const struct store_consent *c, bool *valid)
{
	enum consent_state s;

	*valid = false;
	if (consent_state_parse(c->state, &s) != OK)
		return "unknown";
	if (!consent_state_permits(s))
		return consent_state_name(s);
	if (c->until_us <= clock_now_us())
		return "expired";
	*valid = c->from_us <= clock_now_us();
	return "given";
}

static enum status
add_found(struct request *rq, const struct store_consent *c, json_t *data)
{
	const enum words_lang lang = request_lang(rq);
	const struct purpose *p = rq->policy == NULL ? NULL : policy_purpose(rq->policy, c->purpose);
	const struct organisation *o = rq->policy == NULL ? NULL : policy_organisation(rq->policy, c->organisation);
	bool valid;
	const char *state = shown_state(c, &valid);
	json_t *found = json_pack(
	    "{s:s%, s:b, s:s, s:o, s:o, s:I, s:I, s:I, s:I}", "code", c->code.p, c->code.n, "valid", valid, "state",
	    state, "purpose", p != NULL ? json_string(p->title.in[lang]) : json_of_str(c->purpose), "organisation",
	    o != NULL ? json_string(o->name.in[lang]) : json_of_str(c->organisation), "given", (json_int_t)c->given_us,
	    "until", (json_int_t)c->until_us, "ended", (json_int_t)c->withdrawn_us, "index", (json_int_t)c->log_index);

	if (found != NULL && c->withdraw_index != STORE_NO_INDEX)
		json_object_set_new(found, "end_index", json_integer(c->withdraw_index));
	if (found != NULL)
		json_object_set_new(found, "recipients", ep_recipients_given(rq, c));
	return found != NULL && json_object_set_new(data, "found", found) == 0 ? OK : E_NOMEM;
}

/* One that is not in the log yet does not count, so it is not there. */
static enum status
find(struct request *rq, struct str code, struct store_consent *out)
{
	TRY(store_consent_by_code(request_store(rq), code, out));
	return out->log_index == STORE_NO_INDEX ? E_NOT_FOUND : OK;
}

/* Nobody finds a code by trying, and nobody has us check signatures all day. */
static enum status
slow_down(struct request *rq)
{
	return throttle_take(rq->http->peer, &rq->rsp->retry_after_s) == OK
		   ? OK
		   : request_fail(rq, E_LIMITED, "rate_limited",
				  "too many unknown codes from your address; wait a little");
}

static const struct refill_field fields[] = {
	{ "code", NULL, NULL, 0 },
	{ "receipt", NULL, "receipt_malformed", 0 },
};

/* The page with one of its two forms as it was filled in. */
static enum status
page(struct request *rq, int http, struct refill *r, json_t *data)
{
	TRY(refill_put(r, "form", data));
	return request_page(rq, http, "check", data);
}

/* *fault is a key of the catalogues, or NULL. */
static enum status
look_up(struct request *rq, struct str typed, json_t *data, const char **fault)
{
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };
	CLEANUP(buf_clear) struct buf code = BUF(CHECKCODE_LEN);
	enum status st = checkcode_parse(typed, &code);

	if (st == E_INVALID) {
		*fault = "code_malformed";
		return OK;
	}
	TRY(st);
	TRY(slow_down(rq));
	st = find(rq, buf_str(&code), &c);
	if (st == E_NOT_FOUND) {
		*fault = "code_unknown";
		return OK;
	}
	throttle_give_back(rq->http->peer); /* this try was none */
	TRY(st);
	return add_found(rq, &c, data);
}

enum status
ep_check(struct request *rq)
{
	struct str typed = str_trim(form_get(&rq->query, "code"));
	CLEANUP(json_decrefp) json_t *data = json_object();
	CLEANUP(refill_clear) struct refill r = { 0 };
	const char *fault = NULL;

	if (data == NULL)
		return E_NOMEM;
	if (typed.n > TYPED_MOST)
		return request_fail(rq, E_INVALID, "invalid_request", "this is too long for a receipt code");
	TRY(refill_begin(fields, ARRAY_LEN(fields), &rq->query, &r));
	if (typed.n > 0)
		TRY(look_up(rq, typed, data, &fault));
	if (fault == NULL)
		return page(rq, 200, &r, data);
	refill_wrong(&r, "code", fault);
	return page(rq, str_is(str_of(fault), "code_unknown") ? 404 : 400, &r, data);
}

/* ---- a whole receipt ---- */

/* What the person agreed to, as it is kept, against what the file says. */
static bool
is_kept_so(const struct store_consent *c, const json_t *receipt)
{
	CLEANUP(json_decrefp) json_t *kept = NULL;
	struct hash ours, theirs;

	return json_read(c->record, CONSENT_RECORD_MOST, &kept, NULL) == OK &&
	       consent_record_digest(kept, &ours) == OK &&
	       consent_record_digest(json_object_get(receipt, "record"), &theirs) == OK && hash_eq(&ours, &theirs);
}

/* E_INVALID: no receipt. E_CORRUPT, E_NOT_FOUND: not ours as it is. */
static enum status
examine(struct request *rq, struct str text, struct store_consent *c)
{
	CLEANUP(json_decrefp) json_t *receipt = NULL;
	CLEANUP(buf_clear) struct buf vkey = BUF(NOTE_VKEY_MAX);
	struct note_key key;

	TRY(proofs_log_key(rq->authd, &vkey));
	TRY(note_parse_vkey(str_trim(buf_str(&vkey)), &key));
	TRY(consent_proof_check(text, &key, &receipt));
	TRY(find(rq, str_of(json_string_value(json_object_get(receipt, "code"))), c));
	return is_kept_so(c, receipt) ? OK : E_CORRUPT;
}

/* The same words for what is forged, changed and unknown: whoever changes a file learns nothing from the difference. */
static enum status
judge(struct request *rq, struct str text, json_t *data, const char **fault)
{
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };
	enum status st;

	TRY(slow_down(rq));
	st = examine(rq, text, &c);
	if (st == E_INVALID || st == E_CORRUPT || st == E_NOT_FOUND) {
		*fault = st == E_INVALID ? "receipt_malformed" : "receipt_wrong";
		return OK;
	}
	throttle_give_back(rq->http->peer);
	TRY(st);
	json_object_set_new(data, "genuine", json_true());
	return add_found(rq, &c, data);
}

enum status
ep_check_receipt(struct request *rq)
{
	struct str text = str_trim(form_get(&rq->form, "receipt"));
	CLEANUP(json_decrefp) json_t *data = json_object();
	CLEANUP(refill_clear) struct refill r = { 0 };
	const char *fault = NULL;

	if (data == NULL)
		return E_NOMEM;
	if (text.n > CONSENT_PROOF_MOST)
		return request_fail(rq, E_TOO_LARGE, "too_large", "a receipt has at most 64 KiB");
	TRY(refill_begin(fields, ARRAY_LEN(fields), &rq->form, &r));
	refill_check(&r);
	if (text.n > 0)
		TRY(judge(rq, text, data, &fault));
	if (fault != NULL)
		refill_wrong(&r, "receipt", fault);
	return page(rq, refill_is_good(&r) ? 200 : 400, &r, data);
}
