#include "authd/keys/keyring_manifest.h"

#include <stddef.h>
#include <stdio.h>

#include "auditlog/base/file.h"

#define TEXT_MAX ((size_t)16 << 10)

const enum jwk_alg keyring_algs[KEYRING_ALGS] = { JWK_ES256, JWK_RS256, JWK_PS256 };

static const char *const kek_states[] = { "active", "retired", NULL };
static const char *const signing_states[] = { "published", "active", "verify-only", "removed", NULL };
static const char *const signing_algs[] = { "ES256", "RS256", "PS256", NULL };

static const struct conf_field kek_fields[] = {
	{ .key = "file",
	  .type = CONF_STRING,
	  .offset = offsetof(struct keyring_kek_row, file),
	  .required = true,
	  .most = 100 },
	{ .key = "state",
	  .type = CONF_CHOICE,
	  .offset = offsetof(struct keyring_kek_row, state),
	  .required = true,
	  .choices = kek_states },
};
static const struct conf_schema kek_schema = { kek_fields, ARRAY_LEN(kek_fields), sizeof(struct keyring_kek_row) };

static const struct conf_field signing_fields[] = {
	{ .key = "file",
	  .type = CONF_STRING,
	  .offset = offsetof(struct keyring_signing_row, file),
	  .required = true,
	  .most = 100 },
	{ .key = "alg",
	  .type = CONF_CHOICE,
	  .offset = offsetof(struct keyring_signing_row, alg),
	  .required = true,
	  .choices = signing_algs },
	{ .key = "state",
	  .type = CONF_CHOICE,
	  .offset = offsetof(struct keyring_signing_row, state),
	  .required = true,
	  .choices = signing_states },
	{ .key = "until",
	  .type = CONF_UINT,
	  .offset = offsetof(struct keyring_signing_row, until),
	  .fallback = "0",
	  .hint = "seconds since 1970; authd-keyd writes it when a key is rotated" },
};
static const struct conf_schema signing_schema = { signing_fields, ARRAY_LEN(signing_fields),
						   sizeof(struct keyring_signing_row) };

static const struct conf_field manifest_fields[] = {
	{ .key = "version",
	  .type = CONF_UINT,
	  .offset = offsetof(struct keyring_manifest, version),
	  .required = true,
	  .least = 1,
	  .most = 1 },
	{ .key = "pepper",
	  .type = CONF_STRING,
	  .offset = offsetof(struct keyring_manifest, pepper),
	  .required = true,
	  .most = 100 },
	{ .key = "keks",
	  .type = CONF_MAPPINGS,
	  .offset = offsetof(struct keyring_manifest, keks),
	  .required = true,
	  .least = 1,
	  .most = KEYRING_KEKS_MAX,
	  .sub = &kek_schema },
	{ .key = "signing",
	  .type = CONF_MAPPINGS,
	  .offset = offsetof(struct keyring_manifest, signing),
	  .required = true,
	  .least = 2,
	  .most = KEYRING_SIGNING_MAX,
	  .sub = &signing_schema },
};
static const struct conf_schema manifest_schema = { manifest_fields, ARRAY_LEN(manifest_fields),
						    sizeof(struct keyring_manifest) };

enum status
keyring_manifest_read(const char *dir, struct conf **text, struct keyring_manifest *out, struct conf_error *why)
{
	CLEANUP(conf_freep) struct conf *c = NULL;
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/keyring.yaml", dir);

	if (n < 0 || (size_t)n >= sizeof(path))
		return E_TOO_LARGE;
	TRY(conf_load(path, &c, why));
	TRY(conf_read(conf_root(c), &manifest_schema, out, why));
	*text = STEAL(&c);
	return OK;
}

static void
put_signing(const struct keyring_signing_row *row, struct buf *out)
{
	buf_printf(out, "  - file: %s\n    alg: %s\n    state: %s\n", row->file, signing_algs[row->alg],
		   signing_states[row->state]);
	if (row->until > 0)
		buf_printf(out, "    until: %llu\n", (unsigned long long)row->until);
}

/* File names were read from such a file and are plain, or are made by keyring_rotate.c. */
enum status
keyring_manifest_write(int dirfd, const struct keyring_manifest *m)
{
	CLEANUP(buf_clear) struct buf text = BUF(TEXT_MAX);
	const struct keyring_kek_row *kek = m->keks.item;
	const struct keyring_signing_row *signing = m->signing.item;

	buf_put_cstr(&text, keyring_manifest_head);
	buf_printf(&text, "pepper: %s\nkeks:\n", m->pepper);
	for (size_t i = 0; i < m->keks.n; i++)
		buf_printf(&text, "  - file: %s\n    state: %s\n", kek[i].file, kek_states[kek[i].state]);
	buf_put_cstr(&text, "signing:\n");
	for (size_t i = 0; i < m->signing.n; i++)
		put_signing(&signing[i], &text);
	TRY(buf_status(&text));
	return file_replace_at(dirfd, "keyring.yaml", buf_str(&text), 0600);
}
