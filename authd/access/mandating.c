/* mandating.c: beginning: offered and accepted, or registered and confirmed. The end is in mandating_end.c. */
#include "authd/access/mandating.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/random.h"
#include "auditlog/base/secret.h"
#include "auditlog/core/hash.h"
#include "authd/access/birthday.h"
#include "authd/access/desk.h"
#include "authd/access/mandating_parts.h"
#include "authd/audit/audit.h"
#include "authd/http/json.h"
#include "authd/identity/throttle.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_person.h"

#define DEFAULT_ZONE STR("Europe/Moscow")

/* ---- terms ---- */

struct making {
	struct request *rq;
	const struct mandating_terms *terms;
	struct store_person represented, representative;
	struct buf mandate_id, rep_id, document;
	struct store_mandate row;
};

static void
making_clear(struct making *m)
{
	store_person_clear(&m->represented);
	store_person_clear(&m->representative);
	buf_clear(&m->mandate_id);
	buf_clear(&m->rep_id);
	buf_clear(&m->document);
}

static enum status
refuse(struct request *rq, const char *why)
{
	return request_fail(rq, E_INVALID, "invalid_request", why);
}

static enum status
check_purposes(struct request *rq, struct str purposes)
{
	struct str word;

	if (purposes.n == 0 || purposes.n > MANDATING_PURPOSES_MOST)
		return refuse(rq, "name the purposes, or * for all");
	if (str_is(purposes, "*"))
		return OK;
	while (purposes.n > 0 && str_next(&purposes, ' ', &word))
		if (rq->policy == NULL || policy_purpose(rq->policy, word) == NULL)
			return refuse(rq, "the policy has no such purpose");
	return OK;
}

static enum status
check_actions(struct making *m)
{
	enum mandate_kind kind;
	unsigned allowed;

	if (mandate_kind_parse(m->terms->kind, &kind) != OK)
		return refuse(m->rq, "kind must be parent, guardian, power_of_attorney or heir");
	allowed = m->terms->actions & mandate_kind_actions(kind);
	if (allowed == 0)
		return refuse(m->rq, "this mandate would allow nothing");
	m->row.actions = (int)allowed;
	return OK;
}

/* A child's mandate ends when it comes of age, whatever else was agreed; a parent's has no other end. */
static enum status
check_term(struct making *m)
{
	const struct mandating_terms *t = m->terms;
	const int64_t now = clock_now_us();
	bool parent = str_is(t->kind, "parent");

	m->row.zone = t->zone.n > 0 ? t->zone : DEFAULT_ZONE;
	m->row.from_us = now;
	if (!birthday_zone_known(m->row.zone))
		return refuse(m->rq, "zone must be the name of a time zone, like Europe/Moscow");
	if (t->born.n > 0 && birthday_of_age(t->born, m->row.zone, &m->row.majority_us) != OK)
		return refuse(m->rq, "born must be a date");
	if (t->born.n > 0 && m->row.majority_us <= now)
		return refuse(m->rq, "that person is of age");
	if (parent && t->born.n == 0)
		return refuse(m->rq, "a parent's mandate needs the child's date of birth");
	if (t->until.n > 0 && birthday_day_begins(t->until, m->row.zone, &m->row.until_us) != OK)
		return refuse(m->rq, "until must be a date");
	if (t->until.n == 0)
		m->row.until_us = m->row.majority_us;
	if (m->row.until_us <= now)
		return refuse(m->rq, "until must lie in the future");
	if (!parent && m->row.until_us - now > MANDATING_TERM_US)
		return refuse(m->rq, "ten years are the longest term");
	return OK;
}

static enum status
check_terms(struct making *m)
{
	TRY(check_purposes(m->rq, m->terms->purposes));
	TRY(check_actions(m));
	return check_term(m);
}

/* ---- the row ---- */

static enum status
find_active(struct request *rq, struct str sub, struct store_person *out)
{
	TRY(store_person_find(request_store(rq), sub, out));
	return out->status == STORE_PERSON_ACTIVE && out->wrapped_key.n > 0 ? OK : E_NOT_FOUND;
}

static enum status
seal_document(struct making *m)
{
	const struct keys_person who = { .sub = m->represented.sub, .wrapped = m->represented.wrapped_key };
	const struct keys_place place = { STR("mandate"), STR("document"), buf_str(&m->mandate_id) };

	if (m->terms->document.n == 0)
		return OK;
	TRY(keys_field_seal(m->rq->authd->keys, &who, &place, m->terms->document, &m->document));
	m->row.document = buf_str(&m->document);
	return OK;
}

static enum status
fill_row(struct making *m)
{
	const struct mandating_terms *t = m->terms;

	random_put_id(&m->mandate_id, "mnd_");
	random_put_id(&m->rep_id, "rep_");
	TRY(buf_status(&m->mandate_id));
	TRY(buf_status(&m->rep_id));
	m->row.mandate_id = buf_str(&m->mandate_id);
	m->row.rep_id = buf_str(&m->rep_id);
	m->row.sub = t->sub;
	m->row.kind = t->kind;
	m->row.purposes = t->purposes;
	m->row.created_us = m->row.issued_us = m->row.from_us;
	if (t->issued.n > 0 && birthday_day_begins(t->issued, m->row.zone, &m->row.issued_us) != OK)
		return refuse(m->rq, "issued must be a date");
	return seal_document(m);
}

static enum status
add_row(struct making *m)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(m->rq), &tx));
	TRY(store_mandate_add(&tx, &m->row));
	return store_commit(&tx);
}

/* ---- the code ---- */

/* Crockford's base 32 has no letters that are mistaken for digits. */
static void
put_code(struct buf *out)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t bytes[12];

	random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		if (i > 0 && i % 4 == 0)
			buf_put_char(out, '-');
		buf_put_char(out, alphabet[bytes[i] % 32]);
	}
	secret_wipe(bytes, sizeof(bytes));
}

/* As it was typed: any case, with or without hyphens and spaces, O for 0 and I or L for 1. */
static enum status
code_hash(struct str typed, struct hash *out)
{
	CLEANUP(buf_clear) struct buf plain = BUF(64);

	for (size_t i = 0; i < typed.n; i++) {
		char c = typed.p[i];

		if (c == '-' || c == ' ')
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		buf_put_char(&plain, c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c);
	}
	TRY(buf_status(&plain));
	*out = hash_sha256(buf_str(&plain));
	return OK;
}

static enum status
check_open(struct request *rq)
{
	int64_t open = 0;

	TRY(store_mandate_waiting(request_store(rq), str_of(rq->who.sub), clock_now_us(), &open));
	if (open < MANDATING_OPEN_MOST)
		return OK;
	return request_fail(rq, E_LIMITED, "rate_limited", "five codes are open; take one back or wait for a day");
}

enum status
mandating_offer(struct request *rq, const struct mandating_terms *terms, struct buf *code)
{
	CLEANUP(making_clear)
	struct making m = {
		.rq = rq, .terms = terms, .mandate_id = BUF(64), .rep_id = BUF(64), .document = BUF(KEYS_FIELD_MAX)
	};
	struct hash hash;

	TRY(check_terms(&m));
	TRY(check_open(rq));
	TRY(find_active(rq, terms->sub, &m.represented));
	TRY(fill_row(&m));
	put_code(code);
	TRY(buf_status(code));
	TRY(code_hash(buf_str(code), &hash));
	m.row.code_hash = str_from(hash.b, sizeof(hash.b));
	m.row.code_until_us = m.row.created_us + MANDATING_CODE_US;
	return add_row(&m);
}

/* ---- granting: the entry, and both are told ---- */

static enum status
put_detail(const struct store_mandate *m, struct buf *out)
{
	CLEANUP(buf_clear) struct buf actions = BUF(128);

	mandate_put_actions((unsigned)m->actions, &actions);
	TRY(buf_status(&actions));
	buf_put_cstr(out, "{\"mandate\":");
	json_put_string(out, m->mandate_id);
	buf_put_cstr(out, ",\"purposes\":");
	json_put_string(out, m->purposes);
	buf_put_cstr(out, ",\"actions\":");
	json_put_string(out, buf_str(&actions));
	buf_put_cstr(out, ",\"until\":\"");
	clock_put_rfc3339_seconds(out, mandate_end_us(m));
	buf_put_cstr(out, "\"}");
	return buf_status(out);
}

/* R3: where the end is a birthday it stands in the sealed part alone. */
static struct entry_basis
basis_of(const struct store_mandate *m, struct str ctag)
{
	return (struct entry_basis){
		.type = ENTRY_BASIS_CONSENT,
		.ctag = ctag,
		.recipient = m->rep_id,
		.from_us = m->from_us,
		.until_us = m->majority_us != 0 ? 0 : m->until_us,
	};
}

/* Of one that an office verified the entry names both officials. */
static void
sign(const struct store_mandate *m, const struct officer *confirmer, struct audit_event *ev)
{
	if (confirmer == NULL)
		return;
	ev->entry.by.operator_id = str_of(confirmer->pseudonym);
	ev->entry.facts[ev->entry.fact_count++] =
	    (struct entry_fact){ .name = STR("registered_by"), .text = m->operator_id };
}

static enum status
draft_grant(struct request *rq, const struct store_mandate *m, const struct store_person *represented,
	    const struct officer *confirmer, struct audit_draft *out)
{
	const struct keys_person who = { .sub = represented->sub, .wrapped = represented->wrapped_key };
	CLEANUP(buf_clear) struct buf detail = BUF(KEYS_PLAIN_MAX), month = BUF(8), tag = BUF(64), ctag = BUF(64);
	struct audit_event ev = audit_of(rq, ENTRY_MANDATE_GRANTED);

	clock_put_month(&month, clock_now_us());
	TRY(buf_status(&month));
	TRY(keys_tags(rq->authd->keys, &who, buf_str(&month), m->mandate_id, &tag, &ctag));
	TRY(put_detail(m, &detail));
	ev.entry.basis = basis_of(m, buf_str(&ctag));
	ev.entry.facts[ev.entry.fact_count++] = (struct entry_fact){ .name = STR("kind"), .text = m->kind };
	sign(m, confirmer, &ev);
	ev.person = who;
	ev.detail = buf_str(&detail);
	return audit_draft(rq->authd, &ev, out);
}

enum status
mandating_tell(struct store_tx *tx, const struct store_mandate *m, struct str representative, enum inbox_kind kind)
{
	const struct inbox_refs refs = { .until_us = mandate_end_us(m) };

	TRY(inbox_tell(tx, m->sub, kind, &refs));
	return representative.n > 0 ? inbox_tell(tx, representative, kind, &refs) : OK;
}

/* What makes it active: the code's use, or the second person's word. */
struct granting {
	struct request *rq;
	const struct store_mandate *m;
	struct str representative;
	const struct officer *confirmer; /* NULL: the code was used */
	struct store_person represented;
	struct audit_draft draft;
};

static void
granting_clear(struct granting *g)
{
	store_person_clear(&g->represented);
	audit_draft_clear(&g->draft);
}

static enum status
activate(struct granting *g, struct store_tx *tx)
{
	struct str event = str_of(g->draft.id_text);

	if (g->confirmer != NULL)
		return store_mandate_confirm(tx, g->m->mandate_id, str_of(g->confirmer->pseudonym), event);
	return store_mandate_accept(tx, g->m->mandate_id, g->representative, event, clock_now_us());
}

static enum status
grant(struct granting *g)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct receipt receipt;

	TRY(find_active(g->rq, g->m->sub, &g->represented));
	TRY(draft_grant(g->rq, g->m, &g->represented, g->confirmer, &g->draft));
	TRY(store_begin(request_store(g->rq), &tx));
	TRY(activate(g, &tx));
	TRY(mandating_tell(&tx, g->m, g->representative, INBOX_MANDATE_GRANTED));
	TRY(audit_emit(&tx, &g->draft, STORE_TARGET_MANDATE, g->m->mandate_id));
	TRY(store_commit(&tx));
	return audit_forward(g->rq->authd, &g->draft, &receipt);
}

/* ---- accepting ---- */

static enum status
find_offer(struct request *rq, struct str code, struct store_mandate *out)
{
	struct hash hash;
	enum status st;

	if (throttle_check(rq->http->peer, &rq->rsp->retry_after_s) != OK)
		return request_fail(rq, E_LIMITED, "rate_limited",
				    "too many wrong tries from your address; wait a little");
	st = code_hash(code, &hash);
	if (st == OK)
		st = store_mandate_by_code(request_store(rq), str_from(hash.b, sizeof(hash.b)), clock_now_us(), out);
	if (st == OK && str_is(out->sub, rq->who.sub))
		st = E_NOT_FOUND;
	if (st == E_TOO_LARGE)
		st = E_NOT_FOUND;
	if (st == E_NOT_FOUND)
		throttle_failed(rq->http->peer);
	return st;
}

enum status
mandating_accept(struct request *rq, struct str code)
{
	CLEANUP(store_mandate_clear) struct store_mandate offer = { 0 };
	CLEANUP(store_person_clear) struct store_person own = { 0 };
	CLEANUP(granting_clear) struct granting g = { .rq = rq, .m = &offer, .representative = str_of(rq->who.sub) };

	TRY(find_active(rq, str_of(rq->who.sub), &own));
	if (str_is(own.kind, "child"))
		return request_fail(rq, E_DENIED, "access_denied", "a child cannot represent anybody");
	TRY(find_offer(rq, code, &offer));
	return grant(&g);
}

/* ---- registering at an office ---- */

/* Neither a party nor a relative of one. */
static enum status
check_officer(struct request *rq, const struct officer *o, const struct store_mandate *m)
{
	TRY(officer_may_help(rq, o, m->sub));
	return officer_may_help(rq, o, m->representative);
}

static enum status
check_people(struct making *m)
{
	const struct mandating_terms *t = m->terms;

	if (str_eq(t->sub, t->representative))
		return refuse(m->rq, "nobody represents themselves");
	TRY(find_active(m->rq, t->sub, &m->represented));
	TRY(find_active(m->rq, t->representative, &m->representative));
	if (str_is(m->representative.kind, "child"))
		return refuse(m->rq, "a child cannot represent anybody");
	if (str_is(m->represented.kind, "child") != (t->born.n > 0))
		return refuse(m->rq, "a child's mandate needs a date of birth, an adult's has none");
	return OK;
}

/* Whoever never gets a second person's word has written something about somebody all the same. */
static enum status
register_row(struct making *m, const struct officer *o)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct audit_event ev = desk_event(m->rq, o, ENTRY_DESK_PREPARED, &m->represented, NULL);
	struct receipt receipt;

	ev.entry.facts[ev.entry.fact_count++] = (struct entry_fact){ .name = STR("act"), .text = STR("mandate") };
	ev.entry.facts[ev.entry.fact_count++] = (struct entry_fact){ .name = STR("kind"), .text = m->row.kind };
	TRY(audit_draft(m->rq->authd, &ev, &draft));
	TRY(store_begin(request_store(m->rq), &tx));
	TRY(store_mandate_add(&tx, &m->row));
	TRY(audit_emit(&tx, &draft, STORE_TARGET_NONE, STR("")));
	TRY(store_commit(&tx));
	return audit_forward(m->rq->authd, &draft, &receipt);
}

enum status
mandating_register(struct request *rq, const struct officer *o, const struct mandating_terms *terms)
{
	CLEANUP(making_clear)
	struct making m = {
		.rq = rq, .terms = terms, .mandate_id = BUF(64), .rep_id = BUF(64), .document = BUF(KEYS_FIELD_MAX)
	};

	if (terms->document.n == 0 || terms->document.n > MANDATING_DOCUMENT_MOST)
		return refuse(rq, "a document is needed");
	TRY(desk_take(rq, o->sub, "mandate", MANDATING_REGISTER_MOST));
	m.row.sub = terms->sub;
	m.row.representative = terms->representative;
	TRY(check_officer(rq, o, &m.row));
	TRY(check_people(&m));
	TRY(check_terms(&m));
	TRY(fill_row(&m));
	m.row.organisation = str_of(o->organisation);
	m.row.operator_id = str_of(o->pseudonym);
	return register_row(&m, o);
}

static enum status
waits_not(struct request *rq)
{
	return request_fail(rq, E_CONFLICT, "conflict", "this mandate does not wait for a confirmation");
}

enum status
mandating_confirm(struct request *rq, const struct officer *o, struct str mandate_id)
{
	CLEANUP(store_mandate_clear) struct store_mandate m = { 0 };
	CLEANUP(granting_clear) struct granting g = { .rq = rq, .m = &m, .confirmer = o };
	enum status st;

	TRY(store_mandate_find(request_store(rq), mandate_id, &m));
	if (m.operator_id.p == NULL || !str_is(m.organisation, o->organisation))
		return E_NOT_FOUND;
	if (!str_is(m.state, "proposed"))
		return waits_not(rq);
	if (str_is(m.operator_id, o->pseudonym))
		return request_fail(rq, E_DENIED, "access_denied", "another person must confirm it");
	TRY(check_officer(rq, o, &m));
	g.representative = m.representative;
	st = grant(&g);
	return st == E_NOT_FOUND ? waits_not(rq) : st;
}
