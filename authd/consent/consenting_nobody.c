/* consenting_nobody.c: a service asks somebody who does not exist. */
#include "auditlog/base/clock.h"
#include "authd/audit/audit.h"
#include "authd/consent/consenting.h"
#include "authd/consent/consenting_parts.h"
#include "authd/request.h"
#include "authd/store/store_decoy.h"
#include "authd/store/store_outbox.h"

#define TEXT_MOST ((size_t)32 << 10)

/* What an equal request is equal in (consenting_ask.c), as a text that stands for nobody. */
static enum status
tag_of(struct request *rq, const struct consenting_ask *ask, const struct purpose *purpose, struct buf *out)
{
	CLEANUP(buf_clear) struct buf b = BUF(TEXT_MOST);

	buf_put_cstr(&b, "request");
	buf_put_block(&b, ask->client_id);
	buf_put_block(&b, ask->sub);
	buf_put_block(&b, ask->purpose);
	buf_put_u32(&b, purpose->version);
	for (size_t i = 0; i < ask->category_count; i++)
		buf_put_block(&b, ask->categories[i]);
	buf_put_block(&b, STR(""));
	for (size_t i = 0; i < ask->optional_count; i++)
		buf_put_block(&b, ask->optional[i]);
	buf_put_block(&b, STR(""));
	buf_put_u64(&b, (uint64_t)ask->until_us);
	buf_put_block(&b, ask->return_to);
	buf_put_block(&b, ask->case_ref);
	for (size_t i = 0; i < ask->recipient_count; i++)
		buf_put_block(&b, ask->recipients[i]);
	TRY(buf_status(&b));
	return audit_decoy_text(rq->authd, buf_str(&b), out);
}

/* Another id for each time that it was open, as requests of people have. */
static enum status
put_id(struct request *rq, struct str tag, int64_t expires_us, struct buf *out)
{
	CLEANUP(buf_clear) struct buf b = BUF(128);

	buf_put_cstr(&b, "request id");
	buf_put_block(&b, tag);
	buf_put_u64(&b, (uint64_t)expires_us);
	TRY(buf_status(&b));
	buf_put_cstr(out, "req_");
	return audit_decoy_text(rq->authd, buf_str(&b), out);
}

static enum status
make(struct request *rq, const struct consenting_ask *ask, const struct purpose *purpose, struct str tag)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(buf_clear) struct buf count_key = BUF(64);
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const int64_t now = clock_now_us();
	struct receipt receipt;

	TRY(consenting_draft_request(rq, ask, purpose, STR(""), &draft));
	TRY(consenting_count_key(rq, ask, &count_key));
	TRY(store_begin(request_store(rq), &tx));
	TRY(store_decoy_open(&tx, tag, now, now + CONSENTING_OPEN_US));
	TRY(consenting_count(rq, &tx, buf_str(&count_key)));
	/* The index is written back to a request that is not there: one statement, as for one that is. */
	TRY(audit_emit(&tx, &draft, STORE_TARGET_REQUEST, tag));
	TRY(store_commit(&tx));
	return audit_forward(rq->authd, &draft, &receipt);
}

enum status
consenting_ask_nobody(struct request *rq, const struct consenting_ask *ask, struct buf *request_id, int64_t *expires_us)
{
	const struct purpose *purpose = policy_purpose(rq->policy, ask->purpose);
	CLEANUP(buf_clear) struct buf tag = BUF(64);
	enum status st;

	if (purpose == NULL)
		return E_INVALID;
	TRY(tag_of(rq, ask, purpose, &tag));
	st = store_decoy_find(request_store(rq), buf_str(&tag), clock_now_us(), expires_us);
	if (st == E_NOT_FOUND) {
		TRY(make(rq, ask, purpose, buf_str(&tag)));
		st = store_decoy_find(request_store(rq), buf_str(&tag), clock_now_us(), expires_us);
	}
	TRY(st);
	return put_id(rq, buf_str(&tag), *expires_us, request_id);
}
