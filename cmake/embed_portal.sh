#!/bin/sh
# embed_portal.sh PORTAL_DIR OUT_DIR [FILE...]: writes OUT_DIR/embedded.c, the tables that authd/http/embedded.h declares:
# page templates, assets (also gzipped where that is shorter), message catalogues compiled by msgfmt, and the files.
set -eu
LC_ALL=C
export LC_ALL

portal=$1
out=$2
shift 2
mkdir -p "$out"
work=$(mktemp -d "$out/embed.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
count=0

# bytes FILE VARIABLE: a C array of the file's bytes. One byte more, so that an empty file is an array too.
bytes() {
	printf 'static const unsigned char %s[] = {\n' "$2"
	od -An -v -tx1 "$1" | sed -e 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
	printf '0 };\n'
}

# size FILE
size() {
	wc -c <"$1" | tr -d ' '
}

# str FILE VARIABLE: an initializer of struct str.
str() {
	printf '{ (const char *)%s, %s }' "$2" "$(size "$1")"
}

# row NAME FILE [asset]: the bytes go to data.c, the table row to rows.c.
row() {
	count=$((count + 1))
	bytes "$2" "file_$count" >>"$work/data.c"
	gzip='{ "", 0 }'
	etag=NULL
	if [ "${3-}" = asset ]; then
		gzip -9nc "$2" >"$work/gz"
		if [ "$(size "$work/gz")" -lt "$(size "$2")" ]; then
			bytes "$work/gz" "gzip_$count" >>"$work/data.c"
			gzip=$(str "$work/gz" "gzip_$count")
		fi
		etag="\"\\\"$(sha256sum <"$2" | cut -c1-32)\\\"\""
	fi
	printf '\t{ STR_INIT("%s"), %s, %s, %s },\n' "$1" "$(str "$2" "file_$count")" "$gzip" "$etag" >>"$work/rows.c"
}

# table NAME: what row() collected since the last table. A last row of nothing keeps an empty table legal C.
table() {
	rows=$(wc -l <"$work/rows.c" | tr -d ' ')
	{
		printf 'static const struct embedded_file %s_rows[] = {\n' "$1"
		cat "$work/rows.c"
		printf '\t{ { "", 0 }, { "", 0 }, { "", 0 }, NULL },\n};\n'
		printf 'const struct embedded_table embedded_%s = { %s_rows, %s };\n' "$1" "$1" "$rows"
	} >>"$work/tables.c"
	: >"$work/rows.c"
}

# check_name NAME: refuses what does not fit into a C string or a URL as it is.
check_name() {
	case $1 in
	*[!A-Za-z0-9._-]*)
		echo "embed_portal.sh: unsuitable file name: $1" >&2
		exit 1
		;;
	esac
}

: >"$work/data.c"
: >"$work/rows.c"
: >"$work/tables.c"

for file in "$portal"/templates/*.html; do
	[ -f "$file" ] || continue
	check_name "$(basename "$file")"
	row "$(basename "$file")" "$file"
done
table templates

for file in "$portal"/assets/*; do
	[ -f "$file" ] || continue
	check_name "$(basename "$file")"
	row "$(basename "$file")" "$file" asset
done
table assets

for file in "$@"; do
	check_name "$(basename "$file")"
	row "$(basename "$file")" "$file" asset
done
table documents

for file in "$portal"/po/*.po; do
	[ -f "$file" ] || continue
	check_name "$(basename "$file")"
	msgfmt --check -o "$work/mo" "$file"
	row "$(basename "$file" .po)" "$work/mo"
done
table catalogues

{
	echo '/* Written by cmake/embed_portal.sh. */'
	echo '#include "authd/http/embedded.h"'
	echo
	cat "$work/data.c" "$work/tables.c"
} >"$work/embedded.c"
mv "$work/embedded.c" "$out/embedded.c"
