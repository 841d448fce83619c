/*
 * fuzz_witness.c: what a witness is asked for. An even first byte: the rest is a request as it stands. An odd one: byte
 * by byte the size that is claimed to be known, and the size and first byte of a root that the log signs; then hashes
 * of a proof.
 *
 * Nothing that the log did not sign is cosigned; what is remembered never shrinks, and moves only to a tree that a
 * proof ties to it.
 */
#include <fcntl.h>
#include <unistd.h>

#include "auditlog/base/log.h"
#include "auditlog/signer/witness.h"
#include "tests/fuzz/oracle_key.h"
#include "tests/fuzz/oracle_scratch.h"

#define NOW_S UINT64_C(1795300000)

static int statedir;
static struct note_signer *of_log;
static struct witness *w;

static void
set_up(void)
{
	log_open("fuzz", (enum log_level)(LOG_LEVEL_ERROR + 1)); /* nothing: each refusal is an error there */
	statedir = open(oracle_scratch_make(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(statedir >= 0);
	of_log = oracle_key_new(NOTE_ED25519);
	must(witness_new(statedir, oracle_key_new(NOTE_COSIGNATURE), &w) == OK);
	must(witness_add_log(w, note_signer_key(of_log)) == OK);
}

static unsigned
ask(struct str request)
{
	CLEANUP(buf_clear) struct buf reply = BUF(NOTE_MAX);
	unsigned code = witness_add_checkpoint(w, request, NOW_S, &reply);

	must(code == SIGNING_OK || code == SIGNING_MALFORMED || code == SIGNING_UNSIGNED ||
	     code == SIGNING_UNKNOWN_ORIGIN || code == SIGNING_OTHER_SIZE || code == SIGNING_INCONSISTENT);
	must(code != SIGNING_OK || reply.n > 0);
	return code;
}

static void
check_signed(struct str in)
{
	CLEANUP(buf_clear) struct buf text = BUF(4096), note = BUF(8192), request = BUF(SIGNING_REQUEST_MAX);
	struct checkpoint c = { .origin = STR(ORACLE_ORIGIN), .root = hash_empty() };
	struct signing_memory before, after;
	struct proof proof = { 0 };
	uint8_t old = 0, size = 0, root = 0;
	unsigned code;

	if (buf_get_u8(&in, &old) != OK || buf_get_u8(&in, &size) != OK || buf_get_u8(&in, &root) != OK)
		return;
	c.size = size;
	if (size > 0)
		c.root.b[0] = root;
	while (proof.n < PROOF_HASHES_MAX && buf_get_into(&in, proof.h[proof.n].b, HASH_LEN) == OK)
		proof.n++;
	checkpoint_put(&text, &c);
	must(oracle_key_sign(of_log, buf_str(&text), 0, &note));
	signing_put_request(&request, old, &proof, buf_str(&note));
	must(witness_memory(w, STR(ORACLE_ORIGIN), &before) == OK);
	code = ask(buf_str(&request));
	must(witness_memory(w, STR(ORACLE_ORIGIN), &after) == OK);
	if (code != SIGNING_OK) {
		must(after.size == before.size && hash_eq(&after.root, &before.root));
		return;
	}
	must(old == before.size && after.size == size && hash_eq(&after.root, &c.root));
	must(proof_check_consistency(&proof, before.size, &before.root, after.size, &after.root) == OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str rest;

	if (w == NULL)
		set_up();
	if (oracle_first(data, n, &rest) % 2 == 0)
		must(ask(rest) != SIGNING_OK);
	else
		check_signed(rest);
	return 0;
}
