/* rotation.test.mjs: a log gets a new key: both sign for a while, the old one stops, and who knows only the old one learns the new. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { programs } from '../../demo/state.mjs';
import { auditlog } from './lib/auditlog_run.mjs';
import { Client, Log, login, sleep, until } from './daemon_run.mjs';
import { makeLog, newSigner, parseSigner, signatureLine } from './make_log.mjs';

const made = [];
after(() => made.forEach((one) => one.remove()));

const keyId = (vkey) => vkey.split('+')[1];
const signers = (log) => (readFileSync(join(log.log, 'checkpoint'), 'utf8').match(/^\u2014 \S+ (\S+)$/gm) ?? [])
	.map((line) => Buffer.from(line.split(' ')[2], 'base64').subarray(0, 4).toString('hex'));
const verify = (log, keys, ...more) => auditlog('verify', log.log, ...keys.flatMap((key) => ['--key', key]), ...more);
const vkeys = (log) => readFileSync(join(log.log, 'log.vkey'), 'utf8').trim().split('\n');

async function signer(log, config) {
	if (log.signer) {
		await log.stop(log.signer);
	}
	log.signer = log.spawn('auditlog-signer', { socket: log.config.signer, state: join(log.keys, 'memory'), ...config });
	await until('signer', () => new Promise((resolve) => {
		const socket = connect(log.config.signer);
		socket.on('connect', () => resolve(socket.destroy() && true)).on('error', () => resolve(false));
	}));
}

const oldKey = (log) => ({ key: join(log.keys, 'key') });
const bothKeys = (log, overlap) => ({ ...oldKey(log), next_key: join(log.keys, 'next.key'), overlap });
const newKey = (log) => ({ key: join(log.keys, 'next.key') });

async function start() {
	const log = new Log();
	made.push(log);
	await signer(log, oldKey(log));
	await log.startDaemon();
	log.client = new Client(log.socket);
	await write(log, 5);
	return log;
}

async function write(log, count = 1) {
	let last;
	for (let i = 0; i < count; i++) {
		[last] = await log.client.append(login());
	}
	await until('published', () => log.published() > last.index);
	return last.index;
}

async function again(log, signal = 'SIGTERM') {
	await log.stop(log.daemon, signal);
	await log.startDaemon();
	log.client = new Client(log.socket);
}

const next = (log) => execFileSync(join(programs, 'auditlog-signer'), ['--next', log.keys], { encoding: 'utf8' }).trim();

async function introductions(log) {
	const found = [];
	for (let i = 0; i < log.published(); i++) {
		const line = await log.client.read(i);
		if (line.includes('"event":"log.key"')) {
			found.push({ index: i, line });
		}
	}
	return found;
}

test('the whole life of a change of keys', async () => {
	const log = await start();
	const fresh = next(log);
	assert.equal(fresh.split('+')[0], log.vkey.split('+')[0], 'the same name');
	assert.throws(() => next(log), 'a next key is not overwritten');
	assert.deepEqual(signers(log), [keyId(log.vkey)]);

	await signer(log, bothKeys(log, 'PT6S'));
	await until('introduced', () => vkeys(log).length === 2);
	const index = await write(log);
	assert.deepEqual(signers(log), [keyId(log.vkey), keyId(fresh)], 'both sign');
	assert.deepEqual(vkeys(log), [log.vkey, fresh]);
	for (const keys of [[log.vkey], [fresh], [log.vkey, fresh]]) {
		assert.equal(verify(log, keys).status, 0);
	}
	const [{ index: at, line }, ...more] = await introductions(log);
	assert.equal(more.length, 0, 'one entry');
	assert.ok(line.includes(fresh) && line.includes('"service":"auditlogd"'));

	await again(log);
	await signer(log, bothKeys(log, 'PT6S')); /* a restart does not begin the time anew, and does not end it */
	await until('the old key is silent', async () => {
		await write(log);
		return signers(log).join() === keyId(fresh);
	});
	const learned = verify(log, [log.vkey], '--old', join(log.log, 'checkpoint'));
	assert.equal(learned.status, 0, learned.out + learned.err);
	assert.match(learned.out, new RegExp(`${keyId(fresh)} was introduced by entry ${at}\\b`));
	const told = JSON.parse(verify(log, [log.vkey], '--json').out);
	assert.deepEqual(told.learned, [{ vkey: fresh, entry: at }]);
	assert.equal(verify(log, [fresh]).status, 0);
	assert.equal(JSON.parse(verify(log, [fresh], '--json').out).learned.length, 0);

	await signer(log, newKey(log)); /* the operator takes the old key away */
	await again(log);
	await write(log, 3);
	assert.equal(verify(log, [log.vkey]).status, 0);
	writeFileSync(join(log.dir, 'new.vkey'), `${fresh}\n`);
	log.config.vkey = join(log.dir, 'new.vkey');
	await again(log);
	assert.ok(await write(log) > index);
	assert.equal(verify(log, [log.vkey], '--strict').status, 0);
});

test('killed at any moment of it, it is finished, with one entry', async () => {
	const log = await start();
	next(log);
	await signer(log, bothKeys(log, 'PT1H'));
	for (let round = 0; round < 6; round++) {
		await sleep(round * 130);
		await again(log, 'SIGKILL');
	}
	await until('introduced', () => vkeys(log).length === 2);
	await write(log);
	assert.equal((await introductions(log)).length, 1);
	assert.equal(verify(log, [log.vkey], '--strict').status, 0);
	await until('the signer knows', () => existsSync(join(log.keys, 'memory', 'introduced')));
});

test('a key is learned from nothing but a proof', async () => {
	const log = await start();
	const fresh = next(log);
	await signer(log, bothKeys(log, 'PT1S'));
	await until('introduced', () => vkeys(log).length === 2);
	await until('the old key is silent', async () => {
		await write(log);
		return signers(log).join() === keyId(fresh);
	});
	await log.stop(log.daemon);
	const copy = join(log.dir, 'copy');
	cpSync(log.log, copy, { recursive: true });
	const run = (key = log.vkey) => auditlog('verify', copy, '--key', key).status;
	const name = readdirSync(copy).find((file) => file.startsWith('handover-'));
	const proof = readFileSync(join(copy, name));
	assert.equal(run(), 0);
	rmSync(join(copy, name));
	assert.equal(run(), 1, 'no proof, no key');
	/* Behind this is the new key's own signature, which proves nothing here and is therefore not looked at. */
	const counts = proof.lastIndexOf('\u2014');
	for (let at = 0; at < counts; at += 7) {
		const bad = Buffer.from(proof);
		bad[at] ^= 1 << at % 8;
		writeFileSync(join(copy, name), bad);
		assert.equal(run(), 1, `bit at byte ${at}`);
	}
	for (let n = 0; n < counts; n += 31) {
		writeFileSync(join(copy, name), proof.subarray(0, n));
		assert.equal(run(), 1, `cut at ${n}`);
	}
	writeFileSync(join(copy, name), proof);
	assert.equal(run(), 0);
	/* Another history under the new key, shown to who knows the old one. */
	const fork = join(log.dir, 'fork');
	makeLog(fork, { size: 300, signer: parseSigner(readFileSync(join(log.keys, 'next.key'), 'utf8')) });
	copyFileSync(join(copy, name), join(fork, name));
	writeFileSync(join(fork, 'log.vkey'), `${log.vkey}\n${fresh}\n`);
	for (const command of [['verify', fork], ['show', fork, '0'], ['find', fork], ['follow', fork, '--once', '--interval', '1', '--state', join(log.dir, 'fork-state')]]) {
		const ran = auditlog(...command, '--key', log.vkey);
		assert.equal(ran.status, 1, command[0]);
		assert.match(ran.out + ran.err, /does not continue the tree of \d+ entries under which its key was introduced/, command[0]);
	}
	/* Somebody else's key in log.vkey, with our handover under its name. */
	const stranger = newSigner(log.vkey.split('+')[0]);
	writeFileSync(join(copy, 'log.vkey'), `${log.vkey}\n${stranger.vkey}\n`);
	copyFileSync(join(copy, name), join(copy, `handover-${keyId(stranger.vkey)}.tlog-proof`));
	const [origin, size, root] = readFileSync(join(copy, 'checkpoint'), 'utf8').split('\n');
	const text = `${origin}\n${size}\n${root}\n`;
	writeFileSync(join(copy, 'checkpoint'), `${text}\n${signatureLine(stranger, text)}`);
	assert.equal(run(), 1, 'a stranger is not introduced by another\'s proof');
});

test('an emitter who takes the id that the introduction should have does not keep the key from being learned', async () => {
	const log = await start();
	const fresh = next(log);
	const hash = createHash('sha256').update(`log.key\n${fresh}`).digest().subarray(0, 16);
	hash[6] = hash[6] & 0x0f | 0x70;
	hash[8] = hash[8] & 0x3f | 0x80;
	const id = hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
	await log.client.append(login(id));
	await write(log);
	await signer(log, bothKeys(log, 'PT1S'));
	await until('introduced', () => vkeys(log).length === 2);
	await until('the old key is silent', async () => {
		await write(log);
		return signers(log).join() === keyId(fresh);
	});
	const ran = verify(log, [log.vkey]);
	assert.equal(ran.status, 0, ran.out + ran.err);
	/* Somebody who followed the log all the time, and begins again, is not alarmed by it either. */
	const state = join(log.dir, 'state');
	const follow = () => auditlog('follow', log.log, '--state', state, '--once', '--interval', '1', '--key', log.vkey);
	assert.equal(follow().status, 0);
	await write(log, 3);
	const grown = follow();
	assert.equal(grown.status, 0, grown.out + grown.err);
	assert.equal(follow().status, 0);
});

test('nobody but the log can introduce a key', async () => {
	const log = await start();
	const stranger = newSigner(log.vkey.split('+')[0]);
	const forged = login().replace('auth.login', 'log.key').replace(/\}$/, `,"facts":{"key":"${stranger.vkey}"}}`);
	await assert.rejects(log.client.append(forged), /for the log alone|format/);
});
