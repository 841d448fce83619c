/*
 * store_fixture.h: every store test runs on both databases. STORE_TEST(name) is one body; it gets an empty, migrated
 * database of its own. PostgreSQL is one private cluster per test program (tests/pg.sh), or the one whose connection
 * string is in OMBUD_TEST_POSTGRES; each test has a schema of its own in it.
 */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include <criterion/hooks.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "authd/store/store_driver.h"
#include "authd/store/store_person.h"
#include "tests/unit/expect.h"

#define NOW       (INT64_C(1790000000) * SECOND_US)
#define BLOB(lit) str_from(lit, sizeof(lit) - 1)
#define EVENT     "01a0f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a"

struct fixture {
	char url[512];
	char dir[64];    /* SQLite: its directory */
	char schema[64]; /* PostgreSQL: its schema */
	struct store *db;
};

/* ---- the cluster ---- */

static char cluster_dir[64];

static void
cluster_run(const char *command, char *line, size_t size)
{
	char text[160];
	FILE *out;

	snprintf(text, sizeof(text), "sh tests/pg.sh %s %s", command, cluster_dir);
	out = popen(text, "r");
	if (out && line && fgets(line, (int)size, out))
		line[strcspn(line, "\n")] = '\0';
	if (!out || pclose(out) != 0) {
		fprintf(stderr, "%s failed\n", text);
		abort();
	}
}

ReportHook(PRE_ALL)(struct criterion_test_set *tests UNUSED)
{
	char line[256] = "";

	if (getenv("OMBUD_TEST_POSTGRES"))
		return;
	snprintf(cluster_dir, sizeof(cluster_dir), "/tmp/ombud-test-pg.%d", (int)getpid());
	cluster_run("start", line, sizeof(line));
	setenv("OMBUD_TEST_POSTGRES", line, 1);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats UNUSED)
{
	if (cluster_dir[0])
		cluster_run("drop", NULL, 0);
}

/* ---- one database ---- */

/* SQL as the operator would type it, beside the store. */
static UNUSED void
pg_do(const char *conninfo, const char *sql)
{
	PGconn *conn = PQconnectdb(conninfo);
	PGresult *res;
	ExecStatusType how;

	PQclear(PQexec(conn, "SET client_min_messages = error"));
	res = PQexec(conn, sql);
	how = PQresultStatus(res);

	cr_assert(how == PGRES_COMMAND_OK || how == PGRES_TUPLES_OK, "%s: %s", sql, PQerrorMessage(conn));
	PQclear(res);
	PQfinish(conn);
}

static UNUSED struct fixture
fixture_sqlite(void)
{
	struct fixture f = { .dir = "/tmp/ombud-test-db.XXXXXX" };

	cr_assert(mkdtemp(f.dir));
	snprintf(f.url, sizeof(f.url), "sqlite:%s/state.db", f.dir);
	return f;
}

static UNUSED struct fixture
fixture_postgres(void)
{
	struct fixture f = { 0 };
	char sql[128];

	snprintf(f.schema, sizeof(f.schema), "t%d_%d", (int)getppid(), (int)getpid());
	snprintf(sql, sizeof(sql), "CREATE SCHEMA %s", f.schema);
	pg_do(getenv("OMBUD_TEST_POSTGRES"), sql);
	snprintf(f.url, sizeof(f.url), "postgres:%s options=-csearch_path=%s", getenv("OMBUD_TEST_POSTGRES"), f.schema);
	return f;
}

static UNUSED bool
is_sqlite(const struct fixture *f)
{
	return f->dir[0] != '\0';
}

static UNUSED const char *
conninfo_of(const struct fixture *f)
{
	return f->url + strlen("postgres:");
}

static UNUSED void
fixture_end(struct fixture *f)
{
	char text[128];

	store_close(f->db);
	f->db = NULL;
	if (is_sqlite(f)) {
		snprintf(text, sizeof(text), "rm -rf %s", f->dir);
		cr_expect(system(text) == 0);
	} else {
		snprintf(text, sizeof(text), "DROP SCHEMA %s CASCADE", f->schema);
		pg_do(getenv("OMBUD_TEST_POSTGRES"), text);
	}
}

static UNUSED void
fixture_open(struct fixture *f)
{
	EXPECT_OK(store_open(str_of(f->url), &f->db));
	EXPECT_OK(store_migrate(f->db));
}

#define STORE_TEST_ON(backend, name)                                                                                   \
	Test(backend, name)                                                                                            \
	{                                                                                                              \
		struct fixture f = fixture_##backend();                                                                \
		fixture_open(&f);                                                                                      \
		name##_holds(&f);                                                                                      \
		fixture_end(&f);                                                                                       \
	}
#define STORE_TEST(name)                                                                                               \
	static void name##_holds(struct fixture *f);                                                                   \
	STORE_TEST_ON(sqlite, name)                                                                                    \
	STORE_TEST_ON(postgres, name)                                                                                  \
	static void name##_holds(struct fixture *f)

/* ---- doing things ---- */

/* `IN_TX(f, store_x(&tx, ...))`: one change, committed. */
#define IN_TX(f, expr)                                                                                                 \
	do {                                                                                                           \
		struct store_tx tx = { 0 };                                                                            \
		EXPECT_OK(store_begin((f)->db, &tx));                                                                  \
		EXPECT_OK(expr);                                                                                       \
		EXPECT_OK(store_commit(&tx));                                                                          \
	} while (0)
/* One change that must be refused with this status. */
#define REFUSED_IN_TX(f, wanted, expr)                                                                                 \
	do {                                                                                                           \
		struct store_tx tx = { 0 };                                                                            \
		EXPECT_OK(store_begin((f)->db, &tx));                                                                  \
		EXPECT_STATUS(wanted, expr);                                                                           \
		store_abandon(&tx);                                                                                    \
	} while (0)

static UNUSED void
add_person(struct fixture *f, const char *sub)
{
	struct store_person p = {
		.sub = str_of(sub),
		.kind = STR("adult"),
		.status = STORE_PERSON_ACTIVE,
		.wrapped_key = BLOB("\x00wrapped\xff"),
		.created_us = NOW,
		.event_id = STR(EVENT),
	};

	IN_TX(f, store_person_add(&tx, &p));
}

/* SQL that no statement of the store does, in the database of the test. */
static UNUSED void
meddle(struct fixture *f, const char *sql)
{
	IN_TX(f, store_script(&tx, sql));
}

/* ---- races ---- */

#define RACERS 8

struct racer {
	struct fixture *f;
	struct store *db;
	int number;
	enum status (*run)(struct store *db, int number);
	pthread_barrier_t *start;
	enum status result;
};

static UNUSED void *
racer_run(void *arg)
{
	struct racer *r = arg;

	pthread_barrier_wait(r->start);
	r->result = r->run(r->db, r->number);
	return NULL;
}

/* RACERS threads, each with a connection of its own, start the same thing at once. */
static UNUSED void
race(struct fixture *f, enum status (*run)(struct store *db, int number), enum status results[RACERS])
{
	pthread_barrier_t start;
	pthread_t threads[RACERS];
	struct racer racers[RACERS];

	pthread_barrier_init(&start, NULL, RACERS);
	for (int i = 0; i < RACERS; i++) {
		racers[i] = (struct racer){ .f = f, .number = i, .run = run, .start = &start };
		EXPECT_OK(store_open(str_of(f->url), &racers[i].db));
	}
	for (int i = 0; i < RACERS; i++)
		cr_assert(pthread_create(&threads[i], NULL, racer_run, &racers[i]) == 0);
	for (int i = 0; i < RACERS; i++) {
		pthread_join(threads[i], NULL);
		results[i] = racers[i].result;
		store_close(racers[i].db);
	}
	pthread_barrier_destroy(&start);
}

static UNUSED int
count_status(const enum status results[RACERS], enum status wanted)
{
	int n = 0;

	for (int i = 0; i < RACERS; i++)
		n += results[i] == wanted;
	return n;
}

#endif
