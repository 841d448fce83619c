#include "auditlog/base/conf_yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
	struct conf *conf;
	yaml_parser_t parser;
	struct conf_error *err;
	struct conf_node *open[CONF_DEPTH_MAX]; /* the maps and lists we are in */
	size_t depth;
};

static enum status
    PRINTF_LIKE(4, 5) refuse_at(struct reader *r, const yaml_mark_t *mark, const char *hint, const char *what, ...)
{
	const struct conf_place at = { r->conf->name, (unsigned)mark->line + 1, (unsigned)mark->column + 1 };
	va_list ap;

	va_start(ap, what);
	conf_say(r->err, &at, hint, what, ap);
	va_end(ap);
	return E_INVALID;
}

static enum status
refuse_syntax(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem != NULL ? p->problem : "not YAML";

	if (p->error == YAML_MEMORY_ERROR) {
		(void)snprintf(r->err->text, sizeof(r->err->text), "%s:1:1: no memory; try again", r->conf->name);
		return E_NOMEM;
	}
	/* Bytes that are no UTF-8 come with an offset instead of a place. */
	if (p->error == YAML_READER_ERROR)
		return refuse_at(r, &p->mark, "save the file as UTF-8 without control characters", "%s at byte %zu",
				 problem, p->problem_offset);
	return refuse_at(r, &p->problem_mark, "mend the YAML there or just before", "%s", problem);
}

static enum status
node_new(struct reader *r, enum conf_kind kind, const yaml_mark_t *at, struct conf_node **out)
{
	struct conf_node *n;

	if (++r->conf->nodes > CONF_NODES_MAX)
		return refuse_at(r, at, "split the file", "more than %d values", CONF_NODES_MAX);
	n = conf_arena_get(&r->conf->arena, sizeof(*n));
	if (n == NULL)
		return E_NOMEM;
	*n = (struct conf_node){ .conf = r->conf, .kind = kind };
	n->line = (unsigned)at->line + 1;
	n->column = (unsigned)at->column + 1;
	*out = n;
	return OK;
}

static bool
expects_key(const struct conf_node *parent)
{
	return parent != NULL && parent->kind == CONF_MAP && parent->count % 2 == 0;
}

/* While a map is read its count is that of keys and values together. */
static enum status
attach(struct reader *r, struct conf_node *n, const yaml_mark_t *at)
{
	struct conf_node *parent = r->depth > 0 ? r->open[r->depth - 1] : NULL;

	if (expects_key(parent)) {
		if (n->kind != CONF_SCALAR)
			return refuse_at(r, at, "write a plain name before the colon", "a key that is not a name");
		if (str_is(n->text, "<<"))
			return refuse_at(r, at, "write the members out", "merge keys are not allowed");
	}
	if (parent == NULL) {
		r->conf->root = n;
		return OK;
	}
	if (parent->last != NULL)
		parent->last->next = n;
	else
		parent->first = n;
	parent->last = n;
	parent->count++;
	return OK;
}

static enum status
on_scalar(struct reader *r, const yaml_event_t *e)
{
	struct str text = str_from(e->data.scalar.value, e->data.scalar.length);
	struct conf_node *n;

	if (!str_is_utf8(text))
		return refuse_at(r, &e->start_mark, "write text", "a NUL or broken character in a value");
	if (text.n == 0 && e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		return refuse_at(r, &e->start_mark, "give a value, or \"\" for an empty one", "nothing there");
	TRY(node_new(r, CONF_SCALAR, &e->start_mark, &n));
	n->text = conf_arena_text(&r->conf->arena, text);
	if (n->text.p == NULL)
		return E_NOMEM;
	return attach(r, n, &e->start_mark);
}

static enum status
on_open(struct reader *r, const yaml_event_t *e, enum conf_kind kind)
{
	struct conf_node *n;

	if (r->depth >= CONF_DEPTH_MAX)
		return refuse_at(r, &e->start_mark, "make it flatter", "nested more than %d deep", CONF_DEPTH_MAX);
	TRY(node_new(r, kind, &e->start_mark, &n));
	TRY(attach(r, n, &e->start_mark));
	r->open[r->depth++] = n;
	return OK;
}

static int
by_text(const void *a, const void *b)
{
	const struct conf_node *const *x = a;
	const struct conf_node *const *y = b;

	return str_cmp((*x)->text, (*y)->text);
}

/* Sorts a copy of the keys: a map of a hundred thousand members must not cost ten thousand million comparisons. */
static enum status
refuse_duplicates(struct reader *r, const struct conf_node *n)
{
	CLEANUP(freep) const struct conf_node **sorted = NULL;

	if (n->count < 2)
		return OK;
	sorted = malloc(n->count * sizeof(*sorted));
	if (sorted == NULL)
		return E_NOMEM;
	memcpy(sorted, n->key, n->count * sizeof(*sorted));
	qsort(sorted, n->count, sizeof(*sorted), by_text);
	for (size_t i = 1; i < n->count; i++) {
		const struct conf_node *a = sorted[i - 1], *b = sorted[i];
		const struct conf_node *later =
		    a->line > b->line || (a->line == b->line && a->column > b->column) ? a : b;

		if (str_eq(a->text, b->text))
			return conf_refuse(later, r->err, "keep one of them", "\"%.*s\" is given twice",
					   STR_ARG(a->text));
	}
	return OK;
}

/* From the chain of children to arrays. */
static enum status
on_close(struct reader *r)
{
	struct conf_node *n = r->open[--r->depth];
	bool map = n->kind == CONF_MAP;
	size_t i = 0;

	if (map)
		n->count /= 2;
	n->value = conf_arena_get(&r->conf->arena, (n->count + 1) * sizeof(*n->value));
	n->key = conf_arena_get(&r->conf->arena, (n->count + 1) * sizeof(*n->key));
	if (n->value == NULL || n->key == NULL)
		return E_NOMEM;
	for (struct conf_node *child = n->first; child != NULL; child = child->next, i++) {
		n->key[i] = map ? child : NULL;
		if (map)
			child = child->next;
		n->value[i] = child;
	}
	return map ? refuse_duplicates(r, n) : OK;
}

static enum status
on_document(struct reader *r, const yaml_event_t *e)
{
	if (e->data.document_start.version_directive != NULL ||
	    e->data.document_start.tag_directives.start != e->data.document_start.tag_directives.end)
		return refuse_at(r, &e->start_mark, "remove the % line", "directives are not allowed");
	if (r->conf->root != NULL)
		return refuse_at(r, &e->start_mark, "keep one document per file", "a second document");
	return OK;
}

static enum status
refuse_features(struct reader *r, const yaml_event_t *e)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
	}
	if (anchor != NULL || e->type == YAML_ALIAS_EVENT)
		return refuse_at(r, &e->start_mark, "write the value out", "anchors and aliases are not allowed");
	if (tag != NULL)
		return refuse_at(r, &e->start_mark, "remove it", "tags are not allowed");
	return OK;
}

static enum status
on_event(struct reader *r, const yaml_event_t *e)
{
	TRY(refuse_features(r, e));
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return on_document(r, e);
	case YAML_SCALAR_EVENT:
		return on_scalar(r, e);
	case YAML_SEQUENCE_START_EVENT:
		return on_open(r, e, CONF_LIST);
	case YAML_MAPPING_START_EVENT:
		return on_open(r, e, CONF_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_close(r);
	default:
		return OK;
	}
}

static enum status
read_events(struct reader *r)
{
	bool over = false;

	while (!over) {
		yaml_event_t e;
		enum status st;

		if (!yaml_parser_parse(&r->parser, &e))
			return refuse_syntax(r);
		st = on_event(r, &e);
		over = e.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&e);
		TRY(st);
	}
	if (r->conf->root == NULL)
		return refuse_at(r, &(yaml_mark_t){ 0 }, "write at least one setting", "the file is empty");
	return OK;
}

enum status
conf_yaml_read(struct conf *c, struct str text, struct conf_error *err)
{
	struct reader r = { .conf = c, .err = err };
	enum status st;

	if (text.n > CONF_BYTES_MAX) {
		(void)refuse_at(&r, &(yaml_mark_t){ 0 }, "split it", "more than %zu bytes", CONF_BYTES_MAX);
		return E_TOO_LARGE;
	}
	if (!yaml_parser_initialize(&r.parser))
		return E_NOMEM;
	/* Otherwise libyaml would take a byte order mark as leave to read UTF-16. */
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text.p, text.n);
	st = read_events(&r);
	yaml_parser_delete(&r.parser);
	return st;
}
