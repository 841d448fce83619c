#include "auditlog/tool/learn.h"

#include <stdlib.h>
#include <string.h>

#include "auditlog/base/encode.h"
#include "auditlog/core/entry.h"
#include "auditlog/core/proof.h"
#include "auditlog/tool/vouch.h"

/* Does this line say: the new key of this log is that one? Only auditlogd itself can write such an entry. */
static bool
names_key(struct str line, uint64_t index, const struct note_key *key)
{
	CLEANUP(buf_clear) struct buf vkey = BUF(NOTE_VKEY_MAX);
	struct entry_view v = { 0 };

	note_put_vkey(&vkey, key);
	if (entry_parse(line, &v) != OK || v.index != index || v.entry.event != ENTRY_LOG_KEY ||
	    buf_status(&vkey) != OK)
		return false;
	return v.entry.fact_count == 1 && str_is(v.entry.facts[0].name, "key") &&
	       str_eq(v.entry.facts[0].text, buf_str(&vkey));
}

/* Entry and path under a checkpoint that a key which is trusted already has signed. */
static bool
proves(const struct target *t, struct str text, const struct note_key *key, struct target_learned *out)
{
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	CLEANUP(freep) struct note *note = calloc(1, sizeof(*note));
	struct findings unsaid = { 0 };
	struct proof_file f;
	struct checkpoint c;
	struct hash leaf;

	if (note == NULL || proof_parse_file(text, &f) != OK || f.extra.p == NULL ||
	    decode_base64(f.extra, &line) != OK)
		return false;
	if (!vouch_checkpoint(&t->keys, f.checkpoint, "", note, &c, &unsaid) || !str_is(c.origin, key->name))
		return false;
	leaf = hash_leaf(buf_str(&line));
	if (proof_check_inclusion(&f.path, f.index, c.size, &leaf, &c.root) != OK ||
	    !names_key(buf_str(&line), f.index, key))
		return false;
	*out = (struct target_learned){ .key = *key, .entry = f.index, .size = c.size, .root = c.root };
	return true;
}

static bool
learn_one(struct target *t, struct logread *log, const struct note_key *key)
{
	CLEANUP(buf_clear) struct buf text = BUF(PROOF_FILE_MAX);
	struct target_learned l;

	for (size_t i = 0; i < t->keys.n; i++)
		if (note_key_eq(&t->keys.key[i], key))
			return false;
	if (t->learned_count == TARGET_LEARNED_MAX || logread_handover(log, key->id, &text) != OK ||
	    !proves(t, buf_str(&text), key, &l) || trust_add_key(&t->keys, key) != OK)
		return false;
	t->learned[t->learned_count++] = l;
	return true;
}

void
learn_keys(struct target *t, struct logread *log)
{
	CLEANUP(buf_clear) struct buf text = BUF(TRUST_FILE_MAX);
	struct trust there = { 0 };
	bool more = true;

	if (logread_vkeys(log, &text) != OK || trust_add_lines(&there, buf_str(&text)) != OK)
		return;
	while (more) {
		more = false;
		for (size_t i = 0; i < there.n; i++)
			more = learn_one(t, log, &there.key[i]) || more;
	}
}
