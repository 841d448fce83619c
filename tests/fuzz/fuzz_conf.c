/*
 * fuzz_conf.c: YAML files, and the strict values of scalars.
 *
 * Every node of what is taken has a place inside the text, names are there once, numbers and durations are within their
 * bounds and written as they are meant. What is refused says file, line and column.
 */
#include "auditlog/base/clock.h"
#include "auditlog/base/conf.h"
#include "tests/fuzz/oracle.h"

#define UINT_MOST 1000

static void
check_scalar(const struct conf_node *n)
{
	CLEANUP(buf_clear) struct buf again = BUF(64);
	struct conf_error err = { "" };
	struct str text = conf_text(n), s = { 0 };
	uint64_t v = 0;
	int64_t us = 0;
	bool on = false;

	must(text.p[text.n] == '\0' && str_is_utf8(text));
	if (conf_as_uint(n, 1, UINT_MOST, &v, &err) == OK) {
		must(v >= 1 && v <= UINT_MOST);
		buf_put_u64_dec(&again, v);
		must(str_eq(buf_str(&again), text));
	} else {
		oracle_said(err.text, sizeof(err.text));
	}
	if (conf_as_bool(n, &on, &err) == OK)
		must(str_is(text, on ? "true" : "false"));
	if (conf_as_duration(n, &us, &err) == OK)
		must(us >= 0 && text.p[0] == 'P');
	if (conf_as_string(n, 64, &s, &err) == OK)
		must(str_eq(s, text) && s.n >= 1 && s.n <= 64);
}

static void
check_node(const struct conf_node *n, size_t lines, unsigned depth)
{
	size_t count = conf_count(n);

	must(depth <= CONF_DEPTH_MAX && conf_line(n) >= 1 && conf_line(n) <= lines && conf_column(n) >= 1);
	if (conf_kind(n) == CONF_SCALAR) {
		must(count == 0);
		check_scalar(n);
		return;
	}
	must(conf_at(n, count) == NULL);
	for (size_t i = 0; i < count; i++) {
		if (conf_kind(n) == CONF_MAP) {
			struct str key = conf_text(conf_key_at(n, i));

			must(key.n > 0 && conf_get(n, key.p) == conf_at(n, i));
		}
		check_node(conf_at(n, i), lines, depth + 1);
	}
}

static void
check_times(struct str text)
{
	CLEANUP(buf_clear) struct buf again = BUF(64);
	int64_t us = 0, same = 0;

	if (clock_parse_rfc3339(text, &us) != OK || us < 0)
		return;
	clock_put_rfc3339(&again, us);
	must(clock_parse_rfc3339(buf_str(&again), &same) == OK && same == us);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(conf_freep) struct conf *c = NULL;
	struct conf_error err = { "" };
	struct str text = str_from(data, n);
	size_t lines = 2;

	check_times(text);
	if (conf_parse("fuzz.yaml", text, &c, &err) != OK) {
		must(c == NULL);
		oracle_said(err.text, sizeof(err.text));
		must(str_starts(str_of(err.text), STR("fuzz.yaml")));
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		lines += data[i] == '\n' || data[i] == '\r' || data[i] == 0xe2 || data[i] == 0xc2;
	check_node(conf_root(c), lines, 1);
	return 0;
}
