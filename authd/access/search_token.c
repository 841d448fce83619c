#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/core/hash.h"
#include "authd/access/search_parts.h"
#include "authd/request.h"

#define LIFE_US    (INT64_C(3600) * SECOND_US)
#define TOKEN_MOST ((size_t)1 << 10)
#define BOUND_MOST ((size_t)128 << 10)

/* What must be the same from page to page, the policy among it: another one would give another order. */
static enum status
binding(const struct search *s, struct buf *out)
{
	static const char *const names[] = { "subject", "action", "resource", "context" };
	CLEANUP(buf_clear) struct buf all = BUF(BOUND_MOST);
	struct hash h;

	buf_put_u8(&all, (uint8_t)s->kind);
	buf_put_block(&all, str_of(s->rq->who.client_id));
	buf_put_block(&all, str_of(s->rq->who.sub));
	buf_put_block(&all, policy_hash(s->rq->policy));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char *text = json_dumps(json_object_get(s->body, names[i]), JSON_SORT_KEYS | JSON_COMPACT);

		buf_put_block(&all, text != NULL ? str_of(text) : STR(""));
		free(text);
	}
	TRY(buf_status(&all));
	h = hash_sha256(buf_str(&all));
	encode_base64url(out, str_from(h.b, sizeof(h.b)));
	return buf_status(out);
}

static struct keys_place
place_of(struct str bound)
{
	return (struct keys_place){ .table = STR("search"), .column = STR("page"), .key = bound };
}

enum status
search_token_make(struct search *s)
{
	CLEANUP(buf_clear) struct buf bound = BUF(64), plain = BUF(TOKEN_MOST);
	struct keys_place place;

	TRY(binding(s, &bound));
	place = place_of(buf_str(&bound));
	buf_put_u64(&plain, (uint64_t)(clock_now_us() + LIFE_US));
	buf_put_u64(&plain, (uint64_t)s->limit);
	buf_put_u64(&plain, s->at.outer);
	buf_put_u64(&plain, s->at.purpose);
	buf_put_block(&plain, str_of(s->at.person));
	TRY(buf_status(&plain));
	return keys_field_seal(s->rq->authd->keys, NULL, &place, buf_str(&plain), &s->next);
}

static enum status
read_place(struct str plain, struct search *s)
{
	uint64_t until, limit;
	struct str person;

	TRY(buf_get_u64(&plain, &until));
	TRY(buf_get_u64(&plain, &limit));
	TRY(buf_get_u64(&plain, &s->at.outer));
	TRY(buf_get_u64(&plain, &s->at.purpose));
	TRY(buf_get_block(&plain, QUESTION_ID_MOST, &person));
	memcpy(s->at.person, person.p, person.n);
	s->at.person[person.n] = '\0';
	if ((int64_t)until < clock_now_us() || (s->limit >= 0 && s->limit != (int64_t)limit))
		return E_INVALID;
	s->limit = (int64_t)limit;
	return OK;
}

enum status
search_token_open(struct search *s)
{
	CLEANUP(buf_clear) struct buf bound = BUF(64), plain = BUF(TOKEN_MOST);
	struct keys_place place;
	enum status st;

	TRY(binding(s, &bound));
	place = place_of(buf_str(&bound));
	st = keys_field_open(s->rq->authd->keys, NULL, &place, s->token, &plain);
	if (st == E_CORRUPT)
		return E_INVALID;
	TRY(st);
	return read_place(buf_str(&plain), s);
}
