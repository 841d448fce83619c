/* words.h: what people read, always in both languages. A bundle in which one of the two is missing does not load. */
#ifndef AUTHD_POLICY_WORDS_H
#define AUTHD_POLICY_WORDS_H

#include "auditlog/base/conf.h"

enum words_lang { WORDS_RU, WORDS_EN, WORDS_LANGS };

struct words {
	const char *in[WORDS_LANGS]; /* never NULL or empty once loaded */
};

/* For a CONF_MAPPING row: {ru: …, en: …}, both required. */
extern const struct conf_schema words_schema;

/* "ru", "en". */
const char *words_lang_name(enum words_lang lang);
/* E_NOT_FOUND for any other tag; "ru-RU" and "en-GB" count as ru and en. */
MUST_USE enum status words_lang_parse(struct str tag, enum words_lang *out);

#endif
