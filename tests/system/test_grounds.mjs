/*
 * test_grounds.mjs: what a look may rest on besides consent, and what stops it: contracts that the person has confirmed,
 * objections, restrictions. What others try with them is in here, too.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, assertLawful, assertProblem, bearer, entryAt, logEntries, personTokens, signInPerson } from './lib/outsider.mjs';
import { giveConsent, question, useOmbud } from './lib/ombud.mjs';

const KIND = 'social-services-agreement';
let issuer;
let service;
let person;
let browser;
let mine; /* the person's own client */
let foreign; /* another person's */

const clientOf = async (ombud, of) => {
	const { access_token: token } = await personTokens(ombud, of, 'mobile_app', 'openid consent:manage');
	return (method, path, body) => ombud.web().request(method, `${issuer}${path}`, { headers: bearer(token), ...body && { json: body } });
};

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	service = await started.service('svc_benefits_north');
	person = await addPerson(started);
	browser = await signInPerson(started, person);
	mine = await clientOf(started, browser);
	foreign = await clientOf(started, await signInPerson(started, await addPerson(started)));
});

const inDays = (n) => new Date(Date.now() + n * 86400e3).toISOString();
const contract = (of, more = {}) => ({ person: of, kind: KIND, number: 'SEALED-NUMBER-77', until: inDays(100), ...more });
const decide = async (of, more) => (await service('POST', '/access/v1/evaluation', question(of, more))).json;
const care = { category: 'contacts', purpose: 'social_care' };
const reason = async (of, more) => (await decide(of, more)).context.reason;

test('a contract counts when the person has confirmed it, and until one of the two ends it', async () => {
	assert.equal(await reason(person.sub, care), 'consent_missing');
	const made = await service('POST', '/consent/v1/contracts', contract(person.sub));
	assert.equal(made.status, 201, made.text);
	const id = made.json.contract_id;
	assert.equal(await reason(person.sub, care), 'consent_missing', 'what a service says alone is no ground');
	assertProblem(await service('POST', '/consent/v1/contracts', contract(person.sub)), 409);

	assert.match((await browser.open('/inbox')).text, /objections/, 'the person is told');
	const page = await browser.open('/objections');
	assert.match(page.text, /SEALED-NUMBER-77/);
	assertProblem(await foreign('POST', `/consent/v1/contracts/${id}/answer`, { answer: 'confirm' }), 404);
	assert.equal(await reason(person.sub, care), 'consent_missing');
	await browser.submit(page, { answer: 'confirm' }, { action: '/objections/contract', having: ['id'] });

	const permit = await decide(person.sub, care);
	assert.deepEqual([permit.decision, permit.context.reason], [true, 'contract']);
	const { entry } = await entryAt(ombud, permit.context.log.index);
	assert.equal(entry.basis.type, 'contract');
	const registered = (await entryAt(ombud, entry.basis.index)).entry;
	assert.deepEqual([registered.event, registered.basis.ctag, registered.basis.recipient], ['contract.registered', entry.basis.ctag, 'svc_benefits_north']);
	assert.ok(!logEntries(ombud).map(({ bytes }) => String(bytes)).join('').includes('SEALED-NUMBER'), 'the number is nobody else\'s to read');

	const ended = await mine('POST', `/consent/v1/contracts/${id}/answer`, { answer: 'end' });
	assert.equal(ended.status, 200, ended.text);
	assert.equal(await reason(person.sub, care), 'consent_missing');
	assertProblem(await service('POST', `/consent/v1/contracts/${id}/end`, {}), 409);
});

test('a contract that the person declines never counts', async () => {
	const other = await addPerson(ombud);
	const theirs = await clientOf(ombud, await signInPerson(ombud, other));
	const { json } = await service('POST', '/consent/v1/contracts', contract(other.sub));
	assert.equal((await theirs('POST', `/consent/v1/contracts/${json.contract_id}/answer`, { answer: 'decline' })).status, 200);
	assert.equal(await reason(other.sub, care), 'consent_missing');
	assertProblem(await theirs('POST', `/consent/v1/contracts/${json.contract_id}/answer`, { answer: 'confirm' }), 409);
});

test('a service that is declined again and again may not ask for ever', async () => {
	const tired = await addPerson(ombud);
	const theirs = await clientOf(ombud, await signInPerson(ombud, tired));
	for (let i = 0; i < 10; i++) {
		const made = await service('POST', '/consent/v1/contracts', contract(tired.sub));
		assert.equal(made.status, 201, made.text);
		assert.equal((await theirs('POST', `/consent/v1/contracts/${made.json.contract_id}/answer`, { answer: 'decline' })).status, 200);
	}
	assertProblem(await service('POST', '/consent/v1/contracts', contract(tired.sub)), 429, 'rate_limited');
	assert.equal((await theirs('GET', '/consent/v1/contracts')).json.records.length, 10);
});

test('no service registers what no purpose of it rests on, nor for ever, nor confirms for the person', async () => {
	for (const more of [{ kind: 'loan' }, { until: inDays(-1) }, { until: inDays(20000) }, { from: inDays(5), until: inDays(4) }]) {
		assertProblem(await service('POST', '/consent/v1/contracts', contract(person.sub, more)), 400);
	}
	assert.equal((await service('POST', '/consent/v1/contracts', contract('sub_nobody'))).status, 201, 'whether there is somebody is not told');
	const { json } = await service('POST', '/consent/v1/contracts', contract(person.sub));
	assertProblem(await service('POST', `/consent/v1/contracts/${json.contract_id}/answer`, { answer: 'confirm' }), 403);
	assertProblem(await mine('POST', '/consent/v1/contracts', contract(person.sub)), 403);
	assert.equal((await mine('GET', '/consent/v1/contracts')).json.records.length, 2);
	assert.deepEqual((await foreign('GET', '/consent/v1/contracts')).json.records, []);
});

test('an objection stops the purpose at once, and lifting it opens it again', async () => {
	await giveConsent(ombud, service, browser, person.sub, { categories: ['income', 'family'] });
	assert.equal(await reason(person.sub), 'consent_valid');
	assert.equal((await mine('POST', '/consent/v1/objections', { purpose: 'eligibility', category: 'income' })).status, 200);
	assert.equal(await reason(person.sub), 'objection');
	assert.equal(await reason(person.sub, { category: 'family' }), 'consent_valid', 'only what was named');
	assert.equal(await reason(person.sub, { category: 'disability' }), 'statute');
	await browser.submit(await browser.open('/objections'), { what: 'eligibility' }, { action: '/objections/set' });
	assert.equal(await reason(person.sub, { category: 'disability' }), 'objection', 'a statute does not pass it');
	assertProblem(await foreign('POST', '/consent/v1/objections/lift', { purpose: 'eligibility' }), 404);
	assert.equal((await mine('POST', '/consent/v1/objections/lift', { purpose: 'eligibility' })).status, 200);
	assert.equal((await mine('POST', '/consent/v1/objections/lift', { purpose: 'eligibility', category: 'income' })).status, 200);
	assert.equal(await reason(person.sub), 'consent_valid');
	assertProblem(await mine('POST', '/consent/v1/objections/lift', { purpose: 'eligibility' }), 404);
});

test('there is no objection to a purpose that admits none, to another category, or by a service', async () => {
	for (const body of [{ purpose: 'emergency_aid' }, { purpose: 'nothing' }, { purpose: '*' }, { purpose: 'eligibility', category: 'health' }, {}]) {
		assertProblem(await mine('POST', '/consent/v1/objections', body), 400);
	}
	assertProblem(await service('POST', '/consent/v1/objections', { purpose: 'eligibility' }), 403);
});

test('no permit stands behind an objection in the log, however many decide meanwhile', async () => {
	let going = true;
	const deciders = Array.from({ length: 16 }, async () => {
		const permits = [];
		while (going) {
			const { decision, context } = await decide(person.sub);
			if (decision) {
				permits.push(context.log.index);
			}
		}
		return permits;
	});
	assert.equal((await mine('POST', '/consent/v1/objections', { purpose: 'eligibility' })).status, 200);
	const after = await reason(person.sub);
	going = false;
	const permits = (await Promise.all(deciders)).flat();
	assert.equal(after, 'objection');
	await assertLawful(ombud);
	const set = logEntries(ombud).findLast(({ entry }) => entry.event === 'objection.set');
	assert.ok(permits.every((index) => index < set.index), `${set.index}: ${Math.max(...permits)}`);
	assert.equal((await mine('POST', '/consent/v1/objections/lift', { purpose: 'eligibility' })).status, 200);
});

test('a restriction stops all, and only whoever set it lifts it', async () => {
	await browser.submit(await browser.open('/objections'), { reason: 'SECRET-REASON' }, { action: '/objections/restrict' });
	assert.equal(await reason(person.sub), 'restricted_person');
	assert.equal(await reason(person.sub, { category: 'disability' }), 'restricted_person');
	assertProblem(await foreign('POST', '/consent/v1/restriction/lift', {}), 404);
	assert.ok(!logEntries(ombud).map(({ bytes }) => String(bytes)).join('').includes('SECRET-REASON'));
	assert.equal((await mine('POST', '/consent/v1/restriction/lift', {})).status, 200);
	assert.equal(await reason(person.sub), 'consent_valid');
	assertProblem(await mine('POST', '/consent/v1/restriction', { until: inDays(-1) }), 400);
});

test('an unknown person and one without relation are refused in the same words, whatever the basis', async () => {
	const stranger = await addPerson(ombud);
	const theirs = await clientOf(ombud, await signInPerson(ombud, stranger));
	assert.equal((await theirs('POST', '/consent/v1/restriction', {})).status, 200);
	const plain = ({ decision, context }) => JSON.stringify({ decision, ...context, evaluation_id: 0, log: 0, access_request: 0 });
	for (const more of [{}, { category: 'disability' }, care]) {
		assert.equal(plain(await decide(stranger.sub, more)), plain(await decide('sub_nobody_at_all', more)), JSON.stringify(more));
	}
});

test('the log of all this is lawful', () => assertLawful(ombud));
