/*
 * fuzz_policy.c: a policy bundle of which one file, by the first byte, is the input.
 *
 * A bundle that loads is a whole one: its hash follows from its canonical text and is the same when it is loaded again,
 * from its folder and from its texts; its tests can be run, its permissions told, its differences from the shipped
 * bundle said. One that does not load says where. The input is a request to be explained, too.
 */
#include <stdio.h>
#include <unistd.h>

#include "auditlog/base/file.h"
#include "auditlog/core/hash.h"
#include "authd/policy/policy_diff.h"
#include "authd/policy/policy_report.h"
#include "tests/fuzz/oracle_scratch.h"

#include <fcntl.h>

static const char *const names[] = { "bundle.yaml",   "categories.yaml",    "statutes.yaml",
				     "purposes.yaml", "roles.yaml",         "separation.yaml",
				     "services.yaml", "organisations.yaml", "tests/regions.yaml" };
static struct buf originals[ARRAY_LEN(names)];
static char dir[64];
static struct policy *shipped;

static void
path_of(size_t i, char out[128])
{
	(void)snprintf(out, 128, "%s/%s", dir, names[i]);
}

/* A copy of the bundle that the tests' folder stands in. */
static void
set_up(void)
{
	char command[160], path[128];

	(void)snprintf(dir, sizeof(dir), "%s/policies", oracle_scratch_make());
	(void)snprintf(command, sizeof(command), "cp -r policies '%s'", dir);
	must(system(command) == 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		originals[i] = BUF((size_t)1 << 20);
		path_of(i, path);
		must(file_read_at(AT_FDCWD, path, &originals[i]) == OK);
	}
	must(policy_load(dir, &shipped, &(struct conf_error){ "" }) == OK);
}

static void
put(size_t i, struct str bytes)
{
	char path[128];
	FILE *f;

	path_of(i, path);
	f = fopen(path, "w");
	must(f != NULL && fwrite(bytes.p, 1, bytes.n, f) == bytes.n && fclose(f) == 0);
}

/* What is told of a bundle is told whole, and agrees with what it is. */
static void
check_reports(const struct policy *p)
{
	CLEANUP(json_decrefp) json_t *diff = NULL, *who = NULL, *coverage = NULL;
	CLEANUP(buf_clear) struct buf text = BUF((size_t)16 << 20);
	struct conf_error err = { "" };

	must(policy_diff(shipped, p, &diff) == OK);
	policy_diff_put(&text, diff, WORDS_RU);
	must(policy_who(p, &(struct policy_question){ 0 }, &who, &err) == OK);
	policy_report_put(&text, who, WORDS_EN);
	must(buf_status(&text) == OK && str_is_utf8(buf_str(&text)));
	must(policy_coverage(p, &coverage) == OK);
	must(json_integer_value(json_object_get(coverage, "covered")) +
		 (json_int_t)json_array_size(json_object_get(coverage, "missing")) ==
	     json_integer_value(json_object_get(coverage, "permissions")));
}

static void
check_texts(const struct policy *p)
{
	CLEANUP(json_decrefp) json_t *files = json_deep_copy(policy_files(p));
	CLEANUP(policy_unrefp) struct policy *again = NULL;
	struct conf_error err = { "" };

	must(policy_load_files(files, &again, &err) == OK && str_eq(policy_hash(again), policy_hash(p)));
}

static void
explain(struct str bytes)
{
	CLEANUP(json_decrefp) json_t *report = NULL;
	struct conf_error err = { "" };

	if (policy_explain(shipped, bytes, &report, &err) == OK)
		must(json_array_size(json_object_get(report, "checks")) > 0);
	else
		oracle_said(err.text, sizeof(err.text));
}

static void
check_loaded(struct policy *p)
{
	CLEANUP(buf_clear) struct buf hex = BUF(80), report = BUF((size_t)1 << 20);
	CLEANUP(policy_unrefp) struct policy *again = NULL;
	struct conf_error err = { "" };
	struct hash hash = hash_sha256(policy_json(p));
	size_t count = 0;

	hash_put_hex(&hex, &hash);
	must(policy_hash(p).n == POLICY_HASH_LEN && str_ends(policy_hash(p), buf_str(&hex)));
	must(policy_load(dir, &again, &err) == OK && str_eq(policy_hash(again), policy_hash(p)));
	(void)!policy_test(p, &count, &report);
	check_texts(p);
	check_reports(p);
	for (size_t i = 0; policy_purpose_at(p, i) != NULL; i++)
		must(policy_purpose(p, str_of(policy_purpose_at(p, i)->id)) == policy_purpose_at(p, i));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	struct conf_error err = { "" };
	struct str rest;
	size_t i = oracle_first(data, n, &rest) % ARRAY_LEN(names);

	if (dir[0] == '\0')
		set_up();
	explain(rest);
	put(i, rest);
	if (policy_load(dir, &p, &err) == OK) {
		check_loaded(p);
	} else {
		must(p == NULL);
		oracle_said(err.text, sizeof(err.text));
	}
	put(i, buf_str(&originals[i]));
	return 0;
}
