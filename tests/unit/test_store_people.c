/* People and how they sign in: store_person, tag, role, password, totp, recovery, login, session. */
#include "authd/store/store_login.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_password.h"
#include "authd/store/store_recovery.h"
#include "authd/store/store_role.h"
#include "authd/store/store_session.h"
#include "authd/store/store_tag.h"
#include "authd/store/store_totp.h"
#include "tests/unit/store_fixture.h"

/* The log has the event that the tests use: its index goes to this row. */
static void
logged(struct fixture *f, const char *target, const char *key)
{
	struct store_outbox o = {
		.event_id = STR(EVENT), .target = str_of(target), .target_key = str_of(key), .fragment = STR("{}")
	};
	struct store_receipt r = { .event_id = STR(EVENT), .index = 42 };

	meddle(f, "DELETE FROM outbox");
	IN_TX(f, store_outbox_add(&tx, &o));
	EXPECT_OK(store_outbox_done(f->db, &r, 1, NOW));
}

/* ---- person ---- */

STORE_TEST(a_person_is_found_by_each_name)
{
	struct store_person p = {
		.sub = STR("sub_a"),
		.login = STR("anna"),
		.kind = STR("staff"),
		.status = STORE_PERSON_ACTIVE,
		.wrapped_key = BLOB("k\0"),
		.profile = BLOB("p\0"),
		.pseudonym = STR("opr_1"),
		.created_us = NOW,
		.event_id = STR(EVENT),
	};
	CLEANUP(store_person_clear) struct store_person a = { 0 };
	CLEANUP(store_person_clear) struct store_person b = { 0 };
	CLEANUP(store_person_clear) struct store_person c = { 0 };

	IN_TX(f, store_person_add(&tx, &p));
	EXPECT_OK(store_person_find(f->db, STR("sub_a"), &a));
	EXPECT_OK(store_person_by_login(f->db, STR("anna"), &b));
	EXPECT_OK(store_person_by_pseudonym(f->db, STR("opr_1"), &c));
	EXPECT_STR(p.wrapped_key, a.wrapped_key);
	EXPECT_STR(p.profile, b.profile);
	EXPECT_STR(p.sub, c.sub);
	EXPECT_STR(STR("staff"), a.kind);
	cr_assert_eq(a.created_us, NOW);
	cr_assert_eq(a.log_index, STORE_NO_INDEX);
	EXPECT_STATUS(E_NOT_FOUND, store_person_by_login(f->db, STR("Anna"), &b));
	EXPECT_STATUS(E_NOT_FOUND, store_person_find(f->db, STR("anna"), &b));
}

STORE_TEST(names_of_people_are_unique_and_absent_ones_do_not_collide)
{
	struct store_person p = { .sub = STR("sub_a"), .kind = STR("adult"), .status = 1, .event_id = STR(EVENT) };

	IN_TX(f, store_person_add(&tx, &p));
	p.sub = STR("sub_b");
	IN_TX(f, store_person_add(&tx, &p));
	p.sub = STR("sub_c");
	p.login = STR("anna");
	IN_TX(f, store_person_add(&tx, &p));
	p.sub = STR("sub_d");
	REFUSED_IN_TX(f, E_CONFLICT, store_person_add(&tx, &p));
}

STORE_TEST(a_change_of_status_waits_for_its_own_log_entry)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	CLEANUP(store_person_clear) struct store_person after = { 0 };

	add_person(f, "sub_a");
	logged(f, STORE_TARGET_PERSON, "sub_a");
	IN_TX(f, store_person_set_status(&tx, STR("sub_a"), STORE_PERSON_DISABLED, STR("another-event")));
	EXPECT_OK(store_person_find(f->db, STR("sub_a"), &p));
	cr_assert_eq(p.status, STORE_PERSON_DISABLED);
	cr_assert_eq(p.log_index, STORE_NO_INDEX);
	EXPECT_STR(STR("another-event"), p.event_id);
	/* A late receipt of the event before must not count as this one's. */
	logged(f, STORE_TARGET_PERSON, "sub_a");
	EXPECT_OK(store_person_find(f->db, STR("sub_a"), &after));
	cr_assert_eq(after.log_index, STORE_NO_INDEX);
	REFUSED_IN_TX(f, E_NOT_FOUND, store_person_set_status(&tx, STR("sub_x"), 0, STR(EVENT)));
}

STORE_TEST(erasing_leaves_a_row_that_leads_nowhere)
{
	struct store_person p = {
		.sub = STR("sub_a"),
		.login = STR("anna"),
		.kind = STR("adult"),
		.status = 1,
		.wrapped_key = BLOB("key"),
		.profile = BLOB("profile"),
		.event_id = STR(EVENT),
	};
	struct store_totp t = { .id = STR("t"), .sub = STR("sub_a"), .secret_sealed = BLOB("s") };
	CLEANUP(store_person_clear) struct store_person got = { 0 };
	CLEANUP(store_tag_list_clear) struct store_tag_list tags = { 0 };
	CLEANUP(store_password_clear) struct store_password pw = { 0 };
	CLEANUP(store_totp_clear) struct store_totp totp = { 0 };

	IN_TX(f, store_person_add(&tx, &p));
	IN_TX(f, store_password_set(&tx, STR("sub_a"), STR("$argon2id$"), NOW));
	IN_TX(f, store_totp_add(&tx, &t));
	EXPECT_OK(store_tag_add(f->db, STR("tag"), STR("sub_a"), STR("2026-11")));
	IN_TX(f, store_person_erase(&tx, STR("sub_a"), STR("erasing-event")));
	EXPECT_OK(store_person_find(f->db, STR("sub_a"), &got));
	cr_assert(!got.wrapped_key.p && !got.profile.p && !got.login.p);
	cr_assert_eq(got.status, STORE_PERSON_DISABLED);
	EXPECT_STATUS(E_NOT_FOUND, store_tag_find(f->db, STR("tag"), &tags));
	EXPECT_STATUS(E_NOT_FOUND, store_password_find(f->db, STR("sub_a"), &pw));
	EXPECT_STATUS(E_NOT_FOUND, store_totp_find(f->db, STR("sub_a"), STR("t"), &totp));
	REFUSED_IN_TX(f, E_USED, store_person_erase(&tx, STR("sub_a"), STR(EVENT)));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_person_erase(&tx, STR("sub_x"), STR(EVENT)));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_person_set_profile(&tx, STR("sub_a"), BLOB("again")));
}

/*
 * Whoever makes a table that says something about a person says here what an erasure does with it: its rows go
 * (person_erase_*.sql), or they stay because they name nobody without the key and are evidence.
 * logout_notice stays until the client was told that the session ended, for a day at most.
 */
Test(sqlite, every_table_about_people_is_known_to_the_erasure)
{
	static const char known[] =
	    "approval breakglass code consent consent_identity consent_recipient consent_request contract death "
	    "desk_case desk_codes "
	    "desk_offer device_code "
	    "erasure frozen inbox later_look login logout_notice "
	    "mandate "
	    "national_id oauth_grant "
	    "objection outcome pairwise password person person_key person_role person_tag purpose_use question "
	    "question_turn "
	    "recovery_code "
	    "refresh_token restriction session totp ";
	struct fixture f = fixture_sqlite();
	char command[400], found[1024] = "";
	FILE *out;

	fixture_open(&f);
	snprintf(
	    command, sizeof(command),
	    "sqlite3 -newline ' ' %s/state.db \"SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c"
	    " WHERE m.type = 'table' AND c.name = 'sub' ORDER BY m.name\"",
	    f.dir);
	out = popen(command, "r");
	cr_assert(out && fgets(found, sizeof(found), out) && pclose(out) == 0);
	cr_expect_str_eq(found, known);
	fixture_end(&f);
}

/* A decision that was under way keeps no way from its entry to the person. */
STORE_TEST(an_erased_person_gets_no_tag_any_more)
{
	CLEANUP(store_tag_list_clear) struct store_tag_list tags = { 0 };

	add_person(f, "sub_a");
	EXPECT_OK(store_tag_add(f->db, STR("tag"), STR("sub_a"), STR("2026-11")));
	IN_TX(f, store_person_erase(&tx, STR("sub_a"), STR(EVENT)));
	EXPECT_STATUS(E_NOT_FOUND, store_tag_add(f->db, STR("late"), STR("sub_a"), STR("2026-11")));
	EXPECT_OK(store_tag_of(f->db, STR("sub_a"), STR("0000-00"), STR("9999-12"), &tags));
	cr_assert_eq(tags.count, 0);
}

STORE_TEST(a_login_is_free_again_after_its_person_was_erased)
{
	struct store_person p = { .sub = STR("sub_a"),
				  .login = STR("anna"),
				  .kind = STR("adult"),
				  .status = 1,
				  .wrapped_key = BLOB("k"),
				  .event_id = STR(EVENT) };
	CLEANUP(store_person_clear) struct store_person found = { 0 };

	IN_TX(f, store_person_add(&tx, &p));
	IN_TX(f, store_person_erase(&tx, STR("sub_a"), STR(EVENT)));
	EXPECT_STATUS(E_NOT_FOUND, store_person_by_login(f->db, STR("anna"), &found));
	p.sub = STR("sub_b");
	IN_TX(f, store_person_add(&tx, &p));
	EXPECT_OK(store_person_by_login(f->db, STR("anna"), &found));
	EXPECT_STR(STR("sub_b"), found.sub);
}

/* What SQLite unlinked could be read from the file by whoever steals the disk. */
Test(sqlite, an_erased_key_is_not_in_the_file_any_more)
{
	struct fixture f = fixture_sqlite();
	struct store_person p = {
		.sub = STR("sub_a"),
		.kind = STR("adult"),
		.status = 1,
		.wrapped_key = BLOB("NEEDLE-IN-THE-FILE"),
		.event_id = STR(EVENT),
	};
	char text[200];

	fixture_open(&f);
	IN_TX(&f, store_person_add(&tx, &p));
	IN_TX(&f, store_person_erase(&tx, STR("sub_a"), STR(EVENT)));
	EXPECT_OK(store_scrub(f.db, SECOND_US)); /* the daemon goes on running: closing must not be what cleans */
	snprintf(text, sizeof(text), "! grep -rq NEEDLE-IN-THE-FILE %s", f.dir);
	cr_assert(system(text) == 0);
	fixture_end(&f);
}

STORE_TEST(people_are_paged_without_gaps_or_doubles_while_some_come)
{
	struct store_cursor at = { "" };
	int seen = 0;
	char sub[16];

	for (int i = 0; i < 25; i++) {
		snprintf(sub, sizeof(sub), "sub_%03d", i * 2);
		add_person(f, sub);
	}
	do {
		CLEANUP(store_person_list_clear) struct store_person_list l = { 0 };
		EXPECT_OK(store_person_page(f->db, STR(""), str_of(at.text), 10, &l));
		for (size_t i = 0; i < l.count; i++) {
			snprintf(sub, sizeof(sub), "sub_%03d", seen++ * 2);
			EXPECT_STR(str_of(sub), l.items[i].sub);
		}
		at = l.next;
		/* Behind the reader: it must not shift what comes. */
		if (seen == 10)
			add_person(f, "sub_001");
	} while (at.text[0]);
	cr_assert_eq(seen, 25);
}

STORE_TEST(pages_end_exactly_and_kinds_are_told_apart)
{
	CLEANUP(store_person_list_clear) struct store_person_list all = { 0 };
	CLEANUP(store_person_list_clear) struct store_person_list staff = { 0 };

	add_person(f, "sub_a");
	add_person(f, "sub_b");
	EXPECT_OK(store_person_page(f->db, STR("adult"), STR(""), 2, &all));
	cr_assert_eq(all.count, 2);
	cr_assert_eq(all.next.text[0], '\0', "no page follows a full last one");
	EXPECT_OK(store_person_page(f->db, STR("staff"), STR(""), 2, &staff));
	cr_assert_eq(staff.count, 0);
}

STORE_TEST(cursors_that_we_did_not_make_are_refused)
{
	static const char *const bad[] = { "!", "AA", "AQ", "AgAAAAA", "AQAAAAFhYg", "AQ____8A", "AQAAAAH_" };
	CLEANUP(store_person_list_clear) struct store_person_list l = { 0 };
	char *longest = calloc(1, 2000);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		EXPECT_STATUS(E_INVALID, store_person_page(f->db, STR(""), str_of(bad[i]), 10, &l));
	memset(longest, 'A', 1999);
	EXPECT_STATUS(E_INVALID, store_person_page(f->db, STR(""), str_of(longest), 10, &l));
	free(longest);
	EXPECT_STATUS(E_INVALID, store_person_page(f->db, STR(""), STR(""), 0, &l));
	EXPECT_STATUS(E_INVALID, store_person_page(f->db, STR(""), STR(""), -1, &l));
}

/* ---- tag ---- */

STORE_TEST(a_tag_stands_for_one_person)
{
	CLEANUP(store_tag_list_clear) struct store_tag_list l = { 0 };
	CLEANUP(store_tag_list_clear) struct store_tag_list one = { 0 };

	add_person(f, "sub_a");
	add_person(f, "sub_b");
	EXPECT_OK(store_tag_add(f->db, STR("t1"), STR("sub_a"), STR("2026-10")));
	EXPECT_OK(store_tag_add(f->db, STR("t1"), STR("sub_a"), STR("2026-10")));
	EXPECT_OK(store_tag_add(f->db, STR("t2"), STR("sub_a"), STR("2026-11")));
	EXPECT_OK(store_tag_add(f->db, STR("t3"), STR("sub_a"), STR("2026-12")));
	EXPECT_STATUS(E_CONFLICT, store_tag_add(f->db, STR("t1"), STR("sub_b"), STR("2026-10")));
	EXPECT_STATUS(E_NOT_FOUND, store_tag_add(f->db, STR("t9"), STR("sub_x"), STR("2026-10")));
	EXPECT_OK(store_tag_of(f->db, STR("sub_a"), STR("2026-10"), STR("2026-11"), &l));
	cr_assert_eq(l.count, 2);
	EXPECT_STR(STR("t2"), l.items[0].tag);
	EXPECT_STR(STR("t1"), l.items[1].tag);
	EXPECT_OK(store_tag_find(f->db, STR("t3"), &one));
	EXPECT_STR(STR("sub_a"), one.items[0].sub);
}

/* ---- role ---- */

static struct store_role
role_of(const char *sub, const char *organisation, const char *role)
{
	return (struct store_role){ .sub = str_of(sub),
				    .organisation = str_of(organisation),
				    .role = str_of(role),
				    .assigned_us = NOW,
				    .event_id = STR(EVENT) };
}

STORE_TEST(a_role_is_effective_only_when_the_log_has_it)
{
	struct store_role r = role_of("sub_a", "org", "officer");
	CLEANUP(store_role_list_clear) struct store_role_list before = { 0 };
	CLEANUP(store_role_list_clear) struct store_role_list after = { 0 };
	CLEANUP(store_role_list_clear) struct store_role_list revoked = { 0 };

	add_person(f, "sub_a");
	IN_TX(f, store_role_assign(&tx, &r));
	EXPECT_OK(store_role_of(f->db, STR("sub_a"), &before));
	cr_assert_eq(before.count, 0);
	logged(f, STORE_TARGET_ROLE, "sub_a");
	EXPECT_OK(store_role_of(f->db, STR("sub_a"), &after));
	cr_assert_eq(after.count, 1);
	cr_assert_eq(after.items[0].log_index, 42);
	IN_TX(f, store_role_revoke(&tx, STR("sub_a"), STR("org"), STR("officer")));
	EXPECT_OK(store_role_of(f->db, STR("sub_a"), &revoked));
	cr_assert_eq(revoked.count, 0, "revoking needs no log index");
}

STORE_TEST(a_role_twice_is_a_conflict_that_ends_nothing)
{
	struct store_role r = role_of("sub_a", "org", "officer"), stranger = role_of("sub_x", "org", "officer");
	struct store_tx both = { 0 };

	add_person(f, "sub_a");
	EXPECT_OK(store_begin(f->db, &both));
	EXPECT_OK(store_role_assign(&both, &r));
	EXPECT_STATUS(E_CONFLICT, store_role_assign(&both, &r));
	EXPECT_STATUS(E_NOT_FOUND, store_role_revoke(&both, STR("sub_a"), STR("org"), STR("other")));
	EXPECT_OK(store_commit(&both));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_role_assign(&tx, &stranger));
}

/* What a second assignment at the same moment sees of the first. */
static void *
count_held(void *arg)
{
	struct fixture *f = arg;
	CLEANUP(store_closep) struct store *db = NULL;
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	CLEANUP(store_role_list_clear) struct store_role_list held = { 0 };
	intptr_t seen = -1;

	if (store_open(str_of(f->url), &db) == OK && store_begin(db, &tx) == OK &&
	    store_role_held(&tx, STR("sub_a"), &held) == OK)
		seen = (intptr_t)held.count;
	return (void *)seen;
}

STORE_TEST(of_two_assignments_at_once_the_second_sees_the_first)
{
	struct store_role r = role_of("sub_a", "org", "officer");
	CLEANUP(store_role_list_clear) struct store_role_list none = { 0 };
	struct store_tx first = { 0 };
	pthread_t second;
	void *seen;

	add_person(f, "sub_a");
	REFUSED_IN_TX(f, E_NOT_FOUND, store_role_held(&tx, STR("sub_x"), &none));
	EXPECT_OK(store_begin(f->db, &first));
	EXPECT_OK(store_role_held(&first, STR("sub_a"), &none));
	cr_assert_eq(none.count, 0);
	pthread_create(&second, NULL, count_held, f);
	usleep(100000); /* so that it stands before the lock; if it came later, it would see the row all the same */
	EXPECT_OK(store_role_assign(&first, &r));
	EXPECT_OK(store_commit(&first));
	pthread_join(second, &seen);
	cr_assert_eq((intptr_t)seen, 1, "a role without a log index counts, too");
}

STORE_TEST(who_holds_a_role_is_paged_by_three_keys)
{
	struct store_cursor at = { "" };
	char last[64] = "", here[64];
	int seen = 0;

	add_person(f, "sub_a");
	add_person(f, "sub_b");
	for (int i = 0; i < 12; i++) {
		char organisation[8], name[8];
		struct store_role r;
		snprintf(organisation, sizeof(organisation), "o%d", i % 2);
		snprintf(name, sizeof(name), "r%d", i % 3);
		r = role_of(i < 6 ? "sub_a" : "sub_b", organisation, name);
		IN_TX(f, store_role_assign(&tx, &r));
	}
	do {
		CLEANUP(store_role_list_clear) struct store_role_list l = { 0 };
		EXPECT_OK(store_role_who(f->db, STR(""), STR(""), str_of(at.text), 5, &l));
		for (size_t i = 0; i < l.count; i++, seen++) {
			snprintf(here, sizeof(here), "%s %s %s", l.items[i].organisation.p, l.items[i].role.p,
				 l.items[i].sub.p);
			cr_assert(strcmp(last, here) < 0, "%s then %s", last, here);
			memcpy(last, here, sizeof(last));
		}
		at = l.next;
	} while (at.text[0]);
	cr_assert_eq(seen, 12);
}

/* ---- password ---- */

static int64_t
from_the_third_on(int number)
{
	return number < 3 ? 0 : number * SECOND_US;
}

static void
add_password(struct fixture *f)
{
	add_person(f, "sub_a");
	IN_TX(f, store_password_set(&tx, STR("sub_a"), STR("phc1"), NOW));
}

static void
try_password(struct fixture *f, int64_t now_us, int expected)
{
	int number = 0;

	EXPECT_OK(store_password_try(f->db, STR("sub_a"), now_us, from_the_third_on, &number));
	cr_assert_eq(number, expected);
}

STORE_TEST(passwords_are_counted_before_they_are_looked_at_and_then_the_account_waits)
{
	CLEANUP(store_password_clear) struct store_password p = { 0 }, q = { 0 };
	int number;

	add_password(f);
	for (int i = 1; i <= 3; i++)
		try_password(f, NOW, i);
	EXPECT_OK(store_password_find(f->db, STR("sub_a"), &p));
	cr_assert(p.failures == 3 && p.next_try_us == NOW + 3 * SECOND_US);
	EXPECT_STATUS(E_LIMITED,
		      store_password_try(f->db, STR("sub_a"), p.next_try_us - 1, from_the_third_on, &number));
	try_password(f, p.next_try_us, 4);
	EXPECT_OK(store_password_passed(f->db, STR("sub_a")));
	EXPECT_OK(store_password_find(f->db, STR("sub_a"), &q));
	cr_assert(q.failures == 0 && q.next_try_us == 0);
	EXPECT_STATUS(E_LIMITED, store_password_try(f->db, STR("sub_x"), NOW, from_the_third_on, &number));
}

STORE_TEST(a_try_at_which_no_password_was_looked_at_is_given_back_with_its_wait)
{
	CLEANUP(store_password_clear) struct store_password p = { 0 };

	add_password(f);
	for (int i = 1; i <= 3; i++)
		try_password(f, NOW, i);
	EXPECT_OK(store_password_give_back(f->db, STR("sub_a"), 3));
	try_password(f, NOW, 3);
	EXPECT_OK(store_password_give_back(f->db, STR("sub_a"), 2)); /* somebody tried since: the wait is theirs */
	EXPECT_OK(store_password_find(f->db, STR("sub_a"), &p));
	cr_assert(p.failures == 2 && p.next_try_us == NOW + 3 * SECOND_US);
}

static enum status
guess_password(struct store *db, int number UNUSED)
{
	int which;

	return store_password_try(db, STR("sub_a"), NOW, from_the_third_on, &which);
}

STORE_TEST(attack_passwords_at_the_same_moment_are_no_more_than_one_after_the_other)
{
	enum status results[RACERS];

	add_password(f);
	race(f, guess_password, results);
	cr_assert_eq(count_status(results, OK), 3);
	cr_assert_eq(count_status(results, E_LIMITED), RACERS - 3);
}

STORE_TEST(a_new_password_replaces_the_old_one)
{
	CLEANUP(store_password_clear) struct store_password p = { 0 };

	add_password(f);
	try_password(f, NOW, 1);
	IN_TX(f, store_password_set(&tx, STR("sub_a"), STR("phc2"), NOW + 5));
	EXPECT_OK(store_password_find(f->db, STR("sub_a"), &p));
	EXPECT_STR(STR("phc2"), p.phc);
	cr_assert(p.changed_us == NOW + 5 && p.failures == 0 && p.next_try_us == 0);
}

/* ---- totp ---- */

static void
add_totp(struct fixture *f, const char *sub, const char *id)
{
	struct store_totp t = { .id = str_of(id), .sub = str_of(sub), .secret_sealed = BLOB("sealed") };

	add_person(f, sub);
	IN_TX(f, store_totp_add(&tx, &t));
}

STORE_TEST(a_totp_step_is_taken_once_and_steps_only_rise)
{
	add_totp(f, "sub_a", "t");
	EXPECT_OK(store_totp_take(f->db, STR("t"), 100));
	EXPECT_STATUS(E_USED, store_totp_take(f->db, STR("t"), 100));
	EXPECT_STATUS(E_USED, store_totp_take(f->db, STR("t"), 99));
	EXPECT_OK(store_totp_take(f->db, STR("t"), 101));
	EXPECT_STATUS(E_USED, store_totp_take(f->db, STR("none"), 1000));
}

static enum status
take_step(struct store *db, int number UNUSED)
{
	return store_totp_take(db, STR("t"), 5000);
}

STORE_TEST(of_many_that_send_one_totp_code_one_gets_in)
{
	enum status results[RACERS];

	add_totp(f, "sub_a", "t");
	race(f, take_step, results);
	cr_assert_eq(count_status(results, OK), 1);
	cr_assert_eq(count_status(results, E_USED), RACERS - 1);
}

STORE_TEST(wrong_codes_lock_the_device_until_it_is_unlocked)
{
	int number = 0;

	add_totp(f, "sub_a", "t");
	for (int i = 1; i <= 3; i++) {
		EXPECT_STATUS(E_USED, store_totp_lock(f->db, STR("t"), 3));
		EXPECT_OK(store_totp_try(f->db, STR("t"), 3, &number));
		cr_assert_eq(number, i);
	}
	EXPECT_STATUS(E_LIMITED, store_totp_try(f->db, STR("t"), 3, &number));
	EXPECT_OK(store_totp_lock(f->db, STR("t"), 3));
	EXPECT_STATUS(E_USED, store_totp_lock(f->db, STR("t"), 3)); /* one entry says so */
	EXPECT_STATUS(E_USED, store_totp_take(f->db, STR("t"), 100));
	EXPECT_OK(store_totp_give_back(f->db, STR("t"))); /* what is locked stays so */
	EXPECT_STATUS(E_LIMITED, store_totp_try(f->db, STR("t"), 3, &number));
	IN_TX(f, store_totp_unlock(&tx, STR("sub_a")));
	EXPECT_OK(store_totp_take(f->db, STR("t"), 100));
	EXPECT_STATUS(E_LIMITED, store_totp_try(f->db, STR("none"), 3, &number));
}

STORE_TEST(a_right_code_and_one_that_was_not_looked_at_give_the_tries_back)
{
	int number = 0;

	add_totp(f, "sub_a", "t");
	for (int i = 1; i <= 3; i++)
		EXPECT_OK(store_totp_try(f->db, STR("t"), 3, &number));
	EXPECT_OK(store_totp_give_back(f->db, STR("t")));
	EXPECT_OK(store_totp_try(f->db, STR("t"), 3, &number));
	cr_assert_eq(number, 3, "one was given back");
	EXPECT_OK(store_totp_take(f->db, STR("t"), 100));
	EXPECT_OK(store_totp_give_back(f->db, STR("t"))); /* there is none to give back: none is won */
	EXPECT_OK(store_totp_try(f->db, STR("t"), 3, &number));
	cr_assert_eq(number, 1);
}

static enum status
guess(struct store *db, int number UNUSED)
{
	int which;

	return store_totp_try(db, STR("t"), 5, &which);
}

STORE_TEST(attack_guesses_through_many_sign_ins_at_once_reach_the_check_five_times)
{
	enum status results[RACERS];

	add_totp(f, "sub_a", "t");
	race(f, guess, results);
	cr_assert_eq(count_status(results, OK), 5);
	cr_assert_eq(count_status(results, E_LIMITED), RACERS - 5);
}

STORE_TEST(a_device_of_somebody_else_does_not_exist)
{
	CLEANUP(store_totp_clear) struct store_totp t = { 0 };
	CLEANUP(store_totp_list_clear) struct store_totp_list l = { 0 };

	add_totp(f, "sub_a", "t");
	add_person(f, "sub_b");
	EXPECT_STATUS(E_NOT_FOUND, store_totp_find(f->db, STR("sub_b"), STR("t"), &t));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_totp_confirm(&tx, STR("sub_b"), STR("t")));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_totp_remove(&tx, STR("sub_b"), STR("t")));
	IN_TX(f, store_totp_confirm(&tx, STR("sub_a"), STR("t")));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_totp_confirm(&tx, STR("sub_a"), STR("t")));
	EXPECT_OK(store_totp_of(f->db, STR("sub_a"), &l));
	cr_assert(l.count == 1 && l.items[0].confirmed);
	EXPECT_STR(BLOB("sealed"), l.items[0].secret_sealed);
	IN_TX(f, store_totp_remove(&tx, STR("sub_a"), STR("t")));
}

/* ---- recovery codes ---- */

static enum status
recover(struct store *db, int number UNUSED)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	TRY(store_recovery_consume(&tx, STR("sub_a"), BLOB("c1"), NOW));
	return store_commit(&tx);
}

STORE_TEST(a_recovery_code_is_good_once)
{
	const struct str codes[] = { BLOB("c1"), BLOB("c2\0") }, newer[] = { BLOB("c3") };
	enum status results[RACERS];
	int left;

	add_person(f, "sub_a");
	IN_TX(f, store_recovery_replace(&tx, STR("sub_a"), codes, 2));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_recovery_consume(&tx, STR("sub_b"), BLOB("c1"), NOW));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_recovery_consume(&tx, STR("sub_a"), BLOB("c2"), NOW));
	race(f, recover, results);
	cr_assert_eq(count_status(results, OK), 1);
	cr_assert_eq(count_status(results, E_USED), RACERS - 1);
	EXPECT_OK(store_recovery_left(f->db, STR("sub_a"), &left));
	cr_assert_eq(left, 1);
	IN_TX(f, store_recovery_replace(&tx, STR("sub_a"), newer, 1));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_recovery_consume(&tx, STR("sub_a"), BLOB("c2\0"), NOW));
	EXPECT_OK(store_recovery_left(f->db, STR("sub_a"), &left));
	cr_assert_eq(left, 1);
}

/* ---- sign-ins under way ---- */

static void
add_login(struct fixture *f, struct str id)
{
	struct store_login l = {
		.id_hash = id,
		.stage = 1,
		.return_to = STR("/me"),
		.csrf_hash = BLOB("c"),
		.created_us = NOW,
		.expires_us = NOW + 600 * SECOND_US,
	};

	EXPECT_OK(store_login_add(f->db, &l));
}

STORE_TEST(a_sign_in_goes_from_stage_to_stage_under_new_ids)
{
	CLEANUP(store_login_clear) struct store_login first = { 0 };
	CLEANUP(store_login_clear) struct store_login l = { 0 };
	int failures;

	add_login(f, BLOB("id1"));
	EXPECT_OK(store_login_find(f->db, BLOB("id1"), NOW, &first));
	cr_assert_null(first.sub.p);
	EXPECT_OK(store_login_fail(f->db, BLOB("id1"), &failures));
	cr_assert_eq(failures, 1);
	EXPECT_OK(store_login_advance(f->db, BLOB("id1"), 1, 2, STR("sub_a"), BLOB("id2"), NOW));
	EXPECT_STATUS(E_NOT_FOUND, store_login_find(f->db, BLOB("id1"), NOW, &l));
	EXPECT_STATUS(E_USED, store_login_advance(f->db, BLOB("id2"), 1, 2, STR("sub_b"), BLOB("id3"), NOW));
	REFUSED_IN_TX(f, E_USED, store_login_consume(&tx, BLOB("id2"), 1, NOW, &l));
	IN_TX(f, store_login_consume(&tx, BLOB("id2"), 2, NOW, &l));
	EXPECT_STR(STR("sub_a"), l.sub);
	EXPECT_STR(STR("/me"), l.return_to);
	cr_assert_eq(l.failures, 0);
	REFUSED_IN_TX(f, E_USED, store_login_consume(&tx, BLOB("id2"), 2, NOW, &first));
}

STORE_TEST(an_expired_sign_in_is_no_sign_in)
{
	int64_t late = NOW + 600 * SECOND_US;
	CLEANUP(store_login_clear) struct store_login l = { 0 };

	add_login(f, BLOB("id1"));
	EXPECT_STATUS(E_NOT_FOUND, store_login_find(f->db, BLOB("id1"), late, &l));
	EXPECT_STATUS(E_USED, store_login_advance(f->db, BLOB("id1"), 1, 2, STR("sub_a"), BLOB("id2"), late));
	REFUSED_IN_TX(f, E_USED, store_login_consume(&tx, BLOB("id1"), 1, late, &l));
}

static enum status
finish_login(struct store *db, int number UNUSED)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	CLEANUP(store_login_clear) struct store_login l = { 0 };

	TRY(store_begin(db, &tx));
	TRY(store_login_consume(&tx, BLOB("id1"), 1, NOW, &l));
	return store_commit(&tx);
}

STORE_TEST(one_sign_in_becomes_one_session_however_often_it_is_posted)
{
	enum status results[RACERS];

	add_login(f, BLOB("id1"));
	race(f, finish_login, results);
	cr_assert_eq(count_status(results, OK), 1);
	cr_assert_eq(count_status(results, E_USED), RACERS - 1);
}

/* ---- session ---- */

static void
add_session(struct fixture *f, const char *sub, const char *sid, struct str id)
{
	struct store_session s = {
		.id_hash = id,
		.sid = str_of(sid),
		.sub = str_of(sub),
		.csrf = BLOB("csrf\0"),
		.acr = 2,
		.amr = STR("pwd otp"),
		.auth_us = NOW,
		.created_us = NOW,
		.seen_us = NOW,
		.idle_us_limit = 900 * SECOND_US,
		.expires_us = NOW + 3600 * SECOND_US,
		.agent = STR("Firefox"),
		.event_id = STR(EVENT),
	};

	IN_TX(f, store_session_add(&tx, &s));
}

static void
expect_no_session(struct fixture *f, struct str id, int64_t now_us)
{
	CLEANUP(store_session_clear) struct store_session s = { 0 };

	EXPECT_STATUS(E_NOT_FOUND, store_session_find(f->db, id, now_us, &s));
}

static void
expect_session(struct fixture *f, struct str id, int64_t now_us)
{
	CLEANUP(store_session_clear) struct store_session s = { 0 };

	EXPECT_OK(store_session_find(f->db, id, now_us, &s));
}

STORE_TEST(a_session_counts_only_when_the_log_has_it)
{
	CLEANUP(store_session_clear) struct store_session s = { 0 };

	add_person(f, "sub_a");
	add_session(f, "sub_a", "s1", BLOB("h1"));
	expect_no_session(f, BLOB("h1"), NOW);
	logged(f, STORE_TARGET_SESSION, "s1");
	EXPECT_OK(store_session_find(f->db, BLOB("h1"), NOW, &s));
	EXPECT_STR(STR("sub_a"), s.sub);
	EXPECT_STR(BLOB("csrf\0"), s.csrf);
	cr_assert(s.acr == 2 && s.log_index == 42 && s.ended_us == 0);
}

STORE_TEST(a_session_ends_in_every_way)
{
	add_person(f, "sub_a");
	add_session(f, "sub_a", "s1", BLOB("h1"));
	logged(f, STORE_TARGET_SESSION, "s1");
	expect_session(f, BLOB("h1"), NOW + 899 * SECOND_US);
	expect_no_session(f, BLOB("h1"), NOW + 900 * SECOND_US);
	expect_no_session(f, BLOB("h2"), NOW);
	IN_TX(f, store_person_set_status(&tx, STR("sub_a"), STORE_PERSON_DISABLED, STR(EVENT)));
	expect_no_session(f, BLOB("h1"), NOW);
	IN_TX(f, store_person_set_status(&tx, STR("sub_a"), STORE_PERSON_ACTIVE, STR(EVENT)));
	expect_session(f, BLOB("h1"), NOW);
	REFUSED_IN_TX(f, E_NOT_FOUND, store_session_end(&tx, STR("s1"), STR("sub_b"), NOW));
	IN_TX(f, store_session_end(&tx, STR("s1"), STR("sub_a"), NOW + 1));
	expect_no_session(f, BLOB("h1"), NOW);
	REFUSED_IN_TX(f, E_NOT_FOUND, store_session_end(&tx, STR("s1"), STR("sub_a"), NOW + 2));
}

STORE_TEST(use_keeps_a_session_alive_up_to_its_absolute_end)
{
	add_person(f, "sub_a");
	add_session(f, "sub_a", "s1", BLOB("h1"));
	logged(f, STORE_TARGET_SESSION, "s1");
	for (int64_t at = NOW; at < NOW + 3600 * SECOND_US; at += 800 * SECOND_US) {
		CLEANUP(store_session_clear) struct store_session s = { 0 };
		EXPECT_OK(store_session_find(f->db, BLOB("h1"), at, &s));
		EXPECT_OK(store_session_touch(f->db, &s, at));
	}
	expect_session(f, BLOB("h1"), NOW + 3599 * SECOND_US);
	expect_no_session(f, BLOB("h1"), NOW + 3600 * SECOND_US);
}

STORE_TEST(touching_writes_once_a_minute_and_never_back)
{
	CLEANUP(store_session_clear) struct store_session s = { 0 };
	CLEANUP(store_session_clear) struct store_session later = { 0 };
	CLEANUP(store_session_clear) struct store_session last = { 0 };

	add_person(f, "sub_a");
	add_session(f, "sub_a", "s1", BLOB("h1"));
	logged(f, STORE_TARGET_SESSION, "s1");
	EXPECT_OK(store_session_find(f->db, BLOB("h1"), NOW, &s));
	EXPECT_OK(store_session_touch(f->db, &s, NOW + 59 * SECOND_US));
	EXPECT_OK(store_session_by_sid(f->db, STR("s1"), &later));
	cr_assert_eq(later.seen_us, NOW);
	EXPECT_OK(store_session_touch(f->db, &s, NOW + 120 * SECOND_US));
	EXPECT_OK(store_session_touch(f->db, &s, NOW + 60 * SECOND_US));
	EXPECT_OK(store_session_by_sid(f->db, STR("s1"), &last));
	cr_assert_eq(last.seen_us, NOW + 120 * SECOND_US);
}

STORE_TEST(a_session_that_takes_a_new_cookie_is_the_same_one_and_the_old_cookie_dies)
{
	CLEANUP(store_session_clear) struct store_session s = { 0 };

	add_person(f, "sub_a");
	add_session(f, "sub_a", "s1", BLOB("h1"));
	logged(f, STORE_TARGET_SESSION, "s1");
	IN_TX(f, store_session_renew(&tx, BLOB("h1"), BLOB("h2")));
	expect_no_session(f, BLOB("h1"), NOW + 5);
	EXPECT_OK(store_session_find(f->db, BLOB("h2"), NOW + 5, &s));
	EXPECT_STR(STR("s1"), s.sid);
	REFUSED_IN_TX(f, E_NOT_FOUND, store_session_renew(&tx, BLOB("h1"), BLOB("h3")));
	IN_TX(f, store_session_end(&tx, STR("s1"), STR("sub_a"), NOW));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_session_renew(&tx, BLOB("h2"), BLOB("h3")));
}

STORE_TEST(all_sessions_but_one_end_and_only_this_persons)
{
	CLEANUP(store_session_list_clear) struct store_session_list mine = { 0 };
	CLEANUP(store_session_list_clear) struct store_session_list all = { 0 };
	int ended;

	add_person(f, "sub_a");
	add_person(f, "sub_b");
	add_session(f, "sub_a", "s1", BLOB("h1"));
	add_session(f, "sub_a", "s2", BLOB("h2"));
	add_session(f, "sub_a", "s3", BLOB("h3"));
	add_session(f, "sub_b", "s4", BLOB("h4"));
	meddle(f, "UPDATE session SET log_index = 1");
	IN_TX(f, store_session_end_all(&tx, STR("sub_a"), STR("s2"), NOW, &ended));
	cr_assert_eq(ended, 2);
	EXPECT_OK(store_session_page(f->db, STR("sub_a"), NOW, STR(""), 10, &mine));
	cr_assert_eq(mine.count, 1);
	EXPECT_STR(STR("s2"), mine.items[0].sid);
	EXPECT_OK(store_session_page(f->db, STR(""), NOW, STR(""), 10, &all));
	cr_assert_eq(all.count, 2);
}

STORE_TEST(sessions_of_the_same_moment_are_paged_by_name)
{
	struct store_cursor at = { "" };
	int seen = 0;

	add_person(f, "sub_a");
	for (int i = 0; i < 7; i++) {
		char sid[8], id[8];
		snprintf(sid, sizeof(sid), "s%d", i);
		snprintf(id, sizeof(id), "h%d", i);
		add_session(f, "sub_a", sid, str_of(id));
	}
	meddle(f, "UPDATE session SET log_index = 1");
	do {
		CLEANUP(store_session_list_clear) struct store_session_list l = { 0 };
		EXPECT_OK(store_session_page(f->db, STR("sub_a"), NOW, str_of(at.text), 3, &l));
		for (size_t i = 0; i < l.count; i++, seen++)
			cr_assert_eq(l.items[i].sid.p[1], '6' - seen);
		at = l.next;
	} while (at.text[0]);
	cr_assert_eq(seen, 7);
}
