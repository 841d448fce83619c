/*
 * skim.h: the quick look at an entry: its head alone, compared with what it must be. Reading a whole entry costs three
 * times what hashing it does, so `verify` reads whole only what it has to judge by its words (--strict, --lawful).
 */
#ifndef AUDITLOG_TOOL_SKIM_H
#define AUDITLOG_TOOL_SKIM_H

#include "auditlog/core/hash.h"

/*
 * True when the line begins, byte for byte, as entry `index` behind an entry with the hash prev does, up to its
 * `"id":`, and ends in a brace; its time is then in *us. False says only that a closer look is needed.
 */
bool skim_entry(struct str line, uint64_t index, const struct hash *prev, int64_t *us);

#endif
