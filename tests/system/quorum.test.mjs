/* quorum.test.mjs: auditlogd collects cosignatures of k of n witnesses, and none of them can hold it up or lead it astray. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { auditlog } from './lib/auditlog_run.mjs';
import { Witness, freePort } from './lib/watcher.mjs';
import { Client, Log, login, sleep, until } from './daemon_run.mjs';

const made = [];
after(() => made.forEach((one) => one.remove()));

const QUICK = { witness_timeout: 'PT1S', witness_refresh: 'PT1S', witness_alarm: 'PT5S', witness_limit: 'PT8S' };

/* A log with `count` witnesses, a policy of `need` of them, everything running. */
async function watched(count, need, { urls = {}, ...config } = {}) {
	const log = new Log();
	const witnesses = [];
	made.push(log);
	for (let i = 1; i <= count; i++) {
		const w = new Witness(`w${i}.example.org`, [log.vkey]);
		made.push(w);
		witnesses.push(await w.start());
	}
	log.policy = join(log.dir, 'policy');
	writeFileSync(log.policy, `log ${log.vkey}\n${witnesses.map((w, i) => `witness w${i + 1} ${w.vkey} ${urls[i + 1] ?? w.url}\n`).join('')}`
		+ `group g ${need} ${witnesses.map((_, i) => `w${i + 1}`).join(' ')}\nquorum g\n`);
	Object.assign(log.config, { witness_policy: log.policy, ...QUICK, ...config });
	await log.startSigner();
	await log.startDaemon();
	log.client = new Client(log.socket);
	return { log, witnesses };
}

async function write(log, count = 1) {
	let last;
	for (let i = 0; i < count; i++) {
		[last] = await log.client.append(login());
	}
	return last;
}

const witnessedSize = (log) => {
	const file = join(log.log, 'checkpoint.witnessed');
	return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[1]) : 0;
};
const cosignatures = (file) => (readFileSync(file, 'utf8').match(/^\u2014 w\d\.example\.org /gm) ?? []).sort();
const verify = (log, ...more) => auditlog('verify', log.log, '--key', log.vkey, '--witness', log.policy, ...more);

async function status(log) {
	const { payload } = await log.client.send(8);
	const at = 21 + payload.readUInt32BE(17);
	return { text: payload.subarray(21, at).toString(), witnesses: payload.readUInt32BE(at), cosigned: payload.readUInt32BE(at + 4),
		failures: Number(payload.readBigUInt64BE(at + 8)), size: Number(payload.readBigUInt64BE(at + 16)),
		newest: Number(payload.readBigUInt64BE(at + 24)), missing: (payload[at + 32] & 1) === 1, overdue: (payload[at + 32] & 2) === 2 };
}

const untilWitnessed = (log, index) => until(`entry ${index} witnessed`, () => witnessedSize(log) > index);

/* A server that is no witness: what() answers. */
async function impostor(what) {
	const port = await freePort();
	const server = http.createServer((request, response) => {
		let body = '';
		request.on('data', (part) => { body += part; });
		request.on('end', () => what(response, body));
	});
	await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
	made.push({ remove: () => server.closeAllConnections?.() ?? server.close() });
	made.push({ remove: () => server.close() });
	return `http://127.0.0.1:${port}`;
}

test('two of two cosign, the checkpoint is published with both, and verify wants them', async () => {
	const { log } = await watched(2, 2);
	const { index } = await write(log, 300);
	await untilWitnessed(log, index);
	await until('merged', () => cosignatures(join(log.log, 'checkpoint')).length === 2);
	assert.equal(readFileSync(join(log.log, 'checkpoint'), 'utf8').split('\n\n')[0], readFileSync(join(log.log, 'checkpoint.witnessed'), 'utf8').split('\n\n')[0]);
	const ran = verify(log);
	assert.equal(ran.status, 0, ran.out + ran.err);
	assert.match(ran.out, /witness {2}2 of 2 have cosigned/);
	const s = await status(log);
	assert.deepEqual([s.text, s.witnesses, s.cosigned, s.missing, s.overdue], ['ok', 2, 2, false, false]);
	assert.ok(Math.abs(s.newest - Date.now() / 1000) < 60);
});

test('a tree grows across tiles and restarts, and its witnesses follow', async () => {
	const { log, witnesses } = await watched(2, 2);
	for (const count of [3, 260, 1, 510]) {
		await untilWitnessed(log, (await write(log, count)).index);
		await log.stop(log.daemon);
		await log.startDaemon();
		log.client = new Client(log.socket);
		await witnesses[count % 2].stop('SIGKILL');
		await witnesses[count % 2].start();
	}
	await untilWitnessed(log, (await write(log)).index);
	assert.equal(verify(log).status, 0);
});

test('with one of three stopped, two are enough; with two stopped, it says so, and is well again when one is back', async () => {
	const { log, witnesses } = await watched(3, 2);
	await witnesses[0].stop('SIGKILL');
	await untilWitnessed(log, (await write(log)).index);
	assert.equal(verify(log).status, 0);
	await witnesses[1].stop('SIGKILL');
	const { index } = await write(log);
	await until('published', () => log.published() > index);
	await until('alarm', async () => (await status(log)).missing);
	const ill = await status(log);
	assert.match(ill.text, /quorum of witnesses is missing/);
	assert.equal(ill.overdue, false, 'one of them still vouches');
	assert.ok(witnessedSize(log) <= index);
	assert.ok((await write(log)).index > index, 'entries are taken as ever');
	await witnesses[1].start();
	await until('well', async () => !(await status(log)).missing);
	const last = (await write(log)).index;
	await untilWitnessed(log, last);
	const kinds = [];
	for (let i = 0; i <= last; i++) {
		const line = await log.client.read(i);
		if (/"kind":"witness_quorum"/.test(line)) {
			kinds.push(/"event":"([a-z.]+)"/.exec(line)[1]);
		}
	}
	assert.deepEqual([kinds[0], kinds.at(-1), kinds.length % 2], ['log.fault', 'log.recovered', 0], 'both are entries');
});

test('without any witness it is overdue after the limit, across a restart, until one is back', async () => {
	const { log, witnesses } = await watched(1, 1);
	await untilWitnessed(log, (await write(log)).index);
	await witnesses[0].stop('SIGKILL');
	await until('overdue', async () => (await status(log)).overdue);
	await log.stop(log.daemon);
	await log.startDaemon();
	log.client = new Client(log.socket);
	await until('still overdue', async () => (await status(log)).overdue);
	await witnesses[0].start();
	await until('well', async () => !(await status(log)).overdue);
});

test('liars, mutes and babblers change nothing but a number', async () => {
	const other = new Witness('w1.example.org', []); /* the right name, another key */
	made.push(other);
	const answers = {
		mute: () => {},
		garbage: (response) => response.end(Buffer.from(Array.from({ length: 3000 }, (_, i) => i % 251))),
		flood: (response) => { response.write('x'.repeat(100000)); response.end('x'.repeat(100000)); },
		otherSize: (response) => { response.statusCode = 409; response.end('999999999\n'); },
		small: (response) => { response.statusCode = 409; response.end('1\n'); },
		elsewhere: (response) => { response.statusCode = 302; response.setHeader('location', 'http://127.0.0.1:1/'); response.end(); },
		forged: (response, body) => {
			const name = body.slice(body.indexOf('\u2014'), body.indexOf('\n', body.indexOf('\u2014')));
			response.end(`${name}\n\u2014 w1.example.org ${Buffer.alloc(76, 1).toString('base64')}\n`);
		},
		drops: (response) => response.destroy(),
	};
	for (const [name, answer] of Object.entries(answers)) {
		const { log } = await watched(3, 2, { urls: { 1: await impostor(answer) } });
		const { index } = await write(log, 5);
		await untilWitnessed(log, index);
		assert.deepEqual(cosignatures(join(log.log, 'checkpoint.witnessed')), ['\u2014 w2.example.org ', '\u2014 w3.example.org '], name);
		await until(`${name} is counted`, async () => (await status(log)).failures > 0);
		assert.equal(verify(log).status, 0, name);
		assert.equal((await status(log)).text, 'ok', name);
		await log.stop(log.daemon);
		log.remove();
	}
});

test('while the log is busy the witnesses are behind, and verify says how far', async () => {
	const { log } = await watched(2, 2);
	await untilWitnessed(log, (await write(log)).index);
	const busy = (async () => {
		for (let i = 0; i < 60; i++) {
			await write(log, 5);
			await sleep(30);
		}
	})();
	let behind = 0;
	for (let i = 0; i < 6; i++) {
		const ran = verify(log);
		assert.equal(ran.status, 0, ran.out + ran.err);
		behind += /the word of the log alone/.test(ran.out) ? 1 : 0;
		await sleep(150);
	}
	await busy;
	assert.ok(behind > 0, 'at least once it was behind');
});

test('a witnessed tree that the log does not contain is found', async () => {
	const { log } = await watched(1, 1, { witness_refresh: 'PT1H', witness_alarm: 'PT2H', witness_limit: 'PT4H' });
	await untilWitnessed(log, (await write(log, 3)).index);
	await log.stop(log.daemon);
	const stranger = await watched(1, 1);
	await untilWitnessed(stranger.log, (await write(stranger.log, 3)).index);
	const file = join(log.log, 'checkpoint.witnessed');
	const before = readFileSync(file);
	writeFileSync(file, readFileSync(join(stranger.log.log, 'checkpoint.witnessed')));
	assert.equal(verify(log).status, 1, 'another log\'s');
	writeFileSync(file, before.subarray(0, before.length - 30));
	assert.equal(verify(log).status, 1, 'cut');
	writeFileSync(file, before);
	assert.equal(verify(log).status, 0);
});

test('the courier has the network and nothing of the log; killed, it is back, and the log has not noticed', async () => {
	const { log } = await watched(1, 1);
	await untilWitnessed(log, (await write(log)).index);
	const children = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
	const [keeper] = children(log.daemon.pid);
	const [courier] = children(keeper);
	const files = (pid) => readdirSync(`/proc/${pid}/fd`).map((fd) => { try { return readlinkSync(`/proc/${pid}/fd/${fd}`); } catch { return ''; } });
	for (const pid of [keeper, courier]) {
		assert.ok(!files(pid).some((name) => name.startsWith(log.log) || name.includes('receipt') || name.includes('signer')), 'no file of the log');
	}
	process.kill(courier, 'SIGKILL');
	const { index } = await write(log, 2);
	await untilWitnessed(log, index);
	assert.notEqual(children(keeper)[0], courier);
	await log.stop(log.daemon);
	await until('all gone', () => !existsSync(`/proc/${keeper}`));
});

test('a daemon that is killed leaves no courier behind, and the next one has its own', async () => {
	const { log } = await watched(1, 1);
	await untilWitnessed(log, (await write(log)).index);
	const children = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
	const [keeper] = children(log.daemon.pid);
	const family = [keeper, ...children(keeper)];
	assert.equal(family.length, 2);
	log.daemon.kill('SIGKILL');
	await until('all gone', () => family.every((pid) => !existsSync(`/proc/${pid}`)));
	await log.startDaemon();
	log.client = new Client(log.socket);
	await untilWitnessed(log, (await write(log)).index);
	assert.equal(children(log.daemon.pid).length, 1);
});

test('a policy that cannot be meant, or times that contradict each other, are refused at start', async () => {
	const log = new Log();
	made.push(log);
	await log.startSigner();
	const policy = join(log.dir, 'bad-policy');
	writeFileSync(policy, 'quorum nobody\n');
	const refused = await log.refusedStart({ witness_policy: policy });
	assert.equal(refused.code, 2);
	assert.match(refused.said, /line 1/);
	assert.equal((await log.refusedStart({ witness_policy: join(log.dir, 'none') })).code, 2);
	assert.equal((await log.refusedStart({ witness_alarm: 'PT1M' })).code, 2);
});
