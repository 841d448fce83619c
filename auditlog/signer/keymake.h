/* keymake.h: `auditlog-signer --init`: a directory with a fresh key, its verifier key, and the memory of an empty log.
 */
#ifndef AUDITLOG_SIGNER_KEYMAKE_H
#define AUDITLOG_SIGNER_KEYMAKE_H

#include "auditlog/base/status.h"
#include "auditlog/core/note.h"

#define KEYMAKE_KEY          "key"
#define KEYMAKE_VKEY         "log.vkey"
#define KEYMAKE_WITNESS_VKEY "witness.vkey"
#define KEYMAKE_NEXT         "next.key"
#define KEYMAKE_NEXT_VKEY    "next.vkey"
#define KEYMAKE_STATE        "memory"
/* "PRIVATE+KEY+name+hex8+base64", its newline. */
#define KEYMAKE_TEXT_MAX ((size_t)1024)

/*
 * Makes dir (mode 0700; it may exist): dir/key (0600), dir/log.vkey (0644), dir/memory/. Nothing that is there is ever
 * overwritten: E_CONFLICT when there is a key. E_INVALID when origin is no key name. *key is the verifier key.
 */
MUST_USE enum status keymake_init(const char *dir, struct str origin, struct note_key *key);
/*
 * The same for a witness: a key for cosignatures, dir/witness.vkey, and a memory/ without a log in it. Statuses as
 * above.
 */
MUST_USE enum status keymake_init_witness(const char *dir, struct str name, struct note_key *key);
/*
 * `--next`: the key that will follow dir/key: dir/next.key and dir/next.vkey, of the same name. E_CONFLICT when there
 * is one; E_NOT_FOUND without dir/key; E_TOO_LARGE: the name is too long for an entry to carry the key.
 */
MUST_USE enum status keymake_next(const char *dir, struct note_key *key);
/* Reads a key file (mode 0600 or stricter). */
MUST_USE enum status keymake_load(const char *path, struct note_signer **out);

#endif
