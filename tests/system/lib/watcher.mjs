/* watcher.mjs: witnesses as a test runs them, and the trees, proofs and requests that they are asked about. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programs } from '../../../demo/state.mjs';
import { until } from './wait.mjs';


/* ---- trees ---- */

const node = (l, r) => createHash('sha256').update(Buffer.concat([Buffer.of(1), l, r])).digest();
export const leaves = (n, salt = '') => Array.from({ length: n }, (_, i) => createHash('sha256').update(Buffer.concat([Buffer.of(0), Buffer.from(`${salt}${i}`)])).digest());
const split = (n) => 2 ** Math.floor(Math.log2(n - 1));

export function root(h) {
	if (h.length === 0) {
		return createHash('sha256').digest();
	}
	return h.length === 1 ? h[0] : node(root(h.slice(0, split(h.length))), root(h.slice(split(h.length))));
}

/* RFC 9162 2.1.4.1: the first m of h are a prefix. */
export function consistency(m, h, whole = true) {
	if (m === 0 || m === h.length) {
		return whole ? [] : [root(h)];
	}
	const k = split(h.length);
	return m <= k ? [...consistency(m, h.slice(0, k), whole), root(h.slice(k))]
		: [...consistency(m - k, h.slice(k), false), root(h.slice(0, k))];
}

export const requestOf = (old, proof, note) => `old ${old}\n${proof.map((h) => `${h.toString('base64')}\n`).join('')}\n${note}`;
export const originHash = (origin) => createHash('sha256').update(origin).digest('hex');

/* ---- HTTP ---- */

/* { status, type, body } of one request, with node's own client; a path for a unix socket or a port. */
export function ask(at, method, path, body = '') {
	const where = typeof at === 'string' ? { socketPath: at } : { host: '127.0.0.1', port: at };
	return new Promise((resolve, reject) => {
		const request = http.request({ ...where, method, path, agent: false, headers: { 'content-length': Buffer.byteLength(body) } }, (reply) => {
			let text = '';
			reply.setEncoding('utf8');
			reply.on('data', (part) => { text += part; });
			reply.on('end', () => resolve({ status: reply.statusCode, type: reply.headers['content-type'], body: text }));
			reply.on('error', reject);
		});
		request.on('error', reject);
		request.end(body);
	});
}

export function freePort() {
	return new Promise((resolve) => {
		const server = createServer().listen(0, '127.0.0.1', () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});
}

/* ---- the program ---- */

const running = new Set();
process.on('exit', () => running.forEach((w) => w.remove()));

export class Witness {
	constructor(name, logs, more = {}) {
		this.dir = mkdtempSync(join(tmpdir(), 'ombud-witness-'));
		chmodSync(this.dir, 0o755);
		this.logs = logs;
		this.more = more;
		execFileSync(join(programs, 'auditlog-signer'), ['--witness', '--init', join(this.dir, 'keys'), '--name', name], { stdio: 'pipe' });
		this.vkey = readFileSync(join(this.dir, 'keys', 'witness.vkey'), 'utf8').trim();
		this.state = join(this.dir, 'keys', 'memory');
		this.prefix = more.prefix ?? '';
		running.add(this);
	}

	writeConfig() {
		const { listen = [`127.0.0.1:${this.port}`] } = this.more;
		const lines = [`key: ${join(this.dir, 'keys', 'key')}`, `state: ${this.state}`, 'listen:', ...listen.map((a) => `  - "${a}"`),
			'logs:', ...this.logs.map((vkey) => `  - "${vkey}"`), ...this.prefix ? [`prefix: ${this.prefix}`] : []];
		writeFileSync(join(this.dir, 'witness.yaml'), `${lines.join('\n')}\n`);
	}

	get url() {
		return `http://127.0.0.1:${this.port}${this.prefix}`;
	}

	launch() {
		this.writeConfig();
		const child = spawn(join(programs, 'auditlog-signer'), ['--witness', '--config', join(this.dir, 'witness.yaml')], { stdio: ['ignore', 'ignore', 'pipe'] });
		let said = '';
		child.stderr.on('data', (part) => { said += part; });
		this.said = () => said;
		this.ended = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })));
		this.child = child;
	}

	async start() {
		this.port ??= await freePort();
		this.launch();
		await until('the witness is there', () => {
			if (this.child.exitCode !== null) {
				throw new Error(`the witness does not start: ${this.said()}`);
			}
			return ask(this.more.at ?? this.port, 'GET', `${this.prefix}/`).catch(() => undefined);
		}, { every: 20 });
		return this;
	}

	async stop(signal = 'SIGTERM') {
		this.child.kill(signal);
		return this.ended;
	}

	submit(old, proof, note) {
		return ask(this.more.at ?? this.port, 'POST', `${this.prefix}/add-checkpoint`, requestOf(old, proof, note));
	}

	held(origin) {
		return ask(this.more.at ?? this.port, 'GET', `${this.prefix}/${originHash(origin)}/checkpoint`);
	}

	remove() {
		this.child?.kill('SIGKILL');
		running.delete(this);
		rmSync(this.dir, { recursive: true, force: true });
	}
}
