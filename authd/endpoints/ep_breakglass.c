/* ep_breakglass.c: /access/v1/breakglass: an operator breaks the glass with a token of their own, and closes it. */
#include "auditlog/base/clock.h"
#include "authd/access/breakglass.h"
#include "authd/audit/witnessed.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/http/json_write.h"
#include "authd/oauth/subject.h"

#define TEXT_MOST 128

static enum status
read_ask(struct json_in *in, struct breakglass_ask *ask)
{
	static const char *const known[] = { "person", "category", "purpose", "reason_code", "text", NULL };

	TRY(json_only(in, known));
	TRY(json_need_str(in, "person", TEXT_MOST, &ask->sub));
	TRY(json_need_str(in, "category", TEXT_MOST, &ask->category));
	TRY(json_need_str(in, "purpose", TEXT_MOST, &ask->purpose));
	TRY(json_need_str(in, "reason_code", TEXT_MOST, &ask->reason));
	return json_need_str(in, "text", BREAKGLASS_TEXT_MOST, &ask->text);
}

static enum status
answer(struct request *rq, const struct store_breakglass *b, bool existed)
{
	return ep_admin_say(rq, existed ? 200 : 201,
			    json_pack("{s:s%, s:o, s:o, s:{s:I}}", "id", b->id.p, b->id.n, "until",
				      json_of_time(b->until_us), "review_by", json_of_time(b->review_by_us), "log",
				      "index", (json_int_t)b->log_index));
}

enum status
ep_breakglass_open(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *root = NULL;
	CLEANUP(buf_clear) struct buf person = BUF(2 * TEXT_MOST);
	CLEANUP(store_breakglass_clear) struct store_breakglass made = { 0 };
	struct breakglass_ask ask = { 0 };
	struct json_why why = { 0 };
	struct json_in in;
	bool existed = false;
	enum status st;

	TRY(witnessed_check(rq));
	TRY(ep_admin_read(rq, &root, &why, &in));
	st = read_ask(&in, &ask);
	if (st != OK)
		return ep_admin_bad(rq, st, &why);
	TRY(subject_resolve(rq, str_of(rq->who.organisation), ask.sub, &person));
	ask.sub = buf_str(&person);
	TRY(breakglass_open(rq, &ask, &made, &existed));
	return answer(rq, &made, existed);
}

enum status
ep_breakglass_close(struct request *rq)
{
	TRY(breakglass_close(rq, rq->param[0]));
	return ep_admin_say(rq, 200, json_pack("{s:s%, s:s}", "id", rq->param[0].p, rq->param[0].n, "state", "closed"));
}
