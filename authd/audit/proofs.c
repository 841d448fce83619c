#include "authd/audit/proofs.h"

#include <time.h>

#include "auditlog/base/clock.h"
#include "auditlog/client/logread.h"
#include "authd/audit/audit.h"
#include "authd/authd.h"

#define POLL_NS 50000000L

/* E_INVALID from logread_prove: the checkpoint is older than the entry. */
static enum status
try_once(struct logread *log, uint64_t index, struct buf *proof)
{
	CLEANUP(buf_clear) struct buf checkpoint = BUF(LOGREAD_CHECKPOINT_MAX);

	TRY(logread_checkpoint(log, &checkpoint));
	buf_reset(proof);
	return logread_prove(log, index, buf_str(&checkpoint), proof);
}

static enum status
wait_for_proof(struct logread *log, uint64_t index, int64_t wait_us, struct buf *proof)
{
	const int64_t deadline = clock_mono_us() + wait_us;
	const struct timespec pause = { .tv_nsec = POLL_NS };
	enum status st = try_once(log, index, proof);

	while ((st == E_INVALID || st == E_NOT_FOUND) && clock_mono_us() < deadline) {
		nanosleep(&pause, NULL);
		st = try_once(log, index, proof);
	}
	return st == E_INVALID || st == E_NOT_FOUND ? E_UNAVAILABLE : st;
}

enum status
proofs_within(struct authd *a, uint64_t index, int64_t wait_us, struct buf *proof)
{
	CLEANUP(logread_freep) struct logread *log = NULL;
	CLEANUP(buf_clear) struct buf text = BUF(PROOF_FILE_MAX);

	TRY(logread_open(a->config.log.dir, &log));
	TRY(wait_for_proof(log, index, wait_us, &text));
	buf_put(proof, buf_str(&text));
	return buf_status(proof);
}

enum status
proofs_make(struct authd *a, uint64_t index, struct buf *proof, struct buf *line)
{
	CLEANUP(buf_clear) struct buf entry = BUF(ENTRY_MAX);

	TRY(audit_read(a, index, &entry));
	if (line != NULL)
		buf_put(line, buf_str(&entry));
	return proof == NULL ? OK : proofs_within(a, index, PROOFS_WAIT_US, proof);
}

enum status
proofs_json(struct authd *a, uint64_t index, json_t **out)
{
	CLEANUP(buf_clear) struct buf proof = BUF(PROOF_FILE_MAX), line = BUF(ENTRY_MAX);

	TRY(proofs_make(a, index, &proof, &line));
	*out = json_pack("{s:I, s:s%, s:s%}", "index", (json_int_t)index, "entry", line.p, line.n, "proof", proof.p,
			 proof.n);
	return *out == NULL ? E_NOMEM : OK;
}
