/*
 * test_tail.mjs: the end of the write-ahead log is cut, zeroed, flipped or overwritten, byte by byte. A start gives exactly the
 * entries of whole records before the damage, or refuses and names the entry; what was signed is never missing in silence.
 */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { accepts, Client, login, until } from '../system/daemon_run.mjs';
import { bulky, Lab } from './lib/lab.mjs';
import { chance, full, seed } from './lib/scale.mjs';

const TAIL = 64 << 10;
const SEGMENT_START = 128, RECORD_HEAD = 52;
const SAMPLE = Number(process.env.OMBUD_TAIL_SAMPLE ?? 90);
const EVERY = { cut: 1, zeroed: 8, flipped: 1, garbage: 8 };
const AT_ONCE = availableParallelism?.() ?? cpus().length;
const random = chance();

/* What may have become of the bytes from a place on. */
const DAMAGES = {
	cut: (bytes, at) => bytes.subarray(0, at),
	zeroed: (bytes, at, end) => Buffer.from(bytes).fill(0, at, end),
	flipped: (bytes, at) => { const b = Buffer.from(bytes); b[at] ^= 1 << (at % 8); return b; },
	garbage: (bytes, at) => { const b = Buffer.from(bytes); for (let i = at; i < Math.min(at + 512, b.length); i++) { b[i] = random.below(256); } return b; },
};

/* CRC32C (Castagnoli), as segment.h has it. */
const CRC = Uint32Array.from({ length: 256 }, (_, n) => { for (let i = 0; i < 8; i++) n = n & 1 ? (n >>> 1) ^ 0x82f63b78 : n >>> 1; return n >>> 0; });
const crc32c = (bytes) => ~bytes.reduce((crc, b) => (crc >>> 8) ^ CRC[(crc ^ b) & 255], 0xffffffff) >>> 0;

/* The records of a segment: { at, end, first, next }. */
function recordsOf(bytes) {
	const records = [];
	for (let at = SEGMENT_START; at + RECORD_HEAD < bytes.length && bytes.readUInt32BE(at) === 0x4f574c52;) {
		const end = at + RECORD_HEAD + bytes.readUInt32BE(at + 4) + 4;
		const first = Number(bytes.readBigUInt64BE(at + 8));
		records.push({ at, end, first, next: first + bytes.readUInt32BE(at + 16) });
		at = end;
	}
	return records;
}

/*
 * A log whose last 64 KiB are of all kinds of records; the first part is published and signed, the rest is receipted only,
 * because the signer slept. The daemon was killed.
 */
async function original() {
	const lab = new Lab({ config: { segment_bytes: 262144 } });
	await lab.start();
	const client = new Client(lab.socket);
	for (let i = 0; i < 12; i++) {
		await lab.insist(client, [i % 3 ? login() : bulky(4000)]);
	}
	await until('published', () => lab.published() > lab.notes.last);
	lab.signer.kill('SIGSTOP');
	for (let i = 0; i < 24; i++) {
		await lab.insist(client, i % 4 === 3 ? [bulky(6000)] : Array.from({ length: 1 + (i % 3) }, () => login()));
	}
	const { size } = await client.status();
	const lines = [];
	for (let i = 0; i < size; i++) {
		lines.push(await client.read(i));
	}
	client.close();
	await lab.stop(lab.daemon, 'SIGKILL');
	await lab.stop(lab.signer, 'SIGKILL');
	const wal = join(lab.log, 'wal');
	const segment = readdirSync(wal).filter((name) => /^\d{10}$/.test(name)).sort().at(-1);
	const bytes = readFileSync(join(wal, segment));
	const signed = Number(readFileSync(join(lab.keys, 'memory', readdirSync(join(lab.keys, 'memory')).find((name) => /^[0-9a-f]{64}$/.test(name))), 'utf8').split('\n')[1]);
	return { lab, lines, segment, bytes, records: recordsOf(bytes), signed };
}

/* A copy with one damage, tried; copies share the receipt key and nothing else. */
class Copy extends Lab {
	constructor(from, segment, bytes) {
		super();
		for (const [to, what] of [[this.log, from.log], [this.keys, from.keys]]) {
			rmSync(to, { recursive: true });
			cpSync(what, to, { recursive: true });
		}
		this.vkey = from.vkey;
		writeFileSync(join(this.log, 'wal', segment), bytes);
	}

	async begin() {
		await this.startSigner();
		this.daemon = this.spawn('auditlogd', this.config);
		while (this.daemon.exitCode === null && !(await accepts(this.socket))) {
			await new Promise((resolve) => setTimeout(resolve, 5));
		}
		return this.daemon.exitCode ?? 0;
	}
}

async function tryOne(o, kind, at) {
	const lastEnd = o.records.at(-1).end;
	const copy = new Copy(o.lab, o.segment, DAMAGES[kind](o.bytes, at, lastEnd));
	const whole = o.records.filter((r) => r.end <= at).at(-1)?.next ?? o.records[0].first;
	const what = `${kind} at ${at}, with ${whole} entries before it and ${o.signed} signed`;
	try {
		const code = await copy.begin();
		if (code !== 0) {
			const [, entry] = /entry=(\d+) /.exec(copy.daemon.said()) ?? [];
			assert.ok([4, 5].includes(code), `${what}: ended with ${code}: ${copy.daemon.said()}`);
			assert.ok(entry !== undefined && Number(entry) <= o.lines.length, `${what}: no entry is named: ${copy.daemon.said()}`);
			/* A refusal needs a reason: something signed is missing, or right records come after the wrong one. */
			assert.ok(whole < o.signed || kind === 'flipped' || kind === 'garbage', `${what}: refused: ${copy.daemon.said()}`);
			return 'refused';
		}
		const client = new Client(copy.socket);
		const kept = Number(/log\.read size=(\d+)/.exec(copy.daemon.said())[1]);
		assert.ok(kept >= o.signed, `${what}: ${kept} entries`);
		assert.ok(kept === whole || (kept === o.lines.length && at >= lastEnd) || DAMAGES[kind](o.bytes, at, lastEnd).equals(o.bytes), `${what}: ${kept} kept`);
		for (let i = Math.max(0, kept - 20); i < kept; i++) {
			assert.equal(await client.read(i), o.lines[i], `${what}: entry ${i}`);
		}
		client.close();
		return kept === o.lines.length ? 'kept' : 'cut';
	} finally {
		copy.remove();
	}
}

/* All in full, of cuts and flips every byte; else the borders of all records and a sample between them. */
function placesOf(o, kind) {
	const end = o.records.at(-1).end, from = Math.max(SEGMENT_START, end - TAIL);
	const all = Array.from({ length: end - from }, (_, i) => from + i);
	if (full) {
		return all.filter((at) => at % EVERY[kind] === 0);
	}
	const borders = o.records.flatMap(({ at, end: e }) => [at - 1, at, at + 1, at + 2, at + RECORD_HEAD, e - 2, e - 1]).filter((at) => at >= from && at < end);
	return [...new Set([...random.sample(borders, SAMPLE), ...random.sample(all, SAMPLE / 3)])];
}

/* Somebody who can write the disk and knows the format: the record is right by itself, its entry is another. */
function forged(o, record) {
	const bytes = Buffer.from(o.bytes);
	const at = bytes.indexOf('svc_portal', record.at);
	assert.ok(at > 0 && at < record.end);
	bytes.write('svc_mortal', at);
	bytes.writeUInt32BE(crc32c(bytes.subarray(record.at, record.end - 4)), record.end - 4);
	return bytes;
}

const made = original();
after(async () => (await made).lab.remove());

for (const kind of Object.keys(DAMAGES)) {
	test(`${kind}: the whole records before it, or a refusal that names the entry`, { timeout: full ? 12 * 3600e3 : 300e3 }, async (t) => {
		const o = await made;
		const places = placesOf(o, kind);
		const seen = { refused: 0, cut: 0, kept: 0 };
		const queue = full ? places : places.filter((_, i) => kind === 'cut' || i % 2 === 0);
		await Promise.all(Array.from({ length: AT_ONCE }, async () => {
			for (let at; (at = queue.pop()) !== undefined;) {
				seen[await tryOne(o, kind, at)] += 1;
			}
		}));
		t.diagnostic(`seed ${seed}: ${seen.refused} refused, ${seen.cut} cut back, ${seen.kept} kept`);
		assert.ok(seen.refused > 0, 'nothing was refused: the signed part was never hit');
		assert.ok(seen.cut > 0 || kind === 'flipped', 'nothing was cut back');
	});
}

test('a record with a right checksum and another entry: the chain is looked at, and the entry named', async () => {
	const o = await made;
	assert.deepEqual(forged({ bytes: o.bytes }, o.records[5]).length, o.bytes.length);
	/* The last record has nothing after it that could contradict; what nobody signed and nobody continued is its keeper's word. */
	for (const record of o.records.slice(1, -1).filter((r) => o.bytes.subarray(r.at, r.end).includes('svc_portal'))) {
		const copy = new Copy(o.lab, o.segment, forged(o, record));
		assert.equal(await copy.begin(), 5, copy.daemon.said());
		const entry = Number(/entry=(\d+) /.exec(copy.daemon.said())[1]);
		assert.ok(entry >= record.first && entry <= record.next, `records ${record.first}..${record.next}, named ${entry}`);
		copy.remove();
	}
});
