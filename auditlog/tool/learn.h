/*
 * learn.h: a log may change its key. Whoever trusts the old one can learn the new one from the log itself, when it can
 * be proved: the entry log.key that names the new key, under a checkpoint that the old key has signed.
 */
#ifndef AUDITLOG_TOOL_LEARN_H
#define AUDITLOG_TOOL_LEARN_H

#include "auditlog/tool/target.h"

/*
 * Adds to t->keys and t->learned every key of log.vkey that a trusted one has introduced, and those that these have
 * introduced. What cannot be proved is left out: then the signature is by a stranger, as before.
 */
void learn_keys(struct target *t, struct logread *log);

#endif
