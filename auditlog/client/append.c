#include "auditlog/client/append.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct append {
	struct msg_client *msg;
	_Atomic uint64_t seen;
};

enum status
append_open(const char *path, struct append **out)
{
	struct append *a = calloc(1, sizeof(*a));
	enum status st;

	if (a == NULL)
		return E_NOMEM;
	st = msg_client_new(path, &a->msg);
	if (st != OK) {
		free(a);
		return st;
	}
	*out = a;
	return OK;
}

void
append_free(struct append *a)
{
	if (a == NULL)
		return;
	msg_client_free(a->msg);
	free(a);
}

void
append_freep(struct append **a)
{
	append_free(*a);
}

bool
append_up(struct append *a)
{
	return msg_client_up(a->msg);
}

struct msg_client *
append_client(struct append *a)
{
	return a->msg;
}

uint64_t
append_seen(struct append *a)
{
	return atomic_load(&a->seen);
}

/* Answers come in any order: the largest counts. */
void
append_saw(struct append *a, uint64_t size)
{
	uint64_t known = atomic_load(&a->seen);

	while (known < size && !atomic_compare_exchange_weak(&a->seen, &known, size))
		continue;
}

/* ---- requests ---- */

void
append_put_append(struct buf *out, const struct str *fragments, size_t count)
{
	buf_put_u16(out, (uint16_t)count);
	for (size_t i = 0; i < count; i++)
		buf_put_block(out, fragments[i]);
}

void
append_put_fenced(struct buf *out, const struct str *fragments, size_t count, uint64_t seen, uint64_t until_us)
{
	buf_put_u64(out, seen);
	buf_put_u64(out, until_us);
	append_put_append(out, fragments, count);
}

void
append_put_find(struct buf *out, const struct uuid *id)
{
	buf_put_bytes(out, id->b, sizeof(id->b));
}

void
append_put_read(struct buf *out, uint64_t index)
{
	buf_put_u64(out, index);
}

void
append_put_by_tag(struct buf *out, struct str tag, uint64_t before, size_t limit)
{
	buf_put_block(out, tag);
	buf_put_u64(out, before);
	buf_put_u16(out, (uint16_t)(limit > APPEND_LIMIT_MAX ? APPEND_LIMIT_MAX : limit));
}

void
append_service_key(struct str service, uint8_t out[APPEND_KEY_LEN])
{
	const struct str parts[] = { STR("ombud entries of a service v1\n"), service };
	const struct hash h = hash_sha256_parts(parts, ARRAY_LEN(parts));

	memcpy(out, h.b, APPEND_KEY_LEN);
}

void
append_put_map(struct buf *out, struct str tag, struct str month, uint32_t max_age_s)
{
	buf_put_block(out, tag);
	buf_put_block(out, month);
	buf_put_u32(out, max_age_s);
}

/* ---- replies ---- */

/* A reply that does not read to its last byte comes from no auditlogd of ours. */
static enum status
read_out(enum status st, struct str rest)
{
	return st == OK && rest.n == 0 ? OK : E_CORRUPT;
}

static enum status
get_receipts(struct str *in, struct receipt *out, size_t count)
{
	uint16_t n = 0;

	TRY(buf_get_u16(in, &n));
	if (n != count)
		return E_CORRUPT;
	for (size_t i = 0; i < count; i++)
		TRY(receipt_get(in, &out[i]));
	return OK;
}

enum status
append_get_receipts(uint16_t type, struct str payload, struct receipt *out, size_t count)
{
	if (type != APPEND_RECEIPTS || payload.n != 2 + count * RECEIPT_WIRE_LEN)
		return E_CORRUPT;
	return read_out(get_receipts(&payload, out, count), payload);
}

enum status
append_get_fenced(uint16_t type, struct str payload, struct receipt *out, size_t count, uint64_t *size)
{
	uint64_t now = 0;

	if (type != APPEND_STALE)
		return append_get_receipts(type, payload, out, count);
	TRY(read_out(buf_get_u64(&payload, &now), payload));
	*size = now;
	return E_EXPIRED;
}

enum status
append_get_entry(uint16_t type, struct str payload, uint64_t *index, struct str *line)
{
	uint64_t at = 0;

	if (type != APPEND_ENTRY || buf_get_u64(&payload, &at) != OK || payload.n == 0)
		return E_CORRUPT;
	*index = at;
	*line = payload;
	return OK;
}

enum status
append_get_indices(uint16_t type, struct str payload, uint64_t *out, size_t most, size_t *count)
{
	uint16_t n = 0;

	if (type != APPEND_INDICES || buf_get_u16(&payload, &n) != OK || n > most || payload.n != (size_t)n * 8)
		return E_CORRUPT;
	for (size_t i = 0; i < n; i++)
		TRY(buf_get_u64(&payload, &out[i]));
	*count = n;
	return OK;
}

static enum status
get_witness(struct str *in, struct append_witness *w)
{
	uint8_t flags = 0;

	TRY(buf_get_u32(in, &w->witnesses));
	TRY(buf_get_u32(in, &w->cosigned));
	TRY(buf_get_u64(in, &w->failures));
	TRY(buf_get_u64(in, &w->size));
	TRY(buf_get_u64(in, &w->newest_s));
	TRY(buf_get_u8(in, &flags));
	w->missing = (flags & 1) != 0;
	w->overdue = (flags & 2) != 0;
	return OK;
}

static enum status
get_mapped(struct str *in, struct mapproof_said *out, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		TRY(buf_get_u64(in, &out[i].index));
		TRY(buf_get_block(in, MAPPROOF_ANSWER_MAX, &out[i].answer));
	}
	return OK;
}

enum status
append_get_mapped(uint16_t type, struct str payload, struct mapproof_said *out, size_t *count)
{
	uint8_t n = 0;

	if (type != APPEND_MAPPED || buf_get_u8(&payload, &n) != OK || n == 0 || n > MAPPROOF_PARTS_MAX)
		return E_CORRUPT;
	TRY(read_out(get_mapped(&payload, out, n), payload));
	*count = n;
	return OK;
}

static enum status
get_state(struct str *in, struct append_state *s, struct str *text)
{
	uint8_t healthy = 0;

	TRY(buf_get_u64(in, &s->size));
	TRY(buf_get_u64(in, &s->published));
	TRY(buf_get_u8(in, &healthy));
	s->healthy = healthy == 1;
	TRY(buf_get_block(in, sizeof(s->text) - 1, text));
	return in->n > 0 ? get_witness(in, &s->witness) : OK;
}

enum status
append_get_state(uint16_t type, struct str payload, struct append_state *out)
{
	struct append_state s = { 0 };
	struct str text = { 0 };

	if (type != APPEND_STATE)
		return E_CORRUPT;
	TRY(read_out(get_state(&payload, &s, &text), payload));
	if (text.n > 0)
		memcpy(s.text, text.p, text.n);
	*out = s;
	return OK;
}

/* ---- sending ---- */

static enum status
encode_append(struct buf *out, const struct str *fragments, size_t count)
{
	if (count == 0 || count > APPEND_COUNT_MAX)
		return E_INVALID;
	for (size_t i = 0; i < count; i++)
		if (fragments[i].n > APPEND_FRAGMENT_MAX)
			return E_TOO_LARGE;
	append_put_append(out, fragments, count);
	return buf_status(out);
}

enum status
append_send(struct append *a, const struct str *fragments, size_t count, int64_t timeout_us, msg_done *done, void *arg)
{
	CLEANUP(buf_clear) struct buf payload = BUF(MSG_PAYLOAD_MAX);

	TRY(encode_append(&payload, fragments, count));
	return msg_client_send(a->msg, APPEND_APPEND, buf_str(&payload), timeout_us, done, arg);
}

enum status
append_call(struct append *a, const struct str *fragments, size_t count, int64_t timeout_us, struct receipt *receipts)
{
	CLEANUP(buf_clear) struct buf payload = BUF(MSG_PAYLOAD_MAX);
	CLEANUP(buf_clear) struct buf reply = BUF(MSG_PAYLOAD_MAX);
	uint16_t type = 0;

	TRY(encode_append(&payload, fragments, count));
	TRY(msg_client_call(a->msg, APPEND_APPEND, buf_str(&payload), timeout_us, &type, &reply));
	return append_get_receipts(type, buf_str(&reply), receipts, count);
}

enum status
append_find(struct append *a, const struct uuid *id, int64_t timeout_us, uint64_t *index, struct buf *line)
{
	CLEANUP(buf_clear) struct buf payload = BUF(64);
	CLEANUP(buf_clear) struct buf reply = BUF(MSG_PAYLOAD_MAX);
	struct str entry = { 0 };
	uint64_t at = 0;
	uint16_t type = 0;

	append_put_find(&payload, id);
	TRY(buf_status(&payload));
	TRY(msg_client_call(a->msg, APPEND_FIND, buf_str(&payload), timeout_us, &type, &reply));
	TRY(append_get_entry(type, buf_str(&reply), &at, &entry));
	buf_put(line, entry);
	TRY(buf_status(line));
	*index = at;
	return OK;
}

enum status
append_read(struct append *a, uint64_t index, int64_t timeout_us, struct buf *line)
{
	CLEANUP(buf_clear) struct buf payload = BUF(64);
	CLEANUP(buf_clear) struct buf reply = BUF(MSG_PAYLOAD_MAX);
	struct str entry = { 0 };
	uint64_t at = 0;
	uint16_t type = 0;

	append_put_read(&payload, index);
	TRY(buf_status(&payload));
	TRY(msg_client_call(a->msg, APPEND_READ, buf_str(&payload), timeout_us, &type, &reply));
	TRY(append_get_entry(type, buf_str(&reply), &at, &entry));
	if (at != index)
		return E_CORRUPT;
	buf_put(line, entry);
	return buf_status(line);
}

enum status
append_by_tag(struct append *a, struct str tag, uint64_t before, size_t limit, int64_t timeout_us, uint64_t *indices,
	      size_t *count)
{
	CLEANUP(buf_clear) struct buf payload = BUF(128);
	CLEANUP(buf_clear) struct buf reply = BUF(MSG_PAYLOAD_MAX);
	uint16_t type = 0;

	if (tag.n != APPEND_TAG_LEN || limit == 0)
		return E_INVALID;
	append_put_by_tag(&payload, tag, before, limit);
	TRY(buf_status(&payload));
	TRY(msg_client_call(a->msg, APPEND_BY_TAG, buf_str(&payload), timeout_us, &type, &reply));
	return append_get_indices(type, buf_str(&reply), indices, limit, count);
}

enum status
append_map(struct append *a, struct str tag, struct str month, uint32_t max_age_s, int64_t timeout_us,
	   struct buf *reply, struct mapproof_said *out, size_t *count)
{
	CLEANUP(buf_clear) struct buf payload = BUF(128);
	uint16_t type = 0;

	if (!tagmap_is_tag(tag) || month.n != TAGMAP_MONTH_LEN)
		return E_INVALID;
	append_put_map(&payload, tag, month, max_age_s);
	TRY(buf_status(&payload));
	TRY(msg_client_call(a->msg, APPEND_MAP, buf_str(&payload), timeout_us, &type, reply));
	return append_get_mapped(type, buf_str(reply), out, count);
}

enum status
append_status(struct append *a, int64_t timeout_us, struct append_state *out)
{
	CLEANUP(buf_clear) struct buf reply = BUF(MSG_PAYLOAD_MAX);
	uint16_t type = 0;

	TRY(msg_client_call(a->msg, APPEND_STATUS, STR(""), timeout_us, &type, &reply));
	return append_get_state(type, buf_str(&reply), out);
}
