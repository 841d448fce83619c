/* witness.test.mjs: `auditlog-signer --witness` over real HTTP: tlog-witness to the letter, and what a liar gets from it. */
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Witness, ask, consistency, leaves, requestOf, root } from './lib/watcher.mjs';
import { sleep, until } from './lib/wait.mjs';
import { newSigner, signatureLine } from './make_log.mjs';

const ORIGIN = 'log.example.org/ombud';
const log = newSigner(ORIGIN);
const other = newSigner('other.example.org/log');
const honest = leaves(64);
const liar = leaves(64, 'another history ');
const made = [];
after(() => made.forEach((w) => w.remove()));

const textOf = (h, { origin = ORIGIN, size = h.length, hash = root(h), more = '' } = {}) => `${origin}\n${size}\n${hash.toString('base64')}\n${more}`;
const noteOf = (h, { signer = log, ...rest } = {}) => {
	const text = textOf(h, rest);
	return `${text}\n${signatureLine(signer, text)}`;
};

async function witness(more) {
	const w = new Witness('w1.example.org', [log.vkey, other.vkey], more);
	made.push(w);
	return w.start();
}

/* A cosignature line checked with node's Ed25519: 4 bytes of key id, 8 of time, 64 of signature. */
function checkCosignature(w, text, line) {
	const [, name, base64] = /^\u2014 (\S+) (\S+)\n$/.exec(line);
	const blob = Buffer.from(base64, 'base64');
	const [vname, id, key] = /^([^+]+)\+([0-9a-f]{8})\+(.*)$/.exec(w.vkey).slice(1);
	const raw = Buffer.from(key, 'base64');
	assert.equal(raw[0], 4);
	assert.deepEqual([name, blob.subarray(0, 4).toString('hex'), blob.length], [vname, id, 76]);
	const time = blob.readBigUInt64BE(4);
	const publicKey = createPublicKey({ format: 'der', type: 'spki', key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw.subarray(1)]) });
	assert.ok(verify(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), publicKey, blob.subarray(12)), 'the cosignature verifies');
	return Number(time);
}

test('a consistent, signed tree is cosigned, remembered and shown to monitors', async () => {
	const w = await witness();
	const note = noteOf(honest.slice(0, 5));
	const first = await w.submit(0, [], note);
	assert.equal(first.status, 200, first.body);
	assert.ok(Math.abs(checkCosignature(w, textOf(honest.slice(0, 5)), first.body) - Date.now() / 1000) < 60);
	assert.deepEqual(await w.held(ORIGIN), { status: 200, type: 'text/plain; charset=utf-8', body: note + first.body });
	const next = await w.submit(5, consistency(5, honest.slice(0, 23)), noteOf(honest.slice(0, 23)));
	assert.equal(next.status, 200, next.body);
	checkCosignature(w, textOf(honest.slice(0, 23)), next.body);
	const again = await w.submit(23, [], noteOf(honest.slice(0, 23)));
	assert.equal(again.status, 200, 'the same tree again refreshes the time');
	assert.equal((await w.held(ORIGIN)).body, noteOf(honest.slice(0, 23)) + again.body);
	assert.equal((await w.held('other.example.org/log')).status, 404, 'nothing was cosigned for the other log');
});

test('each refusal has its status code, and the checks have their order', async () => {
	const w = await witness();
	const at8 = noteOf(honest.slice(0, 8));
	assert.equal((await w.submit(0, [], at8)).status, 200);
	const at20 = noteOf(honest.slice(0, 20));
	const good = consistency(8, honest.slice(0, 20));
	const wrongRoot = (size) => noteOf([], { size, hash: root(liar.slice(0, size)) });
	const unsigned = `${textOf(honest.slice(0, 20))}\n${signatureLine(other, textOf(honest.slice(0, 20)))}`;
	const forged = at20.replace(/ (\S{8})(\S)(\S+)\n$/, (_, id, one, rest) => ` ${id}${one === 'A' ? 'B' : 'A'}${rest}\n`);
	const stranger = newSigner('nobody.example.org');
	const rows = [
		[404, 'unknown origin, before anything else', 99, [], noteOf(honest, { origin: 'nobody.example.org', signer: stranger })],
		[403, 'signed by another log', 99, [], unsigned],
		[403, 'a wrong signature of the right key', 99, [], forged],
		[403, 'the right key, a key of ours beside it that is wrong', 99, [], at20 + signatureLine(log, 'something else\n')],
		[400, 'old size past the tree', 21, [], at20],
		[409, 'not the size that was cosigned last', 7, consistency(7, honest.slice(0, 20)), at20],
		[409, 'a client that knows nothing', 0, [], at20],
		[422, 'a proof for another tree', 8, consistency(8, liar.slice(0, 20)), at20],
		[422, 'no proof', 8, [], at20],
		[422, 'a proof too many', 8, [...good, good[0]], at20],
		[422, 'another tree of the same size', 8, [], wrongRoot(8)],
		[422, 'a proof where sizes are equal', 8, good, at8],
		[400, 'no old line', null, [], null, `${at20}`],
		[400, 'not a number', null, [], null, `old 08\n\n${at20}`],
		[400, 'a proof that is no hash', null, [], null, `old 8\nAAAA\n\n${at20}`],
		[400, 'sixty-four hashes', null, [], null, requestOf(8, Array(64).fill(honest[0]), at20)],
		[400, 'no signature line', null, [], null, requestOf(8, good, `${textOf(honest.slice(0, 20))}\n`)],
		[400, 'nothing', null, [], null, ''],
	];
	for (const [status, what, old, proof, note, raw] of rows) {
		const reply = raw === undefined ? await w.submit(old, proof, note) : await ask(w.port, 'POST', '/add-checkpoint', raw);
		assert.equal(reply.status, status, `${what}: ${reply.body}`);
		assert.equal(reply.type, status === 409 ? 'text/x.tlog.size' : 'text/plain; charset=utf-8', what);
		if (status === 409) {
			assert.equal(reply.body, '8\n', what);
		}
	}
	assert.equal((await w.submit(8, good, at20)).status, 200, 'none of that has changed what it remembers');
});

test('a log of no entries has the root of nothing, and a first tree needs no proof', async () => {
	const w = await witness();
	assert.equal((await w.submit(0, [], noteOf([], { hash: root(honest) }))).status, 422);
	assert.equal((await w.submit(0, [honest[0]], noteOf(honest))).status, 422, 'old 0 has an empty proof');
	assert.equal((await w.submit(0, [], noteOf([]))).status, 200);
	assert.equal((await w.submit(0, [], noteOf(honest))).status, 200);
});

test('what is nowhere is 404, a wrong method 405, and too much 413', async () => {
	const w = await witness({ prefix: '/watch/w1' });
	const rows = [
		['GET', '/watch/w1/add-checkpoint', 405], ['PUT', '/watch/w1/add-checkpoint', 405], ['POST', '/add-checkpoint', 404],
		['GET', '/watch/w1', 404], ['GET', '/watch/w1/', 404], ['GET', `/watch/w1/${'0'.repeat(64)}/checkpoint`, 404],
		['POST', `/watch/w1/${'0'.repeat(64)}/checkpoint`, 405], ['GET', '/watch/w1/../../etc/passwd/checkpoint', 404],
		['GET', `/watch/w1/${'F'.repeat(64)}/checkpoint`, 404], ['GET', '/watch/w10/add-checkpoint', 404],
	];
	for (const [method, path, status] of rows) {
		assert.equal((await ask(w.port, method, path)).status, status, `${method} ${path}`);
	}
	const big = await ask(w.port, 'POST', '/watch/w1/add-checkpoint', 'x'.repeat(70000)).catch((error) => ({ status: error.code }));
	assert.ok([413, 'ECONNRESET', 'EPIPE'].includes(big.status), `${big.status}`);
	assert.equal((await w.submit(0, [], noteOf(honest))).status, 200, 'and it goes on');
});

test('of two that come at once exactly one wins', async () => {
	const w = await witness();
	assert.equal((await w.submit(0, [], noteOf(honest.slice(0, 3)))).status, 200);
	for (let size = 4; size < 40; size += 4) {
		const old = size === 4 ? 3 : size - 4;
		const both = await Promise.all([
			w.submit(old, consistency(old, honest.slice(0, size)), noteOf(honest.slice(0, size))),
			w.submit(old, consistency(old, honest.slice(0, size)), noteOf(honest.slice(0, size))),
			w.submit(old, consistency(old, honest.slice(0, size - 1)), noteOf(honest.slice(0, size - 1))),
		]);
		const won = both.filter(({ status }) => status === 200);
		assert.equal(won.length, 1, both.map(({ status }) => status).join(' '));
		assert.ok(both.every(({ status }) => [200, 409].includes(status)));
		const kept = Number((await w.held(ORIGIN)).body.split('\n')[1]);
		if (kept === size - 1) {
			assert.equal((await w.submit(kept, consistency(kept, honest.slice(0, size)), noteOf(honest.slice(0, size)))).status, 200);
		}
	}
});

test('a rollback is refused and a fork is refused and kept as evidence, across a restart', async () => {
	const w = await witness();
	const held = noteOf(honest.slice(0, 40));
	assert.equal((await w.submit(0, [], held)).status, 200);
	await w.stop();
	await w.start();
	assert.equal((await w.submit(40, [], noteOf(honest.slice(0, 39)))).status, 400, 'rollback');
	assert.equal((await w.submit(39, [], noteOf(honest.slice(0, 39)))).status, 409, 'rollback, politely');
	const fork = noteOf(liar.slice(0, 40));
	assert.equal((await w.submit(40, [], fork)).status, 422, 'fork');
	assert.equal((await w.submit(40, [], fork)).status, 422, 'fork, again');
	const evidence = readdirSync(w.state).filter((name) => name.endsWith('.evidence'));
	assert.equal(evidence.length, 1, 'the same lie is kept once');
	const text = readFileSync(join(w.state, evidence[0]), 'utf8');
	assert.ok(text.includes(fork) && text.includes(held), 'both signed histories are in it');
	assert.match(w.said(), /witness\.fork/);
	assert.equal(JSON.stringify((await w.held(ORIGIN)).body.startsWith(held)), 'true', 'and nothing else has changed');
});

test('lines that a stranger adds under a signed text are neither kept nor handed on', async () => {
	const w = await witness();
	const note = noteOf(honest.slice(0, 5));
	const text = textOf(honest.slice(0, 5));
	const junk = Array.from({ length: 90 }, (_, i) => signatureLine(newSigner(`stranger${i}.example.org`), text)).join('');
	const given = await w.submit(0, [], note + junk);
	assert.equal(given.status, 200, given.body);
	assert.equal((await w.held(ORIGIN)).body, note + given.body);
	const fork = noteOf(liar.slice(0, 5));
	for (let i = 0; i < 3; i++) {
		assert.equal((await w.submit(5, [], fork + signatureLine(newSigner(`stranger${i}.example.org`), text))).status, 422);
	}
	assert.equal(readdirSync(w.state).filter((name) => name.endsWith('.evidence')).length, 1, 'one lie, told three times');
});

test('whoever fills the evidence with bad proofs of honest trees does not keep a fork out of it', async () => {
	const w = await witness();
	const many = leaves(300);
	assert.equal((await w.submit(0, [], noteOf(many.slice(0, 5)))).status, 200);
	for (let size = 6; size < 270; size++) {
		assert.equal((await w.submit(5, [root(many)], noteOf(many.slice(0, size)))).status, 422);
	}
	const kept = () => readdirSync(w.state).filter((name) => name.endsWith('.evidence'));
	assert.equal(kept().length, 256, 'as many as there may be');
	const fork = noteOf(liar.slice(0, 5));
	assert.equal((await w.submit(5, [], fork)).status, 422);
	const [file] = kept().filter((name) => name.endsWith('.fork.evidence'));
	assert.ok(readFileSync(join(w.state, file), 'utf8').includes(fork));
});

test('killed at any moment, it never takes back what it has cosigned', async () => {
	const w = await witness();
	let known = 0;
	for (let round = 0; round < 8; round++) {
		const size = known + 3;
		const pending = w.submit(known, consistency(known, honest.slice(0, size)), noteOf(honest.slice(0, size))).catch(() => ({ status: 0 }));
		await sleep(round % 4); /* sometimes between the memory and the answer */
		await w.stop('SIGKILL');
		const { status } = await pending;
		await w.start();
		const lie = await w.submit(size, [], noteOf(liar.slice(0, size)));
		const now = await w.submit(63, [], noteOf(honest));
		assert.equal(now.status, 409);
		known = Number(now.body);
		assert.ok(known === size || (known === size - 3 && status !== 200), `it says ${known} after ${status} for ${size}`);
		assert.equal(lie.status, known === size ? 422 : 409, 'no second history, whatever was lost');
		if (known > 0) {
			assert.equal((await w.submit(known, [], noteOf(honest.slice(0, known)))).status, 200, 'the same tree again is cosigned');
		}
	}
});

test('a connection that trickles is cut, and one that waits keeps nobody else out', async () => {
	const w = await witness();
	const slow = Array.from({ length: 40 }, () => connect(w.port, '127.0.0.1'));
	const closed = Promise.all(slow.map((socket) => new Promise((resolve) => socket.on('close', resolve).on('error', () => {}))));
	slow.forEach((socket) => socket.write('POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n'));
	const drip = setInterval(() => slow.forEach((socket) => socket.writable && socket.write('X-A: b\r\n')), 500);
	assert.equal((await w.submit(0, [], noteOf(honest))).status, 200);
	await closed;
	clearInterval(drip);
	assert.equal((await w.submit(64, [], noteOf(honest))).status, 200);
});

test('two processes: the one with the network has no key, and neither outlives the other', async () => {
	const w = await witness();
	const [front] = readFileSync(`/proc/${w.child.pid}/task/${w.child.pid}/children`, 'utf8').trim().split(' ').map(Number);
	const sockets = (pid) => readdirSync(`/proc/${pid}/fd`).length;
	assert.ok(front > 0 && sockets(front) > 0);
	const listening = readFileSync('/proc/net/tcp', 'utf8').split('\n').find((row) => row.includes(`:${w.port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`));
	const inode = /(?:\S+\s+){9}(\d+)/.exec(listening.trim())[1];
	const has = (pid) => execLinks(pid).some((link) => link === `socket:[${inode}]`);
	assert.ok(has(front) && !has(w.child.pid), 'only the front listens');
	assert.ok(!execLinks(front).some((link) => link.startsWith(w.dir)), 'the front has no file of the witness open');
	process.kill(front, 'SIGKILL');
	assert.deepEqual(await w.ended, { code: 1, signal: null });
	await w.start();
	const [second] = readFileSync(`/proc/${w.child.pid}/task/${w.child.pid}/children`, 'utf8').trim().split(' ').map(Number);
	await w.stop('SIGKILL');
	await until('the front went with it', () => !existsSync(`/proc/${second}`) || /^State:\s+Z/m.test(readFileSync(`/proc/${second}/status`, 'utf8')));
});

test('it listens on a unix socket, and a second one on the same memory does not start', async () => {
	const w = new Witness('w2.example.org', [log.vkey]);
	made.push(w);
	w.more = { at: join(w.dir, 'w.sock'), listen: [`unix:${join(w.dir, 'w.sock')}`] };
	await w.start();
	assert.equal((await w.submit(0, [], noteOf(honest))).status, 200);
	const first = w.child;
	w.launch();
	assert.equal((await w.ended).code, 6);
	w.child = first;
	assert.equal((await w.submit(64, [], noteOf(honest))).status, 200);
});

test('a log that it is told of on SIGHUP is watched from then on', async () => {
	const w = await witness();
	const late = newSigner('late.example.org');
	const note = noteOf(honest, { origin: 'late.example.org', signer: late });
	assert.equal((await w.submit(0, [], note)).status, 404);
	w.logs = [...w.logs, late.vkey];
	w.writeConfig();
	w.child.kill('SIGHUP');
	await until('it read its configuration again', () => /witness\.reload/.test(w.said()));
	assert.equal((await w.submit(0, [], note)).status, 200);
});

function execLinks(pid) {
	return readdirSync(`/proc/${pid}/fd`).map((fd) => {
		try {
			return readlinkSync(`/proc/${pid}/fd/${fd}`);
		} catch {
			return '';
		}
	});
}
