/*
 * test_freeze.mjs: "this was not me": what ends, what stands still, and who can thaw it. On both databases.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, asClient, assertLawful, logEntries, personTokens, signInPerson, untilEntry } from './lib/outsider.mjs';
import { newCodes, openCase, prepare } from './lib/desk.mjs';
import { formsOf, question, until, useOmbud, wordsOf } from './lib/ombud.mjs';

const UNTIL = `${new Date().getUTCFullYear() + 1}-12-31`;
const DAY = 86400e3;

let north;
let person;
let helper;
let thief; /* somebody else in a session of the person's */
let own;
let theirs;
let tokens;
let taken; /* what the thief took along: a code for a power of attorney */

const formOf = (page, name) => formsOf(page.text).find(({ action }) => action.includes(name)) ?? assert.fail(`no form ${name}: ${wordsOf(page.text)}`);
const send = async (browser, path, name, fields = {}) => {
	const page = await browser.open(path);
	return browser.submitOnce(page, formOf(page, name), fields);
};
const decide = async () => (await north('POST', '/access/v1/evaluation', question(person.sub))).json;
const faultOf = async (browser) => {
	const page = await browser.open('/representatives');
	return formsOf(page.text).filter(({ action }) => action.endsWith('/act')).length === 0;
};

const ombud = useOmbud({ before, after }, async (started) => {
	north = await started.service('svc_benefits_north');
	person = await addPerson(started);
	helper = await addPerson(started);
	thief = await signInPerson(started, person);
	own = await signInPerson(started, person);
	theirs = await signInPerson(started, helper);
	tokens = await personTokens(started, thief, 'web_portal', 'openid offline_access consent:manage');
	const offer = async (browser) => /<code[^>]*id="code">([^<]+)</.exec((await send(browser, '/representatives', '/offer',
		{ purpose: ['eligibility'], action: ['see', 'give'], until: UNTIL })).text)?.[1];
	assert.equal((await send(theirs, '/representatives', '/accept', { code: await offer(own) })).status, 303);
	taken = await offer(thief);
	await newCodes(thief);
	assert.equal((await send(theirs, '/representatives', '/act')).status, 303);
	const asked = await north('POST', '/consent/v1/requests', { person: person.sub, purpose: 'eligibility', categories: ['income'],
		until: new Date(Date.now() + 30 * DAY).toISOString() });
	assert.equal((await send(theirs, new URL(asked.json.form_url).pathname, '/ask/', { answer: 'give' })).status, 303);
	assert.equal((await decide()).decision, true);
});

test('a form of another page, or none, freezes nothing', async () => {
	const page = await own.open('/security');
	const form = formOf(page, '/security/freeze');
	assert.equal((await own.submitOnce(page, { ...form, fields: form.fields.filter(({ name }) => name !== 'csrf') })).status, 403);
	assert.equal((await theirs.open('/security')).status, 403, 'a representative has no say in it');
	assert.equal((await thief.open('/security')).status, 200);
});

test('freezing ends every other session and access and makes mandates stand still, at once', async () => {
	assert.equal((await send(own, '/security', '/security/freeze')).status, 303);
	assert.equal(new URL((await thief.open('/security')).url).pathname, '/login');
	assert.equal((await own.open('/security')).status, 200);
	assert.equal((await asClient(ombud, 'web_portal', '/oauth2/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token })).status, 400);
	assert.equal((await asClient(ombud, 'svc_legacy', '/oauth2/introspect', { token: tokens.access_token })).json.active, false);
	assert.ok(await faultOf(theirs), 'nobody acts under it');
	assert.deepEqual([(await decide()).decision, (await decide()).context.reason], [false, 'representative_invalid']);
	const { entry } = await untilEntry(ombud, 'the freeze', (one) => one.event === 'auth.frozen');
	assert.equal(entry.about.length, 1);
});

test('what a thief took along before the freeze is worth nothing after it: a code for a power of attorney, a list of paper codes', async () => {
	const friend = await signInPerson(ombud, await addPerson(ombud));
	assert.ok(taken);
	assert.equal((await send(friend, '/representatives', '/accept', { code: taken })).status, 400);
	assert.ok(await faultOf(friend), 'nobody acts for the person');
	const operator = await ombud.signIn('operator');
	const answer = await prepare(operator, await openCase(operator, person.login, 'phone'), 'see');
	assert.equal(answer.status, 409, 'there is no list that speaks for the person by telephone');
	assert.match(answer.text, /no_codes/);
});

test('a session of before does not thaw, nor does a stranger', async () => {
	const answer = await send(own, '/security', '/security/thaw');
	assert.equal(answer.status, 403, answer.text);
	assert.match(answer.text, /id="thaw-fault"/);
	const page = await theirs.open('/representatives');
	const { form } = { form: formsOf(page.text).find(({ action }) => action.includes('/accept')) };
	const tried = await theirs.submitOnce(page, { ...form, action: '/security/thaw' });
	assert.notEqual(tried.status, 200);
	assert.equal((await decide()).decision, false);
});

test('what both froze is thawed by both, each after a new sign-in with two factors', async () => {
	assert.equal((await send(theirs, '/security', '/security/freeze')).status, 303);
	for (const [who, holds] of [[person, false], [helper, true]]) {
		const anew = await signInPerson(ombud, who);
		const answer = await send(anew, '/security', '/security/thaw');
		assert.equal(answer.status, 303, answer.text);
		assert.equal((await decide()).decision, holds);
		assert.equal(formsOf((await anew.open('/security')).text).some(({ action }) => action.endsWith('/thaw')), false);
	}
	await untilEntry(ombud, 'the thaw', (one) => one.event === 'auth.thawed');
});

test('whoever lets a client in while the entry of their freeze is still on its way waits for it, so that it stands before', async () => {
	const one = await addPerson(ombud);
	const browser = await signInPerson(ombud, one);
	const page = await browser.open('/security');
	const log = ombud.demo.pids.auditlogd;
	const earlier = new Set(logEntries(ombud).map(({ entry }) => entry.id));
	process.kill(log, 'SIGSTOP');
	try {
		assert.equal((await browser.submitOnce(page, formOf(page, '/security/freeze'))).status, 503);
	} finally {
		process.kill(log, 'SIGCONT');
	}
	await until('a client is let in', () => personTokens(ombud, browser, 'web_portal', 'openid consent:manage').catch(() => undefined));
	const { entry: letIn } = await untilEntry(ombud, 'the client', ({ event, id }) => event === 'token.code_issued' && !earlier.has(id));
	const order = ['auth.login', 'auth.frozen', 'token.code_issued'];
	const said = logEntries(ombud).filter(({ entry }) => order.includes(entry.event) && entry.about?.[0].tag === letIn.about[0].tag);
	assert.deepEqual(said.map(({ entry }) => entry.event), order);
});

test('the log judges all of it lawful', () => assertLawful(ombud));
