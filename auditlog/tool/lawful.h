/*
 * lawful.h: the replay behind `verify --lawful`. From the log alone (no database, nothing personal) it judges every
 * entry by what the log said before it:
 *
 *   a permit by consent   names an earlier grant of the same person (ctag), for this purpose, these categories, this
 *                         recipient, within its term, not ended before
 *   any other permit      names a statute, contract, vital interest or emergency of the policy it was decided under
 *   every permit          was decided under the policy then active
 *   an outcome            belongs to a permit, once
 *   an end of a consent   ends one that was granted
 *   an erasure begun      is finished
 *
 * lawful_extract() runs on any thread and writes down what the judgement needs; lawful_absorb() judges, in order.
 */
#ifndef AUDITLOG_TOOL_LAWFUL_H
#define AUDITLOG_TOOL_LAWFUL_H

#include <jansson.h>

#include "auditlog/core/entry.h"
#include "auditlog/tool/findings.h"

/* A decision that was under way while another policy became active may still name the one before, for so long. */
#define LAWFUL_POLICY_GRACE_US (INT64_C(10) * 1000000)

struct lawful;

MUST_USE enum status lawful_new(struct lawful **out);
void lawful_free(struct lawful *l);

/* For sweep.h; ctx is the struct lawful. */
void lawful_extract(void *ctx, const struct entry_view *v, struct str line, struct buf *out);
MUST_USE enum status lawful_absorb(void *ctx, struct str extracted);

/* At the end: adds what was unlawful, each with its entry, in the order of the log; then what was left unfinished. */
void lawful_finish(struct lawful *l, struct findings *f);
/* Counts. */
void lawful_put_text(struct buf *out, const struct lawful *l);
void lawful_put_json(json_t *object, const struct lawful *l);

#endif
