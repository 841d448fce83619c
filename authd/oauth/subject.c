#include "authd/oauth/subject.h"

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "authd/request.h"
#include "authd/store/store_pairwise.h"

#define HMAC_BYTES 24
#define TEXT_MOST  ((size_t)1 << 10)

/* Under the pepper, which is authd-keyd's and never changes: stable, and nothing that anybody else could compute. */
static enum status
derive(struct request *rq, struct str organisation, struct str sub, struct buf *out)
{
	CLEANUP(buf_clear) struct buf text = BUF(TEXT_MOST);
	uint8_t mac[KEYS_PEPPER_LEN];

	buf_put_cstr(&text, "pairwise subject v1");
	buf_put_block(&text, organisation);
	buf_put_block(&text, sub);
	TRY(buf_status(&text));
	TRY(keys_pepper(rq->authd->keys, buf_str(&text), mac));
	buf_put_cstr(out, "pw_");
	encode_base64url(out, str_from(mac, HMAC_BYTES));
	return buf_status(out);
}

static enum status
remember(struct store *db, const struct store_pairwise *row)
{
	CLEANUP(store_pairwise_clear) struct store_pairwise there = { 0 };
	enum status st = store_pairwise_find(db, row->alias, row->organisation, &there);

	return st == E_NOT_FOUND ? store_pairwise_add(db, row) : st;
}

enum status
subject_for(struct request *rq, const struct store_client *c, struct str sub, struct buf *out)
{
	struct store_pairwise row = { .organisation = c->organisation, .sub = sub };

	if (c->pairwise == 0) {
		buf_put(out, sub);
		return buf_status(out);
	}
	TRY(derive(rq, c->organisation, sub, out));
	row.alias = buf_str(out);
	return remember(request_store(rq), &row);
}

/* ---- back ---- */

struct resolving {
	struct buf alias, organisation, sub;
};

static void
resolving_clear(void *arg)
{
	struct resolving *r = arg;

	buf_clear(&r->alias);
	buf_clear(&r->organisation);
	buf_clear(&r->sub);
}

static enum status
look(void *arg, void *worker_ctx)
{
	CLEANUP(store_pairwise_clear) struct store_pairwise row = { 0 };
	struct resolving *r = arg;

	TRY(store_pairwise_find(worker_ctx, buf_str(&r->alias), buf_str(&r->organisation), &row));
	buf_put(&r->sub, row.sub);
	return buf_status(&r->sub);
}

static enum status
find(struct request *rq, struct str organisation, struct str said, struct buf *out)
{
	CLEANUP(worker_arg_dropp) struct resolving *r = worker_arg_new(sizeof(*r), resolving_clear);

	if (r == NULL)
		return E_NOMEM;
	buf_put(&r->alias, said);
	buf_put(&r->organisation, organisation);
	TRY(buf_status(&r->alias));
	TRY(buf_status(&r->organisation));
	TRY(worker_run(rq->authd->pool, look, r, KEYS_DEADLINE_US));
	buf_put(out, buf_str(&r->sub));
	return buf_status(out);
}

enum status
subject_resolve(struct request *rq, struct str organisation, struct str said, struct buf *out)
{
	if (said.n == SUBJECT_LEN && str_starts(said, STR("pw_"))) {
		enum status st = find(rq, organisation, said, out);

		if (st != E_NOT_FOUND)
			return st;
	}
	buf_put(out, said);
	return buf_status(out);
}
