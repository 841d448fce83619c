#include "authd/consent/consent_jsonld.h"

#include "auditlog/core/hash.h"
#include "authd/consent/consent_jsonld_parts.h"
#include "authd/consent/consent_shape.h"
#include "authd/consent/jsonld.h"
#include "authd/policy/member.h"

static const struct jsonld_term kinds[] = { { "adult", "dpv:Adult" }, { "child", "dpv:Child" } };

static const struct jsonld_term states[] = {
	{ "requested", "dpv:ConsentRequested" },  { "given", "dpv:ConsentGiven" },
	{ "refused", "dpv:ConsentRefused" },      { "deferred", "dpv:ConsentRequestDeferred" },
	{ "withdrawn", "dpv:ConsentWithdrawn" },  { "expired", "dpv:ConsentExpired" },
	{ "revoked", "dpv:ConsentRevoked" },      { "invalidated", "dpv:ConsentInvalidated" },
	{ "renewed", "dpv:RenewedConsentGiven" },
};

/* ---- whose, by whom ---- */

static enum status
put_subject(json_t *node, const json_t *record)
{
	static const struct jsonld_fact facts[] = {
		{ "id", "dct:identifier", JSONLD_TEXT },
		{ "sealed_identity.alg", "dct:format", JSONLD_TEXT },
		{ "sealed_identity.kid", "dct:source", JSONLD_TEXT },
		{ "sealed_identity.sha256", "spdx:checksum", JSONLD_SHA256 },
	};
	const json_t *subject = json_object_get(record, "subject");
	const char *kind = jsonld_term(kinds, ARRAY_LEN(kinds), json_object_get(subject, "kind"));
	json_t *person = NULL;

	TRY(member_object(node, "dpv:hasDataSubject", &person));
	TRY(member_set(person, "@type",
		       kind != NULL ? json_pack("[s,s]", "dpv:DataSubject", kind) : json_string("dpv:DataSubject")));
	return JSONLD_PUT(person, subject, facts);
}

static enum status
put_representative(json_t *node, const json_t *record)
{
	static const struct jsonld_fact facts[] = { { "party", "dct:identifier", JSONLD_TEXT } };
	static const struct jsonld_fact authority[] = {
		{ "type", "dct:type", JSONLD_TEXT },
		{ "issued", "dct:issued", JSONLD_DATE },
		{ "valid_until", "dct:valid", JSONLD_DATE },
		{ "verified_by", "dct:source", JSONLD_TEXT },
	};
	const json_t *giver = json_object_get(record, "given_by");
	json_t *party = NULL, *paper = NULL;

	if (!str_is(consent_shape_text(json_object_get(giver, "who")), "representative"))
		return OK;
	TRY(jsonld_open(node, "dpv:hasRepresentative", "dpv:Representative", &party));
	TRY(JSONLD_PUT(party, giver, facts));
	TRY(jsonld_open(party, "dpv:hasJustification", "dpv:Justification", &paper));
	return JSONLD_PUT(paper, json_object_get(giver, "authority"), authority);
}

/* How somebody helped: a statement about where the record comes from. */
static enum status
put_assistance(json_t *node, const json_t *record)
{
	static const struct jsonld_fact facts[] = {
		{ "channel", "dct:title", JSONLD_TEXT },
		{ "confirmation", "dct:type", JSONLD_TEXT },
		{ "organisation", "dct:publisher", JSONLD_TEXT },
		{ "operator", "dct:creator", JSONLD_TEXT },
		{ "second_operator", "dct:contributor", JSONLD_TEXT },
		{ "confirmed_at", "dct:date", JSONLD_TIME },
	};
	static const struct jsonld_fact paper[] = {
		{ "number", "dct:identifier", JSONLD_TEXT },
		{ "date", "dct:date", JSONLD_DATE },
		{ "kept", "dct:spatial", JSONLD_TEXT },
		{ "scan_sha256", "spdx:checksum", JSONLD_SHA256 },
	};
	const json_t *assisted = json_object_get(record, "assisted");
	json_t *how = NULL, *sheet = NULL;

	if (assisted == NULL)
		return OK;
	TRY(jsonld_open(node, "dct:provenance", "dct:ProvenanceStatement", &how));
	TRY(JSONLD_PUT(how, assisted, facts));
	if (json_object_get(assisted, "paper") == NULL)
		return OK;
	TRY(member_object(how, "dct:source", &sheet));
	return JSONLD_PUT(sheet, json_object_get(assisted, "paper"), paper);
}

static enum status
put_notice(json_t *node, const json_t *record)
{
	static const struct jsonld_fact facts[] = {
		{ "id", "dct:identifier", JSONLD_TEXT },
		{ "version", "dcat:version", JSONLD_NUMBER },
		{ "lang", "dct:language", JSONLD_TEXT },
		{ "sha256", "spdx:checksum", JSONLD_SHA256 },
	};
	const json_t *notice = json_object_get(record, "notice");
	json_t *made = NULL;

	if (!consent_shape_fits(SHAPE_LINK, json_object_get(notice, "url")))
		return E_INVALID;
	TRY(jsonld_open(node, "dpv:hasNotice", "dpv:ConsentNotice", &made));
	TRY(member_set(made, "@id", json_string(json_string_value(json_object_get(notice, "url")))));
	return JSONLD_PUT(made, notice, facts);
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
	TRY(jsonld_open(node, "dct:provenance", "dct:ProvenanceStatement", &statement));
	TRY(member_set(statement, "dct:identifier", json_integer(json_integer_value(json_object_get(log, "index")))));
	TRY(member_set(statement, "spdx:checksum", jsonld_checksum(buf_str(&hex))));
	return member_set(statement, "dct:isPartOf",
			  json_pack("{s:o}", "@id", json_sprintf("%.*s/log", STR_ARG(issuer))));
}

static enum status
put_event(json_t *list, const json_t *event, struct str issuer)
{
	static const struct jsonld_fact facts[] = {
		{ "seq", "dct:identifier", JSONLD_NUMBER }, { "at", "dpv:isIndicatedAtTime", JSONLD_TIME },
		{ "by", "dpv:isIndicatedBy", JSONLD_TEXT }, { "method", "dpv:hasIndicationMethod", JSONLD_TEXT },
		{ "acr", "dct:conformsTo", JSONLD_TEXT },
	};
	const char *iri = jsonld_term(states, ARRAY_LEN(states), json_object_get(event, "state"));
	json_t *node = NULL;

	if (iri == NULL)
		return E_INVALID;
	TRY(jsonld_push(list, iri, &node));
	TRY(JSONLD_PUT(node, event, facts));
	return put_log(node, json_object_get(event, "log"), issuer);
}

static enum status
put_events(json_t *node, const json_t *record, struct str issuer)
{
	static const struct jsonld_fact facts[] = { { "from", "dcat:startDate", JSONLD_TIME },
						    { "until", "dcat:endDate", JSONLD_TIME } };
	const json_t *events = json_object_get(record, "events");
	json_t *period = NULL, *list = NULL;

	TRY(jsonld_open(node, "dct:temporal", "dct:PeriodOfTime", &period));
	TRY(JSONLD_PUT(period, json_object_get(record, "validity"), facts));
	TRY(jsonld_list(node, "dpv:hasConsentStatus", &list));
	for (size_t i = 0; i < json_array_size(events); i++)
		TRY(put_event(list, json_array_get(events, i), issuer));
	return OK;
}

/* ---- the whole ---- */

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
	    !jsonld_fits(json_object_get(record, "schema"), JSONLD_LINK))
		return E_INVALID;
	TRY(member_set(node, "@id", record_iri(id, issuer, "")));
	TRY(member_set(node, "@type", json_string("dpv:ConsentRecord")));
	TRY(jsonld_list(node, "dct:conformsTo", &list));
	for (size_t i = 0; i < json_array_size(profiles); i++)
		if (json_array_append_new(list, jsonld_link(json_string_value(json_array_get(profiles, i)))) != 0)
			return E_INVALID;
	if (json_array_append_new(list, jsonld_link(json_string_value(json_object_get(record, "schema")))) != 0)
		return E_INVALID;
	TRY(member_set(node, "dct:identifier",
		       json_pack("[O,O]", json_object_get(record, "record_id"), json_object_get(record, "code"))));
	if (renews != NULL)
		TRY(member_set(node, "dct:replaces", json_pack("{s:o}", "@id", record_iri(renews, issuer, ""))));
	return member_set(node, "dpv:hasJurisdiction", jsonld_place(json_object_get(record, "jurisdiction")));
}

static enum status
put_basis(json_t *node, const json_t *record)
{
	static const struct jsonld_fact facts[] = { { "legal_basis.dpv", "dpv:hasLegalBasis", JSONLD_LINK } };
	static const struct jsonld_fact law[] = { { "legal_basis.ref", "dct:title", JSONLD_TEXT } };
	json_t *made = NULL;

	TRY(JSONLD_PUT(node, record, facts));
	TRY(jsonld_open(node, "dpv:hasApplicableLaw", "dpv:Law", &made));
	return JSONLD_PUT(made, record, law);
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
	TRY(consent_jsonld_process(node, record, issuer));
	return put_events(node, record, issuer);
}

enum status
consent_jsonld_record(const json_t *record, struct str issuer, json_t **out)
{
	CLEANUP(json_decrefp) json_t *root = json_object();

	TRY(jsonld_context(root));
	TRY(put_record(root, record, issuer));
	*out = STEAL(&root);
	return OK;
}

/* The proof is the text of a tlog-proof file, the description the entry that it is about, byte for byte. */
static enum status
put_proof(json_t *list, const json_t *proof)
{
	static const struct jsonld_fact facts[] = {
		{ "index", "dct:identifier", JSONLD_NUMBER },
		{ "entry", "dct:description", JSONLD_TEXT },
		{ "proof", "rdf:value", JSONLD_TEXT },
	};
	json_t *node = NULL;

	TRY(jsonld_push(list, "dct:ProvenanceStatement", &node));
	return JSONLD_PUT(node, proof, facts);
}

enum status
consent_jsonld_receipt(const json_t *receipt, struct str issuer, json_t **out)
{
	CLEANUP(json_decrefp) json_t *root = json_object();
	const json_t *record = json_object_get(receipt, "record"), *proofs = json_object_get(receipt, "proofs");
	json_t *part = NULL, *list = NULL;

	TRY(jsonld_context(root));
	TRY(member_set(root, "@id", record_iri(json_object_get(record, "record_id"), issuer, "/receipt")));
	TRY(member_set(root, "@type", json_string("dpv:ConsentReceipt")));
	TRY(member_set(root, "dct:conformsTo", jsonld_link("https://w3id.org/dpv/schema/dpv-27560#receipt")));
	TRY(member_set(root, "dct:identifier", json_copy(json_object_get(receipt, "code"))));
	TRY(member_object(root, "dct:hasPart", &part));
	TRY(put_record(part, record, issuer));
	TRY(jsonld_list(root, "dct:provenance", &list));
	for (size_t i = 0; i < json_array_size(proofs); i++)
		TRY(put_proof(list, json_array_get(proofs, i)));
	*out = STEAL(&root);
	return OK;
}
