/* What happens to a consent, in what order, and what comes of it. */
#include "tests/unit/consent_fixture.h"

Test(consent_event, only_the_transitions_of_the_table_are_taken)
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

Test(consent_event, only_given_and_renewed_permit)
{
	for (unsigned s = 0; s <= CONSENT_STATES; s++)
		cr_assert_eq(consent_state_permits((enum consent_state)s), s == CONSENT_GIVEN || s == CONSENT_RENEWED);
}

Test(consent_event, states_are_read_by_their_names)
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

Test(consent_event, an_event_that_may_not_follow_changes_nothing)
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

Test(consent_event, a_withdrawal_is_final)
{
	CLEANUP(drop) struct fixture f = given(false);
	const struct consent_event renewed = { CONSENT_RENEWED, FROM + 9, STR("sub_1"), STR("button"), STR("") };

	event(&f, CONSENT_WITHDRAWN, FROM + 5);
	cr_assert_str_eq(json_string_value(json_object_get(f.record, "state")), "withdrawn");
	EXPECT_STATUS(E_CONFLICT, consent_record_add_event(f.record, &renewed));
}

Test(consent_event, a_log_position_is_written_once)
{
	CLEANUP(drop) struct fixture f = given(false);
	struct hash leaf = hash_leaf(STR("x")), other = hash_leaf(STR("y"));

	EXPECT_OK(consent_record_set_log(f.record, 2, 101, &leaf));
	EXPECT_STATUS(E_CONFLICT, consent_record_set_log(f.record, 2, 102, &leaf));
	EXPECT_STATUS(E_CONFLICT, consent_record_set_log(f.record, 2, 101, &other));
	EXPECT_STATUS(E_NOT_FOUND, consent_record_set_log(f.record, 3, 101, &leaf));
	EXPECT_STATUS(E_NOT_FOUND, consent_record_set_log(f.record, 0, 101, &leaf));
}

Test(consent_event, without_its_log_positions_a_record_is_not_effective)
{
	CLEANUP(drop) struct fixture f = given(false);
	CLEANUP(buf_clear) struct buf why = BUF(1 << 16);

	json_object_del(json_array_get(json_object_get(f.record, "events"), 1), "log");
	EXPECT_OK(validate(&f, CONSENT_STAGE_GIVEN, &why));
	EXPECT_STATUS(E_INVALID, validate(&f, CONSENT_STAGE_EFFECTIVE, &why));
}

Test(consent_event, a_signature_by_somebody_else_or_without_a_way_is_none)
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

Test(consent_event, a_history_that_was_tampered_with_is_refused)
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

Test(consent_event, data_is_destroyed_within_what_the_record_promises)
{
	CLEANUP(drop) struct fixture f = given(false);
	int64_t by = 0;

	EXPECT_OK(consent_destroy_by(f.record, FROM, &by));
	cr_assert_eq(by, FROM + 30 * DAY_US);
	json_object_del(f.record, "withdrawal");
	EXPECT_STATUS(E_INVALID, consent_destroy_by(f.record, FROM, &by));
}
