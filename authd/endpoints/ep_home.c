/*
 * ep_home.c: the first page (three numbers and what there is to do), the pages that everybody may read, and the files
 * that pages are drawn with.
 */
#include "auditlog/base/clock.h"
#include "authd/access/history.h"
#include "authd/access/officer.h"
#include "authd/consent/consenting.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/embedded.h"
#include "authd/http/json_write.h"
#include "authd/request.h"
#include "authd/store/store_consent.h"
#include "authd/store/store_inbox.h"
#include "authd/store/store_request.h"

#define LOOKS_DAYS    30
#define WAITING_SHOWN 3

enum status
ep_root(struct request *rq)
{
	response_redirect(rq->rsp, rq->who.kind == PRINCIPAL_PERSON ? STR("/me") : STR("/login"));
	return OK;
}

/* ---- the numbers ---- */

/* Those that hold, and of them those in their last month. More than STORE_LIST_MAX are shown as that many. */
static enum status
count_holding(struct request *rq, json_int_t *count, json_int_t *expiring)
{
	CLEANUP(store_consent_list_clear) struct store_consent_list list = { 0 };
	const struct store_consent_filter mine = { .sub = str_of(rq->who.sub), .state = STR("given") };
	const int64_t now = clock_now_us();

	TRY(store_consent_page(request_store(rq), &mine, STR(""), STORE_LIST_MAX, &list));
	for (size_t i = 0; i < list.count; i++) {
		*count += list.items[i].until_us > now;
		*expiring += list.items[i].until_us > now && list.items[i].until_us - now < CONSENTING_EXPIRING_US;
	}
	return OK;
}

static enum status
add_holding(struct request *rq, json_t *data)
{
	json_int_t count = 0, expiring = 0;

	TRY(count_holding(rq, &count, &expiring));
	if (json_object_set_new(data, "holding", json_integer(count)) != 0 ||
	    json_object_set_new(data, "expiring", json_integer(expiring)) != 0)
		return E_NOMEM;
	return OK;
}

static json_t *
waiting_card(struct request *rq, const struct store_request *r)
{
	const enum words_lang lang = request_lang(rq);
	const struct purpose *p = rq->policy == NULL ? NULL : policy_purpose(rq->policy, r->purpose);
	const struct organisation *o = rq->policy == NULL ? NULL : policy_organisation(rq->policy, r->organisation);

	return json_pack("{s:s%, s:o, s:o, s:I}", "id", r->request_id.p, r->request_id.n, "purpose",
			 p != NULL ? json_string(p->title.in[lang]) : json_of_str(r->purpose), "organisation",
			 o != NULL ? json_string(o->name.in[lang]) : json_of_str(r->organisation), "expires",
			 (json_int_t)r->expires_us);
}

/* How many wait for an answer, and the newest of them. */
static enum status
add_waiting(struct request *rq, json_t *data)
{
	CLEANUP(store_request_list_clear) struct store_request_list list = { 0 };
	json_t *shown = json_array();
	const int64_t now = clock_now_us();
	json_int_t open = 0;

	if (shown == NULL || json_object_set_new(data, "waiting", shown) != 0)
		return E_NOMEM;
	TRY(store_request_page(request_store(rq), str_of(rq->who.sub), STR("requested"), STR(""), STORE_LIST_MAX,
			       &list));
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].expires_us <= now)
			continue;
		if (open++ < WAITING_SHOWN && json_array_append_new(shown, waiting_card(rq, &list.items[i])) != 0)
			return E_NOMEM;
	}
	return json_object_set_new(data, "open", json_integer(open)) == 0 ? OK : E_NOMEM;
}

/* Without the log this number is unknown, which the page says; everything else on it still serves. */
static enum status
add_looks(struct request *rq, json_t *data)
{
	size_t looks = 0;
	bool known = history_count(rq, clock_now_us() - LOOKS_DAYS * DAY_US, &looks) == OK;
	int failed = json_object_set_new(data, "looks_known", json_boolean(known));

	if (known)
		failed |= json_object_set_new(data, "looks", json_integer((json_int_t)looks));
	return failed == 0 ? OK : E_NOMEM;
}

static enum status
add_unread(struct request *rq, json_t *data)
{
	int64_t unread = 0;

	TRY(store_inbox_unread(request_store(rq), str_of(rq->who.sub), &unread));
	return json_object_set_new(data, "unread", json_integer(unread)) == 0 ? OK : E_NOMEM;
}

/* Where an official helps people; the privacy officer reads what was passed on. Nobody else sees the way there. */
static enum status
add_desk(struct request *rq, json_t *data)
{
	bool helps, reviews;

	TRY(officer_holds(rq, ACTION_ASSIST_CONSENT, &helps));
	TRY(officer_holds(rq, ACTION_QUESTION_REVIEW, &reviews));
	if (!helps && !reviews)
		return OK;
	return json_object_set_new(data, "desk", json_string(helps ? "/desk" : "/desk/questions")) == 0 ? OK : E_NOMEM;
}

enum status
ep_me(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *data = json_object();

	if (data == NULL)
		return E_NOMEM;
	TRY(add_holding(rq, data));
	TRY(add_waiting(rq, data));
	TRY(add_unread(rq, data));
	TRY(add_looks(rq, data));
	TRY(add_desk(rq, data));
	return request_page(rq, 200, "me", data);
}

/* ---- pages for everybody ---- */

enum status
ep_help(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *data = json_object();

	return request_page(rq, 200, "help", data);
}

enum status
ep_licences(struct request *rq)
{
	const struct embedded_file *file = embedded_find(&embedded_assets, STR("licences.txt"));
	CLEANUP(json_decrefp) json_t *data = NULL;

	if (file == NULL)
		return E_NOT_FOUND;
	data = json_pack("{s:s%}", "text", file->bytes.p, file->bytes.n);
	return request_page(rq, 200, "licences", data);
}

/* ---- files ---- */

/*
 * None is named by its content, so none may be kept for ever: a browser asks whether its copy is still good. Typefaces
 * change so rarely that an hour without asking is worth it.
 */
static const struct {
	const char *end;
	const char *type;
	enum response_cache cache;
} kinds[] = {
	{ ".css", "text/css; charset=utf-8", RESPONSE_REVALIDATE },
	{ ".svg", "image/svg+xml", RESPONSE_REVALIDATE },
	{ ".txt", "text/plain; charset=utf-8", RESPONSE_REVALIDATE },
	{ ".woff2", "font/woff2", RESPONSE_HOUR },
};

enum status
ep_asset(struct request *rq)
{
	const struct embedded_file *file = embedded_find(&embedded_assets, rq->param[0]);

	for (size_t i = 0; file != NULL && i < ARRAY_LEN(kinds); i++) {
		if (!str_ends(file->name, str_of(kinds[i].end)))
			continue;
		response_file(rq->rsp, rq->http, kinds[i].type, file->etag, file->bytes, file->gzip);
		rq->rsp->cache = kinds[i].cache;
		return OK;
	}
	return E_NOT_FOUND;
}
