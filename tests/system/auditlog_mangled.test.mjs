/*
 * auditlog_mangled.test.mjs: every published file cut off or with one bit changed, at places all over it, under every
 * command that reads a log; and proof files likewise under `auditlog check`. A command that needs the file says 1 and what
 * is wrong; one that does not says what it says of the good log. Nothing wrong is ever told, and nothing crashes.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { auditlog, scratch } from './lib/auditlog_run.mjs';
import { signCheckpoint } from './make_log.mjs';
import { sha256 } from './verify_log.mjs';

const s = scratch();
const good = s.log({ size: 300, sizes: [200] });
const tag = sha256('tag 0').subarray(0, 16).toString('base64url');
const old = s.path('old-checkpoint');
writeFileSync(old, signCheckpoint(good.leaves.slice(0, 200), { signer: good.signer }));

const COMMANDS = {
	verify: (dir) => ['verify', dir, '--key', good.vkey],
	'verify --lawful': (dir) => ['verify', dir, '--lawful', '--key', good.vkey],
	prove: (dir, out) => ['prove', dir, '270', '--key', good.vkey, '-o', out],
	show: (dir) => ['show', dir, '7', '--key', good.vkey],
	find: (dir) => ['find', dir, '--tag', tag, '--key', good.vkey],
	consistency: (dir, out) => ['consistency', dir, old, '--key', good.vkey, '-o', out],
};

/* What a command said, for comparison: text and file, without the directory's name. */
function run(name, dir) {
	const out = s.path('out');
	rmSync(out, { force: true });
	const ran = auditlog(...COMMANDS[name](dir, out));
	let file = '';
	try {
		file = readFileSync(out, 'latin1');
	} catch { /* it writes none */ }
	return { ...ran, said: `${ran.out}${file}`.replaceAll(dir, 'DIR').replace(/\d+(\.\d+)? (ms|s|entries\/s).*/g, '') };
}

function files(dir, below = '') {
	return readdirSync(join(dir, below)).flatMap((name) => {
		const path = join(below, name);
		return statSync(join(dir, path)).isDirectory() ? files(dir, path) : [path];
	});
}

function* damages(bytes) {
	const places = [...new Set([0, 1, bytes.length >> 2, bytes.length >> 1, bytes.length - 33, bytes.length - 1])].filter((at) => at >= 0);
	for (const at of places) {
		yield [`cut at ${at}`, bytes.subarray(0, at)];
		const bent = Buffer.from(bytes);
		bent[at] ^= 1 << at % 8;
		yield [`bit ${at % 8} of byte ${at}`, bent];
	}
}

const whole = Object.fromEntries(Object.keys(COMMANDS).map((name) => [name, run(name, good.dir)]));

test('each command holds on the good log', () => {
	for (const [name, ran] of Object.entries(whole)) {
		assert.equal(ran.status, 0, `${name}: ${ran.out}${ran.err}`);
	}
});

for (const name of Object.keys(COMMANDS)) {
	test(`${name}: a damaged file is refused with its place, or it was not needed`, () => {
		const copy = s.copy(good);
		let refused = 0;
		for (const path of files(copy.dir).filter((one) => one !== 'log.vkey')) {
			const bytes = readFileSync(join(copy.dir, path));
			for (const [how, bent] of damages(bytes)) {
				writeFileSync(join(copy.dir, path), bent);
				const ran = run(name, copy.dir);
				const where = `${name}, ${path} ${how}: ${ran.status} ${ran.out}${ran.err}`;
				if (ran.status === 0) {
					assert.equal(ran.said, whole[name].said, where);
				} else {
					assert.equal(ran.status, 1, where);
					assert.ok(ran.err.length + ran.out.length > 20, where);
					refused++;
				}
				if (path === 'checkpoint') assert.equal(ran.status, 1, where);
			}
			writeFileSync(join(copy.dir, path), bytes);
		}
		assert.ok(refused > 10, `${refused}`);
	});
}

test('check: a proof with any bit changed, or cut anywhere, does not hold', () => {
	const proof = s.path('proof');
	const entry = s.path('entry');
	assert.equal(auditlog('prove', good.dir, '7', '--key', good.vkey, '-o', proof).status, 0);
	writeFileSync(entry, good.lines[7]);
	assert.equal(auditlog('check', proof, '--entry', entry, '--key', good.vkey).status, 0);
	for (const [file, step] of [[proof, 7], [entry, 13]]) {
		const bytes = readFileSync(file);
		for (let at = 0; at < bytes.length; at += step) {
			const bent = Buffer.from(bytes);
			bent[at] ^= 1 << at % 8;
			for (const one of [bent, bytes.subarray(0, at)]) {
				writeFileSync(file, one);
				const ran = auditlog('check', proof, '--entry', entry, '--key', good.vkey);
				assert.equal(ran.status, 1, `${file} ${at}: ${ran.out}${ran.err}`);
				assert.ok(ran.err.length + ran.out.length > 10);
			}
		}
		writeFileSync(file, bytes);
	}
});
