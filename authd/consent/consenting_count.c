/*
 * consenting_count.c: how often a service asks one person. Each request is a message to them, and an entry; a service
 * that words the same one ever anew must not bury somebody in them. Counted under a text that stands for nobody, and by
 * number apart from by id, so that where it ends tells nothing about who there is.
 */
#include "auditlog/base/clock.h"
#include "authd/access/rate.h"
#include "authd/consent/consenting.h"
#include "authd/consent/consenting_parts.h"
#include "authd/request.h"
#include "authd/store/store_desk.h"

enum status
consenting_count_key(struct request *rq, const struct consenting_ask *ask, struct buf *out)
{
	CLEANUP(buf_clear) struct buf b = BUF(512);

	buf_put_cstr(&b, "requests of a day");
	buf_put_block(&b, ask->service);
	buf_put_block(&b, ask->sub);
	buf_put_block(&b, ask->by_number ? STR("number") : STR(""));
	TRY(buf_status(&b));
	return audit_decoy_text(rq->authd, buf_str(&b), out);
}

enum status
consenting_count(struct request *rq, struct store_tx *tx, struct str key)
{
	const int64_t now = clock_now_us(), today = now / DAY_US * DAY_US;
	enum status st;

	/* What a person asks for themselves, out of a link, is theirs to ask. */
	if (rq->who.kind != PRINCIPAL_SERVICE)
		return OK;
	st = store_desk_use_take(tx->db, key, STR("consent request"), today, rate_times(CONSENTING_ASKS_A_DAY));
	if (st != E_LIMITED)
		return st;
	rq->rsp->retry_after_s = (unsigned)((today + DAY_US - now) / SECOND_US + 1);
	return request_fail(rq, st, "rate_limited", "this service has asked this person too often today");
}
