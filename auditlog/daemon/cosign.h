/*
 * cosign.h: what a witness answered, read with suspicion. Pure. A witness may be slow, lie or talk nonsense: what comes
 * out of here is either its own valid cosignature of exactly our text, made now, or nothing.
 */
#ifndef AUDITLOG_DAEMON_COSIGN_H
#define AUDITLOG_DAEMON_COSIGN_H

#include "auditlog/core/note.h"

/* Longer answers are no answers. */
#define COSIGN_ANSWER_MAX ((size_t)16 << 10)
/* A cosignature dated further from our clock than this would make an old word look fresh, or a fresh one old. */
#define COSIGN_SKEW_S 300

enum cosign_outcome {
	COSIGN_GIVEN,      /* line is the cosignature, time_s its time */
	COSIGN_OTHER_SIZE, /* size is what it remembers */
	COSIGN_REFUSED,    /* it says why with its status */
	COSIGN_NONSENSE,
};

struct cosign_answer {
	struct str line; /* borrowed from the body, with its newline */
	uint64_t time_s;
	uint64_t size;
};

/*
 * The answer to add-checkpoint for this checkpoint text (without signatures), from the holder of this key. http is the
 * status code. Other signature lines in the answer are left out.
 */
enum cosign_outcome cosign_read(unsigned http, struct str body, struct str text, const struct note_key *key,
				uint64_t now_s, struct cosign_answer *out);

#endif
