/*
 * daemon_maps.test.mjs: auditlogd writes log.map entries by itself and when asked, and what it answers about a tag is a
 * proof that a checker which shares no code with it accepts; also after kills, restarts and the loss of index/.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { auditlog } from './lib/auditlog_run.mjs';
import { checkMapProof, mapOf } from './lib/tag_maps.mjs';
import { Client, Log, block, frame, login, tagNew, until, uuidNew } from './daemon_run.mjs';

const MAP = 10, MAPPED = 11;
const month = new Date().toISOString().slice(0, 7);
let log, client;

const start = async (more) => {
	await log.startDaemon(more);
	client = new Client(log.socket);
};
const restart = async (signal, more) => {
	client.close();
	await log.stop(log.daemon, signal);
	await start(more);
};

before(async () => {
	log = new Log();
	await log.startSigner();
	await start();
});
after(async () => {
	client.close();
	await log.stop(log.daemon);
	await log.stop(log.signer);
});

const u32 = (n) => Buffer.from([n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]);
/* What the newest map says about the tag: { index, answer }. */
async function askOnce(tag, { of = month, maxAge = 0 } = {}) {
	const { type, payload } = await client.send(MAP, Buffer.concat([block(tag), block(of), u32(maxAge)]));
	assert.equal(type, MAPPED);
	assert.equal(payload[0], 1);
	const n = payload.readUInt32BE(9);
	assert.equal(payload.length, 13 + n);
	return { index: Number(payload.readBigUInt64BE(1)), answer: payload.subarray(13).toString() };
}
/* Just after a start the index may still be catching up: the answer is to ask again. */
const ask = (...question) => until('a map', () => askOnce(...question).catch((refused) => {
	if (refused.status !== 13) {
		throw refused;
	}
}));
const factsAt = async (index) => JSON.parse(await client.read(index)).facts;
const allLines = async () => {
	const { size } = await client.status();
	return Promise.all(Array.from({ length: size }, (_, i) => client.read(i)));
};
/* Every log.map of the log is what the other program makes of the entries. */
async function mapsAreRight() {
	const lines = await allLines();
	let maps = 0;
	for (const line of lines) {
		const { event, facts, index } = JSON.parse(line);
		if (event !== 'log.map') continue;
		const map = mapOf(lines, facts.month, facts.size);
		assert.deepEqual([facts.first, facts.until, facts.tags, facts.root, facts.closed],
			[map.first, map.until, map.tags.size, map.root.toString('base64'), 0], `entry ${index}`);
		maps++;
	}
	return maps;
}
const prove = async (tag) => {
	const { size } = await client.status();
	await until('published', () => log.published() >= size);
	const file = join(log.dir, 'proof');
	assert.equal(auditlog('prove', log.log, '--key', log.vkey, '--tag', tag, '-o', file).status, 0);
	return readFileSync(file, 'utf8');
};

test('a question makes a map that covers what was written before it', async () => {
	const tag = tagNew();
	const receipts = await client.append(login(uuidNew(), tag), login(), login(uuidNew(), tag));
	const { index, answer } = await ask(tag);
	const facts = await factsAt(index);
	assert.ok(facts.size > receipts[2].index && facts.size <= index);
	assert.match(answer, new RegExp(`^present \\d+ 2\nat ${receipts[0].index}\nat ${receipts[2].index}\n`));
	assert.match((await ask(tagNew())).answer, /^absent\nleft /);
	await mapsAreRight();
});

test('nobody makes the log grow by asking', async () => {
	await client.append(login());
	const { index } = await ask(tagNew()), { size } = await client.status();
	for (let i = 0; i < 5; i++) assert.equal((await ask(tagNew())).index, index);
	assert.equal((await client.status()).size, size);
	/* Something was written, and the newest map is young enough. */
	await client.append(login());
	assert.equal((await ask(tagNew(), { maxAge: 3600 })).index, index);
	assert.ok((await ask(tagNew())).index > index);
});

test('the tool makes the proof that the daemon answers with, and another checker accepts it', async () => {
	const tag = tagNew();
	await client.append(...Array.from({ length: 40 }, (_, i) => login(uuidNew(), i % 4 ? tagNew() : tag)));
	const { answer, index } = await ask(tag), text = await prove(tag);
	assert.ok(text.includes(`map ${index}\n`) && text.includes(answer));
	const { parts } = checkMapProof(text, tag, log.vkey);
	assert.deepEqual(parts[0].indices, (await client.byTag(tag)).reverse());
	assert.match(auditlog('verify', log.log, '--key', log.vkey, '--lawful').out, /made once more[^]*\nHOLDS/);
});

test('killed, or stopped in order, and started again: the next map is the one that the entries give', async () => {
	const tag = tagNew();
	for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL']) {
		await client.append(login(uuidNew(), tag), login(uuidNew(), tagNew()));
		await ask(tag);
		await client.append(login(uuidNew(), tag));
		await restart(signal);
		await ask(tag);
	}
	assert.match((await ask(tag)).answer, / 6\nat /);
	assert.ok((await mapsAreRight()) > 5);
});

test('killed while maps are being made, again and again: every map that is there is right', async () => {
	const tags = Array.from({ length: 50 }, tagNew);
	for (let round = 0; round < 5; round++) {
		await client.append(...tags.map((tag) => login(uuidNew(), tag)));
		const asked = Promise.all([1, 2, 3].map(async () => {
			await client.append(login(uuidNew(), tags[0]));
			return ask(tags[0]);
		})).catch(() => {});
		await new Promise((resolve) => setTimeout(resolve, round * 3));
		await restart('SIGKILL');
		await asked;
	}
	await ask(tags[0]);
	await mapsAreRight();
	assert.deepEqual(checkMapProof(await prove(tags[7]), tags[7], log.vkey).parts[0].indices, (await client.byTag(tags[7])).reverse());
});

const maps = () => join(log.log, 'index', 'maps', month);

test('without index/, with a damaged map, with a map of nonsense: made again from the entries', async () => {
	const tag = tagNew();
	const damage = {
		gone: () => rmSync(join(log.log, 'index'), { recursive: true }),
		flipped: () => { const b = readFileSync(maps()); b[70] ^= 4; writeFileSync(maps(), b); },
		'cut short': () => writeFileSync(maps(), readFileSync(maps()).subarray(0, 100)),
		empty: () => writeFileSync(maps(), ''),
		'a rest of growing': () => writeFileSync(join(log.log, 'index', 'maps', 'growing'), 'rest'),
	};
	for (const [what, harm] of Object.entries(damage)) {
		await client.append(login(uuidNew(), tag));
		await ask(tag);
		client.close();
		await log.stop(log.daemon);
		assert.ok(existsSync(maps()));
		harm();
		await start();
		await client.append(login(uuidNew(), tag));
		const { answer } = await until(what, () => ask(tag).catch(() => null));
		assert.match(answer, /^present /, what);
	}
	await mapsAreRight();
	assert.deepEqual(readdirSync(join(log.log, 'index', 'maps')), [month]);
});

test('a map damaged while the daemon runs is noticed, not answered from', async () => {
	const tag = tagNew();
	await client.append(login(uuidNew(), tag));
	await ask(tag);
	const bytes = readFileSync(maps());
	for (let i = 0; i < bytes.length - 200; i += 62) bytes[i + 25] ^= 1;
	writeFileSync(maps(), bytes);
	await assert.rejects(askOnce(tag), /ask again/);
	const { answer } = await until('again', () => ask(tag).catch(() => null));
	assert.match(answer, /^present \d+ 1\n/);
	await mapsAreRight();
});

test('by itself: one each interval when there is something new, none when there is not', async () => {
	await restart('SIGTERM', { map_interval: 'PT1S' });
	const [{ index }] = await client.append(login());
	const covered = async () => (await allLines()).map((l) => JSON.parse(l)).some((e) => e.event === 'log.map' && e.facts.size > index);
	await until('a map', covered);
	const { size } = await client.status();
	await new Promise((resolve) => setTimeout(resolve, 2500));
	assert.equal((await client.status()).size, size);
	await mapsAreRight();
});

test('a month without entries has no map, and a question that breaks the rules ends the connection', async () => {
	await assert.rejects(askOnce(tagNew(), { of: '2001-02' }), /no map of that month/);
	for (const payload of [Buffer.concat([block('!'.repeat(22)), block(month), u32(0)]), Buffer.concat([block(tagNew()), block('2026-13'), u32(0)]), Buffer.alloc(41)]) {
		const rude = new Client(log.socket);
		rude.socket.write(frame(MAP, 1n, payload));
		await rude.closed;
	}
	assert.ok((await client.status()).healthy);
});
