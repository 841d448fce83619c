/*
 * test_order.mjs: the order of writes, flushes and answers, read off the system calls of a healthy run. A power failure finds
 * a wrong order only when it strikes in the right microsecond; here every one is looked at.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client, login, TYPE, until } from '../system/daemon_run.mjs';
import { bulky, Lab } from './lib/lab.mjs';
import { notTried } from './lib/scale.mjs';
import { bytesOf, fileOf, readTrace, under, whyNoStrace } from './lib/trace.mjs';

const SEND = new Set(['sendmsg', 'sendto', 'writev', 'write']);

const isSegment = (path) => /\/wal\/(\d{10}|spare)$/.test(path);
const inTiles = (path) => /\/tile(\/|$)/.test(path);

/* What a message on a socket is, by its type; undefined for everything else that is sent. */
function messageOf(call) {
	const bytes = bytesOf(call);
	return SEND.has(call.name) && /^socket:/.test(fileOf(call)) && bytes.length >= 14 ? bytes.readUInt16BE(4) : undefined;
}

/* A healthy life: small and large entries, several segments, full tiles, checkpoints, an end. */
async function traced() {
	const lab = new Lab({ config: { segment_bytes: 262144 } });
	const files = { daemon: join(lab.dir, 'daemon.trace'), signer: join(lab.dir, 'signer.trace') };
	await lab.startSigner(under(files.signer));
	await lab.startDaemon({}, under(files.daemon));
	const client = new Client(lab.socket);
	for (let i = 0; i < 40; i++) {
		await lab.insist(client, i % 4 === 0 ? [bulky(10000), bulky(10000)] : [login()]);
	}
	for (let i = 0; i < 6; i++) {
		await lab.insist(client, Array.from({ length: 50 }, () => login()));
	}
	client.close();
	await lab.check();
	await lab.stop(lab.daemon);
	await lab.stop(lab.signer);
	const calls = await until('traces', () => [readTrace(files.daemon), readTrace(files.signer)]);
	await lab.end();
	return { lab, daemon: calls[0], signer: calls[1] };
}

const why = whyNoStrace();
let record;

/* Each on the same run, whichever of them are run. */
function testOrder(name, body) {
	test(name, async (t) => {
		if (why) {
			notTried(t, `the order of system calls (${why})`);
			return;
		}
		record ??= traced();
		await body(await record);
	});
}

testOrder('no receipt leaves before what it promises was written whole and flushed', (run) => {
	let dirty = false;
	let flushes = 0, receipts = 0;
	for (const call of run.daemon) {
		if (call.name === 'pwrite64' && isSegment(fileOf(call))) {
			const [, asked] = /, (\d+), \d+$/.exec(call.args);
			assert.equal(call.result, Number(asked));
			dirty = true;
		} else if (call.name === 'fdatasync' && isSegment(fileOf(call)) && call.result === 0) {
			dirty = false;
			flushes += 1;
		} else if (messageOf(call) === TYPE.RECEIPTS) {
			/* One request at a time was under way. */
			assert.ok(!dirty, `receipt ${receipts} left before its flush`);
			assert.ok(flushes > receipts, `receipt ${receipts} has no flush of its own`);
			receipts += 1;
		}
	}
	assert.ok(receipts >= 46, `${receipts} receipts seen`);
});

testOrder('a record lands on bytes that were written and flushed before: its flush needs nothing of the journal', (run) => {
	const written = new Map(), flushed = new Map(); /* by file: up to where */
	let records = 0;
	for (const call of run.daemon) {
		const path = fileOf(call);
		if (call.name === 'renameat' && /"spare".*"\d{10}"/.test(call.args)) {
			const [named] = /(?<=")\d{10}(?=")/.exec(call.args);
			for (const marks of [written, flushed]) {
				marks.set(join(run.lab.log, 'wal', named), marks.get(join(run.lab.log, 'wal', 'spare')));
				marks.delete(join(run.lab.log, 'wal', 'spare'));
			}
		} else if (call.name === 'pwrite64' && isSegment(path)) {
			const [, size, at] = /, (\d+), (\d+)$/.exec(call.args).map(Number);
			if (bytesOf(call).subarray(0, 4).toString() === 'OWLR') {
				assert.ok(at + size <= (flushed.get(path) ?? 0), `record at ${at} of ${path}: flushed up to ${flushed.get(path)}`);
				records += 1;
			}
			written.set(path, Math.max(written.get(path) ?? 0, at + size));
		} else if (call.name === 'fdatasync' && isSegment(path) && call.result === 0) {
			flushed.set(path, written.get(path) ?? 0);
		}
	}
	assert.ok(records >= 46, `${records} records seen`);
});

testOrder('a segment is a segment only when its head and its name are durable', (run) => {
	let headFlushed = false, unnamed;
	let segments = 0;
	for (const call of run.daemon) {
		const path = fileOf(call);
		if (call.name === 'fdatasync' && path.endsWith('/wal/spare')) {
			headFlushed = call.result === 0;
		} else if (call.name === 'renameat' && /"spare".*"\d{10}"/.test(call.args)) {
			assert.ok(headFlushed, 'a segment got its name before its head was flushed');
			headFlushed = false;
			unnamed = call;
			segments += 1;
		} else if (call.name === 'fsync' && path.endsWith('/wal')) {
			unnamed = undefined;
		} else if (call.name === 'pwrite64' && isSegment(path) && !path.endsWith('/spare')) {
			assert.equal(unnamed, undefined, 'a record was written before the directory was synced');
		}
	}
	assert.ok(segments >= 2, `${segments} segments seen`);
});

testOrder('the signer is asked only when every file that the checkpoint speaks of is durable', (run) => {
	const unsynced = new Set(); /* directories with new names */
	let written = false; /* the file without a name yet */
	let asked = 0;
	for (const call of run.daemon) {
		const path = fileOf(call);
		if (call.name === 'write' && path.endsWith('/wal/publishing')) {
			written = true;
		} else if (call.name === 'fsync' && path.endsWith('/wal/publishing')) {
			written = false;
		} else if (call.name === 'renameat2' && /"publishing"/.test(call.args)) {
			assert.ok(!written, 'a tile got its name before its bytes were durable');
			unsynced.add(/, \d+<([^>]*)>, "/.exec(call.args.slice(call.args.indexOf('"publishing"')))[1]);
		} else if (call.name === 'fsync' && inTiles(path)) {
			unsynced.delete(path);
		} else if (messageOf(call) === 1) {
			assert.deepEqual([...unsynced], [], 'the signer was asked before these were synced');
			asked += 1;
		}
	}
	assert.ok(asked >= 2, `${asked} questions seen`);
});

testOrder('a checkpoint takes its place whole, and its place is durable before segments go', (run) => {
	let synced = false, placed = false;
	let checkpoints = 0;
	for (const call of run.daemon) {
		const path = fileOf(call);
		if (call.name === 'write' && /\/checkpoint\.tmp-/.test(path)) {
			synced = false;
		} else if (call.name === 'fsync' && /\/checkpoint\.tmp-/.test(path)) {
			synced = true;
		} else if (call.name === 'renameat' && /"checkpoint"$/.test(call.args)) {
			assert.ok(synced, 'a checkpoint took its place before it was synced');
			placed = true;
			checkpoints += 1;
		} else if (call.name === 'fsync' && path === run.lab.log) {
			placed = false;
		} else if (call.name === 'unlinkat' && /"\d{10}"/.test(call.args)) {
			assert.ok(!placed, 'a segment went before the checkpoint was durable');
		}
	}
	assert.ok(checkpoints >= 2, `${checkpoints} checkpoints seen`);
});

testOrder('the signer remembers, durably, before it signs', (run) => {
	let remembered = false, named = false, written = false;
	let signed = 0;
	for (const call of run.signer) {
		const path = fileOf(call);
		if (call.name === 'write' && /\/memory\/[0-9a-f]+\.tmp-/.test(path)) {
			written = true;
		} else if (call.name === 'fsync' && /\.tmp-/.test(path)) {
			written = false;
		} else if (call.name === 'renameat' && /\.tmp-/.test(call.args)) {
			assert.ok(!written, 'the memory got its name before its bytes were durable');
			named = true;
		} else if (call.name === 'fsync' && path.endsWith('/memory')) {
			remembered = named;
			named = false;
		} else if (messageOf(call) === 2) {
			assert.ok(remembered, `signature ${signed} left before the memory of it was durable`);
			remembered = false;
			signed += 1;
		}
	}
	assert.ok(signed >= 2, `${signed} signatures seen`);
});
