/* daemon_run.mjs: auditlogd and auditlog-signer as a test runs them, and a client of the socket written from append.h alone. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programs } from '../../demo/state.mjs';
import { until as patiently } from './lib/wait.mjs';

export { sleep } from './lib/wait.mjs';

export const ORIGIN = 'log.example.org/ombud';
export const TYPE = { APPEND: 1, RECEIPTS: 2, FIND: 3, READ: 4, ENTRY: 5, BY_TAG: 6, INDICES: 7, STATUS: 8, STATE: 9, ERROR: 0xffff };

/* A log is asked more often than a whole Ombud. */
export const until = (what, probe) => patiently(what, probe, { every: 20 });

/* ---- the daemons ---- */

export const logs = new Set();
process.on('exit', () => logs.forEach((log) => log.remove()));

/*
 * One log with its signer in a scratch directory; all that was started ends with the test's process. more.origin names it; more.log and more.keys
 * put the log and the signer's directory elsewhere: on a disk that is about to fail.
 */
export class Log {
	constructor(more = {}) {
		this.dir = mkdtempSync(join(tmpdir(), 'ombud-log-'));
		chmodSync(this.dir, 0o755);
		this.log = more.log ?? join(this.dir, 'log');
		this.keys = more.keys ?? join(this.dir, 'signer');
		this.socket = join(this.dir, 'log.sock');
		this.children = new Set();
		execFileSync(join(programs, 'auditlog-signer'), ['--init', this.keys, '--name', more.origin ?? ORIGIN], { stdio: 'pipe' });
		execFileSync(join(programs, 'auditlogd'), ['--init', this.log, '--origin', more.origin ?? ORIGIN, '--receipt-key', join(this.dir, 'receipt.key')]);
		this.vkey = readFileSync(join(this.keys, 'log.vkey'), 'utf8').trim();
		this.receiptKey = readFileSync(join(this.dir, 'receipt.key'));
		this.config = { log_dir: this.log, socket: this.socket, signer: join(this.dir, 'signer.sock'), vkey: join(this.keys, 'log.vkey'),
			receipt_key: join(this.dir, 'receipt.key'), signer_wait: 'PT5S', ...more.config };
		logs.add(this);
	}

	/*
	 * Writes the configuration and starts, under another program (strace -D) when one is given; the child, with .ended a
	 * promise of { code, signal } and .said() what it logged.
	 */
	spawn(program, config, under = []) {
		const file = join(this.dir, `${program}.yaml`);
		writeFileSync(file, Object.entries(config).map(([k, v]) => `${k}: ${v}\n`).join(''));
		const [command, ...args] = [...under, join(programs, program), '--config', file];
		const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
		let said = '';
		child.stderr.on('data', (part) => (said += part));
		child.said = () => said;
		child.ended = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })));
		this.children.add(child);
		child.ended.then(() => this.children.delete(child));
		return child;
	}

	async startSigner(under) {
		this.signer = this.spawn('auditlog-signer', { socket: this.config.signer, key: join(this.keys, 'key'), state: join(this.keys, 'memory') },
			under);
		await until('signer', () => accepts(this.config.signer));
	}

	async startDaemon(more = {}, under = []) {
		this.daemon = this.spawn('auditlogd', { ...this.config, ...more }, under);
		await until('auditlogd', async () => {
			assert.equal(this.daemon.exitCode, null, this.daemon.said());
			return accepts(this.socket);
		});
	}

	/* A start that has to be refused: its exit code and what it said. */
	async refusedStart(more = {}) {
		const child = this.spawn('auditlogd', { ...this.config, ...more });
		const { code } = await child.ended;
		return { code, said: child.said() };
	}

	async stop(child, signal = 'SIGTERM') {
		child.kill(signal);
		return child.ended;
	}

	remove() {
		for (const child of this.children) {
			child.kill('SIGKILL');
		}
		logs.delete(this);
		rmSync(this.dir, { recursive: true, force: true });
	}

	/* Size of the published checkpoint. */
	published() {
		const file = join(this.log, 'checkpoint');
		return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[1]) : 0;
	}

	auditlog(...args) {
		return execFileSync(join(programs, 'auditlog'), args, { encoding: 'utf8' });
	}
}

export function accepts(path) {
	return new Promise((resolve) => {
		const socket = connect(path);
		socket.on('connect', () => resolve(socket.destroy() && true));
		socket.on('error', () => resolve(false));
	});
}

/* ---- the client ---- */

export class Refused extends Error {
	constructor(status, text) {
		super(`status ${status}: ${text}`);
		this.status = status;
	}
}

const u16 = (n) => Buffer.from([n >> 8, n & 255]);
const u32 = (n) => {
	const b = Buffer.alloc(4);
	b.writeUInt32BE(n);
	return b;
};
export const u64 = (n) => {
	const b = Buffer.alloc(8);
	b.writeBigUInt64BE(BigInt(n));
	return b;
};
export const block = (bytes) => Buffer.concat([u32(bytes.length), Buffer.from(bytes)]);
export const frame = (type, id, payload) => Buffer.concat([u32(10 + payload.length), u16(type), u64(id), payload]);

/* Pipelined; every request is a promise. A broken connection rejects what is outstanding. */
export class Client {
	constructor(path) {
		this.waiting = new Map();
		this.next = 1;
		this.parts = [];
		this.size = 0;
		this.socket = connect(path);
		this.closed = new Promise((resolve) => this.socket.on('close', resolve));
		this.socket.on('data', (part) => this.take(part));
		this.socket.on('error', () => {});
		this.socket.on('close', () => {
			for (const { reject } of this.waiting.values()) {
				reject(new Error('connection closed'));
			}
			this.waiting.clear();
		});
	}

	take(part) {
		let got = this.parts.length ? Buffer.concat([...this.parts, part]) : part;
		while (got.length >= 4 && got.length >= 4 + got.readUInt32BE(0)) {
			const end = 4 + got.readUInt32BE(0);
			this.settle(got.readUInt16BE(4), got.readBigUInt64BE(6), got.subarray(14, end));
			got = got.subarray(end);
		}
		this.parts = got.length ? [got] : [];
	}

	settle(type, id, payload) {
		const one = this.waiting.get(id);
		this.waiting.delete(id);
		if (type === TYPE.ERROR) {
			one?.reject(new Refused(payload.readUInt16BE(0), payload.subarray(2).toString()));
		} else {
			one?.resolve({ type, payload });
		}
	}

	send(type, payload = Buffer.alloc(0)) {
		const id = BigInt(this.next++);
		return new Promise((resolve, reject) => {
			if (this.socket.destroyed) {
				reject(new Error('connection closed'));
				return;
			}
			this.waiting.set(id, { resolve, reject });
			this.socket.write(frame(type, id, payload));
		});
	}

	async append(...fragments) {
		const { type, payload } = await this.send(TYPE.APPEND, Buffer.concat([u16(fragments.length), ...fragments.map((f) => block(f))]));
		assert.equal(type, TYPE.RECEIPTS);
		assert.equal(payload.readUInt16BE(0), fragments.length);
		return fragments.map((fragment, i) => {
			const at = 2 + 72 * i;
			return { fragment, index: Number(payload.readBigUInt64BE(at)), leaf: payload.subarray(at + 8, at + 40),
				mac: payload.subarray(at + 40, at + 72) };
		});
	}

	async read(index) {
		const { payload } = await this.send(TYPE.READ, u64(index));
		return payload.subarray(8).toString();
	}

	async find(uuid) {
		const { payload } = await this.send(TYPE.FIND, Buffer.from(uuid.replaceAll('-', ''), 'hex'));
		return { index: Number(payload.readBigUInt64BE(0)), line: payload.subarray(8).toString() };
	}

	async byTag(tag, before = 0xffffffffffffffffn, limit = 1000) {
		const { payload } = await this.send(TYPE.BY_TAG, Buffer.concat([block(tag), u64(before), u16(limit)]));
		return Array.from({ length: payload.readUInt16BE(0) }, (_, i) => Number(payload.readBigUInt64BE(2 + 8 * i)));
	}

	async status() {
		const { payload } = await this.send(TYPE.STATUS);
		return { size: Number(payload.readBigUInt64BE(0)), published: Number(payload.readBigUInt64BE(8)), healthy: payload[16] === 1,
			text: payload.subarray(21, 21 + payload.readUInt32BE(17)).toString() };
	}

	close() {
		this.socket.destroy();
	}
}

/* ---- entries ---- */

export function uuidNew() {
	const b = randomBytes(16);
	b.writeUIntBE(Date.now(), 0, 6);
	b[6] = 0x70 | (b[6] & 15);
	b[8] = 0x80 | (b[8] & 63);
	const hex = b.toString('hex');
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export const tagNew = () => randomBytes(16).toString('base64url');

export function login(id = uuidNew(), tag) {
	const about = tag ? `,"about":[{"tag":"${tag}"}]` : '';
	return `"id":"${id}","event":"auth.login","by":{"service":"svc_portal"}${about}}`;
}

export const idOf = (fragment) => /"id":"([0-9a-f-]{36})"/.exec(fragment)[1];

/* The mac of a receipt, computed as receipt.h says. */
export function macOf(key, receipt) {
	return createHmac('sha256', key)
		.update(Buffer.concat([Buffer.from('ombud receipt v1'), u64(receipt.index), receipt.leaf, createHash('sha256').update(receipt.fragment).digest()]))
		.digest();
}
