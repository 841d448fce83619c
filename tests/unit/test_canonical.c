#include "authd/policy/canonical.h"

#include "tests/unit/expect.h"

static void
expect_canonical(const char *json, const char *built, const char *sorted)
{
	CLEANUP(json_decrefp) json_t *v = json_loads(json, JSON_DECODE_ANY, NULL);
	CLEANUP(buf_clear) struct buf a = BUF(4096);
	CLEANUP(buf_clear) struct buf b = BUF(4096);

	EXPECT_OK(canonical_put(&a, v, CANONICAL_AS_BUILT));
	EXPECT_OK(canonical_put(&b, v, CANONICAL_SORTED));
	EXPECT_BUF(built, &a);
	EXPECT_BUF(sorted, &b);
}

Test(canonical, canonical_json_has_one_spelling)
{
	expect_canonical("{ \"b\" : [ 1, -2, true, false, null ], \"a\": { } }",
			 "{\"b\":[1,-2,true,false,null],\"a\":{}}", "{\"a\":{},\"b\":[1,-2,true,false,null]}");
	expect_canonical("\"\\u0416\\/\\\"\\\\\\n\\t\\b\\f\\r\\u001f\\u007f\"",
			 "\"Ж/\\\"\\\\\\n\\t\\b\\f\\r\\u001f\x7f\"", "\"Ж/\\\"\\\\\\n\\t\\b\\f\\r\\u001f\x7f\"");
	expect_canonical("[]", "[]", "[]");
}

Test(canonical, a_fraction_or_too_much_depth_has_no_canonical_spelling)
{
	CLEANUP(json_decrefp) json_t *fraction = json_pack("[f]", 1.5);
	CLEANUP(json_decrefp) json_t *deep = json_array();
	CLEANUP(buf_clear) struct buf out = BUF(4096);

	for (int i = 0; i < CANONICAL_DEPTH_MOST + 1; i++) {
		json_t *outer = json_array();

		json_array_append_new(outer, deep);
		deep = outer;
	}
	EXPECT_STATUS(E_INVALID, canonical_put(&out, fraction, CANONICAL_AS_BUILT));
	EXPECT_STATUS(E_INVALID, canonical_put(&out, deep, CANONICAL_SORTED));
	EXPECT_STATUS(E_INVALID, canonical_put(&out, NULL, CANONICAL_SORTED));
}
