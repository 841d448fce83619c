#include "authd/consent/consent.h"

#include "auditlog/core/hash.h"
#include "authd/consent/checkcode.h"
#include "authd/consent/consent_words.h"

#include "tests/unit/policy_maker.h"

#define FROM (INT64_C(1796000000) * SECOND_US)

/* A person, what they were asked, and the record that comes of it. */
struct fixture {
	struct policy *p;
	json_t *identity;
	char sha256[65];
	struct buf code;
	struct consent_terms terms;
	json_t *record;
};

static const struct str income[] = { STR_INIT("income") };

static json_t *
identity_of(bool represented)
{
	json_t *id = json_pack("{s:s,s:s,s:{s:s,s:s,s:s,s:s}}", "name", "Иванова Анна Петровна", "address",
			       "Санкт-Петербург, Примерная ул., 5", "document", "type", "паспорт", "number",
			       "4000 123456", "issued", "2015-03-02", "issuer", "ТП № 1");

	if (represented)
		json_object_set_new(id, "representative",
				    json_pack("{s:s,s:s,s:{s:s,s:s,s:s,s:s},s:{s:s,s:s}}", "name", "Иванов Пётр",
					      "address", "там же", "document", "type", "паспорт", "number",
					      "4000 654321", "issued", "2014-01-01", "issuer", "ТП № 2", "authority",
					      "type", "guardian", "document", "приказ № 7"));
	return id;
}

/* The hash lies in the fixture itself, so this is done where the fixture has its final place. */
static void
seal(struct fixture *f)
{
	CLEANUP(buf_clear) struct buf hex = BUF(128);
	struct hash h;

	EXPECT_OK(consent_identity_digest(f->identity, &h));
	hash_put_hex(&hex, &h);
	EXPECT_OK(buf_status(&hex));
	memcpy(f->sha256, hex.p, 64);
	f->terms.sealed = (struct consent_sealed){ STR("A256GCM"), STR("sk_1"), str_from(f->sha256, 64) };
}

static struct fixture
asked(bool represented)
{
	struct fixture f = { .p = policy_maker_policy(), .identity = identity_of(represented), .code = BUF(64) };

	checkcode_put(&f.code);
	f.terms = (struct consent_terms){
		.base_url = STR("https://localhost:8443"),
		.record_id = STR("0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a"),
		.code = buf_str(&f.code),
		.subject = STR("sub_1"),
		.subject_kind = STR("adult"),
		.by_representative = represented,
		.party = represented ? STR("sub_2") : STR("sub_1"),
		.authority = { STR("guardian"), STR("org_a"), FROM - 900 * DAY_US, FROM + 900 * DAY_US },
		.lang = WORDS_RU,
		.purpose = STR("check"),
		.service = STR("svc_a"),
		.required = income,
		.required_count = 1,
		.from_us = FROM,
	};
	return f;
}

static void
build(struct fixture *f)
{
	seal(f);
	EXPECT_OK(consent_record_build(f->p, &f->terms, &f->record));
}

static void
event(struct fixture *f, enum consent_state state, int64_t at_us)
{
	const struct consent_event e = { state, at_us, state == CONSENT_REQUESTED ? STR("svc_a") : f->terms.party,
					 state == CONSENT_GIVEN ? STR("button+otp") : STR(""), STR("2") };

	EXPECT_OK(consent_record_add_event(f->record, &e));
}

/* A record that was given, with its positions in the log. */
static struct fixture
given(bool represented)
{
	struct fixture f = asked(represented);
	struct hash leaf = hash_leaf(STR("x"));

	build(&f);
	event(&f, CONSENT_REQUESTED, FROM - SECOND_US);
	event(&f, CONSENT_GIVEN, FROM);
	EXPECT_OK(consent_record_set_log(f.record, 1, 100, &leaf));
	EXPECT_OK(consent_record_set_log(f.record, 2, 101, &leaf));
	return f;
}

static void
drop(struct fixture *f)
{
	json_decref(f->record);
	json_decref(f->identity);
	buf_clear(&f->code);
	policy_unref(f->p);
}

static enum status
validate(const struct fixture *f, enum consent_stage stage, struct buf *why)
{
	return consent_record_validate(f->record, f->identity, stage, why);
}

/* ---- building ---- */

Test(consent, a_built_and_given_record_is_valid_at_every_stage)
{
	for (int represented = 0; represented < 2; represented++) {
		CLEANUP(drop) struct fixture f = given(represented != 0);
		CLEANUP(buf_clear) struct buf why = BUF(1 << 16);

		for (unsigned stage = CONSENT_STAGE_ASKED; stage <= CONSENT_STAGE_EFFECTIVE; stage++) {
			enum status st = validate(&f, (enum consent_stage)stage, &why);

			cr_assert(st == OK, "%.*s", STR_ARG(buf_str(&why)));
		}
	}
}

Test(consent, members_stand_in_the_order_of_the_schema)
{
	static const char *const order[] = { "schema",       "conforms_to", "record_id",  "code",    "state",
					     "jurisdiction", "subject",     "given_by",   "notice",  "purpose",
					     "legal_basis",  "data",        "actions",    "methods", "recipients",
					     "providers",    "controller",  "processors", "limits",  "storage",
					     "validity",     "withdrawal",  "rights",     "events" };
	CLEANUP(drop) struct fixture f = given(false);
	const char *key = NULL;
	json_t *value = NULL;
	size_t i = 0;

	json_object_foreach(f.record, key, value)
	{
		cr_assert_lt(i, ARRAY_LEN(order));
		cr_assert_str_eq(key, order[i++]);
	}
	cr_assert_eq(i, ARRAY_LEN(order));
}

Test(consent, the_canonical_form_survives_reading_back)
{
	CLEANUP(drop) struct fixture f = given(false);
	CLEANUP(buf_clear) struct buf once = BUF(1 << 16);
	CLEANUP(buf_clear) struct buf again = BUF(1 << 16);
	CLEANUP(json_decrefp) json_t *back = NULL;

	EXPECT_OK(consent_record_put(f.record, &once));
	back = json_loadb(once.p, once.n, JSON_REJECT_DUPLICATES, NULL);
	cr_assert_not_null(back);
	EXPECT_OK(consent_record_put(back, &again));
	EXPECT_STR(buf_str(&once), buf_str(&again));
}

Test(consent, what_was_agreed_keeps_its_digest_when_events_follow)
{
	CLEANUP(drop) struct fixture f = asked(false);
	struct hash before, after, other;

	build(&f);
	EXPECT_OK(consent_record_digest(f.record, &before));
	event(&f, CONSENT_REQUESTED, FROM);
	event(&f, CONSENT_GIVEN, FROM);
	event(&f, CONSENT_WITHDRAWN, FROM + 1);
	EXPECT_OK(consent_record_digest(f.record, &after));
	cr_assert(hash_eq(&before, &after));
	json_object_set_new(json_object_get(f.record, "storage"), "retention", json_string("P4Y"));
	EXPECT_OK(consent_record_digest(f.record, &other));
	cr_assert(!hash_eq(&before, &other));
}

Test(consent, the_record_repeats_what_the_policy_says)
{
	CLEANUP(drop) struct fixture f = given(false);
	const json_t *limits = json_object_get(f.record, "limits");
	CLEANUP(buf_clear) struct buf text = BUF(1 << 16);

	EXPECT_OK(canonical_put(&text, limits, CANONICAL_AS_BUILT));
	EXPECT_BUF("{\"mode\":\"store\",\"fetch\":\"periodic\",\"frequency\":{\"count\":2,\"per\":\"P30D\"},"
		   "\"data_range\":{\"from\":\"2025-11-30\",\"to\":\"2027-11-30\"},\"data_life\":\"P3Y\"}",
		   &text);
	buf_reset(&text);
	EXPECT_OK(canonical_put(&text, json_object_get(f.record, "validity"), CANONICAL_AS_BUILT));
	EXPECT_BUF("{\"from\":\"2026-11-30T00:53:20Z\",\"until\":\"2027-11-30T00:53:20Z\"}", &text);
	buf_reset(&text);
	EXPECT_OK(canonical_put(&text, json_object_get(f.record, "providers"), CANONICAL_AS_BUILT));
	EXPECT_BUF("[{\"service\":\"svc_tax\",\"organisation\":\"org_dc\",\"name\":\"ЦОД\",\"name_en\":\"DC\"}]",
		   &text);
	buf_reset(&text);
	EXPECT_OK(canonical_put(&text, json_object_get(f.record, "actions"), CANONICAL_AS_BUILT));
	EXPECT_BUF("[\"read\",\"verify\"]", &text);
}

Test(consent, a_special_category_makes_the_consent_explicit)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	CLEANUP(drop) struct fixture f = asked(false);
	static const struct str health[] = { STR_INIT("health") };

	policy_maker_edit(&m, "purposes.yaml", "{statute: law-1}", "consent");
	policy_unref(f.p);
	f.p = policy_maker_load(&m);
	f.terms.optional = health;
	f.terms.optional_count = 1;
	build(&f);
	cr_assert_not_null(strstr(json_string_value(json_object_get(json_object_get(f.record, "legal_basis"), "dpv")),
				  "ExplicitlyExpressed"));
	cr_assert(json_is_true(json_object_get(json_array_get(json_object_get(f.record, "data"), 1), "special")));
	cr_assert(json_is_false(json_object_get(json_array_get(json_object_get(f.record, "data"), 1), "required")));
}

Test(consent, assistance_is_recorded)
{
	CLEANUP(drop) struct fixture f = asked(false);
	CLEANUP(buf_clear) struct buf why = BUF(1 << 16);

	f.terms.assisted = true;
	f.terms.channel = STR("office");
	f.terms.assist_operator = STR("opr_1");
	f.terms.assist_organisation = STR("org_a");
	f.terms.confirmation = STR("sms-otp");
	f.terms.confirmed_us = FROM;
	build(&f);
	EXPECT_OK(validate(&f, CONSENT_STAGE_ASKED, &why));
	json_object_del(json_object_get(f.record, "assisted"), "operator");
	EXPECT_STATUS(E_INVALID, validate(&f, CONSENT_STAGE_ASKED, &why));
}

static struct fixture
on_paper(void)
{
	struct fixture f = asked(false);

	f.terms.assisted = true;
	f.terms.channel = STR("office");
	f.terms.assist_operator = STR("opr_1");
	f.terms.assist_organisation = STR("org_a");
	f.terms.confirmation = STR("paper");
	f.terms.second_operator = STR("opr_2");
	f.terms.paper = STR("2026-00042");
	f.terms.paper_date = STR("2026-11-20");
	f.terms.paper_kept = STR("archive");
	f.terms.confirmed_us = FROM;
	build(&f);
	return f;
}

Test(consent, a_signed_paper_needs_a_second_operator_who_is_somebody_else)
{
	static const char *const seconds[] = { "opr_2", "opr_1", "", NULL };

	for (size_t i = 0; i < ARRAY_LEN(seconds); i++) {
		CLEANUP(drop) struct fixture f = on_paper();
		CLEANUP(buf_clear) struct buf why = BUF(1 << 16);
		json_t *assisted = json_object_get(f.record, "assisted");

		if (seconds[i] != NULL)
			json_object_set_new(assisted, "second_operator", json_string(seconds[i]));
		else
			json_object_del(assisted, "second_operator");
		EXPECT_STATUS(i == 0 ? OK : E_INVALID, validate(&f, CONSENT_STAGE_ASKED, &why));
	}
}

Test(consent, nobody_helps_themselves_and_a_paper_has_a_number)
{
	static const struct {
		const char *member, *value;
	} wrong[] = { { "operator", "giver" }, { "second_operator", "giver" }, { "confirmation", "hotp-list" } };
	CLEANUP(drop) struct fixture f = on_paper();
	CLEANUP(buf_clear) struct buf why = BUF(1 << 16);

	json_object_del(json_object_get(json_object_get(f.record, "assisted"), "paper"), "number");
	EXPECT_STATUS(E_INVALID, validate(&f, CONSENT_STAGE_ASKED, &why));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CLEANUP(drop) struct fixture g = on_paper();
		const char *giver = json_string_value(json_object_get(json_object_get(g.record, "given_by"), "party"));
		const char *value = strcmp(wrong[i].value, "giver") == 0 ? giver : wrong[i].value;

		json_object_set_new(json_object_get(g.record, "assisted"), wrong[i].member, json_string(value));
		EXPECT_STATUS(E_INVALID, validate(&g, CONSENT_STAGE_ASKED, &why));
	}
}

/* ---- what cannot be built ---- */

static void
expect_unbuilt(struct fixture *f, enum status want)
{
	json_t *out = NULL;
	enum status st = OK;

	seal(f);
	st = consent_record_build(f->p, &f->terms, &out);

	cr_assert(st == want, "%s", status_name(st));
	cr_assert_null(out);
}

Test(consent, only_declared_purposes_and_consented_categories_are_asked_for)
{
	static const struct str health[] = { STR_INIT("health") }, contacts[] = { STR_INIT("contacts") };
	static const struct str unknown[] = { STR_INIT("gold") };
	CLEANUP(drop) struct fixture f = asked(false);
	struct consent_terms good = f.terms;

	f.terms.purpose = STR("curiosity");
	expect_unbuilt(&f, E_NOT_FOUND);
	f.terms = good;
	f.terms.service = STR("svc_nobody");
	expect_unbuilt(&f, E_NOT_FOUND);
	f.terms.service = STR("svc_b");
	expect_unbuilt(&f, E_DENIED);
	f.terms = good;
	f.terms.required = unknown;
	expect_unbuilt(&f, E_NOT_FOUND);
	f.terms.required = health; /* rests on a statute */
	expect_unbuilt(&f, E_DENIED);
	f.terms.required = contacts; /* not in the purpose */
	expect_unbuilt(&f, E_DENIED);
	f.terms = good;
	f.terms.required_count = 0;
	expect_unbuilt(&f, E_INVALID);
	f.terms = good;
	f.terms.optional = income;
	f.terms.optional_count = 1;
	expect_unbuilt(&f, E_INVALID);
}

Test(consent, a_term_may_be_shorter_but_never_longer_than_the_purpose_allows)
{
	CLEANUP(drop) struct fixture f = asked(false);

	f.terms.until_us = FROM;
	expect_unbuilt(&f, E_INVALID);
	f.terms.until_us = FROM + 5 * SECOND_US;
	build(&f);
	cr_assert_str_eq(json_string_value(json_object_get(json_object_get(f.record, "validity"), "until")),
			 "2026-11-30T00:53:25Z");
	json_decref(f.record);
	f.terms.until_us = FROM + 3650 * DAY_US;
	build(&f);
	cr_assert_str_eq(json_string_value(json_object_get(json_object_get(f.record, "validity"), "until")),
			 "2027-11-30T00:53:20Z");
}

Test(consent, text_that_is_not_utf8_is_refused)
{
	CLEANUP(drop) struct fixture f = asked(false);

	f.terms.subject = STR("sub_\xff");
	expect_unbuilt(&f, E_INVALID);
}

/* ---- the validator: nothing mandatory may be missing ---- */

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

Test(consent, a_record_without_any_mandatory_member_is_refused)
{
	CLEANUP(drop) struct fixture f = given(true);
	unsigned tried = 0;

	remove_each(&f, f.record, "", &tried);
	cr_assert_geq(tried, 70, "%u", tried);
}

Test(consent, an_identity_without_any_mandatory_member_is_refused)
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

/* ---- the validator: every mandatory member, in every way in which it can be missing ---- */

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

Test(consent, every_mandatory_member_of_iso_27560_and_152_fz_is_demanded)
{
	CLEANUP(drop) struct fixture f = given(false);

	spoil_all(&f, f.record, of_record, ARRAY_LEN(of_record));
}

Test(consent, every_mandatory_member_is_demanded_of_a_representative_too)
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

Test(consent, every_mandatory_member_is_demanded_of_help_at_a_desk)
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

Test(consent, every_item_of_the_particulars_is_demanded)
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

Test(consent, a_wrong_value_is_refused_and_named)
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

Test(consent, the_identity_that_was_opened_must_be_the_one_that_was_sealed)
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

Test(consent, what_is_said_about_a_fault_holds_no_personal_data)
{
	CLEANUP(drop) struct fixture f = given(true);
	CLEANUP(buf_clear) struct buf why = BUF(1 << 16);

	json_object_del(f.identity, "address");
	EXPECT_STATUS(E_INVALID, validate(&f, CONSENT_STAGE_EFFECTIVE, &why));
	cr_assert_eq(str_find(buf_str(&why), STR("Иванов")), why.n);
	cr_assert_eq(str_find(buf_str(&why), STR("4000")), why.n);
}

Test(consent, the_record_itself_holds_no_particulars)
{
	CLEANUP(drop) struct fixture f = given(true);
	CLEANUP(buf_clear) struct buf text = BUF(1 << 16);

	EXPECT_OK(consent_record_put(f.record, &text));
	cr_assert_eq(str_find(buf_str(&text), STR("Иванов")), text.n);
	cr_assert_eq(str_find(buf_str(&text), STR("4000")), text.n);
	cr_assert_eq(str_find(buf_str(&text), STR("приказ")), text.n);
}

Test(consent, nothing_at_all_is_refused_without_a_fall)
{
	CLEANUP(buf_clear) struct buf why = BUF(1 << 16);
	CLEANUP(json_decrefp) json_t *empty = json_object();
	CLEANUP(json_decrefp) json_t *list = json_array();

	EXPECT_STATUS(E_INVALID, consent_record_validate(empty, empty, CONSENT_STAGE_ASKED, &why));
	EXPECT_STATUS(E_INVALID, consent_record_validate(list, list, CONSENT_STAGE_EFFECTIVE, &why));
	EXPECT_STATUS(E_INVALID, consent_record_validate(NULL, NULL, CONSENT_STAGE_EFFECTIVE, &why));
}

Test(consent, a_record_over_32_kib_is_refused)
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

/* ---- events ---- */

Test(consent, only_the_transitions_of_the_table_are_taken)
{
	static const struct {
		enum consent_state from;
		const char *to; /* every other one is refused */
	} rows[] = {
		{ CONSENT_NONE, "requested" },
		{ CONSENT_REQUESTED, "given refused deferred" },
		{ CONSENT_GIVEN, "withdrawn expired revoked invalidated renewed" },
		{ CONSENT_REFUSED, "" },
		{ CONSENT_DEFERRED, "given refused" },
		{ CONSENT_WITHDRAWN, "" },
		{ CONSENT_EXPIRED, "" },
		{ CONSENT_REVOKED, "" },
		{ CONSENT_INVALIDATED, "" },
		{ CONSENT_RENEWED, "withdrawn expired revoked invalidated renewed" },
		{ CONSENT_STATES, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (unsigned to = 0; to <= CONSENT_STATES; to++) {
			bool want = to > 0 && to < CONSENT_STATES &&
				    strstr(rows[i].to, consent_state_name((enum consent_state)to)) != NULL;

			cr_assert_eq(consent_state_may_follow(rows[i].from, (enum consent_state)to), want, "%zu to %u",
				     i, to);
		}
		cr_assert_eq(consent_state_final(rows[i].from), rows[i].to[0] == '\0');
	}
}

Test(consent, only_given_and_renewed_permit)
{
	for (unsigned s = 0; s <= CONSENT_STATES; s++)
		cr_assert_eq(consent_state_permits((enum consent_state)s), s == CONSENT_GIVEN || s == CONSENT_RENEWED);
}

Test(consent, states_are_read_by_their_names)
{
	enum consent_state s = CONSENT_NONE;

	for (unsigned i = 1; i < CONSENT_STATES; i++) {
		EXPECT_OK(consent_state_parse(str_of(consent_state_name((enum consent_state)i)), &s));
		cr_assert_eq((unsigned)s, i);
	}
	EXPECT_STATUS(E_NOT_FOUND, consent_state_parse(STR("none"), &s));
	EXPECT_STATUS(E_NOT_FOUND, consent_state_parse(STR("Given"), &s));
	cr_assert_str_eq(consent_state_name(CONSENT_STATES), "none");
}

Test(consent, an_event_that_may_not_follow_changes_nothing)
{
	CLEANUP(drop) struct fixture f = given(false);
	const struct consent_event again = { CONSENT_GIVEN, FROM + 1, STR("sub_1"), STR("button"), STR("") };
	const struct consent_event early = { CONSENT_WITHDRAWN, FROM - 1, STR("sub_1"), STR(""), STR("") };
	json_t *before = json_deep_copy(f.record);

	EXPECT_STATUS(E_CONFLICT, consent_record_add_event(f.record, &again));
	EXPECT_STATUS(E_INVALID, consent_record_add_event(f.record, &early));
	cr_assert(json_equal(before, f.record));
	json_decref(before);
}

Test(consent, a_withdrawal_is_final)
{
	CLEANUP(drop) struct fixture f = given(false);
	const struct consent_event renewed = { CONSENT_RENEWED, FROM + 9, STR("sub_1"), STR("button"), STR("") };

	event(&f, CONSENT_WITHDRAWN, FROM + 5);
	cr_assert_str_eq(json_string_value(json_object_get(f.record, "state")), "withdrawn");
	EXPECT_STATUS(E_CONFLICT, consent_record_add_event(f.record, &renewed));
}

Test(consent, a_log_position_is_written_once)
{
	CLEANUP(drop) struct fixture f = given(false);
	struct hash leaf = hash_leaf(STR("x")), other = hash_leaf(STR("y"));

	EXPECT_OK(consent_record_set_log(f.record, 2, 101, &leaf));
	EXPECT_STATUS(E_CONFLICT, consent_record_set_log(f.record, 2, 102, &leaf));
	EXPECT_STATUS(E_CONFLICT, consent_record_set_log(f.record, 2, 101, &other));
	EXPECT_STATUS(E_NOT_FOUND, consent_record_set_log(f.record, 3, 101, &leaf));
	EXPECT_STATUS(E_NOT_FOUND, consent_record_set_log(f.record, 0, 101, &leaf));
}

Test(consent, without_its_log_positions_a_record_is_not_effective)
{
	CLEANUP(drop) struct fixture f = given(false);
	CLEANUP(buf_clear) struct buf why = BUF(1 << 16);

	json_object_del(json_array_get(json_object_get(f.record, "events"), 1), "log");
	EXPECT_OK(validate(&f, CONSENT_STAGE_GIVEN, &why));
	EXPECT_STATUS(E_INVALID, validate(&f, CONSENT_STAGE_EFFECTIVE, &why));
}

Test(consent, a_signature_by_somebody_else_or_without_a_way_is_none)
{
	static const char *const spoil[] = { "by", "method" };

	for (size_t i = 0; i < ARRAY_LEN(spoil); i++) {
		CLEANUP(drop) struct fixture f = given(false);
		CLEANUP(buf_clear) struct buf why = BUF(1 << 16);
		json_t *signature = json_array_get(json_object_get(f.record, "events"), 1);

		json_object_set_new(signature, spoil[i], json_string(i == 0 ? "opr_51ac" : ""));
		EXPECT_STATUS(E_INVALID, validate(&f, CONSENT_STAGE_GIVEN, &why));
		cr_assert(str_find(buf_str(&why), STR("item 9")) < why.n);
	}
}

Test(consent, a_history_that_was_tampered_with_is_refused)
{
	static const struct {
		const char *member, *json;
	} rows[] = {
		{ "seq", "7" }, { "state", "\"given\"" }, { "state", "\"born\"" }, { "at", "\"2030-01-01T00:00:00Z\"" }
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(drop) struct fixture f = given(false);
		CLEANUP(buf_clear) struct buf why = BUF(1 << 16);

		json_object_set_new(json_array_get(json_object_get(f.record, "events"), 0), rows[i].member,
				    json_loads(rows[i].json, JSON_DECODE_ANY, NULL));
		cr_assert_eq(validate(&f, CONSENT_STAGE_EFFECTIVE, &why), E_INVALID, "%s %s", rows[i].member,
			     rows[i].json);
	}
}

Test(consent, data_is_destroyed_within_what_the_record_promises)
{
	CLEANUP(drop) struct fixture f = given(false);
	int64_t by = 0;

	EXPECT_OK(consent_destroy_by(f.record, FROM, &by));
	cr_assert_eq(by, FROM + 30 * DAY_US);
	json_object_del(f.record, "withdrawal");
	EXPECT_STATUS(E_INVALID, consent_destroy_by(f.record, FROM, &by));
}

/* ---- the receipt ---- */

static bool
shows(const struct fixture *f, const json_t *identity, enum words_lang lang, const char *text)
{
	CLEANUP(buf_clear) struct buf out = BUF(1 << 16);

	EXPECT_OK(consent_receipt_text(f->record, identity, lang, &out));
	return str_find(buf_str(&out), str_of(text)) < out.n;
}

Test(consent, a_receipt_says_the_nine_items_in_both_languages)
{
	CLEANUP(drop) struct fixture f = given(true);
	static const char *const both[] = { "Иванова Анна Петровна",
					    "4000 123456",
					    "Иванов Пётр",
					    "приказ № 7",
					    "Street 1",
					    "Street 2",
					    "2027-11-30T00:53:20Z",
					    "button+otp",
					    "2025-11-30 – 2027-11-30" };
	static const char *const ru[] = { "Проверка", "Доход",   "смотреть",           "не чаще 2 за 30 дней",
					  "3 года",   "в офисе", "запись журнала 101", "Волонтёры" };
	static const char *const en[] = { "Check",   "Income",       "at most 2 in 30 days",
					  "3 years", "at an office", "log entry 101" };

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		cr_expect(shows(&f, f.identity, WORDS_RU, both[i]), "%s", both[i]);
		cr_expect(shows(&f, f.identity, WORDS_EN, both[i]), "%s", both[i]);
	}
	for (size_t i = 0; i + 1 < ARRAY_LEN(ru); i++)
		cr_expect(shows(&f, f.identity, WORDS_RU, ru[i]), "%s", ru[i]);
	cr_expect(!shows(&f, f.identity, WORDS_RU, ru[ARRAY_LEN(ru) - 1]), "somebody who has nothing to do with it");
	for (size_t i = 0; i < ARRAY_LEN(en); i++)
		cr_expect(shows(&f, f.identity, WORDS_EN, en[i]), "%s", en[i]);
}

Test(consent, a_receipt_for_others_names_nobody)
{
	CLEANUP(drop) struct fixture f = given(true);

	cr_assert(!shows(&f, NULL, WORDS_RU, "Иванов"));
	cr_assert(!shows(&f, NULL, WORDS_RU, "4000"));
	cr_assert(shows(&f, NULL, WORDS_RU, "Проверка"));
}

Test(consent, an_optional_category_is_shown_as_such)
{
	static const struct str family[] = { STR_INIT("family") };
	CLEANUP(drop) struct fixture f = asked(false);

	f.terms.optional = family;
	f.terms.optional_count = 1;
	build(&f);
	cr_assert(shows(&f, NULL, WORDS_EN, "Family (optional)"));
	cr_assert(shows(&f, NULL, WORDS_RU, "Семья (по желанию)"));
	cr_assert(!shows(&f, NULL, WORDS_EN, "Income (optional)"));
}

Test(consent, terms_are_said_with_the_right_ending)
{
	static const struct {
		const char *term, *ru, *en;
	} rows[] = {
		{ "P1Y", "1 год", "1 year" },
		{ "P2M", "2 месяца", "2 months" },
		{ "P5D", "5 дней", "5 days" },
		{ "P11D", "11 дней", "11 days" },
		{ "P21D", "21 день", "21 days" },
		{ "P112D", "112 дней", "112 days" },
		{ "PT10M", "10 минут", "10 minutes" },
		{ "P1DT1H", "1 день 1 час", "1 day 1 hour" },
		{ "forever", "", "" },
		{ "P", "", "" },
		{ "P5", "", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buf_clear) struct buf ru = BUF(256);
		CLEANUP(buf_clear) struct buf en = BUF(256);

		consent_words_term(&ru, rows[i].term, WORDS_RU);
		consent_words_term(&en, rows[i].term, WORDS_EN);
		EXPECT_BUF(rows[i].ru, &ru);
		EXPECT_BUF(rows[i].en, &en);
	}
	cr_assert_str_eq(consent_words_say("withdrawn", WORDS_RU), "отозвано");
	cr_assert_str_eq(consent_words_say("sms-otp", WORDS_RU), "sms-otp");
}

/* ---- the check code ---- */

static enum status
typed(struct str text, struct buf *out)
{
	buf_reset(out);
	return checkcode_parse(text, out);
}

Test(consent, a_check_code_is_understood_however_it_is_typed)
{
	CLEANUP(buf_clear) struct buf code = BUF(64);
	CLEANUP(buf_clear) struct buf back = BUF(64);
	char lower[CHECKCODE_LEN + 8] = "";
	size_t n = 0;

	checkcode_put(&code);
	cr_assert_eq(code.n, CHECKCODE_LEN);
	for (size_t i = 0; i < code.n; i++) {
		if (code.p[i] == '-')
			lower[n++] = ' ';
		else
			lower[n++] = code.p[i] == '0' ? 'o' : code.p[i] == '1' ? 'l' : (char)(code.p[i] | 0x20);
	}
	EXPECT_OK(typed(str_from(lower, n), &back));
	EXPECT_STR(buf_str(&code), buf_str(&back));
}

Test(consent, every_single_slip_and_every_swap_in_a_check_code_is_found)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	CLEANUP(buf_clear) struct buf code = BUF(64);
	CLEANUP(buf_clear) struct buf back = BUF(64);

	checkcode_put(&code);
	for (size_t i = 0; i < code.n; i++) {
		char was = code.p[i];

		for (size_t a = 0; was != '-' && alphabet[a] != '\0'; a++) {
			code.p[i] = alphabet[a];
			EXPECT_STATUS(alphabet[a] == was ? OK : E_INVALID, typed(buf_str(&code), &back));
		}
		code.p[i] = was;
		for (size_t k = 0; k < i; k++) {
			char other = code.p[k];

			if (was == '-' || other == '-' || was == other)
				continue;
			code.p[i] = other;
			code.p[k] = was;
			EXPECT_STATUS(E_INVALID, typed(buf_str(&code), &back));
			code.p[i] = was;
			code.p[k] = other;
		}
	}
}

Test(consent, what_is_no_check_code_is_refused)
{
	static const struct str bad[] = { STR_INIT(""),
					  STR_INIT("0000-0000-0"),
					  STR_INIT("0000-0000-000"),
					  STR_INIT("U000-0000-00"),
					  STR_INIT("0000-0000-0\0"),
					  STR_INIT("0000_0000_00"),
					  STR_INIT("0000-0000-01") };
	CLEANUP(buf_clear) struct buf back = BUF(64);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		EXPECT_STATUS(E_INVALID, typed(bad[i], &back));
	EXPECT_OK(typed(STR("0000-0000-00"), &back));
}

Test(consent, two_check_codes_differ)
{
	CLEANUP(buf_clear) struct buf a = BUF(64);
	CLEANUP(buf_clear) struct buf b = BUF(64);

	checkcode_put(&a);
	checkcode_put(&b);
	cr_assert(!str_eq(buf_str(&a), buf_str(&b)));
}

/* ---- canonical JSON ---- */

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

Test(consent, canonical_json_has_one_spelling)
{
	expect_canonical("{ \"b\" : [ 1, -2, true, false, null ], \"a\": { } }",
			 "{\"b\":[1,-2,true,false,null],\"a\":{}}", "{\"a\":{},\"b\":[1,-2,true,false,null]}");
	expect_canonical("\"\\u0416\\/\\\"\\\\\\n\\t\\b\\f\\r\\u001f\\u007f\"",
			 "\"Ж/\\\"\\\\\\n\\t\\b\\f\\r\\u001f\x7f\"", "\"Ж/\\\"\\\\\\n\\t\\b\\f\\r\\u001f\x7f\"");
	expect_canonical("[]", "[]", "[]");
}

Test(consent, a_fraction_or_too_much_depth_has_no_canonical_spelling)
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
