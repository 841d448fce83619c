/*
 * ep_receipt.c: GET /audit/v1/entries/{id}/proof: the sealed receipt of an entry that the calling service caused, by
 * the entry's id or its index, a moment later or years later. An entry of somebody else looks like one that is not
 * there.
 */
#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/core/checkpoint.h"
#include "auditlog/core/note.h"
#include "auditlog/core/proof.h"
#include "authd/audit/audit.h"
#include "authd/audit/proofs.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/i18n.h"
#include "authd/request.h"

struct sealed {
	struct request *rq;
	uint64_t index;
	struct buf line, proof;
	struct entry_view entry;
	struct hash leaf;
};

static void
sealed_clear(struct sealed *s)
{
	buf_clear(&s->line);
	buf_clear(&s->proof);
}

/* Whoever may cause entries may have their receipts. */
static enum status
check_scope(struct request *rq)
{
	if (rq->who.kind == PRINCIPAL_SERVICE &&
	    (principal_has_scope(&rq->who, "audit:write") || principal_has_scope(&rq->who, "access:evaluate")))
		return OK;
	problem_challenge(rq->rsp, "Bearer error=\"insufficient_scope\", scope=\"audit:write\"");
	return request_fail(rq, E_DENIED, "insufficient_scope", "receipts are for services that write entries");
}

static enum status
find_own(struct sealed *s)
{
	struct request *rq = s->rq;
	struct str name = rq->param[0];

	if (str_to_u64(name, INT64_MAX, &s->index) == OK)
		TRY(audit_read(rq->authd, s->index, &s->line));
	else
		TRY(audit_find(rq->authd, name, &s->index, &s->line));
	TRY(entry_parse(buf_str(&s->line), &s->entry));
	s->leaf = hash_leaf(buf_str(&s->line));
	return str_eq(s->entry.entry.by.service, principal_service(&rq->who)) ? OK : E_NOT_FOUND;
}

static enum status
add_proof(struct sealed *s)
{
	bool wait = str_is(form_get(&s->rq->query, "wait"), "1");
	enum status st = proofs_within(s->rq->authd, s->index, wait ? PROOFS_WAIT_US : 0, &s->proof);

	if (st != E_UNAVAILABLE)
		return st;
	return request_fail(s->rq, st, "not_sealed",
			    "the entry is durable, but no signed checkpoint holds it yet; ask again in a second");
}

/* ---- the forms ---- */

static void
put_line(struct buf *out, enum i18n_lang lang, const char *key, struct str value)
{
	buf_put(out, i18n_text(lang, str_of(key)));
	buf_put_cstr(out, ": ");
	buf_put(out, value);
	buf_put_char(out, '\n');
}

static void
put_number(struct buf *out, enum i18n_lang lang, const char *key, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	put_line(out, lang, key, str_of(text));
}

/* The same for people: which entry, when, of what log, and how to check it without us. */
static enum status
put_text(const struct sealed *s, struct buf *out)
{
	CLEANUP(buf_clear) struct buf when = BUF(64), leaf = BUF(64);
	const enum i18n_lang lang = s->rq->http->lang;
	struct proof_file file;
	struct checkpoint head;
	struct note note;

	TRY(proof_parse_file(buf_str(&s->proof), &file));
	TRY(note_parse(file.checkpoint, &note));
	TRY(checkpoint_parse(note.text, &head));
	clock_put_rfc3339(&when, s->entry.time_us);
	encode_base64(&leaf, str_from(s->leaf.b, HASH_LEN));
	buf_put(out, i18n_text(lang, STR("sealed_title")));
	buf_put_cstr(out, "\n\n");
	put_number(out, lang, "sealed_entry", s->index);
	put_line(out, lang, "sealed_event", str_of(entry_event_name(s->entry.entry.event)));
	put_line(out, lang, "sealed_time", buf_str(&when));
	put_line(out, lang, "sealed_leaf", buf_str(&leaf));
	put_line(out, lang, "sealed_log", head.origin);
	put_number(out, lang, "sealed_size", head.size);
	buf_put_char(out, '\n');
	buf_put(out, i18n_text(lang, STR("sealed_how")));
	buf_put_cstr(out, "\n    auditlog check receipt.tlog-proof --entry entry.json --key VKEY\n");
	return buf_status(out);
}

static enum status
say_json(struct sealed *s)
{
	CLEANUP(buf_clear) struct buf id = BUF(UUID_TEXT_LEN), leaf = BUF(64), text = BUF(8192);
	CLEANUP(json_decrefp) json_t *body = NULL;

	uuid_put(&id, &s->entry.entry.id);
	encode_base64(&leaf, str_from(s->leaf.b, HASH_LEN));
	TRY(put_text(s, &text));
	body = json_pack("{s:s%, s:I, s:s%, s:s%, s:s%, s:s%}", "id", id.p, id.n, "index", (json_int_t)s->index, "leaf",
			 leaf.p, leaf.n, "entry", s->line.p, s->line.n, "proof", s->proof.p, s->proof.n, "text", text.p,
			 text.n);
	if (body == NULL)
		return E_NOMEM;
	response_json(s->rq->rsp, 200, body);
	return OK;
}

static enum status
say_text(struct sealed *s)
{
	CLEANUP(buf_clear) struct buf text = BUF(8192);

	TRY(put_text(s, &text));
	response_buf(s->rq->rsp, 200, "text/plain; charset=utf-8", &text);
	return OK;
}

static enum status
say_proof(struct sealed *s)
{
	response_buf(s->rq->rsp, 200, "text/plain; charset=utf-8", &s->proof);
	return OK;
}

static enum status
say_entry(struct sealed *s)
{
	response_buf(s->rq->rsp, 200, "application/json", &s->line);
	return OK;
}

/* ?part=…: one of the parts as a file of its own; all of them without it. */
static const struct {
	const char *part;
	enum status (*say)(struct sealed *s);
} parts[] = {
	{ "", say_json },
	{ "proof", say_proof },
	{ "entry", say_entry },
	{ "text", say_text },
};

enum status
ep_entry_proof(struct request *rq)
{
	CLEANUP(sealed_clear) struct sealed s = { .rq = rq, .line = BUF(ENTRY_MAX), .proof = BUF(PROOF_FILE_MAX) };
	struct str part = form_get(&rq->query, "part");

	TRY(check_scope(rq));
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (!str_eq(part, str_of(parts[i].part)))
			continue;
		TRY(find_own(&s));
		TRY(add_proof(&s));
		return parts[i].say(&s);
	}
	return request_fail(rq, E_INVALID, "invalid_request", "part is proof, entry or text");
}
