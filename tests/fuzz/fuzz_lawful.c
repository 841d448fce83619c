/*
 * fuzz_lawful.c: logs for the judge behind `verify --lawful`: well-formed entries of every event, in an order that
 * nobody would write, about a few people who meet each other all the time. Each entry is six bytes of the input: event,
 * cited entry, person, operator, facts and passing time. The first byte says whether entries were pruned.
 *
 * Whatever the log, judging ends without a fault of memory; it says the same when the records come one by one as when
 * they come all at once; what it says of an entry names one of the log and can be printed; and a record that is cut off
 * is refused.
 */
#include <stdio.h>
#include <string.h>

#include "auditlog/tool/deed.h"
#include "auditlog/tool/lawful.h"
#include "tests/fuzz/oracle.h"

#define AN_ENTRY 6
#define ENTRIES  400
#define START_US (INT64_C(1795300000) * 1000000)
#define PRUNED   8
#define FACT(n, t)                                                                                                     \
	{                                                                                                              \
		.name = STR_INIT(n), .text = STR_INIT(t)                                                               \
	}

static const char *const tags[] = { "AAAAAAAAAAAAAAAAAAAAAA", "BAAAAAAAAAAAAAAAAAAAAA", "CAAAAAAAAAAAAAAAAAAAAA", "" };
static const char *const operators[] = { "opr_1", "opr_2", "rep_1", "" };
static const char *const policy = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
static const struct entry_fact words[] = {
	FACT("kind", "heir"),
	FACT("kind", "power_of_attorney"),
	FACT("verdict", "unjustified"),
	FACT("operator", "opr_1"),
	FACT("document", "ef"),
	FACT("proposed_by", "opr_1"),
	FACT("how", "two_people"),
	FACT("author", "opr_1"),
	FACT("channel", "office"),
	FACT("confirmation", "code"),
	FACT("assisted_by", "opr_1"),
	FACT("act", "give"),
	FACT("way", "code"),
	FACT("prepared_by", "opr_1"),
	FACT("registered_by", "opr_1"),
	FACT("shown", "withheld"),
};
static const char *const numbers[] = { "mandate",     "request",         "limit_count", "limit_per_s", "quota_count",
				       "quota_per_s", "review_within_s", "wait_s",      "death" };

struct log {
	struct entry_view view;
	struct buf whole, one;
};

static void
add_facts(struct entry *e, uint8_t which, uint64_t value)
{
	for (size_t i = 0; i < 4; i++) {
		const size_t at = which + i * 5;

		e->facts[e->fact_count++] = words[at % ARRAY_LEN(words)];
		e->facts[e->fact_count++] =
		    (struct entry_fact){ .name = str_of(numbers[at % ARRAY_LEN(numbers)]), .number = value };
	}
}

/* Values that are small most of the time, so that they meet; else as large as a number may be. */
static uint64_t
number_of(uint8_t byte)
{
	return byte < 250 ? byte % 32 : (uint64_t)INT64_MAX - byte;
}

static void
make(struct entry_view *v, const uint8_t in[AN_ENTRY], uint64_t index, int64_t time_us)
{
	struct entry *e = &v->entry;
	const char *tag = tags[in[2] % ARRAY_LEN(tags)];

	memset(v, 0, sizeof(*v));
	v->index = index;
	v->time_us = time_us;
	e->event = (enum entry_event)(1 + in[0] % (ENTRY_EVENT_COUNT - 1));
	e->decision = (enum entry_decision)(in[3] / 16 % 3);
	e->by = (struct entry_by){ .service = STR("svc_1"), .operator_id = str_of(operators[in[3] % 4]) };
	e->purpose = STR("eligibility/3");
	e->categories[0] = STR("income");
	e->category_count = in[2] / 16 % 2;
	e->about_count = tag[0] != '\0' ? 1 + in[2] / 64 % 2 : 0;
	for (size_t i = 0; i < e->about_count; i++)
		e->about[i].tag = str_of(tag);
	e->policy = str_of(policy);
	e->basis = (struct entry_basis){
		.type = (enum entry_basis_type)(in[5] % (ENTRY_BASIS_ENTRY + 1)),
		.has_index = in[1] < 250,
		.index = number_of(in[1]),
		.ctag = str_of(tag),
		.ref = STR("178-FZ-8"),
		.recipient = STR("svc_1"),
		.from_us = time_us - in[5],
		.until_us = in[5] < 250 ? time_us + (int64_t)in[5] * 10000000 : INT64_MAX,
	};
	add_facts(e, in[4], number_of(in[1]));
}

static int64_t
passing(uint8_t byte)
{
	return byte < 200 ? 1 + byte : INT64_C(86400) * 1000000 * (byte - 199);
}

static struct lawful *
judge_new(uint64_t minimum)
{
	struct lawful *l = NULL;

	must(lawful_new(&l) == OK);
	lawful_pruned(l, minimum);
	return l;
}

/* The result in words, and that these can be shown. */
static void
finish(struct lawful *l, int64_t last_us, uint64_t entries, struct buf *out)
{
	struct findings found = { 0 };

	lawful_finish(l, last_us, &found);
	lawful_put_text(out, l);
	findings_put_text(out, &found);
	must(buf_status(out) == OK);
	for (size_t i = 0; i < found.kept; i++) {
		unsigned long long index = 0;

		oracle_said(found.item[i].place, sizeof(found.item[i].place));
		oracle_said(found.item[i].what, sizeof(found.item[i].what));
		must(sscanf(found.item[i].place, "entry %llu", &index) == 1 && index < entries);
	}
	lawful_free(l);
}

/* Cut anywhere it is no record. */
static void
check_cut(struct str record, uint8_t where)
{
	struct str cut = str_slice(record, 0, record.n > 0 ? where % record.n : 0);
	struct deed d;

	must(record.n == 0 || cut.n == 0 || deed_get(&cut, &d) != OK);
}

static void
check_log(struct str in, uint64_t minimum)
{
	CLEANUP(buf_clear) struct buf whole = BUF(8 << 20), one = BUF(1 << 20), all = BUF(1 << 20), each = BUF(1 << 20);
	static struct entry_view v;
	struct lawful *l = judge_new(minimum), *again = judge_new(minimum);
	int64_t time_us = START_US;
	uint64_t index = minimum;

	for (size_t at = 0; at + AN_ENTRY <= in.n && index < minimum + ENTRIES; at += AN_ENTRY, index++) {
		const uint8_t *bytes = (const uint8_t *)in.p + at;

		time_us += passing(bytes[5]);
		make(&v, bytes, index, time_us);
		buf_clear(&one);
		one = BUF(1 << 20);
		lawful_extract(l, &v, STR(""), &one);
		buf_put(&whole, buf_str(&one));
		check_cut(buf_str(&one), bytes[4]);
		must(lawful_absorb(l, buf_str(&one)) == OK);
	}
	must(buf_status(&whole) == OK && lawful_absorb(again, buf_str(&whole)) == OK);
	must(lawful_unjudged(l) == lawful_unjudged(again));
	finish(l, time_us, index, &each);
	finish(again, time_us, index, &all);
	must(str_eq(buf_str(&each), buf_str(&all)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str rest;
	const uint8_t first = oracle_first(data, n, &rest);

	check_log(rest, first % 2 == 0 ? 0 : PRUNED);
	return 0;
}
