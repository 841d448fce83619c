/* state.mjs: what the demo keeps in DIR besides the daemons' own files, and how it is written. */
import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/* Programs come from the release build, or from where a test says. */
export const programs = process.env.OMBUD_BIN ?? join(root, 'build', 'release', 'bin');

/* What the supervisor itself has to say, in DIR; --fresh leaves it. */
export const SUPERVISOR_LOG = 'supervisor.log';

/* sun_path holds 108 bytes with its NUL. */
const SOCKET_PATH_MAX = 107;
const LONGEST_SOCKET = 'auditlogd.sock.courier';

/* Replaces a file whole: a reader sees the old one or the new one. */
export function writeWhole(path, text, mode = 0o600) {
	const beside = `${path}.new`;
	const file = openSync(beside, 'w', mode);
	try {
		writeSync(file, text);
		fsyncSync(file);
	} finally {
		closeSync(file);
	}
	renameSync(beside, path);
}

export function readJson(path) {
	return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/* Sockets live in DIR/run; when that is too long for a socket address, in a directory of our own under the system's. */
function socketDirectory(dir) {
	const within = join(dir, 'run');
	if (Buffer.byteLength(join(within, LONGEST_SOCKET)) <= SOCKET_PATH_MAX) {
		return within;
	}
	const digest = createHash('sha256').update(dir).digest('hex').slice(0, 16);
	return join(tmpdir(), `ombud-${digest}`);
}

/* Where everything of one demo lies. DIR and its sockets can be reached by a database that runs as somebody else; the rest cannot. */
export function layout(dir) {
	const run = socketDirectory(dir);
	return {
		dir, run,
		etc: join(dir, 'etc'), pki: join(dir, 'pki'), keys: join(dir, 'keys'), signer: join(dir, 'signer'), log: join(dir, 'log'),
		store: join(dir, 'store'), output: join(dir, 'output'), secrets: join(dir, 'secrets'), policies: join(dir, 'policies'), pg: join(dir, 'pg'),
		state: join(dir, 'state.json'), demo: join(dir, 'demo.json'), supervisor: join(dir, 'supervisor.pid'),
		witness: (name) => join(dir, name),
		socket: (name) => join(run, `${name}.sock`),
		program: (name) => join(programs, name),
	};
}

export function makeDirectories(at) {
	const modes = { [at.dir]: 0o711, [at.run]: 0o711 };
	for (const path of [at.dir, at.run, at.etc, at.pki, at.store, at.output, at.secrets]) {
		const mode = modes[path] ?? 0o700;
		mkdirSync(path, { recursive: true, mode });
		chmodSync(path, mode);
	}
}

/* state.json: the port, the database and the secrets of demonstration people and clients, made once and kept. */
export class State {
	constructor(at) {
		this.at = at;
		this.values = readJson(at.state) ?? {};
	}

	get(name) {
		return this.values[name];
	}

	/* The value of that name; made and kept when there is none yet. */
	remember(name, make) {
		if (this.values[name] === undefined) {
			this.set(name, make());
		}
		return this.values[name];
	}

	set(name, value) {
		this.values[name] = value;
		writeWhole(this.at.state, `${JSON.stringify(this.values, null, 1)}\n`);
	}
}
