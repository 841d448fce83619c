/*
 * test_policy_consents.mjs: what becomes of consents when two people bring other rules into force: those for a purpose that is another
 * or gone end with an entry each, the person is told and can agree anew; no later bundle brings an ended one back.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { layout } from '../../demo/state.mjs';
import { addPurposes } from './lib/bundles.mjs';
import { addPerson, assertLawful, authctlJson, bearer, getCode, logEntries, redeem, signInPerson } from './lib/outsider.mjs';
import { giveConsent, question, sleep, until, useOmbud, wordsOf } from './lib/ombud.mjs';

const CONSOLE = 'policy_console';
const REDIRECT = 'http://127.0.0.1/policy';

let scratch;
let service;
let issuer;
let author;
let approver;
let person;
let browser;
let count = 0;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	scratch = mkdtempSync(join(tmpdir(), 'ombud-policy-'));
	service = await started.service('svc_benefits_north');
	await authctlJson(started, 'client', 'add', CONSOLE, '--name', 'Правила', '--organisation', 'org_csp_north', '--auth', 'none', '--grants',
		'authorization_code', '--scopes', 'openid admin', '--redirect-uri', REDIRECT);
	author = await tokenOf(started, 'author');
	approver = await tokenOf(started, 'approver');
	person = await addPerson(started);
	browser = await signInPerson(started, person);
});
after(() => scratch && rmSync(scratch, { recursive: true, force: true }));

async function tokenOf(on, who) {
	const demo = structuredClone(on.demo);
	demo.clients[CONSOLE] = { auth: 'none', redirect_uris: [REDIRECT] };
	const view = { demo, web: () => on.web() };
	const answer = await redeem(view, CONSOLE, await getCode(view, await signInPerson(on, on.demo.people[who]), CONSOLE, { scope: 'openid admin' }));
	assert.equal(answer.status, 200, answer.text);
	return answer.json.access_token;
}

/* The demonstration's bundle, changed, comes into force by two people. */
async function bring(edit) {
	const dir = join(scratch, `bundle-${count}`);
	const token = join(scratch, `token-${count++}`);
	cpSync(layout(ombud.dir).policies, dir, { recursive: true });
	const change = (file, from, to) => {
		const text = readFileSync(join(dir, file), 'utf8');
		assert.match(text, from);
		writeFileSync(join(dir, file), text.replace(from, to));
	};
	change('bundle.yaml', /^version: \d+/m, `version: ${(await authctlJson(ombud, 'policy', 'show')).version + 1}`);
	edit(change, dir);
	writeFileSync(token, author, { mode: 0o600 });
	const proposal = await authctlJson(ombud, 'policy', 'propose', dir, '--token-file', token);
	const done = await ombud.web().request('POST', `${issuer}/admin/v1/policy/activate`, { json: { proposal: proposal.id, sha256: proposal.sha256 }, headers: bearer(approver) });
	assert.equal(done.status, 200, done.text);
	return proposal;
}
const eligibility = (version) => (change) => change('purposes.yaml', /- id: eligibility\n {2}version: 3/, `- id: eligibility\n  version: ${version}`);

const decide = async (purpose = 'eligibility') => (await service('POST', '/access/v1/evaluation', question(person.sub, { purpose }))).json;
const record = async (id) => (await service('GET', `/consent/v1/records/${id}`)).json;
const give = (more) => giveConsent(ombud, service, browser, person.sub, { until: new Date(Date.now() + (60 + count) * 86400e3).toISOString(), ...more });
const ends = (index) => logEntries(ombud).map(({ entry }) => entry).filter(({ event, basis }) => event === 'consent.invalidated' && basis.index === index);

/* It ends with one entry that says why; nothing more comes of further looks. */
async function assertEnded(id, why) {
	const { index } = (await record(id)).events.find(({ state }) => state === 'given').log;
	await until(`${id} is ended, with an entry`, async () => (await record(id)).state === 'invalidated' && ends(index).length > 0);
	await sleep(3000);
	assert.deepEqual(ends(index).map(({ facts }) => facts.why), [why]);
	assert.equal(ends(index)[0].about.length, 1);
	assert.equal((await record(id)).events.filter(({ state }) => state === 'invalidated').length, 1);
}
const messages = async () => (wordsOf((await browser.open('/inbox?lang=en')).text).match(/A consent does not hold any more/g) ?? []).length;

let first;
let second;

test('a consent for another version of its purpose is ended when the new version comes into force, and the person is told', async () => {
	first = await give();
	assert.equal((await decide()).decision, true);
	assert.equal(await messages(), 0);
	await bring(eligibility(4));
	assert.equal((await decide()).decision, false, 'from the first decision under the new rules on');
	await assertEnded(first, 'purpose_changed');
	assert.equal(await messages(), 1);
	assert.match(wordsOf((await browser.open(`/consents/${first}?lang=en`)).text), /The terms have changed\. A new consent is needed\./);
});

test('the person can agree to the new version, and reads what has changed', async () => {
	const asked = (await service('POST', '/consent/v1/requests', { person: person.sub, purpose: 'eligibility', categories: ['income'] })).json;
	const page = await browser.open(`${asked.form_url}?lang=en`);
	assert.match(wordsOf(page.text), /What has changed since the last time/);
	await browser.submit(page, { answer: 'give' }, { having: ['answer'] });
	const [{ record_id: id, purpose_version: version }] = (await service('GET', `/consent/v1/records?person=${person.sub}&state=given`)).json.records;
	second = id;
	assert.equal(version, 4);
	const { decision, context } = await decide();
	assert.equal(decision, true);
	assert.equal(context.legal_basis.record, second);
});

test('the old terms as a new version end the newer consent, and do not bring the first one back', async () => {
	await bring(eligibility(5));
	await assertEnded(second, 'purpose_changed');
	assert.equal((await record(first)).state, 'invalidated');
	assert.equal((await decide()).decision, false);
	assert.equal((await service('GET', `/consent/v1/records?person=${person.sub}&state=given`)).json.records.length, 0);
});

test('a purpose that is no more ends its consents, and neither coming back nor a request from before revives them', async () => {
	const trial = (version) => (change, dir) => {
		eligibility(5)(change);
		addPurposes(dir, [{ id: 'trial' }]);
		change('purposes.yaml', /- id: trial\n {2}version: 1/, `- id: trial\n  version: ${version}`);
	};
	await bring(trial(1));
	const id = await give({ purpose: 'trial' });
	const open = (await service('POST', '/consent/v1/requests', { person: person.sub, purpose: 'trial', categories: ['income'], case: '2026-1' })).json;
	assert.equal((await decide('trial')).decision, true);
	await bring(eligibility(5));
	assert.equal((await decide('trial')).context.reason, 'purpose_not_declared');
	await assertEnded(id, 'purpose_gone');
	assert.equal((await browser.get(`${open.form_url}`)).status, 409, 'what was asked under it cannot be given any more');
	await bring(trial(1));
	assert.equal((await record(id)).state, 'invalidated');
	assert.equal((await decide('trial')).decision, false);
	const fresh = await give({ purpose: 'trial' });
	assert.notEqual(fresh, id);
	assert.equal((await decide('trial')).decision, true);
});

test('the log of all this is lawful', async () => {
	await assertLawful(ombud);
});
