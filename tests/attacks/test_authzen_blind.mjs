/*
 * test_authzen_blind.mjs: what a service can find out about people by asking (decisions, searches, requests for consent): whether
 * there is somebody (bytes, work, time), other services and other people, through tokens of pages, defaults, lists and deep bodies.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { FEW, MANY, agree, deviation, headersOf, least, masked, workOf } from '../system/lib/blind.mjs';
import { addPerson, authctlJson, entryAt, logEntries, personTokens, signInPerson } from '../system/lib/outsider.mjs';
import { giveConsent, question, useOmbud } from '../system/lib/ombud.mjs';

let issuer;
let web;
let service;
let tax;
let person;
let browser;
let strangers; /* people without any relation to the service */

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	web = started.web();
	service = await started.service('svc_benefits_north');
	tax = await started.service('svc_tax');
	person = await addPerson(started);
	browser = await signInPerson(started, person);
	await giveConsent(started, service, browser, person.sub);
	strangers = [];
	for (let i = 0; i < 12; i++) {
		strangers.push((await addPerson(started)).sub);
	}
});

const subject = { type: 'service', id: 'svc_benefits_north', properties: { acr: '2' } };
const action = { name: 'read', properties: { purpose: 'eligibility' } };
const resource = (id, type = 'income') => ({ type, id });
const SEARCH = '/access/v1/search/';
/* Of somebody who is not there, in the form of the ids of those who are. */
const nobody = () => `sub_${randomBytes(32).toString('base64url').replace(/[^A-Za-z0-9]/g, 'x').slice(0, strangers[0].length - 4)}`;

/* Every question that names a person. */
const QUESTIONS = {
	evaluation: (id) => ['/access/v1/evaluation', question(id)],
	evaluations: (id) => ['/access/v1/evaluations', { subject, action, evaluations: [{ resource: resource(id) }, { resource: resource(id, 'family') }] }],
	'subject search': (id) => [`${SEARCH}subject`, { subject: { type: 'service' }, action, resource: resource(id) }],
	'action search': (id) => [`${SEARCH}action`, { subject, resource: resource(id) }],
	requests: (id) => ['/access/v1/requests', { subject, action, resource: resource(id), context: { case: '2026-9' } }],
	'consent requests': (id) => ['/consent/v1/requests', { person: id, purpose: 'eligibility', categories: ['income'], optional: ['family'], case: '2026-8' }],
};
/* What a reader of the log sees of an entry besides its words. */
const shapeOf = (entry) => [Object.keys(entry), entry.about?.map((one) => [Object.keys(one), one.tag.length, one.sealed?.length])];
/* The index of an entry that is made and published now. */
const lastEntry = async () => (await entryAt(ombud, (await service('POST', '/access/v1/evaluation', question(person.sub))).json.context.log.index)).index;
const put = async (name, id) => {
	const [path, body] = QUESTIONS[name](id);
	return service('POST', path, body);
};

test('about an unknown person and about one without relation the answers are the same, byte for byte', async () => {
	for (const name of Object.keys(QUESTIONS)) {
		const [known, unknown] = [await put(name, strangers[0]), await put(name, nobody())];
		assert.equal(unknown.status, known.status, name);
		assert.ok(known.status === 200 || known.status === 201, `${name}: ${known.text}`);
		assert.equal(masked(unknown.text), masked(known.text), name);
		assert.deepEqual(headersOf(unknown), headersOf(known), name);
		assert.equal(unknown.text.replace(/"index":\d+/g, '').length, known.text.replace(/"index":\d+/g, '').length, name);
	}
});

test('an erased and a disabled person look like one who never was', async () => {
	const gone = await addPerson(ombud);
	const off = await addPerson(ombud);
	await authctlJson(ombud, 'user', 'disable', off.sub);
	await authctlJson(ombud, 'subject', 'erase', gone.sub, '--yes', gone.sub).catch(() => authctlJson(ombud, 'subject', 'erase', gone.sub, '--confirm', gone.sub));
	for (const name of Object.keys(QUESTIONS)) {
		const expected = masked((await put(name, nobody())).text);
		assert.equal(masked((await put(name, gone.sub)).text), expected, `${name}, erased`);
		assert.equal(masked((await put(name, off.sub)).text), expected, `${name}, disabled`);
	}
});

test('a request for consent of nobody stays the same one while it is open, and leads nowhere', async () => {
	for (const name of ['requests', 'consent requests']) {
		for (const id of [nobody(), strangers[1]]) {
			const [first, again] = [await put(name, id), await put(name, id)];
			assert.equal(first.status, 201);
			assert.deepEqual(again.json, first.json);
			assert.equal((await browser.open(first.json.form_url)).status, 404, 'to anybody else it is no page');
		}
		assert.notEqual((await put(name, nobody())).json.request_id, (await put(name, nobody())).json.request_id);
	}
});

test('about an unknown person and about one without relation the work is the same: statements, calls of the keys, entries', async (t) => {
	for (const name of Object.keys(QUESTIONS)) {
		/* The first question about somebody, and a later one. */
		const first = { known: [], unknown: [] };
		const later = { known: [], unknown: [] };
		for (let i = 0; i < FEW || (i < MANY && !agree(first, later)); i++) {
			/* Nobody has asked about them before. */
			const one = { known: (await addPerson(ombud)).sub, unknown: nobody() };
			for (const who of i % 2 ? ['known', 'unknown'] : ['unknown', 'known']) {
				first[who].push(await workOf(ombud, web, () => put(name, one[who])));
				later[who].push(await workOf(ombud, web, () => put(name, one[who])));
			}
		}
		t.diagnostic(`${name}: ${least(later.known)} statements and calls`);
		assert.deepEqual(least(later.unknown), least(later.known), `${name}, later`);
		assert.deepEqual(least(first.unknown), least(first.known), `${name}, the first time`);
		assert.ok(least(first.known)[0] >= least(later.known)[0], `${name}: the first time costs a write`);
		assert.ok(least(later.known)[0] >= 1 && least(later.known).length === 2, name);
		const [known, unknown] = [await put(name, strangers[2]), await put(name, nobody())];
		const index = (answer) => answer.json.context?.log.index ?? answer.json.evaluations?.at(-1).context.log.index;
		if (index(known) !== undefined) {
			const [a, b] = [await entryAt(ombud, index(known)), await entryAt(ombud, index(unknown))];
			assert.deepEqual([a.entry.event, a.entry.reason, a.entry.decision], [b.entry.event, b.entry.reason, b.entry.decision]);
			assert.deepEqual(shapeOf(a.entry), shapeOf(b.entry), `${name}: the entry, which everybody may read`);
		}
	}
});

/* ---- contracts: a proposal to nobody is one that nobody answers ---- */

const propose = (id, more = {}) => service('POST', '/consent/v1/contracts', { person: id, kind: 'social-services-agreement', number: '12-2026', until: '2027-06-01', ...more });
const unnamed = (text, id) => text.replaceAll(id, '#').replace(/"contract_id":"[0-9a-f-]{36}"/g, '"contract_id":"#"').replace(/"from":"[^"]*"/g, '"from":"#"');

test('a contract that is proposed to nobody, or to somebody erased, is answered, listed, refused a second time and not ended as any other', async () => {
	const gone = (await addPerson(ombud)).sub;
	await authctlJson(ombud, 'subject', 'erase', gone, '--confirm', gone);
	const seen = [];
	for (const id of [(await addPerson(ombud)).sub, nobody(), gone]) {
		const made = await propose(id);
		assert.equal(made.status, 201, made.text);
		const again = await propose(id);
		const list = (await service('GET', '/consent/v1/contracts?limit=1'));
		const end = await service('POST', `/consent/v1/contracts/${made.json.contract_id}/end`, {});
		assert.equal(list.json.records[0].contract_id, made.json.contract_id);
		assert.equal(list.json.records[0].person, id);
		seen.push([made, again, end].map((one) => [one.status, unnamed(one.text, id), headersOf(one)]).concat([unnamed(JSON.stringify(list.json.records), id)]));
	}
	assert.deepEqual(seen[1], seen[0], 'who never was');
	assert.deepEqual(seen[2], seen[0], 'who was erased');
	assert.deepEqual([seen[0][1][0], seen[0][2][0]], [409, 409]);
});

test('the work of a proposal is the same whoever it is to', async (t) => {
	const works = { known: [], unknown: [] };
	const again = { known: [], unknown: [] };
	for (let i = 0; i < 5; i++) {
		const one = { known: (await addPerson(ombud)).sub, unknown: nobody() };
		for (const who of i % 2 ? ['known', 'unknown'] : ['unknown', 'known']) {
			works[who].push(await workOf(ombud, web, () => propose(one[who])));
			again[who].push(await workOf(ombud, web, () => propose(one[who])));
		}
	}
	t.diagnostic(`${least(works.known)} statements and calls`);
	assert.deepEqual(least(works.unknown), least(works.known));
	assert.deepEqual(least(again.unknown), least(again.known));
});

/* The published log is everybody's, and an answer says where its entry is: what stands there must not tell, either. */
test('the entries of both look the same, and another question of the month about the same name carries the same tag', async () => {
	for (const name of Object.keys(QUESTIONS)) {
		const tags = {};
		for (const [who, id] of [['known', (await addPerson(ombud)).sub], ['unknown', nobody()]]) {
			const from = await lastEntry();
			await put(name, id);
			await put(name, id);
			const to = await lastEntry();
			tags[who] = logEntries(ombud, from + 1).filter(({ index }) => index < to).filter(({ entry }) => ['access.decided', 'access.searched', 'consent.requested'].includes(entry.event))
				.map(({ entry }) => ({ shape: shapeOf(entry), tag: entry.about?.[0].tag }));
			assert.equal(new Set(tags[who].map(({ tag }) => tag)).size, 1, `${name}, ${who}: ${JSON.stringify(tags[who])}`);
		}
		assert.deepEqual(tags.unknown.map(({ shape }) => shape), tags.known.map(({ shape }) => shape), name);
		assert.notEqual(tags.unknown[0].tag, undefined);
		assert.notEqual(tags.unknown[0].tag, tags.known[0].tag);
	}
});

test('the times of both are of one distribution', async (t) => {
	for (const name of Object.keys(QUESTIONS)) {
		const times = { known: [], unknown: [] };
		const ids = { known: () => strangers[Math.floor(Math.random() * strangers.length)], unknown: (() => { const some = strangers.map(nobody); return () => some[Math.floor(Math.random() * some.length)]; })() };
		for (let i = 0; i < 300; i++) {
			for (const who of Math.random() < 0.5 ? ['known', 'unknown'] : ['unknown', 'known']) {
				const id = ids[who]();
				const begin = process.hrtime.bigint();
				await put(name, id);
				times[who].push(Number(process.hrtime.bigint() - begin));
			}
		}
		const z = deviation(times.known, times.unknown);
		t.diagnostic(`${name}: ${z.toFixed(2)} standard deviations`);
		assert.ok(Math.abs(z) < 6, `${name}: ${z}`);
	}
	/* The measure sees a difference where there is one. */
	assert.ok(Math.abs(deviation(Array.from({ length: 300 }, (_, i) => i), Array.from({ length: 300 }, (_, i) => i + 100))) > 6);
});

/* ---- others ---- */

test('nobody searches in another\'s name, and a person asks about nobody else', async () => {
	for (const id of ['svc_tax', 'svc_benefits_nort', 'SVC_BENEFITS_NORTH', '*', person.sub]) {
		for (const [path, body] of [[`${SEARCH}resource`, { subject: { type: 'service', id }, action, resource: { type: 'income' } }],
			[`${SEARCH}action`, { subject: { type: 'service', id }, resource: resource(person.sub) }], ['/access/v1/requests', { subject: { type: 'service', id }, action, resource: resource(person.sub) }]]) {
			const answer = await service('POST', path, body);
			assert.equal(answer.status, 403, `${path} ${id}: ${answer.text}`);
			assert.equal(answer.json.reason, 'subject_mismatch');
		}
	}
	const tokens = await personTokens(ombud, browser, 'web_portal', 'openid audit:read');
	const own = (path, json) => web.request('POST', `${issuer}${path}`, { json, token: tokens.access_token });
	const answers = [];
	for (const id of [strangers[0], nobody()]) {
		for (const [path, body] of [[`${SEARCH}subject`, { subject: { type: 'service' }, action, resource: resource(id) }], [`${SEARCH}action`, { subject, resource: resource(id) }]]) {
			const answer = await own(path, body);
			assert.equal(answer.status, 403, answer.text);
			answers.push(answer.text);
		}
	}
	assert.equal(new Set(answers).size, 1, 'known or unknown');
	assert.equal((await own(`${SEARCH}resource`, { subject, action, resource: { type: 'income' } })).status, 403);
	assert.equal((await own('/access/v1/evaluation', question(person.sub))).status, 403);
	const without = await personTokens(ombud, browser, 'web_portal', 'openid');
	assert.equal((await web.request('POST', `${issuer}${SEARCH}subject`, { json: { subject: { type: 'service' }, action, resource: resource(person.sub) }, token: without.access_token })).status, 403);
});

test('another service finds none of the people of this one', async () => {
	const theirs = await tax('POST', `${SEARCH}resource`, { subject: { type: 'service', id: 'svc_tax' }, action, resource: { type: 'income' } });
	assert.equal(theirs.status, 200, theirs.text);
	assert.deepEqual(theirs.json.results, []);
	const about = await tax('POST', `${SEARCH}subject`, { subject: { type: 'service' }, action, resource: resource(person.sub) });
	assert.deepEqual(about.json.results, [], 'nor that this one may look');
});

test('a page token is for its caller, its search and its question, and for nothing else', async () => {
	const more = await addPerson(ombud);
	await giveConsent(ombud, service, await signInPerson(ombud, more), more.sub);
	const body = { subject, action, resource: { type: 'income' } };
	const first = await service('POST', `${SEARCH}resource`, { ...body, page: { limit: 1 } });
	const token = first.json.page.next_token;
	assert.ok(token.length > 20);
	assert.ok(!Buffer.from(token, 'base64url').toString('latin1').includes(first.json.results[0].id), 'nothing can be read in it');
	const wrong = [
		['changed', `${SEARCH}resource`, { ...body, page: { token: `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}` } }],
		['cut', `${SEARCH}resource`, { ...body, page: { token: token.slice(0, -4) } }], ['doubled', `${SEARCH}resource`, { ...body, page: { token: token + token } }],
		['another category', `${SEARCH}resource`, { ...body, resource: { type: 'family' }, page: { token } }],
		['another purpose', `${SEARCH}resource`, { ...body, action: { name: 'read', properties: { purpose: 'housing' } }, page: { token } }],
		['another operator', `${SEARCH}resource`, { ...body, subject: { ...subject, properties: { acr: '1' } }, page: { token } }],
		['another context', `${SEARCH}resource`, { ...body, context: { case: '7' }, page: { token } }],
		['another limit', `${SEARCH}resource`, { ...body, page: { token, limit: 2 } }],
		['another search', `${SEARCH}action`, { subject, resource: resource(person.sub), page: { token } }],
	];
	for (const [what, path, changed] of wrong) {
		const answer = await service('POST', path, changed);
		assert.equal(answer.status, 400, `${what}: ${answer.text}`);
		assert.match(answer.json.detail, /page\.token/, what);
	}
	const stolen = await tax('POST', `${SEARCH}resource`, { ...body, subject: { type: 'service', id: 'svc_tax' }, page: { token } });
	assert.equal(stolen.status, 400, 'of another caller');
	assert.equal((await service('POST', `${SEARCH}resource`, { ...body, page: { token } })).status, 200);
	assert.equal((await service('POST', `${SEARCH}resource`, { ...body, page: { token, limit: 1 } })).status, 200);
});

test('defaults smuggle nobody in: what an item leaves out of its own subject or resource is not filled in', async () => {
	const several = async (body) => (await service('POST', '/access/v1/evaluations', body)).json.evaluations;
	const [a, b, c] = await several({ subject: { ...subject, id: 'svc_tax' }, action, resource: resource(person.sub),
		evaluations: [{}, { subject: { type: 'service' } }, { subject }] });
	assert.deepEqual([a.decision, a.context.error.status], [false, 403], 'another\'s subject by default');
	assert.deepEqual([b.decision, b.context.error.status], [false, 400], 'an id is not taken from the default');
	assert.equal(c.decision, true);
	const [d] = await several({ subject, action, resource: resource(person.sub), evaluations: [{ resource: { type: 'disability' } }] });
	assert.deepEqual([d.decision, d.context.error.status], [false, 400]);
	const [e] = await several({ subject: { ...subject, properties: { acr: '3', roles: ['senior-officer'] } }, action, resource: resource(person.sub), evaluations: [{ subject: { type: 'service', id: 'svc_benefits_north', properties: {} } }] });
	assert.equal(e.decision, true, 'the default\'s roles are not its');
});

test('large and deep bodies and doubled members end at once, and nothing of them is decided', async () => {
	const raw = (path, body) => web.request('POST', `${issuer}${path}`, { body, token: service.token, headers: { 'content-type': 'application/json' } });
	const good = JSON.stringify({ subject, action, evaluations: [{ resource: resource(person.sub) }] });
	for (const [what, path, body, statuses] of [
		['a hundred thousand items', '/access/v1/evaluations', `{"evaluations":[${'{},'.repeat(99999)}{}]}`, [400, 413]],
		['fifty-one empty items', '/access/v1/evaluations', `{"evaluations":[${'{},'.repeat(50)}{}]}`, [400]],
		['a deep context', '/access/v1/evaluations', good.replace('"evaluations"', `"context":${'{"a":'.repeat(40)}1${'}'.repeat(40)},"evaluations"`), [400]],
		['brackets without end', `${SEARCH}subject`, '['.repeat(60000), [400]],
		['evaluations twice', '/access/v1/evaluations', good.replace('}]}', '}],"evaluations":[]}'), [400]],
		['a subject twice', '/access/v1/evaluations', good.replace('{"subject"', `{"subject":${JSON.stringify({ ...subject, id: 'svc_tax' })},"subject"`), [400]],
		['a resource twice within an item', '/access/v1/evaluations', good.replace('{"resource"', '{"resource":{},"resource"'), [400]],
		['more bytes than a search may have', `${SEARCH}subject`, JSON.stringify({ x: 'y'.repeat(70000) }), [413]],
	]) {
		const answer = await raw(path, body);
		assert.ok(statuses.includes(answer.status), `${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
		assert.ok(!answer.text.includes('decision'), what);
	}
});
