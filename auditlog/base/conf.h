/*
 * conf.h: strict YAML. A file becomes a tree whose every node knows its line and column, and a declarative schema turns
 * the tree into a struct.
 *
 * The walk is over libyaml's events. libcyaml sits on the same events, but turns scalars into numbers and booleans by
 * itself (`08` is 0, `maybe` is true), keeps no place for a node, and so could not say where a wrong value stands;
 * policy bundles need the tree in any case. Every scalar stays text until a schema row says what it must be.
 *
 * Refused: anchors, aliases, tags, merge keys, directives, duplicate and unknown keys, keys that are not plain scalars,
 * a second document, an empty one, bytes that are not UTF-8, NUL, values left empty, more than 1 MiB, 32 levels or
 * 100,000 nodes. Every refusal says file:line:column, what is wrong and what to do.
 *
 * Whatever is read borrows from the struct conf: keep it as long as the values.
 */
#ifndef AUDITLOG_BASE_CONF_H
#define AUDITLOG_BASE_CONF_H

#include "auditlog/base/buf.h"

#define CONF_BYTES_MAX ((size_t)1 << 20)
#define CONF_DEPTH_MAX 32
#define CONF_NODES_MAX 100000

/* Why something was refused, for a person to read; empty when nothing was. */
struct conf_error {
	char text[512];
};

/* ---- the tree ---- */

struct conf;
struct conf_node; /* owned by its struct conf */

enum conf_kind { CONF_SCALAR, CONF_LIST, CONF_MAP };

/*
 * Reads a file (never through a last symlink). E_NOT_FOUND, E_IO, E_TOO_LARGE, E_INVALID, E_NOMEM; err always says why.
 */
MUST_USE enum status conf_load(const char *path, struct conf **out, struct conf_error *err);
/* The same from memory; name stands for the file in messages. */
MUST_USE enum status conf_parse(const char *name, struct str text, struct conf **out, struct conf_error *err);
void conf_free(struct conf *c);
/* For CLEANUP on a struct conf *. */
void conf_freep(struct conf **c);

const struct conf_node *conf_root(const struct conf *c);
enum conf_kind conf_kind(const struct conf_node *n);
unsigned conf_line(const struct conf_node *n);
unsigned conf_column(const struct conf_node *n);
/* The file that it stands in, as given to conf_load or conf_parse. */
const char *conf_file(const struct conf_node *n);
/* The text of a scalar (NUL-terminated as well), the empty str for the other kinds. */
struct str conf_text(const struct conf_node *n);
/* Items of a list, members of a map, 0 for a scalar. */
size_t conf_count(const struct conf_node *n);
/* Item or member value number i, in the order of the file; NULL past the end. */
const struct conf_node *conf_at(const struct conf_node *n, size_t i);
/* The key of member number i as a scalar node with its own place; NULL past the end and for lists. */
const struct conf_node *conf_key_at(const struct conf_node *n, size_t i);
/* The value of a member, NULL when the map has none or n is no map. */
const struct conf_node *conf_get(const struct conf_node *n, const char *key);

/* Writes "file:line:column: what; hint" into err and returns E_INVALID. */
MUST_USE enum status conf_refuse(const struct conf_node *n, struct conf_error *err, const char *hint, const char *what,
				 ...) PRINTF_LIKE(4, 5);

/* ---- strict values of one scalar; E_INVALID with err filled in ---- */

MUST_USE enum status
conf_as_uint(const struct conf_node *n, uint64_t least, uint64_t most, uint64_t *out, struct conf_error *err);
/* `true` or `false`, nothing else. */
MUST_USE enum status conf_as_bool(const struct conf_node *n, bool *out, struct conf_error *err);
/* ISO 8601 as clock_parse_duration: PT10M, P30D. */
MUST_USE enum status conf_as_duration(const struct conf_node *n, int64_t *us, struct conf_error *err);
/* 1 .. most bytes without control characters but newline and tab; NUL-terminated. most 0 = 1024. */
MUST_USE enum status conf_as_string(const struct conf_node *n, size_t most, struct str *out, struct conf_error *err);

/* ---- schemas ---- */

enum conf_type {
	CONF_UINT,     /* uint64_t;    least, most (0 = no upper limit) */
	CONF_BOOL,     /* bool */
	CONF_DURATION, /* int64_t, microseconds; least, most in microseconds (0 = none) */
	CONF_STRING,   /* const char *; most bytes (0 = 1024) */
	CONF_PATH,     /* const char *; absolute, without "." and ".." parts, at most 4095 bytes */
	CONF_CHOICE,   /* int; position in choices, which ends in NULL */
	CONF_STRINGS,  /* struct conf_strings; least .. most items (0 = 1024) */
	CONF_MAPPING,  /* the sub-schema's struct itself, in place */
	CONF_MAPPINGS, /* struct conf_items of the sub-schema's structs; least .. most items (0 = 1024) */
	CONF_NODE,     /* const struct conf_node *: taken as it is */
};

struct conf_strings {
	const char *const *item;
	size_t n;
};

struct conf_items {
	void *item; /* an array of the sub-schema's struct */
	size_t n;
};

struct conf_schema;

struct conf_field {
	const char *key;
	enum conf_type type;
	size_t offset; /* offsetof in the struct */
	bool required;
	const char
	    *fallback; /* the value when absent, spelt as in a file; scalars only; NULL leaves the struct alone */
	uint64_t least, most;
	const char *const *choices;
	const struct conf_schema *sub;
	const char *hint; /* what to do when it is wrong or missing; NULL for a general one */
};

struct conf_schema {
	const struct conf_field *fields;
	size_t count;
	size_t size; /* of the struct */
};

/*
 * Fills the struct at out (zeroed first) from a map. Unknown members and values that a row does not allow are
 * E_INVALID, memory E_NOMEM; err says why. Strings and lists belong to the struct conf of n.
 */
MUST_USE enum status
conf_read(const struct conf_node *n, const struct conf_schema *schema, void *out, struct conf_error *err);

#endif
