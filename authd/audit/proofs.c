#include "authd/audit/proofs.h"

#include <fcntl.h>
#include <time.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/file.h"
#include "auditlog/client/logread.h"
#include "authd/audit/audit.h"
#include "authd/authd.h"

#define POLL_NS 50000000L

/* One of the kinds of proof: E_INVALID when the checkpoint is older than what is to be proved. */
typedef enum status make_proof(const void *what, struct logread *log, struct str checkpoint, struct buf *proof);

static enum status
try_once(make_proof *make, const void *what, struct logread *log, struct buf *proof)
{
	CLEANUP(buf_clear) struct buf checkpoint = BUF(LOGREAD_CHECKPOINT_MAX);

	TRY(logread_checkpoint(log, &checkpoint));
	buf_reset(proof);
	return make(what, log, buf_str(&checkpoint), proof);
}

static enum status
wait_for_proof(make_proof *make, const void *what, struct logread *log, int64_t wait_us, struct buf *proof)
{
	const int64_t deadline = clock_mono_us() + wait_us;
	const struct timespec pause = { .tv_nsec = POLL_NS };
	enum status st = try_once(make, what, log, proof);

	while ((st == E_INVALID || st == E_NOT_FOUND) && clock_mono_us() < deadline) {
		nanosleep(&pause, NULL);
		st = try_once(make, what, log, proof);
	}
	return st == E_INVALID || st == E_NOT_FOUND ? E_UNAVAILABLE : st;
}

/* ---- of one entry ---- */

static enum status
prove_entry(const void *what, struct logread *log, struct str checkpoint, struct buf *proof)
{
	return logread_prove(log, *(const uint64_t *)what, checkpoint, proof);
}

enum status
proofs_within(struct authd *a, uint64_t index, int64_t wait_us, struct buf *proof)
{
	CLEANUP(logread_freep) struct logread *log = NULL;
	CLEANUP(buf_clear) struct buf text = BUF(PROOF_FILE_MAX);

	TRY(logread_open(a->config.log.dir, &log));
	TRY(wait_for_proof(prove_entry, &index, log, wait_us, &text));
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

enum status
proofs_log_key(const struct authd *a, struct buf *text)
{
	const char *vkey = a->config.log.vkey;

	if (vkey[0] == '/')
		return file_read_at(AT_FDCWD, vkey, text);
	buf_put_cstr(text, vkey);
	return buf_status(text);
}

/* ---- of completeness ---- */

struct complete {
	struct str tag;
	unsigned month;
	struct mapproof_said said[MAPPROOF_PARTS_MAX];
	size_t count;
};

static enum status
prove_complete(const void *what, struct logread *log, struct str checkpoint, struct buf *proof)
{
	const struct complete *c = what;

	return mapproof_put(log, checkpoint, c->tag, c->month, c->said, c->count, proof);
}

enum status
proofs_complete(struct authd *a, struct str tag, struct str month, struct buf *proof)
{
	CLEANUP(logread_freep) struct logread *log = NULL;
	CLEANUP(buf_clear) struct buf reply = BUF(MSG_PAYLOAD_MAX);
	struct complete c = { .tag = tag };

	TRY(tagmap_parse_month(month, &c.month));
	TRY(audit_map(a, tag, month, a->config.log.map_age_us, &reply, c.said, &c.count));
	TRY(logread_open(a->config.log.dir, &log));
	return wait_for_proof(prove_complete, &c, log, PROOFS_WAIT_US, proof);
}
