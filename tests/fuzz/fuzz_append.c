/*
 * fuzz_append.c: what auditlogd is sent and what it answers. The first byte says what the rest is: a fragment on its
 * way in, or the payload of an answer of each type.
 *
 * A fragment is taken exactly when the format of entries takes it, and its tags are found where they stand; answers
 * that read have no byte too many and say nothing past the limits; a receipt that we did not give never checks.
 */
#include "auditlog/client/append.h"
#include "auditlog/daemon/batch.h"
#include "auditlog/daemon/index_list.h"
#include "tests/fuzz/oracle.h"

#define COUNT_MOST 40

static void
check_list(const struct batch_item *item)
{
	CLEANUP(buf_clear) struct buf list = BUF(4096);
	struct index_known k = { 0 };
	struct str rest;

	index_list_put(&list, 7, item);
	must(buf_status(&list) == OK);
	rest = buf_str(&list);
	must(index_list_get(&rest, &k) == OK && k.index == 7 && k.tag_count == item->tag_count && rest.n == 0);
	must(memcmp(&k.id, &item->id, sizeof(k.id)) == 0 && index_list_get(&rest, &k) == E_END);
}

static void
check_fragment(struct str fragment)
{
	static struct entry e;
	struct batch_item item = { 0 };
	enum status st = batch_item_fill(&item, fragment, ENTRY_FROM_EMITTER), own = entry_check_fragment(fragment, &e);

	must((st == OK) == (own == OK && entry_event_source(e.event) == ENTRY_FROM_EMITTER));
	if (st != OK)
		return;
	must(memcmp(&item.id, &e.id, sizeof(item.id)) == 0 && item.tag_count == e.about_count);
	for (size_t i = 0; i < item.tag_count; i++)
		must(str_eq(batch_item_tag(&item, i), e.about[i].tag));
	check_list(&item);
}

static void
check_receipts(struct str payload)
{
	static struct receipt_key *key;
	struct receipt r[COUNT_MOST];
	CLEANUP(buf_clear) struct buf again = BUF(1 << 16);
	size_t count = payload.n / RECEIPT_WIRE_LEN;

	if (key == NULL)
		must(receipt_key_of(STR("0123456789abcdef0123456789abcdef"), &key) == OK);
	if (count == 0 || count > COUNT_MOST || append_get_receipts(APPEND_RECEIPTS, payload, r, count) != OK)
		return;
	buf_put_u16(&again, (uint16_t)count);
	for (size_t i = 0; i < count; i++) {
		receipt_put(&again, &r[i]);
		must(receipt_check(key, &r[i], STR("\"id\":")) == E_CORRUPT);
	}
	must(str_eq(buf_str(&again), payload));
}

static void
check_entry(struct str payload)
{
	struct str line = { 0 };
	uint64_t index = 0;

	if (append_get_entry(APPEND_ENTRY, payload, &index, &line) == OK)
		must(line.p >= payload.p && line.n + 8 <= payload.n);
	must(append_get_entry(APPEND_INDICES, payload, &index, &line) != OK);
}

static void
check_indices(struct str payload)
{
	uint64_t out[COUNT_MOST];
	size_t count = 0;

	if (append_get_indices(APPEND_INDICES, payload, out, COUNT_MOST, &count) == OK)
		must(count <= COUNT_MOST && payload.n == 2 + 8 * count);
}

static void
check_mapped(struct str payload)
{
	struct mapproof_said out[MAPPROOF_PARTS_MAX];
	size_t count = 0;

	if (append_get_mapped(APPEND_MAPPED, payload, out, &count) != OK)
		return;
	must(count <= MAPPROOF_PARTS_MAX);
	for (size_t i = 0; i < count; i++)
		must(out[i].answer.p >= payload.p && out[i].answer.p + out[i].answer.n <= payload.p + payload.n);
}

static void
check_state(struct str payload)
{
	struct append_state s = { 0 };

	if (append_get_state(APPEND_STATE, payload, &s) == OK)
		must(memchr(s.text, '\0', sizeof(s.text)) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const checks[])(struct str) = { check_fragment, check_receipts, check_entry,
						      check_indices,  check_mapped,   check_state };
	struct str rest;
	uint8_t first = oracle_first(data, n, &rest);

	checks[first % ARRAY_LEN(checks)](rest);
	return 0;
}
