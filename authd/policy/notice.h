/*
 * notice.h: the texts that people are shown before they consent, as versioned objects.
 * `notices/<id>/<version>/<ru|en>.md` is never edited once it was shown: a new text is a new version, and its SHA-256
 * over the exact bytes is in every record.
 */
#ifndef AUTHD_POLICY_NOTICE_H
#define AUTHD_POLICY_NOTICE_H

#include "authd/policy/words.h"

#define NOTICE_BYTES_MOST ((size_t)64 << 10)

struct policy;

struct notice_text {
	struct str body; /* the exact bytes of the file; UTF-8 */
	char sha256[65]; /* lower-case hexadecimal of body */
};

struct notice {
	const char *id;
	unsigned version;
	struct notice_text in[WORDS_LANGS];
};

/* NULL when this version does not exist. Borrowed from the policy. */
const struct notice *notice_find(const struct policy *p, struct str id, unsigned version);

#endif
