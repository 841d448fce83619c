#include "auditlog/signer/witness.h"

#include <stdlib.h>
#include <string.h>

#include "auditlog/base/log.h"
#include "auditlog/signer/memory.h"

struct known_log {
	struct note_key key;
	bool own;
	struct signing_memory memory;
};

struct witness {
	int statedir;
	struct note_signer *signer;
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
	return str_of(log->key.name);
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
add(struct witness *w, const struct note_key *key, bool own)
{
	struct known_log log = { .key = *key, .own = own };
	enum status st;

	if (w->count == WITNESS_LOGS_MAX)
		return E_TOO_LARGE;
	if (find_log(w, str_of(key->name)) != NULL)
		return E_CONFLICT;
	log.memory.root = hash_empty();
	st = memory_load(w->statedir, origin_of(&log), &log.memory);
	if (st != OK && !(st == E_NOT_FOUND && !own))
		return st;
	w->logs[w->count++] = log;
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
	return add(w, key, false);
}

enum status
witness_start_memory(int statedir, struct str origin)
{
	struct signing_memory m = { .root = hash_empty() };
	struct signing_memory old = { 0 };
	enum status st = memory_load(statedir, origin, &old);

	if (st != E_NOT_FOUND)
		return st == OK ? E_CONFLICT : st;
	return memory_keep(statedir, origin, &m);
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
	return checkpoint_parse(r->text, &r->tree);
}

/* ---- the rules ---- */

/* A bare text is for the owner of the key alone; everything else must carry the signature of its log. */
static bool
signed_by_log(const struct known_log *log, const struct request *r)
{
	CLEANUP(freep) struct note *note = NULL;
	struct checkpoint c = { 0 };

	if (log->own && is_bare(r->checkpoint))
		return true;
	note = calloc(1, sizeof(*note));
	return note != NULL && checkpoint_open(r->checkpoint, &log->key, &c, note) == OK;
}

static bool
consistent(const struct known_log *log, const struct request *r)
{
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

/*
 * 1. remember the tree, durably   2. sign.
 * A crash between the two leaves a tree that we remember and never signed: asking again with the new size gets the
 * signature. The other order could sign two different trees of one size.
 */
static enum status
remember_and_sign(struct witness *w, struct known_log *log, const struct request *r, uint64_t now_s, struct buf *reply)
{
	struct signing_memory m = { .size = r->tree.size, .root = r->tree.root };

	if (m.size != log->memory.size)
		TRY(memory_keep(w->statedir, origin_of(log), &m));
	log->memory = m;
	return note_sign(w->signer, r->text, now_s, reply);
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
	if (code != SIGNING_OK)
		return refuse(code, log, reply);
	st = remember_and_sign(w, log, &r, now_s, reply);
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
