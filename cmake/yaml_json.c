/*
 * yaml_json.c: a tool of the build: reads a YAML document from a file and writes it as JSON, members in their order, so
 * that what people read and edit is YAML and what programs are served is JSON. Plain scalars are what JSON calls null,
 * true, false and numbers; everything else is text. Anchors, tags and doubled keys are refused: a document that says
 * one thing in two places is not readable.
 *
 *	yaml_json IN.yaml OUT.json
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define DEPTH_MOST 40

struct reading {
	yaml_parser_t parser;
	const char *name;
};

static void
refuse(const struct reading *r, const yaml_event_t *at, const char *why)
{
	fprintf(stderr, "%s:%zu:%zu: %s\n", r->name, at->start_mark.line + 1, at->start_mark.column + 1, why);
	exit(1);
}

static void
next(struct reading *r, yaml_event_t *out)
{
	if (yaml_parser_parse(&r->parser, out) == 1)
		return;
	fprintf(stderr, "%s:%zu: %s\n", r->name, r->parser.problem_mark.line + 1, r->parser.problem);
	exit(1);
}

/* A plain scalar is a number when JSON would read it as one. */
static json_t *
scalar(const yaml_event_t *e)
{
	const char *text = (const char *)e->data.scalar.value;
	json_t *value;

	if (e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
		value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
		if (value != NULL && !json_is_object(value) && !json_is_array(value) && !json_is_string(value))
			return value;
		json_decref(value);
	}
	return json_stringn(text, e->data.scalar.length);
}

static json_t *value(struct reading *r, const yaml_event_t *e, unsigned depth);

static json_t *
list(struct reading *r, unsigned depth)
{
	json_t *array = json_array();

	for (;;) {
		yaml_event_t e;

		next(r, &e);
		if (e.type == YAML_SEQUENCE_END_EVENT)
			return array;
		json_array_append_new(array, value(r, &e, depth));
		yaml_event_delete(&e);
	}
}

static json_t *
map(struct reading *r, unsigned depth)
{
	json_t *object = json_object();

	for (;;) {
		yaml_event_t key, e;
		const char *name;

		next(r, &key);
		if (key.type == YAML_MAPPING_END_EVENT)
			return object;
		if (key.type != YAML_SCALAR_EVENT)
			refuse(r, &key, "a key must be text");
		name = (const char *)key.data.scalar.value;
		if (json_object_get(object, name) != NULL)
			refuse(r, &key, "this key is there twice");
		next(r, &e);
		json_object_set_new(object, name, value(r, &e, depth));
		yaml_event_delete(&e);
		yaml_event_delete(&key);
	}
}

static json_t *
value(struct reading *r, const yaml_event_t *e, unsigned depth)
{
	if (depth > DEPTH_MOST)
		refuse(r, e, "too deep");
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		if (e->data.scalar.anchor != NULL || e->data.scalar.tag != NULL)
			refuse(r, e, "no anchors, no tags");
		return scalar(e);
	case YAML_SEQUENCE_START_EVENT:
		return list(r, depth + 1);
	case YAML_MAPPING_START_EVENT:
		return map(r, depth + 1);
	default:
		refuse(r, e, "a value is missing, or an alias");
		return NULL;
	}
}

static json_t *
document(struct reading *r)
{
	yaml_event_t e;
	json_t *root;

	do
		next(r, &e);
	while (e.type == YAML_STREAM_START_EVENT || e.type == YAML_DOCUMENT_START_EVENT);
	root = value(r, &e, 0);
	yaml_event_delete(&e);
	next(r, &e);
	if (e.type != YAML_DOCUMENT_END_EVENT)
		refuse(r, &e, "one document is enough");
	return root;
}

int
main(int argc, char **argv)
{
	struct reading r = { .name = argc == 3 ? argv[1] : "" };
	FILE *in = argc == 3 ? fopen(argv[1], "rb") : NULL;
	json_t *root;
	int bad;

	if (in == NULL || yaml_parser_initialize(&r.parser) != 1) {
		fprintf(stderr, "usage: yaml_json IN.yaml OUT.json\n");
		return 2;
	}
	yaml_parser_set_input_file(&r.parser, in);
	root = document(&r);
	bad = json_dump_file(root, argv[2], JSON_COMPACT);
	json_decref(root);
	yaml_parser_delete(&r.parser);
	fclose(in);
	return bad == 0 ? 0 : 1;
}
