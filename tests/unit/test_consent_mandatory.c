/* The validator: every mandatory member, in every way in which it can be missing. */
#include "tests/unit/consent_fixture.h"

/*
 * All that ISO/IEC TS 27560:2023 (6.3.3 to 6.3.7) and 152-FZ 9(4) want, written down a second time: this list and the
 * tables of consent_check.c must name the same. `by` is what the refusal must say besides the path.
 */
static const struct mandatory {
	const char *path;
	const char *by;
} of_record[] = {
	{ "schema", "27560" },
	{ "conforms_to", "27560" },
	{ "record_id", "27560" },
	{ "code", "receipt" },
	{ "state", "6.3.7.6" },
	{ "jurisdiction", "6.3.4.16" },
	{ "subject.id", "27560" },
	{ "subject.kind", "person" },
	{ "subject.sealed_identity.alg", "item 1)" },
	{ "subject.sealed_identity.kid", "item 1)" },
	{ "subject.sealed_identity.sha256", "item 1)" },
	{ "given_by.who", "6.3.7.3" },
	{ "given_by.party", "6.3.7.3" },
	{ "notice.id", "6.3.4.1" },
	{ "notice.version", "6.3.4.1" },
	{ "notice.lang", "6.3.4.2" },
	{ "notice.sha256", "6.3.4.1" },
	{ "notice.url", "6.3.4.1" },
	{ "purpose.code", "6.3.4.3" },
	{ "purpose.version", "6.3.4.3" },
	{ "purpose.activity", "6.3.4.3" },
	{ "purpose.dpv", "6.3.4.4" },
	{ "purpose.title", "item 4)" },
	{ "purpose.title.ru", "item 4)" },
	{ "purpose.title.en", "item 4)" },
	{ "legal_basis.type", "6.3.4.6" },
	{ "legal_basis.ref", "6.3.4.6" },
	{ "data", "item 5)" },
	{ "data[].category", "item 5)" },
	{ "data[].dpv", "6.3.5.1" },
	{ "data[].title", "item 5)" },
	{ "data[].required", "6.3.5.3" },
	{ "data[].special", "6.3.5.5" },
	{ "actions", "item 7)" },
	{ "methods.automated", "item 7)" },
	{ "methods.sole_automated_decision", "item 7)" },
	{ "recipients", "6.3.4.17" },
	{ "recipients[].service", "6.3.4.17" },
	{ "recipients[].organisation", "6.3.4.17" },
	{ "recipients[].name", "6.3.4.17" },
	{ "providers", "6.3.4.9" },
	{ "controller.id", "6.3.4.8" },
	{ "controller.name", "item 3)" },
	{ "controller.address", "item 3)" },
	{ "controller.contact", "6.3.6.8" },
	{ "processors", "item 6)" },
	{ "processors[].id", "item 6)" },
	{ "processors[].name", "item 6)" },
	{ "processors[].address", "item 6)" },
	{ "limits.mode", "6.3.4.10" },
	{ "limits.fetch", "6.3.4.10" },
	{ "limits.data_life", "6.3.4.12" },
	{ "storage.location", "6.3.4.11" },
	{ "storage.retention", "6.3.4.12" },
	{ "validity.from", "item 8)" },
	{ "validity.until", "item 8)" },
	{ "withdrawal.methods", "item 8)" },
	{ "withdrawal.effect", "item 8)" },
	{ "withdrawal.destroy_within", "item 8)" },
	{ "rights.access", "6.3.4.19" },
	{ "rights.question", "6.3.4.19" },
	{ "rights.authority", "6.3.4.22" },
	{ "events", "6.3.7" },
	{ "events[].seq", "6.3.7" },
	{ "events[].state", "6.3.7.6" },
	{ "events[].at", "6.3.7.1" },
	{ "events[].by", "6.3.7.3" },
	{ "events[].log.index", "log" },
	{ "events[].log.leaf", "log" },
};

static const struct mandatory of_representative[] = {
	{ "given_by.authority.type", "item 2)" },
	{ "given_by.authority.issued", "item 2)" },
	{ "given_by.authority.valid_until", "item 2)" },
	{ "given_by.authority.verified_by", "item 2)" },
};

static const struct mandatory of_assistance[] = {
	{ "assisted.channel", "assisted" },      { "assisted.operator", "assisted" },
	{ "assisted.organisation", "assisted" }, { "assisted.confirmation", "assisted" },
	{ "assisted.confirmed_at", "assisted" },
};

static const struct mandatory of_identity[] = {
	{ "name", "item 1)" },
	{ "address", "item 1)" },
	{ "document.type", "item 1)" },
	{ "document.number", "item 1)" },
	{ "document.issued", "item 1)" },
	{ "document.issuer", "item 1)" },
};

static const struct mandatory of_representative_identity[] = {
	{ "representative.name", "item 2)" },
	{ "representative.address", "item 2)" },
	{ "representative.document.type", "item 2)" },
	{ "representative.document.number", "item 2)" },
	{ "representative.document.issued", "item 2)" },
	{ "representative.document.issuer", "item 2)" },
	{ "representative.authority.type", "item 2)" },
	{ "representative.authority.document", "item 2)" },
};

/* The object that has the last member of the path; a list's first item stands for all. *last gets the member's name. */
static json_t *
holder_of(json_t *root, const char *path, char last[64])
{
	struct str rest = str_of(path), step;

	while (str_next(&rest, '.', &step)) {
		bool each = str_ends(step, STR("[]"));
		struct str key = each ? str_slice(step, 0, step.n - 2) : step;

		if (rest.p == NULL) {
			snprintf(last, 64, "%.*s", STR_ARG(key));
			return root;
		}
		root = json_object_getn(root, key.p, key.n);
		root = each ? json_array_get(root, 0) : root;
	}
	return NULL;
}

/* Nothing, null, empty, and every wrong type: none of them is good for any member. */
static const char *const no_values[] = { NULL, "null", "\"\"", "\"  \"", "-1", "1.5", "{}", "[1]" };

/* The whole path, or the table's row that answers for it: purpose.title.ru is judged as purpose.title. */
static bool
names_path(struct str why, const char *path)
{
	char row[128];
	size_t n = strlen(path);

	snprintf(row, sizeof(row), "%s", path);
	if (n > 3 && (strcmp(path + n - 3, ".ru") == 0 || strcmp(path + n - 3, ".en") == 0))
		row[n - 3] = '\0';
	return str_find(why, str_of(row)) < why.n;
}

static void
spoil(struct fixture *f, json_t *root, const struct mandatory *m, const char *value)
{
	CLEANUP(buf_clear) struct buf why = BUF(1 << 16);
	char last[64] = "";
	json_t *holder = holder_of(root, m->path, last);
	CLEANUP(json_decrefp) json_t *was = json_incref(json_object_get(holder, last));

	cr_assert_not_null(was, "%s is not in the record", m->path);
	if (value == NULL)
		json_object_del(holder, last);
	else
		json_object_set_new(holder, last, json_loads(value, JSON_DECODE_ANY, NULL));
	cr_expect_eq(validate(f, CONSENT_STAGE_EFFECTIVE, &why), E_INVALID, "%s as %s passes", m->path,
		     value != NULL ? value : "nothing");
	cr_expect(names_path(buf_str(&why), m->path), "%s: %.*s", m->path, STR_ARG(buf_str(&why)));
	cr_expect(str_find(buf_str(&why), str_of(m->by)) < why.n, "%s by %s: %.*s", m->path, m->by,
		  STR_ARG(buf_str(&why)));
	json_object_set(holder, last, was);
}

static void
spoil_all(struct fixture *f, json_t *root, const struct mandatory *list, size_t n)
{
	CLEANUP(buf_clear) struct buf why = BUF(1 << 16);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < ARRAY_LEN(no_values); k++)
			spoil(f, root, &list[i], no_values[k]);
	/* Nothing else refuses: as it was, it is good. */
	cr_assert_eq(validate(f, CONSENT_STAGE_EFFECTIVE, &why), OK, "%.*s", STR_ARG(buf_str(&why)));
}

Test(consent_mandatory, every_mandatory_member_of_iso_27560_and_152_fz_is_demanded)
{
	CLEANUP(drop) struct fixture f = given(false);

	spoil_all(&f, f.record, of_record, ARRAY_LEN(of_record));
}

Test(consent_mandatory, every_mandatory_member_is_demanded_of_a_representative_too)
{
	CLEANUP(drop) struct fixture f = given(true);

	spoil_all(&f, f.record, of_record, ARRAY_LEN(of_record));
	spoil_all(&f, f.record, of_representative, ARRAY_LEN(of_representative));
}

static struct fixture
given_with_help(void)
{
	struct fixture f = on_paper();
	struct hash leaf = hash_leaf(STR("x"));

	event(&f, CONSENT_REQUESTED, FROM - SECOND_US);
	event(&f, CONSENT_GIVEN, FROM);
	EXPECT_OK(consent_record_set_log(f.record, 1, 100, &leaf));
	EXPECT_OK(consent_record_set_log(f.record, 2, 101, &leaf));
	return f;
}

Test(consent_mandatory, every_mandatory_member_is_demanded_of_help_at_a_desk)
{
	CLEANUP(drop) struct fixture f = given_with_help();

	spoil_all(&f, f.record, of_record, ARRAY_LEN(of_record));
	spoil_all(&f, f.record, of_assistance, ARRAY_LEN(of_assistance));
}

/* Sealed again each time, so that it is the missing item that refuses and not the hash. */
static void
spoil_identity(const struct mandatory *m, const char *value, bool represented)
{
	CLEANUP(drop) struct fixture f = asked(represented);
	CLEANUP(buf_clear) struct buf why = BUF(1 << 16);
	struct hash leaf = hash_leaf(STR("x"));
	char last[64] = "";
	json_t *holder = holder_of(f.identity, m->path, last);

	if (value == NULL)
		json_object_del(holder, last);
	else
		json_object_set_new(holder, last, json_loads(value, JSON_DECODE_ANY, NULL));
	build(&f);
	event(&f, CONSENT_REQUESTED, FROM - SECOND_US);
	event(&f, CONSENT_GIVEN, FROM);
	EXPECT_OK(consent_record_set_log(f.record, 1, 100, &leaf));
	EXPECT_OK(consent_record_set_log(f.record, 2, 101, &leaf));
	cr_expect_eq(validate(&f, CONSENT_STAGE_EFFECTIVE, &why), E_INVALID, "%s as %s passes", m->path,
		     value != NULL ? value : "nothing");
	cr_expect(names_path(buf_str(&why), m->path) && str_find(buf_str(&why), str_of(m->by)) < why.n, "%s: %.*s",
		  m->path, STR_ARG(buf_str(&why)));
	cr_expect_eq(str_find(buf_str(&why), STR("not the hash")), why.n, "only the item refuses");
}

Test(consent_mandatory, every_item_of_the_particulars_is_demanded)
{
	static const char *const values[] = { NULL, "null", "\"\"", "\"  \"", "-1", "{}", "[1]" };

	for (size_t k = 0; k < ARRAY_LEN(values); k++) {
		for (size_t i = 0; i < ARRAY_LEN(of_identity); i++) {
			spoil_identity(&of_identity[i], values[k], false);
			spoil_identity(&of_identity[i], values[k], true);
		}
		for (size_t i = 0; i < ARRAY_LEN(of_representative_identity); i++)
			spoil_identity(&of_representative_identity[i], values[k], true);
	}
}
