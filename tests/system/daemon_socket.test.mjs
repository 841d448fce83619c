/* daemon_socket.test.mjs: what auditlogd answers on its socket, to those who may ask and to those who break the rules. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client, Log, TYPE, block, frame, idOf, login, macOf, sleep, tagNew, u64, until, uuidNew } from './daemon_run.mjs';
import { leafHash, verifyLog } from './verify_log.mjs';

let log;
let client;

before(async () => {
	log = new Log();
	await log.startSigner();
	await log.startDaemon();
	client = new Client(log.socket);
});

after(async () => {
	client.close();
	await log.stop(log.daemon);
	await log.stop(log.signer);
});

test('a receipt names the index and the leaf of the entry, and its mac is right', async () => {
	const receipts = await client.append(login(), login(), login());
	assert.equal(receipts[2].index, receipts[0].index + 2);
	for (const r of receipts) {
		const line = await client.read(r.index);
		assert.ok(line.endsWith(r.fragment));
		assert.deepEqual(leafHash(Buffer.from(line)), r.leaf);
		assert.deepEqual(macOf(log.receiptKey, r), r.mac);
	}
});

test('every durable entry is found by tag and by id at once, and still is after a restart', async () => {
	const tag = tagNew();
	const some = [];
	for (let i = 0; i < 40; i++) {
		some.push(...(await client.append(login(uuidNew(), tag), login())));
		if (i % 10 === 0) {
			await sleep(120);
		}
	}
	const mine = some.filter((_, i) => i % 2 === 0);
	const newestFirst = mine.map((r) => r.index).reverse();
	assert.deepEqual(await client.byTag(tag), newestFirst);
	assert.deepEqual(await client.byTag(tag, newestFirst[9], 5), newestFirst.slice(10, 15));
	assert.deepEqual(await client.byTag(tagNew()), []);
	assert.equal((await client.find(idOf(mine[3].fragment))).index, mine[3].index);
	await assert.rejects(client.find(uuidNew()), /no such entry/);
	await assert.rejects(client.read(1e9), /no such entry/);
	client.close();
	assert.deepEqual(await log.stop(log.daemon), { code: 0, signal: null });
	await log.startDaemon();
	client = new Client(log.socket);
	assert.deepEqual(await client.byTag(tag), newestFirst);
	assert.equal((await client.find(idOf(mine[0].fragment))).index, mine[0].index);
	/* Idempotency across the restart. */
	const [again] = await client.append(mine[5].fragment);
	assert.deepEqual([again.index, again.mac], [mine[5].index, mine[5].mac]);
	await assert.rejects(client.append(login(idOf(mine[5].fragment))), /other content/);
});

test('a checkpoint over the entry comes by itself, and the log holds', async () => {
	const [r] = await client.append(login());
	await until('published', () => log.published() > r.index);
	const { published, healthy, text } = await client.status();
	assert.ok(published > r.index);
	assert.deepEqual([healthy, text], [true, 'ok']);
	assert.deepEqual(verifyLog(log.log, { keys: [log.vkey] }).problems, []);
});

test('a fragment that is none is refused by name, and nothing of its request is written', async () => {
	const { size } = await client.status();
	const bad = [
		['not json', /format/],
		[login().replace('auth.login', 'auth.unknown'), /unknown event/],
		[login().replace('auth.login', 'log.fault'), /for the log alone/],
		[login().replace('"event"', '"event" '), /format/],
		[`"index":1,${login()}`, /format/],
		[login().replace('svc_portal', 'a'.repeat(15 * 1024)), /./],
	];
	for (const [fragment, why] of bad) {
		await assert.rejects(client.append(login(), fragment), why, fragment.slice(0, 60));
	}
	assert.equal((await client.status()).size, size);
	await client.append(login());
});

test('a malformed message ends the connection that it came from, and nothing else', async () => {
	const broken = [
		frame(TYPE.APPEND, 1, Buffer.from([0, 0, 0, 0, 0, 0])),
		frame(TYPE.APPEND, 1, Buffer.concat([Buffer.from([0, 2]), block(login())])),
		frame(TYPE.APPEND, 1, Buffer.concat([Buffer.from([0, 1]), block(login()), Buffer.from('x')])),
		frame(TYPE.APPEND, 1, Buffer.concat([Buffer.from([0, 1]), Buffer.from([255, 255, 255, 255])])),
		frame(TYPE.READ, 1, Buffer.alloc(7)),
		frame(TYPE.BY_TAG, 1, Buffer.concat([block('short tag here, not 22'.slice(0, 21)), Buffer.alloc(11)])),
		frame(TYPE.STATUS, 1, Buffer.from('x')),
		frame(TYPE.RECEIPTS, 1, Buffer.alloc(0)),
		frame(77, 1, Buffer.alloc(0)),
		Buffer.concat([Buffer.from([255, 255, 255, 255, 0, 1]), u64(1)]),
		Buffer.from('GET / HTTP/1.1\r\n\r\n'),
	];
	const before = await client.status();
	for (const bytes of broken) {
		const rude = new Client(log.socket);
		rude.socket.write(bytes);
		await rude.closed;
		const { healthy } = await client.status();
		assert.equal(healthy, true);
	}
	assert.equal((await client.status()).size, before.size);
	assert.equal(log.daemon.exitCode, null);
});

test('a client that goes away in the middle leaves others alone', async () => {
	for (let i = 0; i < 20; i++) {
		const other = new Client(log.socket);
		other.socket.on('connect', () => {
			other.append(login()).catch(() => {});
			other.socket.write(frame(TYPE.APPEND, 9, Buffer.alloc(100)).subarray(0, 30));
			setTimeout(() => other.close(), i);
		});
	}
	await sleep(100);
	const [r] = await client.append(login());
	assert.ok(r.index > 0);
});

test('a signer that hangs leaves appends alone and is named in the status', async () => {
	process.kill(log.signer.pid, 'SIGSTOP');
	try {
		const stale = log.published();
		const [r] = await client.append(login());
		await until('status', async () => /signer does not answer/.test((await client.status()).text));
		assert.equal((await client.status()).healthy, true);
		assert.ok((await client.append(login()))[0].index > r.index);
		assert.ok(log.published() <= r.index && log.published() >= stale);
	} finally {
		process.kill(log.signer.pid, 'SIGCONT');
	}
	const { size } = await client.status();
	await until('published', () => log.published() >= size);
	await until('well again', async () => (await client.status()).text === 'ok');
	assert.deepEqual(verifyLog(log.log, { keys: [log.vkey] }).problems, []);
});

test('the pace, printed and not judged', async (t) => {
	const began = Date.now();
	let done = 0;
	const caller = async () => {
		while (Date.now() - began < 1500) {
			await client.append(login());
			done++;
		}
	};
	await Promise.all(Array.from({ length: 256 }, caller));
	t.diagnostic(`${Math.round((done * 1000) / (Date.now() - began))} durable entries/s with 256 callers on one connection of this client`);
	assert.ok(done > 0);
});
