#include "auditlog/signer/witness.h"

#include <stdlib.h>
#include <string.h>

#include "auditlog/base/log.h"
#include "auditlog/signer/memory.h"

struct known_log {
	struct note_key key[WITNESS_KEYS_MAX]; /* one name: the origin; more than one while a log changes its key */
	size_t key_count;
	bool own;
	struct signing_memory memory;
};

struct witness {
	int statedir;
	struct note_signer *signer;
	struct note_signer *next; /* NULL but while the log changes its key */
	uint64_t overlap_s;
	uint64_t introduced_s; /* 0: not yet */
	size_t count;
	struct known_log logs[WITNESS_LOGS_MAX];
};

/* A request taken apart; everything borrows from its text. */
struct request {
	uint64_t old_size;
	struct proof proof;
	struct str checkpoint; /* bare or signed */
	struct str text;       /* what a signature covers */
	struct checkpoint tree;
};

enum status
witness_new(int statedir, struct note_signer *signer, struct witness **out)
{
	struct witness *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return E_NOMEM;
	w->statedir = statedir;
	w->signer = signer;
	*out = w;
	return OK;
}

void
witness_free(struct witness *w)
{
	if (w == NULL)
		return;
	note_signer_free(w->signer);
	note_signer_free(w->next);
	free(w);
}

void
witness_freep(struct witness **w)
{
	witness_free(*w);
}

static struct str
origin_of(const struct known_log *log)
{
	return str_of(log->key[0].name);
}

static struct known_log *
find_log(struct witness *w, struct str origin)
{
	for (size_t i = 0; i < w->count; i++)
		if (str_eq(origin_of(&w->logs[i]), origin))
			return &w->logs[i];
	return NULL;
}

static enum status
add_key(struct known_log *log, const struct note_key *key)
{
	for (size_t i = 0; i < log->key_count; i++)
		if (note_key_eq(&log->key[i], key))
			return OK;
	if (log->key_count == WITNESS_KEYS_MAX)
		return E_TOO_LARGE;
	log->key[log->key_count++] = *key;
	return OK;
}

static enum status
add(struct witness *w, const struct note_key *key, bool own)
{
	struct known_log *log = &w->logs[w->count];
	enum status st;

	if (w->count == WITNESS_LOGS_MAX)
		return E_TOO_LARGE;
	*log = (struct known_log){ .own = own };
	TRY(add_key(log, key));
	log->memory.root = hash_empty();
	st = memory_load(w->statedir, origin_of(log), &log->memory);
	if (st != OK && !(st == E_NOT_FOUND && !own))
		return st;
	w->count++;
	return OK;
}

enum status
witness_add_own(struct witness *w)
{
	return add(w, note_signer_key(w->signer), true);
}

enum status
witness_add_log(struct witness *w, const struct note_key *key)
{
	struct known_log *log = find_log(w, str_of(key->name));

	return log != NULL ? add_key(log, key) : add(w, key, false);
}

enum status
witness_start_memory(int statedir, struct str origin)
{
	struct signing_memory m = { .root = hash_empty() };
	struct signing_memory old = { 0 };
	enum status st = memory_load(statedir, origin, &old);

	if (st != E_NOT_FOUND)
		return st == OK ? E_CONFLICT : st;
	return memory_keep(statedir, origin, &m, STR(""));
}

/* ---- taking a request apart ---- */

static enum status
get_old_size(struct str *in, uint64_t *out)
{
	struct str line = { 0 };

	if (!str_starts(*in, STR("old ")) || !str_next(in, '\n', &line))
		return E_INVALID;
	return str_to_u64(str_slice(line, 4, line.n), MERKLE_SIZE_MAX, out);
}

static bool
is_bare(struct str checkpoint)
{
	return str_find(checkpoint, STR("\n\n")) == checkpoint.n;
}

/* The text of a checkpoint is all of it when it is bare, else what stands before the signatures. */
static enum status
get_text(struct str checkpoint, struct str *out)
{
	CLEANUP(freep) struct note *note = NULL;

	*out = checkpoint;
	if (is_bare(checkpoint))
		return OK;
	note = calloc(1, sizeof(*note));
	if (note == NULL)
		return E_NOMEM;
	TRY(note_parse(checkpoint, note));
	*out = note->text;
	return OK;
}

static enum status
get_request(struct str text, struct request *r)
{
	TRY(get_old_size(&text, &r->old_size));
	TRY(proof_get_lines(&text, MERKLE_LEVELS, &r->proof));
	r->checkpoint = text;
	TRY(get_text(text, &r->text));
	return checkpoint_read(r->text, &r->tree);
}

/* ---- the rules ---- */

/* A bare text is for the owner of the key alone; everything else must carry the signature of its log. */
static bool
signed_by_log(const struct known_log *log, const struct request *r)
{
	CLEANUP(freep) struct note *note = NULL;

	if (log->own && is_bare(r->checkpoint))
		return true;
	note = calloc(1, sizeof(*note));
	return note != NULL && note_parse(r->checkpoint, note) == OK &&
	       note_verify(note, log->key, log->key_count, NULL) == OK;
}

static bool
consistent(const struct known_log *log, const struct request *r)
{
	const struct hash nothing = hash_empty();

	if (r->tree.size == 0 && !hash_eq(&r->tree.root, &nothing))
		return false;
	return proof_check_consistency(&r->proof, r->old_size, &log->memory.root, r->tree.size, &r->tree.root) == OK;
}

/* In the order of tlog-witness, so that a caller can tell from the code how far it came. */
static unsigned
judge(const struct known_log *log, const struct request *r)
{
	if (log == NULL)
		return SIGNING_UNKNOWN_ORIGIN;
	if (!signed_by_log(log, r))
		return SIGNING_UNSIGNED;
	if (r->old_size > r->tree.size)
		return SIGNING_MALFORMED;
	if (r->old_size != log->memory.size)
		return SIGNING_OTHER_SIZE;
	/* What we add must mean the same to everybody: an extension line is nothing that a tree can prove. */
	if (log->own && r->tree.extensions.n > 0)
		return SIGNING_MALFORMED;
	return consistent(log, r) ? SIGNING_OK : SIGNING_INCONSISTENT;
}

static const char *
reason(unsigned code)
{
	switch (code) {
	case SIGNING_MALFORMED:
		return "malformed\n";
	case SIGNING_UNSIGNED:
		return "not signed by the log\n";
	case SIGNING_UNKNOWN_ORIGIN:
		return "unknown origin\n";
	case SIGNING_INCONSISTENT:
		return "not consistent with the tree signed before\n";
	default:
		return "the memory cannot be written\n";
	}
}

static unsigned
refuse(unsigned code, const struct known_log *log, struct buf *reply)
{
	if (code == SIGNING_OTHER_SIZE) {
		buf_put_u64_dec(reply, log->memory.size);
		buf_put_char(reply, '\n');
	} else {
		buf_put_cstr(reply, reason(code));
	}
	return code;
}

/* Only a key that readers can come to know may sign alone. */
static bool
old_is_over(const struct witness *w, uint64_t now_s)
{
	return w->next != NULL && w->introduced_s != 0 && now_s >= w->introduced_s &&
	       now_s - w->introduced_s >= w->overlap_s;
}

/*
 * The signer of a log: 1. remember the tree, durably   2. sign.
 * A crash between the two leaves a tree that we remember and never signed: asking again with the new size gets the
 * signature. The other order could sign two different trees of one size.
 */
static enum status
remember_and_sign(struct witness *w, struct known_log *log, const struct request *r, uint64_t now_s, struct buf *reply)
{
	struct signing_memory m = { .size = r->tree.size, .root = r->tree.root };

	if (m.size != log->memory.size)
		TRY(memory_keep(w->statedir, origin_of(log), &m, STR("")));
	log->memory = m;
	if (!old_is_over(w, now_s))
		TRY(note_sign(w->signer, r->text, now_s, reply));
	return w->next != NULL ? note_sign(w->next, r->text, now_s, reply) : OK;
}

/* The text and what its log signed of it. Lines by others are whoever's who sent them: they are not handed on. */
static enum status
put_signed(const struct known_log *log, const struct request *r, struct buf *out)
{
	CLEANUP(freep) struct note *note = calloc(1, sizeof(*note));

	if (note == NULL)
		return E_NOMEM;
	TRY(note_parse(r->checkpoint, note));
	buf_put(out, r->text);
	buf_put_char(out, '\n');
	for (size_t i = 0; i < note->count; i++)
		for (size_t k = 0; k < log->key_count; k++)
			if (note->signature[i].id == log->key[k].id &&
			    str_is(note->signature[i].name, log->key[k].name))
				buf_put(out, note->signature[i].line);
	return buf_status(out);
}

/*
 * A witness: what it remembers is the cosigned note itself, which monitors may read. It is durable before the line
 * leaves, so the rule is the same: nobody has seen a cosignature of a tree that we could forget.
 */
static enum status
cosign_and_remember(struct witness *w, struct known_log *log, const struct request *r, uint64_t now_s,
		    struct buf *reply)
{
	struct signing_memory m = { .size = r->tree.size, .root = r->tree.root };
	CLEANUP(buf_clear) struct buf line = BUF(SIGNING_REQUEST_MAX);
	CLEANUP(buf_clear) struct buf note = BUF(SIGNING_REQUEST_MAX);

	TRY(note_sign(w->signer, r->text, now_s, &line));
	TRY(put_signed(log, r, &note));
	buf_put(&note, buf_str(&line));
	TRY(buf_status(&note));
	TRY(memory_keep(w->statedir, origin_of(log), &m, buf_str(&note)));
	log->memory = m;
	buf_put(reply, buf_str(&line));
	return buf_status(reply);
}

/*
 * The log has signed something that does not follow from what it signed before. Two roots for one size prove that by
 * themselves; a longer tree with a bad proof may also be a clumsy client's, and is kept for people to judge.
 */
static void
keep_evidence(const struct witness *w, const struct known_log *log, const struct request *r)
{
	CLEANUP(buf_clear) struct buf held = BUF(SIGNING_REQUEST_MAX);
	struct hash name = hash_sha256(origin_of(log));
	struct memory_evidence e = { .origin = origin_of(log), .offered = r->checkpoint };
	enum status st = memory_note(w->statedir, &name, &held);

	e.fork = r->tree.size == log->memory.size && !hash_eq(&r->tree.root, &log->memory.root);
	e.held = buf_str(&held);
	if (st == OK || st == E_NOT_FOUND)
		st = memory_keep_evidence(w->statedir, &e);
	log_error(st, e.fork ? "witness.fork" : "witness.inconsistent", "origin=%s size=%llu known=%llu kept=%s",
		  log->key[0].name, (unsigned long long)r->tree.size, (unsigned long long)log->memory.size,
		  st == OK ? "yes" : "no");
}

unsigned
witness_add_checkpoint(struct witness *w, struct str request, uint64_t now_s, struct buf *reply)
{
	struct request r = { 0 };
	struct known_log *log;
	unsigned code;
	enum status st;

	if (get_request(request, &r) != OK)
		return refuse(SIGNING_MALFORMED, NULL, reply);
	log = find_log(w, r.tree.origin);
	code = judge(log, &r);
	if (code == SIGNING_INCONSISTENT && !is_bare(r.checkpoint))
		keep_evidence(w, log, &r);
	if (code != SIGNING_OK)
		return refuse(code, log, reply);
	st = log->own ? remember_and_sign(w, log, &r, now_s, reply) : cosign_and_remember(w, log, &r, now_s, reply);
	if (st == OK)
		return SIGNING_OK;
	log_error(st, "signer.memory", "size=%llu", (unsigned long long)r.tree.size);
	return refuse(SIGNING_FAULT, log, reply);
}

enum status
witness_memory(struct witness *w, struct str origin, struct signing_memory *out)
{
	const struct known_log *log = find_log(w, origin);

	if (log == NULL)
		return E_NOT_FOUND;
	*out = log->memory;
	return OK;
}

enum status
witness_note(struct witness *w, const struct hash *origin_hash, struct buf *out)
{
	for (size_t i = 0; i < w->count; i++) {
		struct hash h = hash_sha256(origin_of(&w->logs[i]));

		if (!w->logs[i].own && hash_eq(&h, origin_hash))
			return memory_note(w->statedir, origin_hash, out);
	}
	return E_NOT_FOUND;
}

/* ---- the next key ---- */

enum status
witness_set_next(struct witness *w, struct note_signer *next, uint64_t overlap_s)
{
	const struct note_key *key = note_signer_key(next), *old = note_signer_key(w->signer);
	uint64_t when_s = 0;

	if (key->type != NOTE_ED25519 || strcmp(key->name, old->name) != 0)
		return E_INVALID;
	if (note_key_eq(key, old))
		return E_CONFLICT;
	TRY(memory_load_introduced(w->statedir, key, &when_s));
	w->next = next;
	w->overlap_s = overlap_s;
	w->introduced_s = when_s;
	return OK;
}

void
witness_put_keys(const struct witness *w, uint64_t now_s, struct buf *out)
{
	if (!old_is_over(w, now_s)) {
		note_put_vkey(out, note_signer_key(w->signer));
		buf_put_char(out, '\n');
	}
	if (w->next != NULL) {
		note_put_vkey(out, note_signer_key(w->next));
		buf_put_char(out, '\n');
	}
}

enum status
witness_introduced(struct witness *w, struct str vkey, uint64_t now_s)
{
	struct note_key key;

	if (w->next == NULL || note_parse_vkey(vkey, &key) != OK || !note_key_eq(&key, note_signer_key(w->next)))
		return E_NOT_FOUND;
	if (w->introduced_s != 0)
		return OK;
	TRY(memory_keep_introduced(w->statedir, &key, now_s));
	w->introduced_s = now_s;
	return OK;
}
