/*
 * test_store_facts_plan.c: what a decision costs does not grow with the number of people: every table that the query of
 * its facts reads is reached by an index, on both databases.
 */
#include "tests/unit/store_fixture.h"

static void
write_file(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	cr_assert_not_null(out);
	cr_assert(fputs(text, out) >= 0);
	cr_assert_eq(fclose(out), 0);
}

/* The output of a command, NUL-terminated. */
static char *
output_of(const char *command)
{
	char *text = calloc(1, 65536);
	FILE *out = popen(command, "r");
	size_t n = out ? fread(text, 1, 65535, out) : 0;

	cr_assert(out && pclose(out) == 0 && n > 0, "%s gave %zu bytes", command, n);
	return text;
}

/* A line that reads a whole table; NULL when there is none. always is the one row that is there for unknown people. */
static char *
whole_table(char *plan, const char *mark)
{
	for (char *line = strtok(plan, "\n"); line; line = strtok(NULL, "\n"))
		if (strstr(line, mark) && !strstr(line, "always") && !strstr(line, "CONSTANT ROW") &&
		    !strstr(line, "SUBQUERY"))
			return line;
	return NULL;
}

static char *
sqlite_plan(struct fixture *f, const char *statement)
{
	char path[128], command[400], *text = NULL;

	snprintf(path, sizeof(path), "%s/plan.sql", f->dir);
	cr_assert(asprintf(&text, "EXPLAIN QUERY PLAN %s;\n", statement) > 0);
	write_file(path, text);
	free(text);
	snprintf(command, sizeof(command), "sqlite3 %s/state.db < %s", f->dir, path);
	return output_of(command);
}

Test(sqlite, the_facts_of_a_decision_are_found_by_indices_alone)
{
	struct fixture f = fixture_sqlite();
	char *plan, *line;

	fixture_open(&f);
	plan = sqlite_plan(&f, sql_statements[SQL_CONSENT_FACTS].sqlite);
	line = whole_table(plan, "SCAN");
	cr_assert_null(line, "%s", line);
	free(plan);
	plan = sqlite_plan(&f, "SELECT * FROM consent WHERE organisation = 'x'");
	cr_assert_not_null(whole_table(plan, "SCAN"), "a table without an index is noticed");
	free(plan);
	fixture_end(&f);
}

/* ---- PostgreSQL ---- */

static char *
ask(PGconn *conn, const char *statement)
{
	PGresult *res = PQexec(conn, statement);
	struct buf text = BUF(65536);
	char *out = NULL;

	cr_assert(PQresultStatus(res) == PGRES_COMMAND_OK || PQresultStatus(res) == PGRES_TUPLES_OK, "%s",
		  PQresultErrorMessage(res));
	for (int row = 0; row < PQntuples(res); row++)
		buf_printf(&text, "%s\n", PQgetvalue(res, row, 0));
	EXPECT_OK(str_dup(buf_str(&text), &out));
	buf_clear(&text);
	PQclear(res);
	return out;
}

/* With sequential scans forbidden one that is left has no index to go by. */
static char *
postgres_plan(PGconn *conn, const char *statement, unsigned params)
{
	CLEANUP(buf_clear) struct buf text = BUF(65536);

	free(ask(conn, "DEALLOCATE ALL; SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan"));
	buf_printf(&text, "PREPARE q AS %s", statement);
	buf_put_char(&text, '\0');
	free(ask(conn, text.p));
	buf_reset(&text);
	buf_printf(&text, "EXPLAIN EXECUTE q");
	for (unsigned i = 0; i < params; i++)
		buf_printf(&text, "%s'1'%s", i == 0 ? "(" : ", ", i + 1 == params ? ")" : "");
	buf_put_char(&text, '\0');
	return ask(conn, text.p);
}

Test(postgres, the_facts_of_a_decision_are_found_by_indices_alone)
{
	struct fixture f = fixture_postgres();
	PGconn *conn;
	char *plan, *line;

	fixture_open(&f);
	conn = PQconnectdb(strchr(f.url, ':') + 1);
	cr_assert_eq(PQstatus(conn), CONNECTION_OK);
	plan =
	    postgres_plan(conn, sql_statements[SQL_CONSENT_FACTS].postgres, sql_statements[SQL_CONSENT_FACTS].params);
	line = whole_table(plan, "Seq Scan");
	cr_assert_null(line, "%s", line);
	free(plan);
	plan = postgres_plan(conn, "SELECT * FROM consent WHERE organisation = 'x'", 0);
	cr_assert_not_null(whole_table(plan, "Seq Scan"), "a table without an index is noticed");
	free(plan);
	PQfinish(conn);
	fixture_end(&f);
}
