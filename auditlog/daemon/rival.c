#include "auditlog/daemon/rival.h"

/* Our root at an earlier size. A proof ties it to the present tree, so damaged tiles cannot make us say a wrong one. */
static enum status
root_at(const struct rival_question *q, uint64_t size, struct hash *out)
{
	struct hash_reader hashes = logread_hashes(q->log, q->tree->size);
	struct hash newest = merkle_root(q->tree), root;
	struct merkle then = { 0 };
	struct proof proof = { 0 };

	TRY(merkle_from_reader(&hashes, size, &then));
	root = merkle_root(&then);
	TRY(logread_consistency(q->log, size, q->tree->size, &proof));
	TRY(proof_check_consistency(&proof, size, &root, q->tree->size, &newest));
	*out = root;
	return OK;
}

bool
rival_signed(const struct rival_question *q)
{
	struct signing_memory memory = { 0 };
	struct hash ours = merkle_root(q->tree);

	if (signing_ask_memory(q->signer, q->origin, q->wait_us, &memory) != OK || memory.size == 0)
		return false;
	if (memory.size > q->tree->size)
		return true;
	if (memory.size < q->tree->size && root_at(q, memory.size, &ours) != OK)
		return false;
	return !hash_eq(&ours, &memory.root);
}
