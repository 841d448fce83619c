/*
 * note.h: signed notes (C2SP signed-note), their keys, and cosignatures (tlog-cosignature).
 *
 * Ed25519 comes from libsodium: it signs straight from locked memory and, unlike others, refuses small-order keys and
 * non-canonical signatures. What a key type signs is a row of a table in note_key.c; a type without a row is
 * E_UNSUPPORTED as a key, and skipped as a signature by somebody we do not know.
 */
#ifndef AUDITLOG_CORE_NOTE_H
#define AUDITLOG_CORE_NOTE_H

#include "auditlog/base/buf.h"
#include "auditlog/base/secret.h"

#define NOTE_MAX            ((size_t)1 << 20)
#define NOTE_NAME_MAX       255
#define NOTE_PUBLIC_LEN     32
#define NOTE_SIGNATURES_MAX 100
#define NOTE_VKEY_MAX       (NOTE_NAME_MAX + 64)

enum note_type {
	NOTE_ED25519 = 0x01,     /* over the text */
	NOTE_COSIGNATURE = 0x04, /* Ed25519 over a time and a checkpoint's text */
};

/* A verifier key. A plain value. */
struct note_key {
	char name[NOTE_NAME_MAX + 1];
	uint32_t id;
	enum note_type type;
	uint8_t public[NOTE_PUBLIC_LEN];
};

/* UTF-8, not empty, no spaces, no '+', no control characters, at most NOTE_NAME_MAX bytes. */
bool note_name_ok(struct str name);
/* "name+hex8+base64". E_INVALID also when the id does not belong to name and key; E_UNSUPPORTED for other types. */
MUST_USE enum status note_parse_vkey(struct str text, struct note_key *out);
void note_put_vkey(struct buf *out, const struct note_key *key);
bool note_key_eq(const struct note_key *a, const struct note_key *b);

/* ---- signing ---- */

struct note_signer; /* its seed lies in locked memory */

/* A fresh key as the text of its file: "PRIVATE+KEY+name+hex8+base64(type || seed)", without a newline. */
MUST_USE enum status note_signer_generate(struct str name, enum note_type type, struct secret *text);
/* From such a text; one newline at its end is fine. E_INVALID, E_UNSUPPORTED, E_NOMEM. */
MUST_USE enum status note_signer_new(struct str text, struct note_signer **out);
/* Its verifier key, borrowed. */
const struct note_key *note_signer_key(const struct note_signer *s);
/*
 * Appends the signature line "— name base64\n" for this text. time_s (POSIX seconds) goes into a cosignature and is
 * ignored by other types. E_INVALID when the text is not the text of a note.
 */
MUST_USE enum status note_sign(const struct note_signer *s, struct str text, uint64_t time_s, struct buf *line);
/* Wipes. NULL is fine. */
void note_signer_free(struct note_signer *s);
/* For CLEANUP on a struct note_signer *. */
void note_signer_freep(struct note_signer **s);

/* ---- reading ---- */

struct note_signature {
	struct str name;
	uint32_t id;
	struct str base64; /* key id || signature */
	struct str line;   /* the whole line with its newline */
};

/* Borrows from the bytes it was parsed from. */
struct note {
	struct str text; /* with its last newline */
	size_t count;
	struct note_signature signature[NOTE_SIGNATURES_MAX];
};

/*
 * Takes a note apart and verifies nothing. E_INVALID: not UTF-8, control characters, no signature, a malformed
 * signature line; E_TOO_LARGE: more than NOTE_MAX bytes or NOTE_SIGNATURES_MAX signatures.
 */
MUST_USE enum status note_parse(struct str bytes, struct note *out);

/* What note_verify found out about one key. */
struct note_seen {
	bool verified;
	uint64_t time_s; /* of a cosignature, the newest; else 0 */
};

/*
 * Checks every signature whose name and id are those of a key in keys. seen has one element per key and may be NULL.
 * E_CORRUPT when any of them is wrong (seen is then all false), E_UNAUTHENTICATED when none of the keys has signed.
 */
MUST_USE enum status
note_verify(const struct note *n, const struct note_key *keys, size_t count, struct note_seen *seen);

/* Text, empty line, signature lines. E_INVALID when the text is none. */
MUST_USE enum status note_join(struct buf *out, struct str text, struct str lines);

#endif
