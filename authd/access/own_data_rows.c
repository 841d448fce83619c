#include "auditlog/base/clock.h"
#include "authd/access/contracting.h"
#include "authd/access/own_data_parts.h"
#include "authd/consent/consent_jsonld.h"
#include "authd/consent/consenting.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/request.h"
#include "authd/store/store_contract.h"
#include "authd/store/store_grant.h"
#include "authd/store/store_objection.h"
#include "authd/store/store_password.h"
#include "authd/store/store_person.h"
#include "authd/store/store_recovery.h"
#include "authd/store/store_role.h"
#include "authd/store/store_session.h"
#include "authd/store/store_totp.h"

/* ---- who ---- */

static enum status
add_profile(struct own_data *c, json_t *into)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	const struct keys_place place = { STR("person"), STR("profile"), c->person->sub };
	json_t *profile = NULL;

	if (c->person->profile.n == 0)
		return OK;
	TRY(keys_field_open(c->rq->authd->keys, &c->who, &place, c->person->profile, &text));
	TRY(json_read(buf_str(&text), KEYS_FIELD_MAX, &profile, NULL));
	return own_data_set(into, "profile", profile);
}

static enum status
add_person(struct own_data *c, json_t *data)
{
	const struct store_person *p = c->person;
	json_t *person = json_pack("{s:s%, s:s%, s:b, s:I}", "sub", p->sub.p, p->sub.n, "kind", p->kind.p, p->kind.n,
				   "active", p->status == STORE_PERSON_ACTIVE, "created_us", (json_int_t)p->created_us);

	TRY(own_data_set(data, "person", person));
	if (p->login.n > 0)
		TRY(own_data_set(person, "login", json_of_str(p->login)));
	if (p->pseudonym.n > 0)
		TRY(own_data_set(person, "pseudonym", json_of_str(p->pseudonym)));
	return add_profile(c, person);
}

/* ---- how they sign in: that there is something, never what ---- */

static enum status
add_codes(struct own_data *c, json_t *into)
{
	CLEANUP(store_totp_list_clear) struct store_totp_list devices = { 0 };
	json_t *list = json_array();
	int left = 0;

	TRY(own_data_set(into, "totp", list));
	TRY(store_totp_of(request_store(c->rq), c->person->sub, &devices));
	for (size_t i = 0; i < devices.count; i++)
		TRY(own_data_push(list, json_pack("{s:s%, s:b, s:b}", "id", devices.items[i].id.p,
						  devices.items[i].id.n, "confirmed", devices.items[i].confirmed,
						  "locked", devices.items[i].locked)));
	TRY(store_recovery_left(request_store(c->rq), c->person->sub, &left));
	return own_data_set(into, "recovery_codes_left", json_integer(left));
}

static enum status
add_factors(struct own_data *c, json_t *data)
{
	CLEANUP(store_password_clear) struct store_password password = { 0 };
	json_t *factors = json_object();
	enum status st = store_password_find(request_store(c->rq), c->person->sub, &password);

	TRY(own_data_set(data, "factors", factors));
	if (st != OK && st != E_NOT_FOUND)
		return st;
	if (st == OK)
		TRY(own_data_set(factors, "password_changed_us", json_integer(password.changed_us)));
	return add_codes(c, factors);
}

static enum status
add_sessions(struct own_data *c, json_t *data)
{
	CLEANUP(store_session_list_clear) struct store_session_list list = { 0 };
	json_t *sessions = json_array();

	TRY(own_data_set(data, "sessions", sessions));
	TRY(store_session_page(request_store(c->rq), c->person->sub, clock_now_us(), STR(""), STORE_LIST_MAX, &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct store_session *s = &list.items[i];

		TRY(own_data_push(sessions,
				  json_pack("{s:s%, s:I, s:I, s:I, s:i, s:s%, s:o}", "sid", s->sid.p, s->sid.n,
					    "began_us", (json_int_t)s->auth_us, "seen_us", (json_int_t)s->seen_us,
					    "expires_us", (json_int_t)s->expires_us, "acr", s->acr, "amr", s->amr.p,
					    s->amr.n, "agent", json_of_str(s->agent))));
	}
	return OK;
}

static enum status
add_roles(struct own_data *c, json_t *data)
{
	CLEANUP(store_role_list_clear) struct store_role_list list = { 0 };
	json_t *roles = json_array();

	TRY(own_data_set(data, "roles", roles));
	TRY(store_role_of(request_store(c->rq), c->person->sub, &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct store_role *r = &list.items[i];

		TRY(own_data_push(roles,
				  json_pack("{s:s%, s:s%, s:I}", "organisation", r->organisation.p, r->organisation.n,
					    "role", r->role.p, r->role.n, "assigned_us", (json_int_t)r->assigned_us)));
	}
	return OK;
}

static enum status
add_clients(struct own_data *c, json_t *data)
{
	CLEANUP(store_grant_client_list_clear) struct store_grant_client_list list = { 0 };
	json_t *clients = json_array();

	TRY(own_data_set(data, "clients", clients));
	TRY(store_grant_clients(request_store(c->rq), c->person->sub, STORE_LIST_MAX, &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct store_grant_client *g = &list.items[i];

		TRY(own_data_push(clients, json_pack("{s:s%, s:o, s:I, s:I}", "client_id", g->client_id.p,
						     g->client_id.n, "name", json_of_str(g->name), "first_us",
						     (json_int_t)g->first_us, "last_us", (json_int_t)g->last_us)));
	}
	return OK;
}

/* ---- consents and requests ---- */

/* What they take home of one: who signed it, the receipt with its proofs, the record for other programs. */
static enum status
add_forms(struct own_data *c, const struct store_consent *stored, const json_t *record, json_t *item)
{
	const struct consenting_giver owner = { .sub = c->person->sub, .wrapped = c->person->wrapped_key };
	json_t *identity = NULL, *receipt = NULL, *linked = NULL;
	enum status st = consenting_identity(c->rq, stored, &owner, &identity);

	if (st == OK)
		TRY(own_data_set(item, "identity", identity));
	else if (st != E_NOT_FOUND)
		return st;
	TRY(consent_jsonld_record(record, c->rq->authd->issuer, &linked));
	TRY(own_data_set(item, "jsonld", linked));
	if (stored->log_index == STORE_NO_INDEX)
		return OK;
	TRY(consenting_receipt(c->rq, stored, &receipt));
	return own_data_set(item, "receipt", receipt);
}

static enum status
add_consent(struct own_data *c, const struct store_consent *stored, json_t *consents)
{
	json_t *record = NULL, *item;

	TRY(consenting_record(c->rq, stored, &record));
	item = json_pack("{s:s%, s:s%, s:s%, s:s%, s:s%, s:I, s:I, s:o}", "record_id", stored->record_id.p,
			 stored->record_id.n, "service", stored->service.p, stored->service.n, "organisation",
			 stored->organisation.p, stored->organisation.n, "purpose", stored->purpose.p,
			 stored->purpose.n, "state", stored->state.p, stored->state.n, "from_us",
			 (json_int_t)stored->from_us, "until_us", (json_int_t)stored->until_us, "record", record);
	TRY(own_data_push(consents, item));
	return add_forms(c, stored, record, item);
}

static enum status
add_consents(struct own_data *c, json_t *data)
{
	CLEANUP(store_consent_list_clear) struct store_consent_list list = { 0 };
	const struct store_consent_filter own = { .sub = c->person->sub };
	json_t *consents = json_array();

	TRY(own_data_set(data, "consents", consents));
	TRY(store_consent_page(request_store(c->rq), &own, STR(""), STORE_LIST_MAX, &list));
	for (size_t i = 0; i < list.count; i++)
		TRY(add_consent(c, &list.items[i], consents));
	if (list.next.text[0] != '\0')
		c->full = true;
	return OK;
}

/* Whom it names; null: the service alone. */
static json_t *
recipients_of(const struct store_request *r)
{
	json_t *list = NULL;

	return r->recipients.n > 0 && json_read(r->recipients, 8192, &list, NULL) == OK ? list : json_null();
}

static enum status
add_requests(struct own_data *c, json_t *data)
{
	CLEANUP(store_request_list_clear) struct store_request_list list = { 0 };
	json_t *requests = json_array();

	TRY(own_data_set(data, "requests", requests));
	TRY(store_request_page(request_store(c->rq), c->person->sub, STR(""), STR(""), STORE_LIST_MAX, &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct store_request *r = &list.items[i];

		TRY(own_data_push(requests,
				  json_pack("{s:s%, s:s%, s:s%, s:s%, s:s%, s:I, s:I, s:o, s:o}", "request_id",
					    r->request_id.p, r->request_id.n, "service", r->service.p, r->service.n,
					    "organisation", r->organisation.p, r->organisation.n, "purpose",
					    r->purpose.p, r->purpose.n, "state", r->state.p, r->state.n, "created_us",
					    (json_int_t)r->created_us, "expires_us", (json_int_t)r->expires_us, "case",
					    r->case_ref.n > 0 ? json_of_str(r->case_ref) : json_null(), "recipients",
					    recipients_of(r))));
	}
	if (list.next.text[0] != '\0')
		c->full = true;
	return OK;
}

/* ---- what they forbade, and what they agreed with services ---- */

static enum status
add_objections(struct own_data *c, json_t *data)
{
	CLEANUP(store_objection_list_clear) struct store_objection_list list = { 0 };
	json_t *objections = json_array();

	TRY(own_data_set(data, "objections", objections));
	TRY(store_objection_of(request_store(c->rq), c->person->sub, &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct store_objection *o = &list.items[i];

		TRY(own_data_push(objections,
				  json_pack("{s:s%, s:s%, s:I}", "purpose", o->purpose.p, o->purpose.n, "category",
					    o->category.p, o->category.n, "since_us", (json_int_t)o->since_us)));
	}
	return OK;
}

static enum status
add_contract(struct own_data *c, const struct store_contract *one, json_t *contracts)
{
	CLEANUP(buf_clear) struct buf number = BUF(KEYS_FIELD_MAX);

	TRY(contracting_number(c->rq, &c->who, one, &number));
	return own_data_push(contracts,
			     json_pack("{s:s%, s:s%, s:s%, s:s%, s:s%, s:I, s:I}", "contract_id", one->contract_id.p,
				       one->contract_id.n, "service", one->service.p, one->service.n, "kind",
				       one->kind.p, one->kind.n, "number", number.n > 0 ? number.p : "", number.n,
				       "state", one->state.p, one->state.n, "from_us", (json_int_t)one->from_us,
				       "until_us", (json_int_t)one->until_us));
}

static enum status
add_contracts(struct own_data *c, json_t *data)
{
	CLEANUP(store_contract_list_clear) struct store_contract_list list = { 0 };
	json_t *contracts = json_array();

	TRY(own_data_set(data, "contracts", contracts));
	TRY(store_contract_page(request_store(c->rq), c->person->sub, STR(""), STR(""), STORE_LIST_MAX, &list));
	for (size_t i = 0; i < list.count; i++)
		TRY(add_contract(c, &list.items[i], contracts));
	if (list.next.text[0] != '\0')
		c->full = true;
	return OK;
}

/* ---- all of them ---- */

enum status
own_data_add_rows(struct own_data *c, json_t *data)
{
	static enum status (*const parts[])(struct own_data * c, json_t * data) = {
		add_person,   add_factors,  add_roles,      add_sessions,  add_clients,
		add_consents, add_requests, add_objections, add_contracts,
	};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		TRY(parts[i](c, data));
	return OK;
}
