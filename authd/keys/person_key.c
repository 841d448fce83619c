#include "authd/keys/person_key.h"

#include <string.h>

#include "auditlog/base/encode.h"
#include "auditlog/base/random.h"
#include "auditlog/core/hash.h"
#include "authd/keys/kek_blob.h"

#define TAG_BYTES  16
#define SEALED_MAX ((size_t)48 << 10)

enum status
person_key_new(const struct keyring *ring, struct str sub, struct buf *wrapped)
{
	CLEANUP(envelope_key_clear) struct envelope_key ks = { 0 };
	struct str aad[] = { STR("person"), sub };

	random_bytes(ks.b, sizeof(ks.b));
	return kek_blob_seal(ring, KEYRING_PERSON, aad, ARRAY_LEN(aad), envelope_key_str(&ks), wrapped);
}

enum status
person_key_unwrap(const struct keyring *ring, struct str sub, struct str wrapped, struct envelope_key *out)
{
	CLEANUP(envelope_wipe) struct buf raw = BUF(256);
	struct str aad[] = { STR("person"), sub };

	TRY(kek_blob_open(ring, KEYRING_PERSON, aad, ARRAY_LEN(aad), wrapped, &raw));
	if (raw.n != sizeof(out->b))
		return E_CORRUPT;
	memcpy(out->b, raw.p, sizeof(out->b));
	return OK;
}

static enum status
put_tag(const struct envelope_key *ks, struct str label, struct str what, struct buf *out)
{
	struct str parts[] = { label, what };
	struct hash h = hash_hmac_parts(envelope_key_str(ks), parts, ARRAY_LEN(parts));

	encode_base64url(out, str_from(h.b, TAG_BYTES));
	return buf_status(out);
}

/* Anything else would make tags that no reader of the log looks for. */
static bool
is_month(struct str s)
{
	static const char shape[] = "dddd-dd";

	if (s.n != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (shape[i] == '-' ? s.p[i] != '-' : s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	int month = (s.p[5] - '0') * 10 + (s.p[6] - '0');
	return month >= 1 && month <= 12;
}

enum status
person_key_tag(const struct envelope_key *ks, struct str month, struct buf *out)
{
	return is_month(month) ? put_tag(ks, STR("tag"), month, out) : E_INVALID;
}

enum status
person_key_consent_tag(const struct envelope_key *ks, struct str record_id, struct buf *out)
{
	return record_id.n > 0 ? put_tag(ks, STR("consent"), record_id, out) : E_INVALID;
}

/* One key per entry: HKDF(K_s, "seal" || id). */
static enum status
entry_key(const struct envelope_key *ks, struct str event_id, struct envelope_key *out)
{
	struct str info[] = { STR("seal"), event_id };
	struct uuid id;

	TRY(uuid_parse(event_id, &id));
	return envelope_derive(envelope_key_str(ks), info, ARRAY_LEN(info), out);
}

enum status
person_key_seal(const struct envelope_key *ks, struct str event_id, struct str aad, struct str plaintext,
		struct buf *out)
{
	CLEANUP(envelope_key_clear) struct envelope_key key = { 0 };
	CLEANUP(buf_clear) struct buf sealed = BUF(SEALED_MAX);

	TRY(entry_key(ks, event_id, &key));
	TRY(envelope_seal(envelope_key_str(&key), aad, plaintext, &sealed));
	encode_base64url(out, buf_str(&sealed));
	return buf_status(out);
}

enum status
person_key_open(const struct envelope_key *ks, struct str event_id, struct str aad, struct str sealed, struct buf *out)
{
	CLEANUP(envelope_key_clear) struct envelope_key key = { 0 };
	CLEANUP(buf_clear) struct buf raw = BUF(SEALED_MAX);

	TRY(entry_key(ks, event_id, &key));
	if (decode_base64url(sealed, &raw) != OK)
		return E_CORRUPT;
	return envelope_open(envelope_key_str(&key), aad, buf_str(&raw), out);
}

static enum status
field_key(const struct envelope_key *ks, struct envelope_key *out)
{
	struct str info = STR("field");

	return envelope_derive(envelope_key_str(ks), &info, 1, out);
}

static enum status
field_aad(const struct str place[3], struct buf *out)
{
	buf_put_u8(out, KEK_BLOB_VERSION);
	envelope_put_parts(out, place, 3);
	return buf_status(out);
}

enum status
person_key_field_seal(const struct envelope_key *ks, const struct str place[3], struct str plaintext, struct buf *out)
{
	CLEANUP(envelope_key_clear) struct envelope_key key = { 0 };
	CLEANUP(buf_clear) struct buf aad = BUF(4096);
	CLEANUP(buf_clear) struct buf blob = BUF(SEALED_MAX);

	TRY(field_key(ks, &key));
	TRY(field_aad(place, &aad));
	buf_put_u8(&blob, KEK_BLOB_VERSION);
	TRY(buf_status(&blob));
	TRY(envelope_seal(envelope_key_str(&key), buf_str(&aad), plaintext, &blob));
	encode_base64url(out, buf_str(&blob));
	return buf_status(out);
}

enum status
person_key_field_open(const struct envelope_key *ks, const struct str place[3], struct str sealed, struct buf *out)
{
	CLEANUP(envelope_key_clear) struct envelope_key key = { 0 };
	CLEANUP(buf_clear) struct buf aad = BUF(4096);
	CLEANUP(buf_clear) struct buf blob = BUF(SEALED_MAX);

	TRY(field_key(ks, &key));
	TRY(field_aad(place, &aad));
	if (decode_base64url(sealed, &blob) != OK || blob.n < 1 || blob.p[0] != KEK_BLOB_VERSION)
		return E_CORRUPT;
	return envelope_open(envelope_key_str(&key), buf_str(&aad), str_slice(buf_str(&blob), 1, blob.n), out);
}
