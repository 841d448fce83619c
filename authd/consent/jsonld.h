/*
 * jsonld.h: saying a JSON document's values in JSON-LD, by tables: each row is where a value stands, what it is called
 * there, and in which form. Which names there are is for the caller (consent_jsonld.c); here are the prefixes they may
 * have and the forms.
 *
 * Only what has its form's shape is said (consent_shape.h): nothing but strings becomes text, nothing but https becomes
 * an address; all else is E_INVALID. Values made are owned by the tree they are set in.
 */
#ifndef AUTHD_CONSENT_JSONLD_H
#define AUTHD_CONSENT_JSONLD_H

#include <jansson.h>

#include "auditlog/base/str.h"

enum jsonld_form {
	JSONLD_TEXT,
	JSONLD_TEXTS, /* a list of them, or one */
	JSONLD_LINK,
	JSONLD_DATE,
	JSONLD_TIME,
	JSONLD_TERM, /* an ISO 8601 duration */
	JSONLD_NUMBER,
	JSONLD_WORDS,  /* {ru, en}: both languages */
	JSONLD_NAME,   /* of a body: {name, name_en} */
	JSONLD_SHA256, /* 64 hexadecimal digits */
	JSONLD_PLACE,  /* a country's code, else as it stands */
};

/* One value: where it stands below a part of the document ("storage.retention"; "": the part itself), and its name. */
struct jsonld_fact {
	const char *path, *name;
	enum jsonld_form form;
};

/* A code of the document and the term that means it. */
struct jsonld_term {
	const char *code, *iri;
};

/* "@context" with every prefix, embedded: nothing has to be fetched. */
MUST_USE enum status jsonld_context(json_t *root);

/* Facts of from become members of into; what is absent is left out. */
MUST_USE enum status jsonld_put(json_t *into, const json_t *from, const struct jsonld_fact *facts, size_t n);
#define JSONLD_PUT(into, from, facts) jsonld_put(into, from, facts, ARRAY_LEN(facts))

/* A node of a type as a member of parent, or as one more of a list; *out is borrowed. */
MUST_USE enum status jsonld_open(json_t *parent, const char *name, const char *type, json_t **out);
MUST_USE enum status jsonld_push(json_t *list, const char *type, json_t **out);
/* An empty list as a member; *out is borrowed. */
MUST_USE enum status jsonld_list(json_t *parent, const char *name, json_t **out);

/* Single values, the caller's; NULL without memory or with what is no string. */
json_t *jsonld_link(const char *iri);
json_t *jsonld_typed(const json_t *value, const char *type);
json_t *jsonld_checksum(struct str hex);
json_t *jsonld_place(const json_t *value);

bool jsonld_fits(const json_t *v, enum jsonld_form form);
/* What stands at a path of member names; NULL when nothing does. */
const json_t *jsonld_at(const json_t *from, const char *path);
/* The term of a code; NULL for one without. */
const char *jsonld_term(const struct jsonld_term *terms, size_t n, const json_t *code);

#endif
