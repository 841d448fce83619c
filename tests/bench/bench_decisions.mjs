/*
 * bench_decisions.mjs: `./run bench decisions`: what a decision costs with few and with many people and rules. Each size is measured
 * in each round, smallest to largest, and beside something that grows with the database as well (a look-up by primary key), or
 * with the rules (a walk through all permissions). The last lines of a part say how much the largest costs in terms of the smallest.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeKeyPair, requestToken } from '../../demo/oauth.mjs';
import { layout, programs, root } from '../../demo/state.mjs';
import { calculateThumbprint, question, startOmbud } from '../system/lib/ombud.mjs';
import { makeBundle } from './bench_bundle.mjs';
import { load, memoryMb } from './bench_run.mjs';

export const DECISION_PARTS = ['rules', 'sqlite', 'postgres', 'web'];

const PEOPLE_PER_RULES = 10000; /* at most: how many there are while the number of rules changes */
const RULES_PER_PEOPLE = 1000; /* at most: how many there are while the number of people changes */
const TARGETS = 100; /* people whom the whole way is about; the others are only there */
const CONNECTIONS = 64;
const MILLION = 1e6;

const count = (n) => n.toLocaleString('en');
const run = (...args) => load('decision_load', ...args);

/* How the largest compares with the smallest, once all rounds are over. */
function growth(report, names, what) {
	const [smallest, largest] = [names[0], names[names.length - 1]];
	report.add(what, 'largest ÷ smallest', report.median(largest) / report.median(smallest));
}

/* ---- rules ---- */

async function rulesRounds(report, { dir, rules, runs, seconds }) {
	const bundles = rules.map((n) => ({ n, at: makeBundle(join(dir, `rules-${n}`), n) }));
	const name = (n) => `decision without a database, ${count(n)} rules`;
	const walk = (n) => `walk through the permissions, ${count(n)} rules`;
	for (let round = 0; round < runs; round++) {
		for (const { n, at } of bundles) {
			const got = await run('core', at, seconds);
			report.add(name(n), 'µs', got.p50_us, ['one SHA-256 of an entry', 'SHA-256 of an entry']);
			report.add(walk(n), 'µs', got.walk_p50_us);
			report.add('SHA-256 of an entry', 'µs', got.hash_p50_us);
			const loaded = await run('bundle', at);
			report.add(`loading a bundle of ${count(n)} rules`, 'ms', loaded.load_ms);
			report.add(`memory of a bundle of ${count(n)} rules`, 'MiB', loaded.bytes / 2 ** 20);
			report.add(`tests of a bundle of ${count(n)} rules: each`, 'ms', loaded.tests_ms / loaded.tests);
		}
	}
	growth(report, rules.map(name), 'decision without a database, by rules');
	growth(report, rules.map(walk), 'walk through the permissions, by rules');
}

/* ---- people ---- */

const databases = {
	sqlite: {
		title: 'SQLite',
		prepare: (dir) => { mkdirSync(dir); },
		make: (dir, name) => `sqlite:${join(dir, `${name}.db`)}`,
		bytes: (dir, name) => statSync(join(dir, `${name}.db`)).size,
		drop: () => {},
	},
	postgres: {
		title: 'PostgreSQL',
		prepare(dir) {
			this.conninfo = execFileSync(join(root, 'tests', 'pg.sh'), ['start', dir], { encoding: 'utf8' }).trim();
		},
		sql(text) {
			return execFileSync('psql', ['-XAtq', '-d', this.conninfo, '-c', text], { encoding: 'utf8' }).trim();
		},
		make(dir, name) {
			this.sql(`create database "${name}"`);
			return `postgres:${this.conninfo.replace('dbname=ombud', `dbname=${name}`)}`;
		},
		bytes(dir, name) {
			return Number(this.sql(`select pg_database_size('${name}')`));
		},
		drop: (dir) => { execFileSync(join(root, 'tests', 'pg.sh'), ['drop', dir]); },
	},
};

async function fill(kind, dir, { name, people, bundle }) {
	const url = kind.make(dir, name);
	const got = await run('fill', url, bundle, people);
	return { url, people, bundle, bytes: kind.bytes(dir, name), got };
}

async function factsRound(report, { url, people, bundle }, name, lookup, seconds) {
	const got = await run('facts', url, bundle, people, seconds);
	report.add(name, 'µs', got.p50_us, ['a look-up by primary key', lookup]);
	report.add(`${name}: p99`, 'µs', got.p99_us);
	report.add(lookup, 'µs', got.lookup_p50_us);
}

/* What a consent takes: what the largest has more than the smallest, so that the empty tables do not count. */
function size(report, title, [smallest, ...rest]) {
	const largest = rest.pop() ?? { ...smallest, bytes: 2 * smallest.bytes, people: 2 * smallest.people };
	report.add(`${title}: a million people with a consent each`, 'GiB',
		(largest.bytes - smallest.bytes) / (largest.people - smallest.people) * MILLION / 2 ** 30);
	report.add('a consent record within it', 'bytes', smallest.got.record_bytes);
	report.add(`${title}: filling`, 'people/s', largest.people / (largest.got?.seconds ?? smallest.got.seconds));
}

async function peopleRounds(report, which, { dir: scratch, people, rules, runs, seconds }) {
	const kind = databases[which];
	const dir = join(scratch, which);
	const { title } = kind;
	kind.prepare(dir);
	try {
		const some = Math.min(RULES_PER_PEOPLE, Math.max(...rules));
		const bundle = makeBundle(join(scratch, `people-${which}`), some);
		const crowds = [];
		for (const n of people) {
			crowds.push(await fill(kind, dir, { name: `people_${n}`, people: n, bundle }));
		}
		const ruled = [];
		for (const n of rules) {
			ruled.push({ n, ...await fill(kind, dir, { name: `rules_${n}`, people: Math.min(PEOPLE_PER_RULES, Math.max(...people)),
				bundle: makeBundle(join(scratch, `rules-${which}-${n}`), n) }) });
		}
		size(report, title, crowds);
		const byPeople = (n) => `decision, ${title}, ${count(n)} people`;
		const byRules = (n) => `decision, ${title}, ${count(n)} rules`;
		const lookup = (words) => `look-up by primary key, ${title}, ${words}`;
		for (let round = 0; round < runs; round++) {
			for (const crowd of crowds) {
				await factsRound(report, crowd, byPeople(crowd.people), lookup(`${count(crowd.people)} people`), seconds);
			}
			for (const crowd of ruled) {
				await factsRound(report, crowd, byRules(crowd.n), lookup(`${count(crowd.n)} rules`), seconds);
			}
		}
		growth(report, people.map(byPeople), `decision, ${title}, by people`);
		growth(report, people.map((n) => lookup(`${count(n)} people`)), `look-up by primary key, ${title}, by people`);
		growth(report, rules.map(byRules), `decision, ${title}, by rules`);
	} finally {
		kind.drop(dir);
		rmSync(dir, { recursive: true, force: true });
	}
}

/* ---- the whole way: TLS, token, question, database, log, ticket ---- */

/* Decisions are asked for by a client without proofs of possession: a load generator cannot sign one for each. */
async function bearerOf(ombud, scratch) {
	const { privateKey } = makeKeyPair('ec', { namedCurve: 'P-256' });
	const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' };
	jwk.kid = await calculateThumbprint(jwk);
	const { d, ...publicPart } = jwk;
	const keys = join(scratch, 'bench-client.json');
	writeFileSync(keys, JSON.stringify({ keys: [publicPart] }));
	execFileSync(join(programs, 'authctl'), ['--socket', layout(ombud.dir).socket('admin'), 'client', 'add', 'svc_benefits_north_bench', '--auth', 'private_key_jwt',
		'--grants', 'client_credentials', '--scopes', 'access:evaluate', '--service', 'svc_benefits_north', '--jwks-file', keys, '--json']);
	const answer = await requestToken(ombud.web(), ombud.demo.issuer, 'svc_benefits_north_bench', { auth: 'private_key_jwt', jwk });
	if (answer.status !== 200) {
		throw new Error(`no token: ${answer.status} ${answer.text}`);
	}
	return answer.json.access_token;
}

/* One request about each of the people, one behind the other with a NUL between. */
function requests(ombud, token, people) {
	const { host } = new URL(ombud.demo.issuer);
	return people.map((person) => {
		const asked = question(person);
		asked.subject.id = 'svc_benefits_north_bench';
		const body = JSON.stringify(asked);
		return ['POST /access/v1/evaluation HTTP/1.1', `Host: ${host}`, `Authorization: Bearer ${token}`, 'Content-Type: application/json',
			`Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
	}).join('\0');
}

async function assertPermits(ombud, token, person) {
	const asked = question(person);
	asked.subject.id = 'svc_benefits_north_bench';
	const { json, text } = await ombud.web().request('POST', `${ombud.demo.issuer}/access/v1/evaluation`, { json: asked, headers: { authorization: `Bearer ${token}` } });
	if (json?.decision !== true) {
		throw new Error(`what is measured is no permit: ${text}`);
	}
}

async function startWeb(db, people, scratch) {
	const ombud = await startOmbud({ db, lawful: false }); /* nobody in the crowd said yes in this log */
	const got = await run('fill', ombud.demo.db, join(root, 'policies'), people, 'svc_benefits_north', layout(ombud.dir).socket('authd-keyd'),
		Math.max(1, Math.floor(people / TARGETS)));
	const token = await bearerOf(ombud, scratch);
	await assertPermits(ombud, token, got.keyed[0]);
	const file = join(scratch, `web-${db}-${people}.http`);
	writeFileSync(file, requests(ombud, token, got.keyed));
	const { hostname, port } = new URL(ombud.demo.issuer);
	return { ombud, db, people, measure: (seconds) => load('web_load', hostname, port, ombud.demo.ca, file, CONNECTIONS, seconds) };
}

async function webRounds(report, { dir, people, runs, seconds }) {
	const sizes = [people[0], people[people.length - 1]].filter((n, i, all) => i === 0 || n !== all[0]);
	const name = (db, n) => `POST /access/v1/evaluation, ${databases[db].title}, ${count(n)} people`;
	for (const db of ['sqlite', 'postgres']) {
		const sides = [];
		try {
			for (const n of sizes) {
				sides.push(await startWeb(db, n, dir));
			}
			for (let round = 0; round < runs; round++) {
				for (const { people: n, ombud, measure } of sides) {
					const got = await measure(seconds);
					if (got.failed > 0) {
						throw new Error(`${name(db, n)}: ${got.failed} of ${got.requests} failed`);
					}
					report.add(name(db, n), 'decisions/s', got.rate);
					report.add(`${name(db, n)}: p50`, 'ms', got.p50_us / 1000);
					report.add(`${name(db, n)}: p99`, 'ms', got.p99_us / 1000);
					report.add(`memory of authd at most, ${databases[db].title}, ${count(n)} people`, 'MiB', memoryMb(ombud.demo.pids.authd, 'VmHWM'));
				}
			}
			growth(report, sizes.map((n) => name(db, n)), `POST /access/v1/evaluation, ${databases[db].title}, decisions/s by people`);
		} finally {
			for (const { ombud } of sides) {
				await ombud.stop();
			}
		}
	}
}

export async function benchDecisions(options, report) {
	const wanted = (part) => !options.only || options.only.includes(part);
	if (wanted('rules')) {
		await rulesRounds(report, options);
	}
	for (const which of ['sqlite', 'postgres'].filter(wanted)) {
		await peopleRounds(report, which, options);
	}
	if (wanted('web')) {
		await webRounds(report, options);
	}
}
