/*
 * ep_entries.c: POST /audit/v1/entries: a service records accesses that it made on another ground than a decision of
 * ours. A JSON object {"entries":[…]} or one entry per line (NDJSON), 1 to 1,000, all or nothing, receipts in order.
 *
 * An id may be sent again after a lost answer: when it says the same, the first receipt is given again.
 */
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/encode.h"
#include "auditlog/client/append.h"
#include "authd/access/later.h"
#include "authd/audit/audit.h"
#include "authd/audit/witnessed.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/oauth/subject.h"
#include "authd/request.h"
#include "authd/store/store_person.h"

#define BODY_MOST   ((size_t)4 << 20)
#define TEXT_MOST   128
#define DETAIL_MOST ((size_t)4096)

/* One entry of the request, borrowed from its JSON. */
struct asked {
	struct str id, event, person, purpose, action, basis_type, basis_ref, detail;
	struct str categories[ENTRY_CATEGORIES_MAX];
	size_t category_count;
};

struct work {
	struct request *rq;
	struct json_why why;
	json_t *list; /* array of objects */
	size_t count;
	struct asked *asked;
	struct store_person *people; /* of each entry */
	struct audit_draft *drafts;
	struct receipt *receipts;
	bool *logged; /* was in the log before */
};

static void
work_clear(struct work *w)
{
	for (size_t i = 0; i < w->count && w->drafts != NULL; i++)
		audit_draft_clear(&w->drafts[i]);
	for (size_t i = 0; i < w->count && w->people != NULL; i++)
		store_person_clear(&w->people[i]);
	free(w->asked);
	free(w->people);
	free(w->drafts);
	free(w->receipts);
	free(w->logged);
	json_decref(w->list);
}

/* "entries[3].purpose …": which one, what, for the client. */
static enum status
fault(struct work *w, size_t i, const char *what)
{
	snprintf(w->why.text, sizeof(w->why.text), "entries[%zu]%s", i, what);
	return E_INVALID;
}

/* ---- reading ---- */

static enum status
read_lines(struct work *w)
{
	struct str rest = str_trim(w->rq->http->body), line;

	w->list = json_array();
	while (str_next(&rest, '\n', &line)) {
		json_t *one = NULL;

		if (json_array_size(w->list) >= APPEND_COUNT_MAX)
			return E_TOO_LARGE;
		TRY(json_read(str_trim(line), ENTRY_MAX, &one, &w->why));
		json_array_append_new(w->list, one);
	}
	return OK;
}

static enum status
read_object(struct work *w)
{
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_in in;
	const json_t *entries;

	TRY(json_read(w->rq->http->body, BODY_MOST, &root, &w->why));
	in = json_at(root, &w->why);
	TRY(json_need_array(&in, "entries", APPEND_COUNT_MAX, &entries));
	w->list = json_incref(json_object_get(root, "entries"));
	return OK;
}

static enum status
read_body(struct work *w)
{
	if (form_media_type(w->rq->http, "application/json") == OK)
		return read_object(w);
	TRY(form_media_type(w->rq->http, "application/x-ndjson"));
	return read_lines(w);
}

static enum status
read_one(struct work *w, size_t i, struct asked *a)
{
	static const char *const known[] = { "id",     "event", "person", "purpose", "categories",
					     "action", "basis", "detail", NULL };
	struct json_in in = json_at(json_array_get(w->list, i), &w->why);

	if (!json_is_object(in.at))
		return fault(w, i, " must be an object");
	snprintf(in.where, sizeof(in.where), "entries[%zu]", i);
	TRY(json_only(&in, known));
	TRY(json_need_str(&in, "id", UUID_TEXT_LEN, &a->id));
	TRY(json_need_str(&in, "event", TEXT_MOST, &a->event));
	TRY(json_need_str(&in, "person", TEXT_MOST, &a->person));
	TRY(json_need_str(&in, "purpose", TEXT_MOST, &a->purpose));
	TRY(json_need_strs(&in, "categories", TEXT_MOST, a->categories, ENTRY_CATEGORIES_MAX, &a->category_count));
	TRY(json_need_str(&in, "action", TEXT_MOST, &a->action));
	TRY(json_need_str(&in, "basis.type", TEXT_MOST, &a->basis_type));
	TRY(json_need_str(&in, "basis.ref", TEXT_MOST, &a->basis_ref));
	return json_opt_str(&in, "detail", DETAIL_MOST, &a->detail);
}

/* ---- checking against the policy: a ground that the policy does not know is no ground (R5) ---- */

/* The name of a contract or danger stands in clear, so it is one that the purpose itself names, never the caller's
 * words (R3). */
static bool
is_ground_of(const struct purpose *purpose, enum basis b, struct str ref)
{
	for (size_t i = 0; i < purpose->rule_count; i++)
		if (purpose->rules[i].basis == b && str_is(ref, purpose->rules[i].ref))
			return true;
	return false;
}

static enum status
check_basis(struct work *w, size_t i, const struct purpose *purpose, enum entry_basis_type *type)
{
	const struct asked *a = &w->asked[i];
	enum basis b;

	if (basis_parse(a->basis_type, &b) != OK || b == BASIS_CONSENT || b == BASIS_BREAK_GLASS)
		return fault(w, i, ".basis.type must be statute, contract or vital");
	if (b == BASIS_STATUTE && policy_statute(w->rq->policy, a->basis_ref) == NULL)
		return fault(w, i, ".basis.ref is no statute of the policy");
	if (b != BASIS_STATUTE && !is_ground_of(purpose, b, a->basis_ref))
		return fault(w, i, ".basis.ref is no ground of that purpose");
	*type = b == BASIS_STATUTE    ? ENTRY_BASIS_STATUTE
		: b == BASIS_CONTRACT ? ENTRY_BASIS_CONTRACT
				      : ENTRY_BASIS_VITAL;
	return OK;
}

static enum status
check_one(struct work *w, size_t i, enum entry_basis_type *basis, const struct purpose **purpose)
{
	const struct asked *a = &w->asked[i];
	enum action action;
	struct uuid id;

	if (uuid_parse(a->id, &id) != OK)
		return fault(w, i, ".id must be a UUID in lower case");
	if (!str_is(a->event, entry_event_name(ENTRY_ACCESS_RECORDED)))
		return fault(w, i, ".event must be access.recorded");
	if (action_parse(a->action, &action) != OK || !action_is_data(action))
		return fault(w, i, ".action is not one of ours");
	*purpose = policy_purpose(w->rq->policy, a->purpose);
	if (*purpose == NULL)
		return fault(w, i, ".purpose is not in the policy");
	for (size_t k = 0; k < a->category_count; k++)
		if (policy_category(w->rq->policy, a->categories[k]) == NULL)
			return fault(w, i, ".categories names one that the policy does not have");
	return check_basis(w, i, *purpose, basis);
}

/* ---- entries ---- */

static enum status
write_detail(const struct asked *a, struct buf *out)
{
	json_t *text = a->detail.n > 0 ? json_of_str(a->detail) : NULL;
	json_t *detail = text == NULL ? json_object() : json_pack("{s:o}", "text", text);
	enum status st = detail == NULL ? E_NOMEM : json_write(detail, out);

	json_decref(detail);
	TRY(st);
	return buf_status(out);
}

static enum status
draft_one(struct work *w, size_t i, enum entry_basis_type basis, const struct purpose *purpose)
{
	CLEANUP(buf_clear) struct buf detail = BUF(KEYS_PLAIN_MAX), ref = BUF(TEXT_MOST + 16);
	struct audit_event ev = audit_of(w->rq, ENTRY_ACCESS_RECORDED);
	const struct asked *a = &w->asked[i];
	const struct later_look look = {
		.policy = w->rq->policy,
		.purpose = purpose,
		.service = str_of(w->rq->who.service),
		.emergency = basis == ENTRY_BASIS_VITAL,
	};

	TRY(write_detail(a, &detail));
	buf_printf(&ref, "%s/%u", purpose->id, purpose->version);
	TRY(buf_status(&ref));
	ev.own_id = a->id;
	ev.entry.purpose = buf_str(&ref);
	memcpy(ev.entry.categories, a->categories, sizeof(a->categories));
	ev.entry.category_count = a->category_count;
	ev.entry.action = a->action;
	ev.entry.basis = (struct entry_basis){ .type = basis, .ref = a->basis_ref };
	ev.person = (struct keys_person){ .sub = w->people[i].sub, .wrapped = w->people[i].wrapped_key };
	ev.detail = buf_str(&detail);
	later_mark(&look, &ev);
	return audit_draft(w->rq->authd, &ev, &w->drafts[i]);
}

static enum status
prepare_one(struct work *w, size_t i)
{
	enum entry_basis_type basis = ENTRY_NO_BASIS;
	const struct purpose *purpose = NULL;
	CLEANUP(buf_clear) struct buf person = BUF(TEXT_MOST);
	enum status st;

	TRY(read_one(w, i, &w->asked[i]));
	TRY(check_one(w, i, &basis, &purpose));
	TRY(subject_resolve(w->rq, str_of(w->rq->who.organisation), w->asked[i].person, &person));
	st = store_person_find(request_store(w->rq), buf_str(&person), &w->people[i]);
	if (st == E_NOT_FOUND || (st == OK && w->people[i].wrapped_key.n == 0))
		return fault(w, i, ".person is not known");
	TRY(st);
	return draft_one(w, i, basis, purpose);
}

static enum status
prepare(struct work *w)
{
	size_t n = json_array_size(w->list);

	if (n == 0 || n > APPEND_COUNT_MAX) {
		snprintf(w->why.text, sizeof(w->why.text), "send 1 to %d entries", APPEND_COUNT_MAX);
		return n == 0 ? E_INVALID : E_TOO_LARGE;
	}
	w->asked = calloc(n, sizeof(*w->asked));
	w->people = calloc(n, sizeof(*w->people));
	w->drafts = calloc(n, sizeof(*w->drafts));
	w->receipts = calloc(n, sizeof(*w->receipts));
	w->logged = calloc(n, sizeof(*w->logged));
	if (w->asked == NULL || w->people == NULL || w->drafts == NULL || w->receipts == NULL || w->logged == NULL)
		return E_NOMEM;
	w->count = n;
	for (size_t i = 0; i < n; i++)
		TRY(prepare_one(w, i));
	return OK;
}

/* ---- sent again ---- */

/* What a line says in clear, without what differs each time it is said (chain, index, time, sealed bytes, trace). */
static bool
says_the_same(const struct entry *a, const struct entry *b)
{
	bool same = a->event == b->event && str_eq(a->by.service, b->by.service) && str_eq(a->purpose, b->purpose) &&
		    str_eq(a->action, b->action) && a->basis.type == b->basis.type &&
		    str_eq(a->basis.ref, b->basis.ref) && a->category_count == b->category_count;

	for (size_t i = 0; same && i < a->category_count; i++)
		same = str_eq(a->categories[i], b->categories[i]);
	return same;
}

static enum status
same_detail(struct work *w, size_t i, struct str line)
{
	CLEANUP(buf_clear) struct buf wanted = BUF(KEYS_PLAIN_MAX), sealed = BUF(KEYS_PLAIN_MAX);
	const struct keys_person who = { .sub = w->people[i].sub, .wrapped = w->people[i].wrapped_key };
	enum status st;

	TRY(write_detail(&w->asked[i], &wanted));
	st = audit_open(w->rq->authd, &who, line, &sealed);
	if (st == E_NOT_FOUND) /* sealed for somebody else, so it was another entry */
		return E_CONFLICT;
	TRY(st);
	return str_eq(buf_str(&wanted), buf_str(&sealed)) ? OK : E_CONFLICT;
}

/* OK with w->logged[i] set when the log has the same under this id; E_CONFLICT when it has something else. */
static enum status
find_logged(struct work *w, size_t i)
{
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	struct entry_view there;
	struct entry mine;
	uint64_t index;
	enum status st = audit_find(w->rq->authd, w->asked[i].id, &index, &line);

	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	TRY(entry_parse(buf_str(&line), &there));
	TRY(entry_check_fragment(buf_str(&w->drafts[i].fragment), &mine));
	if (!says_the_same(&mine, &there.entry))
		return E_CONFLICT;
	TRY(same_detail(w, i, buf_str(&line)));
	w->receipts[i] = (struct receipt){ .index = index, .leaf = hash_leaf(buf_str(&line)) };
	w->logged[i] = true;
	return OK;
}

/* Moves the drafts that are not in the log yet together, appends those, and puts their receipts where they belong. */
static enum status
append_missing(struct work *w)
{
	CLEANUP(freep) struct audit_draft *missing = calloc(w->count, sizeof(*missing));
	CLEANUP(freep) struct receipt *got = calloc(w->count, sizeof(*got));
	size_t n = 0, k = 0;

	if (missing == NULL || got == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < w->count; i++)
		if (!w->logged[i])
			missing[n++] = w->drafts[i]; /* borrowed: w clears them */
	if (n > 0)
		TRY(audit_append_all(w->rq->authd, missing, n, got));
	for (size_t i = 0; i < w->count; i++)
		if (!w->logged[i])
			w->receipts[i] = got[k++];
	return OK;
}

static enum status
append(struct work *w)
{
	enum status st = audit_append_all(w->rq->authd, w->drafts, w->count, w->receipts);

	if (st != E_CONFLICT)
		return st;
	for (size_t i = 0; i < w->count; i++) {
		st = find_logged(w, i);
		if (st == E_CONFLICT)
			return request_fail(w->rq, st, "id_taken",
					    "an id of these entries stands for another entry already");
		TRY(st);
	}
	return append_missing(w);
}

/* ---- the answer ---- */

static enum status
answer(struct work *w)
{
	json_t *list = json_array(), *body;

	for (size_t i = 0; i < w->count; i++) {
		CLEANUP(buf_clear) struct buf leaf = BUF(64);

		encode_base64(&leaf, str_from(w->receipts[i].leaf.b, HASH_LEN));
		json_array_append_new(list,
				      json_pack("{s:s%, s:I, s:s%}", "id", w->asked[i].id.p, w->asked[i].id.n, "index",
						(json_int_t)w->receipts[i].index, "leaf", leaf.p, leaf.n));
	}
	body = json_pack("{s:o}", "receipts", list);
	if (body == NULL)
		return E_NOMEM;
	response_json(w->rq->rsp, 200, body);
	json_decref(body);
	return OK;
}

enum status
ep_entries(struct request *rq)
{
	CLEANUP(work_clear) struct work w = { .rq = rq };
	enum status st;

	TRY(witnessed_check(rq));
	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	st = read_body(&w);
	if (st == OK)
		st = prepare(&w);
	if (st == E_INVALID || st == E_TOO_LARGE)
		return request_fail(rq, st, NULL, w.why.text);
	TRY(st);
	TRY(append(&w));
	return answer(&w);
}
