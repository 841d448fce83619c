/*
 * tag_memory.h: which tags of entries are in the database already (store_tag.h), so that a person's tag costs one write
 * a month and node and no more. Bounded: forgetting one costs a write that finds the row there.
 */
#ifndef AUTHD_AUDIT_TAG_MEMORY_H
#define AUTHD_AUDIT_TAG_MEMORY_H

#include <stdbool.h>

#include "auditlog/base/buf.h"

struct tag_memory;

MUST_USE enum status tag_memory_new(struct tag_memory **out);
void tag_memory_free(struct tag_memory *m);
/* tag is 22 characters. Any thread. */
bool tag_memory_has(struct tag_memory *m, struct str tag);
void tag_memory_add(struct tag_memory *m, struct str tag);
/* Forgets all of them: after an erasure. */
void tag_memory_forget(struct tag_memory *m);

#endif
