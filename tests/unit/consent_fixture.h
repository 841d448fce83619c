/* consent_fixture.h: for tests, a person, what they were asked, and the record that comes of it. */
#ifndef TESTS_UNIT_CONSENT_FIXTURE_H
#define TESTS_UNIT_CONSENT_FIXTURE_H

#include "auditlog/core/hash.h"
#include "authd/consent/checkcode.h"
#include "authd/consent/consent.h"
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

static UNUSED json_t *
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
static UNUSED void
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

static UNUSED struct fixture
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

static UNUSED void
build(struct fixture *f)
{
	seal(f);
	EXPECT_OK(consent_record_build(f->p, &f->terms, &f->record));
}

static UNUSED void
event(struct fixture *f, enum consent_state state, int64_t at_us)
{
	const struct consent_event e = { state, at_us, state == CONSENT_REQUESTED ? STR("svc_a") : f->terms.party,
					 state == CONSENT_GIVEN ? STR("button+otp") : STR(""), STR("2") };

	EXPECT_OK(consent_record_add_event(f->record, &e));
}

/* A record that was given, with its positions in the log. */
static UNUSED struct fixture
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

static UNUSED void
drop(struct fixture *f)
{
	json_decref(f->record);
	json_decref(f->identity);
	buf_clear(&f->code);
	policy_unref(f->p);
}

static UNUSED enum status
validate(const struct fixture *f, enum consent_stage stage, struct buf *why)
{
	return consent_record_validate(f->record, f->identity, stage, why);
}

static UNUSED struct fixture
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

#endif
