/*
 * test_searches.mjs: what a search leaves behind. Whom a page of a search for people names sees it, by an entry of their own;
 * nobody is named whose entry is not in the log; and no service is named through which nobody may look.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, assertProblem, authctlJson, entryAt, logEntries, personTokens, signInPerson } from './lib/outsider.mjs';
import { auditlog, giveConsent, question, useOmbud, waitPublished, wordsOf } from './lib/ombud.mjs';
import { sql } from './lib/database.mjs';

const PEOPLE = 5;

let issuer;
let service;
let people;
let stranger;
let tokens;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	service = await started.service('svc_benefits_north');
	people = [];
	for (let i = 0; i < PEOPLE; i++) {
		const one = await addPerson(started);
		one.browser = await signInPerson(started, one);
		await giveConsent(started, service, one.browser, one.sub);
		people.push(one);
	}
	stranger = await addPerson(started);
	stranger.browser = await signInPerson(started, stranger);
	tokens = await personTokens(started, people[0].browser, 'web_portal', 'openid audit:read');
});

const asks = (page = {}) => service('POST', '/access/v1/search/resource', { subject: { type: 'service', id: 'svc_benefits_north' },
	action: { name: 'read', properties: { purpose: 'eligibility' } }, resource: { type: 'income' }, page });
const whoMay = (purpose) => ombud.web().request('POST', `${issuer}/access/v1/search/subject`, { token: tokens.access_token, json: { subject: { type: 'service' },
	action: { name: 'read', ...purpose && { properties: { purpose } } }, resource: { type: 'income', id: people[0].sub } } });

test('each person whom a page names has an entry of their own, next to that of the search; nobody else has', async () => {
	const { status, text, json } = await asks({ limit: 100 });
	assert.equal(status, 200, text);
	assert.ok(people.every(({ sub }) => json.results.some(({ id }) => id === sub)));
	const { index } = json.context.log;
	const { entry } = await entryAt(ombud, index);
	assert.deepEqual([entry.id, entry.facts, entry.about], [json.context.search_id, { search: 'resource', results: json.results.length }, undefined]);
	const tags = new Set();
	for (let i = 1; i <= json.results.length; i++) {
		const { entry: one } = await entryAt(ombud, index + i);
		assert.deepEqual([one.event, one.facts, one.about.length, one.decision, one.by.service, one.categories, one.action, one.purpose],
			['access.searched', { search: 'resource', listed: entry.id }, 1, undefined, 'svc_benefits_north', ['income'], 'read', entry.purpose]);
		assert.ok(one.about[0].sealed.length > 0);
		assert.ok(!JSON.stringify(one).includes('sub_'), 'nobody is named in clear');
		tags.add(one.about[0].tag);
	}
	assert.equal(tags.size, json.results.length, 'one person each');
	assert.ok(logEntries(ombud).filter(({ entry: { facts } }) => facts?.listed === entry.id).length === json.results.length);
});

test('the person reads in plain words that they were on a list, who got it and for what; a stranger was on none', async () => {
	const { json } = await asks({ limit: 100 });
	for (const one of people.slice(0, 2)) {
		const page = wordsOf((await one.browser.open('/accesses')).text);
		assert.match(page, /Вы были в списке людей, чьи сведения служба может видеть\. Сами сведения не показаны/);
		assert.match(page, /Проверить право на пособие/);
	}
	const english = wordsOf((await people[0].browser.open('/accesses?lang=en')).text);
	assert.match(english, /You were on a list of people whose data the service may see\. The data were not shown/);
	assert.doesNotMatch(wordsOf((await stranger.browser.open('/accesses')).text), /были в списке/);
	/* Its own page, with what was sealed for that person alone, and nobody else's. */
	const open = async (i, who) => who.browser.open(`/accesses/${json.context.log.index + i}`);
	const own = await Promise.all(json.results.map((_, i) => open(i + 1, people[0])));
	assert.equal(own.filter(({ status }) => status === 200).length, 1);
	assert.match(own.find(({ status }) => status === 200).text, /были в списке|on a list/);
	const foreign = await Promise.all(json.results.map((_, i) => open(i + 1, stranger)));
	assert.ok(foreign.every(({ status }) => status === 404));
});

test('an auditor finds the looks at one person by their tag, searches among them', async () => {
	const { json } = await asks({ limit: 100 });
	const { index } = json.context.log;
	const { entry } = await entryAt(ombud, index + 1);
	await waitPublished(ombud.demo.log.dir, index + json.results.length);
	const found = await auditlog('find', ombud.demo.log.dir, '--key', ombud.demo.log.vkey, '--tag', entry.about[0].tag, '--json');
	assert.equal(found.status, 0, found.text);
	const theirs = found.text.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
	assert.ok(theirs.some((one) => (one.index ?? one.entry?.index) === index + 1), found.text.slice(0, 300));
});

test('pages of one are the pages of all: each person once, each with one entry a time', async () => {
	const whole = (await asks({ limit: 100 })).json.results;
	const list = [];
	for (let page = { limit: 2 }; page !== undefined;) {
		const { json } = await asks(page);
		list.push(...json.results);
		for (let i = 1; i <= json.results.length; i++) {
			assert.equal((await entryAt(ombud, json.context.log.index + i)).entry.facts.listed, json.context.search_id);
		}
		page = json.page.next_token === '' ? undefined : { token: json.page.next_token };
	}
	assert.deepEqual(list, whole);
});

test('while the log is silent nobody is named', async () => {
	const { auditlogd } = ombud.demo.pids;
	process.kill(auditlogd, 'SIGSTOP');
	try {
		const answer = await asks();
		assertProblem(answer, 503, 'log_unavailable');
		assert.ok(people.every(({ sub }) => !answer.text.includes(sub)));
	} finally {
		process.kill(auditlogd, 'SIGCONT');
	}
	for (let i = 0; i < 100 && (await asks()).status !== 200; i++) {
		await new Promise((done) => setTimeout(done, 100));
	}
	assert.equal((await asks()).status, 200);
});

test('a service whose clients are all disabled is not named as one that may, and is again when one works', async () => {
	const named = async () => (await whoMay()).json.results.map(({ id }) => id);
	const all = await named();
	assert.ok(all.includes('svc_benefits_north'));
	const clients = sql(ombud, `SELECT client_id FROM client WHERE service = 'svc_benefits_north' AND status = 1`).map(([id]) => id);
	assert.ok(clients.length > 0);
	const last = clients.pop();
	for (const id of clients) {
		await authctlJson(ombud, 'client', 'disable', id);
	}
	assert.deepEqual(await named(), all, 'one is enough');
	await authctlJson(ombud, 'client', 'disable', last);
	try {
		assert.deepEqual(await named(), all.filter((id) => id !== 'svc_benefits_north'));
		const action = await ombud.web().request('POST', `${issuer}/access/v1/search/action`, { token: tokens.access_token,
			json: { subject: { type: 'service', id: 'svc_benefits_north' }, resource: { type: 'income', id: people[0].sub } } });
		assert.deepEqual(action.json.results, [], 'nor may it do anything');
	} finally {
		for (const id of [...clients, last]) {
			await authctlJson(ombud, 'client', 'enable', id);
		}
	}
	assert.deepEqual(await named(), all);
	const asked = await ombud.service('svc_benefits_north');
	assert.equal((await asked('POST', '/access/v1/evaluation', question(people[0].sub))).json.decision, true);
});
