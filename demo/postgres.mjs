/*
 * postgres.mjs: a private PostgreSQL cluster in DIR/pg, reachable over a unix socket only. The server refuses to run as
 * root, so under root it belongs to the user `postgres`; otherwise to whoever runs the demo.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

const VERSIONS = '/usr/lib/postgresql';

function binaries() {
	const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).filter((name) => /^\d+$/.test(name)) : [];
	const newest = versions.map(Number).sort((a, b) => b - a).find((version) => existsSync(join(VERSIONS, `${version}`, 'bin', 'postgres')));
	if (!newest) {
		throw new Error(`no PostgreSQL server under ${VERSIONS}: install the package postgresql`);
	}
	return join(VERSIONS, `${newest}`, 'bin');
}

function owner() {
	if (process.getuid() !== 0) {
		return {};
	}
	const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
	return { uid: id('-u'), gid: id('-g') };
}

/* The socket's directory has a short name of its own: libpq appends ".s.PGSQL.5432". */
const socketDirectory = (at) => join(at.run, 'pg');

/* The kernel tells the server who is at the other end of the socket: whoever runs the demo, and the server's own user. */
function allowOnlyUs(data, as) {
	const users = new Set([userInfo().username, ...(as.uid === undefined ? [] : ['postgres'])]);
	for (const [name, text] of [
		['pg_hba.conf', 'local all all peer map=demo\n'],
		['pg_ident.conf', [...users].map((user) => `demo ${user} ombud\n`).join('')],
	]) {
		writeFileSync(join(data, name), text, { mode: 0o600 });
		if (as.uid !== undefined) {
			chownSync(join(data, name), as.uid, as.gid);
		}
	}
}

/* The daemon row of the database: how it is started and when it is ready. The cluster is made when there is none. */
export function postgresDaemon(at) {
	const bin = binaries();
	const as = owner();
	const run = { ...as, cwd: '/', env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' }, encoding: 'utf8' };
	const data = join(at.pg, 'data');

	/* authd has given up the right to pass through a closed directory; who may connect is pg_hba.conf's to say. */
	for (const [path, mode] of [[at.pg, 0o700], [socketDirectory(at), 0o711]]) {
		mkdirSync(path, { recursive: true, mode });
		chmodSync(path, mode);
		if (as.uid !== undefined) {
			chownSync(path, as.uid, as.gid);
		}
	}
	if (!existsSync(join(data, 'PG_VERSION'))) {
		const made = spawnSync(join(bin, 'initdb'), ['-D', data, '-U', 'ombud', '--auth=peer', '--encoding=UTF8', '--no-instructions',
			'--locale=C.UTF-8'], run);
		if (made.status !== 0) {
			throw new Error(`initdb failed (user postgres must be able to pass through the directories above ${at.pg}):\n${made.stderr ?? made.error}`);
		}
	}
	allowOnlyUs(data, as);
	return {
		name: 'postgres', program: join(bin, 'postgres'), spawn: run, stopSignal: 'SIGINT',
		args: ['-D', data, '-k', socketDirectory(at), '-c', 'listen_addresses=', '-c', 'max_connections=60', '-c', 'shared_buffers=32MB',
			'-c', 'logging_collector=off', '-c', 'unix_socket_permissions=0777'],
		isReady: () => spawnSync(join(bin, 'pg_isready'), ['-q', '-h', socketDirectory(at)], run).status === 0,
	};
}

/* The database within the cluster; made when there is none. */
export function postgresDatabase(at) {
	const bin = binaries();
	const sql = (database, text) => execFileSync(join(bin, 'psql'), ['-X', '-q', '-A', '-t', '-h', socketDirectory(at), '-U', 'ombud',
		'-d', database, '-c', text], { encoding: 'utf8', ...owner(), cwd: '/' }).trim();
	if (sql('postgres', "select count(*) from pg_database where datname = 'ombud'") === '0') {
		sql('postgres', 'create database ombud');
	}
	return `postgres:host='${socketDirectory(at).replace(/[\\']/g, '\\$&')}' user=ombud dbname=ombud`;
}
