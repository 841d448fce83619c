/* test_keyring_rotate.c: a key's way from published to gone, step by step and across crashes. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "authd/jose/jwk_set.h"
#include "authd/keys/keyring_init.h"
#include "authd/keys/keyring_rotate.h"
#include "tests/unit/vault_maker.h"

#define T0   INT64_C(1800000000)
#define WAIT 100
#define KEEP 1000

static int64_t
at_t0(void)
{
	return T0 * SECOND_US;
}

static struct vault_maker
files(void)
{
	struct vault_maker f = { 0 };

	vault_maker_files(&f);
	return f;
}

static struct keyring *
load(const struct vault_maker *f)
{
	struct conf_error why = { 0 };
	struct keyring *k = NULL;

	EXPECT_OK(keyring_load(f->ring, f->receipt_path, &k, &why));
	return k;
}

static size_t
count(const struct vault_maker *f)
{
	CLEANUP(keyring_freep) struct keyring *k = load(f);
	const struct keyring_signer *s;

	return keyring_signers(k, &s);
}

/* The kid of the active ES256 key. */
static void
active(const struct vault_maker *f, char kid[JWK_THUMBPRINT_LEN + 1])
{
	CLEANUP(keyring_freep) struct keyring *k = load(f);

	(void)snprintf(kid, JWK_THUMBPRINT_LEN + 1, "%.*s", STR_ARG(jwk_kid(keyring_active(k, JWK_ES256)->jwk)));
}

static void
begin(const struct vault_maker *f)
{
	struct conf_error why = { 0 };

	EXPECT_OK(keyring_rotate_begin(f->ring, JWK_ES256, at_t0, WAIT, &why));
}

static bool
go_on(const struct vault_maker *f, int64_t now_s)
{
	struct conf_error why = { 0 };
	bool changed = false;

	EXPECT_OK(keyring_rotate_go_on(f->ring, now_s, KEEP, &changed, &why));
	return changed;
}

static bool
has_file(const struct vault_maker *f, const char *name)
{
	char path[300];

	(void)snprintf(path, sizeof(path), "%s/%s", f->ring, name);
	return access(path, F_OK) == 0;
}

Test(keyring_rotate, a_new_key_is_shown_before_it_signs_and_the_old_one_after)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = files();
	char before[JWK_THUMBPRINT_LEN + 1], now[JWK_THUMBPRINT_LEN + 1];

	active(&f, before);
	begin(&f);
	cr_assert_eq(count(&f), 4u);
	cr_assert_not(go_on(&f, T0 + WAIT - 1));
	active(&f, now);
	cr_assert_str_eq(now, before);

	cr_assert(go_on(&f, T0 + WAIT));
	active(&f, now);
	cr_assert_str_neq(now, before);
	cr_assert_eq(count(&f), 4u);
	cr_assert_not(go_on(&f, T0 + WAIT + KEEP - 1));
	cr_assert(has_file(&f, "es256-1.pem"));

	cr_assert(go_on(&f, T0 + WAIT + KEEP));
	cr_assert_eq(count(&f), 3u);
	cr_assert_not(has_file(&f, "es256-1.pem"));
	cr_assert_not(go_on(&f, T0 + 10 * KEEP));
}

Test(keyring_rotate, the_ring_says_when_there_is_something_to_do)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = files();
	CLEANUP(keyring_freep) struct keyring *idle = load(&f);

	cr_assert_eq(keyring_next_change_s(idle), INT64_MAX);
	begin(&f);
	CLEANUP(keyring_freep) struct keyring *waiting = load(&f);
	cr_assert_eq(keyring_next_change_s(waiting), T0 + WAIT);
}

Test(keyring_rotate, one_key_of_an_algorithm_is_on_its_way_at_a_time)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = files();
	struct conf_error why = { 0 };

	begin(&f);
	EXPECT_STATUS(E_CONFLICT, keyring_rotate_begin(f.ring, JWK_ES256, at_t0, WAIT, &why));
	EXPECT_OK(keyring_rotate_begin(f.ring, JWK_PS256, at_t0, WAIT, &why));
	cr_assert(go_on(&f, T0 + WAIT));
	EXPECT_OK(keyring_rotate_begin(f.ring, JWK_ES256, at_t0, 2 * WAIT, &why));
}

Test(keyring_rotate, a_ring_without_ps256_gets_one)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = files();
	struct conf_error why = { 0 };

	vault_maker_write(f.ring, "keyring.yaml",
			  STR("version: 1\npepper: pepper.key\nkeks:\n  - {file: kek-1.key, state: active}\nsigning:\n"
			      "  - {file: es256-1.pem, alg: ES256, state: active}\n"
			      "  - {file: rs256-1.pem, alg: RS256, state: active}\n"),
			  0600);
	EXPECT_OK(keyring_rotate_begin(f.ring, JWK_PS256, at_t0, WAIT, &why));
	cr_assert(go_on(&f, T0 + WAIT));
	CLEANUP(keyring_freep) struct keyring *k = load(&f);
	cr_assert_not_null(keyring_active(k, JWK_PS256));
}

Test(keyring_rotate, keys_that_an_operator_took_out_by_hand_keep_their_files)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = files();

	vault_maker_write(f.ring, "keyring.yaml",
			  STR("version: 1\npepper: pepper.key\nkeks:\n  - {file: kek-1.key, state: active}\nsigning:\n"
			      "  - {file: es256-1.pem, alg: ES256, state: active}\n"
			      "  - {file: rs256-1.pem, alg: RS256, state: active}\n"
			      "  - {file: ps256-1.pem, alg: PS256, state: removed}\n"),
			  0600);
	cr_assert_not(go_on(&f, T0 + 10 * KEEP));
	cr_assert(has_file(&f, "ps256-1.pem"));
}

Test(keyring_rotate, a_crash_between_the_row_and_the_file_is_finished_later)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = files();

	vault_maker_write(f.ring, "keyring.yaml",
			  STR("version: 1\npepper: pepper.key\nkeks:\n  - {file: kek-1.key, state: active}\nsigning:\n"
			      "  - {file: es256-1.pem, alg: ES256, state: active}\n"
			      "  - {file: rs256-1.pem, alg: RS256, state: active}\n"
			      "  - {file: ps256-1.pem, alg: PS256, state: removed, until: 1}\n"),
			  0600);
	CLEANUP(keyring_freep) struct keyring *k = load(&f);
	cr_assert_eq(keyring_next_change_s(k), 0);
	cr_assert(go_on(&f, T0));
	cr_assert_not(has_file(&f, "ps256-1.pem"));
	cr_assert_eq(count(&f), 2u);
}

/* F42: killed at any moment, the directory holds a ring that loads, and the rotation goes on. */
Test(keyring_rotate, F42_killed_at_any_moment_the_ring_loads_and_the_rotation_ends, .timeout = 120)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = files();
	struct conf_error why = { 0 };
	int64_t now = T0;

	for (int i = 0; i < 40; i++) {
		pid_t child = fork();

		if (child == 0) {
			for (int64_t t = now;; t += KEEP) {
				bool changed;
				enum status st UNUSED = keyring_rotate_begin(f.ring, JWK_ES256, at_t0, t - T0, &why);

				st = keyring_rotate_go_on(f.ring, t, 1, &changed, &why);
			}
		}
		(void)usleep(500u + 700u * (unsigned)i);
		cr_assert_eq(kill(child, SIGKILL), 0);
		cr_assert_eq(waitpid(child, NULL, 0), child);
		cr_assert_geq(count(&f), 3u);
		now += 1000000;
		(void)go_on(&f, now);
		(void)go_on(&f, now + KEEP + 1);
		cr_assert_eq(count(&f), 3u, "after kill %d", i);
	}
}
