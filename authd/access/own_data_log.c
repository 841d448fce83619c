#include <stdio.h>

#include "authd/access/history.h"
#include "authd/access/later.h"
#include "authd/access/own_data_parts.h"
#include "authd/audit/audit.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/request.h"
#include "authd/store/store_person.h"
#include "authd/store/store_tag.h"

#define CHUNK 100 /* indices asked for at once */

struct gathering {
	struct own_data *of;
	json_t *entries;
	size_t bytes;
};

/* "access.decided" → "access_decided": as keys of texts are spelt. */
static json_t *
event_key(enum entry_event event)
{
	char name[64];

	snprintf(name, sizeof(name), "%s", entry_event_name(event));
	for (char *p = name; *p != '\0'; p++)
		if (*p == '.')
			*p = '_';
	return json_string(name);
}

static enum status
add_detail(struct own_data *c, struct str line, json_t *item)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_PLAIN_MAX);
	json_t *detail = NULL;
	enum status st = audit_open(c->rq->authd, &c->who, line, &text);

	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	TRY(json_read(buf_str(&text), KEYS_PLAIN_MAX, &detail, NULL));
	return own_data_set(item, "detail", detail);
}

static enum status
add_entry(struct gathering *g, uint64_t index)
{
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	CLEANUP(json_decrefp) json_t *item = NULL;
	struct entry_view v;

	TRY(audit_read(g->of->rq->authd, index, &line));
	TRY(entry_parse(buf_str(&line), &v));
	TRY(history_describe(g->of->rq, &v, &item));
	TRY(own_data_set(item, "event", json_string(entry_event_name(v.entry.event))));
	TRY(own_data_set(item, "event_key", event_key(v.entry.event)));
	TRY(add_detail(g->of, buf_str(&line), item));
	TRY(own_data_set(item, "entry", json_of_str(buf_str(&line))));
	g->bytes += line.n;
	return own_data_push(g->entries, json_incref(item));
}

static bool
is_full(struct gathering *g)
{
	g->of->full =
	    g->of->full || json_array_size(g->entries) >= OWN_DATA_ENTRIES_MOST || g->bytes >= OWN_DATA_LINES_MOST;
	return g->of->full;
}

static enum status
add_month(struct gathering *g, struct str month)
{
	uint64_t indices[CHUNK], before = UINT64_MAX;
	size_t count = CHUNK;

	while (count == CHUNK) {
		TRY(later_entries(g->of->rq, &g->of->who, month, before, CHUNK, indices, &count));
		for (size_t i = 0; i < count; i++) {
			if (is_full(g))
				return OK;
			TRY(add_entry(g, indices[i]));
			before = indices[i];
		}
	}
	return OK;
}

enum status
own_data_add_entries(struct own_data *c, json_t *data)
{
	CLEANUP(store_tag_list_clear) struct store_tag_list tags = { 0 };
	struct gathering g = { .of = c, .entries = json_array() };
	struct str from = c->range->from.n > 0 ? c->range->from : STR("0000-00");
	struct str to = c->range->to.n > 0 ? c->range->to : STR("9999-12");

	TRY(own_data_set(data, "entries", g.entries));
	TRY(later_months(c->rq, c->person->sub, from, to, &tags));
	for (size_t i = 0; i < tags.count; i++)
		TRY(add_month(&g, tags.items[i].month));
	return OK;
}
