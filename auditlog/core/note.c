#include "auditlog/core/note.h"

#include <sodium.h>
#include <string.h>

#include "auditlog/base/encode.h"
#include "auditlog/core/note_inner.h"

_Static_assert(crypto_sign_PUBLICKEYBYTES == NOTE_PUBLIC_LEN, "public keys");

/* U+2014 and the space that start a signature line. */
const struct str note_dash = STR_INIT("\xe2\x80\x94 ");

/* ---- what a note is made of ---- */

/* UTF-8 without control characters but newline. */
static bool
is_clean(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 && s.p[i] != '\n')
			return false;
	return str_is_utf8(s);
}

bool
note_is_text(struct str s)
{
	return s.n > 0 && s.n < NOTE_MAX && str_ends(s, STR("\n")) && is_clean(s);
}

enum status
note_join(struct buf *out, struct str text, struct str lines)
{
	if (!note_is_text(text) || lines.n == 0)
		return E_INVALID;
	buf_put(out, text);
	buf_put_char(out, '\n');
	buf_put(out, lines);
	return buf_status(out);
}

/* ---- reading ---- */

static enum status
parse_signature(struct str line, struct note_signature *out)
{
	CLEANUP(buf_clear) struct buf bytes = BUF(NOTE_MAX);
	struct str rest, decoded;
	size_t space;

	if (!str_starts(line, note_dash) || !str_ends(line, STR("\n")))
		return E_INVALID;
	rest = str_slice(line, note_dash.n, line.n - 1);
	space = str_find_char(rest, ' ');
	out->line = line;
	out->name = str_slice(rest, 0, space);
	out->base64 = str_slice(rest, space + 1, rest.n);
	if (space == rest.n || !note_name_ok(out->name))
		return E_INVALID;
	TRY(decode_base64(out->base64, &bytes));
	decoded = buf_str(&bytes);
	if (decoded.n <= NOTE_ID_LEN)
		return E_INVALID;
	return buf_get_u32(&decoded, &out->id);
}

/* Where the last empty line is: the position behind the text. */
static enum status
find_split(struct str bytes, size_t *at)
{
	for (size_t i = bytes.n; i >= 2; i--) {
		if (bytes.p[i - 1] != '\n' || bytes.p[i - 2] != '\n')
			continue;
		*at = i - 1;
		return OK;
	}
	return E_INVALID;
}

enum status
note_parse(struct str bytes, struct note *out)
{
	size_t split, end;
	struct str rest;

	if (bytes.n > NOTE_MAX)
		return E_TOO_LARGE;
	if (!is_clean(bytes))
		return E_INVALID;
	TRY(find_split(bytes, &split));
	*out = (struct note){ .text = str_slice(bytes, 0, split) };
	rest = str_slice(bytes, split + 1, bytes.n);
	if (rest.n == 0)
		return E_INVALID;
	for (; rest.n > 0; rest = str_slice(rest, end, rest.n)) {
		if (out->count == NOTE_SIGNATURES_MAX)
			return E_TOO_LARGE;
		end = str_find_char(rest, '\n') + 1;
		TRY(parse_signature(str_slice(rest, 0, end), &out->signature[out->count]));
		out->count++;
	}
	return OK;
}

static enum status
verify_one(struct str text, struct str base64, const struct note_key *key, uint64_t *time_s)
{
	CLEANUP(buf_clear) struct buf message = BUF(NOTE_MAX + 64);
	const struct note_algorithm *alg = note_algorithm_of(key->type);
	uint8_t bytes[NOTE_SIGNATURE_MAX];
	size_t n = alg != NULL && alg->timed ? NOTE_SIGNATURE_MAX : NOTE_SIGNATURE_MAX - NOTE_TIME_LEN;
	struct str rest = str_from(bytes + NOTE_ID_LEN, n - NOTE_ID_LEN);

	if (alg == NULL || decode_base64_into(base64, bytes, n) != OK)
		return E_CORRUPT;
	*time_s = 0;
	if (alg->timed)
		TRY(buf_get_u64(&rest, time_s));
	if (*time_s > INT64_MAX)
		return E_CORRUPT;
	alg->message(&message, text, *time_s);
	TRY(buf_status(&message));
	return crypto_sign_verify_detached((const uint8_t *)rest.p, (const uint8_t *)message.p, message.n,
					   key->public) == 0
		   ? OK
		   : E_CORRUPT;
}

/* All signatures that claim to be this key's. */
static enum status
verify_key(const struct note *n, const struct note_key *key, struct note_seen *seen)
{
	*seen = (struct note_seen){ 0 };
	for (size_t i = 0; i < n->count; i++) {
		const struct note_signature *s = &n->signature[i];
		uint64_t time_s = 0;

		if (s->id != key->id || !str_is(s->name, key->name))
			continue;
		TRY(verify_one(n->text, s->base64, key, &time_s));
		seen->verified = true;
		if (time_s > seen->time_s)
			seen->time_s = time_s;
	}
	return OK;
}

enum status
note_verify(const struct note *n, const struct note_key *keys, size_t count, struct note_seen *seen)
{
	enum status st = E_UNAUTHENTICATED;

	for (size_t i = 0; i < count; i++) {
		struct note_seen one;
		enum status found = verify_key(n, &keys[i], &one);

		if (found != OK) {
			for (size_t k = 0; seen != NULL && k < count; k++)
				seen[k] = (struct note_seen){ 0 };
			return found;
		}
		if (one.verified)
			st = OK;
		if (seen != NULL)
			seen[i] = one;
	}
	return st;
}
