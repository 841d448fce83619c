#!/bin/sh
# A private, throw-away PostgreSQL for tests and for the demonstration: its own directory, a unix socket only, fsync on.
#
#   pg.sh start DIR   makes it if need be, starts it if need be, prints the connection string
#   pg.sh stop DIR    stops it; the data stay
#   pg.sh drop DIR    stops it and removes everything
#
# PostgreSQL does not run as root: then it runs as the user postgres. A DIR that postgres cannot reach, or whose name is too
# long for a socket, gets a directory in /var/tmp instead, named in DIR/location.
set -eu
umask 077

usage() {
	sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
fail() {
	echo "pg.sh: $*" >&2
	exit 3
}

[ $# -eq 2 ] || usage
command=$1
dir=$2

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb || true)")
[ -x "$bin/initdb" ] || fail "PostgreSQL is not installed (Debian package postgresql)"

if [ "$(id -u)" -eq 0 ]; then
	owner=postgres
	id "$owner" >/dev/null 2>&1 || fail "there is no user postgres to run it as"
	as() { runuser -u "$owner" -- "$@"; }
else
	owner=$(id -un)
	as() { "$@"; }
fi

# Where the cluster is: DIR, or what DIR/location says.
locate() {
	home=$dir
	if [ -f "$dir/location" ]; then
		home=$(cat "$dir/location")
	fi
}
reachable() {
	[ "${#1}" -le 80 ] && as test -r "$1" -a -x "$1" 2>/dev/null
}
running() {
	[ -d "$home/data" ] && as "$bin/pg_ctl" -D "$home/data" status >/dev/null 2>&1
}
pg() { # in a directory that its user may read
	(cd / && as "$bin/$@")
}

prepare() {
	mkdir -p "$dir"
	dir=$(cd "$dir" && pwd)
	locate
	if [ "$home" = "$dir" ] && [ ! -d "$dir/data" ]; then
		[ "$owner" = "$(id -un)" ] || chown "$owner" "$dir"
		if ! reachable "$dir"; then
			home=$(mktemp -d /var/tmp/ombud-pg.XXXXXX)
			[ "$owner" = "$(id -un)" ] || chown "$owner" "$home"
			printf '%s\n' "$home" >"$dir/location"
		fi
	fi
	[ -f "$home/data/PG_VERSION" ] || create
}
create() {
	pg initdb -D "$home/data" -E UTF8 --locale=C -A trust -U ombud --no-instructions >/dev/null ||
		fail "initdb failed in $home"
	cat >>"$home/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$home'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 64MB
fsync = on
synchronous_commit = on
log_min_messages = warning
CONF
}
start() {
	prepare
	if ! running; then
		pg pg_ctl -D "$home/data" -l "$home/log" -w -t 30 start >/dev/null 2>&1 </dev/null ||
			fail "it does not start, see $home/log"
	fi
	pg psql -h "$home" -U ombud -d postgres -Atqc "SELECT 1 FROM pg_database WHERE datname = 'ombud'" </dev/null |
		grep -q 1 || pg createdb -h "$home" -U ombud ombud
	printf 'host=%s user=ombud dbname=ombud\n' "$home"
}
stop() {
	[ -d "$dir" ] || return 0
	dir=$(cd "$dir" && pwd)
	locate
	if running; then
		pg pg_ctl -D "$home/data" -w -m fast stop >/dev/null 2>&1 || fail "it does not stop, see $home/log"
	fi
}

case $command in
start) start ;;
stop) stop ;;
drop)
	stop
	[ ! -d "$dir" ] || rm -rf "$home" "$dir"
	;;
*) usage ;;
esac
