#include "authd/consent/jsonld.h"

#include <string.h>

#include "authd/consent/consent_shape.h"
#include "authd/policy/member.h"

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

enum status
jsonld_context(json_t *root)
{
	json_t *context = NULL;

	TRY(member_object(root, "@context", &context));
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		TRY(member_set(context, prefixes[i].prefix, json_string(prefixes[i].iri)));
	return OK;
}

/* ---- values ---- */

const char *
jsonld_term(const struct jsonld_term *terms, size_t n, const json_t *code)
{
	for (size_t i = 0; i < n; i++)
		if (json_is_string(code) && strcmp(terms[i].code, json_string_value(code)) == 0)
			return terms[i].iri;
	return NULL;
}

const json_t *
jsonld_at(const json_t *from, const char *path)
{
	struct str rest = str_of(path), step;

	while (str_next(&rest, '.', &step))
		from = json_object_getn(from, step.p, step.n);
	return from;
}

json_t *
jsonld_link(const char *iri)
{
	return json_pack("{s:s}", "@id", iri);
}

json_t *
jsonld_typed(const json_t *value, const char *type)
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

json_t *
jsonld_checksum(struct str hex)
{
	return json_pack("{s:s, s:{s:s}, s:{s:s%, s:s}}", "@type", "spdx:Checksum", "spdx:algorithm", "@id",
			 "spdx:checksumAlgorithm_sha256", "spdx:checksumValue", "@value", hex.p, hex.n, "@type",
			 "xsd:hexBinary");
}

/* Countries are named by the DPV's own list. */
json_t *
jsonld_place(const json_t *value)
{
	struct str code = consent_shape_text(value);
	char iri[] = "loc:??";

	if (code.n != 2 || code.p[0] < 'A' || code.p[0] > 'Z' || code.p[1] < 'A' || code.p[1] > 'Z')
		return json_pack("{s:s, s:s%}", "@type", "dpv:Location", "dct:title", code.p, code.n);
	memcpy(iri + 4, code.p, 2);
	return jsonld_link(iri);
}

static json_t *
value_of(const json_t *v, enum jsonld_form form)
{
	switch (form) {
	case JSONLD_TEXT:
	case JSONLD_TEXTS:
		return json_deep_copy(v);
	case JSONLD_NUMBER:
		return json_integer(json_integer_value(v));
	case JSONLD_LINK:
		return jsonld_link(json_string_value(v));
	case JSONLD_DATE:
		return jsonld_typed(v, "xsd:date");
	case JSONLD_TIME:
		return jsonld_typed(v, "xsd:dateTime");
	case JSONLD_TERM:
		return jsonld_typed(v, "xsd:duration");
	case JSONLD_WORDS:
		return words(json_string_value(json_object_get(v, "ru")), json_string_value(json_object_get(v, "en")));
	case JSONLD_NAME:
		return name_of(v);
	case JSONLD_SHA256:
		return jsonld_checksum(consent_shape_text(v));
	case JSONLD_PLACE:
		return jsonld_place(v);
	}
	return NULL;
}

bool
jsonld_fits(const json_t *v, enum jsonld_form form)
{
	static const enum consent_shape shapes[] = {
		[JSONLD_TEXT] = SHAPE_TEXT,   [JSONLD_LINK] = SHAPE_LINK,     [JSONLD_DATE] = SHAPE_DATE,
		[JSONLD_TIME] = SHAPE_TIME,   [JSONLD_TERM] = SHAPE_TERM,     [JSONLD_NUMBER] = SHAPE_INDEX,
		[JSONLD_WORDS] = SHAPE_WORDS, [JSONLD_SHA256] = SHAPE_DIGEST, [JSONLD_PLACE] = SHAPE_TEXT,
		[JSONLD_TEXTS] = SHAPE_TEXTS,
	};

	if (form == JSONLD_NAME)
		return consent_shape_fits(SHAPE_TEXT, json_object_get(v, "name"));
	return consent_shape_fits(shapes[form], v);
}

enum status
jsonld_put(json_t *into, const json_t *from, const struct jsonld_fact *facts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const json_t *v = facts[i].path[0] == '\0' ? from : jsonld_at(from, facts[i].path);

		if (v == NULL)
			continue;
		if (!jsonld_fits(v, facts[i].form))
			return E_INVALID;
		TRY(member_set(into, facts[i].name, value_of(v, facts[i].form)));
	}
	return OK;
}

enum status
jsonld_open(json_t *parent, const char *name, const char *type, json_t **out)
{
	TRY(member_object(parent, name, out));
	return member_set(*out, "@type", json_string(type));
}

enum status
jsonld_push(json_t *list, const char *type, json_t **out)
{
	json_t *node = json_object();

	if (json_array_append_new(list, node) != 0)
		return E_NOMEM;
	*out = node;
	return member_set(node, "@type", json_string(type));
}

enum status
jsonld_list(json_t *parent, const char *name, json_t **out)
{
	*out = json_array();
	return member_set(parent, name, *out);
}
