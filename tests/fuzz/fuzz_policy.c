/*
 * fuzz_policy.c: a policy bundle of which one file, by the first byte, is the input.
 *
 * A bundle that loads is a whole one: its hash follows from its canonical text and is the same when it is loaded again,
 * it takes over from nothing that has the same version, and its tests can be run. One that does not says where.
 */
#include <stdio.h>
#include <unistd.h>

#include "auditlog/base/file.h"
#include "auditlog/core/hash.h"
#include "authd/access/policy.h"
#include "tests/fuzz/oracle_scratch.h"

#include <fcntl.h>

static const char *const names[] = { "bundle.yaml",   "categories.yaml",    "statutes.yaml",
				     "purposes.yaml", "roles.yaml",         "separation.yaml",
				     "services.yaml", "organisations.yaml", "tests/eligibility.yaml" };
static struct buf originals[ARRAY_LEN(names)];
static char dir[64];

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
