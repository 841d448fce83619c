#include "authd/keys/kek_blob.h"

#include "auditlog/base/encode.h"
#include "authd/keys/envelope.h"

#define HEAD_LEN (1 + KEYRING_KEK_ID_LEN)
#define BLOB_MAX ((size_t)64 << 10)

/* Head first, so that neither version nor key id can be swapped. */
static enum status
join_aad(struct str head, const struct str *aad, size_t parts, struct buf *out)
{
	buf_put(out, head);
	envelope_put_parts(out, aad, parts);
	return buf_status(out);
}

enum status
kek_blob_seal(const struct keyring *ring, enum keyring_purpose purpose, const struct str *aad, size_t parts,
	      struct str plaintext, struct buf *out)
{
	CLEANUP(buf_clear) struct buf blob = BUF(BLOB_MAX);
	CLEANUP(buf_clear) struct buf bound = BUF(BLOB_MAX);
	struct str id;
	struct str key = keyring_kek(ring, purpose, &id);

	buf_put_u8(&blob, KEK_BLOB_VERSION);
	buf_put(&blob, id);
	TRY(buf_status(&blob));
	TRY(join_aad(buf_str(&blob), aad, parts, &bound));
	TRY(envelope_seal(key, buf_str(&bound), plaintext, &blob));
	encode_base64url(out, buf_str(&blob));
	return buf_status(out);
}

enum status
kek_blob_open(const struct keyring *ring, enum keyring_purpose purpose, const struct str *aad, size_t parts,
	      struct str text, struct buf *out)
{
	CLEANUP(buf_clear) struct buf blob = BUF(BLOB_MAX);
	CLEANUP(buf_clear) struct buf bound = BUF(BLOB_MAX);
	struct str key;

	if (decode_base64url(text, &blob) != OK || blob.n < HEAD_LEN || blob.p[0] != KEK_BLOB_VERSION)
		return E_CORRUPT;
	struct str head = str_slice(buf_str(&blob), 0, HEAD_LEN);
	TRY(keyring_kek_by_id(ring, purpose, str_slice(head, 1, HEAD_LEN), &key));
	TRY(join_aad(head, aad, parts, &bound));
	return envelope_open(key, buf_str(&bound), str_slice(buf_str(&blob), HEAD_LEN, blob.n), out);
}
