/*
 * policy_diff.h: what changes between two bundles, in plain Russian and English, for whoever must say yes to it.
 *
 * {"widened":[{"ru":"Роль «…» теперь может читать «…» для «…»","en":"…"},…],"narrowed":[…],"texts":[…],
 *  "new_consent":["eligibility",…]}
 *
 * Widened: somebody may see or keep more, or is checked less. Narrowed: the opposite. Texts: what people read. In
 * new_consent stand purposes whose version changed: consents to them hold no longer. For reports; it walks both
 * bundles.
 */
#ifndef AUTHD_POLICY_POLICY_DIFF_H
#define AUTHD_POLICY_POLICY_DIFF_H

#include "authd/policy/policy.h"

/* *out is the caller's. old NULL: an empty bundle. E_NOMEM. */
MUST_USE enum status policy_diff(const struct policy *old, const struct policy *next, json_t **out);
/* The same as text, widened first, texts last; "nothing changes" when that is so. */
void policy_diff_put(struct buf *out, const json_t *diff, enum words_lang lang);

/* ---- for the files that compare one part each ---- */

enum policy_diff_class { DIFF_WIDENED, DIFF_NARROWED, DIFF_TEXTS, DIFF_CLASSES };

struct policy_diff {
	const struct policy *old, *next;
	json_t *lists[DIFF_CLASSES]; /* borrowed from the result */
	json_t *new_consent;
	bool failed; /* no memory */
};

/* One sentence; {0} .. {4} stand for args in the same language. */
void policy_diff_say(struct policy_diff *d, enum policy_diff_class class, const char *ru, const char *en,
		     const struct words *args, size_t n);
#define DIFF_SAY(d, class, ru, en, ...)                                                                                \
	policy_diff_say(d, class, ru, en, (const struct words[]){ __VA_ARGS__ },                                       \
			sizeof((const struct words[]){ __VA_ARGS__ }) / sizeof(struct words))
/* The same word in both languages: an id, a term. */
struct words policy_diff_word(const char *text);
/* "read": «читать», "read"; "key-rotate": «менять ключи», "rotate keys". */
struct words policy_diff_action(enum action a);

void policy_diff_roles(struct policy_diff *d);
void policy_diff_purposes(struct policy_diff *d);
void policy_diff_services(struct policy_diff *d);
/* Of one purpose; was NULL: it is new. */
void policy_diff_recipients(struct policy_diff *d, const struct purpose *was, const struct purpose *now);

#endif
