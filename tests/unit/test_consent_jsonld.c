#include "authd/consent/consent_jsonld.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/expect.h"

#define ISSUER STR("https://h.example")

/* As small as a record can be and still be said; what it says is tried whole in system/test_records.mjs. */
static json_t *
record(void)
{
	json_t *made = json_loads(
	    "{\"schema\":\"https://h.example/schemas/consent-record/1\",\"conforms_to\":[\"urn:ru:152-fz:9.4\"],"
	    "\"record_id\":\"0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a\",\"code\":\"0000-0000-00\",\"state\":\"given\","
	    "\"jurisdiction\":\"RU\",\"subject\":{\"id\":\"sub_1\",\"kind\":\"child\"},"
	    "\"given_by\":{\"who\":\"representative\",\"party\":\"sub_2\",\"authority\":{\"type\":\"parent\","
	    "\"issued\":\"2026-02-01\",\"valid_until\":\"2029-02-01\",\"verified_by\":\"org_a\"}},"
	    "\"assisted\":{\"channel\":\"office\",\"operator\":\"opr_1\",\"organisation\":\"org_a\","
	    "\"confirmation\":\"paper\",\"confirmed_at\":\"2026-11-20T10:00:00Z\",\"second_operator\":\"opr_2\","
	    "\"paper\":{\"number\":\"7-2026\",\"date\":\"2026-11-20\"}},"
	    "\"notice\":{\"id\":\"n\",\"version\":1,\"lang\":\"ru\",\"url\":\"https://h.example/notices/n/1/ru\"},"
	    "\"purpose\":{\"code\":\"check\",\"version\":1,\"title\":{\"ru\":\"Ц\",\"en\":\"P\"}},"
	    "\"legal_basis\":{\"ref\":\"152-FZ\"},\"data\":[{\"category\":\"income\",\"required\":true}],"
	    "\"actions\":[\"read\"],\"controller\":{\"id\":\"org_a\",\"name\":\"А\"},"
	    "\"storage\":{\"location\":[\"RU\",\"on paper\"]},\"events\":[{\"seq\":1,\"state\":\"given\","
	    "\"at\":\"2026-11-20T10:00:00Z\",\"by\":\"sub_2\"}]}",
	    JSON_REJECT_DUPLICATES, NULL);

	cr_assert_not_null(made);
	return made;
}

static json_t *
at(json_t *from, const char *a, const char *b)
{
	from = json_object_get(from, a);
	return b == NULL ? from : json_object_get(from, b);
}

static const char *
text(const json_t *v)
{
	return json_is_string(v) ? json_string_value(v) : "";
}

Test(consent_jsonld, whoever_acts_for_somebody_and_whoever_helped_are_said)
{
	CLEANUP(json_decrefp) json_t *r = record(), *out = NULL;

	EXPECT_OK(consent_jsonld_record(r, ISSUER, &out));
	cr_assert_str_eq(text(at(out, "dpv:hasRepresentative", "dct:identifier")), "sub_2");
	cr_assert_str_eq(text(at(at(out, "dpv:hasRepresentative", "dpv:hasJustification"), "dct:type", NULL)),
			 "parent");
	cr_assert_str_eq(text(at(out, "dct:provenance", "dct:contributor")), "opr_2");
	cr_assert_str_eq(text(at(at(out, "dct:provenance", "dct:source"), "dct:identifier", NULL)), "7-2026");
	cr_assert_str_eq(text(json_array_get(at(out, "dpv:hasDataSubject", "@type"), 1)), "dpv:Child");
}

Test(consent_jsonld, the_context_says_prefixes_and_nothing_that_would_have_to_be_fetched)
{
	CLEANUP(json_decrefp) json_t *r = record(), *out = NULL;
	const char *name;
	json_t *value;

	EXPECT_OK(consent_jsonld_record(r, ISSUER, &out));
	cr_assert_eq(json_object_size(at(out, "@context", NULL)), 9);
	json_object_foreach(at(out, "@context", NULL), name, value)
	    cr_expect(json_is_string(value) && strchr("#/", text(value)[strlen(text(value)) - 1]) != NULL, "%s", name);
}

Test(consent_jsonld, a_place_without_a_code_is_a_name_and_no_address)
{
	CLEANUP(json_decrefp) json_t *r = record(), *out = NULL;
	json_t *places;

	EXPECT_OK(consent_jsonld_record(r, ISSUER, &out));
	places = at(json_array_get(at(out, "dpv:hasProcess", "dpv:hasStorageCondition"), 0), "dpv:hasLocation", NULL);
	cr_assert_str_eq(text(at(json_array_get(places, 0), "@id", NULL)), "loc:RU");
	cr_assert_str_eq(text(at(json_array_get(places, 1), "dct:title", NULL)), "on paper");
	cr_assert_null(at(json_array_get(places, 1), "@id", NULL));
}

/* Where an address is expected nothing else is taken, and what is text never becomes a node. */
static const struct {
	const char *object, *member, *json;
} hostile[] = {
	{ "notice", "url", "\"javascript:alert(1)\"" },
	{ "notice", "url", "{\"@id\":\"https://evil.example\"}" },
	{ "purpose", "dpv", "\"dpv:Evil\"" },
	{ "purpose", "title", "{\"@value\":\"x\",\"@type\":\"@id\"}" },
	{ "purpose", "code", "{\"@id\":\"https://evil.example\"}" },
	{ "purpose", "code", "[\"a\"]" },
	{ "controller", "address", "{\"@context\":\"https://evil.example\"}" },
	{ NULL, "record_id", "\"../../evil\"" },
	{ NULL, "renews", "\"https://evil.example\"" },
	{ NULL, "schema", "\"@type\"" },
	{ NULL, "actions", "[\"dpv:Erase\"]" },
	{ NULL, "conforms_to", "[{\"@id\":\"x\"}]" },
	{ NULL, "events", "[{\"seq\":1,\"state\":\"@id\"}]" },
	{ NULL, "code", "null" },
};

Test(consent_jsonld, what_has_not_its_shape_is_refused)
{
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		CLEANUP(json_decrefp) json_t *r = record(), *out = NULL;
		json_t *object = hostile[i].object != NULL ? json_object_get(r, hostile[i].object) : r;

		json_object_set_new(object, hostile[i].member, json_loads(hostile[i].json, JSON_DECODE_ANY, NULL));
		if (strcmp(hostile[i].json, "null") == 0)
			json_object_del(object, hostile[i].member);
		cr_expect_eq(consent_jsonld_record(r, ISSUER, &out), E_INVALID, "%s as %s", hostile[i].member,
			     hostile[i].json);
		cr_expect_null(out);
	}
}

Test(consent_jsonld, members_that_nobody_knows_do_not_leave)
{
	CLEANUP(json_decrefp) json_t *r = record(), *out = NULL;
	CLEANUP(freep) char *dump = NULL;

	json_object_set_new(r, "@id", json_string("https://evil.example"));
	json_object_set_new(json_object_get(r, "purpose"), "@type", json_string("evil"));
	json_object_set_new(json_object_get(r, "controller"), "evil:name", json_string("x"));
	EXPECT_OK(consent_jsonld_record(r, ISSUER, &out));
	dump = json_dumps(out, 0);
	cr_assert_null(strstr(dump, "evil"));
}
