/* What the store does when the database is slow, locked, full, damaged, stopped or gone. */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "authd/store/store_setting.h"
#include "tests/unit/store_fixture.h"

static enum status
try_set(struct fixture *f, const char *name)
{
	return store_setting_set(f->db, str_of(name), STR("1"));
}

static bool
has(struct fixture *f, const char *name)
{
	CLEANUP(store_setting_clear) struct store_setting s = { 0 };
	enum status st = store_setting_find(f->db, str_of(name), &s);

	cr_assert(st == OK || st == E_NOT_FOUND, "%s", status_name(st));
	return st == OK;
}

/* ---- both ---- */

STORE_TEST(a_statement_without_end_is_stopped)
{
	struct store_tx tx = { 0 };

	EXPECT_OK(store_begin(f->db, &tx));
	EXPECT_STATUS(E_UNAVAILABLE,
		      store_script(&tx, "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x % 7 + 1 FROM c)"
					" SELECT count(*) FROM c"));
	EXPECT_STATUS(E_UNAVAILABLE, store_commit(&tx));
	EXPECT_OK(try_set(f, "after"));
}

STORE_TEST(who_waits_too_long_for_another_writer_gives_up)
{
	CLEANUP(store_closep) struct store *other = NULL;
	struct store_tx tx = { 0 };

	EXPECT_OK(try_set(f, "a"));
	EXPECT_OK(store_open(str_of(f->url), &other));
	EXPECT_OK(store_begin(other, &tx));
	EXPECT_OK(store_setting_set(other, STR("a"), STR("2")));
	EXPECT_STATUS(E_UNAVAILABLE, try_set(f, "a"));
	EXPECT_OK(store_commit(&tx));
	EXPECT_OK(try_set(f, "a"));
}

/* ---- PostgreSQL ---- */

static void
name_connection(struct fixture *f)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "SET application_name = '%s'", f->schema);
	meddle(f, sql);
}

static void
terminate(struct fixture *f)
{
	char sql[160];

	snprintf(sql, sizeof(sql),
		 "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = '%s'",
		 f->schema);
	pg_do(conninfo_of(f), sql);
}

static pid_t
backend_of(struct fixture *f)
{
	PGconn *conn = PQconnectdb(conninfo_of(f));
	char sql[128];
	PGresult *res;
	pid_t pid;

	snprintf(sql, sizeof(sql), "SELECT pid FROM pg_stat_activity WHERE application_name = '%s'", f->schema);
	res = PQexec(conn, sql);
	cr_assert_eq(PQntuples(res), 1);
	pid = atoi(PQgetvalue(res, 0, 0));
	PQclear(res);
	PQfinish(conn);
	return pid;
}

Test(postgres, a_connection_lost_between_statements_is_opened_again_unnoticed)
{
	struct fixture f = fixture_postgres();

	fixture_open(&f);
	for (int i = 0; i < 3; i++) {
		name_connection(&f);
		EXPECT_OK(try_set(&f, "a"));
		terminate(&f);
		if (i == 0)
			EXPECT_OK(try_set(&f, "b"));
		else if (i == 1)
			cr_assert(has(&f, "a"));
		else
			EXPECT_OK(store_ping(f.db));
	}
	fixture_end(&f);
}

Test(postgres, a_connection_lost_in_a_transaction_loses_all_of_it)
{
	struct fixture f = fixture_postgres();
	struct store_tx tx = { 0 };

	fixture_open(&f);
	name_connection(&f);
	EXPECT_OK(store_begin(f.db, &tx));
	EXPECT_OK(try_set(&f, "a"));
	terminate(&f);
	/* It must not go on outside the transaction over a new connection. */
	EXPECT_STATUS(E_UNAVAILABLE, try_set(&f, "b"));
	EXPECT_STATUS(E_UNAVAILABLE, try_set(&f, "c"));
	EXPECT_STATUS(E_UNAVAILABLE, store_commit(&tx));
	cr_assert(!has(&f, "a") && !has(&f, "b") && !has(&f, "c"));
	EXPECT_OK(try_set(&f, "d"));
	fixture_end(&f);
}

Test(postgres, a_commit_on_a_lost_connection_is_not_taken_for_done)
{
	struct fixture f = fixture_postgres();
	struct store_tx tx = { 0 };

	fixture_open(&f);
	name_connection(&f);
	EXPECT_OK(store_begin(f.db, &tx));
	EXPECT_OK(try_set(&f, "a"));
	terminate(&f);
	EXPECT_STATUS(E_UNAVAILABLE, store_commit(&tx));
	store_abandon(&tx);
	EXPECT_OK(try_set(&f, "b"));
	fixture_end(&f);
}

Test(postgres, a_server_that_stops_answering_does_not_hang_us)
{
	struct fixture f = fixture_postgres();
	pid_t stopped;

	fixture_open(&f);
	name_connection(&f);
	stopped = backend_of(&f);
	cr_assert(kill(stopped, SIGSTOP) == 0);
	EXPECT_STATUS(E_UNAVAILABLE, try_set(&f, "a"));
	EXPECT_OK(try_set(&f, "b"));
	kill(stopped, SIGCONT);
	fixture_end(&f);
}

Test(postgres, a_server_that_stops_answering_at_commit_leaves_the_outcome_open)
{
	struct fixture f = fixture_postgres();
	struct store_tx tx = { 0 };
	pid_t stopped;

	fixture_open(&f);
	name_connection(&f);
	EXPECT_OK(store_begin(f.db, &tx));
	EXPECT_OK(try_set(&f, "a"));
	stopped = backend_of(&f);
	cr_assert(kill(stopped, SIGSTOP) == 0);
	EXPECT_STATUS(E_UNAVAILABLE, store_commit(&tx));
	kill(stopped, SIGCONT);
	EXPECT_OK(try_set(&f, "b"));
	fixture_end(&f);
}

struct crossing {
	bool x_first;
	bool met;
};

static pthread_barrier_t meeting;

/* Each locks its own row, then wants the other's: PostgreSQL picks a loser after a second. */
static enum status
cross(struct store_tx *tx, void *arg)
{
	struct crossing *c = arg;

	TRY(store_setting_set(tx->db, c->x_first ? STR("x") : STR("y"), STR("1")));
	if (!c->met)
		pthread_barrier_wait(&meeting);
	c->met = true;
	return store_setting_set(tx->db, c->x_first ? STR("y") : STR("x"), STR("1"));
}

static enum status
deadlock(struct store *db, int number)
{
	struct crossing c = { .x_first = number == 0 };

	return number < 2 ? store_retry(db, cross, &c) : OK;
}

Test(postgres, of_two_that_deadlock_one_tries_again_and_both_succeed)
{
	struct fixture f = fixture_postgres();
	enum status results[RACERS];

	fixture_open(&f);
	EXPECT_OK(try_set(&f, "x"));
	EXPECT_OK(try_set(&f, "y"));
	pthread_barrier_init(&meeting, NULL, 2);
	race(&f, deadlock, results);
	cr_assert_eq(count_status(results, OK), RACERS);
	fixture_end(&f);
}

/* ---- SQLite ---- */

static void
path_of(const struct fixture *f, const char *suffix, char *out, size_t size)
{
	snprintf(out, size, "%s/state.db%s", f->dir, suffix);
}

Test(sqlite, another_process_that_holds_the_lock_makes_us_unavailable_not_wrong)
{
	struct fixture f = fixture_sqlite();
	char path[128];
	sqlite3 *other;

	fixture_open(&f);
	path_of(&f, "", path, sizeof(path));
	cr_assert_eq(sqlite3_open(path, &other), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	EXPECT_STATUS(E_UNAVAILABLE, try_set(&f, "a"));
	cr_assert(!has(&f, "a"), "readers do not wait");
	cr_assert_eq(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	EXPECT_OK(try_set(&f, "a"));
	sqlite3_close(other);
	fixture_end(&f);
}

static void
limit_file_size(rlim_t most)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = most;
	cr_assert(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* A write that the kernel refuses stands for a full disk. */
Test(sqlite, a_full_disk_is_unavailable_and_service_comes_back_by_itself)
{
	struct fixture f = fixture_sqlite();
	struct store_tx tx = { 0 };

	signal(SIGXFSZ, SIG_IGN);
	fixture_open(&f);
	EXPECT_OK(try_set(&f, "before"));
	limit_file_size(4096);
	EXPECT_STATUS(E_UNAVAILABLE, try_set(&f, "a"));
	EXPECT_STATUS(E_UNAVAILABLE, try_set(&f, "a"));
	limit_file_size(RLIM_INFINITY);
	EXPECT_OK(store_begin(f.db, &tx));
	EXPECT_OK(try_set(&f, "b"));
	limit_file_size(4096);
	EXPECT_STATUS(E_UNAVAILABLE, store_commit(&tx));
	limit_file_size(RLIM_INFINITY);
	cr_assert(has(&f, "before") && !has(&f, "a") && !has(&f, "b"));
	EXPECT_OK(try_set(&f, "after"));
	cr_assert(has(&f, "after"));
	fixture_end(&f);
}

Test(sqlite, a_file_that_is_no_database_is_corrupt)
{
	struct fixture f = fixture_sqlite();
	char path[128];
	FILE *file;

	path_of(&f, "", path, sizeof(path));
	file = fopen(path, "w");
	for (int i = 0; i < 1000; i++)
		fputs("not a database\n", file);
	fclose(file);
	EXPECT_STATUS(E_CORRUPT, store_open(str_of(f.url), &f.db));
	fixture_end(&f);
}

Test(sqlite, a_link_in_place_of_the_file_is_not_followed)
{
	struct fixture f = fixture_sqlite();
	char path[128], real[128];

	path_of(&f, "", path, sizeof(path));
	path_of(&f, ".elsewhere", real, sizeof(real));
	cr_assert(symlink(real, path) == 0);
	EXPECT_STATUS(E_UNAVAILABLE, store_open(str_of(f.url), &f.db));
	cr_assert(access(real, F_OK) != 0);
	fixture_end(&f);
}

/* What was confirmed must be there after a process died at once, without closing anything. */
Test(sqlite, what_was_committed_survives_the_death_of_the_process)
{
	struct fixture f = fixture_sqlite();
	struct store_tx tx = { 0 };
	pid_t child = fork();
	int how;

	if (child == 0) {
		fixture_open(&f);
		if (try_set(&f, "done") == OK && store_begin(f.db, &tx) == OK && try_set(&f, "half") == OK)
			raise(SIGKILL);
		_exit(1);
	}
	cr_assert(waitpid(child, &how, 0) == child && WIFSIGNALED(how));
	fixture_open(&f);
	cr_assert(has(&f, "done") && !has(&f, "half"));
	fixture_end(&f);
}
