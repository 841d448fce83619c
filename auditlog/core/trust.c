#include "auditlog/core/trust.h"

enum status
trust_add_key(struct trust *k, const struct note_key *key)
{
	for (size_t i = 0; i < k->n; i++)
		if (note_key_eq(&k->key[i], key))
			return OK;
	if (k->n == TRUST_MAX)
		return E_TOO_LARGE;
	k->key[k->n++] = *key;
	return OK;
}

enum status
trust_add(struct trust *k, struct str vkey)
{
	struct note_key key;

	TRY(note_parse_vkey(vkey, &key));
	if (key.type != NOTE_ED25519)
		return E_UNSUPPORTED;
	return trust_add_key(k, &key);
}

enum status
trust_add_lines(struct trust *k, struct str text)
{
	struct str line;
	bool some = false;

	while (str_next(&text, '\n', &line)) {
		line = str_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		TRY(trust_add(k, line));
		some = true;
	}
	return some ? OK : E_NOT_FOUND;
}
