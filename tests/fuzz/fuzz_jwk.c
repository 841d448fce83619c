/*
 * fuzz_jwk.c: keys and key sets as clients register and publish them.
 *
 * What is taken is public, can be written and read again with the same thumbprint, and is found by its name; nothing
 * that has a private member gets in.
 */
#include "authd/http/json.h"
#include "authd/jose/jwk_set.h"
#include "tests/fuzz/oracle.h"

static const char *const private_members[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };

static void
check_key(const struct jwk *k)
{
	CLEANUP(buf_clear) struct buf text = BUF((size_t)16 << 10);
	CLEANUP(json_decrefp) json_t *again = NULL;
	struct jwk *same = NULL;

	must(jwk_thumbprint(k).n == JWK_THUMBPRINT_LEN && jwk_algs(k) != 0 && jwk_kid(k).n <= JWK_KID_MAX);
	jwk_export(k, &text);
	must(buf_status(&text) == OK && json_read(buf_str(&text), text.n, &again, NULL) == OK);
	for (size_t i = 0; i < ARRAY_LEN(private_members); i++)
		must(json_object_get(again, private_members[i]) == NULL);
	must(jwk_import(again, &same) == OK && str_eq(jwk_thumbprint(same), jwk_thumbprint(k)));
	must(jwk_algs(same) == jwk_algs(k) && str_eq(jwk_kid(same), jwk_kid(k)));
	jwk_free(same);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(jwk_set_freep) struct jwk_set *set = NULL;
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct str text = str_from(data, n);
	struct jwk *k = NULL;

	if (json_read(text, JWK_SET_TEXT_MAX, &root, NULL) == OK && jwk_import(root, &k) == OK) {
		for (size_t i = 0; i < ARRAY_LEN(private_members); i++)
			must(json_object_get(root, private_members[i]) == NULL);
		check_key(k);
		jwk_free(k);
	}
	if (jwk_set_import(text, &set) != OK)
		return 0;
	must(jwk_set_count(set) <= JWK_SET_KEYS_MAX);
	for (size_t i = 0; i < jwk_set_count(set); i++) {
		const struct jwk *at = jwk_set_at(set, i);

		check_key(at);
		for (unsigned alg = JWK_ES256; alg <= JWK_EDDSA; alg *= 2)
			if (jwk_kid(at).n > 0 && (jwk_algs(at) & alg) != 0)
				must(jwk_set_find(set, jwk_kid(at), (enum jwk_alg)alg) == at);
	}
	return 0;
}
