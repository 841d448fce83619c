/*
 * ep_reports.c: GET /reports, /reports/{month} and the same as .json and .csv: open reports as reporting.h made them,
 * for everybody. What is answered is what is kept: nothing is counted here, and no parameter changes a number.
 */
#include <string.h>

#include "auditlog/base/encode.h"
#include "auditlog/core/hash.h"
#include "authd/access/reason.h"
#include "authd/access/report_publish.h"
#include "authd/access/service_level.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/json_write.h"
#include "authd/policy/policy.h"
#include "authd/request.h"
#include "authd/store/store_report.h"

/* ---- what a row is called ---- */

/* What the rules no longer name is called by its id. */
static json_t *
label(const struct request *rq, const char *table, const char *row)
{
	const struct purpose *purpose = rq->policy == NULL ? NULL : policy_purpose(rq->policy, str_of(row));
	const struct statute *statute = rq->policy == NULL ? NULL : policy_statute(rq->policy, str_of(row));
	CLEANUP(buf_clear) struct buf key = BUF(128);
	enum reason reason;

	if (purpose != NULL)
		return json_string(purpose->title.in[request_lang(rq)]);
	if (statute != NULL)
		return json_string(statute->title.in[request_lang(rq)]);
	if (strcmp(table, report_table_name(REPORT_refusals_by_reason)) == 0 &&
	    reason_parse(str_of(row), &reason) == OK)
		return json_string(reason_for_person(reason, request_lang(rq)));
	buf_printf(&key, "report_row_%s", row);
	if (buf_status(&key) != OK || !i18n_has(rq->http->lang, buf_str(&key)))
		return json_string(row);
	return json_of_str(i18n_text(rq->http->lang, buf_str(&key)));
}

static enum status
add_labels(const struct request *rq, json_t *report)
{
	json_t *table, *row;
	size_t i, k;

	json_array_foreach(json_object_get(report, "tables"), i, table)
	{
		json_object_set_new(table, "has_total", json_boolean(json_object_get(table, "total") != NULL));
		json_object_set_new(table, "total_few",
				    json_boolean(!json_is_integer(json_object_get(table, "total"))));
		json_array_foreach(json_object_get(table, "rows"), k, row)
		{
			const char *in = json_string_value(json_object_get(table, "table"));
			const char *name = json_string_value(json_object_get(row, "row"));

			if (in == NULL || name == NULL)
				return E_CORRUPT;
			if (json_object_set_new(row, "label", label(rq, in, name)) != 0 ||
			    json_object_set_new(row, "few",
						json_boolean(!json_is_integer(json_object_get(row, "count")))) != 0)
				return E_NOMEM;
		}
	}
	json_array_foreach(json_object_get(report, "shares"), i, row)
	    json_object_set_new(row, "known", json_boolean(json_is_integer(json_object_get(row, "percent"))));
	return OK;
}

/* Older reports say nothing of it. */
static enum status
add_served(json_t *report)
{
	json_t *served = json_object_get(report, "served"), *list = json_array();
	const char *name;

	if (json_object_set_new(report, "served_rows", list) != 0)
		return E_NOMEM;
	for (size_t i = 0; served != NULL && (name = service_level_row(i)) != NULL; i++) {
		json_t *value = json_object_get(served, name);
		const bool said = value != NULL && !json_is_null(value);

		if (json_array_append_new(list, json_pack("{s:s, s:b, s:b, s:O?}", "name", name, "said", said, "few",
							  !said && service_level_is_count(name), "value", value)) != 0)
			return E_NOMEM;
	}
	return OK;
}

/* ---- answers ---- */

/* Quoted, of the kept bytes and whatever else makes the answer; ends in NUL. */
static enum status
make_etag(struct str body, const char *what, struct buf *out)
{
	const struct hash h = hash_sha256(body);

	buf_put_cstr(out, what[0] == '.' ? "\"" : "W/\"");
	encode_hex(out, str_from(h.b, 16));
	buf_printf(out, "%s.%s\"", what, OMBUD_VERSION);
	buf_put_char(out, '\0');
	return buf_status(out);
}

/* A page with the person's own forms is never the one from before. */
static enum status
page(struct request *rq, const char *template, json_t *data, struct str body)
{
	CLEANUP(buf_clear) struct buf etag = BUF(160), what = BUF(32);
	const bool own = rq->who.kind == PRINCIPAL_PERSON;

	buf_printf(&what, "-%s-", i18n_code(rq->http->lang));
	buf_put(&what, rq->policy == NULL ? STR("") : str_slice(policy_hash(rq->policy), 7, 15));
	buf_put_char(&what, '\0');
	TRY(buf_status(&what));
	TRY(make_etag(body, what.p, &etag));
	if (own)
		return request_page(rq, 200, template, data);
	if (http_header_has(rq->http, "if-none-match", etag.p))
		response_empty(rq->rsp, 304);
	else
		TRY(request_page(rq, 200, template, data));
	response_header(rq->rsp, "ETag", str_of(etag.p));
	rq->rsp->cache = RESPONSE_REVALIDATE;
	return OK;
}

static enum status
file(struct request *rq, const struct store_report *kept, const char *kind, const char *type, struct str bytes)
{
	CLEANUP(buf_clear) struct buf etag = BUF(160);

	TRY(make_etag(kept->body, kind, &etag));
	response_file(rq->rsp, rq->http, type, etag.p, bytes, STR(""));
	rq->rsp->cache = kept->complete ? RESPONSE_HOUR : RESPONSE_REVALIDATE;
	return OK;
}

static enum status
csv(struct request *rq, const struct store_report *kept, const json_t *report)
{
	CLEANUP(buf_clear) struct buf text = BUF(REPORT_TEXT_MOST);

	TRY(report_publish_csv(report, &text));
	return file(rq, kept, ".csv", "text/csv; charset=utf-8", buf_str(&text));
}

static enum status
html(struct request *rq, const struct store_report *kept, json_t *report)
{
	TRY(add_labels(rq, report));
	TRY(add_served(report));
	return page(rq, "report", report, kept->body);
}

enum status
ep_reports(struct request *rq)
{
	CLEANUP(store_report_list_clear) struct store_report_list made = { 0 };
	CLEANUP(json_decrefp) json_t *data = NULL;
	CLEANUP(buf_clear) struct buf body = BUF(REPORT_TEXT_MOST);
	json_t *list = json_array();

	data = json_pack("{s:o}", "months", list);
	TRY(store_report_all(request_store(rq), &made));
	for (size_t i = 0; i < made.count; i++)
		if (json_array_append_new(list, json_pack("{s:s%, s:b}", "month", made.items[i].month.p,
							  made.items[i].month.n, "complete", made.items[i].complete)) !=
		    0)
			return E_NOMEM;
	TRY(json_write(data, &body));
	return page(rq, "reports", data, buf_str(&body));
}

enum status
ep_report(struct request *rq)
{
	CLEANUP(store_report_clear) struct store_report kept = { 0 };
	CLEANUP(json_decrefp) json_t *report = NULL;
	const struct str month = str_slice(rq->param[0], 0, REPORT_MONTH_LEN);
	const struct str kind = str_slice(rq->param[0], REPORT_MONTH_LEN, rq->param[0].n);

	TRY(store_report_find(request_store(rq), month, &kept));
	if (str_is(kind, ".json"))
		return file(rq, &kept, ".json", "application/json", kept.body);
	report = json_loadb(kept.body.p, kept.body.n, 0, NULL);
	if (report == NULL)
		return E_CORRUPT;
	if (str_is(kind, ".csv"))
		return csv(rq, &kept, report);
	return kind.n == 0 ? html(rq, &kept, report) : E_NOT_FOUND;
}
