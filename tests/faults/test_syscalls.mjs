/*
 * test_syscalls.mjs: every system call of a start, of commits and of checkpoints fails once, or from then on, or the daemon is
 * killed at it. It may refuse; it may end; it never hangs, and it never promises what is not there. When the fault is over it
 * serves again by itself, and after a restart every receipt is found.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { accepts, Client, login, sleep, until } from '../system/daemon_run.mjs';
import { PATIENCE_MS } from '../system/lib/wait.mjs';
import { bulky, Lab } from './lib/lab.mjs';
import { chance, full, notTried, seed } from './lib/scale.mjs';
import { CALLS, fileOf, readTrace, under, whyNoStrace } from './lib/trace.mjs';

const FAULTS = {
	pwrite64: ['EIO', 'ENOSPC', 'EDQUOT', 'EINTR'], write: ['EIO', 'ENOSPC', 'EINTR'], fdatasync: ['EIO', 'ENOSPC', 'EINTR'], fsync: ['EIO', 'ENOSPC'],
	renameat: ['EIO', 'ENOSPC'], renameat2: ['EIO'], openat: ['EIO', 'EMFILE', 'ENOSPC', 'EINTR'], ftruncate: ['EIO'], fallocate: ['ENOSPC', 'EDQUOT', 'EINTR', 'EIO'],
	unlinkat: ['EIO'], mkdirat: ['EIO'], linkat: ['EIO'], fchmod: ['EIO'],
};
/* In the short run: so many places per kind of call. */
const PLACES = 3;
const LOOK_AT_ALL_EVERY = 12;
const { sample } = chance();
/* Calls that also wake threads or write other things than the log: only on these files do they fail. */
const SEGMENTS = ['spare', ...Array.from({ length: 10 }, (_, i) => `000000000${i}`)];
const ONLY = { pwrite64: SEGMENTS, fdatasync: SEGMENTS, fallocate: SEGMENTS, ftruncate: SEGMENTS, write: ['publishing'] };

/* Small and large entries: commits, a change of segments, full tiles, checkpoints. */
const WORK = [() => [login()], () => [login(), login()], () => [bulky()], ...Array.from({ length: 28 }, () => () => [bulky()]),
	...Array.from({ length: 4 }, () => () => Array.from({ length: 70 }, () => login())), () => [login()]];

/* Waits until it takes connections or has ended. */
async function up(lab, child) {
	return until('it serves or ends', async () => (alive(child) ? await accepts(lab.socket) && 'serves' : 'ended'))
		.then((how) => how === 'serves', (error) => assert.fail(`${error.message}: ${child.said()}`));
}

/* An answer of either kind: nothing hangs. */
async function answered(lab, client, fragments) {
	let late = setTimeout(() => { late = undefined; client.close(); }, PATIENCE_MS);
	const got = await lab.append(client, fragments);
	assert.ok(late !== undefined, `no answer within ${PATIENCE_MS} ms: ${lab.daemon.said()}`);
	clearTimeout(late);
	return got;
}

/* Everything once. After a fault that happened once, service is back. */
async function work(lab, once) {
	const client = new Client(lab.socket);
	let refused = 0;
	for (const fragments of WORK) {
		const these = fragments();
		if (!(await answered(lab, client, these)) && ++refused && once && !client.socket.destroyed) {
			await until('it is back after a fault that happened once', async () => client.socket.destroyed || answered(lab, client, these))
				.catch((error) => assert.fail(`${error.message}: ${lab.daemon.said()}`));
		}
		if (refused > 3 && !once) {
			break;
		}
	}
	await sleep(once ? 250 : 100); /* a checkpoint */
	client.close();
}

async function endOf(child) {
	let hung = false;
	const late = setTimeout(() => { hung = true; child.kill('SIGKILL'); }, PATIENCE_MS);
	child.kill('SIGTERM');
	const { signal } = await child.ended;
	clearTimeout(late);
	assert.ok(!hung, `it does not end: ${child.said()}`);
	return signal;
}

const inWal = (lab, names) => (names ?? []).map((name) => join(lab.log, 'wal', name));
const alive = (child) => child.exitCode === null && child.signalCode === null;

/* One life with this fault, then one without. True when the fault was met. */
async function suffer(lab, { name, inject, once, mayEnd }) {
	const trace = join(lab.dir, 'trace');
	const child = lab.spawn('auditlogd', { ...lab.config, signer_wait: 'PT1S' }, under(trace, { inject, only: inWal(lab, ONLY[name]) }));
	let killed = false;
	lab.daemon = child;
	if (await up(lab, child)) {
		await work(lab, once);
	}
	if (alive(child)) {
		killed = (await endOf(child)) === 'SIGKILL';
	} else {
		const { code, signal } = await child.ended;
		killed = signal === 'SIGKILL';
		assert.ok(mayEnd(code, signal), `it ended with ${code ?? signal}: ${child.said()}`);
	}
	const met = killed || readTrace(trace).some((call) => call.injected);
	await lab.startDaemon();
	await lab.quickCheck();
	return met;
}

/*
 * How often each call is made in a healthy life by the thread that makes it most, as numbers of those that concern the log.
 * What the loader opens before is left out: that is not ours to survive.
 */
async function census() {
	const lab = new Lab({ config: { segment_bytes: 262144 } });
	const trace = join(lab.dir, 'trace');
	await lab.startSigner();
	lab.daemon = lab.spawn('auditlogd', lab.config, under(trace));
	await up(lab, lab.daemon);
	await work(lab, true);
	await endOf(lab.daemon);
	const numbers = new Map(), found = new Map();
	let first;
	for (const call of readTrace(trace)) {
		const inLog = fileOf(call).startsWith(lab.log);
		const counts = !ONLY[call.name] || inWal(lab, ONLY[call.name]).includes(fileOf(call));
		const n = (numbers.get(`${call.pid} ${call.name}`) ?? 0) + (counts ? 1 : 0);
		numbers.set(`${call.pid} ${call.name}`, n);
		if (call.name === 'openat' && inLog) {
			first ??= n;
		}
		if (CALLS.includes(call.name) && inLog && counts && (call.name !== 'openat' || n >= first)) {
			found.set(call.name, (found.get(call.name) ?? new Set()).add(n));
		}
	}
	await lab.end();
	return new Map([...found].map(([name, set]) => [name, [...set].sort((a, b) => a - b)]));
}

/* All of them, or in a sample: some places of each call, the kinds of faults in turn. */
function plan(places, kinds) {
	let turn = 0;
	return [...places].flatMap(([name, all]) => {
		const here = kinds(name);
		return full ? all.flatMap((k) => here.map((kind) => ({ name, k, kind })))
			: sample(all, PLACES).map((k) => ({ name, k, kind: here[turn++ % here.length] }));
	});
}

async function through(t, cases, make) {
	let lab, met = 0;
	for (const [i, one] of cases.entries()) {
		if (i % LOOK_AT_ALL_EVERY === 0) {
			await lab?.check();
			await lab?.end();
			lab = new Lab({ config: { segment_bytes: 262144 } });
			await lab.startSigner();
		} else {
			await lab.stop(lab.daemon);
		}
		const life = { ...one, ...make(one) };
		try {
			met += await suffer(lab, life);
		} catch (error) {
			error.message = `with ${life.inject}: ${error.message}`;
			throw error;
		}
	}
	await lab.check();
	await lab.end();
	t.diagnostic(`seed ${seed}: ${cases.length} lives, ${met} of them met their fault`);
	assert.ok(met > cases.length / 2, `only ${met} of ${cases.length} met their fault`);
}

const why = whyNoStrace();
let counted;

/* The body gets the places where each call can fail, counted once. */
function testCalls(name, body) {
	test(name, { timeout: full ? 12 * 3600e3 : 300e3 }, async (t) => {
		if (why) {
			notTried(t, `${name} (${why})`);
			return;
		}
		counted ??= census();
		await body(t, await counted);
	});
}

testCalls('a healthy life makes the calls that can fail', (t, places) => {
	for (const name of ['pwrite64', 'fdatasync', 'fsync', 'renameat', 'renameat2', 'openat', 'fallocate']) {
		assert.ok(places.get(name)?.length > 1, `${name} is called`);
	}
});

/* 1: a start that did not succeed. 5: a directory that cannot be believed, which a restart then finds whole. */
const refusesOrEnds = (code) => code === 1 || code === 5;

testCalls('each call fails once: refused at most, and back by itself', async (t, places) => {
	await through(t, plan(places, (name) => FAULTS[name]), ({ name, k, kind }) => (
		{ inject: `${name}:error=${kind}:when=${k}`, once: true, mayEnd: refusesOrEnds }));
});

testCalls('each call fails for ever from some time on: nothing hangs, nothing is promised that is not there', async (t, places) => {
	await through(t, plan(places, (name) => FAULTS[name].filter((kind) => kind !== 'EINTR')), ({ name, k, kind }) => (
		{ inject: `${name}:error=${kind}:when=${k}+`, once: false, mayEnd: refusesOrEnds }));
});

testCalls('killed at each call', async (t, places) => {
	await through(t, plan(places, () => ['KILL']), ({ name, k }) => (
		{ inject: `${name}:signal=KILL:when=${k}`, once: false, mayEnd: (code, signal) => signal === 'SIGKILL' }));
});

testCalls('a flush that fails is the end of that file: refused, read again, and gone on elsewhere', async () => {
	for (const kind of ['EIO', 'ENOSPC', 'EINTR']) {
		const lab = new Lab({ config: { segment_bytes: 262144 } });
		await lab.startSigner();
		const trace = join(lab.dir, 'trace');
		lab.daemon = lab.spawn('auditlogd', lab.config, under(trace, { inject: `fdatasync:error=${kind}:when=5`, only: inWal(lab, SEGMENTS) }));
		assert.ok(await up(lab, lab.daemon));
		const client = new Client(lab.socket);
		let refused = 0;
		for (let i = 0; i < 12; i++) {
			const fragment = login();
			if (!(await answered(lab, client, [fragment]))) {
				refused += 1;
				await lab.insist(client, [fragment]);
			}
		}
		client.close();
		assert.equal(refused, 1, `${kind}: whoever waited for the failed flush was refused`);
		await lab.check();
		await endOf(lab.daemon);
		const flushes = readTrace(trace).filter((c) => c.name === 'fdatasync' && /\/wal\/\d{10}$/.test(fileOf(c)));
		const failed = flushes.findIndex((c) => c.injected);
		assert.ok(failed >= 0);
		assert.ok(flushes.slice(failed + 1).every((c) => fileOf(c) !== fileOf(flushes[failed])), `${kind}: flushed again in the same file`);
		await lab.end();
	}
});

testCalls('a sync of published names that fails: they are written again, not synced again', async () => {
	const lab = new Lab({ config: { segment_bytes: 262144 } });
	await lab.startSigner();
	const trace = join(lab.dir, 'trace'), folder = join(lab.log, 'tile/0/000.p');
	/* The first sync is of the new, empty folder. */
	lab.daemon = lab.spawn('auditlogd', lab.config, under(trace, { inject: 'fsync:error=EIO:when=2', only: [folder] }));
	assert.ok(await up(lab, lab.daemon));
	/* Nothing comes after log.started, so that the next round has the same size. */
	await until('published', () => lab.published() > 0);
	await lab.check();
	await endOf(lab.daemon);
	const calls = readTrace(trace).filter((c) => c.name === 'fsync' || /^renameat/.test(c.name));
	const failed = calls.findIndex((c) => c.injected);
	const synced = calls.findIndex((c, i) => i > failed && c.name === 'fsync' && c.result === 0);
	const namesOf = (list) => list.filter((c) => c.name !== 'fsync').map((c) => /, "(\d+)"/.exec(c.args)?.[1]);
	const doubtful = namesOf(calls.slice(0, failed));
	assert.ok(failed > 0 && synced > failed && doubtful.length > 0);
	const again = new Set(namesOf(calls.slice(failed, synced)));
	assert.ok(again.has(doubtful.at(-1)), `${doubtful.at(-1)} was believed after a sync that failed`);
	await lab.end();
});
