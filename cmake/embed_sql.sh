#!/bin/sh
# Writes sql.h and sql.c from the SQL of one folder.
#
#   embed_sql.sh STORE_DIR OUT_DIR
#
# STORE_DIR/sql/NAME.sql is one statement with parameters $1..$n: it becomes SQL_NAME. Both databases get the same text,
# except that SQLite gets ?N for $N, because it numbers $N by first appearance and not by N.
# STORE_DIR/schema/BACKEND/NNNN_NAME.sql is a step of the schema, numbered from 0001 without a gap; its SHA-256 is kept
# with it, so that a step that was changed after it was applied is noticed.
set -eu
LC_ALL=C
export LC_ALL

store=$1
out=$2
mkdir -p "$out"

digests=$(cd "$store/schema" && sha256sum sqlite/*.sql postgres/*.sql)

awk -v header="$out/sql.h.new" -v source="$out/sql.c.new" -v digests="$digests" '
function stop(why) {
	print FILENAME ": " why > "/dev/stderr"
	failed = 1
	exit 1
}
function quoted(text) {
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	return "\"" text "\""
}
# $N to ?N, noting which numbers there are.
function numbered(text,    done, n) {
	done = ""
	while (match(text, /\$[0-9]+/)) {
		n = substr(text, RSTART + 1, RLENGTH - 1) + 0
		seen[n] = 1
		if (n > most)
			most = n
		done = done substr(text, 1, RSTART - 1) "?" n
		text = substr(text, RSTART + RLENGTH)
	}
	return done text
}
function finish(    n) {
	if (current == "")
		return
	if (kind == "sql") {
		if (postgres == "")
			stop("no statement in it")
		for (n = 1; n <= most; n++)
			if (!(n in seen))
				stop("$" n " is missing among the parameters")
		if (postgres ~ /;/)
			stop("one statement, without a semicolon")
		constants = constants "\tSQL_" toupper(current) ",\n"
		rows = rows "\t{ .name = \"" current "\", .reads = " (postgres ~ /^SELECT/ ? "true" : "false") \
			", .params = " most ",\n\t  .postgres = " quoted(postgres) ",\n\t  .sqlite = " quoted(sqlite) " },\n"
	} else {
		steps[kind]++
		if (current !~ /^[0-9][0-9][0-9][0-9]_[a-z0-9_]+$/ || substr(current, 1, 4) + 0 != steps[kind])
			stop("steps are NNNN_name.sql, numbered from 0001 without a gap")
		if (!((kind "/" current ".sql") in digest))
			stop("no digest of it")
		schema[kind] = schema[kind] "\t{ .version = " steps[kind] ", .name = \"" substr(current, 6) "\",\n\t  .sha256 = \"" \
			digest[kind "/" current ".sql"] "\",\n\t  .text = " body " },\n"
	}
}
BEGIN {
	count = split(digests, line, "\n")
	for (i = 1; i <= count; i++)
		digest[substr(line[i], 67)] = substr(line[i], 1, 64)
}
FNR == 1 {
	finish()
	parts = split(FILENAME, path, "/")
	current = path[parts]
	sub(/\.sql$/, "", current)
	kind = path[parts - 1]
	postgres = sqlite = body = ""
	most = 0
	split("", seen)
	if (kind == "sql" && current !~ /^[a-z][a-z0-9_]*$/)
		stop("names are lower case, digits and _")
}
kind == "sql" {
	if ($0 ~ /^--/)
		next
	if ($0 ~ /--/)
		stop("comments have lines of their own")
	gsub(/[ \t]+/, " ")
	sub(/^ /, "")
	if ($0 == "")
		next
	glue = postgres == "" ? "" : " "
	postgres = postgres glue $0
	sqlite = sqlite glue numbered($0)
	next
}
{
	body = body "\n\t\t" quoted($0 "\n")
	sub(/\n"$/, "\\n\"", body)
}
END {
	if (failed)
		exit 1
	finish()
	if (steps["sqlite"] != steps["postgres"] || !steps["sqlite"])
		stop("both databases need the same steps")
	note = "/* Written by cmake/embed_sql.sh from authd/store; do not edit. */\n"
	print note "#ifndef AUTHD_STORE_SQL_H\n#define AUTHD_STORE_SQL_H\n\n#include <stdbool.h>\n\n" \
		"/* One for each file in authd/store/sql. */\nenum sql_id {\n" constants "\tSQL_COUNT\n};\n\n" \
		"struct sql_statement {\n\tconst char *name;\n\tbool reads; /* changes nothing */\n\tunsigned params;\n" \
		"\tconst char *postgres;\n\tconst char *sqlite;\n};\nextern const struct sql_statement sql_statements[SQL_COUNT];\n\n" \
		"/* One for each file in authd/store/schema/<backend>, in order. */\nstruct sql_step {\n\tint version;\n" \
		"\tconst char *name;\n\tconst char *sha256;\n\tconst char *text;\n};\n#define SQL_STEPS " steps["sqlite"] "\n" \
		"extern const struct sql_step sql_sqlite_steps[SQL_STEPS];\nextern const struct sql_step sql_postgres_steps[SQL_STEPS];\n\n#endif" > header
	print note "#include \"authd/store/sql.h\"\n\nconst struct sql_statement sql_statements[SQL_COUNT] = {\n" rows "};\n\n" \
		"const struct sql_step sql_sqlite_steps[SQL_STEPS] = {\n" schema["sqlite"] "};\n\n" \
		"const struct sql_step sql_postgres_steps[SQL_STEPS] = {\n" schema["postgres"] "};" > source
}
' "$store"/sql/*.sql "$store"/schema/sqlite/*.sql "$store"/schema/postgres/*.sql

mv "$out/sql.h.new" "$out/sql.h"
mv "$out/sql.c.new" "$out/sql.c"
