/* auditlog_follow.test.mjs: somebody who keeps the newest checkpoint notices a fork, a rollback and silence. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { programs } from '../../demo/state.mjs';
import { auditlog, scratch } from './lib/auditlog_run.mjs';
import { newSigner, signCheckpoint } from './make_log.mjs';

const s = scratch();
const signer = newSigner('log.example.org/ombud');
const short = s.log({ size: 300, signer });
const long = s.log({ size: 700, signer });
const stranger = (i) => `"id":"0190f3b2-7c1e-7d43-9a55-${String(i).padStart(12, '0')}","event":"auth.login","by":{"service":"x"}}`;
const fork = s.log({ fragments: Array.from({ length: 800 }, (_, i) => stranger(i)), signer });
const key = ['--key', signer.vkey];

let files = 0;
const state = () => s.path(`state${files++}`);
const once = (log, file, ...more) => auditlog('follow', log.dir, '--state', file, '--once', '--interval', '1', ...key, ...more);

test('the first checkpoint is kept, a longer one must continue it', () => {
	const file = state();
	assert.equal(once(short, file).status, 0);
	assert.equal(readFileSync(file, 'utf8'), short.checkpoint);
	const grown = once(long, file);
	assert.equal(grown.status, 0, grown.err);
	assert.match(grown.out, /700 entries \(400 more\)/);
	assert.equal(readFileSync(file, 'utf8'), long.checkpoint);
	const same = once(long, file);
	assert.equal(same.status, 0);
	assert.equal(same.out, '');
	assert.match(same.last, /HOLDS: 700 entries/);
});

test('growth is told to scripts as one JSON object each', () => {
	const file = state();
	assert.equal(JSON.parse(once(short, file, '--json').out).size, 300);
	const step = JSON.parse(once(long, file, '--json').out);
	assert.deepEqual([step.size, step.more, step.origin], [700, 400, 'log.example.org/ombud']);
});

test('a fork ends in 1 and leaves both signed checkpoints as proof', () => {
	const file = state();
	assert.equal(once(long, file).status, 0);
	const ran = once(fork, file);
	assert.equal(ran.status, 1, ran.err);
	assert.match(ran.last, /DOES NOT HOLD: checkpoint: .*fork/);
	assert.equal(readFileSync(file, 'utf8'), long.checkpoint, 'what was seen first is still kept');
	assert.equal(readFileSync(`${file}.against`, 'utf8'), fork.checkpoint);
});

test('two roots for one size are a fork, fewer entries a rollback', () => {
	const file = state();
	assert.equal(once(long, file).status, 0);
	const twin = s.copy(long);
	writeFileSync(join(twin.dir, 'checkpoint'), signCheckpoint(fork.leaves.slice(0, 700), { signer }));
	const forked = once(twin, file);
	assert.equal(forked.status, 1);
	assert.match(forked.last, /two different roots for 700 entries/);
	const back = once(short, file);
	assert.equal(back.status, 1);
	assert.match(back.last, /300 entries and 700 were seen before: a rollback/);
	assert.ok(existsSync(`${file}.against`));
});

test('a checkpoint that the log did not sign convicts nobody, but is no success', () => {
	const file = state();
	assert.equal(once(short, file).status, 0);
	const forged = s.copy(long);
	writeFileSync(join(forged.dir, 'checkpoint'), signCheckpoint(long.leaves, { signer: newSigner('log.example.org/ombud') }));
	assert.equal(once(forged, file).status, 1);
	assert.ok(!existsSync(`${file}.against`));
	const bent = s.copy(long);
	const bytes = readFileSync(join(bent.dir, 'checkpoint'));
	for (let at = 0; at < bytes.length; at += 41) {
		const copy = Buffer.from(bytes);
		copy[at] ^= 1;
		writeFileSync(join(bent.dir, 'checkpoint'), copy);
		assert.equal(once(bent, state()).status, 1, `byte ${at}`);
	}
});

test('a kept checkpoint that was bent, or is of another log, ends in 1 and is not replaced', () => {
	const file = state();
	const other = s.log({ size: 10, signer: newSigner('other.example.org/log') });
	writeFileSync(file, other.checkpoint);
	assert.equal(once(long, file, '--key', other.vkey).status, 1);
	assert.equal(readFileSync(file, 'utf8'), other.checkpoint);
	writeFileSync(file, short.checkpoint.replace('\n300\n', '\n299\n'));
	assert.equal(once(long, file).status, 1);
	writeFileSync(file, '');
	assert.equal(once(long, file).status, 1, 'an emptied file is not "never seen anything"');
});

test('tiles that do not carry the proof are no continuation', () => {
	const file = state();
	assert.equal(once(short, file).status, 0);
	const gone = s.copy(long);
	rmSync(join(gone.dir, 'tile/0/001'));
	assert.equal(once(gone, file).status, 1);
	assert.equal(readFileSync(file, 'utf8'), short.checkpoint);
});

test('a log that does not answer cannot be judged', () => {
	const nowhere = { dir: s.path('nowhere') };
	assert.equal(once(nowhere, state()).status, 3);
	assert.equal(auditlog('follow', long.dir, '--state', state(), '--once').status, 2, 'without a key');
	assert.equal(auditlog('follow', long.dir, '--once', ...key).status, 2, 'without a place to remember');
	assert.equal(once(long, s.path('no/such/folder/state')).status, 3);
});

test('silence past the limit ends in 1, also when the follower itself was away', () => {
	const file = state();
	assert.equal(once(long, file, '--silence', '60').status, 0);
	assert.equal(once(long, file, '--silence', '60').status, 0);
	const anHourAgo = Date.now() / 1000 - 3600;
	utimesSync(file, anHourAgo, anHourAgo);
	const silent = once(long, file, '--silence', '60');
	assert.equal(silent.status, 1);
	assert.match(silent.last, /DOES NOT HOLD: silent, no new entry seen since/);
	assert.equal(once(long, file, '--silence', '0').status, 0, '0 is never');
	assert.equal(once({ dir: s.path('nowhere') }, file, '--silence', '60').status, 1, 'unreachable for an hour');
});

/* One `auditlog follow` that goes on; wait(pattern) for something it says, ended for its exit status. */
function following(dir, file, ...more) {
	const child = spawn(join(programs, 'auditlog'), ['follow', dir, '--state', file, '--interval', '1', ...key, ...more]);
	let said = '';
	let wake = () => {};
	const hear = (part) => { said += part; wake(); };
	child.stdout.on('data', hear);
	child.stderr.on('data', hear);
	const ended = new Promise((resolve) => { child.on('close', (status) => { wake(); resolve(status); }); });
	return {
		child, ended, said: () => said,
		async wait(pattern) {
			while (!pattern.test(said)) {
				assert.equal(child.exitCode, null, said);
				await new Promise((resolve) => { wake = resolve; });
			}
		},
	};
}

test('it goes on following until it is stopped, and stops at a fork by itself', async () => {
	const live = s.copy(short);
	const file = state();
	const follower = following(live.dir, file);
	await follower.wait(/300 entries/);
	cpSync(long.dir, live.dir, { recursive: true });
	await follower.wait(/700 entries \(400 more\)/);
	follower.child.kill('SIGTERM');
	assert.equal(await follower.ended, 0);
	assert.match(follower.said(), /HOLDS: 700 entries of log.example.org\/ombud, 700 of them new/);

	const again = following(live.dir, file);
	writeFileSync(join(live.dir, 'checkpoint'), fork.checkpoint);
	assert.equal(await again.ended, 1);
	assert.match(again.said(), /DOES NOT HOLD/);
});
