/* consent_rows.h: for tests of the store, rows of requests and of consents. */
#ifndef TESTS_UNIT_CONSENT_ROWS_H
#define TESTS_UNIT_CONSENT_ROWS_H

#include "authd/store/store_consent.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_request.h"
#include "tests/unit/store_fixture.h"

#define YEAR (365 * DAY_US)

static UNUSED struct store_request
request_of(const char *id, struct str fingerprint, int64_t at)
{
	return (struct store_request){
		.request_id = str_of(id),
		.client_id = STR("c1"),
		.service = STR("svc_a"),
		.organisation = STR("org"),
		.sub = STR("sub_a"),
		.purpose = STR("eligibility"),
		.purpose_version = 3,
		.categories = STR("[\"income\"]"),
		.optional = STR("[]"),
		.case_ref = STR("2026-1"),
		.notice_id = STR("ntc"),
		.notice_version = 4,
		.created_us = at,
		.expires_us = at + DAY_US,
		.fingerprint = fingerprint,
		.event_id = STR(EVENT),
	};
}

static UNUSED void
add_request(struct fixture *f, const char *id, struct str fingerprint, int64_t at)
{
	struct store_request r = request_of(id, fingerprint, at);

	IN_TX(f, store_request_add(&tx, &r));
	meddle(f, "UPDATE consent_request SET log_index = 5");
}

static UNUSED struct store_consent
consent_of(const char *id, int64_t given_us)
{
	return (struct store_consent){
		.record_id = str_of(id),
		.request_id = STR("r1"),
		.sub = STR("sub_a"),
		.service = STR("svc_a"),
		.organisation = STR("org"),
		.purpose = STR("eligibility"),
		.purpose_version = 3,
		.state = STR("given"),
		.from_us = given_us,
		.until_us = given_us + YEAR,
		.record = STR("{\"schema\":\"…\"}"),
		.code = str_of(id),
		.ctag = STR("ctag"),
		.given_us = given_us,
		.event_id = STR(EVENT),
	};
}

/* A record for income, in the log at index 100 unless state says otherwise. */
static UNUSED void
add_consent(struct fixture *f, const char *id, int64_t given_us, const char *category)
{
	struct store_consent c = consent_of(id, given_us);
	struct str categories[1] = { str_of(category) };

	IN_TX(f, store_consent_add(&tx, &c, categories, 1));
	meddle(f, "UPDATE consent SET log_index = 100");
}

/* What the store knows for a decision at that moment. */
static UNUSED struct store_facts
facts_at(struct fixture *f, const char *category, int64_t now_us)
{
	struct store_facts facts = { 0 };

	const struct store_facts_query query = {
		.sub = STR("sub_a"),
		.service = STR("svc_a"),
		.purpose = STR("eligibility"),
		.category = str_of(category),
		.contract = STR("care"),
		.now_us = now_us,
	};

	EXPECT_OK(store_consent_facts(f->db, &query, &facts));
	return facts;
}

/* The log has the entry that a row waits for. */
static UNUSED void
in_log(struct fixture *f, const char *target, const char *key, const char *event, uint64_t index)
{
	const struct store_receipt r = { .event_id = str_of(event), .index = index };
	const struct store_outbox row = { .event_id = str_of(event),
					  .target = str_of(target),
					  .target_key = str_of(key),
					  .fragment = STR("{}"),
					  .created_us = NOW };

	IN_TX(f, store_outbox_add(&tx, &row));
	EXPECT_OK(store_outbox_done(f->db, &r, 1, NOW));
}

#endif
