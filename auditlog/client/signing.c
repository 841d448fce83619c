#include "auditlog/client/signing.h"

void
signing_put_request(struct buf *out, uint64_t old_size, const struct proof *proof, struct str checkpoint)
{
	buf_put_cstr(out, "old ");
	buf_put_u64_dec(out, old_size);
	buf_put_char(out, '\n');
	proof_put_lines(out, proof);
	buf_put_char(out, '\n');
	buf_put(out, checkpoint);
}

static enum status
get_known(struct str in, struct signing_memory *out)
{
	struct signing_memory m = { 0 };

	TRY(buf_get_u64(&in, &m.size));
	TRY(buf_get_into(&in, m.root.b, HASH_LEN));
	if (in.n != 0)
		return E_CORRUPT;
	*out = m;
	return OK;
}

enum status
signing_ask_memory(struct msg_client *c, struct str origin, int64_t timeout_us, struct signing_memory *out)
{
	CLEANUP(buf_clear) struct buf reply = BUF(SIGNING_REQUEST_MAX);
	struct str in;
	uint16_t type = 0, code = 0;

	TRY(msg_client_call(c, SIGNING_MEMORY, origin, timeout_us, &type, &reply));
	in = buf_str(&reply);
	if (type == SIGNING_REFUSED && buf_get_u16(&in, &code) == OK)
		return code == SIGNING_UNKNOWN_ORIGIN ? E_NOT_FOUND : E_DENIED;
	if (type != SIGNING_KNOWN || get_known(in, out) != OK)
		return E_CORRUPT;
	return OK;
}

enum status
signing_ask_signature(struct msg_client *c, struct str request, int64_t timeout_us, unsigned *code, struct buf *lines)
{
	CLEANUP(buf_clear) struct buf reply = BUF(SIGNING_REQUEST_MAX);
	struct str in;
	uint16_t type = 0, refused = SIGNING_OK;

	TRY(msg_client_call(c, SIGNING_CHECKPOINT, request, timeout_us, &type, &reply));
	in = buf_str(&reply);
	if (type == SIGNING_REFUSED)
		TRY(buf_get_u16(&in, &refused));
	else if (type != SIGNING_SIGNED)
		return E_CORRUPT;
	buf_put(lines, in);
	TRY(buf_status(lines));
	*code = refused;
	return OK;
}

enum status
signing_ask_keys(struct msg_client *c, int64_t timeout_us, struct trust *keys)
{
	CLEANUP(buf_clear) struct buf reply = BUF(SIGNING_REQUEST_MAX);
	uint16_t type = 0;

	TRY(msg_client_call(c, SIGNING_KEYS, STR(""), timeout_us, &type, &reply));
	if (type != SIGNING_KEY_LIST || trust_add_lines(keys, buf_str(&reply)) != OK)
		return E_CORRUPT;
	return OK;
}

enum status
signing_introduced(struct msg_client *c, const struct note_key *key, int64_t timeout_us)
{
	CLEANUP(buf_clear) struct buf vkey = BUF(NOTE_VKEY_MAX);
	CLEANUP(buf_clear) struct buf reply = BUF(SIGNING_REQUEST_MAX);
	uint16_t type = 0;

	note_put_vkey(&vkey, key);
	TRY(buf_status(&vkey));
	TRY(msg_client_call(c, SIGNING_INTRODUCED, buf_str(&vkey), timeout_us, &type, &reply));
	return type == SIGNING_DONE ? OK : E_DENIED;
}
