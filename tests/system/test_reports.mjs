/*
 * test_reports.mjs: open reports, as everybody reads them. The demo shows the running month, too (reports.running_month), so what
 * is done here appears in it a few seconds later.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, authctlJson, bearer, signInPerson } from './lib/outsider.mjs';
import { sql } from './lib/database.mjs';
import { Web, question, sleep, until, useOmbud } from './lib/ombud.mjs';

const MANY = 30;
const LAW = '120-FZ-9';
const month = new Date().toISOString().slice(0, 7);
let issuer;
let service;
let guardian;
let protection;
let web;

async function protectionService(on) {
	const { client_secret: secret } = await authctlJson(on, 'client', 'add', 'child_protection', '--auth', 'client_secret_basic',
		'--grants', 'client_credentials', '--scopes', 'access:evaluate audit:write', '--service', 'svc_child_protection');
	const got = await on.web().post(`${issuer}/oauth2/token`, { form: { grant_type: 'client_credentials' },
		headers: { authorization: `Basic ${Buffer.from(`child_protection:${secret}`).toString('base64')}` } });
	assert.equal(got.status, 200, got.text);
	return (body) => on.web().request('POST', `${issuer}/access/v1/evaluation`, { json: body, headers: bearer(got.json.access_token) });
}

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	web = started.web();
	service = await started.service('svc_benefits_north');
	protection = await protectionService(started);
	guardian = await addPerson(started, { kind: 'staff', roles: [['org_guardianship', 'child-protection-officer']] });
});

const get = (path, headers = {}) => web.request('GET', `${issuer}${path}`, { headers });
const withheld = (person) => ({ ...question(person, { category: 'family', purpose: 'child_protection' }),
	subject: { type: 'service', id: 'child_protection', properties: { operator: guardian.sub, acr: '2' } } });

const countOf = (report, table, row) => {
	const found = report.tables.find((one) => one.table === table);
	return row === undefined ? found.total : found.rows.find((one) => one.row === row).count;
};

/* The report of the running month once it counts everything up to this entry. */
const reportWith = (index) => until(`a report of ${month} that counts entry ${index}`, async () => {
	const answer = await get(`/reports/${month}.json`);
	return answer.status === 200 && answer.json.log.to > index && answer.json;
});

let person;
let browser;
let report;

test('what the law withholds is counted for everybody, while the person is shown none of it', async () => {
	person = await addPerson(ombud);
	browser = await signInPerson(ombud, person);
	let last;
	for (let i = 0; i < MANY; i++) {
		last = await protection(withheld(person.sub));
		assert.equal(last.json?.decision, true, last.text);
	}
	for (let i = 0; i < MANY; i++) {
		const refused = await service('POST', '/access/v1/evaluation', question(person.sub, { purpose: 'housing_subsidy' }));
		assert.equal(refused.json.decision, false, refused.text);
		last = refused;
	}
	report = await reportWith(last.json.context.log.index);
	const counted = countOf(report, 'withheld_by_law', LAW);
	assert.ok([25, 30, 35].includes(counted), `${counted} of ${MANY}`);
	assert.ok(countOf(report, 'shown_later', 'withheld') >= 25);
	assert.ok(countOf(report, 'accesses_by_ground', 'statute') >= 25);
	assert.ok(report.tables.find(({ table }) => table === 'refusals_by_reason').rows.some(({ count }) => count >= 25));
	assert.doesNotMatch((await browser.open('/accesses')).text, /svc_child_protection|Защита детей|Child protection/);
});

test('no number is of fewer than ten, and each is a multiple of five', () => {
	const counts = report.tables.flatMap(({ rows, total }) => [...rows.map(({ count }) => count), total ?? null]);
	assert.ok(counts.length > 40);
	for (const count of counts) {
		assert.ok(count === null || (count >= 10 && count % 5 === 0), `${count}`);
	}
	assert.equal(countOf(report, 'emergencies', 'used'), null);
	assert.deepEqual(report.rule, { fewest: 10, noise: 2, round: 5, share_of: 50 });
});

test('page, JSON and CSV say the same to everybody, and name nobody', async () => {
	const list = await get('/reports?lang=en');
	assert.equal(list.status, 200);
	for (const link of [`/reports/${month}`, `/reports/${month}.json`, `/reports/${month}.csv`]) {
		assert.ok(list.text.includes(`href="${link}"`), link);
	}
	const [json, csv, page, russian] = [await get(`/reports/${month}.json`), await get(`/reports/${month}.csv`), await get(`/reports/${month}?lang=en`),
		await get(`/reports/${month}?lang=ru`)];
	assert.match(csv.header('content-type'), /^text\/csv/);
	assert.ok(csv.text.startsWith('month,table,row,count\r\n'));
	assert.ok(csv.text.includes(`${month},withheld_by_law,${LAW},${countOf(json.json, 'withheld_by_law', LAW)}\r\n`));
	assert.ok(page.text.includes('fewer than 10') && russian.text.includes('менее 10'));
	assert.ok(page.text.includes(json.json.log.root), 'the page tells from which state of the log');
	for (const { text } of [json, csv, page, russian]) {
		for (const secret of [person.sub, guardian.sub, 'svc_', 'org_', 'opr_', 'sub_', 'client']) {
			assert.ok(!text.includes(secret), secret);
		}
	}
});

/* ---- how decisions were served ---- */

const decide = () => service('POST', '/access/v1/evaluation', question(person.sub, { purpose: 'housing_subsidy' }));

/* The running month is published anew when the log grows, so each look is another decision. */
const servedOnce = (what, holds) => until(what, async () => {
	const { json } = await decide();
	const { served } = await reportWith(json.context.log.index);
	return holds(served) && served;
});

test('decisions that are made move the count, and how long they took is said', async () => {
	const { answered } = await servedOnce('decisions are counted', (served) => served.answered > 0);
	for (let i = 0; i < 120; i++) {
		assert.equal((await decide()).status, 200);
	}
	const served = await servedOnce('those are counted, too', (now) => now.answered >= answered + 115 && now.p50_ms !== null);
	const edges = [...served.bounds_us.map((us) => `${us / 1000}`), '>2000'];
	const [p50, p95, p99] = ['p50_ms', 'p95_ms', 'p99_ms'].map((name) => edges.indexOf(served[name]));
	assert.ok(p50 >= 0 && p50 <= p95 && p95 <= p99, JSON.stringify(served));
	assert.ok(Number(served.answered_percent) > 0 && Number(served.answered_percent) <= 100, served.answered_percent);
	assert.ok(served.minutes_away >= 0 && served.minutes_away <= served.minutes, JSON.stringify(served));
	const csv = await get(`/reports/${month}.csv`);
	assert.match(csv.text, new RegExp(`^${month},served,p99_ms,[0-9.>]+\r$`, 'm'));
	assert.match((await get(`/reports/${month}?lang=en`)).text, /Half of the answers took at most, ms<\/dt><dd[^>]*>(&gt;)?[0-9.]+<\/dd>/);
});

test('what nobody decides while the log hangs is counted as such; whoever has no token moves nothing', async () => {
	const before = await servedOnce('a report', () => true);
	const { auditlogd } = ombud.demo.pids;
	const impatient = new Web({ ca: ombud.demo.ca });
	const ask = (token) => impatient.request('POST', `${issuer}/access/v1/evaluation`, { json: question(person.sub), token });
	const many = (token) => Promise.all(Array.from({ length: MANY }, () => ask(token)));
	try {
		process.kill(auditlogd, 'SIGSTOP');
		await until('the log is missed', async () => /log/.test((await impatient.get(`${issuer}/readyz`)).text));
		assert.ok((await many(service.token)).every(({ status }) => status === 503));
		assert.ok((await many('nobody')).every(({ status }) => status === 401 || status === 503));
	} finally {
		process.kill(auditlogd, 'SIGCONT');
	}
	await until('the log is back', async () => (await impatient.get(`${issuer}/readyz`)).status === 200);
	const later = await servedOnce('what was not decided is counted', (served) => served.log_away >= (before.log_away ?? 0) + MANY - 5);
	assert.ok(later.log_away < (before.log_away ?? 0) + 2 * MANY, JSON.stringify(later));
	assert.ok(Number(later.answered_percent) < 100);
	impatient.close();
});

test('a copy is asked for by its validator, and a signed-in person gets no copy of another', async () => {
	const first = await get(`/reports/${month}.csv`);
	const tag = first.header('etag');
	assert.ok(tag);
	const again = await get(`/reports/${month}.csv`, { 'if-none-match': tag });
	assert.ok(again.status === 304 || again.header('etag') !== tag);
	const own = await browser.open('/reports');
	assert.match(own.header('cache-control'), /no-store/);
});

test('what there is no report of is not found, whatever is asked for', async () => {
	for (const path of ['2020-01', '2020-01.json', `${month}.xml`, `${month}.json.csv`, 'now', `${month}-22`, '.json']) {
		assert.equal((await get(`/reports/${path}`)).status, 404, path);
	}
	assert.equal((await get(`/reports/${month}.json?table=accesses&service=svc_benefits_north`)).json.tables.length, report.tables.length);
});

/* A month that is over: what is kept is what is answered, byte by byte, and neither requests nor the count change it. */
test('a report that is complete is answered as it is kept, and never made anew', async () => {
	const body = JSON.stringify({ ...report, complete: true, month: '2026-01' });
	sql(ombud, `INSERT INTO report (month, complete, body, made_us) VALUES ('2026-01', 1, '${body}', 1)`);
	const answer = await get('/reports/2026-01.json');
	assert.equal(answer.text, body);
	assert.match(answer.header('cache-control'), /max-age=3600/);
	await sleep(2500);
	assert.equal((await get('/reports/2026-01.json')).text, body);
});

test('authctl prints the same', async () => {
	const printed = await authctlJson(ombud, 'report', 'published', '--month', month);
	assert.equal(printed.month, month);
	assert.equal(typeof printed.served.answered, 'number');
	assert.deepEqual(printed.tables.map(({ table }) => table), report.tables.map(({ table }) => table));
});
