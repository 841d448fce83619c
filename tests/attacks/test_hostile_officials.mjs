/*
 * test_hostile_officials.mjs: what an official tries with a token of the administration instead of the desk, in another
 * organisation's matters and in their own, and what a representative tries for the organisation that pays them.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { addPerson, adminToken, assertLawful, assertProblem, bearer, signInPerson, untilEntry } from '../system/lib/outsider.mjs';
import { formsOf, giveConsent, question, until, useOmbud, wordsOf } from '../system/lib/ombud.mjs';

const NORTH = 'org_csp_north';
const DESK = 'assist-desk';
const UNTIL = `${new Date().getUTCFullYear() + 1}-12-31`;

let north;
let web;
let person;
let record;
let colleague; /* helps at this organisation's desk */
let token;
let foreign; /* a token of somebody who has the same role elsewhere */

const formOf = (page, action) => formsOf(page.text).find((one) => one.action.endsWith(action)) ?? assert.fail(`no form ${action}: ${wordsOf(page.text)}`);
const send = async (browser, path, action, fields = {}) => {
	const page = await browser.open(path);
	return browser.submitOnce(page, formOf(page, action), fields);
};
const admin = (method, path, as, json) => web.request(method, `${ombud.demo.issuer}/admin/v1/consents${path}`, { json, headers: bearer(as) });
const permitted = async (sub = person.sub) => (await north('POST', '/access/v1/evaluation', question(sub))).json.decision;
const consentOf = (browser, sub) => giveConsent(ombud, north, browser, sub);

const ombud = useOmbud({ before, after }, async (started) => {
	web = started.web();
	north = await started.service('svc_benefits_north');
	person = await addPerson(started);
	colleague = await addPerson(started, { kind: 'staff', roles: [[NORTH, DESK]] });
	token = await adminToken(started, await signInPerson(started, colleague));
	foreign = await adminToken(started, await signInPerson(started, await addPerson(started, { kind: 'staff', roles: [['org_housing', DESK]] })), 'org_housing');
	record = await giveConsent(started, north, await signInPerson(started, person), person.sub);
});

describe('with a token of the administration an official', () => {
	test('neither reads nor ends a consent to another organisation', async () => {
		for (const query of [`person=${person.sub}`, 'service=svc_benefits_north']) {
			const theirs = await admin('GET', `?${query}`, foreign);
			assert.equal(theirs.status, 200);
			assert.deepEqual(theirs.json.records, [], query);
		}
		assertProblem(await admin('GET', `/${record}`, foreign), 404);
		assertProblem(await admin('POST', `/${record}/revoke`, foreign, { why: 'officer' }), 404);
		assertProblem(await admin('POST', `/${record}/invalidate`, foreign, { why: 'error' }), 404);
		assert.equal(await permitted(), true);
	});

	test('does not take a consent back alone, as if the person had', async () => {
		assertProblem(await admin('POST', `/${record}/withdraw`, foreign, {}), 403, 'second_person');
		assertProblem(await admin('POST', `/${record}/withdraw`, token, {}), 403, 'second_person');
		assert.equal(await permitted(), true);
	});

	test('ends neither their own consent nor a relative\'s, which a colleague does', async () => {
		const own = await consentOf(await signInPerson(ombud, colleague), colleague.sub);
		assertProblem(await admin('POST', `/${own}/revoke`, token, { why: 'officer' }), 403, 'conflict_of_interest');
		assert.equal(await permitted(colleague.sub), true);
		const other = await addPerson(ombud, { kind: 'staff', roles: [[NORTH, DESK]] });
		const theirs = await adminToken(ombud, await signInPerson(ombud, other));
		assert.equal((await admin('GET', `?person=${colleague.sub}`, theirs)).json.records.length, 1);
		assert.equal((await admin('POST', `/${own}/revoke`, theirs, { why: 'officer' })).status, 200);
		assert.equal(await permitted(colleague.sub), false);
	});
});

test('an administrator sets neither a password of their own without the old one nor lifts what was said about them', async () => {
	const self = await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'admin']] });
	const own = await signInPerson(ombud, self);
	const theirs = await adminToken(ombud, own);
	for (const [path, json] of [['reset', { password: 'quartz-heron-of-the-thief' }], ['reset', {}], ['status', { status: 'active' }],
		['restriction', { restricted: false }]]) {
		assertProblem(await web.post(`${ombud.demo.issuer}/admin/v1/people/${self.sub}/${path}`, { json, headers: bearer(theirs) }), 403, 'own_matter');
	}
	assert.equal((await web.post(`${ombud.demo.issuer}/admin/v1/people/${person.sub}/status`, { json: { status: 'active' }, headers: bearer(theirs) })).status, 200);
	assert.equal(new URL((await own.open('/security')).url).pathname, '/security', 'nothing of theirs has ended');
});

test('who registered a mandate answers no complaint about it, nor does who confirmed it', async () => {
	/* What names no organisation is the operator's to answer. */
	const officials = await Promise.all([1, 2, 3].map(() => addPerson(ombud, { kind: 'staff', roles: [['org_dc1', 'senior-officer']] })));
	const [first, second_, third] = await Promise.all(officials.map((one) => signInPerson(ombud, one)));
	const [ward, guardian] = [await addPerson(ombud), await addPerson(ombud)];
	const registered = await send(first, '/desk/mandates', '/register', { kind: 'guardian', person: ward.login, representative: guardian.login,
		document: 'решение опеки', number: '17-45', issued: '2026-02-01', issuer: 'Опека', until: UNTIL });
	assert.equal(registered.status, 303, wordsOf(registered.text));
	const listed = await second_.open('/desk/mandates');
	const path = /"(\/desk\/mandates\/[\w-]{10,})"/.exec(listed.text)?.[1] ?? assert.fail(wordsOf(listed.text));
	assert.equal((await send(second_, path, '/confirm')).status, 303);
	const own = await signInPerson(ombud, ward);
	const { index } = await untilEntry(ombud, 'the mandate', ({ event, facts }) => event === 'mandate.granted' && facts?.kind === 'guardian');
	const asked = await send(own, `/accesses/${index}`, '/question', { kind: 'complaint', text: 'Я этого человека не знаю.' });
	assert.equal(asked.status, 303, wordsOf(asked.text));
	const question_ = await until('the complaint waits', async () => /"(\/desk\/questions\/qst_[\w-]+)"/.exec((await third.open('/desk/questions')).text)?.[1]);
	for (const party of [first, second_]) {
		const page = await party.open(question_);
		assert.equal(page.status, 403, wordsOf(page.text).slice(0, 200));
	}
	assert.equal((await send(third, question_, '/answer', { text: 'Мы это проверим.' })).status, 303);
});

test('a power of attorney is not used to say yes to the organisation that pays its holder', async () => {
	const giver = await addPerson(ombud);
	const own = await signInPerson(ombud, giver);
	const holder = await signInPerson(ombud, await addPerson(ombud, { kind: 'staff', roles: [[NORTH, 'intake-officer']] }));
	const offer = await send(own, '/representatives', '/offer', { purpose: ['eligibility'], action: ['see', 'give'], until: UNTIL });
	const code = /<code[^>]*id="code">([^<]+)</.exec(offer.text)[1];
	assert.equal((await send(holder, '/representatives', '/accept', { code })).status, 303);
	assert.equal((await send(holder, '/representatives', '/act')).status, 303);
	const asked = await north('POST', '/consent/v1/requests', { person: giver.sub, purpose: 'eligibility', categories: ['income'] });
	const path = new URL(asked.json.form_url).pathname;
	const refused = await send(holder, path, '/ask/'.concat(path.split('/').at(-1)), { answer: 'give' });
	assert.equal(refused.status, 403, wordsOf(refused.text));
	assert.match(refused.text, /conflict_of_interest/);
	assert.equal(await permitted(giver.sub), false);
	assert.equal((await send(own, path, path, { answer: 'give' })).status, 303, 'the person says yes themselves');
	assert.equal(await permitted(giver.sub), true);
});

test('the log judges all of it lawful', () => assertLawful(ombud));
