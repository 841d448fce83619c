/*
 * vault_answer.c: one function per message, and the table that names them. Each gets the parts of a request as
 * keys_wire.c has cut them, appends the reply, and says in *why what an operator should know of a refusal.
 */
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/core/hash.h"
#include "authd/jose/idtoken.h"
#include "authd/keys/hotp_key.h"
#include "authd/keys/kek_blob.h"
#include "authd/keys/keys_wire.h"
#include "authd/keys/person_key.h"
#include "authd/keys/token_sign.h"
#include "authd/keys/totp_key.h"
#include "authd/keys/vault.h"
#include "authd/keys/vault_parts.h"

#define SPREAD_S 5 /* until the last node of authd has seen a new key */

typedef enum status operation(struct vault *v, const struct keys_wire *in, struct buf *reply, const char **why);

static enum status
op_jwks(struct vault *v, const struct keys_wire *in, struct buf *reply, const char **why)
{
	(void)in, (void)why;
	buf_put(reply, vault_jwks(v));
	return buf_status(reply);
}

static enum status
read_sign(const struct keys_wire *in, struct sign_request *out)
{
	struct str head = in->head;
	uint8_t use;

	TRY(buf_get_u8(&head, &use));
	out->use = (enum keys_use)use;
	TRY(receipt_get(&head, &out->receipt));
	out->fragment = in->block[0];
	out->claims = in->block[1];
	return OK;
}

static enum status
op_sign(struct vault *v, const struct keys_wire *in, struct buf *reply, const char **why)
{
	struct sign_request req = { 0 };
	enum jwk_alg alg = JWK_ES256;

	TRY(read_sign(in, &req));
	TRY(sign_gate_check(v->gate, keyring_receipt_key(v->ring), &req, vault_now_us(v), clock_mono_us(), why));
	const char *typ = sign_gate_type(req.use, &alg);
	const struct keyring_signer *signer = keyring_active(v->ring, alg);
	*why = "there is no active key of this algorithm";
	if (typ == NULL || signer == NULL)
		return E_UNSUPPORTED;
	if (req.use == KEYS_ID_TOKEN || req.use == KEYS_ID_TOKEN_ES256)
		return idtoken_sign(alg, secret_str(&signer->pem), signer->jwk, req.claims, reply);
	return token_sign(signer, typ, req.claims, reply);
}

static enum status
op_person_new(struct vault *v, const struct keys_wire *in, struct buf *reply, const char **why)
{
	if (in->block[0].n == 0) {
		*why = "a person needs an id";
		return E_INVALID;
	}
	return person_key_new(v->ring, in->block[0], reply);
}

static enum status
unwrap(const struct vault *v, const struct keys_wire *in, struct envelope_key *ks, const char **why)
{
	*why = "the wrapped key is not this person's";
	return person_key_unwrap(v->ring, in->block[0], in->block[1], ks);
}

static enum status
op_seal(struct vault *v, const struct keys_wire *in, struct buf *reply, const char **why)
{
	CLEANUP(envelope_key_clear) struct envelope_key ks = { 0 };
	CLEANUP(buf_clear) struct buf tag = BUF(64);
	CLEANUP(buf_clear) struct buf sealed = BUF(KEYS_BLOB_MAX);

	TRY(unwrap(v, in, &ks, why));
	*why = "event id or month malformed";
	TRY(person_key_tag(&ks, in->block[3], &tag));
	TRY(person_key_seal(&ks, in->block[2], in->block[4], in->block[5], &sealed));
	buf_put_block(reply, buf_str(&tag));
	buf_put_block(reply, buf_str(&sealed));
	return buf_status(reply);
}

static enum status
op_tags(struct vault *v, const struct keys_wire *in, struct buf *reply, const char **why)
{
	CLEANUP(envelope_key_clear) struct envelope_key ks = { 0 };
	CLEANUP(buf_clear) struct buf tag = BUF(64);
	CLEANUP(buf_clear) struct buf ctag = BUF(64);

	TRY(unwrap(v, in, &ks, why));
	*why = "month malformed";
	TRY(person_key_tag(&ks, in->block[2], &tag));
	if (in->block[3].n > 0)
		TRY(person_key_consent_tag(&ks, in->block[3], &ctag));
	buf_put_block(reply, buf_str(&tag));
	buf_put_block(reply, buf_str(&ctag));
	return buf_status(reply);
}

static enum status
op_open(struct vault *v, const struct keys_wire *in, struct buf *reply, const char **why)
{
	CLEANUP(envelope_key_clear) struct envelope_key ks = { 0 };

	TRY(unwrap(v, in, &ks, why));
	*why = "sealed details do not open with this person, id and head";
	return person_key_open(&ks, in->block[2], in->block[3], in->block[4], reply);
}

/* Without a person both are empty; one alone is a mistake that must not fall back to the common key. */
static enum status
has_person(const struct keys_wire *in, bool *yes, const char **why)
{
	*why = "a person is named by id and wrapped key, or not at all";
	*yes = in->block[0].n > 0;
	return *yes == (in->block[1].n > 0) ? OK : E_INVALID;
}

static enum status
op_field_seal(struct vault *v, const struct keys_wire *in, struct buf *reply, const char **why)
{
	CLEANUP(envelope_key_clear) struct envelope_key ks = { 0 };
	bool person = false;

	TRY(has_person(in, &person, why));
	if (!person)
		return kek_blob_seal(v->ring, KEYRING_FIELD, &in->block[2], 3, in->block[5], reply);
	TRY(unwrap(v, in, &ks, why));
	return person_key_field_seal(&ks, &in->block[2], in->block[5], reply);
}

static enum status
op_field_open(struct vault *v, const struct keys_wire *in, struct buf *reply, const char **why)
{
	CLEANUP(envelope_key_clear) struct envelope_key ks = { 0 };
	bool person = false;

	TRY(has_person(in, &person, why));
	if (person)
		TRY(unwrap(v, in, &ks, why));
	*why = "the field does not open at this place";
	if (!person)
		return kek_blob_open(v->ring, KEYRING_FIELD, &in->block[2], 3, in->block[5], reply);
	return person_key_field_open(&ks, &in->block[2], in->block[5], reply);
}

static enum status
op_totp_new(struct vault *v, const struct keys_wire *in, struct buf *reply, const char **why)
{
	CLEANUP(buf_clear) struct buf sealed = BUF(KEYS_BLOB_MAX);
	CLEANUP(envelope_wipe) struct buf base32 = BUF(256);

	(void)why;
	TRY(totp_key_new(v->ring, in->block[0], &sealed, &base32));
	buf_put_block(reply, buf_str(&sealed));
	buf_put_block(reply, buf_str(&base32));
	return buf_status(reply);
}

static enum status
op_totp_import(struct vault *v, const struct keys_wire *in, struct buf *reply, const char **why)
{
	*why = "the seed is no base32 of 16 to 64 bytes";
	return totp_key_import(v->ring, in->block[0], in->block[1], reply);
}

static enum status
op_totp_check(struct vault *v, const struct keys_wire *in, struct buf *reply, const char **why)
{
	struct str tail = in->tail;
	uint64_t after; /* last step + 1 */
	int64_t step = 0;

	*why = "the last step is out of range";
	TRY(buf_get_u64(&tail, &after));
	if (after > INT64_MAX)
		return E_INVALID;
	enum status st = totp_key_check(v->ring, in->block[0], in->block[1], in->block[2], (int64_t)after - 1,
					vault_now_us(v), &step);
	*why = st == E_UNAUTHENTICATED ? "wrong or used code" : "the seed is not this person's";
	TRY(st);
	buf_put_u64(reply, (uint64_t)step);
	return buf_status(reply);
}

static enum status
op_hotp_new(struct vault *v, const struct keys_wire *in, struct buf *reply, const char **why)
{
	CLEANUP(buf_clear) struct buf sealed = BUF(KEYS_BLOB_MAX);
	CLEANUP(envelope_wipe) struct buf codes = BUF(KEYS_HOTP_MOST * HOTP_KEY_DIGITS);
	struct str head = in->head;
	uint32_t count;

	*why = "no list has so many codes";
	TRY(buf_get_u32(&head, &count));
	TRY(hotp_key_new(v->ring, in->block[0], count, &sealed, &codes));
	buf_put_block(reply, buf_str(&sealed));
	buf_put_block(reply, buf_str(&codes));
	return buf_status(reply);
}

static enum status
op_hotp_check(struct vault *v, const struct keys_wire *in, struct buf *reply UNUSED, const char **why)
{
	struct str head = in->head;
	uint32_t number;

	TRY(buf_get_u32(&head, &number));
	enum status st = hotp_key_check(v->ring, in->block[0], in->block[1], in->block[2], number);
	*why = st == E_UNAUTHENTICATED ? "wrong code" : "the list is not this person's";
	return st;
}

static enum status
op_pepper(struct vault *v, const struct keys_wire *in, struct buf *reply, const char **why)
{
	struct str parts[] = { STR("ombud password v1"), in->block[0] };
	struct hash h = hash_hmac_parts(keyring_pepper(v->ring), parts, ARRAY_LEN(parts));

	(void)why;
	buf_put(reply, hash_str(&h));
	return buf_status(reply);
}

static bool
is_on_its_way(const struct vault *v, enum jwk_alg alg)
{
	const struct keyring_signer *s = NULL;
	const size_t count = keyring_signers(v->ring, &s);

	for (size_t i = 0; i < count; i++)
		if (s[i].alg == alg && s[i].state == KEYRING_PUBLISHED)
			return true;
	return v->making.started;
}

/* The caller's caches must have the key before it signs; so must every node, and looking takes them a second or two. */
static enum status
op_rotate(struct vault *v, const struct keys_wire *in, struct buf *reply, const char **why)
{
	const unsigned alg = jwk_alg_by_name(in->block[1]);
	struct receipt receipt;
	struct str head = in->head;
	uint32_t cache_s;
	int64_t wait_s = v->opt.publish_us / SECOND_US;

	(void)reply;
	TRY(buf_get_u32(&head, &cache_s));
	TRY(receipt_get(&head, &receipt));
	*why = "no such algorithm";
	if (alg == 0 || alg == JWK_EDDSA)
		return E_INVALID;
	*why = "a key is on its way already";
	if (is_on_its_way(v, (enum jwk_alg)alg))
		return E_CONFLICT;
	TRY(sign_gate_rotation(v->gate, keyring_receipt_key(v->ring), &receipt, in->block[0], in->block[1],
			       vault_now_us(v), clock_mono_us(), why));
	if (wait_s < (int64_t)cache_s + SPREAD_S)
		wait_s = (int64_t)cache_s + SPREAD_S;
	*why = "cannot start a thread";
	return vault_make_key(v, (enum jwk_alg)alg, wait_s);
}

static enum status
op_list(struct vault *v, const struct keys_wire *in, struct buf *reply, const char **why)
{
	static const char *const states[] = { "published", "active", "verify-only", "removed" };
	const struct keyring_signer *s = NULL;
	const size_t count = keyring_signers(v->ring, &s);

	(void)in, (void)why;
	buf_put_cstr(reply, "{\"keys\":[");
	for (size_t i = 0; i < count; i++)
		buf_printf(reply, "%s{\"kid\":\"%.*s\",\"alg\":\"%s\",\"state\":\"%s\",\"until\":%lld}",
			   i > 0 ? "," : "", STR_ARG(jwk_kid(s[i].jwk)), jwk_alg_name(s[i].alg), states[s[i].state],
			   (long long)s[i].until_s);
	buf_put_cstr(reply, "]}");
	return buf_status(reply);
}

static const struct row {
	uint16_t type;
	const char *name; /* for the operator log */
	operation *run;
} operations[] = {
	{ KEYS_MSG_JWKS, "jwks", op_jwks },
	{ KEYS_MSG_SIGN, "sign", op_sign },
	{ KEYS_MSG_PERSON_NEW, "person_new", op_person_new },
	{ KEYS_MSG_SEAL, "seal", op_seal },
	{ KEYS_MSG_TAGS, "tags", op_tags },
	{ KEYS_MSG_OPEN, "open", op_open },
	{ KEYS_MSG_FIELD_SEAL, "field_seal", op_field_seal },
	{ KEYS_MSG_FIELD_OPEN, "field_open", op_field_open },
	{ KEYS_MSG_TOTP_NEW, "totp_new", op_totp_new },
	{ KEYS_MSG_TOTP_IMPORT, "totp_import", op_totp_import },
	{ KEYS_MSG_TOTP_CHECK, "totp_check", op_totp_check },
	{ KEYS_MSG_PEPPER, "pepper", op_pepper },
	{ KEYS_MSG_ROTATE, "rotate", op_rotate },
	{ KEYS_MSG_LIST, "list", op_list },
	{ KEYS_MSG_HOTP_NEW, "hotp_new", op_hotp_new },
	{ KEYS_MSG_HOTP_CHECK, "hotp_check", op_hotp_check },
};

_Static_assert(ARRAY_LEN(operations) <= VAULT_ROWS_MAX, "rows do not fit");

static const struct row *
row_of(uint16_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
		if (operations[i].type == type)
			return &operations[i];
	}
	return NULL;
}

enum status
vault_answer(struct vault *v, uint16_t type, struct str payload, struct buf *reply, struct vault_refusal *refusal)
{
	const struct row *row = row_of(type);
	struct keys_wire in = { 0 };

	*refusal = (struct vault_refusal){ .operation = "none", .why = "no such message", .malformed = true };
	if (row == NULL)
		return E_UNSUPPORTED;
	refusal->operation = row->name;
	refusal->why = "the message has not the shape of its type";
	TRY(keys_wire_get(type, payload, &in));
	refusal->why = "cannot";
	refusal->malformed = false;
	return row->run(v, &in, reply, &refusal->why);
}

size_t
vault_rows(msg_handler *handle, struct msg_row rows[VAULT_ROWS_MAX])
{
	for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
		struct msg_row *row = &rows[i];

		*row = (struct msg_row){ .type = operations[i].type, .handle = handle };
		/* Every operation has a shape; a row that had none would take nothing. */
		if (!keys_wire_range(row->type, &row->least, &row->most))
			row->least = row->most = 0;
	}
	return ARRAY_LEN(operations);
}
