/*
 * mandating.c: a power of attorney is offered and accepted; and what granting is, whoever granted. Terms are in
 * mandating_terms.c, offices in mandating_office.c, the end is in mandating_end.c.
 */
#include "auditlog/base/clock.h"
#include "auditlog/base/random.h"
#include "auditlog/base/secret.h"
#include "auditlog/core/hash.h"
#include "authd/access/mandating_parts.h"
#include "authd/access/officer.h"
#include "authd/audit/audit.h"
#include "authd/http/json_write.h"
#include "authd/identity/throttle.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_person.h"

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
add_row(struct mandating_making *m)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	enum status st;

	TRY(store_begin(request_store(m->rq), &tx));
	st = store_mandate_offer(&tx, &m->row, MANDATING_OPEN_MOST);
	if (st == E_LIMITED)
		return request_fail(m->rq, E_LIMITED, "rate_limited",
				    "five codes are open; take one back or wait for a day");
	TRY(st);
	return store_commit(&tx);
}

enum status
mandating_offer(struct request *rq, const struct mandating_terms *terms, struct buf *code)
{
	CLEANUP(mandating_making_clear)
	struct mandating_making m = {
		.rq = rq, .terms = terms, .mandate_id = BUF(64), .rep_id = BUF(64), .document = BUF(KEYS_FIELD_MAX)
	};
	struct hash hash;

	TRY(mandating_terms_check(&m));
	TRY(mandating_find_active(rq, terms->sub, &m.represented));
	/* It would outlive the day they come of age, and no office has seen it. */
	if (str_is(m.represented.kind, "child"))
		return request_fail(rq, E_DENIED, "access_denied", "a child cannot give a power of attorney");
	TRY(mandating_terms_fill(&m));
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
	audit_fact(ev, "registered_by", m->operator_id);
}

/* Which death it rests on, and which paper was seen: the digest is of what was sealed. */
static enum status
put_heir(const struct store_mandate *m, const struct store_death *death, struct buf *digest, struct audit_event *ev)
{
	struct hash h = hash_sha256(m->document);

	if (!mandating_is_heir(m->kind))
		return OK;
	hash_put_hex(digest, &h);
	TRY(buf_status(digest));
	ev->entry.facts[ev->entry.fact_count++] =
	    (struct entry_fact){ .name = STR("death"), .number = (uint64_t)death->decided_index };
	audit_fact(ev, "document", buf_str(digest));
	return OK;
}

static enum status
draft_grant(struct request *rq, const struct store_mandate *m, const struct store_person *represented,
	    const struct store_death *death, const struct officer *confirmer, struct audit_draft *out)
{
	const struct keys_person who = { .sub = represented->sub, .wrapped = represented->wrapped_key };
	CLEANUP(buf_clear) struct buf detail = BUF(KEYS_PLAIN_MAX), month = BUF(8);
	CLEANUP(buf_clear) struct buf tag = BUF(64), ctag = BUF(64), digest = BUF(64);
	struct audit_event ev = audit_of(rq, ENTRY_MANDATE_GRANTED);

	clock_put_month(&month, clock_now_us());
	TRY(buf_status(&month));
	TRY(keys_tags(rq->authd->keys, &who, buf_str(&month), m->mandate_id, &tag, &ctag));
	TRY(put_detail(m, &detail));
	ev.entry.basis = basis_of(m, buf_str(&ctag));
	audit_fact(&ev, "kind", m->kind);
	sign(m, confirmer, &ev);
	TRY(put_heir(m, death, &digest, &ev));
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

void
mandating_granting_clear(struct mandating_granting *g)
{
	store_person_clear(&g->represented);
	store_death_clear(&g->death);
	audit_draft_clear(&g->draft);
}

static enum status
activate(struct mandating_granting *g, struct store_tx *tx)
{
	struct str event = str_of(g->draft.id_text);

	if (g->confirmer != NULL)
		return store_mandate_confirm(tx, g->m->mandate_id, str_of(g->confirmer->pseudonym), event);
	return store_mandate_accept(tx, g->m->mandate_id, g->representative, event, clock_now_us());
}

enum status
mandating_grant(struct mandating_granting *g)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct receipt receipt;

	if (mandating_is_heir(g->m->kind))
		TRY(mandating_find_dead(g->rq, g->m->sub, &g->represented, &g->death));
	else
		TRY(mandating_find_active(g->rq, g->m->sub, &g->represented));
	TRY(draft_grant(g->rq, g->m, &g->represented, &g->death, g->confirmer, &g->draft));
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

	if (throttle_take(rq->http->peer, &rq->rsp->retry_after_s) != OK)
		return request_fail(rq, E_LIMITED, "rate_limited",
				    "too many wrong tries from your address; wait a little");
	st = code_hash(code, &hash);
	if (st == OK)
		st = store_mandate_by_code(request_store(rq), str_from(hash.b, sizeof(hash.b)), clock_now_us(), out);
	if (st == OK && str_is(out->sub, rq->who.sub))
		st = E_NOT_FOUND;
	if (st == E_TOO_LARGE)
		st = E_NOT_FOUND;
	if (st != E_NOT_FOUND)
		throttle_give_back(rq->http->peer);
	return st;
}

enum status
mandating_accept(struct request *rq, struct str code)
{
	CLEANUP(store_mandate_clear) struct store_mandate offer = { 0 };
	CLEANUP(store_person_clear) struct store_person own = { 0 };
	CLEANUP(mandating_granting_clear)
	struct mandating_granting g = { .rq = rq, .m = &offer, .representative = str_of(rq->who.sub) };

	TRY(mandating_find_active(rq, str_of(rq->who.sub), &own));
	if (str_is(own.kind, "child"))
		return request_fail(rq, E_DENIED, "access_denied", "a child cannot represent anybody");
	TRY(find_offer(rq, code, &offer));
	return mandating_grant(&g);
}
