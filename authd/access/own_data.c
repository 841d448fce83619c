#include "authd/access/own_data.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/access/contracting.h"
#include "authd/access/history.h"
#include "authd/access/later.h"
#include "authd/audit/audit.h"
#include "authd/consent/consent_jsonld.h"
#include "authd/consent/consenting.h"
#include "authd/http/html.h"
#include "authd/http/json.h"
#include "authd/request.h"
#include "authd/store/store_contract.h"
#include "authd/store/store_grant.h"
#include "authd/store/store_objection.h"
#include "authd/store/store_password.h"
#include "authd/store/store_person.h"
#include "authd/store/store_recovery.h"
#include "authd/store/store_role.h"
#include "authd/store/store_session.h"
#include "authd/store/store_tag.h"
#include "authd/store/store_totp.h"

#define FORMAT "ombud-own-data/1"
#define CHUNK  100 /* indices asked for at once */

struct collecting {
	struct request *rq;
	const struct store_person *person;
	struct keys_person who;
	const struct own_data_range *range;
	json_t *entries;
	size_t bytes;
	bool full;
};

static enum status
set(json_t *into, const char *name, json_t *value)
{
	return json_object_set_new(into, name, value) == 0 ? OK : E_NOMEM;
}

static enum status
push(json_t *list, json_t *value)
{
	return json_array_append_new(list, value) == 0 ? OK : E_NOMEM;
}

/* ---- who ---- */

static enum status
add_profile(struct collecting *c, json_t *into)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	const struct keys_place place = { STR("person"), STR("profile"), c->person->sub };
	json_t *profile = NULL;

	if (c->person->profile.n == 0)
		return OK;
	TRY(keys_field_open(c->rq->authd->keys, &c->who, &place, c->person->profile, &text));
	TRY(json_read(buf_str(&text), KEYS_FIELD_MAX, &profile, NULL));
	return set(into, "profile", profile);
}

static enum status
add_person(struct collecting *c, json_t *data)
{
	const struct store_person *p = c->person;
	json_t *person = json_pack("{s:s%, s:s%, s:b, s:I}", "sub", p->sub.p, p->sub.n, "kind", p->kind.p, p->kind.n,
				   "active", p->status == STORE_PERSON_ACTIVE, "created_us", (json_int_t)p->created_us);

	TRY(set(data, "person", person));
	if (p->login.n > 0)
		TRY(set(person, "login", json_of_str(p->login)));
	if (p->pseudonym.n > 0)
		TRY(set(person, "pseudonym", json_of_str(p->pseudonym)));
	return add_profile(c, person);
}

/* ---- how they sign in: that there is something, never what ---- */

static enum status
add_codes(struct collecting *c, json_t *into)
{
	CLEANUP(store_totp_list_clear) struct store_totp_list devices = { 0 };
	json_t *list = json_array();
	int left = 0;

	TRY(set(into, "totp", list));
	TRY(store_totp_of(request_store(c->rq), c->person->sub, &devices));
	for (size_t i = 0; i < devices.count; i++)
		TRY(push(list, json_pack("{s:s%, s:b, s:b}", "id", devices.items[i].id.p, devices.items[i].id.n,
					 "confirmed", devices.items[i].confirmed, "locked", devices.items[i].locked)));
	TRY(store_recovery_left(request_store(c->rq), c->person->sub, &left));
	return set(into, "recovery_codes_left", json_integer(left));
}

static enum status
add_factors(struct collecting *c, json_t *data)
{
	CLEANUP(store_password_clear) struct store_password password = { 0 };
	json_t *factors = json_object();
	enum status st = store_password_find(request_store(c->rq), c->person->sub, &password);

	TRY(set(data, "factors", factors));
	if (st != OK && st != E_NOT_FOUND)
		return st;
	if (st == OK)
		TRY(set(factors, "password_changed_us", json_integer(password.changed_us)));
	return add_codes(c, factors);
}

static enum status
add_sessions(struct collecting *c, json_t *data)
{
	CLEANUP(store_session_list_clear) struct store_session_list list = { 0 };
	json_t *sessions = json_array();

	TRY(set(data, "sessions", sessions));
	TRY(store_session_page(request_store(c->rq), c->person->sub, clock_now_us(), STR(""), STORE_LIST_MAX, &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct store_session *s = &list.items[i];

		TRY(push(sessions, json_pack("{s:s%, s:I, s:I, s:I, s:i, s:s%, s:o}", "sid", s->sid.p, s->sid.n,
					     "began_us", (json_int_t)s->auth_us, "seen_us", (json_int_t)s->seen_us,
					     "expires_us", (json_int_t)s->expires_us, "acr", s->acr, "amr", s->amr.p,
					     s->amr.n, "agent", json_of_str(s->agent))));
	}
	return OK;
}

static enum status
add_roles(struct collecting *c, json_t *data)
{
	CLEANUP(store_role_list_clear) struct store_role_list list = { 0 };
	json_t *roles = json_array();

	TRY(set(data, "roles", roles));
	TRY(store_role_of(request_store(c->rq), c->person->sub, &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct store_role *r = &list.items[i];

		TRY(push(roles, json_pack("{s:s%, s:s%, s:I}", "organisation", r->organisation.p, r->organisation.n,
					  "role", r->role.p, r->role.n, "assigned_us", (json_int_t)r->assigned_us)));
	}
	return OK;
}

static enum status
add_clients(struct collecting *c, json_t *data)
{
	CLEANUP(store_grant_client_list_clear) struct store_grant_client_list list = { 0 };
	json_t *clients = json_array();

	TRY(set(data, "clients", clients));
	TRY(store_grant_clients(request_store(c->rq), c->person->sub, STORE_LIST_MAX, &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct store_grant_client *g = &list.items[i];

		TRY(push(clients, json_pack("{s:s%, s:o, s:I, s:I}", "client_id", g->client_id.p, g->client_id.n,
					    "name", json_of_str(g->name), "first_us", (json_int_t)g->first_us,
					    "last_us", (json_int_t)g->last_us)));
	}
	return OK;
}

/* ---- consents and requests ---- */

/* What they take home of one: who signed it, the receipt with its proofs, the record for other programs. */
static enum status
add_forms(struct collecting *c, const struct store_consent *stored, const json_t *record, json_t *item)
{
	const struct consenting_giver owner = { .sub = c->person->sub, .wrapped = c->person->wrapped_key };
	json_t *identity = NULL, *receipt = NULL, *linked = NULL;
	enum status st = consenting_identity(c->rq, stored, &owner, &identity);

	if (st == OK)
		TRY(set(item, "identity", identity));
	else if (st != E_NOT_FOUND)
		return st;
	TRY(consent_jsonld_record(record, c->rq->authd->issuer, &linked));
	TRY(set(item, "jsonld", linked));
	if (stored->log_index == STORE_NO_INDEX)
		return OK;
	TRY(consenting_receipt(c->rq, stored, &receipt));
	return set(item, "receipt", receipt);
}

static enum status
add_consent(struct collecting *c, const struct store_consent *stored, json_t *consents)
{
	json_t *record = NULL, *item;

	TRY(consenting_record(c->rq, stored, &record));
	item = json_pack("{s:s%, s:s%, s:s%, s:s%, s:s%, s:I, s:I, s:o}", "record_id", stored->record_id.p,
			 stored->record_id.n, "service", stored->service.p, stored->service.n, "organisation",
			 stored->organisation.p, stored->organisation.n, "purpose", stored->purpose.p,
			 stored->purpose.n, "state", stored->state.p, stored->state.n, "from_us",
			 (json_int_t)stored->from_us, "until_us", (json_int_t)stored->until_us, "record", record);
	TRY(push(consents, item));
	return add_forms(c, stored, record, item);
}

static enum status
add_consents(struct collecting *c, json_t *data)
{
	CLEANUP(store_consent_list_clear) struct store_consent_list list = { 0 };
	const struct store_consent_filter own = { .sub = c->person->sub };
	json_t *consents = json_array();

	TRY(set(data, "consents", consents));
	TRY(store_consent_page(request_store(c->rq), &own, STR(""), STORE_LIST_MAX, &list));
	for (size_t i = 0; i < list.count; i++)
		TRY(add_consent(c, &list.items[i], consents));
	if (list.next.text[0] != '\0')
		c->full = true;
	return OK;
}

static enum status
add_requests(struct collecting *c, json_t *data)
{
	CLEANUP(store_request_list_clear) struct store_request_list list = { 0 };
	json_t *requests = json_array();

	TRY(set(data, "requests", requests));
	TRY(store_request_page(request_store(c->rq), c->person->sub, STR(""), STR(""), STORE_LIST_MAX, &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct store_request *r = &list.items[i];

		TRY(push(requests, json_pack("{s:s%, s:s%, s:s%, s:s%, s:s%, s:I, s:I, s:o}", "request_id",
					     r->request_id.p, r->request_id.n, "service", r->service.p, r->service.n,
					     "organisation", r->organisation.p, r->organisation.n, "purpose",
					     r->purpose.p, r->purpose.n, "state", r->state.p, r->state.n, "created_us",
					     (json_int_t)r->created_us, "expires_us", (json_int_t)r->expires_us, "case",
					     r->case_ref.n > 0 ? json_of_str(r->case_ref) : json_null())));
	}
	if (list.next.text[0] != '\0')
		c->full = true;
	return OK;
}

/* ---- what they forbade, and what they agreed with services ---- */

static enum status
add_objections(struct collecting *c, json_t *data)
{
	CLEANUP(store_objection_list_clear) struct store_objection_list list = { 0 };
	json_t *objections = json_array();

	TRY(set(data, "objections", objections));
	TRY(store_objection_of(request_store(c->rq), c->person->sub, &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct store_objection *o = &list.items[i];

		TRY(push(objections, json_pack("{s:s%, s:s%, s:I}", "purpose", o->purpose.p, o->purpose.n, "category",
					       o->category.p, o->category.n, "since_us", (json_int_t)o->since_us)));
	}
	return OK;
}

static enum status
add_contract(struct collecting *c, const struct store_contract *one, json_t *contracts)
{
	CLEANUP(buf_clear) struct buf number = BUF(KEYS_FIELD_MAX);

	TRY(contracting_number(c->rq, &c->who, one, &number));
	return push(contracts, json_pack("{s:s%, s:s%, s:s%, s:s%, s:s%, s:I, s:I}", "contract_id", one->contract_id.p,
					 one->contract_id.n, "service", one->service.p, one->service.n, "kind",
					 one->kind.p, one->kind.n, "number", number.n > 0 ? number.p : "", number.n,
					 "state", one->state.p, one->state.n, "from_us", (json_int_t)one->from_us,
					 "until_us", (json_int_t)one->until_us));
}

static enum status
add_contracts(struct collecting *c, json_t *data)
{
	CLEANUP(store_contract_list_clear) struct store_contract_list list = { 0 };
	json_t *contracts = json_array();

	TRY(set(data, "contracts", contracts));
	TRY(store_contract_page(request_store(c->rq), c->person->sub, STR(""), STR(""), STORE_LIST_MAX, &list));
	for (size_t i = 0; i < list.count; i++)
		TRY(add_contract(c, &list.items[i], contracts));
	if (list.next.text[0] != '\0')
		c->full = true;
	return OK;
}

/* ---- the log ---- */

/* "access.decided" → "access_decided": as keys of texts are spelt. */
static json_t *
event_key(enum entry_event event)
{
	char name[64];

	snprintf(name, sizeof(name), "%s", entry_event_name(event));
	for (char *p = name; *p != '\0'; p++)
		if (*p == '.')
			*p = '_';
	return json_string(name);
}

static enum status
add_detail(struct collecting *c, struct str line, json_t *item)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_PLAIN_MAX);
	json_t *detail = NULL;
	enum status st = audit_open(c->rq->authd, &c->who, line, &text);

	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	TRY(json_read(buf_str(&text), KEYS_PLAIN_MAX, &detail, NULL));
	return set(item, "detail", detail);
}

static enum status
add_entry(struct collecting *c, uint64_t index)
{
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	CLEANUP(json_decrefp) json_t *item = NULL;
	struct entry_view v;

	TRY(audit_read(c->rq->authd, index, &line));
	TRY(entry_parse(buf_str(&line), &v));
	TRY(history_describe(c->rq, &v, &item));
	TRY(set(item, "event", json_string(entry_event_name(v.entry.event))));
	TRY(set(item, "event_key", event_key(v.entry.event)));
	TRY(add_detail(c, buf_str(&line), item));
	TRY(set(item, "entry", json_of_str(buf_str(&line))));
	c->bytes += line.n;
	return push(c->entries, json_incref(item));
}

static bool
is_full(struct collecting *c)
{
	c->full = c->full || json_array_size(c->entries) >= OWN_DATA_ENTRIES_MOST || c->bytes >= OWN_DATA_LINES_MOST;
	return c->full;
}

static enum status
add_month(struct collecting *c, struct str month)
{
	uint64_t indices[CHUNK], before = UINT64_MAX;
	size_t count = CHUNK;

	while (count == CHUNK) {
		TRY(later_entries(c->rq, &c->who, month, before, CHUNK, indices, &count));
		for (size_t i = 0; i < count; i++) {
			if (is_full(c))
				return OK;
			TRY(add_entry(c, indices[i]));
			before = indices[i];
		}
	}
	return OK;
}

/* Newest first. */
static enum status
add_entries(struct collecting *c, json_t *data)
{
	CLEANUP(store_tag_list_clear) struct store_tag_list tags = { 0 };
	struct str from = c->range->from.n > 0 ? c->range->from : STR("0000-00");
	struct str to = c->range->to.n > 0 ? c->range->to : STR("9999-12");

	c->entries = json_array();
	TRY(set(data, "entries", c->entries));
	TRY(later_months(c->rq, c->person->sub, from, to, &tags));
	for (size_t i = 0; i < tags.count; i++)
		TRY(add_month(c, tags.items[i].month));
	return OK;
}

/* ---- all of it ---- */

static bool
is_month_or_empty(struct str s)
{
	static const char shape[] = "dddd-dd";

	if (s.n == 0)
		return true;
	if (s.n != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (shape[i] == 'd' ? s.p[i] < '0' || s.p[i] > '9' : s.p[i] != shape[i])
			return false;
	return true;
}

enum status
own_data_check_range(const struct own_data_range *range)
{
	return is_month_or_empty(range->from) && is_month_or_empty(range->to) ? OK : E_INVALID;
}

enum status
own_data_collect(struct request *rq, const struct store_person *p, const struct own_data_range *range, json_t **out)
{
	static enum status (*const parts[])(struct collecting * c, json_t * data) = {
		add_person,   add_factors,  add_roles,      add_sessions,  add_clients,
		add_consents, add_requests, add_objections, add_contracts, add_entries,
	};
	struct collecting c = {
		.rq = rq, .person = p, .who = { .sub = p->sub, .wrapped = p->wrapped_key }, .range = range
	};
	CLEANUP(json_decrefp)
	json_t *data = json_pack("{s:s, s:s, s:I}", "format", FORMAT, "issuer", rq->authd->config.issuer, "made_us",
				 (json_int_t)clock_now_us());

	if (data == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		TRY(parts[i](&c, data));
	TRY(set(data, "complete", json_boolean(!c.full)));
	*out = STEAL(&data);
	return OK;
}

/* ---- files ---- */

enum status
own_data_form_parse(struct str name, enum own_data_form *out)
{
	if (!str_is(name, "json") && !str_is(name, "html"))
		return E_INVALID;
	*out = str_is(name, "json") ? OWN_DATA_JSON : OWN_DATA_HTML;
	return OK;
}

/* What was sealed in an entry as lines of name and value, because a page cannot list the members of an object. */
static enum status
add_detail_rows(json_t *entry)
{
	json_t *rows = json_array(), *value;
	const char *name;

	TRY(set(entry, "detail_rows", rows));
	json_object_foreach(json_object_get(entry, "detail"), name,
			    value) if (json_is_string(value) || json_is_integer(value))
	    TRY(push(rows, json_pack("{s:s, s:O}", "name", name, "value", value)));
	return OK;
}

static enum status
write_html(struct request *rq, const json_t *data, struct buf *out)
{
	CLEANUP(json_decrefp) json_t *shown = json_deep_copy(data);
	json_t *entry;
	size_t i;

	if (shown == NULL)
		return E_NOMEM;
	json_array_foreach(json_object_get(shown, "entries"), i, entry) TRY(add_detail_rows(entry));
	return html_page("own_data", shown, rq->http->lang, out);
}

enum status
own_data_write(struct request *rq, const json_t *data, enum own_data_form form, struct buf *out)
{
	TRY(form == OWN_DATA_HTML ? write_html(rq, data, out) : json_write(data, out));
	return buf_status(out);
}
