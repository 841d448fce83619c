#include "auditlog/core/checkpoint.h"

#include "auditlog/core/merkle.h"

void
checkpoint_put(struct buf *out, const struct checkpoint *c)
{
	buf_put(out, c->origin);
	buf_put_char(out, '\n');
	buf_put_u64_dec(out, c->size);
	buf_put_char(out, '\n');
	hash_put_base64(out, &c->root);
	buf_put_char(out, '\n');
	buf_put(out, c->extensions);
}

static enum status
get_line(struct str *in, struct str *line)
{
	size_t at = str_find_char(*in, '\n');

	if (at == 0 || at == in->n)
		return E_INVALID;
	*line = str_slice(*in, 0, at);
	*in = str_slice(*in, at + 1, in->n);
	return OK;
}

enum status
checkpoint_read(struct str text, struct checkpoint *out)
{
	struct checkpoint c = { 0 };
	struct str line, rest;

	if (!str_is_utf8(text))
		return E_INVALID;
	TRY(get_line(&text, &c.origin));
	TRY(get_line(&text, &line));
	TRY(str_to_u64(line, MERKLE_SIZE_MAX, &c.size));
	TRY(get_line(&text, &line));
	TRY(hash_from_base64(line, &c.root));
	c.extensions = rest = text;
	while (rest.n > 0)
		TRY(get_line(&rest, &line));
	*out = c;
	return OK;
}

enum status
checkpoint_parse(struct str text, struct checkpoint *out)
{
	const struct hash nothing = hash_empty();
	struct checkpoint c;

	TRY(checkpoint_read(text, &c));
	if (c.size == 0 && !hash_eq(&c.root, &nothing))
		return E_INVALID;
	*out = c;
	return OK;
}

static bool
named_signer(const struct trust *keys, const struct note_seen *seen, struct str origin)
{
	for (size_t i = 0; i < keys->n; i++)
		if (seen[i].verified && str_is(origin, keys->key[i].name))
			return true;
	return false;
}

enum status
checkpoint_open_any(struct str bytes, const struct trust *keys, struct checkpoint *out, struct note *note)
{
	struct note_seen seen[TRUST_MAX] = { 0 };
	struct note own;
	struct note *n = note != NULL ? note : &own;
	struct checkpoint c;

	TRY(note_parse(bytes, n));
	TRY(note_verify(n, keys->key, keys->n, seen));
	TRY(checkpoint_parse(n->text, &c));
	if (!named_signer(keys, seen, c.origin))
		return E_CORRUPT;
	*out = c;
	return OK;
}

enum status
checkpoint_open(struct str bytes, const struct note_key *log_key, struct checkpoint *out, struct note *note)
{
	struct note own;
	struct note *n = note != NULL ? note : &own;
	struct checkpoint c;

	TRY(note_parse(bytes, n));
	TRY(note_verify(n, log_key, 1, NULL));
	TRY(checkpoint_parse(n->text, &c));
	if (!str_is(c.origin, log_key->name))
		return E_CORRUPT;
	*out = c;
	return OK;
}
