/*
 * ep_usage.c: GET /v2/findUsage, /v2/usagePeriod, /v2/heartbeat: the protocol of the Estonian data tracker, version 2.
 * There a state portal asks on behalf of whoever it says; here the person's own token says who asks, and the header
 * must name the same person. userCode is that person, or one whom they represent under a mandate that lets them see;
 * either may be written as country and insurance number, RU12345678900.
 * Anybody else is answered in the same words, known or not.
 */
#include <string.h>

#include "auditlog/client/logread.h"
#include "authd/access/bynumber.h"
#include "authd/access/mandate.h"
#include "authd/access/usage.h"
#include "authd/audit/audit.h"
#include "authd/endpoints/endpoints.h"
#include "authd/identity/acting.h"
#include "authd/oauth/subject.h"
#include "authd/request.h"
#include "authd/upkeep.h"

#define CODE_MOST 128
/* ISO 3166 */
#define COUNTRY "RU"

static enum status
say(struct request *rq, json_t *body)
{
	if (body == NULL)
		return E_NOMEM;
	response_json(rq->rsp, 200, body);
	json_decref(body);
	return OK;
}

static enum status
bad(struct request *rq, const char *what)
{
	return request_fail(rq, E_INVALID, "invalid_request", what);
}

/* ---- the question ---- */

static enum status
read_time(struct request *rq, const char *name, int64_t otherwise, int64_t *out)
{
	struct str text = form_get(&rq->query, name);

	*out = otherwise;
	if (text.p == NULL)
		return OK;
	return clock_parse_rfc3339(text, out) == OK ? OK : bad(rq, "periodStart and periodEnd are RFC 3339 date-times");
}

static enum status
read_query(struct request *rq, struct usage_query *q)
{
	const int64_t now = clock_now_us();
	struct str offset = form_get(&rq->query, "offset"), limit = form_get(&rq->query, "limit");

	*q = (struct usage_query){ .limit = USAGE_LIMIT_MOST };
	TRY(read_time(rq, "periodEnd", now, &q->until_us));
	TRY(read_time(rq, "periodStart", now - USAGE_AGE_US, &q->from_us));
	if (q->from_us > q->until_us)
		return bad(rq, "periodStart is behind periodEnd");
	if (q->from_us < now - USAGE_AGE_US)
		q->from_us = now - USAGE_AGE_US; /* what usagePeriod says */
	if (offset.p != NULL && str_to_u64(offset, INT32_MAX, &q->offset) != OK)
		return bad(rq, "offset must be 0 to 2147483647");
	if (limit.p != NULL && (str_to_u64(limit, USAGE_LIMIT_MOST, &q->limit) != OK || q->limit == 0))
		return bad(rq, "limit must be 1 to 1000");
	return OK;
}

/* ---- who asks about whom ---- */

static enum status
nobody(struct request *rq)
{
	return request_fail(rq, E_DENIED, NULL, "you may not ask about this person");
}

/*
 * The protocol's own codes are those of a country and a number that it gave, as EE12345678901; ours is the insurance
 * number. Somebody else's number is answered as one that nobody has.
 */
static enum status
resolve_number(struct request *rq, struct str number, struct buf *sub)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	enum status st = bynumber_find(rq, number, &p);

	if (st == E_INVALID)
		return nobody(rq);
	if (st != E_NOT_FOUND)
		TRY(st);
	buf_put(sub, st == OK ? p.sub : STR("nobody")); /* who is then neither the caller nor represented */
	return buf_status(sub);
}

/* Code as the client knows people: `sub`, or the pairwise one of its organisation; or country and number. */
static enum status
resolve(struct request *rq, struct str code, struct buf *sub)
{
	if (str_starts(code, STR(COUNTRY)) && code.n == strlen(COUNTRY) + SNILS_DIGITS)
		return resolve_number(rq, str_slice(code, strlen(COUNTRY), code.n), sub);
	return subject_resolve(rq, str_of(rq->who.organisation), code, sub);
}

static enum status
check_asker(struct request *rq)
{
	CLEANUP(buf_clear) struct buf sub = BUF(CODE_MOST);
	struct str code;

	if (http_header_one(rq->http, "x-road-userid", &code) != OK || code.n == 0 || code.n > CODE_MOST)
		return bad(rq, "the header X-Road-UserId must say who asks");
	TRY(resolve(rq, code, &sub));
	return str_is(buf_str(&sub), rq->who.sub) ? OK : nobody(rq);
}

static enum status
take_on(struct request *rq)
{
	CLEANUP(buf_clear) struct buf sub = BUF(CODE_MOST);
	struct str code = form_get(&rq->query, "userCode");
	enum status st;

	if (code.n == 0 || code.n > CODE_MOST)
		return bad(rq, "userCode must say about whom");
	TRY(resolve(rq, code, &sub));
	if (str_is(buf_str(&sub), rq->who.sub))
		return OK;
	st = acting_represent(rq, buf_str(&sub), MANDATE_SEE);
	return st == E_DENIED || st == E_NOT_FOUND ? nobody(rq) : st;
}

/* ---- the answer ---- */

/* That somebody read it is on record before it leaves; of a representative not behind their mandate's end. */
static enum status
record_read(struct request *rq)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct audit_event ev = audit_of(rq, ENTRY_PROFILE_READ);
	struct receipt receipt;
	enum status st;

	audit_fact(&ev, "page", str_of(rq->route->path));
	ev.person = request_person(rq);
	TRY(audit_draft(rq->authd, &ev, &draft));
	st = audit_append(rq->authd, &draft, &receipt);
	return st == E_DENIED ? nobody(rq) : st;
}

enum status
ep_find_usage(struct request *rq)
{
	struct usage_query q;
	json_t *usages = NULL;
	uint64_t total;
	enum status st;

	if (rq->who.kind != PRINCIPAL_TOKEN || rq->who.wrapped.n == 0)
		return request_fail(rq, E_DENIED, "insufficient_scope", "this token is not a person's");
	TRY(read_query(rq, &q));
	TRY(check_asker(rq));
	TRY(take_on(rq));
	st = usage_find(rq, &q, &total, &usages);
	if (st == E_TOO_LARGE)
		return bad(rq, "this period has too many entries; ask for a shorter one");
	TRY(st);
	st = record_read(rq);
	if (st != OK) {
		json_decref(usages);
		return st;
	}
	return say(rq, json_pack("{s:I, s:o}", "totalUsages", (json_int_t)total, "usages", usages));
}

/* ---- since when, and whether at all: nothing about anybody ---- */

struct first {
	int64_t time_us;
};

static enum status
note_time(void *ctx, uint64_t index UNUSED, struct str line)
{
	struct first *f = ctx;
	struct entry_view v;

	TRY(entry_parse(line, &v));
	f->time_us = v.time_us;
	return OK;
}

enum status
ep_usage_period(struct request *rq)
{
	CLEANUP(logread_freep) struct logread *log = NULL;
	CLEANUP(buf_clear) struct buf at = BUF(CLOCK_RFC3339_LEN);
	const int64_t oldest = clock_now_us() - USAGE_AGE_US;
	struct first first = { 0 };
	struct pruned kept = { 0 };

	TRY(logread_open(rq->authd->config.log.dir, &log));
	TRY(logread_pruned(log, &kept));
	TRY(audit_read_each(rq->authd, &kept.minimum, 1, note_time, &first));
	clock_put_rfc3339(&at, first.time_us > oldest ? first.time_us : oldest);
	TRY(buf_status(&at));
	return say(rq, json_pack("{s:s%}", "periodStart", at.p, at.n));
}

enum status
ep_heartbeat(struct request *rq)
{
	const struct upkeep_state s = upkeep_state(rq->authd->upkeep);
	const bool good = upkeep_not_ready(&s) == NULL;

	return say(rq, json_pack("{s:s, s:s}", "status", good ? "OK" : "FAIL", "message",
				 good ? "" : "not everything that answers need is there"));
}
