#include "authd/keys/keys.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/msg.h"
#include "auditlog/client/receipt.h"
#include "authd/http/fiber_wait.h"
#include "authd/keys/envelope.h"
#include "authd/keys/keys_wire.h"

#define REQUEST_MAX ((size_t)64 << 10)
#define REPLY_MAX   ((size_t)128 << 10)

struct keys {
	struct msg_client *client;
};

enum status
keys_open(const char *socket_path, struct keys **out)
{
	struct keys *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return E_NOMEM;
	enum status st = msg_client_new(socket_path, &k->client);
	if (st != OK) {
		free(k);
		return st;
	}
	*out = k;
	return OK;
}

void
keys_close(struct keys *k)
{
	if (k == NULL)
		return;
	msg_client_free(k->client);
	free(k);
}

bool
keys_up(struct keys *k)
{
	return msg_client_up(k->client);
}

/* ---- one request and its answer ---- */

static void
answer_clear(void *data)
{
	envelope_wipe(data);
}

/* On the client's thread. The memory is the wait's, so a caller that gave up does not matter. */
static void
on_answer(void *arg, enum status st, uint16_t type, struct str payload)
{
	struct fiber_wait *w = arg;
	struct buf *answer = fiber_wait_data(w);

	if (st == OK && type != KEYS_MSG_OK)
		st = E_CORRUPT;
	if (st == OK) {
		answer->max = REPLY_MAX;
		buf_put(answer, payload);
		st = buf_status(answer);
	}
	fiber_wake(w, st);
}

/* Of the process. */
static atomic_ullong requests;

uint64_t
keys_requests(void)
{
	return atomic_load_explicit(&requests, memory_order_relaxed);
}

/* OK: the reply is *w's data, a struct buf. */
static enum status
call(struct keys *k, uint16_t type, const struct keys_wire *parts, struct fiber_wait **out)
{
	CLEANUP(envelope_wipe) struct buf request = BUF(REQUEST_MAX);
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;

	TRY(keys_wire_put(type, parts, &request));
	TRY(fiber_wait_new(sizeof(struct buf), answer_clear, &w));
	atomic_fetch_add_explicit(&requests, 1, memory_order_relaxed);
	enum status st =
	    msg_client_send(k->client, type, buf_str(&request), KEYS_DEADLINE_US, on_answer, fiber_wait_hold(w));
	if (st != OK) {
		fiber_wait_drop(w);
		return st;
	}
	TRY(fiber_await(w, clock_mono_us() + KEYS_DEADLINE_US));
	*out = STEAL(&w);
	return OK;
}

static struct str
answer_of(struct fiber_wait *w)
{
	return buf_str(fiber_wait_data(w));
}

/* For the replies that are one text. */
static enum status
call_text(struct keys *k, uint16_t type, const struct keys_wire *parts, struct buf *out)
{
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;

	TRY(call(k, type, parts, &w));
	buf_put(out, answer_of(w));
	return buf_status(out);
}

static enum status
two_blocks(struct str reply, struct str *first, struct str *second)
{
	if (buf_get_block(&reply, REPLY_MAX, first) != OK || buf_get_block(&reply, REPLY_MAX, second) != OK ||
	    reply.n != 0)
		return E_CORRUPT;
	return OK;
}

/* For the replies that are two texts. */
static enum status
call_two(struct keys *k, uint16_t type, const struct keys_wire *parts, struct buf *first, struct buf *second)
{
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;
	struct str a, b;

	TRY(call(k, type, parts, &w));
	TRY(two_blocks(answer_of(w), &a, &b));
	buf_put(first, a);
	buf_put(second, b);
	TRY(buf_status(first));
	return buf_status(second);
}

/* ---- the calls ---- */

enum status
keys_jwks(struct keys *k, struct buf *json)
{
	return call_text(k, KEYS_MSG_JWKS, &(struct keys_wire){ 0 }, json);
}

enum status
keys_sign(struct keys *k, enum keys_use use, struct str claims, struct str fragment, const struct receipt *receipt,
	  struct buf *jws)
{
	CLEANUP(buf_clear) struct buf head = BUF(KEYS_WIRE_SIGN_HEAD);

	if ((unsigned)use >= KEYS_USES_END)
		return E_INVALID;
	buf_put_u8(&head, (uint8_t)use);
	receipt_put(&head, receipt);
	TRY(buf_status(&head));
	return call_text(k, KEYS_MSG_SIGN, &(struct keys_wire){ .head = buf_str(&head), .block = { fragment, claims } },
			 jws);
}

enum status
keys_person_new(struct keys *k, struct str sub, struct buf *wrapped)
{
	return call_text(k, KEYS_MSG_PERSON_NEW, &(struct keys_wire){ .block = { sub } }, wrapped);
}

enum status
keys_seal(struct keys *k, const struct keys_person *who, struct str event_id, struct str month, struct str aad,
	  struct str plaintext, struct buf *tag, struct buf *sealed)
{
	const struct keys_wire parts = { .block = { who->sub, who->wrapped, event_id, month, aad, plaintext } };

	return call_two(k, KEYS_MSG_SEAL, &parts, tag, sealed);
}

enum status
keys_tags(struct keys *k, const struct keys_person *who, struct str month, struct str consent_id, struct buf *tag,
	  struct buf *ctag)
{
	const struct keys_wire parts = { .block = { who->sub, who->wrapped, month, consent_id } };

	return call_two(k, KEYS_MSG_TAGS, &parts, tag, ctag);
}

enum status
keys_open_sealed(struct keys *k, const struct keys_person *who, struct str event_id, struct str aad, struct str sealed,
		 struct buf *plaintext)
{
	const struct keys_wire parts = { .block = { who->sub, who->wrapped, event_id, aad, sealed } };

	return call_text(k, KEYS_MSG_OPEN, &parts, plaintext);
}

static struct keys_wire
field_parts(const struct keys_person *who, const struct keys_place *place, struct str content)
{
	static const struct keys_person nobody;

	if (who == NULL)
		who = &nobody;
	return (
	    struct keys_wire){ .block = { who->sub, who->wrapped, place->table, place->column, place->key, content } };
}

enum status
keys_field_seal(struct keys *k, const struct keys_person *who, const struct keys_place *place, struct str plaintext,
		struct buf *sealed)
{
	const struct keys_wire parts = field_parts(who, place, plaintext);

	/* An empty person would be sealed under the common key, and outlive the person. */
	if (who != NULL && (who->sub.n == 0 || who->wrapped.n == 0))
		return E_INVALID;
	return call_text(k, KEYS_MSG_FIELD_SEAL, &parts, sealed);
}

enum status
keys_field_open(struct keys *k, const struct keys_person *who, const struct keys_place *place, struct str sealed,
		struct buf *plaintext)
{
	const struct keys_wire parts = field_parts(who, place, sealed);

	if (who != NULL && (who->sub.n == 0 || who->wrapped.n == 0))
		return E_INVALID;
	return call_text(k, KEYS_MSG_FIELD_OPEN, &parts, plaintext);
}

enum status
keys_totp_new(struct keys *k, struct str sub, struct buf *sealed, struct secret *base32)
{
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;
	struct str blob, seed;

	TRY(call(k, KEYS_MSG_TOTP_NEW, &(struct keys_wire){ .block = { sub } }, &w));
	TRY(two_blocks(answer_of(w), &blob, &seed));
	buf_put(sealed, blob);
	TRY(buf_status(sealed));
	return secret_copy(seed, base32);
}

enum status
keys_totp_import(struct keys *k, struct str sub, struct str base32, struct buf *sealed)
{
	return call_text(k, KEYS_MSG_TOTP_IMPORT, &(struct keys_wire){ .block = { sub, base32 } }, sealed);
}

enum status
keys_totp_check(struct keys *k, struct str sub, struct str sealed, struct str code, int64_t last_step, int64_t *step)
{
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;
	CLEANUP(buf_clear) struct buf tail = BUF(8);
	uint64_t accepted;

	if (last_step < -1 || last_step == INT64_MAX)
		return E_INVALID;
	buf_put_u64(&tail, (uint64_t)(last_step + 1));
	TRY(buf_status(&tail));
	TRY(call(k, KEYS_MSG_TOTP_CHECK, &(struct keys_wire){ .block = { sub, sealed, code }, .tail = buf_str(&tail) },
		 &w));
	struct str reply = answer_of(w);
	if (buf_get_u64(&reply, &accepted) != OK || reply.n != 0 || accepted > INT64_MAX)
		return E_CORRUPT;
	*step = (int64_t)accepted;
	return OK;
}

static enum status
put_number(struct buf *head, uint32_t number)
{
	buf_put_u32(head, number);
	return buf_status(head);
}

enum status
keys_hotp_new(struct keys *k, struct str sub, uint32_t count, struct buf *sealed, struct secret *codes)
{
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;
	CLEANUP(buf_clear) struct buf head = BUF(4);
	struct str blob, text;

	TRY(put_number(&head, count));
	TRY(call(k, KEYS_MSG_HOTP_NEW, &(struct keys_wire){ .head = buf_str(&head), .block = { sub } }, &w));
	TRY(two_blocks(answer_of(w), &blob, &text));
	if (text.n != (size_t)count * KEYS_HOTP_DIGITS)
		return E_CORRUPT;
	buf_put(sealed, blob);
	TRY(buf_status(sealed));
	return secret_copy(text, codes);
}

enum status
keys_hotp_check(struct keys *k, struct str sub, struct str sealed, struct str code, uint32_t number)
{
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;
	CLEANUP(buf_clear) struct buf head = BUF(4);

	TRY(put_number(&head, number));
	TRY(call(k, KEYS_MSG_HOTP_CHECK, &(struct keys_wire){ .head = buf_str(&head), .block = { sub, sealed, code } },
		 &w));
	return answer_of(w).n == 0 ? OK : E_CORRUPT;
}

enum status
keys_pepper(struct keys *k, struct str data, uint8_t out[KEYS_PEPPER_LEN])
{
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;

	TRY(call(k, KEYS_MSG_PEPPER, &(struct keys_wire){ .block = { data } }, &w));
	if (answer_of(w).n != KEYS_PEPPER_LEN)
		return E_CORRUPT;
	memcpy(out, answer_of(w).p, KEYS_PEPPER_LEN);
	return OK;
}

enum status
keys_rotate(struct keys *k, struct str alg, uint32_t cache_s, struct str fragment, const struct receipt *receipt)
{
	CLEANUP(buf_clear) struct buf head = BUF(KEYS_WIRE_ROTATE_HEAD);
	CLEANUP(buf_clear) struct buf nothing = BUF(1);

	buf_put_u32(&head, cache_s);
	receipt_put(&head, receipt);
	TRY(buf_status(&head));
	return call_text(k, KEYS_MSG_ROTATE, &(struct keys_wire){ .head = buf_str(&head), .block = { fragment, alg } },
			 &nothing);
}

enum status
keys_list(struct keys *k, struct buf *json)
{
	return call_text(k, KEYS_MSG_LIST, &(struct keys_wire){ 0 }, json);
}

enum keys_use
keys_use(enum keys_kind kind, struct str alg)
{
	static const struct {
		const char *usual;
		enum keys_use es256, rs256, ps256;
	} uses[] = {
		[KEYS_KIND_ACCESS] = { "ES256", KEYS_ACCESS_TOKEN, KEYS_ACCESS_TOKEN_RS256, KEYS_ACCESS_TOKEN_PS256 },
		[KEYS_KIND_ID] = { "RS256", KEYS_ID_TOKEN_ES256, KEYS_ID_TOKEN, KEYS_ID_TOKEN_PS256 },
		[KEYS_KIND_LOGOUT] = { "RS256", KEYS_LOGOUT_TOKEN_ES256, KEYS_LOGOUT_TOKEN, KEYS_LOGOUT_TOKEN_PS256 },
		[KEYS_KIND_USERINFO] = { "RS256", KEYS_USERINFO_ES256, KEYS_USERINFO, KEYS_USERINFO_PS256 },
	};
	struct str wanted = alg.n > 0 ? alg : str_of(uses[kind].usual);

	if (str_is(wanted, "ES256"))
		return uses[kind].es256;
	if (str_is(wanted, "RS256"))
		return uses[kind].rs256;
	return str_is(wanted, "PS256") ? uses[kind].ps256 : (enum keys_use)0;
}
