/*
 * test_assistance.mjs: what an operator who means harm would try at the desk: finishing alone, confirming as somebody else, using
 * a code twice or for something else, showing one text and confirming another, finding out who is known.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sql } from '../system/lib/database.mjs';
import { addPerson, assertLawful, logEntries, newSnils, signInPerson, untilEntry } from '../system/lib/outsider.mjs';
import { lookUp, newCodes, numberOn, openCase, paper, prepare, prepared, second, tell } from '../system/lib/desk.mjs';
import { codeAt, currentStep, signInThrough, useOmbud, wordsOf } from '../system/lib/ombud.mjs';

const NORTH = 'org_csp_north';

let service;
let operator;
let colleague;
let stranger; /* an operator of another organisation */
let person;
let browser;
let codes;

const ombud = useOmbud({ before, after }, async (started) => {
	service = await started.service('svc_benefits_north');
	operator = await started.signIn('operator');
	colleague = await started.signIn('operator2');
	stranger = await signInPerson(started, await addPerson(started, { kind: 'staff', roles: [['org_housing', 'intake-officer']] }));
	person = await addPerson(started);
	browser = await signInPerson(started, person);
	codes = await newCodes(browser);
});

let asked = 0;

async function request(sub = person.sub) {
	const { json } = await service('POST', '/consent/v1/requests', { person: sub, purpose: 'eligibility', categories: ['income'], optional: ['family'], case: `2026-${20000 + ++asked}` });
	return json.request_id;
}

const given = async (sub = person.sub) => (await service('GET', `/consent/v1/records?person=${sub}&state=given&limit=100`)).json.records.length;
const waiting = async (options = {}) => prepared(operator, await openCase(operator, person.login), 'give', { target: await request(), ...options });
const refused = (answer, status, words) => {
	assert.equal(answer.status, status, wordsOf(answer.text).slice(0, 300));
	if (words) {
		assert.match(answer.text, words);
	}
};

describe('an operator does not finish alone', () => {
	test('not by confirming the paper that they prepared, in this session or in another one of theirs', async () => {
		const before_ = await given();
		const page = await waiting({ way: 'paper' });
		const digest = /name="digest" value="([0-9a-f]{64})"/.exec((await colleague.open(new URL(page.url).pathname)).text)[1];
		const again = ombud.browser();
		await signInThrough(again, ombud.demo.people.operator);
		for (const who of [operator, again]) {
			const csrf = who.findForm(await who.open(new URL(page.url).pathname), { action: '/refuse' });
			refused(await who.submitOnce({ url: page.url }, { ...csrf, action: csrf.action.replace('/refuse', '/paper') }, { digest }), 403, /second_person/);
		}
		assert.equal(await given(), before_);
		assert.equal((await second(colleague, page)).status, 303);
		const { entry } = await untilEntry(ombud, 'that the colleague read it', ({ event, facts }) => event === 'desk.opened' && facts?.way === 'paper');
		assert.equal(entry.about.length, 1);
		assert.equal(await given(), before_ + 1);
	});

	test('not without a code, with another number, with a code for signing in, or by guessing', async () => {
		const before_ = await given();
		const page = await waiting();
		const number = numberOn(page);
		const signIn = await codeAt(person.totp_secret, currentStep());
		for (const code of ['', codes[number + 1], signIn]) {
			refused(await tell(operator, page, code), 401);
		}
		refused(await tell(operator, page, codes[number]), 409, /offer_over/);
		assert.equal(await given(), before_);
		const { entry } = await untilEntry(ombud, 'the wrong code', ({ event, facts }) => event === 'auth.failed' && facts?.factor === 'paper_code');
		assert.match(entry.by.operator, /^opr_/);
	});

	test('attack: wrong codes at the same moment through many offers: ten of the list reach the check, and no more than the hour has', async () => {
		const official = await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'intake-officer']] });
		const theirs = await signInPerson(ombud, official);
		const someone = await addPerson(ombud);
		const someones = await signInPerson(ombud, someone);
		const list = await newCodes(someones);
		const used = () => sql(ombud, `SELECT count FROM desk_use WHERE who = '${official.sub}' AND what = 'wrong'`);
		const failures = () => sql(ombud, `SELECT failures FROM desk_codes WHERE sub = '${someone.sub}'`);
		const offers = async (count) => {
			const at = await openCase(theirs, someone.login);
			const pages = [];
			for (let i = 0; i < count; i++) {
				pages.push(await prepared(theirs, at, 'see'));
			}
			return pages;
		};
		const guess = (pages) => Promise.all(pages.flatMap((page) => ['00000001', '00000002', '00000003'].map((code) => tell(theirs, page, code))));
		const wrong = (answers) => answers.filter(({ status }) => status === 401).length;

		assert.equal((await tell(theirs, ...await offers(1).then(([page]) => [page, list[numberOn(page)]]))).status, 200);
		assert.deepEqual(used(), [], 'a right code is no wrong one');
		assert.equal(wrong(await guess(await offers(5))), 10, 'of fifteen');
		assert.deepEqual(failures(), [['10']]);
		assert.deepEqual(used(), [['10']], 'what was not looked at is given back');

		await newCodes(someones);
		const more = await offers(3);
		sql(ombud, `UPDATE desk_use SET count = 18 WHERE who = '${official.sub}' AND what = 'wrong'`);
		const answers = await guess(more);
		assert.equal(wrong(answers), 2, 'twenty in an hour');
		assert.ok(answers.some(({ status }) => status === 429));
		assert.deepEqual([used(), failures()], [[['20']], [['2']]]);
	});

	test('attack: names of nobody at the same moment: ten are looked up in an hour', async () => {
		const trawler = await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'intake-officer']] }));
		const answers = await Promise.all(Array.from({ length: 16 }, (_, i) => lookUp(trawler, `nobody.at.all.${i}`)));
		assert.equal(answers.filter(({ status }) => status === 404).length, 10);
		assert.equal(answers.filter(({ status }) => status === 429).length, 6);
	});

	test('a wrong code at the desk locks nobody out of signing in', async () => {
		const fresh = await ombud.browser();
		assert.equal((await signInThrough(fresh, person)).status, 200);
	});

	test('an operator of another organisation sees and confirms nothing', async () => {
		const page = await waiting({ way: 'paper' });
		refused(await stranger.open(new URL(page.url).pathname), 404);
		assert.ok(!(await stranger.open('/desk/queue')).text.includes(new URL(page.url).pathname));
		const at = await openCase(stranger, person.login);
		const target = await request();
		refused(await stranger.open(`${at}/prepare?act=give&target=${target}`), 404);
		const form = await stranger.open(`${at}/prepare?act=see`);
		refused(await stranger.submitOnce(form, stranger.findForm(form, { having: ['prepare'] }), { prepare: 'give', target, way: 'paper', ...paper() }), 404);
	});

	test('nobody else opens a case, and a citizen has no desk', async () => {
		const at = await openCase(operator, person.login);
		refused(await colleague.open(at), 404);
		refused(await browser.open('/desk'), 403, /role_missing/);
	});
});

describe('a code is worth nothing else', () => {
	test('of 16 at once one is carried out, and never again', async () => {
		const before_ = await given();
		const page = await waiting();
		const answers = await Promise.all(Array.from({ length: 16 }, () => tell(operator, page, codes[numberOn(page)])));
		assert.equal(answers.filter(({ status }) => status === 303).length, 1, answers.map(({ status }) => status).join(' '));
		assert.equal(await given(), before_ + 1);
		refused(await operator.submitOnce(page, operator.findForm(page, { action: '/confirm' }), { code: codes[numberOn(page)] }), 409);
	});

	test('a code that was told for one offer and held back confirms no other', async () => {
		const before_ = await given();
		const first = await waiting();
		const other = await waiting();
		refused(await tell(operator, other, codes[numberOn(first)]), 401);
		assert.equal(await given(), before_);
	});

	test('it signs nobody in', async () => {
		const door = ombud.browser();
		const otp = await door.submit(await door.open('/login'), { login: person.login, password: person.password });
		assert.equal(new URL(otp.url).pathname, '/login/otp');
		refused(await door.submit(otp, { code: codes[30] }), 401);
	});

	test('an offer ends with its time', async () => {
		const page = await waiting();
		await sql(ombud, `UPDATE desk_offer SET expires_us = created_us + 1 WHERE offer_id = '${new URL(page.url).pathname.split('/').at(-1)}'`);
		refused(await tell(operator, page, codes[numberOn(page)]), 409, /offer_over/);
	});
});

describe('what was read out is what is done', () => {
	test('another hash, another target, more categories in the second form change nothing', async () => {
		const page = await waiting();
		const code = codes[numberOn(page)];
		refused(await tell(operator, page, code, { digest: 'ab'.repeat(32) }), 409, /offer_differs/);
		const other = await request();
		assert.equal((await tell(operator, page, code, { category: ['family', 'health'], target: other, way: 'paper', prepare: 'withdraw' })).status, 303);
		const { json } = await service('GET', `/consent/v1/records?person=${person.sub}&state=given&limit=1`);
		const record = (await service('GET', `/consent/v1/records/${json.records[0].record_id}`)).json;
		assert.deepEqual(record.data.map(({ category }) => category), ['income'], 'nothing that the person did not name');
		assert.ok((await browser.open(`/ask/${other}`)).url.endsWith(other), 'the other request still waits');
	});

	test('a category that was not asked for cannot be prepared', async () => {
		const at = await openCase(operator, person.login);
		for (const category of ['health', 'income', 'nothing']) {
			refused(await prepare(operator, at, 'give', { target: await request(), category }), 400);
		}
	});

	test('a text changed in the database is carried out by nobody', async () => {
		const page = await waiting();
		const id = new URL(page.url).pathname.split('/').at(-1);
		const other = new URL((await waiting()).url).pathname.split('/').at(-1);
		await sql(ombud, `UPDATE desk_offer SET content = (SELECT content FROM desk_offer WHERE offer_id = '${other}') WHERE offer_id = '${id}'`);
		const answer = await tell(operator, page, codes[numberOn(page)]);
		assert.ok(answer.status >= 400, `${answer.status}`);
	});

	test('a paper number that could be a name, a day in the future, no place: none of it is prepared', async () => {
		const at = await openCase(operator, person.login);
		const target = await request();
		for (const wrong of [{ paper: 'Иванова Анна' }, { paper: '' }, { paper_date: '2126-01-01' }, { paper_date: 'вчера' }, { paper_kept: '' }, { paper_scan: 'abc' }]) {
			refused(await prepare(operator, at, 'give', { target, way: 'paper', ...paper(wrong) }), 400);
		}
	});

	test('nothing is signed over the telephone', async () => {
		const at = await openCase(operator, person.login, 'phone');
		const page = await operator.open(`${at}/prepare?act=see`);
		assert.doesNotMatch(page.text, /name="paper"/);
		refused(await operator.submitOnce(page, operator.findForm(page, { having: ['prepare'] }), { way: 'paper', ...paper() }), 400);
	});
});

describe('nobody helps themselves', () => {
	test('an operator finds neither themselves nor confirms what is about them', async () => {
		refused(await lookUp(operator, ombud.demo.people.operator.login), 403, /conflict_of_interest/);
		const at = await openCase(operator, ombud.demo.people.operator2.login);
		const page = await prepared(operator, at, 'see', { way: 'paper' });
		refused(await colleague.open(new URL(page.url).pathname), 403, /conflict_of_interest/);
		const digest = /name="digest" value="([0-9a-f]{64})"/.exec(page.text)?.[1] ?? '0'.repeat(64);
		const form = colleague.findForm(await colleague.open('/desk'), { having: ['person'] });
		refused(await colleague.submitOnce({ url: page.url }, { ...form, action: `${new URL(page.url).pathname}/paper` }, { digest }), 403, /conflict_of_interest/);
	});

	test('who holds two duties that do not go together takes up one for the session', async () => {
		const both = await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'assist-desk'], [NORTH, 'decision-desk']] });
		const decides = await signInPerson(ombud, both);
		const choice = await decides.open('/desk');
		refused(await lookUp(decides, person.login).catch(() => ({ status: 403, text: '' })), 403);
		const form = decides.findForm(choice, { having: ['role'] });
		await decides.submitOnce(choice, form, { role: 'decision-desk' });
		refused(await decides.open('/desk'), 403, /sod_conflict/);
		await decides.submitOnce(choice, form, { role: 'assist-desk' });
		refused(await decides.open('/desk'), 403, /sod_conflict/);
	});
});

describe('looking people up', () => {
	test('by the insurance number that they show: the person sees that, the number stands nowhere, and the operator does not learn the login', async () => {
		const official = await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'intake-officer']] }));
		const number = newSnils();
		const one = await addPerson(ombud, { snils: number.text });
		const theirs = await signInPerson(ombud, one);
		for (const said of [number.text, number.digits]) {
			const answer = await lookUp(official, said);
			assert.equal(answer.status, 303, wordsOf(answer.text).slice(0, 200));
			const page = await official.open(answer.location);
			assert.match(wordsOf(page.text), /по СНИЛС/);
			assert.ok(!page.text.includes(one.login) && !page.text.includes(number.digits) && !page.text.includes(number.text));
		}
		const { entry } = await untilEntry(ombud, 'the look', ({ event, facts }) => event === 'desk.opened' && facts?.found_by === 'snils');
		assert.equal(entry.about.length, 1);
		assert.match(wordsOf((await theirs.open('/accesses')).text), /Нашли по СНИЛС/);
		assert.ok(!logEntries(ombud).some(({ bytes }) => String(bytes).includes(number.digits) || String(bytes).includes(number.text)));
	});

	test('by insurance number is bounded below the others: who tries numbers ends after ten that nobody has, and after twenty in all', async () => {
		const trawler = await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'intake-officer']] }));
		for (let i = 0; i < 10; i++) {
			refused(await lookUp(trawler, newSnils().text), 404);
		}
		refused(await lookUp(trawler, person.login), 429);
		const { entry } = await untilEntry(ombud, 'a number of nobody', ({ event, decision, facts }) => event === 'desk.opened' && decision === 'refuse' && facts.found_by === 'snils');
		assert.equal(entry.about, undefined);

		const other = await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'intake-officer']] }));
		const number = newSnils();
		await addPerson(ombud, { snils: number.text });
		for (let i = 0; i < 20; i++) {
			assert.equal((await lookUp(other, number.text)).status, 303);
		}
		refused(await lookUp(other, number.text), 429);
		assert.equal((await lookUp(other, person.login)).status, 303, 'who is asked for by login is found still');
	});

	test('a number that a service asked about before its person came opens nobody', async () => {
		const official = await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'intake-officer']] }));
		const number = newSnils();
		const asking = await ombud.service('svc_benefits_north');
		assert.equal((await asking('POST', '/consent/v1/requests', { person: { snils: number.text }, purpose: 'eligibility', categories: ['income'] })).status, 201);
		refused(await lookUp(official, number.text), 404);
	});

	test('is recorded, answers alike for whoever cannot be helped, and ends after ten misses', async () => {
		const curious = await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'intake-officer']] }));
		const words = ({ text }) => wordsOf(text).replace(/[0-9a-f]{16}-[0-9a-f]+/g, '');
		const answers = [];
		for (let i = 0; i < 10; i++) {
			answers.push(await lookUp(curious, i === 0 ? 'nobody.at.all' : `unknown.${i}`));
		}
		assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([404]));
		assert.equal(new Set(answers.map(words)).size, 1);
		const last = await lookUp(curious, person.login);
		refused(last, 429);
		assert.ok(Number(last.headers['retry-after']) > 0);
		const { entry } = await untilEntry(ombud, 'a look-up of nobody', ({ event, decision }) => event === 'desk.opened' && decision === 'refuse');
		assert.equal(entry.about, undefined);
	});

	test('there is no part of a name, and the page shows no data of the person', async () => {
		refused(await lookUp(operator, person.login.slice(0, -2)), 404);
		const page = await operator.open(await openCase(operator, person.login));
		for (const datum of [person.name, person.profile.address, person.profile.document.number, person.sub]) {
			assert.ok(!page.text.includes(datum), datum);
		}
	});
});

test('and every entry that came of it is lawful', async () => {
	await assertLawful(ombud);
});
