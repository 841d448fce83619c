#include "auditlog/base/conf.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/conf_yaml.h"
#include "auditlog/base/file.h"

/* ---- messages ---- */

void
conf_say(struct conf_error *err, const struct conf_place *at, const char *hint, const char *what, va_list ap)
{
	size_t n;

	/* snprintf cuts what is too long, and says by its result that it did; a cut message is still a message. */
	(void)snprintf(err->text, sizeof(err->text), "%s:%u:%u: ", at->file, at->line, at->column);
	n = strlen(err->text);
	(void)vsnprintf(err->text + n, sizeof(err->text) - n, what, ap);
	str_tame(err->text);
	n = strlen(err->text);
	if (hint != NULL)
		(void)snprintf(err->text + n, sizeof(err->text) - n, "; %s", hint);
}

enum status
conf_refuse(const struct conf_node *n, struct conf_error *err, const char *hint, const char *what, ...)
{
	const struct conf_place at = { n->conf->name, n->line, n->column };
	va_list ap;

	va_start(ap, what);
	conf_say(err, &at, hint, what, ap);
	va_end(ap);
	return E_INVALID;
}

/* ---- files ---- */

enum status
conf_parse(const char *name, struct str text, struct conf **out, struct conf_error *err)
{
	CLEANUP(conf_freep) struct conf *c = calloc(1, sizeof(*c));
	enum status st = E_NOMEM;

	err->text[0] = '\0';
	if (c != NULL) {
		c->name = conf_arena_text(&c->arena, str_of(name)).p;
		st = c->name != NULL ? conf_yaml_read(c, text, err) : E_NOMEM;
	}
	if (st != OK) {
		if (err->text[0] == '\0')
			(void)snprintf(err->text, sizeof(err->text), "%s:1:1: no memory; try again", name);
		return st;
	}
	*out = STEAL(&c);
	return OK;
}

enum status
conf_load(const char *path, struct conf **out, struct conf_error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF(CONF_BYTES_MAX);
	enum status st = file_read_at(AT_FDCWD, path, &text);

	if (st == OK)
		return conf_parse(path, buf_str(&text), out, err);
	(void)snprintf(err->text, sizeof(err->text), "%s:1:1: cannot be read (%s); %s", path, status_name(st),
		       st == E_TOO_LARGE ? "at most 1 MiB is read, split it"
					 : "it must be a regular file that this user may read");
	return st;
}

void
conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	conf_arena_clear(&c->arena);
	free(c);
}

void
conf_freep(struct conf **c)
{
	conf_free(*c);
}

/* ---- looking around ---- */

const struct conf_node *
conf_root(const struct conf *c)
{
	return c->root;
}

enum conf_kind
conf_kind(const struct conf_node *n)
{
	return n->kind;
}

unsigned
conf_line(const struct conf_node *n)
{
	return n->line;
}

unsigned
conf_column(const struct conf_node *n)
{
	return n->column;
}

const char *
conf_file(const struct conf_node *n)
{
	return n->conf->name;
}

struct str
conf_text(const struct conf_node *n)
{
	return n->kind == CONF_SCALAR ? n->text : STR("");
}

size_t
conf_count(const struct conf_node *n)
{
	return n->count;
}

const struct conf_node *
conf_at(const struct conf_node *n, size_t i)
{
	return i < n->count ? n->value[i] : NULL;
}

const struct conf_node *
conf_key_at(const struct conf_node *n, size_t i)
{
	return i < n->count ? n->key[i] : NULL;
}

const struct conf_node *
conf_get(const struct conf_node *n, const char *key)
{
	if (n->kind != CONF_MAP)
		return NULL;
	for (size_t i = 0; i < n->count; i++)
		if (str_is(n->key[i]->text, key))
			return n->value[i];
	return NULL;
}

struct conf_arena *
conf_arena_of(const struct conf_node *n)
{
	/* The tree is read-only to the outside; what a schema allocates lives and dies with it all the same. */
	union {
		const struct conf *in;
		struct conf *out;
	} u = { .in = n->conf };

	return &u.out->arena;
}

const struct conf_node *
conf_arena_scalar(const struct conf_node *n, const char *text)
{
	struct conf_node *scalar = conf_arena_get(conf_arena_of(n), sizeof(*scalar));

	if (scalar == NULL)
		return NULL;
	*scalar = (struct conf_node){ .conf = n->conf, .line = n->line, .column = n->column };
	scalar->text = conf_arena_text(conf_arena_of(n), str_of(text));
	return scalar->text.p != NULL ? scalar : NULL;
}
