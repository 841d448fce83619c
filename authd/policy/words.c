#include "authd/policy/words.h"

#define WORDS_HINT "write it in both languages: {ru: …, en: …}"

static const struct conf_field words_fields[] = {
	{ "ru", CONF_STRING, offsetof(struct words, in[WORDS_RU]), true, NULL, 0, 1024, NULL, NULL, WORDS_HINT },
	{ "en", CONF_STRING, offsetof(struct words, in[WORDS_EN]), true, NULL, 0, 1024, NULL, NULL, WORDS_HINT },
};

const struct conf_schema words_schema = { words_fields, ARRAY_LEN(words_fields), sizeof(struct words) };

static const char *const words_names[WORDS_LANGS] = { "ru", "en" };

const char *
words_lang_name(enum words_lang lang)
{
	return words_names[lang];
}

enum status
words_lang_parse(struct str tag, enum words_lang *out)
{
	struct str primary = str_slice(tag, 0, str_find_char(tag, '-'));

	for (unsigned i = 0; i < WORDS_LANGS; i++) {
		if (str_is(primary, words_names[i])) {
			*out = (enum words_lang)i;
			return OK;
		}
	}
	return E_NOT_FOUND;
}
