/*
 * ep_accesses.c: who looked at my data: by month, the refused attempts apart, each with purpose, ground and outcome,
 * and a check that anybody can repeat without us.
 */
#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/core/checkpoint.h"
#include "auditlog/core/note.h"
#include "auditlog/core/proof.h"
#include "authd/access/history.h"
#include "authd/access/inquiry.h"
#include "authd/audit/audit.h"
#include "authd/audit/proofs.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_access.h"
#include "authd/endpoints/refill.h"
#include "authd/http/json_write.h"
#include "authd/identity/acting.h"
#include "authd/request.h"

#define MONTH_LEN 7

/* ---- the list ---- */

/* "2026-11" and nothing else. */
static bool
is_month(struct str s)
{
	static const char shape[] = "dddd-dd";

	if (s.n != MONTH_LEN)
		return false;
	for (size_t i = 0; i < MONTH_LEN; i++)
		if (shape[i] == 'd' ? s.p[i] < '0' || s.p[i] > '9' : s.p[i] != shape[i])
			return false;
	return true;
}

static enum status
read_list_query(struct request *rq, struct buf *month, uint64_t *before, bool *refused)
{
	struct str wanted = form_get(&rq->query, "month"), cursor = form_get(&rq->query, "before");

	*refused = str_is(form_get(&rq->query, "show"), "refused");
	*before = UINT64_MAX;
	if (cursor.n > 0 && str_to_u64(cursor, INT64_MAX, before) != OK)
		return request_fail(rq, E_INVALID, "invalid_request", "this page of the list does not exist");
	if (wanted.n == 0)
		clock_put_month(month, clock_now_us());
	else if (is_month(wanted))
		buf_put(month, wanted);
	else
		return request_fail(rq, E_INVALID, "invalid_request", "month must look like 2026-11");
	return buf_status(month);
}

/* What it takes to check the month's proof at home. */
static enum status
add_proof_command(struct request *rq, struct str month, json_t *data)
{
	CLEANUP(buf_clear) struct buf vkey = BUF(512);
	const struct keys_person who = request_person(rq);
	char tag[ENTRY_TAG_LEN + 1];

	TRY(proofs_log_key(rq->authd, &vkey));
	TRY(audit_tag(rq->authd, &who, month, tag));
	json_object_set_new(data, "tag", json_string(tag));
	return json_object_set_new(data, "key", json_of_str(str_trim(buf_str(&vkey)))) == 0 ? OK : E_NOMEM;
}

/* [{name, shown}] of the months that the list can show; shown marks the one on the page. */
static json_t *
month_links(const json_t *months, struct str shown)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < json_array_size(months); i++) {
		const char *name = json_string_value(json_array_get(months, i));

		json_array_append_new(list, json_pack("{s:s, s:b}", "name", name, "shown", (int)str_is(shown, name)));
	}
	return list;
}

enum status
ep_accesses(struct request *rq)
{
	CLEANUP(buf_clear) struct buf month = BUF(MONTH_LEN);
	CLEANUP(json_decrefp) json_t *list = NULL, *months = NULL, *data = NULL;
	uint64_t before, next;
	bool refused;

	TRY(read_list_query(rq, &month, &before, &refused));
	TRY(history_month(rq, buf_str(&month), before, refused, &list, &next));
	TRY(history_months(rq, &months));
	data = json_pack("{s:s%, s:b, s:O, s:o, s:I, s:b}", "month", month.p, month.n, "refused_shown", refused,
			 "looks", list, "months", month_links(months, buf_str(&month)), "next", (json_int_t)next,
			 "has_next", next > 0);
	/* The tag of a month leads to every entry of it. */
	if (acting_covers_all(rq))
		TRY(add_proof_command(rq, buf_str(&month), data));
	return request_page(rq, 200, "accesses", data);
}

/* ---- these are all: the proof of completeness of a month ---- */

static enum status
read_month(struct request *rq, struct buf *month)
{
	struct str wanted = form_get(&rq->query, "month");
	unsigned number;

	if (wanted.n == 0)
		clock_put_month(month, clock_now_us());
	else if (tagmap_parse_month(wanted, &number) == OK)
		buf_put(month, wanted);
	else
		return request_fail(rq, E_INVALID, "invalid_request", "month must look like 2026-11");
	return buf_status(month);
}

enum status
ep_accesses_proof(struct request *rq)
{
	CLEANUP(buf_clear) struct buf month = BUF(MONTH_LEN), proof = BUF(MAPPROOF_MAX);
	const struct keys_person who = request_person(rq);
	char tag[ENTRY_TAG_LEN + 1];
	enum status st;

	if (rq->who.sub[0] == '\0' || who.wrapped.n == 0)
		return request_fail(rq, E_DENIED, NULL, "this token is not a person's");
	TRY(read_month(rq, &month));
	TRY(audit_tag(rq->authd, &who, buf_str(&month), tag));
	st = proofs_complete(rq->authd, str_of(tag), buf_str(&month), &proof);
	if (st == E_NOT_FOUND)
		return request_fail(rq, E_NOT_FOUND, NULL, "the log has no map of that month");
	TRY(st == E_TIMEOUT ? E_UNAVAILABLE : st);
	response_buf(rq->rsp, 200, "text/plain; charset=utf-8", &proof);
	response_headerf(rq->rsp, "Content-Disposition", "attachment; filename=\"accesses-%.*s.map-proof\"",
			 STR_ARG(buf_str(&month)));
	return OK;
}

/* ---- one ---- */

/* A look goes by the id of its entry (an evaluation's own) or by its index in the log. */
static enum status
read_index(struct request *rq, uint64_t *index)
{
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);

	if (str_to_u64(rq->param[0], INT64_MAX, index) == OK)
		return OK;
	return audit_find(rq->authd, rq->param[0], index, &line);
}

/* What `auditlog check` does, done here: signature, path, root. What it found goes to the page as numbers and words. */
static enum status
check(struct request *rq, struct str proof_text, struct str line, json_t *data)
{
	CLEANUP(buf_clear) struct buf vkey = BUF(512), root = BUF(64), leaf_text = BUF(64);
	struct note_key key;
	struct proof_file proof;
	struct checkpoint at;
	struct hash leaf = hash_leaf(line);

	TRY(proofs_log_key(rq->authd, &vkey));
	TRY(note_parse_vkey(str_trim(buf_str(&vkey)), &key));
	TRY(proof_parse_file(proof_text, &proof));
	TRY(checkpoint_open(proof.checkpoint, &key, &at, NULL));
	TRY(proof_check_inclusion(&proof.path, proof.index, at.size, &leaf, &at.root));
	encode_base64(&root, str_from(at.root.b, HASH_LEN));
	encode_base64(&leaf_text, str_from(leaf.b, HASH_LEN));
	json_object_set_new(data, "checkpoint",
			    json_pack("{s:s%, s:I, s:s%, s:s%, s:s%}", "origin", at.origin.p, at.origin.n, "size",
				      (json_int_t)at.size, "root", root.p, root.n, "leaf", leaf_text.p, leaf_text.n,
				      "key", str_trim(buf_str(&vkey)).p, str_trim(buf_str(&vkey)).n));
	return OK;
}

/* Whether it verified is said either way: a page that only ever says yes proves nothing. */
static void
add_check(struct request *rq, uint64_t index, struct str line, json_t *data)
{
	CLEANUP(buf_clear) struct buf proof = BUF(PROOF_FILE_MAX);
	enum status st = proofs_make(rq->authd, index, &proof, NULL);

	if (st == OK)
		st = check(rq, buf_str(&proof), line, data);
	json_object_set_new(data, "check", json_string(st == OK ? "holds" : st == E_UNAVAILABLE ? "later" : "fails"));
}

static const struct refill_field question_fields[] = { { "text", NULL, "question_text", INQUIRY_TEXT_MOST } };

enum status
ep_access_show(struct request *rq, const char *fault)
{
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	CLEANUP(json_decrefp) json_t *item = NULL;
	CLEANUP(refill_clear) struct refill r = { 0 };
	uint64_t index;

	TRY(read_index(rq, &index));
	TRY(history_one(rq, index, &item, &line));
	add_check(rq, index, buf_str(&line), item);
	json_object_set_new(item, "entry", json_of_str(buf_str(&line)));
	TRY(refill_begin(question_fields, ARRAY_LEN(question_fields), fault != NULL ? &rq->form : NULL, &r));
	if (fault != NULL)
		refill_wrong(&r, "text", fault);
	TRY(refill_put(&r, "form", item));
	return request_page(rq, fault == NULL ? 200 : 400, "access", item);
}

enum status
ep_access(struct request *rq)
{
	return ep_access_show(rq, NULL);
}

/* ---- the files for checking without us: the proof, or the entry that it is about ---- */

enum status
ep_access_proof(struct request *rq)
{
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX), proof = BUF(PROOF_FILE_MAX);
	CLEANUP(json_decrefp) json_t *item = NULL;
	bool entry = str_is(form_get(&rq->query, "part"), "entry");
	uint64_t index;

	TRY(read_index(rq, &index));
	TRY(history_one(rq, index, &item, &line));
	if (!entry)
		TRY(proofs_make(rq->authd, index, &proof, NULL));
	response_buf(rq->rsp, 200, entry ? "application/json" : "text/plain; charset=utf-8", entry ? &line : &proof);
	response_headerf(rq->rsp, "Content-Disposition", "attachment; filename=\"entry-%llu.%s\"",
			 (unsigned long long)index, entry ? "json" : "tlog-proof");
	return OK;
}
