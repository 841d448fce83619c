/* The validator: nothing mandatory may be missing, and nothing may be wrong. */
#include "tests/unit/consent_fixture.h"

/* Every leaf of the record that may be absent, and nothing else. */
static const char *const optional_members[] = {
	"data[].x",
	"limits.frequency",
	"limits.data_range",
	"providers[]",
	"controller.name_en",
	"recipients[].name_en",
	"processors[].name_en",
	"processors[].contact",
	"legal_basis.dpv",
	"events[].acr",
	"events[].method", /* of the request; that of the signature is tried on its own */
	"given_by.authority.sealed",
	"processors[]",
	"conforms_to[]",
};

static bool
is_optional(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(optional_members); i++) {
		if (strncmp(path, optional_members[i], strlen(optional_members[i])) == 0)
			return true;
	}
	return false;
}

/* Takes every member at or below value out, one at a time, and demands that the validator notices. */
static void
remove_each(const struct fixture *f, json_t *value, const char *path, unsigned *tried)
{
	char keys[32][64];
	const char *key = NULL;
	json_t *child = NULL;
	char inner[256];
	size_t n = 0;

	snprintf(inner, sizeof(inner), "%s[]", path);
	if (json_is_array(value)) {
		remove_each(f, json_array_get(value, 0), inner, tried);
		return;
	}
	/* The names first: taking out and putting back changes what is walked over. */
	json_object_foreach(value, key, child) snprintf(keys[n++], sizeof(keys[0]), "%s", key);
	for (size_t i = 0; i < n; i++) {
		CLEANUP(json_decrefp) json_t *gone = json_incref(json_object_get(value, keys[i]));
		CLEANUP(buf_clear) struct buf why = BUF(1 << 16);

		snprintf(inner, sizeof(inner), "%s%s%s", path, path[0] != '\0' ? "." : "", keys[i]);
		if (is_optional(inner))
			continue;
		json_object_del(value, keys[i]);
		cr_expect_eq(validate(f, CONSENT_STAGE_EFFECTIVE, &why), E_INVALID, "without %s it passes", inner);
		cr_expect_gt(why.n, 0);
		json_object_set(value, keys[i], gone);
		++*tried;
		remove_each(f, gone, inner, tried);
	}
}

Test(consent_check, a_record_without_any_mandatory_member_is_refused)
{
	CLEANUP(drop) struct fixture f = given(true);
	unsigned tried = 0;

	remove_each(&f, f.record, "", &tried);
	cr_assert_geq(tried, 70, "%u", tried);
}

Test(consent_check, an_identity_without_any_mandatory_member_is_refused)
{
	static const char *const paths[] = { "name", "address", "document", "representative" };
	CLEANUP(drop) struct fixture f = given(true);

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		CLEANUP(json_decrefp) json_t *lacking = json_deep_copy(f.identity);
		CLEANUP(buf_clear) struct buf why = BUF(1 << 16);

		json_object_del(lacking, paths[i]);
		EXPECT_STATUS(E_INVALID, consent_record_validate(f.record, lacking, CONSENT_STAGE_EFFECTIVE, &why));
		cr_assert(str_find(buf_str(&why), STR("152-FZ 9(4) item")) < why.n);
	}
}

/* One value of the wrong kind or content; says is what the validator must answer. */
static const struct {
	const char *object, *member, *json, *says;
} wrong[] = {
	{ NULL, "record_id", "\"42\"", "record_id:" },
	{ NULL, "code", "\"7F3A-19C2-K8\"", "code:" },
	{ NULL, "schema", "\"ftp://x\"", "schema:" },
	{ NULL, "jurisdiction", "\"  \"", "jurisdiction:" },
	{ NULL, "state", "\"withdrawn\"", "state: is not that of the newest event" },
	{ NULL, "data", "[]", "data:" },
	{ NULL, "data", "{}", "data:" },
	{ NULL, "data", "[1]", "data:" },
	{ NULL, "actions", "[\"read\",\"\"]", "actions: missing or of the wrong shape (152-FZ 9(4) item 7)" },
	{ NULL, "recipients", "[]", "recipients:" },
	{ NULL, "recipients", "[{\"service\":\"svc_a\",\"organisation\":\"org_x\",\"name\":\"Икс\",\"name_en\":\"X\"}]",
	  "recipients: an organisation is not among the controllers (152-FZ 9(4) item 3)" },
	{ NULL, "recipients",
	  "[{\"service\":\"svc_a\",\"organisation\":\"org_x\",\"name\":\"Икс\"},"
	  "{\"service\":\"svc_a\",\"organisation\":\"org_x\",\"name\":\"Икс\"}]",
	  "recipients: a service stands here twice" },
	{ NULL, "recipients",
	  "[{\"service\":\"svc_a\",\"organisation\":\"org_a\",\"name\":\"А\"},"
	  "{\"service\":\"svc_b\",\"organisation\":\"org_a\",\"name\":\"А\"}]",
	  "recipients[].title: missing where there are several" },
	{ NULL, "recipients", "[1,2,3,4,5,6,7,8,9]", "recipients: more than 8" },
	{ NULL, "other_controllers", "[{\"id\":\"org_x\",\"name\":\"Икс\",\"contact\":\"+7\"}]",
	  "other_controllers[].address: missing or of the wrong shape (152-FZ 9(4) item 3)" },
	{ NULL, "processors", "null", "processors: missing or of the wrong shape (152-FZ 9(4) item 6)" },
	{ NULL, "events", "[]", "events: no signature of whoever gives the consent (152-FZ 9(4) item 9)" },
	{ "purpose", "title", "{\"ru\":\"Цель\"}",
	  "purpose.title: missing or of the wrong shape (152-FZ 9(4) item 4)" },
	{ "purpose", "version", "0", "purpose.version:" },
	{ "notice", "sha256", "\"abc\"", "notice.sha256:" },
	{ "notice", "version", "\"1\"", "notice.version:" },
	{ "legal_basis", "type", "\"contract\"", "legal_basis.type:" },
	{ "controller", "name", "\"\"", "controller.name: missing or of the wrong shape (152-FZ 9(4) item 3)" },
	{ "given_by", "who", "\"neighbour\"", "given_by.who:" },
	{ "given_by", "party", "\"sub_9\"", "given_by.party: does not fit given_by.who (152-FZ 9(4) item 2)" },
	{ "given_by", "party", "\"sub_9\"", "events: no signature" },
	{ "methods", "automated", "\"yes\"", "methods.automated:" },
	{ "validity", "until", "\"2026-11-30T00:53:20Z\"", "validity.until: is not after" },
	{ "validity", "until", "\"2026-12-30\"", "validity.until: missing or of the wrong shape (152-FZ 9(4) item 8)" },
	{ "validity", "until", "\"next year\"", "validity.until:" },
	{ "withdrawal", "destroy_within", "\"P31D\"", "withdrawal.destroy_within: is longer than thirty days" },
	{ "withdrawal", "destroy_within", "\"P0D\"", "withdrawal.destroy_within:" },
	{ "withdrawal", "methods", "[]", "withdrawal.methods:" },
	{ "storage", "retention", "\"long\"", "storage.retention:" },
	{ "storage", "location", "[1]", "storage.location:" },
	{ "rights", "access", "\"javascript:alert(1)\"", "rights.access:" },
};

Test(consent_check, a_wrong_value_is_refused_and_named)
{
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CLEANUP(drop) struct fixture f = given(false);
		CLEANUP(buf_clear) struct buf why = BUF(1 << 16);
		json_t *object = wrong[i].object != NULL ? json_object_get(f.record, wrong[i].object) : f.record;

		json_object_set_new(object, wrong[i].member, json_loads(wrong[i].json, JSON_DECODE_ANY, NULL));
		cr_expect_eq(validate(&f, CONSENT_STAGE_EFFECTIVE, &why), E_INVALID, "%s %s passes", wrong[i].member,
			     wrong[i].json);
		cr_expect(str_find(buf_str(&why), str_of(wrong[i].says)) < why.n, "%s: %.*s", wrong[i].says,
			  STR_ARG(buf_str(&why)));
	}
}

Test(consent_check, the_identity_that_was_opened_must_be_the_one_that_was_sealed)
{
	CLEANUP(drop) struct fixture f = given(false);
	CLEANUP(buf_clear) struct buf why = BUF(1 << 16);

	json_object_set_new(f.identity, "name", json_string("Другая Мария"));
	EXPECT_STATUS(E_INVALID, validate(&f, CONSENT_STAGE_EFFECTIVE, &why));
	cr_assert(str_find(buf_str(&why), STR("not the hash of the identity")) < why.n);
	buf_reset(&why);
	EXPECT_STATUS(E_INVALID, consent_record_validate(f.record, NULL, CONSENT_STAGE_EFFECTIVE, &why));
	cr_assert(str_find(buf_str(&why), STR("name: missing")) < why.n);
}

Test(consent_check, what_is_said_about_a_fault_holds_no_personal_data)
{
	CLEANUP(drop) struct fixture f = given(true);
	CLEANUP(buf_clear) struct buf why = BUF(1 << 16);

	json_object_del(f.identity, "address");
	EXPECT_STATUS(E_INVALID, validate(&f, CONSENT_STAGE_EFFECTIVE, &why));
	cr_assert_eq(str_find(buf_str(&why), STR("Иванов")), why.n);
	cr_assert_eq(str_find(buf_str(&why), STR("4000")), why.n);
}

Test(consent_check, the_record_itself_holds_no_particulars)
{
	CLEANUP(drop) struct fixture f = given(true);
	CLEANUP(buf_clear) struct buf text = BUF(1 << 16);

	EXPECT_OK(consent_record_put(f.record, &text));
	cr_assert_eq(str_find(buf_str(&text), STR("Иванов")), text.n);
	cr_assert_eq(str_find(buf_str(&text), STR("4000")), text.n);
	cr_assert_eq(str_find(buf_str(&text), STR("приказ")), text.n);
}

Test(consent_check, nothing_at_all_is_refused_without_a_fall)
{
	CLEANUP(buf_clear) struct buf why = BUF(1 << 16);
	CLEANUP(json_decrefp) json_t *empty = json_object();
	CLEANUP(json_decrefp) json_t *list = json_array();

	EXPECT_STATUS(E_INVALID, consent_record_validate(empty, empty, CONSENT_STAGE_ASKED, &why));
	EXPECT_STATUS(E_INVALID, consent_record_validate(list, list, CONSENT_STAGE_EFFECTIVE, &why));
	EXPECT_STATUS(E_INVALID, consent_record_validate(NULL, NULL, CONSENT_STAGE_EFFECTIVE, &why));
}

Test(consent_check, a_record_over_32_kib_is_refused)
{
	CLEANUP(drop) struct fixture f = given(false);
	CLEANUP(buf_clear) struct buf why = BUF(1 << 16);
	CLEANUP(buf_clear) struct buf out = BUF(1 << 20);
	char *much = calloc(1, CONSENT_RECORD_MOST + 1);

	memset(much, 'x', CONSENT_RECORD_MOST);
	json_object_set_new(f.record, "extra", json_string(much));
	free(much);
	EXPECT_STATUS(E_TOO_LARGE, consent_record_put(f.record, &out));
	EXPECT_STATUS(E_INVALID, validate(&f, CONSENT_STAGE_EFFECTIVE, &why));
}
