/* consent_jsonld_process.c: what is done with the data: by whom, which, where, how long, how often, and what stops it.
 */
#include "authd/consent/consent_jsonld_parts.h"
#include "authd/consent/consent_shape.h"
#include "authd/consent/jsonld.h"
#include "authd/policy/member.h"

static const struct jsonld_term actions[] = {
	{ "collect", "dpv:Collect" }, { "read", "dpv:Access" },  { "verify", "dpv:Assess" },
	{ "store", "dpv:Store" },     { "update", "dpv:Alter" }, { "transfer", "dpv:Transfer" },
	{ "destroy", "dpv:Erase" },
};

/* ---- what is done ---- */

static enum status
put_purpose(json_t *process, const json_t *record)
{
	static const struct jsonld_fact facts[] = {
		{ "code", "dct:identifier", JSONLD_TEXT },   { "version", "dcat:version", JSONLD_NUMBER },
		{ "activity", "dct:isPartOf", JSONLD_LINK }, { "dpv", "skos:broader", JSONLD_LINK },
		{ "title", "dct:title", JSONLD_WORDS },
	};
	json_t *purpose = NULL;

	TRY(jsonld_open(process, "dpv:hasPurpose", "dpv:Purpose", &purpose));
	return JSONLD_PUT(purpose, json_object_get(record, "purpose"), facts);
}

static enum status
put_datum(json_t *list, const json_t *one)
{
	static const struct jsonld_fact facts[] = {
		{ "category", "dct:identifier", JSONLD_TEXT },
		{ "dpv", "skos:broader", JSONLD_LINK },
		{ "title", "dct:title", JSONLD_WORDS },
	};
	bool special = json_is_true(json_object_get(one, "special"));
	bool required = json_is_true(json_object_get(one, "required"));
	json_t *node = NULL;

	TRY(jsonld_push(list, special ? "dpv:SpecialCategoryPersonalData" : "dpv:PersonalData", &node));
	TRY(JSONLD_PUT(node, one, facts));
	return member_set(node, "dpv:hasNecessity", jsonld_link(required ? "dpv:Required" : "dpv:Optional"));
}

static enum status
put_data(json_t *process, const json_t *record)
{
	const json_t *data = json_object_get(record, "data");
	json_t *list = NULL;

	TRY(jsonld_list(process, "dpv:hasPersonalData", &list));
	for (size_t i = 0; i < json_array_size(data); i++)
		TRY(put_datum(list, json_array_get(data, i)));
	return OK;
}

static enum status
put_actions(json_t *process, const json_t *record)
{
	const json_t *done = json_object_get(record, "actions");
	json_t *list = NULL;

	TRY(jsonld_list(process, "dpv:hasProcessing", &list));
	for (size_t i = 0; i < json_array_size(done); i++) {
		const char *iri = jsonld_term(actions, ARRAY_LEN(actions), json_array_get(done, i));

		if (iri == NULL)
			return E_INVALID;
		if (json_array_append_new(list, jsonld_link(iri)) != 0)
			return E_NOMEM;
	}
	return OK;
}

/* A program that helps, one that decides alone, or none. */
static enum status
put_automation(json_t *process, const json_t *record)
{
	bool alone = json_is_true(jsonld_at(record, "methods.sole_automated_decision"));
	bool automated = json_is_true(jsonld_at(record, "methods.automated"));

	if (alone)
		TRY(member_set(process, "dpv:hasContext", jsonld_link("dpv:AutomatedDecisionMaking")));
	return member_set(process, "dpv:hasAutomationLevel",
			  jsonld_link(automated ? "dpv:PartialAutomation" : "dpv:NotAutomated"));
}

static const struct jsonld_fact body_facts[] = {
	{ "id", "dct:identifier", JSONLD_TEXT },
	{ "", "dpv:hasName", JSONLD_NAME },
	{ "address", "dpv:hasAddress", JSONLD_TEXT },
	{ "contact", "dpv:hasContact", JSONLD_TEXT },
};

static enum status
put_bodies(json_t *process, const json_t *list, const char *name, const char *type)
{
	json_t *made = NULL, *node = NULL;

	TRY(jsonld_list(process, name, &made));
	for (size_t i = 0; i < json_array_size(list); i++) {
		TRY(jsonld_push(made, type, &node));
		TRY(JSONLD_PUT(node, json_array_get(list, i), body_facts));
	}
	return OK;
}

/* Those who give or get data are a service of an organisation. */
static enum status
put_services(json_t *process, const json_t *list, const char *name, const char *type)
{
	static const struct jsonld_fact facts[] = { { "organisation", "dct:identifier", JSONLD_TEXT },
						    { "", "dpv:hasName", JSONLD_NAME } };
	static const struct jsonld_fact service[] = { { "service", "dct:identifier", JSONLD_TEXT },
						      { "title", "dct:title", JSONLD_WORDS } };
	json_t *made = NULL, *node = NULL, *of = NULL;

	TRY(jsonld_list(process, name, &made));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		TRY(jsonld_push(made, type, &node));
		TRY(JSONLD_PUT(node, one, facts));
		TRY(jsonld_open(node, "dpv:hasService", "dpv:Service", &of));
		TRY(JSONLD_PUT(of, one, service));
	}
	return OK;
}

/* One is a node, several are a list that begins with the one that asked. */
static enum status
put_controllers(json_t *process, const json_t *record)
{
	const json_t *others = json_object_get(record, "other_controllers");
	json_t *list = NULL, *node = NULL;

	if (others == NULL) {
		TRY(jsonld_open(process, "dpv:hasDataController", "dpv:DataController", &node));
		return JSONLD_PUT(node, json_object_get(record, "controller"), body_facts);
	}
	TRY(jsonld_list(process, "dpv:hasDataController", &list));
	TRY(jsonld_push(list, "dpv:DataController", &node));
	TRY(JSONLD_PUT(node, json_object_get(record, "controller"), body_facts));
	for (size_t i = 0; i < json_array_size(others); i++) {
		TRY(jsonld_push(list, "dpv:DataController", &node));
		TRY(JSONLD_PUT(node, json_array_get(others, i), body_facts));
	}
	return OK;
}

static enum status
put_parties(json_t *process, const json_t *record)
{
	TRY(put_controllers(process, record));
	TRY(put_bodies(process, json_object_get(record, "processors"), "dpv:hasDataProcessor", "dpv:DataProcessor"));
	TRY(put_services(process, json_object_get(record, "recipients"), "dpv:hasRecipient", "dpv:Recipient"));
	return put_services(process, json_object_get(record, "providers"), "dpv:hasDataSource", "dpv:DataSource");
}

/* ---- where, how long, how often ---- */

static enum status
put_storage(json_t *process, const json_t *record)
{
	static const struct jsonld_fact kept[] = { { "storage.retention", "dpv:hasDuration", JSONLD_TERM } };
	static const struct jsonld_fact destroyed[] = { { "withdrawal.destroy_within", "dpv:hasDuration",
							  JSONLD_TERM } };
	const json_t *where = jsonld_at(record, "storage.location");
	json_t *list = NULL, *node = NULL, *places = NULL;

	TRY(jsonld_list(process, "dpv:hasStorageCondition", &list));
	TRY(jsonld_push(list, "dpv:StorageLocation", &node));
	TRY(jsonld_list(node, "dpv:hasLocation", &places));
	for (size_t i = 0; i < json_array_size(where); i++)
		if (json_array_append_new(places, jsonld_place(json_array_get(where, i))) != 0)
			return E_INVALID;
	TRY(jsonld_push(list, "dpv:StorageDuration", &node));
	TRY(JSONLD_PUT(node, record, kept));
	TRY(jsonld_push(list, "dpv:StorageDeletion", &node));
	return JSONLD_PUT(node, record, destroyed);
}

static enum status
put_constraint(json_t *list, const char *what, const char *is, json_t *value)
{
	json_t *node = NULL;
	enum status st = jsonld_push(list, "odrl:Constraint", &node);

	if (st != OK) {
		json_decref(value);
		return st;
	}
	TRY(member_set(node, "odrl:rightOperand", value));
	TRY(member_set(node, "odrl:leftOperand", jsonld_link(what)));
	return member_set(node, "odrl:operator", jsonld_link(is));
}

/* "2 in P30D": a count, and the time after which it begins again. */
static enum status
put_frequency(json_t *rule, const json_t *frequency)
{
	json_t *list = NULL;

	if (frequency == NULL)
		return OK;
	if (!jsonld_fits(json_object_get(frequency, "per"), JSONLD_TERM))
		return E_INVALID;
	TRY(jsonld_list(rule, "odrl:constraint", &list));
	TRY(put_constraint(list, "odrl:count", "odrl:lteq",
			   json_integer(json_integer_value(json_object_get(frequency, "count")))));
	return put_constraint(list, "odrl:timeInterval", "odrl:eq",
			      jsonld_typed(json_object_get(frequency, "per"), "xsd:duration"));
}

static enum status
put_range(json_t *rule, const json_t *range)
{
	static const struct jsonld_fact facts[] = { { "from", "dcat:startDate", JSONLD_DATE },
						    { "to", "dcat:endDate", JSONLD_DATE } };
	json_t *period = NULL;

	if (range == NULL)
		return OK;
	TRY(jsonld_open(rule, "dct:temporal", "dct:PeriodOfTime", &period));
	return JSONLD_PUT(period, range, facts);
}

static enum status
put_limits(json_t *process, const json_t *record)
{
	static const struct jsonld_fact facts[] = {
		{ "mode", "dct:type", JSONLD_TEXT },
		{ "fetch", "dct:accrualPeriodicity", JSONLD_TEXT },
		{ "data_life", "dpv:hasDuration", JSONLD_TERM },
	};
	const json_t *limits = json_object_get(record, "limits");
	json_t *rule = NULL;

	TRY(jsonld_open(process, "dpv:hasPermission", "dpv:Permission", &rule));
	TRY(JSONLD_PUT(rule, limits, facts));
	TRY(put_frequency(rule, json_object_get(limits, "frequency")));
	return put_range(rule, json_object_get(limits, "data_range"));
}

/* ---- what the person may do ---- */

static enum status
put_control(json_t *process, const json_t *record, struct str issuer)
{
	static const struct jsonld_fact facts[] = {
		{ "methods", "dct:type", JSONLD_TEXTS },
		{ "effect", "dct:description", JSONLD_TEXT },
	};
	struct str id = consent_shape_text(json_object_get(record, "record_id"));
	json_t *node = NULL;

	TRY(jsonld_open(process, "dpv:hasConsentControl", "dpv:WithdrawConsent", &node));
	TRY(member_set(node, "dpv:isExercisedAt",
		       json_pack("{s:o}", "@id", json_sprintf("%.*s/consents/%.*s", STR_ARG(issuer), STR_ARG(id)))));
	return JSONLD_PUT(node, json_object_get(record, "withdrawal"), facts);
}

static enum status
put_rights(json_t *process, const json_t *record)
{
	static const struct jsonld_fact rights[] = {
		{ "access", "dpv:isExercisedAt", JSONLD_LINK },
		{ "question", "dpv:isExercisedAt", JSONLD_LINK },
	};
	static const struct jsonld_fact authority[] = { { "rights.authority", "dpv:hasName", JSONLD_TEXT } };
	json_t *list = NULL, *node = NULL;

	TRY(jsonld_list(process, "dpv:hasRight", &list));
	for (size_t i = 0; i < ARRAY_LEN(rights); i++) {
		TRY(jsonld_push(list, "dpv:DataSubjectRight", &node));
		TRY(member_set(node, "dct:type", json_string(rights[i].path)));
		TRY(jsonld_put(node, json_object_get(record, "rights"), &rights[i], 1));
	}
	TRY(jsonld_open(process, "dpv:hasAuthority", "dpv:DataProtectionAuthority", &node));
	return JSONLD_PUT(node, record, authority);
}

/* ---- the whole ---- */

enum status
consent_jsonld_process(json_t *node, const json_t *record, struct str issuer)
{
	json_t *process = NULL;

	TRY(jsonld_open(node, "dpv:hasProcess", "dpv:Process", &process));
	TRY(put_purpose(process, record));
	TRY(put_data(process, record));
	TRY(put_actions(process, record));
	TRY(put_automation(process, record));
	TRY(put_parties(process, record));
	TRY(put_storage(process, record));
	TRY(put_limits(process, record));
	TRY(put_control(process, record, issuer));
	return put_rights(process, record);
}
