/* note_inner.h: what notes, their keys and their signers share. Used by note*.c only. */
#ifndef AUDITLOG_CORE_NOTE_INNER_H
#define AUDITLOG_CORE_NOTE_INNER_H

#include <sodium.h>

#include "auditlog/core/note.h"

#define NOTE_ID_LEN   4
#define NOTE_TIME_LEN 8
/* The type byte and the key behind it, both for public keys and for seeds. */
#define NOTE_KEY_BYTES     (1 + NOTE_PUBLIC_LEN)
#define NOTE_SIGNATURE_MAX (NOTE_ID_LEN + NOTE_TIME_LEN + crypto_sign_BYTES)

/* What stands before the name in a signature line. */
extern const struct str note_dash;

/* What a key type signs. */
struct note_algorithm {
	enum note_type type;
	bool timed; /* eight bytes of time stand before the signature */
	void (*message)(struct buf *out, struct str text, uint64_t time_s);
};

/* NULL: no such type. */
const struct note_algorithm *note_algorithm_of(unsigned type);

/* The parts of "name+hex8+base64"; base64 may hold more of '+'. */
struct note_key_text {
	struct str name, base64;
	uint32_t id;
};

/* E_INVALID. Parts are borrowed. */
MUST_USE enum status note_key_split(struct str text, struct note_key_text *out);
/* The verifier key of this name and these NOTE_PUBLIC_LEN bytes. */
void note_key_set(struct note_key *key, struct str name, const struct note_algorithm *alg, const uint8_t *public);
/* Can be the text of a note: UTF-8 with no control character but newline, which ends it, and not too long. */
bool note_is_text(struct str s);

#endif
