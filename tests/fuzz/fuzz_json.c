/*
 * fuzz_json.c: JSON from outside over arbitrary bytes. Built by libFuzzer (clang -fsanitize=fuzzer,address) or by any
 * driver that calls LLVMFuzzerTestOneInput.
 *
 * Besides memory safety: what is let through is not deeper than promised and the same when it is written and read
 * again, its canonical form is a fixed point; getters never hand out more than their limits; what is refused says why
 * in one line.
 */
#include <string.h>

#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "tests/fuzz/oracle.h"

#define TEXT_MOST ((size_t)65536)
#define ID_MOST   16
#define LIST_MOST 4

static unsigned
depth_of(const json_t *v)
{
	unsigned deepest = 0;

	if (json_is_array(v)) {
		for (size_t i = 0; i < json_array_size(v); i++) {
			unsigned d = depth_of(json_array_get(v, i));

			deepest = d > deepest ? d : deepest;
		}
		return deepest + 1;
	}
	if (!json_is_object(v))
		return 0;
	for (void *it = json_object_iter((json_t *)(uintptr_t)v); it != NULL;
	     it = json_object_iter_next((json_t *)(uintptr_t)v, it)) {
		unsigned d = depth_of(json_object_iter_value(it));

		deepest = d > deepest ? d : deepest;
	}
	return deepest + 1;
}

static void
check_again(const json_t *root)
{
	CLEANUP(buf_clear) struct buf text = BUF(8 * TEXT_MOST);
	CLEANUP(json_decrefp) json_t *again = NULL;

	must(json_write(root, &text) == OK);
	must(json_read(buf_str(&text), 8 * TEXT_MOST, &again, NULL) == OK);
	must(json_equal(root, again));
}

/* E_INVALID for what has a fraction; otherwise equal values have equal bytes. */
static void
check_canonical(const json_t *root)
{
	CLEANUP(buf_clear) struct buf once = BUF(8 * TEXT_MOST), twice = BUF(8 * TEXT_MOST);
	CLEANUP(json_decrefp) json_t *again = NULL;

	if (json_write_canonical(root, &once) != OK)
		return;
	must(json_read(buf_str(&once), 8 * TEXT_MOST, &again, NULL) == OK);
	must(json_write_canonical(again, &twice) == OK);
	must(str_eq(buf_str(&once), buf_str(&twice)));
}

static void
check_said(const struct json_why *why)
{
	must(memchr(why->text, '\0', sizeof(why->text)) != NULL && why->text[0] != '\0');
	for (const char *p = why->text; *p != '\0'; p++)
		must((unsigned char)*p >= 0x20 && *p != 0x7f);
}

static void
check_getters(const json_t *root)
{
	static const char *const known[] = { "id", "list", "n", "on", "in", NULL };
	struct json_why why = { 0 };
	struct json_in in = json_at(root, &why), inner = { 0 };
	struct str id = { 0 }, list[LIST_MOST];
	size_t count = 0;
	int64_t number = 0;
	bool on = false;

	if (json_need_str(&in, "id", ID_MOST, &id) == OK)
		must(id.n >= 1 && id.n <= ID_MOST && memchr(id.p, '\0', id.n) == NULL && str_is_utf8(id));
	else
		check_said(&why);
	if (json_opt_str(&in, "in.id", ID_MOST, &id) == OK)
		must(id.n <= ID_MOST);
	if (json_opt_strs(&in, "list", ID_MOST, list, LIST_MOST, &count) == OK)
		must(count <= LIST_MOST);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			must(!str_eq(list[i], list[k]));
	if (json_opt_int(&in, "n", -5, 5, 0, &number) == OK)
		must(number >= -5 && number <= 5);
	if (json_opt_bool(&in, "on", false, &on) != OK)
		check_said(&why);
	if (json_opt_object(&in, "in", &inner) == OK && inner.at != NULL)
		must(json_is_object(inner.at));
	if (json_only(&in, known) != OK)
		check_said(&why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why why = { 0 };
	enum status st = json_read(str_from(data, n), TEXT_MOST, &root, &why);

	if (st != OK) {
		must(st == E_INVALID || st == E_TOO_LARGE);
		must(root == NULL);
		check_said(&why);
		return 0;
	}
	must(n <= TEXT_MOST && (json_is_object(root) || json_is_array(root)) && depth_of(root) <= JSON_DEPTH_MOST);
	check_again(root);
	check_canonical(root);
	check_getters(root);
	return 0;
}
