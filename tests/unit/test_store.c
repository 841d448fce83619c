#include "authd/store/store.h"

#include "auditlog/base/file.h"
#include "authd/store/store_setting.h"
#include "tests/unit/store_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

static void
set(struct fixture *f, const char *name, const char *value)
{
	EXPECT_OK(store_setting_set(f->db, str_of(name), str_of(value)));
}

static void
expect_setting(struct store *db, const char *name, const char *value)
{
	CLEANUP(store_setting_clear) struct store_setting s = { 0 };

	EXPECT_OK(store_setting_find(db, str_of(name), &s));
	EXPECT_STR(str_of(value), s.value);
}

static void
expect_no_setting(struct store *db, const char *name)
{
	CLEANUP(store_setting_clear) struct store_setting s = { 0 };

	EXPECT_STATUS(E_NOT_FOUND, store_setting_find(db, str_of(name), &s));
}

/* ---- opening ---- */

Test(url, unknown_schemes_and_bad_connection_strings_are_refused)
{
	static const char *const bad[] = { "", "mysql:x", "sqlite", "sqlite:", "SQLITE:x", "postgres:nonsense=1" };
	struct store *db = NULL;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		EXPECT_STATUS(E_INVALID, store_open(str_of(bad[i]), &db));
	cr_assert_null(db);
}

Test(url, a_path_that_cannot_be_opened_is_unavailable)
{
	struct store *db = NULL;

	EXPECT_STATUS(E_UNAVAILABLE, store_open(STR("sqlite:/nowhere/at/all.db"), &db));
	EXPECT_STATUS(E_UNAVAILABLE, store_open(STR("sqlite:/tmp"), &db));
}

Test(url, an_absent_postgresql_is_found_out_when_it_is_needed)
{
	CLEANUP(store_closep) struct store *db = NULL;

	EXPECT_OK(store_open(STR("postgres:host=/nowhere user=x"), &db));
	EXPECT_STATUS(E_UNAVAILABLE, store_ping(db));
	EXPECT_STATUS(E_UNAVAILABLE, store_ping(db));
	EXPECT_STATUS(E_UNAVAILABLE, store_migrate(db));
}

Test(sqlite, nobody_else_may_read_the_files)
{
	struct fixture f = fixture_sqlite();
	static const char *const names[] = { "state.db", "state.db-wal", "state.db-shm" };
	char path[160];
	struct stat st;

	umask(0);
	fixture_open(&f);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", f.dir, names[i]);
		cr_assert(stat(path, &st) == 0, "%s", path);
		cr_assert((st.st_mode & 077) == 0, "%s has mode %o", path, (unsigned)st.st_mode);
	}
	fixture_end(&f);
}

/* ---- statements ---- */

/* With NULL for every parameter: what they do is tested elsewhere, here only that both databases take them all. */
STORE_TEST(every_statement_is_taken)
{
	struct store_value none[STORE_ARGS_MOST] = { 0 };

	for (int id = 0; id < SQL_COUNT; id++) {
		struct store_tx tx = { 0 };
		enum status st;
		EXPECT_OK(store_begin(f->db, &tx));
		st = store_run(f->db, (enum sql_id)id, none, sql_statements[id].params, NULL);
		cr_assert(st == OK || st == E_INVALID || st == E_CONFLICT, "%s gives %s", sql_statements[id].name,
			  status_name(st));
		store_abandon(&tx);
	}
}

Test(sql, sqlite_gets_the_numbers_that_postgresql_gets)
{
	for (int id = 0; id < SQL_COUNT; id++) {
		const char *p = sql_statements[id].postgres, *s = sql_statements[id].sqlite;
		cr_assert(strlen(p) == strlen(s), "%s", sql_statements[id].name);
		for (; *p; p++, s++)
			cr_assert(*s == (*p == '$' ? '?' : *p), "%s", sql_statements[id].name);
	}
}

Test(sql, only_selects_are_marked_as_reading)
{
	cr_assert(sql_statements[SQL_SETTING_FIND].reads);
	cr_assert(!sql_statements[SQL_SETTING_SET].reads);
	cr_assert(!sql_statements[SQL_CODE_CONSUME].reads);
	cr_assert(!sql_statements[SQL_SWEEP_CODE].reads);
}

STORE_TEST(a_wrong_number_of_parameters_is_refused)
{
	EXPECT_STATUS(E_SYSTEM, store_run(f->db, SQL_SETTING_SET, STORE_ARGS(store_text(STR("a"))), NULL));
	EXPECT_STATUS(E_SYSTEM, store_run(f->db, SQL_COUNT, STORE_NO_ARGS, NULL));
}

/* ---- values ---- */

STORE_TEST(text_survives_and_parameters_keep_their_numbers)
{
	set(f, "имя", "значение");
	set(f, "имя", "другое значение 🜁");
	set(f, "quote", "it's \"quoted\" \\ $1 ?1 :a --");
	set(f, "empty", "");
	expect_setting(f->db, "имя", "другое значение 🜁");
	expect_setting(f->db, "quote", "it's \"quoted\" \\ $1 ?1 :a --");
	expect_setting(f->db, "empty", "");
	expect_no_setting(f->db, "значение");
}

STORE_TEST(text_that_is_not_utf8_or_has_a_nul_is_refused_before_the_database)
{
	EXPECT_STATUS(E_INVALID, store_setting_set(f->db, STR("a"), STR("\xff\xfe")));
	EXPECT_STATUS(E_INVALID, store_setting_set(f->db, STR("a"), STR("\xc0\xaf")));
	EXPECT_STATUS(E_INVALID, store_setting_set(f->db, STR("a"), BLOB("b\0c")));
	EXPECT_STATUS(E_INVALID, store_setting_set(f->db, BLOB("a\0"), STR("b")));
	expect_no_setting(f->db, "a");
}

STORE_TEST(a_value_is_never_read_as_sql)
{
	set(f, "x'; DROP TABLE setting; --", "1");
	expect_setting(f->db, "x'; DROP TABLE setting; --", "1");
	expect_no_setting(f->db, "' OR '1'='1");
}

STORE_TEST(blobs_and_integers_survive_at_their_extremes)
{
	char all[256];
	struct store_person p = { .sub = STR("sub_a"), .kind = STR("adult"), .status = 1, .event_id = STR(EVENT) };
	CLEANUP(store_person_clear) struct store_person got = { 0 };

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	p.wrapped_key = str_from(all, sizeof(all));
	p.profile = (struct str){ "", 0 };
	p.created_us = INT64_MIN;
	IN_TX(f, store_person_add(&tx, &p));
	EXPECT_OK(store_person_find(f->db, STR("sub_a"), &got));
	EXPECT_STR(p.wrapped_key, got.wrapped_key);
	cr_assert(got.profile.p && got.profile.n == 0, "an empty blob is not NULL");
	cr_assert_null(got.login.p, "NULL stays NULL");
	cr_assert_eq(got.created_us, INT64_MIN);
	cr_assert_eq(got.log_index, STORE_NO_INDEX);

	p.sub = STR("sub_b");
	p.created_us = INT64_MAX;
	IN_TX(f, store_person_add(&tx, &p));
	store_person_clear(&got);
	EXPECT_OK(store_person_find(f->db, STR("sub_b"), &got));
	cr_assert_eq(got.created_us, INT64_MAX);
}

STORE_TEST(a_megabyte_survives)
{
	size_t n = (size_t)1 << 20;
	char *big = malloc(n + 1);
	CLEANUP(store_setting_clear) struct store_setting s = { 0 };

	memset(big, 'x', n);
	big[n] = '\0';
	set(f, "big", big);
	EXPECT_OK(store_setting_find(f->db, STR("big"), &s));
	cr_assert(s.value.n == n && memcmp(s.value.p, big, n) == 0);
	free(big);
}

STORE_TEST(strings_of_a_result_end_in_nul)
{
	CLEANUP(store_setting_clear) struct store_setting s = { 0 };

	set(f, "a", "bc");
	EXPECT_OK(store_setting_find(f->db, STR("a"), &s));
	cr_assert_str_eq(s.value.p, "bc");
	cr_assert_str_eq(s.name.p, "a");
}

STORE_TEST(a_result_is_written_only_on_success)
{
	struct store_setting s = { .name = STR("untouched") };

	EXPECT_STATUS(E_NOT_FOUND, store_setting_find(f->db, STR("none"), &s));
	EXPECT_STR(STR("untouched"), s.name);
	cr_assert_null(s.mem);
}

/* ---- transactions ---- */

STORE_TEST(a_commit_is_seen_by_others_and_not_before)
{
	struct store_tx tx = { 0 };
	CLEANUP(store_closep) struct store *other = NULL;

	EXPECT_OK(store_open(str_of(f->url), &other));
	EXPECT_OK(store_begin(f->db, &tx));
	set(f, "a", "1");
	expect_setting(f->db, "a", "1");
	expect_no_setting(other, "a");
	EXPECT_OK(store_commit(&tx));
	expect_setting(other, "a", "1");
}

STORE_TEST(what_is_abandoned_never_was)
{
	for (int i = 0; i < 2; i++) {
		CLEANUP(store_abandon) struct store_tx tx = { 0 };
		EXPECT_OK(store_begin(f->db, &tx));
		set(f, "a", "1");
	}
	expect_no_setting(f->db, "a");
	set(f, "b", "1");
}

STORE_TEST(closing_abandons)
{
	struct store_tx tx = { 0 };

	EXPECT_OK(store_begin(f->db, &tx));
	set(f, "a", "1");
	store_close(f->db);
	EXPECT_OK(store_open(str_of(f->url), &f->db));
	expect_no_setting(f->db, "a");
	set(f, "a", "2");
}

STORE_TEST(transactions_do_not_nest_and_end_once)
{
	struct store_tx tx = { 0 }, second = { 0 };

	EXPECT_OK(store_begin(f->db, &tx));
	EXPECT_STATUS(E_SYSTEM, store_begin(f->db, &second));
	store_abandon(&second);
	EXPECT_OK(store_commit(&tx));
	EXPECT_STATUS(E_SYSTEM, store_commit(&tx));
	store_abandon(&tx);
}

/* PostgreSQL does this by itself; SQLite would go on and commit half of the work. */
STORE_TEST(after_an_error_of_the_database_a_transaction_cannot_commit)
{
	struct store_tx tx = { 0 };
	struct store_person p = { .sub = STR("sub_a"), .kind = STR("adult"), .status = 1, .event_id = STR(EVENT) };

	add_person(f, "sub_a");
	EXPECT_OK(store_begin(f->db, &tx));
	set(f, "a", "1");
	EXPECT_STATUS(E_CONFLICT, store_person_add(&tx, &p));
	EXPECT_STATUS(E_CONFLICT, store_setting_set(f->db, STR("b"), STR("1")));
	EXPECT_STATUS(E_CONFLICT, store_commit(&tx));
	expect_no_setting(f->db, "a");
	set(f, "a", "2");
}

STORE_TEST(values_that_the_schema_refuses_are_invalid)
{
	struct store_person p = { .sub = STR("sub_a"), .kind = STR("robot"), .status = 1, .event_id = STR(EVENT) };

	REFUSED_IN_TX(f, E_INVALID, store_person_add(&tx, &p));
	p.kind = STR("adult");
	p.status = 7;
	REFUSED_IN_TX(f, E_INVALID, store_person_add(&tx, &p));
}

/* ---- retry ---- */

struct tries {
	int seen;
	int busy; /* how often to fail first */
	enum status then;
};

static enum status
work(struct store_tx *tx, void *arg)
{
	struct tries *t = arg;
	char name[16];

	snprintf(name, sizeof(name), "try%d", ++t->seen);
	TRY(store_setting_set(tx->db, str_of(name), STR("1")));
	return t->seen <= t->busy ? E_BUSY : t->then;
}

STORE_TEST(busy_work_is_done_again_from_the_start)
{
	struct tries t = { .busy = 2, .then = OK };

	EXPECT_OK(store_retry(f->db, work, &t));
	cr_assert_eq(t.seen, 3);
	expect_no_setting(f->db, "try1");
	expect_no_setting(f->db, "try2");
	expect_setting(f->db, "try3", "1");
}

STORE_TEST(retries_are_bounded_and_only_for_busy)
{
	struct tries always = { .busy = 1000 }, other = { .then = E_DENIED };

	EXPECT_STATUS(E_BUSY, store_retry(f->db, work, &always));
	cr_assert_eq(always.seen, 1 + STORE_RETRIES);
	EXPECT_STATUS(E_DENIED, store_retry(f->db, work, &other));
	cr_assert_eq(other.seen, 1);
	expect_no_setting(f->db, "try1");
}

/* ---- many writers ---- */

static enum status
write_fifty(struct store *db, int number)
{
	for (int i = 0; i < 50; i++) {
		CLEANUP(store_abandon) struct store_tx tx = { 0 };
		char name[32];
		snprintf(name, sizeof(name), "w%d.%d", number, i);
		TRY(store_begin(db, &tx));
		TRY(store_setting_set(db, str_of(name), STR("1")));
		TRY(store_commit(&tx));
	}
	return OK;
}

STORE_TEST(many_threads_write_at_once_and_nothing_is_lost)
{
	enum status results[RACERS];

	race(f, write_fifty, results);
	cr_assert_eq(count_status(results, OK), RACERS);
	for (int i = 0; i < RACERS * 50; i++) {
		char name[32];
		snprintf(name, sizeof(name), "w%d.%d", i / 50, i % 50);
		expect_setting(f->db, name, "1");
	}
}

static enum status
first(struct store *db, int number)
{
	CLEANUP(store_setting_clear) struct store_setting s = { 0 };
	char value[16];

	snprintf(value, sizeof(value), "%d", number);
	TRY(store_setting_first(db, STR("first"), str_of(value), &s));
	return str_is(s.value, value) ? OK : E_USED;
}

STORE_TEST(of_nodes_that_set_a_first_value_one_wins_and_all_agree)
{
	enum status results[RACERS];

	race(f, first, results);
	cr_assert_eq(count_status(results, OK), 1);
	cr_assert_eq(count_status(results, E_USED), RACERS - 1);
}

/* ---- migrations ---- */

STORE_TEST(migrating_again_changes_nothing)
{
	set(f, "a", "1");
	EXPECT_OK(store_migrate(f->db));
	EXPECT_OK(store_migrate(f->db));
	EXPECT_OK(store_ping(f->db));
	expect_setting(f->db, "a", "1");
}

static enum status
migrate(struct store *db, int number UNUSED)
{
	return store_migrate(db);
}

static void
nodes_migrate_at_once(struct fixture *f)
{
	enum status results[RACERS];

	race(f, migrate, results);
	cr_assert_eq(count_status(results, OK), RACERS);
	EXPECT_OK(store_open(str_of(f->url), &f->db));
	EXPECT_OK(store_ping(f->db));
	set(f, "a", "1");
	fixture_end(f);
}

Test(sqlite, nodes_that_start_at_once_migrate_once)
{
	struct fixture f = fixture_sqlite();

	nodes_migrate_at_once(&f);
}

Test(postgres, nodes_that_start_at_once_migrate_once)
{
	struct fixture f = fixture_postgres();

	nodes_migrate_at_once(&f);
}

STORE_TEST(a_step_that_differs_from_ours_is_refused)
{
	meddle(f, "UPDATE schema_migration SET sha256 = 'ab' WHERE version = 1");
	EXPECT_STATUS(E_CORRUPT, store_migrate(f->db));
}

STORE_TEST(a_newer_schema_is_refused)
{
	meddle(f, "INSERT INTO schema_migration (version, name, sha256, applied_us) VALUES (9999, 'x', 'y', 0)");
	EXPECT_STATUS(E_UNSUPPORTED, store_migrate(f->db));
}

STORE_TEST(a_schema_with_a_gap_is_refused)
{
	meddle(f, "UPDATE schema_migration SET version = 77 WHERE version = 1");
	EXPECT_STATUS(E_CORRUPT, store_migrate(f->db));
}

STORE_TEST(a_schema_that_is_too_old_does_not_answer_ping)
{
	meddle(f, "DELETE FROM schema_migration");
	EXPECT_STATUS(E_UNSUPPORTED, store_ping(f->db));
}

static void
unmigrated(struct fixture *f)
{
	EXPECT_OK(store_open(str_of(f->url), &f->db));
	EXPECT_STATUS(E_SYSTEM, store_ping(f->db));
	EXPECT_STATUS(E_SYSTEM, store_setting_set(f->db, STR("a"), STR("1")));
	EXPECT_OK(store_migrate(f->db));
	set(f, "a", "1");
	fixture_end(f);
}

Test(sqlite, an_empty_database_is_not_taken_for_ours)
{
	struct fixture f = fixture_sqlite();

	unmigrated(&f);
}

Test(postgres, an_empty_database_is_not_taken_for_ours)
{
	struct fixture f = fixture_postgres();

	unmigrated(&f);
}

/* ---- beside other programs ---- */

/* What `sqlite3 FILE .backup` does to a running daemon: opens, reads, and is the last to close unless it sees us. */
static void
look_from_another_process(struct fixture *f, const char *sub)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "test \"$(sqlite3 %s/state.db \"SELECT count(*) FROM person WHERE sub = '%s'\")\" = 1", f->dir, sub);
	cr_assert(system(text) == 0, "%s is not seen from outside", sub);
}

Test(sqlite, another_program_that_looks_in_takes_nothing_away)
{
	struct fixture f = fixture_sqlite();
	CLEANUP(store_closep) struct store *second = NULL;

	fixture_open(&f);
	EXPECT_OK(store_open(str_of(f.url), &second));
	add_person(&f, "sub_a");
	look_from_another_process(&f, "sub_a");
	add_person(&f, "sub_b");
	look_from_another_process(&f, "sub_b");
	fixture_end(&f);
}
