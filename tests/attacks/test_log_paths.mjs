/*
 * test_log_paths.mjs: the published log as a path that somebody would climb out of, and the ways into it that are not for
 * everybody: tiles that are not there, other spellings, the WAL, the socket of the log's writer, the files beside it.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bundlePath } from '../../demo/auditor.mjs';
import { assertProblem, entryAt, leafOf, logEntries, raw } from '../system/lib/outsider.mjs';
import { auditlog, entryBytes, PATIENCE_MS, publishedSize, question, useOmbud, waitPublished } from '../system/lib/ombud.mjs';

let issuer;
let web;
let log;
let size;
let service;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer, log } = started.demo);
	web = started.web();
	service = await started.service('svc_benefits_north');
	const tax = await started.service('svc_tax');
	const { sub } = started.demo.people.citizen;
	const looked = () => ({ id: crypto.randomUUID(), event: 'access.recorded', person: sub, purpose: 'eligibility', categories: ['income'], action: 'read',
		basis: { type: 'statute', ref: '178-FZ-8' } });
	const { json } = await tax('POST', '/audit/v1/entries', { entries: Array.from({ length: 600 }, looked) });
	await waitPublished(log.dir, json.receipts.at(-1).index);
	size = publishedSize(log.dir);
});

const get = (path) => web.get(`${log.url}/${path}`);
const status = (text) => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);

test('the checkpoint is text that is asked for anew, a tile is bytes that may be kept for ever', async () => {
	const checkpoint = await get('checkpoint');
	assert.match(checkpoint.header('content-type'), /^text\/plain/);
	assert.match(checkpoint.header('cache-control'), /no-cache|max-age=[0-9]\b/);
	const [origin, count, root, empty, signature] = checkpoint.text.split('\n');
	assert.deepEqual([origin, empty], [log.origin, '']);
	assert.ok(Number(count) >= size);
	assert.equal(Buffer.from(root, 'base64').length, 32);
	assert.match(signature, new RegExp(`^\u2014 ${log.origin} `));
	for (const path of ['tile/0/000', 'tile/entries/000']) {
		const tile = await get(path);
		assert.equal(tile.status, 200);
		assert.match(tile.header('content-type'), /^application\/octet-stream/);
		assert.match(tile.header('cache-control'), /immutable|max-age=\d{6,}/);
		assert.deepEqual(tile.bytes, readFileSync(join(log.dir, path)));
	}
});

test('any width of a tile that the log has is served, as a beginning of the whole', async () => {
	const whole = (await get('tile/0/000')).bytes;
	const bundle = (await get('tile/entries/000')).bytes;
	for (const width of [1, 2, 100, 255]) {
		const part = await get(`tile/0/000.p/${width}`);
		assert.deepEqual(part.bytes, whole.subarray(0, width * 32), `${width}`);
		const entries = await get(`tile/entries/000.p/${width}`);
		assert.equal(entries.status, 200);
		assert.deepEqual(entries.bytes, bundle.subarray(0, entries.bytes.length));
		let at = 0;
		let count = 0;
		for (; at < entries.bytes.length; count++) {
			const length = entries.bytes.readUInt16BE(at);
			const hash = createHash('sha256').update(Buffer.concat([Buffer.from([0]), entries.bytes.subarray(at + 2, at + 2 + length)])).digest();
			assert.deepEqual(hash, whole.subarray(count * 32, count * 32 + 32), `leaf ${count}`);
			at += 2 + length;
		}
		assert.equal(count, width);
	}
	const last = bundlePath(size - 1, size);
	assert.equal((await get(last)).status, 200);
});

test('what the log does not have, and what is spelt otherwise, is 404', async () => {
	for (const path of ['', 'nothing', 'checkpoint/', 'checkpoint/x', 'Checkpoint', 'checkpoint.new', 'tile', 'tile/', 'tile/0', 'tile/0/', 'tile/0/0',
		'tile/0/00', 'tile/0/0000', 'tile/00/000', 'tile/8/000',
		'tile/63/000', 'tile/-1/000', 'tile/0/-01', 'tile/0/+00', 'tile/0/x000', 'tile/0/x000/000', 'tile/0/x000/x000/000', 'tile/0/999', 'tile/0/x999/999',
			'tile/0/000.p', 'tile/0/000.p/', 'tile/0/000.p/0',
		'tile/0/000.p/256', 'tile/0/000.p/01', 'tile/0/000.p/-1', 'tile/0/000.p/1/2', 'tile/0/000.p/99999999999999999999', 'tile/0/002.p/255', 'tile/1/000',
			'tile/1/000.p/3', 'tile/2/000.p/1', 'tile/entries/000.p/256',
		'tile/entries/x000/000', 'tile/entries/0', 'tile/data/000', 'tile/8/0/000', 'tile/0/ 00', 'tile/0/０００', 'tile/0/000?x', 'wal', 'wal/', 'index',
			'index/', 'lock']) {
		const answer = await get(path);
		if (path === 'tile/0/000?x') {
			assert.ok([200, 400, 404].includes(answer.status));
			continue;
		}
		if (['tile/1/000.p/3', 'tile/1/000'].includes(path)) {
			assert.ok(size >= 768 || answer.status === 404, path);
			continue;
		}
		assert.equal(answer.status, 404, path);
		assert.match(answer.header('content-type'), /^application\/problem\+json/);
		assert.ok(!answer.header('cache-control')?.includes('immutable'), 'nothing keeps a 404 for ever');
	}
});

test('nobody climbs out of the log', async () => {
	const names = readdirSync(join(log.dir, 'wal'));
	const targets = ['/etc/passwd', '/proc/self/environ'];
	const climbs = ['..', '../..', '%2e%2e', '%2e%2e/%2e%2e', '.%2e', '..%2f..', '..%5c..', '%252e%252e', '....//..', 'tile/../..', 'tile/0/../../..',
		'tile/entries/%2e%2e/%2e%2e/%2e%2e', './..', 'checkpoint/../..', 'tile/0/000.p/../../../..', '//..', '\\..\\..'];
	for (const climb of climbs) {
		for (const target of [...targets, '/etc/authd.yaml', '/state.json', '/demo.json', `/log/wal/${names.at(-1)}`]) {
			for (const start of ['/log/', '/assets/']) {
				const text = await raw(ombud, `GET ${start}${climb}${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
				assert.ok([400, 404].includes(status(text)), `${start}${climb}${target}: ${text.slice(0, 60)}`);
				assert.doesNotMatch(text, /root:|environment:|totp_secret/);
			}
		}
	}
	for (const name of ['wal', ...names.map((one) => `wal/${one}`), 'index', 'wal/.', './checkpoint', '/checkpoint', 'tile//0/000', 'tile/0/000%00',
		'tile/0/000%00.p/1', '%63heckpoint', 'checkpoint%20', 'checkpoint\t']) {
		const text = await raw(ombud, `GET /log/${name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
		assert.ok([400, 404].includes(status(text)), `${name}: ${text.slice(0, 60)}`);
	}
});

test('a path is numbers in their one spelling, never a name: escapes, leading zeroes, signs, huge numbers, NUL', async () => {
	const good = await raw(ombud, 'GET /log/tile/0/000.p/3 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
	assert.equal(status(good), 200);
	const huge = ['9'.repeat(19), '18446744073709551616', '9'.repeat(200), `${'x999/'.repeat(5)}999`, `${'x999/'.repeat(7)}999`, `${'x999/'.repeat(60)}999`];
	const numbers = ['0', '00', '0000', '+00', '-01', '0x0', '1e0', '000 ', '0%300', '%30%30%30', '000%2ep/3', '000.p%2f3', '000.p/03', '000.p/+3', '000.p/3.0', '000.p/0',
		'000.p/256', '000.p/257', '000.p/-1', '000.p/99999999999999999999', '000.p/3/', '000.p/3/3', '000.p/', '000.P/3', 'X000/000', 'x000/000', 'x00/000', 'x0000/000',
		'000%00', '000%00.p/3', '000.p/3%00', '000.p/%003', '000;.p/3', '000.p/3;x', '٠٠٠', '%D9%A0%D9%A0%D9%A0', ...huge];
	const paths = [...numbers.flatMap((number) => [`tile/0/${number}`, `tile/entries/${number}`]), 'tile/00/000', 'tile/+0/000', 'tile/-1/000', 'tile/%30/000', 'tile/64/000',
		'tile/256/000', 'tile/4294967296/000', `tile/${'9'.repeat(40)}/000`, 'tile%2f0%2f000', 'tile/0%2f000', '%74ile/0/000%2f', 'tile/entries%2f000', 'tile/0/000/.', 'tile/0/000%2e'];
	for (const path of paths) {
		const text = await raw(ombud, `GET /log/${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
		/* An escape of a plain digit is that digit (RFC 3986 6.2.2.2): one resource, the same bytes, never another one. */
		const plain = decodeURI(path.replaceAll('%00', '')) === path ? path : decodeURIComponent(path);
		if (status(text) === 200) {
			assert.match(plain, /^tile\/(0|entries)\/000(\.p\/3)?$/, path);
			assert.ok(path !== plain && /^(?:[^%]|%3\d|%74|%2e)+$/i.test(path), path);
		} else {
			assert.ok([400, 404, 414].includes(status(text)), `${path}: ${text.slice(0, 60)}`);
		}
		assert.doesNotMatch(text, /root:|totp_secret/);
	}
});

test('the log is for reading: other methods are 405 with Allow, HEAD is GET without the rest', async () => {
	for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
		const answer = await web.request(method, `${log.url}/checkpoint`, method === 'POST' ? { body: 'x' } : {});
		assert.ok([405, 501].includes(answer.status), `${method}: ${answer.status}`);
		if (answer.status === 405) {
			assert.match(answer.header('allow'), /GET/);
		}
	}
	const head = await web.request('HEAD', `${log.url}/checkpoint`);
	assert.equal(head.status, 200);
	assert.equal(head.bytes.length, 0);
	assert.ok(Number(head.header('content-length')) > 100);
	assertProblem(await web.get(`${issuer}/audit/v1/entries`), 405);
});

test('what is not for reading is not published, and the directory is its writer\'s alone', () => {
	for (const name of ['wal', 'index']) {
		assert.equal(statSync(join(log.dir, name)).mode & 0o077, 0, name);
	}
	assert.equal(statSync(log.dir).mode & 0o022, 0);
	for (const name of readdirSync(join(log.dir, 'wal'))) {
		assert.equal(statSync(join(log.dir, 'wal', name)).mode & 0o077, 0, name);
	}
	assert.equal(statSync(join(log.dir, '..', 'keys')).mode & 0o077, 0);
	assert.equal(statSync(join(log.dir, '..', 'demo.json')).mode & 0o077, 0);
});

test('garbage on the socket of the writer closes that connection and nothing else', async () => {
	const pid = ombud.demo.pids.auditlogd;
	const send = (bytes) => new Promise((resolve) => {
		const socket = connect(ombud.demo.socket.auditlogd);
		let got = Buffer.alloc(0);
		const timer = setTimeout(() => { socket.destroy(); resolve('open'); }, PATIENCE_MS);
		socket.on('data', (part) => { got = Buffer.concat([got, part]); });
		socket.on('error', () => {});
		socket.on('close', () => { clearTimeout(timer); resolve('closed'); });
		socket.write(bytes);
	});
	for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(64, 0xff), Buffer.concat([Buffer.from('ffffffff', 'hex'), Buffer.alloc(60)]),
		Buffer.concat([Buffer.from('7fffffff0001', 'hex'), Buffer.alloc(58, 1)]), Buffer.alloc(1 << 20, 0x41)]) {
		assert.equal(await send(bytes), 'closed', bytes.subarray(0, 8).toString('hex'));
	}
	await Promise.all(Array.from({ length: 50 }, () => send(Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]))));
	const { json } = await service('POST', '/access/v1/evaluation', question(ombud.demo.people.citizen.sub));
	assert.ok(json.context.log.index >= 0);
	assert.equal(ombud.demo.pids.auditlogd, pid);
});

test('below the minimum index bundles are gone for good, tiles are not; a minimum that the log never stated is noticed', async () => {
	const file = join(log.dir, 'minimum-index');
	const verify = async () => (await auditlog('verify', log.url, '--ca', ombud.demo.ca, '--key', log.vkey, '--pruned')).status;
	assert.equal((await get('minimum-index')).status, 404);
	try {
		writeFileSync(file, '256\n300\n', { mode: 0o644 });
		assert.equal((await get('minimum-index')).text, '256\n300\n');
		for (const path of ['tile/entries/000', 'tile/entries/000.p/7']) {
			assertProblem(await get(path), 410, 'pruned');
		}
		assert.equal((await get('tile/0/000')).status, 200);
		assert.equal((await get('tile/entries/001')).status, 200);
		assert.equal(await verify(), 1, 'entry 300 says nothing of the kind');
		writeFileSync(file, '256\n0300\n');
		assert.ok([404, 500, 503].includes((await get('tile/entries/000')).status), 'nothing is made of a file that nobody wrote so');
	} finally {
		rmSync(file, { force: true });
	}
	assert.equal((await get('tile/entries/000')).status, 200);
	assert.equal(await verify(), 0);
});

test('a copy over HTTPS verifies, with the right key only, and with one byte changed not at all', async () => {
	const scratch = mkdtempSync(join(tmpdir(), 'ombud-log-'));
	try {
		const good = await auditlog('verify', log.url, '--ca', ombud.demo.ca, '--key', log.vkey);
		assert.equal(good.status, 0, good.text);
		const [name, , key] = log.vkey.split('+');
		const other = `${name}+00000000+${key}`;
		for (const args of [['verify', log.url, '--ca', ombud.demo.ca, '--key', other], ['verify', log.url, '--key', log.vkey], ['verify', `${issuer}/nothing`,
			'--ca', ombud.demo.ca, '--key', log.vkey], ['verify', join(scratch, 'none'), '--key', log.vkey]]) {
			const bad = await auditlog(...args);
			assert.ok([1, 2, 3].includes(bad.status), `${args}: ${bad.status}`);
		}
		const proof = join(scratch, 'proof');
		const entry = join(scratch, 'entry');
		assert.equal((await auditlog('prove', log.url, '--ca', ombud.demo.ca, '--key', log.vkey, '5', '-o', proof, '--entry-output', entry)).status, 0);
		assert.equal((await auditlog('check', proof, '--entry', entry, '--key', log.vkey)).status, 0);
		const text = readFileSync(proof, 'utf8');
		for (const bent of [text.replace(/^index 5$/m, 'index 6'), text.replace(/\n\n/, '\nAAAA\n\n'), text.slice(0, -10), text.replace('c2sp.org', 'c2sp.com'),
			`${text}x`]) {
			writeFileSync(proof, bent);
			assert.notEqual((await auditlog('check', proof, '--entry', entry, '--key', log.vkey)).status, 0);
		}
	} finally {
		rmSync(scratch, { recursive: true });
	}
});

test('the chain and the clock of the log run forward, entry by entry', async () => {
	const entries = logEntries(ombud);
	let prev = Buffer.alloc(32).toString('base64');
	let time = '';
	for (const { index, bytes, entry } of entries) {
		assert.equal(entry.prev, prev, `entry ${index}`);
		assert.equal(bytes.subarray(0, 15).toString(), '{"v":1,"prev":"');
		assert.equal(entry.index, index);
		assert.ok(entry.time > time, `the time of entry ${index}`);
		assert.ok(bytes.length <= 16384);
		assert.ok(!bytes.includes(0x0a));
		prev = leafOf(bytes);
		({ time } = entry);
	}
	assert.equal(new Set(entries.map(({ entry }) => entry.id)).size, entries.length);
});

test('an entry is under a signed checkpoint soon, by itself', async () => {
	for (let i = 0; i < 3; i++) {
		const { json } = await service('POST', '/access/v1/evaluation', question(ombud.demo.people.citizen.sub));
		await entryAt(ombud, json.context.log.index);
	}
	assert.equal(JSON.parse(entryBytes(log.dir, 0, publishedSize(log.dir))).event, 'log.started');
});
