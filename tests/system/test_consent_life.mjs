/*
 * test_consent_life.mjs: the whole life of a consent from outside: put off, given, used, renewed, ended by whoever may end it, over by
 * itself; what the person is told; and everybody who tries what they may not.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { sql } from './lib/database.mjs';
import { addPerson, assertLawful, assertProblem, authctlJson, entryAt, logEntries, signInPerson, untilEntry, withdrawInBrowser } from './lib/outsider.mjs';
import { formsOf, giveConsent, question, sleep, until, useOmbud, withinTerm, wordsOf } from './lib/ombud.mjs';

let issuer;
let service;
let person;
let browser;
let stranger;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	service = await started.service('svc_benefits_north');
	person = await addPerson(started);
	browser = await signInPerson(started, person);
	stranger = await signInPerson(started, await addPerson(started));
});

let days = 40;
const later = () => new Date(Date.now() + ++days * 86400e3).toISOString();
async function request(more = {}) {
	const answer = await service('POST', '/consent/v1/requests', { person: person.sub, purpose: 'eligibility', categories: ['income'], until: later(), ...more });
	assert.equal(answer.status, 201, answer.text);
	return answer.json;
}
const record = async (id) => (await service('GET', `/consent/v1/records/${id}`)).json;
const list = async (query = '') => (await service('GET', `/consent/v1/records?person=${person.sub}&limit=100${query}`)).json.records;
const decide = async (more) => (await service('POST', '/access/v1/evaluation', question(person.sub, more))).json;
const reason = async (more) => (await decide(more)).context.reason;
const give = (more) => giveConsent(ombud, service, browser, person.sub, { until: later(), ...more });
const idOf = (page) => new URL(page.url).pathname.split('/').pop();
const csrfOf = (page) => formsOf(page.text).flatMap(({ fields }) => fields).find(({ name }) => name === 'csrf').value;
const post = async (path, fields = [], from = browser) => from.post(path, { form: [['csrf', csrfOf(await from.open('/security'))], ...fields],
	headers: { origin: issuer, 'sec-fetch-site': 'same-origin' } });
const renew = async (id, fields = {}) => {
	const page = await browser.submit(await browser.open(`/consents/${id}`), fields, { action: '/renew' });
	assert.equal(page.status, 200, wordsOf(page.text));
	return page;
};
const told = async () => wordsOf((await browser.open('/inbox?lang=en')).text);

/* ---- asked and put off ---- */

test('"later" leaves the request open, is one entry however often it is pressed, and yes is still possible', async () => {
	const asked = await request();
	for (let press = 0; press < 3; press++) {
		const answer = await post(`/ask/${asked.request_id}`, [['answer', 'later']]);
		assert.equal(answer.status, 303, answer.text);
	}
	assert.match((await browser.open('/consents')).text, new RegExp(asked.request_id));
	await untilEntry(ombud, 'put off', ({ event }) => event === 'consent.deferred');
	assert.equal(logEntries(ombud).filter(({ entry }) => entry.event === 'consent.deferred').length, 1);
	assert.equal((await post(`/ask/${asked.request_id}`, [['answer', 'give']])).status, 303);
	const [{ record_id: id }] = await list('&state=given');
	assert.equal(await reason(), 'consent_valid');
	await withdrawInBrowser(browser, id);
});

test('a request of somebody else can be put off by nobody', async () => {
	const asked = await request();
	assert.equal((await post(`/ask/${asked.request_id}`, [['answer', 'later']], stranger)).status, 404);
	assert.equal((await post(`/ask/${asked.request_id}`, [['answer', 'refuse']])).status, 303);
	const refused = await browser.open('/consents?lang=en');
	assert.match(wordsOf(refused.text), /Refused/);
	assert.equal((await post(`/ask/${asked.request_id}`, [['answer', 'later']])).status, 303, 'what it became stands');
	assert.ok((await list()).every(({ state }) => state !== 'given'));
});

test('a request whose term is over ends with an entry, is told, and can be answered no more', async () => {
	const asked = await request();
	sql(ombud, `UPDATE consent_request SET expires_us = 1 WHERE request_id = '${asked.request_id}'`);
	const late = await post(`/ask/${asked.request_id}`, [['answer', 'give']]);
	assert.ok([303, 410].includes(late.status), `${late.status}`);
	await untilEntry(ombud, 'the request ended', ({ event }) => event === 'consent.request_expired');
	assert.match(await told(), /ended without an answer/);
	assert.ok((await list()).every(({ state }) => state !== 'given'));
});

/* ---- renewed ---- */

test('a renewal is a new record in the place of the old one: the entry cites it, permits cite the new one', async () => {
	const old = await give({ optional: ['family'], give: ['family'] });
	assert.equal(await reason(), 'consent_valid');
	const fresh = idOf(await renew(old, { category: ['family'] }));
	assert.notEqual(fresh, old);
	assert.equal((await record(old)).state, 'renewed');
	const now = await record(fresh);
	assert.equal(now.state, 'given');
	assert.equal(now.renews, old);
	assert.deepEqual(now.data.map(({ category }) => category), ['income', 'family']);
	const index = now.events[1].log.index;
	const { entry } = await entryAt(ombud, index);
	assert.equal(entry.event, 'consent.renewed');
	assert.equal(entry.basis.index, (await record(old)).events[1].log.index);
	const permit = await decide({ category: 'family' });
	assert.equal(permit.decision, true);
	assert.equal(permit.context.legal_basis.record, fresh);
	await withdrawInBrowser(browser, fresh);
	assert.equal(await reason(), 'consent_withdrawn', 'the old one does not come back');
});

test('what is not ticked in a renewal is not allowed any more, also not by the old record', async () => {
	const old = await give({ optional: ['family'], give: ['family'] });
	const fresh = idOf(await renew(old));
	assert.deepEqual((await record(fresh)).data.map(({ category }) => category), ['income']);
	assert.equal((await decide({ category: 'family' })).decision, false);
	assert.equal((await decide()).decision, true);
	assert.equal((await post(`/consents/${fresh}/renew`, [['category', 'family']])).status, 400, 'nothing is added in a renewal');
	await withdrawInBrowser(browser, fresh);
});

test('a consent is renewed by its person alone, once, and not when it has ended', async () => {
	const old = await give();
	assert.equal((await post(`/consents/${old}/renew`, [], stranger)).status, 404);
	const answers = await Promise.all(Array.from({ length: 8 }, () => post(`/consents/${old}/renew`)));
	assert.ok(answers.every(({ status }) => [303, 409, 503].includes(status)), answers.map(({ status }) => status).join());
	const holding = await list('&state=given');
	assert.equal(holding.length, 1);
	await withdrawInBrowser(browser, holding[0].record_id);
	for (const ended of [old, holding[0].record_id]) {
		const answer = await post(`/consents/${ended}/renew`);
		assert.equal(answer.status, 303);
		assert.ok(answer.location.endsWith(ended));
	}
	assert.equal((await list('&state=given')).length, 0);
});

test('deciders see no gap while a consent is renewed, and a withdrawal at the same moment ends in one state', async () => {
	let id = await give();
	let running = true;
	const refusals = [];
	const deciders = Array.from({ length: 4 }, async () => {
		while (running) {
			const { decision, context } = await decide();
			if (!decision) {
				refusals.push(context?.reason);
			}
		}
	});
	for (let round = 0; round < 3; round++) {
		id = idOf(await renew(id));
	}
	running = false;
	await Promise.all(deciders);
	assert.deepEqual(refusals, []);
	const [renewed, withdrawn] = await Promise.all([post(`/consents/${id}/renew`), post(`/consents/${id}/withdraw`)]);
	assert.ok([renewed, withdrawn].every(({ status }) => [303, 404, 409].includes(status)), `${renewed.status} ${withdrawn.status}`);
	const { state } = await record(id);
	assert.ok(['renewed', 'withdrawn'].includes(state));
	assert.equal((await list('&state=given')).length, state === 'renewed' ? 1 : 0);
	for (const { record_id: one } of await list('&state=given')) {
		await withdrawInBrowser(browser, one);
	}
	assert.equal((await decide()).decision, false);
});

test('a service asks for a renewal by name; a record of somebody else or of another purpose cannot be named', async () => {
	const old = await give();
	const asked = await request({ renews: old });
	await browser.submit(await browser.open(asked.form_url), { answer: 'give' }, { having: ['answer'] });
	const [{ record_id: fresh, renews }] = await list('&state=given');
	assert.equal(renews, old);
	assert.equal((await record(old)).state, 'renewed');
	for (const bad of [old, '0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a', 'x']) {
		assertProblem(await service('POST', '/consent/v1/requests', { person: person.sub, purpose: 'eligibility', categories: ['income'], renews: bad }), 400);
	}
	await withdrawInBrowser(browser, fresh);
});

/* ---- ended ---- */

test('a withdrawal says by when the data must be destroyed, on the record, in the list and on the page', async () => {
	const id = await give();
	await withdrawInBrowser(browser, id);
	const [mine] = (await list('&state=withdrawn')).filter((one) => one.record_id === id);
	const left = Date.parse(mine.destroy_by) - Date.now();
	assert.ok(left > 0 && left <= 30 * 86400e3 + 1000, mine.destroy_by);
	assert.match(wordsOf((await browser.open(`/consents/${id}?lang=en`)).text), /Data must be deleted by/);
});

test('the service that holds a consent ends it; another reason, a stranger and a second time are refused', async () => {
	const id = await give();
	for (const why of ['officer', 'error', 'term_over', '', 'whatever']) {
		const answer = await service('POST', `/consent/v1/records/${id}/revoke`, { why });
		assert.ok([400, 403].includes(answer.status), `${why}: ${answer.status}`);
	}
	assertProblem(await service('POST', '/consent/v1/records/0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a/revoke', { why: 'purpose_reached' }), 404);
	const done = await service('POST', `/consent/v1/records/${id}/revoke`, { why: 'purpose_reached' });
	assert.equal(done.status, 200, done.text);
	assert.equal(done.json.state, 'revoked');
	assert.equal((await decide()).decision, false);
	assertProblem(await service('POST', `/consent/v1/records/${id}/revoke`, { why: 'purpose_reached' }), 409, 'consent_ended');
	assert.match(await told(), /ended by the organisation/);
	assert.match(wordsOf((await browser.open(`/consents/${id}?lang=en`)).text), /not needed any more/);
});

test('an officer revokes and invalidates, with a reason of the list, and the person reads why', async () => {
	for (const [verb, state, why, words] of [['revoke', 'revoked', 'officer', /privacy officer decided/],
		['invalidate', 'invalidated', 'no_authority', /had no right to/]]) {
		const id = await give();
		await assert.rejects(authctlJson(ombud, 'consent', verb, id, '--why', 'because'));
		assert.equal((await authctlJson(ombud, 'consent', verb, id, '--why', why)).state, state);
		assert.equal((await decide()).decision, false);
		assert.equal((await record(id)).state, state);
		assert.match(wordsOf((await browser.open(`/consents/${id}?lang=en`)).text), words);
		await untilEntry(ombud, state, ({ event, facts }) => event === `consent.${state}` && facts.why === why);
	}
});

test('a term of seconds: refused from the instant on, then one entry, one message, and the state', async () => {
	const { end, done: { id, first } } = await withinTerm(async (until) => ({ id: await give({ until: new Date(until).toISOString() }), first: await reason() }));
	assert.equal(first, 'consent_valid');
	await sleep(end - Date.now() + 50);
	assert.equal(await reason(), 'consent_expired', 'whether or not anybody has tidied up');
	await until('the state follows', async () => (await record(id)).state === 'expired');
	const { index } = (await record(id)).events.find(({ state }) => state === 'given').log;
	await sleep(2500);
	const ends = logEntries(ombud).filter(({ entry }) => entry.event === 'consent.expired' && entry.basis.index === index);
	assert.equal(ends.length, 1);
	assert.equal((await post(`/consents/${id}/renew`)).status, 303);
	assert.equal((await list('&state=given')).length, 0, 'what is over is not renewed');
	assert.match(await told(), /A consent has ended/);
});

test('people are reminded thirty and seven days before the end, once each, with an entry', async () => {
	const id = await give();
	const { index } = (await record(id)).events[1].log;
	const sent = () => logEntries(ombud).filter(({ entry }) => entry.event === 'notice.sent' && entry.basis?.index === index).map(({ entry }) => entry.facts.days);
	const day = 86400e6;
	for (const [left, wanted] of [[20, [30]], [5, [30, 7]]]) {
		sql(ombud, `UPDATE consent SET from_us = ${Date.now() * 1000 - 300 * day}, until_us = ${Date.now() * 1000 + left * day} WHERE record_id = '${id}'`);
		await until(`reminder with ${left} days left`, () => sent().length === wanted.length);
		await sleep(2500);
		assert.deepEqual(sent(), wanted);
	}
	assert.match(await told(), /A consent ends soon/);
	assert.match(wordsOf((await browser.open('/me?lang=en')).text), /consent ends soon/);
	await withdrawInBrowser(browser, id);
});

/* ---- what was shown ---- */

test('the notice of a record is there for everybody, by its hash, byte by byte', async () => {
	const id = await give();
	const { notice } = await record(id);
	const page = await ombud.web().get(notice.url);
	assert.equal(page.status, 200);
	assert.ok(page.text.includes(notice.sha256));
	const etag = page.header('etag');
	assert.match(etag, new RegExp(`^W/"${notice.sha256}\\.`));
	assert.equal((await ombud.web().get(notice.url, { headers: { 'if-none-match': etag } })).status, 304);
	const other = await ombud.web().get(`${notice.url}?lang=en`, { headers: { 'if-none-match': etag } });
	assert.equal(other.status, 200, 'the page in another language is another page');
	assert.notEqual(other.header('etag'), etag);
	assert.equal((await browser.get(new URL(notice.url).pathname, { headers: { 'if-none-match': etag } })).status, 200, 'a signed-in person gets their own');
	const exact = await ombud.web().get(`${notice.url}?as=text`);
	assert.equal(createHash('sha256').update(exact.body ?? exact.text).digest('hex'), notice.sha256);
	assert.equal(exact.header('etag'), `"${notice.sha256}"`);
	assert.match(exact.header('cache-control'), /immutable/);
	assert.ok((await browser.open(`/consents/${id}`)).text.includes(new URL(notice.url).pathname));
	for (const path of ['/notices/ntc_income/999/ru', '/notices/ntc_income/x/ru', '/notices/none/1/ru', `${new URL(notice.url).pathname}x`]) {
		assert.equal((await ombud.web().get(`${issuer}${path}`)).status, 404, path);
	}
	await withdrawInBrowser(browser, id);
});

test('the page counts how often a consent was used', async () => {
	const id = await give();
	for (let n = 0; n < 3; n++) {
		assert.equal(await reason(), 'consent_valid');
	}
	await until('three looks', async () => /How often used\s+3 times/.test(wordsOf((await browser.open(`/consents/${id}?lang=en`)).text)));
	await withdrawInBrowser(browser, id);
});

test('messages are the person’s own, and reading them is said once', async () => {
	assert.match(wordsOf((await stranger.open('/inbox?lang=en')).text), /There are no messages/);
	const page = await browser.open('/inbox?lang=en');
	await browser.submit(page, {}, { action: '/inbox/read' });
	assert.doesNotMatch((await browser.open('/inbox?lang=en')).text, /inbox\/read/);
});

test('the log of all this is lawful', async () => {
	await assertLawful(ombud);
});
