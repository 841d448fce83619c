/*
 * bundle_source.h: where the files of a bundle come from: a folder, or one JSON object {"bundle.yaml":"<text>", …} that
 * holds them all. What was read of a folder is kept as such an object, so that any bundle that loaded can be sent,
 * stored and loaded again to the byte, with the same places in its messages.
 *
 * Limit of the object: POLICY_PACK_MOST bytes of JSON.
 */
#ifndef AUTHD_POLICY_BUNDLE_SOURCE_H
#define AUTHD_POLICY_BUNDLE_SOURCE_H

#include "authd/policy/bundle.h"

/*
 * The text of the file, borrowed from the policy; its own bytes, checked by nobody yet. E_NOT_FOUND, E_TOO_LARGE (over
 * most), E_IO, E_NOMEM.
 */
MUST_USE enum status bundle_source_read(struct bundle *b, const char *name, size_t most, struct str *out);
/* The names in the folder sub, sorted, without those that begin with a dot; for bundle_names_free. */
MUST_USE enum status bundle_source_list(struct bundle *b, const char *sub, char ***names);
/* E_INVALID when the object holds a file that is no part of a bundle. */
MUST_USE enum status bundle_source_check(struct bundle *b);
/* How messages call the file: with its folder in front, when there is one. */
void bundle_source_name(const struct bundle *b, const char *name, char *out, size_t room);

#endif
