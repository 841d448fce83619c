#include "authd/oauth/details.h"

#include "auditlog/base/clock.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/policy/policy.h"
#include "authd/request.h"
#include "authd/store/store_client.h"
#include "authd/store/store_consent.h"

#define NAME_MOST 100

/* ---- shape and policy ---- */

struct target {
	const struct policy *policy;
	const struct service *service;
};

static enum status
check_categories(const struct target *t, const struct purpose *purpose, struct json_in *in)
{
	struct str names[DETAILS_CATEGORIES_MOST];
	size_t count;

	TRY(json_need_strs(in, "categories", NAME_MOST, names, ARRAY_LEN(names), &count));
	for (size_t i = 0; i < count; i++) {
		const struct category *c = policy_category(t->policy, names[i]);

		if (c == NULL || purpose_rule_for(purpose, c) == NULL)
			return E_INVALID;
	}
	return OK;
}

static enum status
check_one(const struct target *t, struct json_in *in)
{
	static const char *const members[] = { "type", "purpose", "categories", "consent_id", NULL };
	const struct purpose *purpose;
	struct str type, name, consent_id;

	TRY(json_only(in, members));
	TRY(json_need_str(in, "type", NAME_MOST, &type));
	TRY(json_need_str(in, "purpose", NAME_MOST, &name));
	TRY(json_opt_str(in, "consent_id", NAME_MOST, &consent_id));
	purpose = policy_purpose(t->policy, name);
	if (!str_is(type, DETAILS_TYPE) || purpose == NULL || !policy_declares(t->policy, t->service, purpose))
		return E_INVALID;
	return check_categories(t, purpose, in);
}

static enum status
check_all(const struct target *t, const json_t *list)
{
	if (!json_is_array(list) || json_array_size(list) == 0 || json_array_size(list) > DETAILS_MOST)
		return E_INVALID;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		struct json_in in = json_at(one, NULL);

		if (!json_is_object(one))
			return E_INVALID;
		TRY(check_one(t, &in));
	}
	return OK;
}

enum status
details_read(const struct policy *policy, struct str service, struct str text, json_t **out)
{
	CLEANUP(json_decrefp) json_t *list = NULL;
	const struct target t = { .policy = policy, .service = service.n > 0 ? policy_service(policy, service) : NULL };

	if (t.service == NULL)
		return E_INVALID;
	TRY(json_read(text, DETAILS_TEXT_MOST, &list, NULL));
	TRY(check_all(&t, list));
	*out = STEAL(&list);
	return OK;
}

enum status
details_put(const json_t *details, struct buf *out)
{
	TRY(json_write_canonical(details, out));
	return buf_status(out);
}

/* ---- the person's consents ---- */

static struct str
text_of(const json_t *one, const char *member)
{
	const json_t *v = json_object_get(one, member);

	return json_is_string(v) ? str_from(json_string_value(v), json_string_length(v)) : (struct str){ 0 };
}

/* What rests on a statute needs no consent; only the others count. */
static bool
needs_consent(const struct policy *policy, struct str purpose, struct str category)
{
	const struct category *c = policy_category(policy, category);
	const struct purpose *p = policy_purpose(policy, purpose);
	const struct purpose_rule *rule = c != NULL && p != NULL ? purpose_rule_for(p, c) : NULL;

	return rule == NULL || rule->basis == BASIS_CONSENT;
}

/* The category's newest consent as a decision would see it now: so a token never names what a decision would not rest
 * on. */
static enum status
consent_for(struct request *rq, const struct store_client *client, const json_t *one, struct str category,
	    struct store_facts *out)
{
	const struct purpose *purpose = policy_purpose(rq->policy, text_of(one, "purpose"));
	const struct store_facts_query query = {
		.sub = str_of(rq->who.sub),
		.service = client->service,
		.purpose = text_of(one, "purpose"),
		.category = category,
		.now_us = clock_now_us(),
	};

	TRY(store_consent_facts(request_store(rq), &query, out));
	if (purpose == NULL || out->restricted || out->purpose_version != (int)purpose->version ||
	    out->record_id.p == NULL || !out->has_category || !out->in_period || out->objection ||
	    out->log_index == STORE_NO_INDEX || !(str_is(out->state, "given") || str_is(out->state, "renewed")))
		return E_NOT_FOUND;
	return OK;
}

/* One consent must cover them all: the first category says which, the others must agree. */
static enum status
bind_category(struct request *rq, const struct store_client *client, json_t *one, struct str category)
{
	CLEANUP(store_facts_clear) struct store_facts facts = { 0 };
	struct str named = text_of(one, "consent_id");
	enum status st = consent_for(rq, client, one, category, &facts);

	if (st != OK)
		return st == E_NOT_FOUND && named.n > 0 ? E_DENIED : st;
	if (named.n > 0)
		return str_eq(named, facts.record_id) ? OK : E_DENIED;
	return json_object_set_new(one, "consent_id", json_of_str(facts.record_id)) == 0 ? OK : E_NOMEM;
}

static enum status
bind_one(struct request *rq, const struct store_client *client, json_t *one)
{
	const json_t *categories = json_object_get(one, "categories");
	bool named = text_of(one, "consent_id").n > 0, bound = false;

	for (size_t i = 0; i < json_array_size(categories); i++) {
		const json_t *c = json_array_get(categories, i);
		struct str category = str_from(json_string_value(c), json_string_length(c));
		enum status st;

		if (!needs_consent(rq->policy, text_of(one, "purpose"), category))
			continue;
		st = bind_category(rq, client, one, category);
		/* Two consents cover it in parts: one for all of it has to be asked for. */
		if (st == E_DENIED && !named)
			json_object_del(one, "consent_id");
		if (st != OK)
			return st == E_DENIED && !named ? E_NOT_FOUND : st;
		bound = true;
	}
	return named && !bound ? E_DENIED : OK;
}

enum status
details_bind(struct request *rq, const struct store_client *client, json_t *details, size_t *missing)
{
	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	for (size_t i = 0; i < json_array_size(details); i++) {
		enum status st = bind_one(rq, client, json_array_get(details, i));

		if (st == E_NOT_FOUND)
			*missing = i;
		TRY(st);
	}
	return OK;
}

/* ---- afterwards ---- */

static enum status
consent_stands(struct request *rq, const json_t *one, struct str sub)
{
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };
	struct str id = text_of(one, "consent_id");
	enum status st;

	if (id.n == 0)
		return OK;
	st = store_consent_find(request_store(rq), id, sub, &c);
	if (st != OK && st != E_NOT_FOUND)
		return st;
	if (st == E_NOT_FOUND || !str_is(c.state, "given") || c.until_us <= clock_now_us())
		return request_fail(rq, E_DENIED, "invalid_grant", "the consent that this was granted with has ended");
	return OK;
}

enum status
details_stand(struct request *rq, struct str text, struct str sub)
{
	CLEANUP(json_decrefp) json_t *details = NULL;

	if (text.n == 0)
		return OK;
	TRY(json_read(text, DETAILS_TEXT_MOST * 2, &details, NULL));
	for (size_t i = 0; i < json_array_size(details); i++)
		TRY(consent_stands(rq, json_array_get(details, i), sub));
	return OK;
}
