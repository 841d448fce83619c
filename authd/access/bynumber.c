#include "authd/access/bynumber.h"

#include <pthread.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/random.h"
#include "auditlog/core/entry.h"
#include "auditlog/core/hash.h"
#include "authd/audit/audit.h"
#include "authd/oauth/subject.h"
#include "authd/request.h"
#include "authd/store/store_decoy.h"

#define DEADLINE_US INT64_C(1500000)
#define ATTEMPTS    3
#define NOISES      3

bool
bynumber_in(struct str said, struct str *number)
{
	if (!str_starts(said, STR(BYNUMBER_PREFIX)))
		return false;
	*number = str_slice(said, strlen(BYNUMBER_PREFIX), said.n);
	return true;
}

/* ---- what stands for a number ---- */

static enum status
hash_of(struct authd *a, struct str number, uint8_t out[KEYS_PEPPER_LEN])
{
	CLEANUP(buf_clear) struct buf text = BUF(64);
	char digits[SNILS_DIGITS + 1];

	TRY(snils_parse(number, digits));
	buf_put_cstr(&text, "national number v1");
	buf_put_block(&text, STR("snils"));
	buf_put_block(&text, str_of(digits));
	TRY(buf_status(&text));
	return keys_pepper(a->keys, buf_str(&text), out);
}

/* ---- how many new ones a service may name ---- */

#define SLOTS 1024

/* By the client's id; a table of fixed size, so a collision makes two services share. */
static struct {
	pthread_mutex_t lock;
	int64_t full_us[SLOTS]; /* when all are there again, on the monotonic clock */
} budget = { .lock = PTHREAD_MUTEX_INITIALIZER };

static enum status
take(struct request *rq)
{
	const struct hash h = hash_sha256(str_of(rq->who.client_id));
	int64_t *full = &budget.full_us[(size_t)(h.b[0] | h.b[1] << 8) % SLOTS];
	const int64_t now = clock_mono_us();
	int64_t over;

	pthread_mutex_lock(&budget.lock);
	if (*full < now)
		*full = now;
	over = *full - now - (BYNUMBER_BURST - 1) * BYNUMBER_REFILL_US;
	if (over <= 0)
		*full += BYNUMBER_REFILL_US;
	pthread_mutex_unlock(&budget.lock);
	if (over <= 0)
		return OK;
	rq->rsp->retry_after_s = (unsigned)(over / SECOND_US) + 1;
	return request_fail(rq, E_LIMITED, "rate_limited", "this service has named too many new numbers");
}

/* ---- a number that a service names ---- */

struct naming {
	uint8_t hash[KEYS_PEPPER_LEN];
	char mark[ENTRY_TAG_LEN + 1];          /* that it was named lately; stands for nobody */
	char noise[NOISES][ENTRY_TAG_LEN + 1]; /* of this use alone */
	char fresh[BYNUMBER_SUB_MOST + 1];     /* for a stranger */
	char wrapped[1024];
	char sub[BYNUMBER_SUB_MOST + 1]; /* the answer */
	bool is_new;
};

static struct str
number_hash(const uint8_t hash[KEYS_PEPPER_LEN])
{
	return str_from(hash, KEYS_PEPPER_LEN);
}

static enum status
copy(char *to, size_t size, struct str from)
{
	if (from.n >= size)
		return E_TOO_LARGE;
	memcpy(to, from.p, from.n);
	to[from.n] = '\0';
	return OK;
}

/* Both in each case. A number with a mark has somebody: strangers are kept for longer than marks are. */
static enum status
look(void *arg, void *worker_ctx)
{
	CLEANUP(store_national_clear) struct store_national found = { 0 };
	struct naming *n = arg;
	int64_t until_us;
	enum status st = store_decoy_find(worker_ctx, str_of(n->mark), clock_now_us(), &until_us);

	if (st != OK && st != E_NOT_FOUND)
		return st;
	n->is_new = st == E_NOT_FOUND;
	st = store_national_find(worker_ctx, number_hash(n->hash), &found);
	if (st == E_NOT_FOUND) {
		n->is_new = true;
		return OK;
	}
	TRY(st);
	return copy(n->sub, sizeof(n->sub), found.sub);
}

static enum status
write_new(struct store_tx *tx, const struct naming *n, const struct store_national *found, int64_t now_us)
{
	const struct str noise[NOISES] = { str_of(n->noise[0]), str_of(n->noise[1]), str_of(n->noise[2]) };

	TRY(store_decoy_open(tx, str_of(n->mark), now_us, now_us + BYNUMBER_NEW_US));
	if (found->sub.n == 0)
		return store_stranger_add(tx, number_hash(n->hash), str_of(n->fresh), str_of(n->wrapped), now_us);
	return found->stranger != 0 ? store_stranger_asked(tx, number_hash(n->hash), now_us)
				    : store_stranger_none(tx, noise, now_us);
}

static enum status
name_once(struct store *db, struct naming *n)
{
	CLEANUP(store_national_clear) struct store_national found = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	enum status st = store_national_find(db, number_hash(n->hash), &found);

	if (st != OK && st != E_NOT_FOUND)
		return st;
	TRY(store_begin(db, &tx));
	TRY(write_new(&tx, n, &found, clock_now_us()));
	TRY(store_commit(&tx));
	return copy(n->sub, sizeof(n->sub), found.sub.n > 0 ? found.sub : str_of(n->fresh));
}

/* Somebody else may name, forget or register the same at this moment: then it is looked at again. */
static enum status
name(void *arg, void *worker_ctx)
{
	enum status st = E_CONFLICT;

	for (int i = 0; i < ATTEMPTS && (st == E_CONFLICT || st == E_NOT_FOUND); i++)
		st = name_once(worker_ctx, arg);
	return st == E_CONFLICT || st == E_NOT_FOUND ? E_BUSY : st;
}

/* A key that nobody may need costs what one costs that somebody does. */
static enum status
make_parts(struct request *rq, struct naming *n)
{
	CLEANUP(buf_clear) struct buf sub = BUF(BYNUMBER_SUB_MOST), wrapped = BUF(sizeof(n->wrapped) - 1);

	random_put_id(&sub, "sub_");
	TRY(buf_status(&sub));
	TRY(keys_person_new(rq->authd->keys, buf_str(&sub), &wrapped));
	TRY(copy(n->fresh, sizeof(n->fresh), buf_str(&sub)));
	TRY(copy(n->wrapped, sizeof(n->wrapped), buf_str(&wrapped)));
	for (size_t i = 0; i < NOISES; i++) {
		CLEANUP(buf_clear) struct buf noise = BUF(ENTRY_TAG_LEN);

		random_put_id(&noise, "");
		TRY(buf_status(&noise));
		TRY(copy(n->noise[i], sizeof(n->noise[i]), buf_str(&noise)));
	}
	return OK;
}

static enum status
make_mark(struct request *rq, struct naming *n)
{
	CLEANUP(buf_clear) struct buf text = BUF(128), mark = BUF(ENTRY_TAG_LEN);

	buf_put_cstr(&text, "number named");
	buf_put_block(&text, number_hash(n->hash));
	TRY(buf_status(&text));
	TRY(audit_decoy_text(rq->authd, buf_str(&text), &mark));
	return copy(n->mark, sizeof(n->mark), buf_str(&mark));
}

enum status
bynumber_sub(struct request *rq, struct str number, struct buf *out)
{
	CLEANUP(worker_arg_dropp) struct naming *n = worker_arg_new(sizeof(*n), NULL);
	enum status st;

	if (n == NULL)
		return E_NOMEM;
	st = hash_of(rq->authd, number, n->hash);
	if (st == E_INVALID)
		return request_fail(rq, st, "invalid_request", "this is no insurance number");
	TRY(st);
	TRY(make_mark(rq, n));
	TRY(worker_run(rq->authd->pool, look, n, DEADLINE_US));
	if (n->is_new) {
		TRY(take(rq));
		TRY(make_parts(rq, n));
		TRY(worker_run(rq->authd->pool, name, n, DEADLINE_US));
	}
	buf_put_cstr(out, n->sub);
	return buf_status(out);
}

enum status
bynumber_resolve(struct request *rq, struct str said, struct buf *out)
{
	struct str number;

	if (bynumber_in(said, &number))
		return bynumber_sub(rq, number, out);
	return subject_resolve(rq, str_of(rq->who.organisation), said, out);
}

enum status
bynumber_find(struct request *rq, struct str number, struct store_person *out)
{
	CLEANUP(store_national_clear) struct store_national found = { 0 };
	uint8_t hash[KEYS_PEPPER_LEN];
	enum status st;

	TRY(hash_of(rq->authd, number, hash));
	st = store_national_find(request_store(rq), number_hash(hash), &found);
	if (st != OK && st != E_NOT_FOUND)
		return st;
	/* Nobody is looked for as somebody is. */
	return store_person_find(request_store(rq), st == OK && found.stranger == 0 ? found.sub : STR(""), out);
}

/* ---- somebody comes ---- */

void
bynumber_newcomer_clear(struct bynumber_newcomer *n)
{
	buf_clear(&n->wrapped);
}

/* The stranger's key becomes theirs: what was asked about them before they came is about them. */
static enum status
take_place(struct request *rq, struct str sub, struct bynumber_newcomer *n)
{
	CLEANUP(store_person_clear) struct store_person stranger = { 0 };

	TRY(store_person_find(request_store(rq), sub, &stranger));
	TRY(copy(n->sub, sizeof(n->sub), sub));
	buf_put(&n->wrapped, stranger.wrapped_key);
	n->expected = true;
	return buf_status(&n->wrapped);
}

static enum status
find_place(struct request *rq, struct str number, struct bynumber_newcomer *n)
{
	CLEANUP(store_national_clear) struct store_national found = { 0 };
	enum status st;

	if (number.n == 0)
		return OK;
	TRY(hash_of(rq->authd, number, n->hash));
	n->has_number = true;
	st = store_national_find(request_store(rq), number_hash(n->hash), &found);
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	return found.stranger != 0 ? take_place(rq, found.sub, n) : E_CONFLICT;
}

enum status
bynumber_newcomer(struct request *rq, struct str number, struct bynumber_newcomer *out)
{
	CLEANUP(buf_clear) struct buf sub = BUF(BYNUMBER_SUB_MOST);

	out->wrapped = BUF(KEYS_BLOB_MAX);
	TRY(find_place(rq, number, out));
	if (out->expected)
		return OK;
	random_put_id(&sub, "sub_");
	TRY(buf_status(&sub));
	TRY(copy(out->sub, sizeof(out->sub), buf_str(&sub)));
	return keys_person_new(rq->authd->keys, str_of(out->sub), &out->wrapped);
}

enum status
bynumber_save(struct store_tx *tx, const struct bynumber_newcomer *n, const struct store_person *row)
{
	if (n->expected)
		return store_national_arrive(tx, number_hash(n->hash), row);
	TRY(store_person_add(tx, row));
	return n->has_number ? store_national_add(tx, number_hash(n->hash), row->sub) : OK;
}
