/*
 * succession.h: the log gets a new key. The signer begins to sign with the next key beside the old one; this notices
 * it, writes the entry log.key that names the new key, waits until that entry is under a checkpoint which the old key
 * has signed, and leaves the proof of that for everybody: handover-<key id>.tlog-proof, with the entry in its `extra`
 * line. Then the signer is told, from whose clock the old key's last days run, and the key goes into log.vkey.
 *
 * So whoever knows the old key can come to know the new one, without a word of the operator. Each step can be done
 * again: a crash between any two repeats it.
 */
#ifndef AUDITLOG_DAEMON_SUCCESSION_H
#define AUDITLOG_DAEMON_SUCCESSION_H

#include "auditlog/base/msg.h"
#include "auditlog/core/trust.h"
#include "auditlog/daemon/batch.h"
#include "auditlog/daemon/ids.h"

struct succession_parts {
	int dirfd;
	struct msg_client *signer;
	struct batch_queue *queue;
	struct ids *ids;
	struct trust *keys; /* grows by what was introduced */
};

struct succession;

MUST_USE enum status succession_new(const struct succession_parts *parts, struct succession **out);
void succession_free(struct succession *s);
/* The publisher's thread, after each round: `published` entries are under the present checkpoint. */
void succession_step(struct succession *s, uint64_t published);

#endif
