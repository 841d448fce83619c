/* vault_maker.h: for tests, a keyring in a directory of its own, a vault on it with a clock that stands still, and
 * entries. */
#ifndef TESTS_UNIT_VAULT_MAKER_H
#define TESTS_UNIT_VAULT_MAKER_H

#include "tests/unit/jose_maker.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/file.h"
#include "auditlog/client/receipt.h"
#include "auditlog/core/entry.h"
#include "authd/jose/jws.h"
#include "authd/keys/envelope.h"
#include "authd/keys/keyring.h"
#include "authd/keys/keyring_init.h"
#include "authd/keys/keys_wire.h"
#include "authd/keys/vault.h"

#define VAULT_ISSUER "https://id.example.org"

/* The wall clock of the vault under test: the moment the fixture was made, unless a test moves it. */
static int64_t vault_maker_now;

static UNUSED int64_t
vault_maker_clock(void)
{
	return vault_maker_now;
}

struct vault_maker {
	char dir[64];
	char ring[96];
	char receipt_path[96];
	struct receipt_key *receipts; /* auditlogd's copy */
	struct vault *vault;
	struct vault_options options;
};

static UNUSED void
vault_maker_write(const char *dir, const char *name, struct str content, mode_t mode)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	EXPECT_OK(file_replace_at(AT_FDCWD, path, content, mode));
}

/* A directory with a fresh keyring and a receipt key. */
static UNUSED void
vault_maker_files(struct vault_maker *f)
{
	bool created = false;

	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/ombud-keyd-XXXXXX");
	cr_assert_not_null(mkdtemp(f->dir));
	(void)snprintf(f->ring, sizeof(f->ring), "%s/ring", f->dir);
	(void)snprintf(f->receipt_path, sizeof(f->receipt_path), "%s/receipt.key", f->dir);
	EXPECT_OK(keyring_init(f->ring, &created));
	cr_assert(created);
	EXPECT_OK(receipt_key_create(f->receipt_path));
	EXPECT_OK(receipt_key_open(f->receipt_path, &f->receipts));
}

static UNUSED struct vault_maker
vault_maker_new(void)
{
	struct vault_maker f = { 0 };
	struct conf_error why = { 0 };

	vault_maker_files(&f);
	vault_maker_now = clock_now_us();
	f.options = (struct vault_options){ .issuer = VAULT_ISSUER, .now_us = vault_maker_clock };
	f.options.keyring = strdup(f.ring);
	f.options.receipt_key = strdup(f.receipt_path);
	enum status st = vault_open(&f.options, &f.vault, &why);
	cr_assert_eq(st, OK, "%s: %s", status_name(st), why.text);
	return f;
}

static UNUSED void
vault_maker_clear(struct vault_maker *f)
{
	char command[128];

	vault_free(f->vault);
	receipt_key_free(f->receipts);
	free((void *)(uintptr_t)f->options.keyring);
	free((void *)(uintptr_t)f->options.receipt_key);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", f->dir);
	if (f->dir[0] != '\0' && system(command) != 0)
		cr_log_warn("cannot remove %s", f->dir);
}

/* One request, straight into the vault. */
static UNUSED enum status
vault_maker_ask(struct vault_maker *f, uint16_t type, const struct keys_wire *parts, struct buf *reply)
{
	CLEANUP(buf_clear) struct buf payload = { 0 };
	struct vault_refusal refusal = { 0 };

	EXPECT_OK(keys_wire_put(type, parts, &payload));
	enum status st = vault_answer(f->vault, type, buf_str(&payload), reply, &refusal);
	cr_assert(!refusal.malformed);
	return st;
}

#endif
