/*
 * bench_log.mjs: `./run bench log`: how many entries become durable in a second, by the socket and over HTTPS, how fast they are
 * verified, how soon a long log is back, and what memory all of it takes.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceToken } from '../../demo/oauth.mjs';
import { programs } from '../../demo/state.mjs';
import { accepts, Log, sleep } from '../system/daemon_run.mjs';
import { startOmbud } from '../system/lib/ombud.mjs';
import { ChainTable, flushes, sha256Rate } from './bench_peers.mjs';
import { cpuUs, load, memoryMb, sharedMb, timed } from './bench_run.mjs';

const CALLERS = [1, 16, 64, 256];
const BATCHES = [16, 256, 1000];
const BATCHERS = 4;
/* What auditlogd writes around a fragment. */
const AROUND = 141;
const ID_MARK = '@@@@@@@@-@@@@-7@@@-8@@@-@@@@@@@@@@@@';

/* ---- the socket ---- */

const callers = (n) => (n === 1 ? '1 caller' : `${n} callers`);

async function appendRound(log, report, { seconds }, n, batch = 1) {
	const before = cpuUs(log.daemon.pid);
	const got = await load('log_load', 'append', log.socket, n, seconds, batch);
	const name = batch === 1 ? `append, ${callers(n)}` : `append, ${callers(n)}, batches of ${batch}`;
	if (got.failed > 0) {
		throw new Error(`${name}: ${got.failed} failed`);
	}
	report.add(name, 'entries/s', got.rate, ['one-by-one flushes', 'one flush after the other']);
	if (batch === 1) {
		report.add(`${name}: p50`, 'µs', got.p50_us, ['one flush', 'one flush: p50']);
		report.add(`${name}: p99`, 'µs', got.p99_us, ['one flush', 'one flush: p50']);
	}
	report.add(`${name}: processor of auditlogd`, 'µs an entry', (cpuUs(log.daemon.pid) - before) / got.entries);
	return got;
}

async function flushRound(log, report, { seconds }, bytes) {
	const got = await flushes(log.dir, bytes, seconds);
	report.add('one flush after the other', 'flushes/s', got.rate);
	report.add('one flush: p50', 'µs', got.p50_us);
	report.add('one flush: p99', 'µs', got.p99_us);
	const large = await flushes(log.dir, 256 * bytes, 1);
	report.add('one flush of 256 entries: p50', 'µs', large.p50_us, ['one flush', 'one flush: p50']);
}

async function socketRounds(log, report, options, bytes) {
	await load('log_load', 'append', log.socket, 64, 1); /* warm */
	for (let round = 0; round < options.runs; round++) {
		await flushRound(log, report, options, bytes);
		for (const n of CALLERS) {
			await appendRound(log, report, options, n);
		}
		for (const batch of BATCHES) {
			await appendRound(log, report, options, BATCHERS, batch);
		}
	}
}

/* ---- PostgreSQL ---- */

async function postgresRounds(report, { dir, runs, seconds }, bytes) {
	const table = new ChainTable(join(dir, 'pg'), bytes);
	try {
		await table.rate(1, 1, 1); /* warm */
		for (let round = 0; round < runs; round++) {
			for (const n of [1, 16, 64]) {
				report.add(`PostgreSQL chain, ${callers(n)}`, 'rows/s', await table.rate(n, 1, seconds), ['append, as many callers', `append, ${callers(n)}`]);
			}
			for (const batch of [256, 1000]) {
				report.add(`PostgreSQL chain, 4 callers, batches of ${batch}`, 'rows/s', await table.rate(BATCHERS, batch, seconds),
					['append, the same batches', `append, ${callers(BATCHERS)}, batches of ${batch}`]);
			}
		}
	} finally {
		table.drop();
	}
}

/* ---- a long log: filled, started, verified ---- */

/* A checkpoint comes within a second of an entry: when none has come for so long, everything is published. */
async function untilPublished(log) {
	for (let last = -1; last !== log.published();) {
		last = log.published();
		await sleep(1500);
	}
}

async function start(log) {
	const began = process.hrtime.bigint();
	log.daemon = log.spawn('auditlogd', log.config);
	while (!await accepts(log.socket)) {
		if (log.daemon.exitCode !== null) {
			throw new Error(log.daemon.said());
		}
	}
	return Number(process.hrtime.bigint() - began) / 1e6;
}

async function startRounds(log, report, { runs }) {
	for (let round = 0; round < runs; round++) {
		await log.stop(log.daemon, 'SIGTERM');
		report.add('start after a stop', 'ms', await start(log));
		await load('log_load', 'append', log.socket, 64, 1);
		await log.stop(log.daemon, 'SIGKILL');
		report.add('start after kill -9 under load', 'ms', await start(log));
	}
	report.add('memory of auditlogd after start', 'MiB', memoryMb(log.daemon.pid));
}

async function verifyRounds(log, report, { runs }, bytes) {
	for (let round = 0; round < runs; round++) {
		const sha = await sha256Rate(bytes);
		report.add(`SHA-256 of ${bytes} bytes`, 'hashes/s of processor', sha);
		for (const jobs of [1, 2]) {
			const got = await timed(join(programs, 'auditlog'), ['verify', log.log, '--key', log.vkey, '--jobs', String(jobs), '--json']);
			const { entries_checked: entries, holds } = JSON.parse(got.stdout);
			if (!holds) {
				throw new Error('the log does not verify');
			}
			const name = `verify --jobs ${jobs}`;
			report.add(name, 'entries/s', entries / got.seconds, ['SHA-256', `SHA-256 of ${bytes} bytes`]);
			report.add(`${name}, by processor time`, 'entries/s', entries / Math.max(got.cpu, 0.001), ['SHA-256', `SHA-256 of ${bytes} bytes`]);
			report.add(`${name}: memory`, 'MiB', got.memory);
		}
	}
}

async function longLog(log, report, options, bytes) {
	const { entries } = options;
	const before = cpuUs(log.daemon.pid);
	const got = await load('log_load', 'fill', log.socket, entries);
	report.add(`filling with ${entries.toLocaleString('en')}`, 'entries/s', got.rate);
	report.add('filling: processor of auditlogd', 'µs an entry', (cpuUs(log.daemon.pid) - before) / got.entries);
	await untilPublished(log);
	report.add('memory of auditlogd, filled', 'MiB', memoryMb(log.daemon.pid));
	report.add('memory of auditlogd at most', 'MiB', memoryMb(log.daemon.pid, 'VmHWM'));
	report.add('memory of auditlog-signer', 'MiB', memoryMb(log.signer.pid));
	await verifyRounds(log, report, options, bytes);
	await startRounds(log, report, options);
}

/* ---- the whole way: TLS, token, JSON, database, log ---- */

const looked = (person) => ({ id: ID_MARK, event: 'access.recorded', person, purpose: 'eligibility', categories: ['disability'], action: 'read',
	basis: { type: 'statute', ref: '178-FZ-8' } });

async function webRequest(ombud, dir, count) {
	const { demo } = ombud;
	const { host } = new URL(demo.issuer);
	const token = await serviceToken(ombud.web(), demo, 'svc_tax');
	const body = Array(count).fill(JSON.stringify(looked(demo.people.citizen.sub))).join('\n');
	const file = join(dir, `entries-${count}.http`);
	writeFileSync(file, [`POST /audit/v1/entries HTTP/1.1`, `Host: ${host}`, `Authorization: Bearer ${token}`,
		'Content-Type: application/x-ndjson', `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'));
	return file;
}

async function webRounds(report, { dir, runs, seconds }) {
	const ombud = await startOmbud({ db: 'sqlite' });
	try {
		for (const [name, pid] of Object.entries(ombud.demo.pids)) {
			report.add(`idle memory of ${name}`, 'MiB', memoryMb(pid));
		}
		const sum = (of) => Object.values(ombud.demo.pids).reduce((total, pid) => total + of(pid), 0);
		report.add('idle memory of all processes', 'MiB', sum((pid) => memoryMb(pid)));
		report.add('idle memory of all processes, shared pages once', 'MiB', sum(sharedMb));
		const { hostname, port } = new URL(ombud.demo.issuer);
		for (let round = 0; round < runs; round++) {
			for (const [count, connections] of [[1, 16], [1, 64], [100, 8]]) {
				const got = await load('web_load', hostname, port, ombud.demo.ca, await webRequest(ombud, dir, count), connections, seconds);
				const name = count === 1 ? `POST /audit/v1/entries, ${connections} connections` : `POST /audit/v1/entries, ${connections} connections, ${count} lines each`;
				if (got.failed > 0) {
					throw new Error(`${name}: ${got.failed} of ${got.requests} failed`);
				}
				report.add(name, 'entries/s', got.rate * count);
				report.add(`${name}: p50`, 'ms', got.p50_us / 1000);
				report.add(`${name}: p99`, 'ms', got.p99_us / 1000);
			}
		}
	} finally {
		await ombud.stop();
	}
}

/* ---- all of it ---- */

export const LOG_PARTS = ['socket', 'long', 'postgres', 'web'];

async function onOneLog(options, report, work) {
	const log = new Log({ log: join(options.dir, 'log') });
	try {
		await log.startSigner();
		await log.startDaemon();
		return await work(log);
	} finally {
		log.remove();
	}
}

export async function benchLog(options, report) {
	const wanted = (part) => !options.only || options.only.includes(part);
	const { fragment } = await onOneLog(options, report, async (log) => {
		const got = await load('log_load', 'append', log.socket, 16, 1);
		if (wanted('socket')) {
			await socketRounds(log, report, options, got.fragment + AROUND);
		}
		if (wanted('long')) {
			await longLog(log, report, options, got.fragment + AROUND);
		}
		return got;
	});
	if (wanted('postgres')) {
		await postgresRounds(report, options, fragment + AROUND);
	}
	if (wanted('web')) {
		await webRounds(report, options);
	}
}
