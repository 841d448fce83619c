/*
 * test_visibility.mjs: looks that the person sees later, or never. For this test two purposes of the bundle are shown later: one after
 * some seconds, one when its case is closed; a third is withheld by a law as shipped. Whatever the person can open, ask or download
 * says nothing of such a look before its time; who may read the audit sees it.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { layout } from '../../demo/state.mjs';
import { addPerson, adminToken, assertLawful, assertProblem, authctlJson, bearer, entryAt, logEntries, personTokens, signInPerson, untilEntry } from './lib/outsider.mjs';
import { question, sleep, useOmbud } from './lib/ombud.mjs';

const DELAY = 6;
let issuer;
let service;
let protection;
let officer;
let guardian;

/* A client of the service for child protection, as the shipped policy knows it. */
async function protectionService(on) {
	const id = 'child_protection';
	const { client_secret: secret } = await authctlJson(on, 'client', 'add', id, '--auth', 'client_secret_basic', '--grants', 'client_credentials',
		'--scopes', 'access:evaluate audit:write', '--service', 'svc_child_protection');
	const web = on.web();
	const got = await web.post(`${issuer}/oauth2/token`, { headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
		form: { grant_type: 'client_credentials' } });
	assert.equal(got.status, 200, got.text);
	return (method, path, json) => web.request(method, new URL(path, issuer), { json, headers: bearer(got.json.access_token) });
}

async function showLater(on) {
	const dir = layout(on.dir).policies;
	const edit = (file, change) => {
		const text = readFileSync(join(dir, file), 'utf8');
		assert.notEqual(change(text), text, `${file} is not as expected`);
		writeFileSync(join(dir, file), change(text));
	};
	edit('purposes.yaml', (text) => text.replace('visibility: immediate', `visibility: {delayed: PT${DELAY}S}`)
		.replace('  notice: {id: ntc_disability_support', '  visibility: on_close\n  notice: {id: ntc_disability_support'));
	edit('bundle.yaml', (text) => text.replace(/^version: (\d+)/m, (_, version) => `version: ${Number(version) + 1}`));
	await authctlJson(on, 'policy', 'activate', '--alone', '--why', 'exercise');
}

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	await showLater(started);
	service = await started.service('svc_benefits_north');
	protection = await protectionService(started);
	guardian = await addPerson(started, { kind: 'staff', roles: [['org_guardianship', 'child-protection-officer']] });
	officer = await adminToken(started, await signInPerson(started, started.demo.people.dpo));
});

const delayed = (person, more = {}) => question(person, { category: 'disability', ...more });
const onClose = (person, more = {}) => question(person, { category: 'disability', purpose: 'disability_support', ...more });
const withheld = (person, more = {}) => ({ ...question(person, { category: 'family', purpose: 'child_protection', ...more }),
	subject: { type: 'service', id: 'child_protection', properties: { operator: guardian.sub, acr: '2' } } });
async function look(by, body) {
	const answer = await by('POST', '/access/v1/evaluation', body);
	assert.equal(answer.status, 200, answer.text);
	return answer.json;
}
async function someone() {
	const person = await addPerson(ombud);
	return { person, browser: await signInPerson(ombud, person) };
}

/* All that the person can get at about the look with this id and index. */
async function shown(browser, { evaluation_id: id, log: { index } }) {
	const month = new Date().toISOString().slice(0, 7);
	const list = (await browser.open(`/accesses?month=${month}`)).text;
	const refused = (await browser.open(`/accesses?month=${month}&show=refused`)).text;
	const page = await browser.open('/export');
	const file = await browser.submit(page, { format: 'json' }, { having: ['format'] });
	const statuses = [];
	for (const path of [`/accesses/${id}`, `/accesses/${index}`, `/accesses/${index}/proof`, `/accesses/${id}/proof?part=entry`]) {
		statuses.push((await browser.open(path)).status);
	}
	return {
		list: list.includes(id) || refused.includes(id),
		export: JSON.stringify(JSON.parse(file.text).entries).includes(id),
		inbox: (await browser.open('/inbox')).text.includes(`/accesses/${index}`),
		pages: [...new Set(statuses)].join(),
	};
}
const HIDDEN = { list: false, export: false, inbox: false, pages: '404' };
const SEEN = { list: true, export: true, inbox: true, pages: '200' };
const tagOf = async ({ log: { index } }) => (await entryAt(ombud, index)).entry.about.map(({ tag }) => tag);

test('a delayed look is nowhere to be seen before its instant, and everywhere after it', async () => {
	const { person, browser } = await someone();
	const { decision, context } = await look(service, delayed(person.sub));
	const since = Date.now();
	assert.equal(decision, true);
	const outcome = await service('POST', `/access/v1/outcomes/${context.evaluation_id}`, { outcome: 'released', records: 2 });
	assert.equal(outcome.status, 200, outcome.text);
	const early = await shown(browser, context);
	if (Date.now() - since < DELAY * 1000) {
		assert.deepEqual(early, HIDDEN);
	}
	await sleep(Math.max(0, since + DELAY * 1000 + 500 - Date.now()));
	assert.deepEqual(await shown(browser, context), SEEN);
	assert.match((await browser.open(`/accesses/${context.evaluation_id}`)).text, /svc_benefits_north|Пособия/);
});

test('a look of a case is seen when the service that looked closes the case; nobody else closes it', async () => {
	const { person, browser } = await someone();
	const { context } = await look(service, onClose(person.sub, { case: '2026-00777' }));
	assert.deepEqual(await shown(browser, context), HIDDEN);
	assert.equal((await protection('POST', '/access/v1/cases/2026-00777/close', {})).status, 200, 'it has no such case, and is not told so');
	assert.equal((await service('POST', '/access/v1/cases/2026-00778/close', {})).status, 200);
	assert.deepEqual(await shown(browser, context), HIDDEN);
	assertProblem(await service('POST', '/access/v1/cases/Ivanov-Ivan/close', {}), 400);
	assertProblem(await ombud.web().request('POST', `${issuer}/access/v1/cases/2026-00777/close`, { json: {} }), 401);
	const closed = await service('POST', '/access/v1/cases/2026-00777/close', {});
	assert.deepEqual([closed.status, closed.json], [200, { case: '2026-00777', state: 'closed' }]);
	assert.deepEqual(await shown(browser, context), SEEN);
	assert.equal((await service('POST', '/access/v1/cases/2026-00777/close', {})).status, 200, 'closed is closed');
	await untilEntry(ombud, 'the end of the case', (entry) => entry.event === 'access.case_closed' && entry.case === '2026-00777');
});

test('a withheld look is never shown to the person, and its entry does not lead to them', async () => {
	const { person, browser } = await someone();
	const { decision, context: permit } = await look(protection, withheld(person.sub, { case: '2026-00888' }));
	assert.equal(decision, true, permit.reason);
	await look(protection, { ...withheld(person.sub), resource: { type: 'health', id: person.sub } });
	const outcome = await protection('POST', `/access/v1/outcomes/${permit.evaluation_id}`, { outcome: 'released', records: 1 });
	assert.equal(outcome.status, 200, outcome.text);
	await untilEntry(ombud, 'the outcome', ({ event, basis }) => event === 'access.outcome' && basis.index === permit.log.index);
	await protection('POST', '/access/v1/cases/2026-00888/close', {});
	assert.deepEqual(await shown(browser, permit), HIDDEN);

	const { entry } = await entryAt(ombud, permit.log.index);
	assert.deepEqual([entry.facts.shown, entry.facts.law, entry.case], ['withheld', '120-FZ-9', undefined]);
	const page = await browser.open('/accesses');
	const mine = /--tag ([\w-]{22}) /.exec(page.text)[1];
	const tags = await tagOf(permit);
	assert.ok(!tags.includes(mine));
	const carrying = logEntries(ombud).filter(({ entry: e }) => e.about?.some(({ tag }) => tags.includes(tag)));
	assert.deepEqual(carrying.map(({ entry: e }) => e.event), ['access.decided', 'access.outcome'], 'no other look shares its tag');
	assert.ok((await browser.open('/accesses/proof')).text.length > 0);
});

test('a question about such a look is not taken, and a token of the person does not see it either', async () => {
	const { person, browser } = await someone();
	const { context } = await look(protection, withheld(person.sub));
	assert.equal((await browser.open(`/accesses/${context.log.index}`)).status, 404);
	const { access_token: token } = await personTokens(ombud, browser, 'web_portal', 'openid audit:read');
	const used = await ombud.web().request('GET', `${issuer}/v2/findUsage`, { headers: bearer(token) });
	assert.ok(!used.text.includes(context.evaluation_id));
});

test('who may read the audit sees all of them, and that they did is as hidden as what they saw', async () => {
	const { person, browser } = await someone();
	const first = (await look(protection, withheld(person.sub))).context;
	const second = (await look(service, onClose(person.sub, { case: '2026-00999' }))).context;
	const path = `${issuer}/admin/v1/people/${person.sub}/looks`;
	const answer = await ombud.web().request('GET', path, { headers: bearer(officer) });
	assert.equal(answer.status, 200, answer.text);
	const byId = Object.fromEntries(answer.json.looks.map((one) => [one.id, one]));
	assert.deepEqual([byId[first.evaluation_id].shown, byId[first.evaluation_id].visible_at], ['withheld', null]);
	assert.deepEqual([byId[second.evaluation_id].shown, byId[second.evaluation_id].case], ['on_close', '2026-00999']);
	const page = await browser.open('/export');
	const { entries } = JSON.parse((await browser.submit(page, { format: 'json' }, { having: ['format'] })).text);
	assert.ok(!entries.some(({ event }) => event === 'admin.read'));
	assertProblem(await ombud.web().request('GET', path, { headers: bearer((await personTokens(ombud, browser, 'web_portal', 'openid audit:read')).access_token) }), 403);
	const clerk = await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: [['org_csp_north', 'intake-officer']] }));
	assertProblem(await ombud.web().request('GET', path, { headers: bearer(await adminToken(ombud, clerk)) }), 403, 'role_missing');
	assertProblem(await ombud.web().request('GET', `${path}?month=soon`, { headers: bearer(officer) }), 400);
});

test('nobody hides what they try by naming a purpose of others', async () => {
	const { person, browser } = await someone();
	const { decision, context } = await look(service, question(person.sub, { category: 'family', purpose: 'child_protection' }));
	assert.equal(decision, false);
	assert.ok((await browser.open('/accesses?show=refused')).text.includes(context.evaluation_id));
});

test('somebody unknown and somebody known leave the same behind, but for whom it is about', async () => {
	const { person } = await someone();
	const known = (await look(service, { ...onClose(person.sub), resource: { type: 'health', id: person.sub } })).context;
	const unknown = (await look(service, { ...onClose('sub_nobody'), resource: { type: 'health', id: 'sub_nobody' } })).context;
	assert.equal(known.reason, unknown.reason);
	const [a, b] = [(await entryAt(ombud, known.log.index)).entry, (await entryAt(ombud, unknown.log.index)).entry];
	assert.deepEqual(a.facts, b.facts);
});

test('an objection and a block stop such looks as well, and the log is lawful', async () => {
	const { person, browser } = await someone();
	const page = await browser.open('/objections');
	await browser.submit(page, {}, { action: '/objections/restrict' });
	const { decision, context } = await look(protection, withheld(person.sub));
	assert.equal(decision, false);
	assert.deepEqual(await shown(browser, context), HIDDEN);
	await assertLawful(ombud);
});
