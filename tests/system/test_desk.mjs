/*
 * test_desk.mjs: who cannot or will not use the portal does everything with somebody's help: each action in the portal, at an
 * office with a code, by telephone with a code, and at an office on paper with a second operator.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { addPerson, assertLawful, logEntries, signInPerson, untilEntry } from './lib/outsider.mjs';
import { codesOf, newCodes, numberOn, openCase, paper, prepare, prepared, second, tell } from './lib/desk.mjs';
import { question, useOmbud, wordsOf } from './lib/ombud.mjs';

const NORTH = 'org_csp_north';

let service;
let operator;
let colleague;
let person;
let browser;
let codes;

const ombud = useOmbud({ before, after }, async (started) => {
	service = await started.service('svc_benefits_north');
	operator = await started.signIn('operator');
	colleague = await started.signIn('operator2');
	person = await addPerson(started);
	browser = await signInPerson(started, person);
	codes = await newCodes(browser);
});

/* ---- what each action needs, and how one sees that it was done ---- */

let asked = 0;

async function request(optional = ['family']) {
	const { json } = await service('POST', '/consent/v1/requests', { person: person.sub, purpose: 'eligibility', categories: ['income'], optional, case: `2026-${10000 + ++asked}` });
	return json.request_id;
}

const records = async (state) => (await service('GET', `/consent/v1/records?person=${person.sub}&state=${state}&limit=100`)).json.records;

async function consent() {
	const page = await browser.open(`/ask/${await request()}`);
	const answer = await browser.submitOnce(page, browser.findForm(page, { having: ['answer'] }), { answer: 'give' });
	return new URL(answer.location).pathname.split('/').at(-1);
}

async function look() {
	await consent();
	const { json } = await service('POST', '/access/v1/evaluation', question(person.sub));
	return json.context.log.index;
}

const openAsk = async (target) => browser.open(`/ask/${target}`);
const answerAsk = async (target, fields) => {
	const page = await openAsk(target);
	return browser.submitOnce(page, browser.findForm(page, { having: ['answer'] }), fields);
};
const askAbout = async (target, kind) => {
	const page = await browser.open(`/accesses/${target}`);
	return browser.submitOnce(page, browser.findForm(page, { action: '/question' }), { kind, text: `Зачем смотрели запись ${target}?` });
};
const stillWaits = async (target) => (await openAsk(target)).url.endsWith(target);

const ACTIONS = {
	give: { target: request, portal: (target) => answerAsk(target, { answer: 'give', category: 'family' }), fields: { category: 'family' },
		done: async (target) => {
			const page = await openAsk(target);
			assert.match(page.url, /\/consents\/[0-9a-f-]{36}$/);
			const { json } = await service('GET', `/consent/v1/records/${page.url.split('/').at(-1)}`);
			assert.equal(json.state, 'given');
			assert.deepEqual(json.data.map(({ category, required }) => [category, required]), [['income', true], ['family', false]]);
			return json;
		} },
	refuse: { target: request, portal: (target) => answerAsk(target, { answer: 'refuse' }), done: async (target) => assert.ok(!await stillWaits(target)) },
	defer: { target: request, portal: (target) => answerAsk(target, { answer: 'later' }), done: async (target) => {
		assert.ok(await stillWaits(target), 'it stays open');
		await untilEntry(ombud, 'consent.deferred', ({ event }) => event === 'consent.deferred');
	} },
	withdraw: { target: consent, portal: async (target) => {
		const page = await browser.open(`/consents/${target}`);
		return browser.submitOnce(page, browser.findForm(page, { action: '/withdraw' }));
	}, done: async (target) => assert.equal((await service('GET', `/consent/v1/records/${target}`)).json.state, 'withdrawn') },
	see: { target: look, portal: () => browser.open('/accesses'), done: (target, page) => {
		assert.match(wordsOf(page.text), /Центр социальной поддержки «Северный»/);
		assert.match(page.text, new RegExp(`\\b${target}\\b`), 'with the number of the entry');
	}, targetless: true },
	question: { target: look, portal: (target) => askAbout(target, 'question'), text: true },
	complaint: { target: look, portal: (target) => askAbout(target, 'complaint'), text: true },
};

const KIND = 'social-services-agreement';

async function proposal() {
	const { json } = await service('POST', '/consent/v1/contracts', { person: person.sub, kind: KIND, number: 'NUMBER-12-2026',
		until: new Date(Date.now() + 90 * 86400e3).toISOString() });
	return json.contract_id;
}

const contracts = async () => (await service('GET', '/consent/v1/contracts?limit=100')).json.records;

for (const [name, answer, state] of [['contract', 'confirm', 'in_force'], ['contract_no', 'decline', 'declined']]) {
	ACTIONS[name] = {
		target: proposal,
		portal: async (target) => {
			const page = await browser.open('/objections');
			return browser.submitOnce(page, browser.findForm(page, { action: '/objections/contract', having: ['id'] }), { id: target, answer });
		},
		done: async (target) => {
			assert.equal((await contracts()).find(({ contract_id: id }) => id === target).state, state);
			if (state === 'in_force') { /* one of a kind at a time */
				assert.equal((await service('POST', `/consent/v1/contracts/${target}/end`)).status, 200);
			}
		},
	};
}

for (const kind of ['question', 'complaint']) {
	ACTIONS[kind].done = async (target) => {
		const page = wordsOf((await browser.open('/questions')).text);
		assert.match(page, new RegExp(`Зачем смотрели запись ${target}\\?`));
		assert.match(page, kind === 'question' ? /Вопрос/ : /Жалоба/);
		assert.match(page, /Принят, ждёт ответа/);
	};
}

const fieldsOf = (action, target) => ({ target: action.targetless ? '' : target, ...action.fields,
	...(action.text ? { text: `Зачем смотрели запись ${target}?` } : {}) });

const byCode = (channel) => async (name, action, target) => {
	const page = await prepared(operator, await openCase(operator, person.login, channel), name, fieldsOf(action, target));
	return tell(operator, page, codes[numberOn(page)]);
};

const WAYS = {
	portal: (name, action, target) => action.portal(target),
	'office with a code': byCode('office'),
	'telephone with a code': byCode('phone'),
	'office on paper': async (name, action, target) => {
		const page = await prepared(operator, await openCase(operator, person.login), name, { ...fieldsOf(action, target), way: 'paper' });
		assert.equal((await operator.open('/desk/queue')).text.includes(new URL(page.url).pathname), true);
		return second(colleague, page);
	},
};

describe('every action, every way', () => {
	for (const [name, action] of Object.entries(ACTIONS)) {
		for (const [way, run] of Object.entries(WAYS)) {
			test(`${name}: ${way}`, async () => {
				const target = await action.target();
				const answer = await run(name, action, target);
				assert.ok(answer.status === 303 || answer.status === 200, `${answer.status} ${wordsOf(answer.text ?? '').slice(0, 300)}`);
				await action.done(String(target), answer);
			});
		}
	}
});

/* ---- what stays of it ---- */

test('a contract on paper counts from the second operator on, and its entry says who the two were', async () => {
	const target = await proposal();
	const page = await prepared(operator, await openCase(operator, person.login), 'contract', { target, way: 'paper' });
	assert.match(page.text, /NUMBER-12-2026/, 'the number is read out');
	const alone = await operator.submitOnce({ ...page }, { ...operator.findForm(page, { action: '/refuse' }),
		action: `${new URL(page.url).pathname}/paper` }, { digest: 'x' });
	assert.equal(alone.status, 403, 'nobody confirms what they prepared');
	assert.equal((await contracts()).find(({ contract_id: id }) => id === target).state, 'proposed');
	assert.equal((await second(colleague, page)).status, 303);
	const { entry } = await untilEntry(ombud, 'contract.registered', ({ event, facts }) => event === 'contract.registered' && facts?.paper !== undefined);
	assert.deepEqual([entry.facts.channel, entry.facts.confirmation, entry.basis.type], ['office', 'paper', 'contract']);
	assert.match(entry.facts.assisted_by, /^opr_/);
	assert.match(entry.facts.second_operator, /^opr_/);
	assert.notEqual(entry.facts.assisted_by, entry.facts.second_operator);
	assert.doesNotMatch(JSON.stringify(entry), /NUMBER-12/);
	assert.equal((await service('POST', `/consent/v1/contracts/${target}/end`)).status, 200);
});

test('the desk answers for no contract of another organisation or person', async () => {
	const at = await openCase(operator, person.login);
	for (const target of ['0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a', '']) {
		assert.equal((await prepare(operator, at, 'contract', { target })).status, 404);
	}
});

test('a consent by code says who helped, and that the person confirmed with their own list', async () => {
	const target = await request();
	await WAYS['telephone with a code']('give', ACTIONS.give, target);
	const record = await ACTIONS.give.done(target);
	assert.deepEqual({ ...record.assisted, operator: undefined, confirmed_at: undefined },
		{ channel: 'phone', operator: undefined, organisation: NORTH, confirmation: 'hotp-list', confirmed_at: undefined });
	assert.match(record.assisted.operator, /^opr_/);
	assert.equal(record.given_by.who, 'self');
	const given = record.events.at(-1);
	assert.deepEqual([given.state, given.by, given.method, given.acr], ['given', person.sub, 'phone+hotp-list', '1']);
	const { entry: granted } = await untilEntry(ombud, 'the grant', ({ event, index }) => event === 'consent.granted' && index === given.log.index);
	assert.equal(granted.by.operator, record.assisted.operator);
	assert.equal(granted.facts.channel, 'phone');
});

test('a registered paper names its number, day, place and scan, and both operators', async () => {
	const target = await request();
	const scan = 'ab'.repeat(32);
	const page = await prepared(operator, await openCase(operator, person.login), 'give', { target, way: 'paper', ...paper({ paper: '2026-77777', paper_scan: scan }) });
	assert.match(wordsOf((await colleague.open(new URL(page.url).pathname)).text), /2026-77777/);
	assert.equal((await second(colleague, page)).status, 303);
	const address = (await openAsk(target)).url;
	const { json } = await service('GET', `/consent/v1/records/${address.split('/').at(-1)}`);
	assert.deepEqual(json.assisted.paper, { number: '2026-77777', date: '2026-11-20', kept: 'Архив, полка 4', scan_sha256: scan });
	assert.equal(json.assisted.confirmation, 'paper');
	assert.notEqual(json.assisted.second_operator, json.assisted.operator);
	assert.equal(json.events.at(-1).method, 'paper+second-operator');
	assert.deepEqual(json.data.map(({ category }) => category), ['income'], 'what nobody ticked is not in it');
	const { entry: { facts, basis } } = await untilEntry(ombud, 'the grant', ({ index }) => index === json.events.at(-1).log.index);
	const tags = [facts.assisted_tag, facts.second_tag, basis.ctag];
	assert.ok(tags.every((tag) => /^[\w-]{22}$/.test(tag)) && new Set(tags).size === 3, 'an auditor sees that these are three people');
});

test('somebody without telephone and e-mail gets an account, a card and codes, and acts with them', async () => {
	const page = await operator.open('/desk/account');
	const answer = await operator.submitOnce(page, operator.findForm(page, { action: '/desk/account' }), { name: 'Никифор Ильич Дальний', address: 'с. Озёрное, д. 3',
		document: 'паспорт гражданина РФ', number: '41 02 998877', issued: '2004-05-06', issuer: 'РОВД Озёрного района', ...paper() });
	assert.equal(answer.status, 303, wordsOf(answer.text));
	const offer = await operator.open(answer.location);
	assert.doesNotMatch(offer.text, /portal-codes/, 'who prepared it sees no codes');
	const made = await second(colleague, offer);
	assert.equal(made.status, 200, wordsOf(made.text).slice(0, 300));
	const list = codesOf(made);
	const card = /\d{4}-\d{4}-\d{4}/.exec(wordsOf(made.text))[0];

	/* The colleague printed the sheet: they cannot prepare what it confirms; the first operator, who never saw it, can. */
	const theirs = await openCase(colleague, card);
	assert.equal((await prepare(colleague, theirs, 'see')).status, 409);
	const ours = await openCase(operator, card);
	const purpose = await operator.open(`${ours}/ask?service=svc_benefits_north&purpose=eligibility`);
	await operator.submit(purpose, { category: 'income' }, { action: '/ask' });
	const target = /target=(req_[^"&]+)/.exec((await operator.open(ours)).text)[1];
	const ready = await prepared(operator, ours, 'give', { target });
	const done = await tell(operator, ready, list[numberOn(ready)]);
	assert.equal(done.status, 303, wordsOf(done.text).slice(0, 300));
	assert.match(wordsOf((await operator.open(done.location)).text), /Готово/);

	/* Nobody signs in with a card, whatever they put in the place of a password. */
	const door = ombud.browser();
	const tried = await door.submit(await door.open('/login'), { login: card, password: list[5] });
	assert.equal(tried.status, 401);
});

test('a new list at the office ends the old one', async () => {
	const other = await addPerson(ombud);
	const mine = await signInPerson(ombud, other);
	const old = await newCodes(mine);
	const at = await openCase(operator, other.login);
	const waiting = await prepared(operator, at, 'see');
	const issued = await second(colleague, await prepared(operator, at, 'codes', { way: 'paper' }));
	const fresh = codesOf(issued);
	assert.equal((await tell(operator, waiting, old[numberOn(waiting)])).status, 409);
	const again = await prepared(operator, at, 'see');
	assert.equal((await tell(operator, again, fresh[numberOn(again)])).status, 200);
});

test('the person sees who looked them up, and every entry is lawful', async () => {
	const page = wordsOf((await browser.open('/accesses')).text);
	assert.match(page, /Специалист по приёму/);
	const opened = logEntries(ombud).filter(({ entry }) => entry.event === 'desk.opened');
	assert.ok(opened.length > 0 && opened.every(({ entry }) => /^opr_/.test(entry.by.operator)));
	await assertLawful(ombud);
});
