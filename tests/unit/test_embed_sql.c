/* cmake/embed_sql.sh: what it must refuse at build time, before a wrong statement meets data. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/expect.h"

static char dir[64];

static void
put(const char *path, const char *text)
{
	char full[160];
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", dir, path);
	file = fopen(full, "w");
	cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void
setup(void)
{
	char command[200];

	strcpy(dir, "/tmp/ombud-test-sql.XXXXXX");
	cr_assert(mkdtemp(dir));
	snprintf(command, sizeof(command), "cd %s && mkdir -p sql schema/sqlite schema/postgres", dir);
	cr_assert(system(command) == 0);
	put("sql/pair.sql", "-- A comment goes.\nSELECT $2,\n\t$1, '\"quoted\"'\n");
	put("schema/sqlite/0001_start.sql", "CREATE TABLE a (b TEXT);\n");
	put("schema/postgres/0001_start.sql", "CREATE TABLE a (b text);\n");
}

static void
teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	cr_assert(system(command) == 0);
}

static bool
embeds(void)
{
	char command[200];

	snprintf(command, sizeof(command), "sh cmake/embed_sql.sh %s %s/out 2>/dev/null", dir, dir);
	return system(command) == 0;
}

static bool
written(const char *file, const char *text)
{
	char command[400];

	snprintf(command, sizeof(command), "grep -qF '%s' %s/out/%s", text, dir, file);
	return system(command) == 0;
}

TestSuite(embed_sql, .init = setup, .fini = teardown);

Test(embed_sql, sqlite_gets_numbers_that_mean_the_same)
{
	cr_assert(embeds());
	cr_assert(written("sql.c", ".postgres = \"SELECT $2, $1,"));
	cr_assert(written("sql.c", ".sqlite = \"SELECT ?2, ?1,"));
	cr_assert(written("sql.c", "\\\"quoted\\\""));
	cr_assert(written("sql.c", ".params = 2"));
	cr_assert(written("sql.h", "SQL_PAIR"));
	cr_assert(!written("sql.c", "A comment"));
}

Test(embed_sql, two_digit_parameters_are_not_cut)
{
	put("sql/many.sql", "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11\n");
	cr_assert(embeds());
	cr_assert(written("sql.c", "?9, ?10, ?11"));
	cr_assert(written("sql.c", ".params = 11"));
}

Test(embed_sql, the_digest_of_a_step_is_that_of_its_file)
{
	cr_assert(embeds());
	/* printf 'CREATE TABLE a (b TEXT);\n' | sha256sum */
	cr_assert(written("sql.c", "0a0cb2a8d5b39d295d6d496e5681bb29f823484668d3d3236e591b38c5337345"));
}

Test(embed_sql, a_gap_in_the_parameters_is_refused)
{
	put("sql/gap.sql", "SELECT $1, $3\n");
	cr_assert(!embeds());
}

Test(embed_sql, two_statements_in_one_file_are_refused)
{
	put("sql/two.sql", "SELECT 1; SELECT 2\n");
	cr_assert(!embeds());
}

Test(embed_sql, an_empty_file_is_refused)
{
	put("sql/empty.sql", "-- nothing\n");
	cr_assert(!embeds());
}

Test(embed_sql, a_comment_behind_a_statement_is_refused)
{
	put("sql/tail.sql", "SELECT 1 -- one\n");
	cr_assert(!embeds());
}

Test(embed_sql, a_gap_in_the_steps_is_refused)
{
	put("schema/sqlite/0003_later.sql", "CREATE TABLE c (d TEXT);\n");
	put("schema/postgres/0003_later.sql", "CREATE TABLE c (d text);\n");
	cr_assert(!embeds());
}

Test(embed_sql, a_step_for_one_database_only_is_refused)
{
	put("schema/sqlite/0002_more.sql", "CREATE TABLE c (d TEXT);\n");
	cr_assert(!embeds());
	put("schema/postgres/0002_more.sql", "CREATE TABLE c (d text);\n");
	cr_assert(embeds());
}

Test(embed_sql, a_badly_named_file_is_refused)
{
	put("sql/Bad-Name.sql", "SELECT 1\n");
	cr_assert(!embeds());
}
