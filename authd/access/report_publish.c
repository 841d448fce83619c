#include "authd/access/report_publish.h"

#include "auditlog/base/encode.h"
#include "authd/access/service_level.h"

/* The key is as good as random, so its upper bits fall into five equal parts. */
static int64_t
noise(uint64_t key)
{
	return (int64_t)((key >> 32) * (2 * REPORT_NOISE_MOST + 1) >> 32) - REPORT_NOISE_MOST;
}

int64_t
report_publish_cell(const struct report_cell *cell, unsigned fewest)
{
	const int64_t least = fewest < REPORT_FEWEST_LEAST ? REPORT_FEWEST_LEAST : fewest;
	const int64_t count = cell->count > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)cell->count;
	const int64_t noisy = count + noise(cell->key);

	if (count < least || noisy < least)
		return -1;
	return (noisy + REPORT_ROUND / 2) / REPORT_ROUND * REPORT_ROUND;
}

static json_t *
published(const struct report_cell *cell, unsigned fewest)
{
	const int64_t n = report_publish_cell(cell, fewest);

	return n < 0 ? json_null() : json_integer(n);
}

static enum status
table_json(const struct report *r, enum report_table t, unsigned fewest, json_t *list)
{
	const struct report_cell *cell, *total = report_total(r, t);
	json_t *rows = json_array(), *table = json_pack("{s:s, s:o}", "table", report_table_name(t), "rows", rows);
	const char *name;

	if (table == NULL || json_array_append_new(list, table) != 0)
		return E_NOMEM;
	for (size_t i = 0; (name = report_row(r, t, i, &cell)) != NULL; i++)
		if (json_array_append_new(rows,
					  json_pack("{s:s, s:o}", "row", name, "count", published(cell, fewest))) != 0)
			return E_NOMEM;
	if (total != NULL && json_object_set_new(table, "total", published(total, fewest)) != 0)
		return E_NOMEM;
	return OK;
}

/* ---- shares ---- */

/* part of whole: each is a row, or the total where row is NULL. */
static const struct {
	const char *name;
	struct of {
		enum report_table table;
		const char *row;
	} part, whole;
} shares[] = {
	{ "assisted", { REPORT_help, "confirmed" }, { REPORT_consents_given, NULL } },
	{ "unjustified", { REPORT_emergencies, "unjustified" }, { REPORT_emergencies, "used" } },
	{ "not_reviewed_in_time", { REPORT_emergencies, "not_reviewed_in_time" }, { REPORT_emergencies, "used" } },
};

static int64_t
published_of(const struct report *r, const struct of *of, unsigned fewest)
{
	const struct report_cell *cell = report_total(r, of->table);
	const char *name;

	for (size_t i = 0; of->row != NULL && (name = report_row(r, of->table, i, &cell)) != NULL; i++)
		if (str_is(str_of(name), of->row))
			break;
	return report_publish_cell(cell, fewest);
}

/* Of published numbers alone, in steps of 5 %: noise may make a part larger than its whole. */
static json_t *
percent(int64_t part, int64_t whole)
{
	int64_t n;

	if (part < 0 || whole < REPORT_SHARE_OF)
		return json_null();
	n = (part * 100 / whole + REPORT_ROUND / 2) / REPORT_ROUND * REPORT_ROUND;
	return json_integer(n > 100 ? 100 : n);
}

static enum status
shares_json(const struct report *r, unsigned fewest, json_t *list)
{
	for (size_t i = 0; i < ARRAY_LEN(shares); i++) {
		json_t *share =
		    percent(published_of(r, &shares[i].part, fewest), published_of(r, &shares[i].whole, fewest));

		if (json_array_append_new(list, json_pack("{s:s, s:o}", "share", shares[i].name, "percent", share)) !=
		    0)
			return E_NOMEM;
	}
	return OK;
}

/* ---- the whole ---- */

enum status
report_publish_json(const struct report *r, const struct report_place *place, json_t **out)
{
	CLEANUP(buf_clear) struct buf root = BUF(64);
	CLEANUP(json_decrefp) json_t *made = NULL;
	const struct checkpoint *at = place->at;
	json_t *tables = json_array(), *shown = json_array();

	encode_base64(&root, str_from(at->root.b, HASH_LEN));
	made = json_pack("{s:s%, s:b, s:{s:i, s:i, s:i, s:i}, s:{s:s%, s:I, s:s%, s:I, s:I}, s:o, s:o}", "month",
			 report_month(r).p, report_month(r).n, "complete", place->complete, "rule", "fewest",
			 (int)place->fewest, "round", REPORT_ROUND, "noise", REPORT_NOISE_MOST, "share_of",
			 REPORT_SHARE_OF, "log", "origin", at->origin.p, at->origin.n, "size", (json_int_t)at->size,
			 "root", root.p, root.n, "from", (json_int_t)place->from, "to", (json_int_t)place->to, "tables",
			 tables, "shares", shown);
	if (made == NULL)
		return E_NOMEM;
	for (unsigned t = 0; t < REPORT_TABLE_COUNT; t++)
		TRY(table_json(r, (enum report_table)t, place->fewest, tables));
	TRY(shares_json(r, place->fewest, shown));
	if (place->served != NULL && json_object_set(made, "served", place->served) != 0)
		return E_NOMEM;
	*out = STEAL(&made);
	return OK;
}

static void
put_line(struct buf *out, const json_t *report, const char *table, const char *row, const json_t *count)
{
	const json_int_t fewest = json_integer_value(json_object_get(json_object_get(report, "rule"), "fewest"));

	buf_printf(out, "%s,%s,%s,", json_string_value(json_object_get(report, "month")), table, row);
	if (json_is_integer(count))
		buf_printf(out, "%lld\r\n", (long long)json_integer_value(count));
	else
		buf_printf(out, "<%lld\r\n", (long long)fewest);
}

static void
put_share(struct buf *out, const json_t *report, const json_t *share)
{
	const json_t *n = json_object_get(share, "percent");

	buf_printf(out, "%s,shares,%s,", json_string_value(json_object_get(report, "month")),
		   json_string_value(json_object_get(share, "share")));
	if (json_is_integer(n))
		buf_printf(out, "%lld", (long long)json_integer_value(n));
	buf_put_cstr(out, "\r\n");
}

static void
put_served(struct buf *out, const json_t *report, const char *row)
{
	const json_t *value = json_object_get(json_object_get(report, "served"), row);

	if (value == NULL)
		return;
	if (json_is_integer(value) || service_level_is_count(row))
		put_line(out, report, "served", row, value);
	else
		buf_printf(out, "%s,served,%s,%s\r\n", json_string_value(json_object_get(report, "month")), row,
			   json_is_string(value) ? json_string_value(value) : "");
}

enum status
report_publish_csv(const json_t *report, struct buf *out)
{
	const json_t *table, *row;
	size_t i, k;

	buf_put_cstr(out, "month,table,row,count\r\n");
	json_array_foreach(json_object_get(report, "tables"), i, table)
	{
		const char *name = json_string_value(json_object_get(table, "table"));
		const json_t *rows = json_object_get(table, "rows"), *total = json_object_get(table, "total");

		json_array_foreach(rows, k, row) put_line(
		    out, report, name, json_string_value(json_object_get(row, "row")), json_object_get(row, "count"));
		if (total != NULL)
			put_line(out, report, name, "*", total);
	}
	json_array_foreach(json_object_get(report, "shares"), i, row) put_share(out, report, row);
	for (i = 0; service_level_row(i) != NULL; i++)
		put_served(out, report, service_level_row(i));
	return buf_status(out);
}
