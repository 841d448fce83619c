/*
 * notice.h: the texts that people are shown before they consent, as versioned objects.
 * `notices/<id>/<version>/<ru|en>.md` is never edited once it was shown: a new text is a new version, and its SHA-256
 * over the exact bytes is in every record.
 *
 * A text that names several services for one consent has them listed beside it, in `recipients.yaml`: a list of 2 to
 * NOTICE_RECIPIENTS_MOST ids. It is as unchangeable as the text.
 */
#ifndef AUTHD_POLICY_NOTICE_H
#define AUTHD_POLICY_NOTICE_H

#include "authd/policy/words.h"

#define NOTICE_BYTES_MOST ((size_t)64 << 10)

#define NOTICE_RECIPIENTS_MOST 8

struct conf_node;
struct policy;
struct purpose;
struct service;

struct notice_text {
	struct str body; /* the exact bytes of the file; UTF-8 */
	char sha256[65]; /* lower-case hexadecimal of body */
};

struct notice {
	const char *id;
	unsigned version;
	struct notice_text in[WORDS_LANGS];
	const struct conf_node *names; /* recipients.yaml as it stands; NULL: there is none */
	/* The same, of a notice that a purpose names: each declares that purpose. */
	const struct service *recipients[NOTICE_RECIPIENTS_MOST];
	size_t recipient_count;
};

/* NULL when this version does not exist. Borrowed from the policy. */
const struct notice *notice_find(const struct policy *p, struct str id, unsigned version);

/* ---- notice_recipients.c: who may be named together in one consent ---- */

/* Whether the notice (NULL: none) lists the service. */
bool notice_recipients_name(const struct notice *n, struct str service);
/* Whether a notice of the purpose does, in any region. */
bool notice_recipients_of(const struct policy *p, const struct purpose *u, struct str service);
/* The same list, in the same order. */
bool notice_recipients_same(const struct notice *a, const struct notice *b);

#endif
