/*
 * ep_own_accesses.c: GET /access/v1/entries: an organisation reads its own decisions, recorded accesses and emergencies
 * back from the log: a service its own, a person with a role that may audit (audit-read) those of every service of the
 * organisation through which they ask. What it gets is what stands in the log, and what became of each permit, so that
 * it can confirm those that wait. People are in it as tags, and in refusals not at all: an entry about a person whom
 * nobody knows must not look different here.
 */
#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "authd/access/ledger.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/http/json_write.h"
#include "authd/store/store_outcome.h"

/* Entries that are read for one page; one that is not full then has a next one all the same. */
#define READ_MOST   1000
#define CURSOR_LEN  11 /* of 8 bytes */
#define FILTER_MOST 128

struct page {
	struct request *rq;
	struct str services[LEDGER_SERVICES_MOST];
	struct ledger_query q;
	struct str purpose, category, decision, operator_id, service;
	bool unconfirmed; /* only permits of which nobody has said what became */
	size_t limit;
	json_t *records;
};

/* ---- whose ---- */

static bool
may_audit(const struct request *rq)
{
	struct str names[PRINCIPAL_ROLES_MOST];
	bool acr_short;
	uint64_t held = 0;

	for (size_t i = 0; i < rq->who.role_count; i++)
		names[i] = str_of(rq->who.roles[i]);
	return principal_has_scope(&rq->who, "audit:read") &&
	       policy_roles(rq->policy, names, rq->who.role_count, &held) == OK &&
	       policy_may(rq->policy, policy_closure(rq->policy, held), ACTION_AUDIT_READ, rq->who.acr, &acr_short);
}

static enum status
add_organisation(struct page *p)
{
	const struct service *s;

	for (size_t i = 0; (s = policy_service_at(p->rq->policy, i)) != NULL; i++) {
		if (!str_is(str_of(p->rq->who.organisation), s->organisation->id) ||
		    (p->service.n > 0 && !str_is(p->service, s->id)))
			continue;
		if (p->q.service_count == LEDGER_SERVICES_MOST)
			return request_fail(p->rq, E_INVALID, "invalid_request", "name one service");
		p->services[p->q.service_count++] = str_of(s->id);
	}
	return OK;
}

/* A filter that names another's finds nothing: it is laid over the own ones, never instead of them. */
static enum status
choose_services(struct page *p)
{
	const struct principal *who = &p->rq->who;

	if (who->kind == PRINCIPAL_TOKEN && may_audit(p->rq))
		return add_organisation(p);
	if (who->kind != PRINCIPAL_SERVICE ||
	    !(principal_has_scope(who, "access:evaluate") || principal_has_scope(who, "audit:write")))
		return request_fail(p->rq, E_DENIED, "insufficient_scope",
				    "this needs a service's access:evaluate or audit:write, or audit:read and a role "
				    "that may audit");
	if (p->service.n == 0 || str_eq(p->service, principal_service(who)))
		p->services[p->q.service_count++] = principal_service(who);
	return OK;
}

/* ---- the question ---- */

static enum status
bad(struct page *p, const char *what)
{
	return request_fail(p->rq, E_INVALID, "invalid_request", what);
}

static enum status
read_time(struct page *p, const char *name, int64_t otherwise, int64_t *out)
{
	struct str text = form_get(&p->rq->query, name);

	*out = otherwise;
	return text.p == NULL || clock_parse_rfc3339(text, out) == OK
		   ? OK
		   : bad(p, "since and until are RFC 3339 dates or date-times");
}

static enum status
read_filters(struct page *p)
{
	const struct {
		const char *name;
		struct str *to;
	} filters[] = { { "purpose", &p->purpose },
			{ "category", &p->category },
			{ "decision", &p->decision },
			{ "operator", &p->operator_id },
			{ "service", &p->service } };

	for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
		*filters[i].to = form_get(&p->rq->query, filters[i].name);
		if (filters[i].to->p != NULL && (filters[i].to->n == 0 || filters[i].to->n > FILTER_MOST))
			return bad(p, "a filter is empty or too long");
	}
	if (p->decision.n > 0 && !str_is(p->decision, "permit") && !str_is(p->decision, "refuse"))
		return bad(p, "decision must be permit or refuse");
	p->unconfirmed = str_is(form_get(&p->rq->query, "unconfirmed"), "true");
	return OK;
}

static enum status
read_cursor(struct page *p, struct str text)
{
	uint8_t bytes[8] = { 0 };
	struct str in = str_from(bytes, sizeof(bytes));

	p->q.before = UINT64_MAX;
	if (text.n == 0)
		return OK;
	if (text.n != CURSOR_LEN || decode_base64url_into(text, bytes, sizeof(bytes)) != OK)
		return bad(p, "this cursor is not one of ours");
	return buf_get_u64(&in, &p->q.before);
}

static enum status
read_query(struct page *p)
{
	struct str cursor;
	int limit;

	TRY(ep_admin_page(p->rq, &limit, &cursor));
	p->limit = (size_t)limit;
	p->q.read_most = READ_MOST;
	TRY(read_filters(p));
	TRY(read_time(p, "since", 0, &p->q.from_us));
	TRY(read_time(p, "until", INT64_MAX, &p->q.until_us));
	if (p->q.from_us > p->q.until_us)
		return bad(p, "since is behind until");
	return read_cursor(p, cursor);
}

/* ---- one entry ---- */

/* "eligibility" is any version of it. */
static bool
is_purpose(struct str wanted, struct str has)
{
	return str_eq(wanted, has) || str_eq(wanted, str_slice(has, 0, str_find_char(has, '/')));
}

static bool
has_category(const struct entry *e, struct str wanted)
{
	for (size_t i = 0; i < e->category_count; i++)
		if (str_eq(e->categories[i], wanted))
			return true;
	return false;
}

static bool
is_wanted(const struct page *p, const struct entry *e)
{
	return (e->event == ENTRY_ACCESS_DECIDED || e->event == ENTRY_ACCESS_RECORDED ||
		e->event == ENTRY_BREAKGLASS_USED) &&
	       (p->purpose.n == 0 || is_purpose(p->purpose, e->purpose)) &&
	       (p->category.n == 0 || has_category(e, p->category)) &&
	       (p->decision.n == 0 || str_is(p->decision, entry_decision_name(e->decision))) &&
	       (p->operator_id.n == 0 || str_eq(p->operator_id, e->by.operator_id)) &&
	       (!p->unconfirmed || (e->event == ENTRY_ACCESS_DECIDED && e->decision == ENTRY_PERMIT));
}

static void
put_text(json_t *to, const char *name, struct str spelt)
{
	CLEANUP(buf_clear) struct buf text = BUF(1024);

	if (spelt.n == 0)
		return;
	entry_put_unescaped(&text, spelt);
	json_object_set_new(to, name, json_of_str(buf_str(&text)));
}

static json_t *
texts(const struct str *list, size_t count)
{
	json_t *out = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(out, json_of_str(list[i]));
	return out;
}

static json_t *
basis_json(const struct entry_basis *b)
{
	json_t *out = json_pack("{s:s}", "type", entry_basis_name(b->type));

	put_text(out, "ref", b->ref);
	if (b->has_index)
		json_object_set_new(out, "index", json_integer((json_int_t)b->index));
	return out;
}

/* What became of a permit; absent while nobody has said it. */
static enum status
put_outcome(struct page *p, const struct entry *e, struct str id, json_t *item)
{
	CLEANUP(store_outcome_clear) struct store_outcome said = { 0 };
	enum status st;

	if (e->event != ENTRY_ACCESS_DECIDED || e->decision != ENTRY_PERMIT)
		return OK;
	st = store_outcome_find(request_store(p->rq), id, &said);
	json_object_set_new(item, "confirmed", json_boolean(st == OK));
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	json_object_set_new(item, "outcome", json_of_str(said.outcome));
	return json_object_set_new(item, "records", json_integer(said.records)) == 0 ? OK : E_NOMEM;
}

static void
put_entry(json_t *item, const struct entry *e)
{
	json_object_set_new(item, "event", json_string(entry_event_name(e->event)));
	put_text(item, "service", e->by.service);
	put_text(item, "operator", e->by.operator_id);
	put_text(item, "acr", e->by.acr);
	put_text(item, "purpose", e->purpose);
	put_text(item, "action", e->action);
	put_text(item, "reason", e->reason);
	put_text(item, "case", e->case_ref);
	put_text(item, "policy", e->policy);
	put_text(item, "trace", e->trace);
	json_object_set_new(item, "roles", texts(e->by.roles, e->by.role_count));
	json_object_set_new(item, "categories", texts(e->categories, e->category_count));
	if (e->decision != ENTRY_NO_DECISION)
		json_object_set_new(item, "decision", json_string(entry_decision_name(e->decision)));
	if (e->basis.type != ENTRY_NO_BASIS)
		json_object_set_new(item, "basis", basis_json(&e->basis));
	if (e->decision != ENTRY_REFUSE && e->about_count > 0)
		put_text(item, "tag", e->about[0].tag);
}

static enum status
describe(struct page *p, const struct entry_view *v, struct str line, json_t **out)
{
	CLEANUP(buf_clear) struct buf id = BUF(UUID_TEXT_LEN), at = BUF(CLOCK_RFC3339_LEN), leaf = BUF(64);
	CLEANUP(json_decrefp) json_t *item = NULL;
	const struct hash h = hash_leaf(line);

	uuid_put(&id, &v->entry.id);
	clock_put_rfc3339(&at, v->time_us);
	encode_base64(&leaf, str_from(h.b, sizeof(h.b)));
	item = json_pack("{s:s%, s:s%, s:{s:I, s:s%}}", "id", id.p, id.n, "at", at.p, at.n, "log", "index",
			 (json_int_t)v->index, "leaf", leaf.p, leaf.n);
	if (item == NULL)
		return E_NOMEM;
	put_entry(item, &v->entry);
	TRY(put_outcome(p, &v->entry, buf_str(&id), item));
	*out = STEAL(&item);
	return OK;
}

static enum status
add(void *ctx, const struct entry_view *v, struct str line)
{
	CLEANUP(json_decrefp) json_t *item = NULL;
	struct page *p = ctx;

	if (!is_wanted(p, &v->entry))
		return OK;
	if (json_array_size(p->records) == p->limit)
		return E_END;
	TRY(describe(p, v, line, &item));
	if (p->unconfirmed && json_is_true(json_object_get(item, "confirmed")))
		return OK;
	return json_array_append(p->records, item) == 0 ? OK : E_NOMEM;
}

/* ---- all ---- */

static enum status
answer(struct page *p, uint64_t next)
{
	CLEANUP(buf_clear) struct buf cursor = BUF(16), bytes = BUF(8);

	if (next > 0) {
		buf_put_u64(&bytes, next);
		encode_base64url(&cursor, buf_str(&bytes));
	}
	return ep_admin_say(
	    p->rq, 200,
	    json_pack("{s:O, s:s%}", "records", p->records, "next", cursor.n > 0 ? cursor.p : "", cursor.n));
}

enum status
ep_own_accesses(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *records = json_array();
	struct page p = { .rq = rq, .records = records };
	uint64_t next = 0;

	if (records == NULL)
		return E_NOMEM;
	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	TRY(read_query(&p));
	TRY(choose_services(&p));
	p.q.services = p.services;
	if (p.q.service_count > 0)
		TRY(ledger_walk(rq->authd, &p.q, add, &p, &next));
	TRY(ep_admin_record_read(rq, "access.entries", NULL));
	return answer(&p, next);
}
