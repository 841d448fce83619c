/* checkpoint.h: the text that a log signs (C2SP tlog-checkpoint): origin, size, root. */
#ifndef AUDITLOG_CORE_CHECKPOINT_H
#define AUDITLOG_CORE_CHECKPOINT_H

#include "auditlog/core/hash.h"
#include "auditlog/core/note.h"
#include "auditlog/core/trust.h"

/* origin and extensions are borrowed from the text it was parsed from. */
struct checkpoint {
	struct str origin;
	uint64_t size; /* at most MERKLE_SIZE_MAX */
	struct hash root;
	struct str extensions; /* further lines with their newlines; empty for everything that we make */
};

/* The text (extensions included). An origin that is no single non-empty line makes a text that does not parse. */
void checkpoint_put(struct buf *out, const struct checkpoint *c);
/*
 * Strict: three lines or more, none empty, a size without leading zeroes, a canonical root, the root of nothing for
 * size 0. E_INVALID otherwise.
 */
MUST_USE enum status checkpoint_parse(struct str text, struct checkpoint *out);
/* The same, but a tree of size 0 may claim any root: for a witness, which says of what is signed why it refuses it. */
MUST_USE enum status checkpoint_read(struct str text, struct checkpoint *out);
/*
 * The whole way for a signed one: parse the note, verify it against log_key (type NOTE_ED25519), parse the text, and
 * refuse an origin other than the key's name (E_CORRUPT). The results borrow from bytes. note may be NULL.
 */
MUST_USE enum status
checkpoint_open(struct str bytes, const struct note_key *log_key, struct checkpoint *out, struct note *note);
/* The same for a log that has, or had, several keys: at least one that is named as the origin must have signed. */
MUST_USE enum status
checkpoint_open_any(struct str bytes, const struct trust *keys, struct checkpoint *out, struct note *note);

#endif
