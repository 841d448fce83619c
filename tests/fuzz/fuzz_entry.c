/*
 * fuzz_entry.c: entries of the log: fragments as emitters send them, lines as the log has them. The first byte says
 * which the rest is.
 *
 * What is taken has exactly one spelling: encoded again from what was read it is the same bytes. A JSON reader of
 * somebody else's takes it too, without a member twice; a line is composed again from its parts; the walk over the tags
 * finds those that reading finds.
 */
#include "auditlog/core/entry.h"
#include "auditlog/core/tagmap.h"
#include "authd/http/json.h"
#include "tests/fuzz/oracle.h"

/* Texts of a read entry are as spelt; the encoder wants them as meant. */
static void
mean(struct str *s, struct buf *keep)
{
	size_t from = keep->n;

	if (s->n == 0)
		return;
	entry_put_unescaped(keep, *s);
	must(buf_status(keep) == OK);
	*s = str_slice(buf_str(keep), from, keep->n);
}

static void
mean_all(struct entry *e, struct buf *keep)
{
	struct str *texts[] = { &e->by.service,      &e->by.operator_id, &e->by.acr,     &e->purpose,
				&e->action,          &e->reason,         &e->basis.ctag, &e->basis.ref,
				&e->basis.recipient, &e->policy,         &e->trace,      &e->case_ref };

	/* Room from the start: what was taken stays where it is. */
	must(buf_room(keep, 2 * ENTRY_MAX) != NULL);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		mean(texts[i], keep);
	for (size_t i = 0; i < e->by.role_count; i++)
		mean(&e->by.roles[i], keep);
	for (size_t i = 0; i < e->category_count; i++)
		mean(&e->categories[i], keep);
	for (size_t i = 0; i < e->basis.recipient_count; i++)
		mean(&e->basis.recipients[i], keep);
	for (size_t i = 0; i < e->fact_count; i++)
		mean(&e->facts[i].text, keep);
}

static void
check_second_reader(struct str fragment, const struct entry *e)
{
	CLEANUP(buf_clear) struct buf json = BUF(2 * ENTRY_MAX);
	CLEANUP(json_decrefp) json_t *root = NULL;
	const json_t *about;

	buf_put_char(&json, '{');
	buf_put(&json, fragment);
	must(json_read(buf_str(&json), 2 * ENTRY_MAX, &root, NULL) == OK);
	must(str_is(str_of(json_string_value(json_object_get(root, "event"))), entry_event_name(e->event)));
	about = json_object_get(root, "about");
	must(json_array_size(about) == e->about_count);
	for (size_t i = 0; i < e->about_count; i++)
		must(str_eq(str_of(json_string_value(json_object_get(json_array_get(about, i), "tag"))),
			    e->about[i].tag));
}

static void
check_fragment(struct str fragment)
{
	static struct entry e;
	CLEANUP(buf_clear) struct buf keep = BUF(4 * ENTRY_MAX), again = BUF(2 * ENTRY_MAX);
	struct str head;

	if (entry_check_fragment(fragment, &e) != OK)
		return;
	must(fragment.n <= ENTRY_FRAGMENT_MAX && e.event != ENTRY_NO_EVENT && e.event < ENTRY_EVENT_COUNT);
	must(entry_fragment_head(fragment, &head) == OK && str_starts(fragment, head));
	check_second_reader(fragment, &e);
	mean_all(&e, &keep);
	must(entry_encode_fragment(&e, &again) == OK && str_eq(buf_str(&again), fragment));
}

static void
check_tags(struct str line, const struct entry *e)
{
	struct str rest = tagmap_tags(line), tag;
	size_t count = 0;

	while (tagmap_next_tag(&rest, &tag)) {
		must(count < e->about_count && str_eq(tag, e->about[count].tag));
		count++;
	}
	must(count == e->about_count);
}

static void
check_line(struct str line)
{
	static struct entry_view v;
	CLEANUP(buf_clear) struct buf again = BUF(2 * ENTRY_MAX);
	struct str fragment = { 0 };
	struct hash prev;

	if (entry_parse(line, &v) != OK)
		return;
	must(entry_prev(line, &prev) == OK && hash_eq(&prev, &v.prev));
	must(entry_fragment(line, &fragment) == OK);
	must(entry_compose(&v.prev, v.index, v.time_us, fragment, &again) == OK && str_eq(buf_str(&again), line));
	must(tagmap_is_map(line) == (v.entry.event == ENTRY_LOG_MAP));
	check_tags(line, &v.entry);
	check_fragment(fragment);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str rest;

	if (oracle_first(data, n, &rest) % 2 == 0)
		check_fragment(rest);
	else
		check_line(rest);
	return 0;
}
