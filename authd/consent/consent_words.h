/* consent_words.h: the codes and terms of a consent record in plain words. */
#ifndef AUTHD_CONSENT_CONSENT_WORDS_H
#define AUTHD_CONSENT_CONSENT_WORDS_H

#include "authd/policy/words.h"

/* "withdrawn" -> "отозвано", "withdrawn"; a code without words comes back as it is. */
const char *consent_words_say(const char *code, enum words_lang lang);
/* "P3Y" -> "3 года", "3 years". What is no term gives nothing. */
void consent_words_term(struct buf *out, const char *term, enum words_lang lang);

#endif
