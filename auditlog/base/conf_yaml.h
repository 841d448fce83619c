/* conf_yaml.h: from YAML's events to the tree of a struct conf. Used by conf*.c only. */
#ifndef AUDITLOG_BASE_CONF_YAML_H
#define AUDITLOG_BASE_CONF_YAML_H

#include <stdarg.h>

#include "auditlog/base/conf_arena.h"

struct conf_node {
	const struct conf *conf;
	enum conf_kind kind;
	unsigned line, column;
	struct str text;                /* scalar */
	struct conf_node *first, *last; /* children while they are read: keys and values of a map by turns */
	struct conf_node *next;
	const struct conf_node **key, **value; /* children by number, once complete */
	size_t count;
};

struct conf {
	struct conf_arena arena;
	const char *name;
	struct conf_node *root;
	size_t nodes;
};

/* A place in a file; lines and columns count from 1. */
struct conf_place {
	const char *file;
	unsigned line, column;
};

/* Reads the text into c, which is empty but for its name. As conf_parse(); memory may leave err empty. */
MUST_USE enum status conf_yaml_read(struct conf *c, struct str text, struct conf_error *err);

/* "file:line:column: what; hint" into err. hint may be NULL. */
void PRINTF_LIKE(4, 0)
    conf_say(struct conf_error *err, const struct conf_place *at, const char *hint, const char *what, va_list ap);

#endif
