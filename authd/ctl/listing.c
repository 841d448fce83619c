#include "authd/ctl/listing.h"

#include <stdio.h>

#include "authd/http/form.h"

/* Nobody has this many pages; a cursor that goes in circles must not fill the memory. */
#define PAGES_MOST 100000

struct walk {
	const struct ctl *ctl;
	const struct listing *listing;
	const char *name;
	const struct listing_filter *filters;
	size_t filter_count;
	json_t *records;
	struct buf next;
};

static void
walk_clear(struct walk *w)
{
	json_decref(w->records);
	buf_clear(&w->next);
}

static void
put_address(const struct walk *w, struct buf *out)
{
	uint64_t limit = w->listing->limit != 0 ? w->listing->limit : w->listing->all ? 100 : 0;
	char number[24];

	buf_printf(out, "/admin/v1/%s", w->name);
	for (size_t i = 0; i < w->filter_count; i++)
		if (w->filters[i].value != NULL)
			form_put_param(out, w->filters[i].name, str_of(w->filters[i].value));
	if (limit != 0) {
		(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)limit);
		form_put_param(out, "limit", str_of(number));
	}
	if (w->next.n > 0)
		form_put_param(out, "cursor", buf_str(&w->next));
	buf_put_char(out, '\0');
}

static int
next_page(struct walk *w)
{
	CLEANUP(buf_clear) struct buf address = BUF(8192);
	CLEANUP(json_decrefp) json_t *page = NULL;
	const json_t *next;

	put_address(w, &address);
	GO(tell_status(w->ctl->program, "writing the address", buf_status(&address)));
	GO(call_get(w->ctl, address.p, &page));
	if (!json_is_array(json_object_get(page, "records")))
		return tell(w->ctl->program, CLI_CANNOT, "what authd answered is no list");
	if (json_array_extend(w->records, json_object_get(page, "records")) != 0)
		return tell_status(w->ctl->program, "reading the list", E_NOMEM);
	next = json_object_get(page, "next");
	buf_reset(&w->next);
	buf_put(&w->next, str_from(json_string_value(next), json_string_length(next)));
	return tell_status(w->ctl->program, "reading the list", buf_status(&w->next));
}

static int
print(const struct walk *w, const struct tell_field *fields, size_t n)
{
	CLEANUP(buf_clear) struct buf text = BUF((size_t)256 << 20);
	CLEANUP(json_decrefp)
	json_t *whole =
	    json_pack("{s:O, s:s%}", "records", w->records, "next", w->next.n > 0 ? w->next.p : "", w->next.n);

	if (whole == NULL)
		return tell_status(w->ctl->program, "making the output", E_NOMEM);
	if (w->ctl->json)
		tell_put_json(&text, whole);
	else
		tell_put_table(&text, fields, n, w->records);
	if (w->next.n > 0 && !w->ctl->json)
		(void)tell(w->ctl->program, CLI_GO, "there is more: --all, or --cursor %.*s",
			   STR_ARG(buf_str(&w->next)));
	return tell_out(w->ctl->program, &text);
}

int
listing_print(const struct ctl *c, const struct listing *l, const char *name, const struct listing_filter *filters,
	      size_t filter_count, const struct tell_field *fields, size_t n)
{
	CLEANUP(walk_clear) struct walk w = { c, l, name, filters, filter_count, json_array(), BUF(4096) };
	size_t pages = 0;

	if (w.records == NULL)
		return tell_status(c->program, "preparing the request", E_NOMEM);
	if (l->cursor != NULL)
		buf_put_cstr(&w.next, l->cursor);
	do {
		GO(next_page(&w));
	} while (l->all && w.next.n > 0 && ++pages < PAGES_MOST);
	return print(&w, fields, n);
}
