/*
 * fuzz_vault.c: what authd-keyd is asked, message by message. The first byte says which; with its highest bit the rest
 * is sealed as a field here and opened again.
 *
 * A payload is malformed exactly when it is not of its type's shape, and a shape is written again to the same bytes.
 * Nothing is signed without a receipt of the log, nothing opens that was not sealed here; what was opens, and with one
 * bit of it changed or in another place it does not.
 */
#include <stdio.h>

#include "auditlog/base/clock.h"
#include "auditlog/client/receipt.h"
#include "authd/keys/envelope.h"
#include "authd/keys/keyring_init.h"
#include "authd/keys/keys_wire.h"
#include "authd/keys/vault.h"
#include "tests/fuzz/oracle_scratch.h"

static struct vault *vault;

static void
set_up(void)
{
	static char ring[64], receipts[64];
	static struct vault_options options = { .keyring = ring,
						.receipt_key = receipts,
						.issuer = "https://a.example" };
	struct conf_error why = { "" };
	const char *dir = oracle_scratch_make();
	bool created = false;

	(void)snprintf(ring, sizeof(ring), "%s/ring", dir);
	(void)snprintf(receipts, sizeof(receipts), "%s/receipts", dir);
	must(keyring_init(ring, &created) == OK && receipt_key_create(receipts) == OK);
	must(vault_open(&options, &vault, &why) == OK);
}

static void
check_message(uint16_t type, struct str payload)
{
	static const uint16_t never[] = { KEYS_MSG_SIGN, KEYS_MSG_OPEN, KEYS_MSG_FIELD_OPEN, KEYS_MSG_TOTP_CHECK,
					  KEYS_MSG_ROTATE };
	CLEANUP(envelope_wipe) struct buf reply = BUF((size_t)1 << 20);
	CLEANUP(buf_clear) struct buf again = BUF((size_t)1 << 20);
	struct vault_refusal refusal = { 0 };
	struct keys_wire parts = { 0 };
	uint32_t least = 0, most = 0;
	bool fits = keys_wire_get(type, payload, &parts) == OK;
	enum status st = vault_answer(vault, type, payload, &reply, &refusal);

	must(fits || (st != OK && refusal.malformed && reply.n == 0));
	must(!fits || !refusal.malformed);
	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		must(st != OK || type != never[i]);
	if (st != OK)
		must(reply.n == 0);
	if (!fits)
		return;
	must(keys_wire_range(type, &least, &most) && payload.n >= least && payload.n <= most);
	must(keys_wire_put(type, &parts, &again) == OK && str_eq(buf_str(&again), payload));
}

static enum status
field(uint16_t type, struct str row, struct str value, struct buf *out)
{
	CLEANUP(buf_clear) struct buf payload = BUF((size_t)1 << 20);
	struct vault_refusal refusal = { 0 };
	struct keys_wire parts = { .block = { STR(""), STR(""), STR("table"), STR("column"), row, value } };

	TRY(keys_wire_put(type, &parts, &payload));
	return vault_answer(vault, type, buf_str(&payload), out, &refusal);
}

static void
check_field(struct str plain, size_t where)
{
	CLEANUP(buf_clear) struct buf sealed = BUF((size_t)1 << 20), opened = BUF((size_t)1 << 20);
	CLEANUP(buf_clear) struct buf bent = BUF((size_t)1 << 20), nothing = BUF((size_t)1 << 20);

	if (field(KEYS_MSG_FIELD_SEAL, STR("row 1"), plain, &sealed) != OK)
		return;
	must(field(KEYS_MSG_FIELD_OPEN, STR("row 1"), buf_str(&sealed), &opened) == OK);
	must(str_eq(buf_str(&opened), plain));
	must(field(KEYS_MSG_FIELD_OPEN, STR("row 2"), buf_str(&sealed), &nothing) == E_CORRUPT);
	oracle_flip(buf_str(&sealed), where * 2654435761u, &bent);
	must(field(KEYS_MSG_FIELD_OPEN, STR("row 1"), buf_str(&bent), &nothing) != OK && nothing.n == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str rest;
	uint8_t first = oracle_first(data, n, &rest);

	if (vault == NULL)
		set_up();
	if (first & 0x80)
		check_field(rest, n + first);
	else
		check_message((uint16_t)(KEYS_MSG_OK + first % (KEYS_MSG_END - KEYS_MSG_OK + 1)), rest);
	return 0;
}
