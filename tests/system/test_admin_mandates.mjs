/*
 * test_admin_mandates.mjs: /admin/v1/mandates and `authctl mandate`: two officials, each with a token of their own, register,
 * read, confirm and end what /desk/mandates does in a browser, under the same rules and with the same entries. And what somebody
 * would try who is a party of it, alone, of another office, or has the machine instead of a role.
 */
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { useOmbud } from './lib/ombud.mjs';
import { sql } from './lib/database.mjs';
import { addPerson, adminToken, assertLawful, assertProblem, authctl, authctlJson, logEntries, signInPerson, untilEntry } from './lib/outsider.mjs';

const DAY = 86400e3;
const PAPER = { kind: 'Акт об опеке', number: '114-О/2026', issued: '2026-02-01', issuer: 'Отдел опеки № 2', sha256: 'c'.repeat(64) };
const scratch = mkdtempSync(join(tmpdir(), 'ombud-mandates-'));

let web;
let issuer;
let tokens;
let people;

const staff = async (started, organisation, role = 'assist-desk') => addPerson(started, { kind: 'staff', roles: [[organisation, role]] });

const ombud = useOmbud({ before, after }, async (started) => {
	web = started.web();
	({ issuer } = started.demo);
	people = { ward: await addPerson(started), guardian: await addPerson(started), first: await staff(started, 'org_csp_north'),
		second: await staff(started, 'org_csp_north'), elsewhere: await staff(started, 'org_housing'), auditor: started.demo.people.auditor };
	tokens = {};
	for (const [name, organisation] of [['first'], ['second'], ['elsewhere', 'org_housing'], ['auditor']]) {
		tokens[name] = await adminToken(started, await signInPerson(started, people[name]), organisation);
	}
	const twoOffices = await addPerson(started, { kind: 'staff', roles: [['org_csp_north', 'assist-desk'], ['org_housing', 'assist-desk']] });
	const browser = await signInPerson(started, twoOffices);
	tokens.twoOffices = await adminToken(started, browser);
	tokens.otherOffice = await adminToken(started, browser, 'org_housing');
});
after(() => rmSync(scratch, { recursive: true, force: true }));

const call = (who, method, path = '', json = undefined) => web.request(method, `${issuer}/admin/v1/mandates${path}`, { token: tokens[who], json });
const bySocket = (method, path = '', json = undefined) => web.request(method, `http://localhost/admin/v1/mandates${path}`, { json, socket: ombud.demo.socket.admin });
const inDays = (days) => new Date(Date.now() + days * DAY).toISOString().slice(0, 10);
const proposal = (more = {}) => ({ represented: people.ward.sub, representative: people.guardian.sub, kind: 'guardian', document: PAPER, until: inDays(300), ...more });

const register = async (who, more) => {
	const answer = await call(who, 'POST', '', proposal(more));
	assert.equal(answer.status, 201, answer.text);
	return answer.json.id;
};
const read = async (who, id) => {
	const answer = await call(who, 'GET', `/${id}`);
	assert.equal(answer.status, 200, answer.text);
	return answer.json;
};
const confirm = async (who, id) => call(who, 'POST', `/${id}/confirm`, { digest: (await read(who, id)).digest });

test('one official registers, another reads the paper and confirms; the entries are those of the desk', async () => {
	const id = await register('first');
	const prepared = await untilEntry(ombud, 'the proposal', ({ event, facts }) => event === 'desk.prepared' && facts?.act === 'mandate');
	assert.equal(prepared.entry.facts.kind, 'guardian');
	const looks = () => logEntries(ombud).filter(({ entry }) => entry.event === 'desk.opened' && entry.facts?.act === 'mandate').length;
	const before = looks();
	const whole = await read('second', id);
	assert.deepEqual(whole.document, PAPER);
	assert.match(whole.digest, /^[0-9a-f]{64}$/);
	assert.deepEqual([whole.state, whole.holds, whole.purposes, whole.confirmer], ['proposed', 'none', ['*'], null]);
	await untilEntry(ombud, 'the reading', () => looks() > before);
	assert.ok(logEntries(ombud).some(({ entry }) => entry.event === 'desk.opened' && entry.facts?.act === 'mandate' && entry.about?.length === 1),
		'the represented person can see that it was read');
	const confirmed = await confirm('second', id);
	assert.equal(confirmed.status, 200, confirmed.text);
	assert.deepEqual([confirmed.json.state, confirmed.json.holds], ['active', 'holds']);
	assert.equal(confirmed.json.digest, undefined, 'nor is the paper told where nobody reads');
	const granted = await untilEntry(ombud, 'the grant', ({ event }) => event === 'mandate.granted');
	assert.equal(granted.index, confirmed.json.log_index);
	assert.equal(granted.entry.facts.registered_by, prepared.entry.by.operator);
	assert.equal(granted.entry.by.operator, confirmed.json.confirmer);
	assert.notEqual(granted.entry.by.operator, granted.entry.facts.registered_by);
	assert.doesNotMatch(JSON.stringify(logEntries(ombud)), /114-О|c{64}/, 'nothing of the paper is in the log in clear');
	const ended = await call('first', 'POST', `/${id}/revoke`, { reason: 'revoked' });
	assert.deepEqual([ended.json.state, ended.json.reason, ended.json.holds], ['revoked', 'revoked', 'revoked'], ended.text);
	const revoked = await untilEntry(ombud, 'the end', ({ event }) => event === 'mandate.revoked');
	assert.deepEqual([revoked.entry.basis.index, revoked.entry.reason], [granted.index, 'revoked']);
	assertProblem(await call('first', 'POST', `/${id}/revoke`, { reason: 'revoked' }), 404);
});

test('what nobody confirms in its term cannot be confirmed any more, ends with one entry, and its office sees that it did', async () => {
	const id = await register('first');
	const { digest } = await read('second', id);
	sql(ombud, `UPDATE mandate SET created_us = created_us - ${31 * DAY * 1000} WHERE mandate_id = '${id}'`);
	assert.equal((await call('second', 'POST', `/${id}/confirm`, { digest })).status, 409, 'whether anybody has written it down or not');
	const late = ({ event, facts }) => event === 'desk.refused' && facts?.why === 'unconfirmed';
	const { entry } = await untilEntry(ombud, 'its end', late);
	assert.deepEqual([entry.facts.act, entry.facts.kind, entry.facts.organisation, entry.about.length], ['mandate', 'guardian', 'org_csp_north', 1]);
	const ended = await read('second', id);
	assert.deepEqual([ended.state, ended.reason, ended.holds], ['ended', 'unconfirmed', 'ended']);
	assert.ok((await call('first', 'GET', '?state=ended')).json.records.some((one) => one.id === id && one.reason === 'unconfirmed'));
	assertProblem(await call('first', 'POST', `/${id}/revoke`, { reason: 'revoked' }), 404);
	assert.equal(logEntries(ombud).filter((one) => late(one.entry)).length, 1);
});

test('a party can neither register nor read, confirm or end one, nor can a relative of a party', async () => {
	for (const parties of [{ represented: people.first.sub }, { representative: people.first.sub }]) {
		assertProblem(await call('first', 'POST', '', proposal(parties)), 403, 'conflict_of_interest');
		const id = await register('second', parties);
		for (const [method, path, body] of [['GET', ''], ['POST', '/confirm', { digest: 'd'.repeat(64) }], ['POST', '/revoke', { reason: 'unfounded' }]]) {
			assertProblem(await call('first', method, `/${id}${path}`, body), 403, 'conflict_of_interest');
		}
		/* Whoever has another one act for them is a relative from then on. */
		const third = await staff(ombud, 'org_csp_north');
		tokens.third = await adminToken(ombud, await signInPerson(ombud, third));
		assert.equal((await confirm('third', id)).status, 200);
		assertProblem(await call('first', 'POST', '', proposal({ representative: third.sub, ...(parties.represented ? { represented: people.guardian.sub } : { represented: people.ward.sub }) })),
			403, 'conflict_of_interest');
		assert.equal((await call('third', 'POST', `/${id}/revoke`, { reason: 'unfounded' })).status, 200);
	}
});

test('nobody confirms alone, blind, something else, twice, or for another office', async () => {
	const id = await register('first');
	const { digest } = await read('first', id);
	assertProblem(await call('first', 'POST', `/${id}/confirm`, { digest }), 403, 'access_denied');
	for (const wrong of ['e'.repeat(64), 'x', digest.toUpperCase()]) {
		assertProblem(await call('second', 'POST', `/${id}/confirm`, { digest: wrong }), 409, 'conflict');
	}
	const other = await register('first', { document: { ...PAPER, number: '115-О/2026' } });
	assertProblem(await call('second', 'POST', `/${other}/confirm`, { digest }), 409, 'conflict');
	for (const [method, path, body] of [['GET', ''], ['POST', '/confirm', { digest }], ['POST', '/revoke', { reason: 'revoked' }]]) {
		assertProblem(await call('elsewhere', method, `/${id}${path}`, body), 404);
		assertProblem(await call('otherOffice', method, `/${id}${path}`, body), 404);
		assertProblem(await call('second', method, `/mnd_${randomUUID()}${path}`, body), 404);
	}
	assert.deepEqual((await call('elsewhere', 'GET')).json.records, [], 'another office has none of these');
	assert.equal((await confirm('second', id)).status, 200);
	assertProblem(await call('second', 'POST', `/${id}/confirm`, { digest }), 409, 'conflict');
	assert.equal((await call('first', 'POST', `/${other}/revoke`, { reason: 'unfounded' })).status, 200, 'a proposal is taken back');
	assertProblem(await call('second', 'POST', `/${other}/confirm`, { digest }), 409, 'conflict');
	assertProblem(await call('second', 'POST', `/${id}/revoke`, { reason: 'tired of it' }), 400);
	assert.equal((await call('second', 'POST', `/${id}/revoke`, { reason: 'disputed' })).status, 200);
});

test('without a role that helps there is nothing to see, and the machine says yes to nothing', async () => {
	const id = await register('first');
	assert.equal((await call('twoOffices', 'GET', `/${id}`)).status, 200, 'who works in two offices acts in the one whose client this is');
	for (const [method, path, body] of [['GET', ''], ['POST', '', proposal()], ['GET', `/${id}`], ['POST', `/${id}/confirm`, { digest: 'f'.repeat(64) }],
		['POST', `/${id}/revoke`, { reason: 'revoked' }]]) {
		assertProblem(await call('auditor', method, path, body), 403, 'role_missing');
		if (method === 'POST') {
			assertProblem(await bySocket(method, path, body), 403, 'person_needed');
		}
	}
	const shown = await bySocket('GET', `/${id}`);
	assert.equal(shown.status, 200, shown.text);
	assert.deepEqual([shown.json.document, shown.json.digest], [undefined, undefined], 'a socket opens no paper');
	await untilEntry(ombud, 'that it was read', ({ event, facts }) => event === 'admin.read' && facts?.what === 'mandate.read');
	assert.equal((await call('first', 'POST', `/${id}/revoke`, { reason: 'revoked' })).status, 200);
});

test('what is wrong with a proposal is refused, and nothing is kept of it', async () => {
	const count = async () => (await call('first', 'GET', '?limit=100')).json.records.length;
	const before = await count();
	for (const more of [{ kind: 'heir' }, { kind: 'power_of_attorney' }, { kind: 'friend' }, { until: '2020-01-01' }, { until: inDays(4000) }, { until: undefined },
		{ born: '2015-01-01' }, { purposes: ['no_such'] }, { actions: ['erase'] }, { zone: 'Mars/Base' }, { representative: people.ward.sub },
		{ document: { ...PAPER, sha256: 'c'.repeat(63) } }, { document: { ...PAPER, issued: 'yesterday' } }, { document: { ...PAPER, number: ' ' } }, { document: 'a paper' }]) {
		assertProblem(await call('first', 'POST', '', proposal(more)), 400, 'invalid_request');
	}
	assertProblem(await call('first', 'POST', '', proposal({ represented: 'sub_nobody' })), 404);
	assert.equal(await count(), before);
});

test('the list is paged and filtered by people, state and kind', async () => {
	const [child, other] = [await addPerson(ombud, { kind: 'child' }), await addPerson(ombud)];
	const ids = [await register('first', { represented: child.sub, kind: 'parent', born: inDays(-3000), until: undefined, representative: other.sub }),
		await register('first', { representative: other.sub })];
	const list = async (query) => (await call('second', 'GET', `?limit=100&${query}`)).json.records.map(({ id }) => id);
	assert.deepEqual(await list(`represented=${child.sub}`), [ids[0]]);
	assert.deepEqual((await list(`representative=${other.sub}&state=proposed`)).sort(), [...ids].sort());
	assert.deepEqual(await list('kind=parent'), [ids[0]]);
	assert.deepEqual(await list('kind=heir'), []);
	assert.ok(!(await list('state=revoked')).some((id) => ids.includes(id)));
	assertProblem(await call('second', 'GET', '?state=frozen'), 400);
	assertProblem(await call('second', 'GET', '?kind=friend'), 400);
	const paged = [];
	for (let cursor = ''; ;) {
		const { json } = await call('second', 'GET', `?state=proposed&limit=1&cursor=${cursor}`);
		paged.push(...json.records.map(({ id }) => id));
		cursor = json.next;
		if (cursor === '') {
			break;
		}
	}
	assert.deepEqual(paged, await list('state=proposed'));
	for (const id of ids) {
		assert.equal((await call('first', 'POST', `/${id}/revoke`, { reason: 'revoked' })).status, 200);
	}
});

test('authctl does all of it, and sends the digest of a scan instead of the scan', async () => {
	const file = (name, text) => {
		writeFileSync(join(scratch, name), text, { mode: 0o600 });
		return join(scratch, name);
	};
	const [first, second] = ['first', 'second'].map((name) => ['--token-file', file(name, tokens[name])]);
	const scan = Buffer.from('%PDF-1.7 a scan');
	const given = ['--represented', people.ward.sub, '--representative', people.guardian.sub, '--kind', 'guardian', '--document', PAPER.kind, '--number', PAPER.number,
		'--issued', PAPER.issued, '--issuer', PAPER.issuer, '--scan', file('scan.pdf', scan), '--until', inDays(20), '--purposes', 'eligibility', '--actions', 'see', '--actions', 'export'];
	const alone = await authctl(ombud, 'mandate', 'register', ...given);
	assert.equal(alone.status, 1, alone.err);
	const made = await authctlJson(ombud, 'mandate', 'register', ...given, ...first);
	assert.deepEqual([made.purposes, made.actions], [['eligibility'], ['see', 'export']]);
	const shown = await authctlJson(ombud, 'mandate', 'show', made.id, ...second);
	assert.equal(shown.document.sha256, createHash('sha256').update(scan).digest('hex'));
	const plain = await authctl(ombud, 'mandate', 'show', made.id, ...second);
	assert.match(plain.out, /114-О\/2026/);
	assert.equal((await authctl(ombud, 'mandate', 'confirm', made.id, '--digest', shown.digest, ...first)).status, 1, 'not by who registered it');
	assert.equal((await authctlJson(ombud, 'mandate', 'confirm', made.id, '--digest', shown.digest, ...second)).state, 'active');
	const all = await authctlJson(ombud, 'mandate', 'list', '--represented', people.ward.sub, '--state', 'active', '--all');
	assert.deepEqual(all.records.map(({ id }) => id), [made.id]);
	assert.equal((await authctl(ombud, 'mandate', 'revoke', made.id, ...first)).status, 2, 'a reason is needed');
	assert.equal((await authctlJson(ombud, 'mandate', 'revoke', made.id, '--reason', 'revoked', ...first)).state, 'revoked');
});

test('the log judges all of it lawful', () => assertLawful(ombud));
