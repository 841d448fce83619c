#include "authd/consent/consent_jsonld.h"

#include <string.h>

#include "auditlog/base/encode.h"
#include "auditlog/core/hash.h"
#include "authd/consent/consent_shape.h"
#include "authd/policy/member.h"

#define PATH_MOST 64

/* Prefixes of namespaces that others keep; none is ours. */
static const struct {
	const char *prefix, *iri;
} prefixes[] = {
	{ "dcat", "http://www.w3.org/ns/dcat#" },
	{ "dct", "http://purl.org/dc/terms/" },
	{ "dpv", "https://w3id.org/dpv#" },
	{ "loc", "https://w3id.org/dpv/loc#" },
	{ "odrl", "http://www.w3.org/ns/odrl/2/" },
	{ "rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#" },
	{ "skos", "http://www.w3.org/2004/02/skos/core#" },
	{ "spdx", "http://spdx.org/rdf/terms#" },
	{ "xsd", "http://www.w3.org/2001/XMLSchema#" },
};

/* How a value of the record is said. */
enum form { TEXT, LINK, DATE, TIME, TERM, NUMBER, WORDS, NAME, SHA256, PLACE, TEXTS };

/* One value: where it stands below a part of the record, and what it is called. What is absent is left out. */
struct fact {
	const char *path, *name;
	enum form form;
};

/* A code of the record and the DPV term that means it. */
struct term {
	const char *code, *iri;
};

static const struct term actions[] = {
	{ "collect", "dpv:Collect" }, { "read", "dpv:Access" },  { "verify", "dpv:Assess" },
	{ "store", "dpv:Store" },     { "update", "dpv:Alter" }, { "transfer", "dpv:Transfer" },
	{ "destroy", "dpv:Erase" },
};

static const struct term states[] = {
	{ "requested", "dpv:ConsentRequested" },  { "given", "dpv:ConsentGiven" },
	{ "refused", "dpv:ConsentRefused" },      { "deferred", "dpv:ConsentRequestDeferred" },
	{ "withdrawn", "dpv:ConsentWithdrawn" },  { "expired", "dpv:ConsentExpired" },
	{ "revoked", "dpv:ConsentRevoked" },      { "invalidated", "dpv:ConsentInvalidated" },
	{ "renewed", "dpv:RenewedConsentGiven" },
};

static const struct term kinds[] = { { "adult", "dpv:Adult" }, { "child", "dpv:Child" } };

/* NULL for a code without a term. */
static const char *
term_of(const struct term *terms, size_t n, const json_t *code)
{
	for (size_t i = 0; i < n; i++)
		if (json_is_string(code) && strcmp(terms[i].code, json_string_value(code)) == 0)
			return terms[i].iri;
	return NULL;
}

/* ---- values ---- */

static const json_t *
at(const json_t *from, const char *path)
{
	struct str rest = str_of(path), step;

	while (str_next(&rest, '.', &step))
		from = json_object_getn(from, step.p, step.n);
	return from;
}

static json_t *
link_to(const char *iri)
{
	return json_pack("{s:s}", "@id", iri);
}

static json_t *
typed(const json_t *value, const char *type)
{
	return json_pack("{s:s, s:s}", "@value", json_string_value(value), "@type", type);
}

static json_t *
words(const char *ru, const char *en)
{
	return json_pack("[{s:s, s:s}, {s:s, s:s}]", "@value", ru, "@language", "ru", "@value", en, "@language", "en");
}

/* A body without an English name has the same in both. */
static json_t *
name_of(const json_t *body)
{
	const char *ru = json_string_value(json_object_get(body, "name"));
	const char *en = json_string_value(json_object_get(body, "name_en"));

	return words(ru, en != NULL ? en : ru);
}

static json_t *
checksum(struct str hex)
{
	return json_pack("{s:s, s:{s:s}, s:{s:s%, s:s}}", "@type", "spdx:Checksum", "spdx:algorithm", "@id",
			 "spdx:checksumAlgorithm_sha256", "spdx:checksumValue", "@value", hex.p, hex.n, "@type",
			 "xsd:hexBinary");
}

/* A country of the DPV's list of places, or the name as it stands. */
static json_t *
place(const json_t *value)
{
	struct str code = consent_shape_text(value);
	char iri[] = "loc:??";

	if (code.n != 2 || code.p[0] < 'A' || code.p[0] > 'Z' || code.p[1] < 'A' || code.p[1] > 'Z')
		return json_pack("{s:s, s:s%}", "@type", "dpv:Location", "dct:title", code.p, code.n);
	memcpy(iri + 4, code.p, 2);
	return link_to(iri);
}

static json_t *
value_of(const json_t *v, enum form form)
{
	switch (form) {
	case TEXT:
	case TEXTS:
		return json_deep_copy(v);
	case NUMBER:
		return json_integer(json_integer_value(v));
	case LINK:
		return link_to(json_string_value(v));
	case DATE:
		return typed(v, "xsd:date");
	case TIME:
		return typed(v, "xsd:dateTime");
	case TERM:
		return typed(v, "xsd:duration");
	case WORDS:
		return words(json_string_value(json_object_get(v, "ru")), json_string_value(json_object_get(v, "en")));
	case NAME:
		return name_of(v);
	case SHA256:
		return checksum(consent_shape_text(v));
	case PLACE:
		return place(v);
	}
	return NULL;
}

/* Only what has its shape: nothing but strings becomes text, nothing but https becomes an address. */
static bool
fits(const json_t *v, enum form form)
{
	static const enum consent_shape shapes[] = {
		[TEXT] = SHAPE_TEXT,  [LINK] = SHAPE_LINK,    [DATE] = SHAPE_DATE,   [TIME] = SHAPE_TIME,
		[TERM] = SHAPE_TERM,  [NUMBER] = SHAPE_INDEX, [WORDS] = SHAPE_WORDS, [SHA256] = SHAPE_DIGEST,
		[PLACE] = SHAPE_TEXT, [TEXTS] = SHAPE_TEXTS,
	};

	if (form == NAME)
		return consent_shape_fits(SHAPE_TEXT, json_object_get(v, "name"));
	return consent_shape_fits(shapes[form], v);
}

static enum status
put_facts(json_t *into, const json_t *from, const struct fact *facts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const json_t *v = facts[i].path[0] == '\0' ? from : at(from, facts[i].path);

		if (v == NULL)
			continue;
		if (!fits(v, facts[i].form))
			return E_INVALID;
		TRY(member_set(into, facts[i].name, value_of(v, facts[i].form)));
	}
	return OK;
}

#define PUT(into, from, facts) put_facts(into, from, facts, ARRAY_LEN(facts))

/* A node of its own as a member, or as one more of a list. */
static enum status
open_node(json_t *parent, const char *name, const char *type, json_t **out)
{
	TRY(member_object(parent, name, out));
	return member_set(*out, "@type", json_string(type));
}

static enum status
push_node(json_t *list, const char *type, json_t **out)
{
	json_t *node = json_object();

	if (json_array_append_new(list, node) != 0)
		return E_NOMEM;
	*out = node;
	return member_set(node, "@type", json_string(type));
}

static enum status
open_list(json_t *parent, const char *name, json_t **out)
{
	*out = json_array();
	return member_set(parent, name, *out);
}

/* ---- whose, by whom ---- */

static enum status
put_subject(json_t *node, const json_t *record)
{
	static const struct fact facts[] = {
		{ "id", "dct:identifier", TEXT },
		{ "sealed_identity.alg", "dct:format", TEXT },
		{ "sealed_identity.kid", "dct:source", TEXT },
		{ "sealed_identity.sha256", "spdx:checksum", SHA256 },
	};
	const json_t *subject = json_object_get(record, "subject");
	const char *kind = term_of(kinds, ARRAY_LEN(kinds), json_object_get(subject, "kind"));
	json_t *person = NULL;

	TRY(member_object(node, "dpv:hasDataSubject", &person));
	TRY(member_set(person, "@type",
		       kind != NULL ? json_pack("[s,s]", "dpv:DataSubject", kind) : json_string("dpv:DataSubject")));
	return PUT(person, subject, facts);
}

static enum status
put_representative(json_t *node, const json_t *record)
{
	static const struct fact facts[] = { { "party", "dct:identifier", TEXT } };
	static const struct fact authority[] = {
		{ "type", "dct:type", TEXT },
		{ "issued", "dct:issued", DATE },
		{ "valid_until", "dct:valid", DATE },
		{ "verified_by", "dct:source", TEXT },
	};
	const json_t *giver = json_object_get(record, "given_by");
	json_t *party = NULL, *paper = NULL;

	if (!str_is(consent_shape_text(json_object_get(giver, "who")), "representative"))
		return OK;
	TRY(open_node(node, "dpv:hasRepresentative", "dpv:Representative", &party));
	TRY(PUT(party, giver, facts));
	TRY(open_node(party, "dpv:hasJustification", "dpv:Justification", &paper));
	return PUT(paper, json_object_get(giver, "authority"), authority);
}

/* How somebody helped: a statement about where the record comes from. */
static enum status
put_assistance(json_t *node, const json_t *record)
{
	static const struct fact facts[] = {
		{ "channel", "dct:title", TEXT },
		{ "confirmation", "dct:type", TEXT },
		{ "organisation", "dct:publisher", TEXT },
		{ "operator", "dct:creator", TEXT },
		{ "second_operator", "dct:contributor", TEXT },
		{ "confirmed_at", "dct:date", TIME },
	};
	static const struct fact paper[] = {
		{ "number", "dct:identifier", TEXT },
		{ "date", "dct:date", DATE },
		{ "kept", "dct:spatial", TEXT },
		{ "scan_sha256", "spdx:checksum", SHA256 },
	};
	const json_t *assisted = json_object_get(record, "assisted");
	json_t *how = NULL, *sheet = NULL;

	if (assisted == NULL)
		return OK;
	TRY(open_node(node, "dct:provenance", "dct:ProvenanceStatement", &how));
	TRY(PUT(how, assisted, facts));
	if (json_object_get(assisted, "paper") == NULL)
		return OK;
	TRY(member_object(how, "dct:source", &sheet));
	return PUT(sheet, json_object_get(assisted, "paper"), paper);
}

static enum status
put_notice(json_t *node, const json_t *record)
{
	static const struct fact facts[] = {
		{ "id", "dct:identifier", TEXT },
		{ "version", "dcat:version", NUMBER },
		{ "lang", "dct:language", TEXT },
		{ "sha256", "spdx:checksum", SHA256 },
	};
	const json_t *notice = json_object_get(record, "notice");
	json_t *made = NULL;

	if (!consent_shape_fits(SHAPE_LINK, json_object_get(notice, "url")))
		return E_INVALID;
	TRY(open_node(node, "dpv:hasNotice", "dpv:ConsentNotice", &made));
	TRY(member_set(made, "@id", json_string(json_string_value(json_object_get(notice, "url")))));
	return PUT(made, notice, facts);
}

/* ---- what is done ---- */

static enum status
put_purpose(json_t *process, const json_t *record)
{
	static const struct fact facts[] = {
		{ "code", "dct:identifier", TEXT },   { "version", "dcat:version", NUMBER },
		{ "activity", "dct:isPartOf", LINK }, { "dpv", "skos:broader", LINK },
		{ "title", "dct:title", WORDS },
	};
	json_t *purpose = NULL;

	TRY(open_node(process, "dpv:hasPurpose", "dpv:Purpose", &purpose));
	return PUT(purpose, json_object_get(record, "purpose"), facts);
}

static enum status
put_datum(json_t *list, const json_t *one)
{
	static const struct fact facts[] = {
		{ "category", "dct:identifier", TEXT },
		{ "dpv", "skos:broader", LINK },
		{ "title", "dct:title", WORDS },
	};
	bool special = json_is_true(json_object_get(one, "special"));
	bool required = json_is_true(json_object_get(one, "required"));
	json_t *node = NULL;

	TRY(push_node(list, special ? "dpv:SpecialCategoryPersonalData" : "dpv:PersonalData", &node));
	TRY(PUT(node, one, facts));
	return member_set(node, "dpv:hasNecessity", link_to(required ? "dpv:Required" : "dpv:Optional"));
}

static enum status
put_data(json_t *process, const json_t *record)
{
	const json_t *data = json_object_get(record, "data");
	json_t *list = NULL;

	TRY(open_list(process, "dpv:hasPersonalData", &list));
	for (size_t i = 0; i < json_array_size(data); i++)
		TRY(put_datum(list, json_array_get(data, i)));
	return OK;
}

static enum status
put_actions(json_t *process, const json_t *record)
{
	const json_t *done = json_object_get(record, "actions");
	json_t *list = NULL;

	TRY(open_list(process, "dpv:hasProcessing", &list));
	for (size_t i = 0; i < json_array_size(done); i++) {
		const char *iri = term_of(actions, ARRAY_LEN(actions), json_array_get(done, i));

		if (iri == NULL)
			return E_INVALID;
		if (json_array_append_new(list, link_to(iri)) != 0)
			return E_NOMEM;
	}
	return OK;
}

/* A program that helps, one that decides alone, or none. */
static enum status
put_automation(json_t *process, const json_t *record)
{
	bool alone = json_is_true(at(record, "methods.sole_automated_decision"));
	bool automated = json_is_true(at(record, "methods.automated"));

	if (alone)
		TRY(member_set(process, "dpv:hasContext", link_to("dpv:AutomatedDecisionMaking")));
	return member_set(process, "dpv:hasAutomationLevel",
			  link_to(automated ? "dpv:PartialAutomation" : "dpv:NotAutomated"));
}

static const struct fact body_facts[] = {
	{ "id", "dct:identifier", TEXT },
	{ "", "dpv:hasName", NAME },
	{ "address", "dpv:hasAddress", TEXT },
	{ "contact", "dpv:hasContact", TEXT },
};

static enum status
put_bodies(json_t *process, const json_t *list, const char *name, const char *type)
{
	json_t *made = NULL, *node = NULL;

	TRY(open_list(process, name, &made));
	for (size_t i = 0; i < json_array_size(list); i++) {
		TRY(push_node(made, type, &node));
		TRY(PUT(node, json_array_get(list, i), body_facts));
	}
	return OK;
}

/* Those who give or get data are a service of an organisation. */
static enum status
put_services(json_t *process, const json_t *list, const char *name, const char *type)
{
	static const struct fact facts[] = { { "organisation", "dct:identifier", TEXT }, { "", "dpv:hasName", NAME } };
	static const struct fact service[] = { { "service", "dct:identifier", TEXT } };
	json_t *made = NULL, *node = NULL, *of = NULL;

	TRY(open_list(process, name, &made));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		TRY(push_node(made, type, &node));
		TRY(PUT(node, one, facts));
		TRY(open_node(node, "dpv:hasService", "dpv:Service", &of));
		TRY(PUT(of, one, service));
	}
	return OK;
}

static enum status
put_parties(json_t *process, const json_t *record)
{
	json_t *controller = NULL;

	TRY(open_node(process, "dpv:hasDataController", "dpv:DataController", &controller));
	TRY(PUT(controller, json_object_get(record, "controller"), body_facts));
	TRY(put_bodies(process, json_object_get(record, "processors"), "dpv:hasDataProcessor", "dpv:DataProcessor"));
	TRY(put_services(process, json_object_get(record, "recipients"), "dpv:hasRecipient", "dpv:Recipient"));
	return put_services(process, json_object_get(record, "providers"), "dpv:hasDataSource", "dpv:DataSource");
}

/* ---- where, how long, how often ---- */

static enum status
put_storage(json_t *process, const json_t *record)
{
	static const struct fact kept[] = { { "storage.retention", "dpv:hasDuration", TERM } };
	static const struct fact destroyed[] = { { "withdrawal.destroy_within", "dpv:hasDuration", TERM } };
	const json_t *where = at(record, "storage.location");
	json_t *list = NULL, *node = NULL, *places = NULL;

	TRY(open_list(process, "dpv:hasStorageCondition", &list));
	TRY(push_node(list, "dpv:StorageLocation", &node));
	TRY(open_list(node, "dpv:hasLocation", &places));
	for (size_t i = 0; i < json_array_size(where); i++)
		if (json_array_append_new(places, place(json_array_get(where, i))) != 0)
			return E_INVALID;
	TRY(push_node(list, "dpv:StorageDuration", &node));
	TRY(PUT(node, record, kept));
	TRY(push_node(list, "dpv:StorageDeletion", &node));
	return PUT(node, record, destroyed);
}

static enum status
put_constraint(json_t *list, const char *what, const char *is, json_t *value)
{
	json_t *node = NULL;
	enum status st = push_node(list, "odrl:Constraint", &node);

	if (st != OK) {
		json_decref(value);
		return st;
	}
	TRY(member_set(node, "odrl:rightOperand", value));
	TRY(member_set(node, "odrl:leftOperand", link_to(what)));
	return member_set(node, "odrl:operator", link_to(is));
}

/* "2 in P30D": a count, and the time after which it begins again. */
static enum status
put_frequency(json_t *rule, const json_t *frequency)
{
	json_t *list = NULL;

	if (frequency == NULL)
		return OK;
	if (!fits(json_object_get(frequency, "per"), TERM))
		return E_INVALID;
	TRY(open_list(rule, "odrl:constraint", &list));
	TRY(put_constraint(list, "odrl:count", "odrl:lteq",
			   json_integer(json_integer_value(json_object_get(frequency, "count")))));
	return put_constraint(list, "odrl:timeInterval", "odrl:eq",
			      typed(json_object_get(frequency, "per"), "xsd:duration"));
}

static enum status
put_range(json_t *rule, const json_t *range)
{
	static const struct fact facts[] = { { "from", "dcat:startDate", DATE }, { "to", "dcat:endDate", DATE } };
	json_t *period = NULL;

	if (range == NULL)
		return OK;
	TRY(open_node(rule, "dct:temporal", "dct:PeriodOfTime", &period));
	return PUT(period, range, facts);
}

static enum status
put_limits(json_t *process, const json_t *record)
{
	static const struct fact facts[] = {
		{ "mode", "dct:type", TEXT },
		{ "fetch", "dct:accrualPeriodicity", TEXT },
		{ "data_life", "dpv:hasDuration", TERM },
	};
	const json_t *limits = json_object_get(record, "limits");
	json_t *rule = NULL;

	TRY(open_node(process, "dpv:hasPermission", "dpv:Permission", &rule));
	TRY(PUT(rule, limits, facts));
	TRY(put_frequency(rule, json_object_get(limits, "frequency")));
	return put_range(rule, json_object_get(limits, "data_range"));
}

/* ---- what the person may do ---- */

static enum status
put_control(json_t *process, const json_t *record, struct str issuer)
{
	static const struct fact facts[] = {
		{ "methods", "dct:type", TEXTS },
		{ "effect", "dct:description", TEXT },
	};
	struct str id = consent_shape_text(json_object_get(record, "record_id"));
	json_t *node = NULL;

	TRY(open_node(process, "dpv:hasConsentControl", "dpv:WithdrawConsent", &node));
	TRY(member_set(node, "dpv:isExercisedAt",
		       json_pack("{s:o}", "@id", json_sprintf("%.*s/consents/%.*s", STR_ARG(issuer), STR_ARG(id)))));
	return PUT(node, json_object_get(record, "withdrawal"), facts);
}

static enum status
put_rights(json_t *process, const json_t *record)
{
	static const struct fact rights[] = {
		{ "access", "dpv:isExercisedAt", LINK },
		{ "question", "dpv:isExercisedAt", LINK },
	};
	static const struct fact authority[] = { { "rights.authority", "dpv:hasName", TEXT } };
	json_t *list = NULL, *node = NULL;

	TRY(open_list(process, "dpv:hasRight", &list));
	for (size_t i = 0; i < ARRAY_LEN(rights); i++) {
		TRY(push_node(list, "dpv:DataSubjectRight", &node));
		TRY(member_set(node, "dct:type", json_string(rights[i].path)));
		TRY(put_facts(node, json_object_get(record, "rights"), &rights[i], 1));
	}
	TRY(open_node(process, "dpv:hasAuthority", "dpv:DataProtectionAuthority", &node));
	return PUT(node, record, authority);
}

/* ---- when, and in what state ---- */

static enum status
put_log(json_t *node, const json_t *log, struct str issuer)
{
	CLEANUP(buf_clear) struct buf hex = BUF(2 * HASH_LEN);
	json_t *statement = NULL;
	struct hash leaf;

	if (log == NULL)
		return OK;
	TRY(hash_from_base64(consent_shape_text(json_object_get(log, "leaf")), &leaf));
	hash_put_hex(&hex, &leaf);
	TRY(buf_status(&hex));
	TRY(open_node(node, "dct:provenance", "dct:ProvenanceStatement", &statement));
	TRY(member_set(statement, "dct:identifier", json_integer(json_integer_value(json_object_get(log, "index")))));
	TRY(member_set(statement, "spdx:checksum", checksum(buf_str(&hex))));
	return member_set(statement, "dct:isPartOf",
			  json_pack("{s:o}", "@id", json_sprintf("%.*s/log", STR_ARG(issuer))));
}

static enum status
put_event(json_t *list, const json_t *event, struct str issuer)
{
	static const struct fact facts[] = {
		{ "seq", "dct:identifier", NUMBER }, { "at", "dpv:isIndicatedAtTime", TIME },
		{ "by", "dpv:isIndicatedBy", TEXT }, { "method", "dpv:hasIndicationMethod", TEXT },
		{ "acr", "dct:conformsTo", TEXT },
	};
	const char *iri = term_of(states, ARRAY_LEN(states), json_object_get(event, "state"));
	json_t *node = NULL;

	if (iri == NULL)
		return E_INVALID;
	TRY(push_node(list, iri, &node));
	TRY(PUT(node, event, facts));
	return put_log(node, json_object_get(event, "log"), issuer);
}

static enum status
put_events(json_t *node, const json_t *record, struct str issuer)
{
	static const struct fact facts[] = { { "from", "dcat:startDate", TIME }, { "until", "dcat:endDate", TIME } };
	const json_t *events = json_object_get(record, "events");
	json_t *period = NULL, *list = NULL;

	TRY(open_node(node, "dct:temporal", "dct:PeriodOfTime", &period));
	TRY(PUT(period, json_object_get(record, "validity"), facts));
	TRY(open_list(node, "dpv:hasConsentStatus", &list));
	for (size_t i = 0; i < json_array_size(events); i++)
		TRY(put_event(list, json_array_get(events, i), issuer));
	return OK;
}

/* ---- the whole ---- */

static enum status
put_context(json_t *root)
{
	json_t *context = NULL;

	TRY(member_object(root, "@context", &context));
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		TRY(member_set(context, prefixes[i].prefix, json_string(prefixes[i].iri)));
	return OK;
}

static json_t *
record_iri(const json_t *id, struct str issuer, const char *below)
{
	return json_sprintf("%.*s/consent/v1/records/%s%s", STR_ARG(issuer), json_string_value(id), below);
}

static enum status
put_head(json_t *node, const json_t *record, struct str issuer)
{
	const json_t *id = json_object_get(record, "record_id"), *renews = json_object_get(record, "renews");
	const json_t *profiles = json_object_get(record, "conforms_to");
	json_t *list = NULL;

	if (!consent_shape_fits(SHAPE_UUID, id) || (renews != NULL && !consent_shape_fits(SHAPE_UUID, renews)) ||
	    !fits(json_object_get(record, "schema"), LINK))
		return E_INVALID;
	TRY(member_set(node, "@id", record_iri(id, issuer, "")));
	TRY(member_set(node, "@type", json_string("dpv:ConsentRecord")));
	TRY(open_list(node, "dct:conformsTo", &list));
	for (size_t i = 0; i < json_array_size(profiles); i++)
		if (json_array_append_new(list, link_to(json_string_value(json_array_get(profiles, i)))) != 0)
			return E_INVALID;
	if (json_array_append_new(list, link_to(json_string_value(json_object_get(record, "schema")))) != 0)
		return E_INVALID;
	TRY(member_set(node, "dct:identifier",
		       json_pack("[O,O]", json_object_get(record, "record_id"), json_object_get(record, "code"))));
	if (renews != NULL)
		TRY(member_set(node, "dct:replaces", json_pack("{s:o}", "@id", record_iri(renews, issuer, ""))));
	return member_set(node, "dpv:hasJurisdiction", place(json_object_get(record, "jurisdiction")));
}

static enum status
put_basis(json_t *node, const json_t *record)
{
	static const struct fact facts[] = { { "legal_basis.dpv", "dpv:hasLegalBasis", LINK } };
	static const struct fact law[] = { { "legal_basis.ref", "dct:title", TEXT } };
	json_t *made = NULL;

	TRY(PUT(node, record, facts));
	TRY(open_node(node, "dpv:hasApplicableLaw", "dpv:Law", &made));
	return PUT(made, record, law);
}

static enum status
put_process(json_t *node, const json_t *record, struct str issuer)
{
	json_t *process = NULL;

	TRY(open_node(node, "dpv:hasProcess", "dpv:Process", &process));
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

static enum status
put_record(json_t *node, const json_t *record, struct str issuer)
{
	TRY(put_head(node, record, issuer));
	TRY(put_subject(node, record));
	TRY(put_representative(node, record));
	TRY(put_assistance(node, record));
	TRY(put_notice(node, record));
	TRY(put_basis(node, record));
	TRY(put_process(node, record, issuer));
	return put_events(node, record, issuer);
}

enum status
consent_jsonld_record(const json_t *record, struct str issuer, json_t **out)
{
	CLEANUP(json_decrefp) json_t *root = json_object();

	TRY(put_context(root));
	TRY(put_record(root, record, issuer));
	*out = STEAL(&root);
	return OK;
}

/* The proof is the text of a tlog-proof file, the description the entry that it is about, byte for byte. */
static enum status
put_proof(json_t *list, const json_t *proof)
{
	static const struct fact facts[] = {
		{ "index", "dct:identifier", NUMBER },
		{ "entry", "dct:description", TEXT },
		{ "proof", "rdf:value", TEXT },
	};
	json_t *node = NULL;

	TRY(push_node(list, "dct:ProvenanceStatement", &node));
	return PUT(node, proof, facts);
}

enum status
consent_jsonld_receipt(const json_t *receipt, struct str issuer, json_t **out)
{
	CLEANUP(json_decrefp) json_t *root = json_object();
	const json_t *record = json_object_get(receipt, "record"), *proofs = json_object_get(receipt, "proofs");
	json_t *part = NULL, *list = NULL;

	TRY(put_context(root));
	TRY(member_set(root, "@id", record_iri(json_object_get(record, "record_id"), issuer, "/receipt")));
	TRY(member_set(root, "@type", json_string("dpv:ConsentReceipt")));
	TRY(member_set(root, "dct:conformsTo", link_to("https://w3id.org/dpv/schema/dpv-27560#receipt")));
	TRY(member_set(root, "dct:identifier", json_copy(json_object_get(receipt, "code"))));
	TRY(member_object(root, "dct:hasPart", &part));
	TRY(put_record(part, record, issuer));
	TRY(open_list(root, "dct:provenance", &list));
	for (size_t i = 0; i < json_array_size(proofs); i++)
		TRY(put_proof(list, json_array_get(proofs, i)));
	*out = STEAL(&root);
	return OK;
}
