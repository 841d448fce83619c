/*
 * fuzz_gate.c: the gate before every signature, with a good receipt over any entry. First byte: the use; then u16
 * length of what follows "id" in the fragment; then that, then the claims. The entry's id is a fresh one, put before.
 *
 * Claims that get through repeat the entry, to a second reader too: its id, its service, our issuer, a short life.
 */
#include <jansson.h>

#include "auditlog/base/clock.h"
#include "auditlog/core/entry.h"
#include "authd/keys/sign_gate.h"
#include "tests/fuzz/oracle.h"

#define ISSUER "https://id.example.org"
#define ID     "0190f3b2-7c1e-7d43-9a55-000000000001"
/* The millisecond in that id. */
#define BORN_US (INT64_C(0x0190f3b27c1e) * 1000)

static const char *
text(const json_t *claims, const char *name)
{
	const char *s = json_string_value(json_object_get(claims, name));

	return s != NULL ? s : "";
}

static void
check_accepted(enum keys_use use, struct str fragment, struct str claims)
{
	static struct entry e;
	json_t *second = json_loadb(claims.p, claims.n, JSON_REJECT_DUPLICATES, NULL);
	bool by_client = use == KEYS_TICKET || use == KEYS_ACCESS_TOKEN || use == KEYS_ACCESS_TOKEN_RS256 ||
			 use == KEYS_ACCESS_TOKEN_PS256;
	json_int_t life;

	must(second != NULL && entry_check_fragment(fragment, &e) == OK && e.decision != ENTRY_REFUSE);
	must(use != KEYS_TICKET || (e.event == ENTRY_ACCESS_DECIDED && e.decision == ENTRY_PERMIT));
	must(strcmp(text(second, "jti"), ID) == 0 && strcmp(text(second, "iss"), ISSUER) == 0);
	must(str_is(e.by.service, text(second, by_client ? "client_id" : "aud")));
	life = json_integer_value(json_object_get(second, "exp")) - json_integer_value(json_object_get(second, "iat"));
	must(life > 0 && life <= 3600);
	json_decref(second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct receipt_key *key;
	CLEANUP(buf_clear) struct buf fragment = BUF(ENTRY_FRAGMENT_MAX);
	struct sign_gate *gate = NULL;
	struct sign_request req = { 0 };
	struct hash hash;
	const char *why = NULL;
	struct str in, more;
	uint16_t length = 0;
	enum jwk_alg alg;

	req.use = (enum keys_use)(oracle_first(data, n, &in) % (KEYS_USES_END + 1));
	if (buf_get_u16(&in, &length) != OK)
		return 0;
	if (key == NULL)
		must(receipt_key_of(STR("0123456789abcdef0123456789abcdef"), &key) == OK);
	more = str_slice(in, 0, length);
	req.claims = str_slice(in, length, in.n);
	buf_put_cstr(&fragment, "\"id\":\"" ID "\"");
	buf_put(&fragment, more);
	if (buf_status(&fragment) != OK)
		return 0;
	req.fragment = buf_str(&fragment);
	hash = hash_sha256(req.fragment);
	req.receipt.index = 41;
	receipt_mac(key, req.receipt.index, &req.receipt.leaf, &hash, req.receipt.mac);
	must(sign_gate_new(ISSUER, BORN_US - SECOND_US, 16, &gate) == OK);
	if (sign_gate_check(gate, key, &req, BORN_US + SECOND_US, SECOND_US, &why) == OK) {
		must(sign_gate_type(req.use, &alg) != NULL);
		check_accepted(req.use, req.fragment, req.claims);
		req.receipt.mac[n % RECEIPT_MAC_LEN] ^= 1;
		must(sign_gate_check(gate, key, &req, BORN_US + SECOND_US, SECOND_US, &why) == E_DENIED);
	} else {
		must(why != NULL);
	}
	sign_gate_free(gate);
	return 0;
}
