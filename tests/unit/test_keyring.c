/* test_keyring.c: keys on disk: made once, never written over, refused when others can read them. */
#include "tests/unit/vault_maker.h"

#include <fcntl.h>

#include "authd/jose/jws_json.h"
#include "authd/keys/kek_blob.h"

static enum status
load(const struct vault_maker *f, struct keyring **out)
{
	struct conf_error why = { 0 };
	enum status st = keyring_load(f->ring, f->receipt_path, out, &why);

	/* Every refusal says what is wrong. */
	cr_assert(st == OK || why.text[0] != '\0');
	return st;
}

static enum status
load_only(const struct vault_maker *f)
{
	CLEANUP(keyring_freep) struct keyring *k = NULL;

	return load(f, &k);
}

static struct vault_maker
files_fixture(void)
{
	struct vault_maker f = { 0 };

	vault_maker_files(&f);
	return f;
}

static void
read_file(const char *dir, const char *name, struct buf *out)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	EXPECT_OK(file_read_at(AT_FDCWD, path, out));
}

static void
write_manifest(const struct vault_maker *f, const char *keks, const char *signing)
{
	CLEANUP(buf_clear) struct buf text = { 0 };

	buf_printf(&text, "version: 1\npepper: pepper.key\nkeks:\n%ssigning:\n%s", keks, signing);
	vault_maker_write(f->ring, "keyring.yaml", buf_str(&text), 0600);
}

#define KEK_ACTIVE "  - {file: kek-1.key, state: active}\n"
#define ES_ACTIVE  "  - {file: es256-1.pem, alg: ES256, state: active}\n"
#define RS_ACTIVE  "  - {file: rs256-1.pem, alg: RS256, state: active}\n"

static void
new_ec_key(const struct vault_maker *f, const char *name)
{
	char other[128], command[400];
	bool created = false;

	(void)snprintf(other, sizeof(other), "%s/other", f->dir);
	EXPECT_OK(keyring_init(other, &created));
	(void)snprintf(command, sizeof(command), "cp -p '%s/es256-1.pem' '%s/%s' && rm -r '%s'", other, f->ring, name,
		       other);
	cr_assert_eq(system(command), 0);
}

Test(keyring, a_fresh_one_loads_and_publishes_its_three_algorithms)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = files_fixture();
	CLEANUP(keyring_freep) struct keyring *k = NULL;
	CLEANUP(jwk_set_freep) struct jwk_set *set = NULL;

	EXPECT_OK(load(&f, &k));
	EXPECT_OK(jwk_set_import(keyring_jwks(k), &set));
	cr_assert_eq(jwk_set_count(set), 3);
	const struct keyring_signer *es = keyring_active(k, JWK_ES256);
	const struct keyring_signer *rs = keyring_active(k, JWK_RS256);
	cr_assert_not_null(jwk_set_find(set, jwk_thumbprint(es->jwk), JWK_ES256));
	cr_assert_not_null(jwk_set_find(set, jwk_thumbprint(rs->jwk), JWK_RS256));
	cr_assert_not_null(jwk_set_find(set, jwk_thumbprint(keyring_active(k, JWK_PS256)->jwk), JWK_PS256));
	cr_assert_null(keyring_active(k, JWK_EDDSA));
	cr_assert_eq(keyring_pepper(k).n, 32);
}

Test(keyring, J17_the_published_set_has_no_private_member)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = files_fixture();
	CLEANUP(keyring_freep) struct keyring *k = NULL;
	static const char *const members[] = { "\"d\"", "\"p\"", "\"q\"", "\"dp\"", "\"dq\"", "\"qi\"", "\"k\"" };

	EXPECT_OK(load(&f, &k));
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		cr_assert_eq(str_find(keyring_jwks(k), str_of(members[i])), keyring_jwks(k).n);
}

Test(keyring, files_are_for_their_owner_alone)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = files_fixture();
	static const char *const names[] = { "kek-1.key", "pepper.key", "es256-1.pem", "rs256-1.pem", "keyring.yaml" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char path[256];
		struct stat st;

		(void)snprintf(path, sizeof(path), "%s/%s", f.ring, names[i]);
		cr_assert_eq(stat(path, &st), 0);
		cr_assert_eq(st.st_mode & 0777, 0600, "%s", names[i]);
	}
}

Test(keyring, init_never_writes_over_anything)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = files_fixture();
	CLEANUP(buf_clear) struct buf before = { 0 };
	CLEANUP(buf_clear) struct buf after = { 0 };
	bool created = true;

	read_file(f.ring, "kek-1.key", &before);
	EXPECT_OK(keyring_init(f.ring, &created));
	cr_assert(!created);
	read_file(f.ring, "kek-1.key", &after);
	cr_assert(str_eq(buf_str(&before), buf_str(&after)));
}

Test(keyring, a_lost_key_is_not_replaced_by_a_fresh_one)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = files_fixture();
	char path[256];
	bool created = true;

	(void)snprintf(path, sizeof(path), "%s/kek-1.key", f.ring);
	cr_assert_eq(unlink(path), 0);
	EXPECT_OK(keyring_init(f.ring, &created));
	cr_assert(!created);
	EXPECT_STATUS(E_NOT_FOUND, load_only(&f));
}

Test(keyring, an_interrupted_init_goes_on_with_the_keys_that_are_there)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = files_fixture();
	CLEANUP(buf_clear) struct buf before = { 0 };
	CLEANUP(buf_clear) struct buf after = { 0 };
	char path[256];
	bool created = false;

	read_file(f.ring, "kek-1.key", &before);
	(void)snprintf(path, sizeof(path), "%s/keyring.yaml", f.ring);
	cr_assert_eq(unlink(path), 0);
	(void)snprintf(path, sizeof(path), "%s/es256-1.pem", f.ring);
	cr_assert_eq(unlink(path), 0);
	EXPECT_OK(keyring_init(f.ring, &created));
	cr_assert(created);
	read_file(f.ring, "kek-1.key", &after);
	cr_assert(str_eq(buf_str(&before), buf_str(&after)));
	EXPECT_OK(load_only(&f));
}

Test(keyring, a_key_that_others_may_read_is_refused)
{
	static const char *const names[] = { "kek-1.key", "pepper.key", "es256-1.pem", "rs256-1.pem" };
	CLEANUP(vault_maker_clear) struct vault_maker f = files_fixture();

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char path[256];

		(void)snprintf(path, sizeof(path), "%s/%s", f.ring, names[i]);
		cr_assert_eq(chmod(path, 0640), 0);
		cr_assert_eq(load_only(&f), E_DENIED, "%s", names[i]);
		cr_assert_eq(chmod(path, 0600), 0);
	}
	cr_assert_eq(chmod(f.receipt_path, 0604), 0);
	EXPECT_STATUS(E_DENIED, load_only(&f));
}

Test(keyring, keys_of_the_wrong_kind_are_refused)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = files_fixture();

	vault_maker_write(f.ring, "short.key", STR("0123456789"), 0600);
	write_manifest(&f, "  - {file: short.key, state: active}\n", ES_ACTIVE RS_ACTIVE);
	EXPECT_STATUS(E_INVALID, load_only(&f));
	write_manifest(&f, KEK_ACTIVE, "  - {file: rs256-1.pem, alg: ES256, state: active}\n" RS_ACTIVE);
	EXPECT_STATUS(E_INVALID, load_only(&f));
	write_manifest(&f, KEK_ACTIVE, "  - {file: pepper.key, alg: ES256, state: active}\n" RS_ACTIVE);
	EXPECT_STATUS(E_INVALID, load_only(&f));
	write_manifest(&f, "  - {file: ../receipt.key, state: active}\n", ES_ACTIVE RS_ACTIVE);
	EXPECT_STATUS(E_INVALID, load_only(&f));
	write_manifest(&f, KEK_ACTIVE, ES_ACTIVE RS_ACTIVE);
	EXPECT_OK(load_only(&f));
}

Test(keyring, exactly_one_key_of_each_kind_is_active)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = files_fixture();

	new_ec_key(&f, "es256-2.pem");
	write_manifest(&f, KEK_ACTIVE, ES_ACTIVE RS_ACTIVE "  - {file: es256-2.pem, alg: ES256, state: active}\n");
	EXPECT_STATUS(E_INVALID, load_only(&f));
	write_manifest(&f, KEK_ACTIVE, "  - {file: es256-1.pem, alg: ES256, state: verify-only}\n" RS_ACTIVE);
	EXPECT_STATUS(E_INVALID, load_only(&f));
	write_manifest(&f, "  - {file: kek-1.key, state: retired}\n", ES_ACTIVE RS_ACTIVE);
	EXPECT_STATUS(E_INVALID, load_only(&f));
	/* The same key file twice would put one kid into the set twice. */
	write_manifest(&f, KEK_ACTIVE, ES_ACTIVE RS_ACTIVE "  - {file: es256-1.pem, alg: ES256, state: published}\n");
	EXPECT_STATUS(E_INVALID, load_only(&f));
}

static size_t
published_count(const struct vault_maker *f)
{
	CLEANUP(keyring_freep) struct keyring *k = NULL;
	CLEANUP(jwk_set_freep) struct jwk_set *set = NULL;

	EXPECT_OK(load(f, &k));
	EXPECT_OK(jwk_set_import(keyring_jwks(k), &set));
	return jwk_set_count(set);
}

Test(keyring, a_key_is_published_before_it_signs_and_after)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = files_fixture();

	new_ec_key(&f, "es256-2.pem");
	write_manifest(&f, KEK_ACTIVE, ES_ACTIVE RS_ACTIVE "  - {file: es256-2.pem, alg: ES256, state: published}\n");
	cr_assert_eq(published_count(&f), 3);
	write_manifest(&f, KEK_ACTIVE,
		       "  - {file: es256-1.pem, alg: ES256, state: verify-only}\n" RS_ACTIVE
		       "  - {file: es256-2.pem, alg: ES256, state: active}\n");
	cr_assert_eq(published_count(&f), 3);
	write_manifest(&f, KEK_ACTIVE,
		       "  - {file: es256-1.pem, alg: ES256, state: removed}\n" RS_ACTIVE
		       "  - {file: es256-2.pem, alg: ES256, state: active}\n");
	cr_assert_eq(published_count(&f), 2);
}

Test(keyring, a_retired_key_still_opens_what_it_closed_and_a_foreign_one_does_not)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = files_fixture();
	CLEANUP(buf_clear) struct buf blob = { 0 };
	CLEANUP(buf_clear) struct buf plain = { 0 };
	struct str aad[] = { STR("place") };
	struct keyring *k = NULL;

	EXPECT_OK(load(&f, &k));
	EXPECT_OK(kek_blob_seal(k, KEYRING_FIELD, aad, 1, STR("content"), &blob));
	keyring_free(k);

	vault_maker_write(f.ring, "kek-2.key", STR("0123456789abcdef0123456789abcdef"), 0600);
	write_manifest(&f, "  - {file: kek-1.key, state: retired}\n  - {file: kek-2.key, state: active}\n",
		       ES_ACTIVE RS_ACTIVE);
	EXPECT_OK(load(&f, &k));
	EXPECT_OK(kek_blob_open(k, KEYRING_FIELD, aad, 1, buf_str(&blob), &plain));
	cr_assert(str_is(buf_str(&plain), "content"));
	/* Another purpose has another key. */
	EXPECT_STATUS(E_CORRUPT, kek_blob_open(k, KEYRING_TOTP, aad, 1, buf_str(&blob), &plain));
	keyring_free(k);

	write_manifest(&f, "  - {file: kek-2.key, state: active}\n", ES_ACTIVE RS_ACTIVE);
	EXPECT_OK(load(&f, &k));
	EXPECT_STATUS(E_CORRUPT, kek_blob_open(k, KEYRING_FIELD, aad, 1, buf_str(&blob), &plain));
	keyring_free(k);
}

Test(keyring, a_missing_receipt_key_or_manifest_is_refused)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = files_fixture();
	char path[256];

	cr_assert_eq(unlink(f.receipt_path), 0);
	EXPECT_STATUS(E_NOT_FOUND, load_only(&f));
	(void)snprintf(path, sizeof(path), "%s/keyring.yaml", f.ring);
	cr_assert_eq(unlink(path), 0);
	EXPECT_STATUS(E_NOT_FOUND, load_only(&f));
}
