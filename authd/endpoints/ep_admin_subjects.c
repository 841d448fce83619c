/* ep_admin_subjects.c: /admin/v1/subjects: erasing a person, and everything that is known of them as one document. */
#include "auditlog/base/encode.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/identity/erasure.h"

static json_t *
receipt(struct str id, int64_t index, struct str leaf)
{
	CLEANUP(buf_clear) struct buf text = BUF(64);

	encode_base64(&text, leaf);
	return json_pack("{s:s%, s:I, s:s%}", "id", id.p, id.n, "index", (json_int_t)index, "leaf", text.p, text.n);
}

static enum status
say_erased(struct request *rq, const struct store_erasure *e)
{
	return ep_admin_say(rq, 200,
			    json_pack("{s:s%, s:b, s:o, s:o}", "sub", e->sub.p, e->sub.n, "erased", 1,
				      "erasing_receipt",
				      receipt(e->erasing_event_id, e->erasing_index, e->erasing_leaf), "erased_receipt",
				      receipt(e->erased_event_id, e->erased_index, e->erased_leaf)));
}

/* Whoever destroys something for good says twice what. */
static enum status
confirmed(struct request *rq)
{
	static const char *const known[] = { "confirm", NULL };
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why why = { 0 };
	struct json_in in;
	struct str confirm;
	enum status st;

	TRY(ep_admin_read(rq, &root, &why, &in));
	st = json_only(&in, known);
	if (st == OK)
		st = json_need_str(&in, "confirm", KEYS_SUB_MAX, &confirm);
	if (st != OK)
		return ep_admin_bad(rq, st, &why);
	if (!str_eq(confirm, rq->param[0]))
		return request_fail(rq, E_INVALID, "invalid_request",
				    "confirm must be the id of the person to be erased");
	return OK;
}

/* Asked again it goes on, or says the same: a lost answer is no lost receipt. */
enum status
ep_admin_subject_erase(struct request *rq)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	CLEANUP(store_erasure_clear) struct store_erasure done = { 0 };
	struct str who = str_of(rq->who.kind == PRINCIPAL_ADMIN ? rq->who.uid_name : rq->who.pseudonym);
	enum status st;

	TRY(confirmed(rq));
	TRY(store_person_find(request_store(rq), rq->param[0], &p));
	st = erasure_begin(rq, &p, who);
	if (st != OK && st != E_USED)
		return st;
	st = erasure_go_on(rq->authd, request_store(rq), p.sub, &done);
	if (st != OK)
		return request_fail(rq, E_UNAVAILABLE, "erasure_waits",
				    "the erasure has begun and is finished by itself; ask again for its receipts");
	return say_erased(rq, &done);
}
