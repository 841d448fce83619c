#include "authd/access/own_data.h"

#include "auditlog/base/clock.h"
#include "authd/access/own_data_parts.h"
#include "authd/http/html.h"
#include "authd/http/json_write.h"
#include "authd/request.h"
#include "authd/store/store_person.h"

#define FORMAT "ombud-own-data/1"

enum status
own_data_set(json_t *into, const char *name, json_t *value)
{
	return json_object_set_new(into, name, value) == 0 ? OK : E_NOMEM;
}

enum status
own_data_push(json_t *list, json_t *value)
{
	return json_array_append_new(list, value) == 0 ? OK : E_NOMEM;
}

/* ---- all of it ---- */

static bool
is_month_or_empty(struct str s)
{
	static const char shape[] = "dddd-dd";

	if (s.n == 0)
		return true;
	if (s.n != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (shape[i] == 'd' ? s.p[i] < '0' || s.p[i] > '9' : s.p[i] != shape[i])
			return false;
	return true;
}

enum status
own_data_check_range(const struct own_data_range *range)
{
	return is_month_or_empty(range->from) && is_month_or_empty(range->to) ? OK : E_INVALID;
}

enum status
own_data_collect(struct request *rq, const struct store_person *p, const struct own_data_range *range, json_t **out)
{
	struct own_data c = {
		.rq = rq, .person = p, .who = { .sub = p->sub, .wrapped = p->wrapped_key }, .range = range
	};
	CLEANUP(json_decrefp)
	json_t *data = json_pack("{s:s, s:s, s:I}", "format", FORMAT, "issuer", rq->authd->config.issuer, "made_us",
				 (json_int_t)clock_now_us());

	if (data == NULL)
		return E_NOMEM;
	TRY(own_data_add_rows(&c, data));
	TRY(own_data_add_entries(&c, data));
	TRY(own_data_set(data, "complete", json_boolean(!c.full)));
	*out = STEAL(&data);
	return OK;
}

/* ---- files ---- */

enum status
own_data_form_parse(struct str name, enum own_data_form *out)
{
	if (!str_is(name, "json") && !str_is(name, "html"))
		return E_INVALID;
	*out = str_is(name, "json") ? OWN_DATA_JSON : OWN_DATA_HTML;
	return OK;
}

/* What was sealed in an entry as lines of name and value, because a page cannot list the members of an object. */
static enum status
add_detail_rows(json_t *entry)
{
	json_t *rows = json_array(), *value;
	const char *name;

	TRY(own_data_set(entry, "detail_rows", rows));
	json_object_foreach(json_object_get(entry, "detail"), name,
			    value) if (json_is_string(value) || json_is_integer(value))
	    TRY(own_data_push(rows, json_pack("{s:s, s:O}", "name", name, "value", value)));
	return OK;
}

static enum status
write_html(struct request *rq, const json_t *data, struct buf *out)
{
	CLEANUP(json_decrefp) json_t *shown = json_deep_copy(data);
	json_t *entry;
	size_t i;

	if (shown == NULL)
		return E_NOMEM;
	json_array_foreach(json_object_get(shown, "entries"), i, entry) TRY(add_detail_rows(entry));
	return html_page("own_data", shown, rq->http->lang, out);
}

enum status
own_data_write(struct request *rq, const json_t *data, enum own_data_form form, struct buf *out)
{
	TRY(form == OWN_DATA_HTML ? write_html(rq, data, out) : json_write(data, out));
	return buf_status(out);
}
