/* conf_arena.h: memory that lives as long as a struct conf. Used by conf*.c only. */
#ifndef AUDITLOG_BASE_CONF_ARENA_H
#define AUDITLOG_BASE_CONF_ARENA_H

#include "auditlog/base/conf.h"

struct conf_arena_block;

struct conf_arena {
	struct conf_arena_block *blocks;
};

/* n zeroed bytes, aligned for anything; NULL without memory. */
void *conf_arena_get(struct conf_arena *a, size_t n);
/* A copy that ends in NUL; p == NULL without memory. */
struct str conf_arena_text(struct conf_arena *a, struct str s);
/* Everything at once. */
void conf_arena_clear(struct conf_arena *a);
/* The arena that a node lies in. */
struct conf_arena *conf_arena_of(const struct conf_node *n);
/* A scalar node with this text at the place of n; NULL without memory. */
const struct conf_node *conf_arena_scalar(const struct conf_node *n, const char *text);

#endif
