/*
 * fuzz_dpop.c: DPoP proofs and the addresses in them. The first byte says what the rest is: an address, a proof, or
 * claims that are signed here under a good header.
 *
 * An address has one spelling, which is its own. A proof that nobody signed is refused with a reason; one that is taken
 * says, to a second reader too, exactly the method, the address and a time that were asked for.
 */
#include <jansson.h>

#include "auditlog/base/clock.h"
#include "authd/oauth/dpop_proof.h"
#include "authd/oauth/htu.h"
#include "tests/fuzz/oracle_jose.h"

#define NOW_S   INT64_C(1800000000)
#define ADDRESS "https://id.example.org/oauth2/token"

static void
check_address(struct str uri)
{
	CLEANUP(buf_clear) struct buf once = BUF(HTU_MOST), twice = BUF(HTU_MOST);

	if (htu_normal(uri, &once) != OK) {
		must(!htu_same(uri, uri));
		return;
	}
	must(htu_normal(buf_str(&once), &twice) == OK && str_eq(buf_str(&once), buf_str(&twice)));
	must(htu_same(uri, buf_str(&once)) && htu_same(buf_str(&once), uri));
	must(str_find_char(buf_str(&once), '#') == once.n && str_find_char(buf_str(&once), '?') == once.n);
	must(str_starts(buf_str(&once), STR("https://")) || str_starts(buf_str(&once), STR("http://")));
}

static enum status
offer(struct str proof, struct dpop_proof *out)
{
	const struct dpop_proof_asked asked = { .method = "POST", .uri = STR(ADDRESS), .now_us = NOW_S * SECOND_US };
	const char *why = NULL;
	enum status st = dpop_proof_check(proof, &asked, out, &why);

	must(st == OK || (st == E_INVALID && why != NULL && why[0] != '\0'));
	return st;
}

static void
check_signed(struct str claims)
{
	static struct jwk *key;
	CLEANUP(buf_clear) struct buf header = BUF(2048), proof = BUF((size_t)1 << 20);
	struct dpop_proof p = { 0 };
	json_t *second;
	int64_t iat;

	if (key == NULL)
		must(jwk_from_pkey(oracle_jose_key(), JWK_ES256, &key) == OK);
	buf_put_cstr(&header, "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":");
	jwk_export(key, &header);
	buf_put_char(&header, '}');
	oracle_jose_sign(buf_str(&header), claims, &proof);
	if (buf_status(&proof) != OK || offer(buf_str(&proof), &p) != OK)
		return;
	must(cnf_is_jkt(&p.cnf, jwk_thumbprint(key)));
	second = json_loadb(claims.p, claims.n, JSON_REJECT_DUPLICATES, NULL);
	must(second != NULL && str_is(str_of(json_string_value(json_object_get(second, "htm"))), "POST"));
	must(htu_same(str_of(json_string_value(json_object_get(second, "htu"))), STR(ADDRESS)));
	must(str_is(str_of(json_string_value(json_object_get(second, "jti"))), p.jti) && p.jti[0] != '\0');
	iat = (int64_t)json_number_value(json_object_get(second, "iat"));
	must(iat >= NOW_S - 60 && iat <= NOW_S + 10);
	json_decref(second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dpop_proof p = { 0 };
	struct str rest;

	switch (oracle_first(data, n, &rest) % 3) {
	case 0:
		check_address(rest);
		break;
	case 1:
		must(offer(rest, &p) != OK);
		break;
	default:
		check_signed(rest);
	}
	return 0;
}
