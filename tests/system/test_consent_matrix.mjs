/*
 * test_consent_matrix.mjs: every state of a request and of a consent × everything that anybody can do to it. What must change changes,
 * with exactly one entry; all the rest is refused, changes nothing in the database, and is no entry of a change. And what several do
 * at once: exactly one of them wins.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from './lib/database.mjs';
import { addPerson, assertLawful, authctl, bearer, entryAt, logEntries, personTokens, signInPerson } from './lib/outsider.mjs';
import { formsOf, question, sleep, until, useOmbud, wordsOf } from './lib/ombud.mjs';

let issuer;
let web;
let service;
let other;
let person;
let browser;
let stranger;
let token;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	web = started.web();
	service = await started.service('svc_benefits_north');
	other = await started.service('svc_tax');
	person = await addPerson(started);
	browser = await signInPerson(started, person);
	stranger = await signInPerson(started, await addPerson(started));
	token = (await personTokens(started, browser, 'mobile_app', 'openid consent:manage')).access_token;
});

const csrfOf = (page) => formsOf(page.text).flatMap(({ fields }) => fields).find(({ name }) => name === 'csrf').value;
const post = async (path, fields = [], from = browser) => from.post(path, { form: [['csrf', csrfOf(await from.open('/security'))], ...fields],
	headers: { origin: issuer, 'sec-fetch-site': 'same-origin' } });
const decide = async () => (await service('POST', '/access/v1/evaluation', question(person.sub))).json;

let days = 40;
async function request(more = {}) {
	const answer = await service('POST', '/consent/v1/requests', { person: person.sub, purpose: 'eligibility', categories: ['income'],
		until: new Date(Date.now() + ++days * 86400e3).toISOString(), ...more });
	assert.equal(answer.status, 201, answer.text);
	return answer.json.request_id;
}
const stateOf = (table, key, id) => sql(ombud, `SELECT state FROM ${table} WHERE ${key} = '${id}'`)[0]?.[0];
const requestState = (id) => stateOf('consent_request', 'request_id', id);
const recordState = (id) => stateOf('consent', 'record_id', id);
const recordOf = (asked) => sql(ombud, `SELECT record_id FROM consent_request WHERE request_id = '${asked}'`)[0][0];

/* All that the database says of the life of this person's consents. */
const everything = () => sql(ombud, `SELECT 'q', request_id, state, coalesce(record_id, ''), coalesce(answered_us, 0) FROM consent_request WHERE sub = '${person.sub}'
	UNION ALL SELECT 'c', record_id, state, coalesce(renews, ''), coalesce(withdrawn_us, 0) FROM consent WHERE sub = '${person.sub}'
	UNION ALL SELECT 'e', e.record_id, e.state, '', e.seq FROM consent_event e JOIN consent c ON c.record_id = e.record_id WHERE c.sub = '${person.sub}'
	UNION ALL SELECT 'm', kind, '', '', count(*) FROM inbox WHERE sub = '${person.sub}' GROUP BY kind
	ORDER BY 1, 2, 3, 5`).map((row) => row.join(' '));

/* The entries of changes between two decisions, by name. */
const CHANGES = /^consent\.(?!read|listed|requested$)|^notice\./;
async function marked(act) {
	const from = (await decide()).context.log.index;
	const answer = await act();
	const { index } = await entryAt(ombud, (await decide()).context.log.index);
	return { answer, events: logEntries(ombud, from).filter((one) => one.index <= index && CHANGES.test(one.entry.event)).map(({ entry }) => entry.event) };
}

/* ---- who can do what ---- */

const service_ = (path, json) => service('POST', path, json);
const REQUEST_ACTS = {
	'the person gives': (id) => post(`/ask/${id}`, [['answer', 'give']]),
	'the person refuses': (id) => post(`/ask/${id}`, [['answer', 'refuse']]),
	'the person puts it off': (id) => post(`/ask/${id}`, [['answer', 'later']]),
	'the person says nothing known': (id) => post(`/ask/${id}`, [['answer', 'withdrawn']]),
	'a stranger gives': (id) => post(`/ask/${id}`, [['answer', 'give']], stranger),
	'a stranger refuses': (id) => post(`/ask/${id}`, [['answer', 'refuse']], stranger),
	'the service revokes it': (id) => service_(`/consent/v1/records/${id}/revoke`, { why: 'purpose_reached' }),
	'an officer revokes it': (id) => authctl(ombud, 'consent', 'revoke', id, '--why', 'officer'),
	'upkeep looks': () => sleep(1300),
};
const RECORD_ACTS = {
	'the person withdraws': (id) => post(`/consents/${id}/withdraw`),
	'the person renews': (id) => post(`/consents/${id}/renew`),
	'the person\'s client withdraws': (id) => web.request('POST', `${issuer}/consent/v1/records/${id}/withdraw`, { json: {}, headers: bearer(token) }),
	'a stranger withdraws': (id) => post(`/consents/${id}/withdraw`, [], stranger),
	'a stranger renews': (id) => post(`/consents/${id}/renew`, [], stranger),
	'the service revokes': (id) => service_(`/consent/v1/records/${id}/revoke`, { why: 'purpose_reached' }),
	'the service revokes as an officer': (id) => service_(`/consent/v1/records/${id}/revoke`, { why: 'officer' }),
	'the service withdraws': (id) => service_(`/consent/v1/records/${id}/withdraw`, {}),
	'another service revokes': (id) => other('POST', `/consent/v1/records/${id}/revoke`, { why: 'purpose_reached' }),
	'an officer withdraws on the person\'s word': (id) => authctl(ombud, 'consent', 'withdraw', id),
	'an officer revokes': (id) => authctl(ombud, 'consent', 'revoke', id, '--why', 'officer'),
	'an officer invalidates': (id) => authctl(ombud, 'consent', 'invalidate', id, '--why', 'error'),
	'an officer invalidates for a reason of another end': (id) => authctl(ombud, 'consent', 'invalidate', id, '--why', 'term_over'),
	'upkeep looks': () => sleep(1300),
};

/* ---- how each state comes about ---- */

const endRequest = async (id) => {
	sql(ombud, `UPDATE consent_request SET expires_us = 1 WHERE request_id = '${id}'`);
	await until('the request is over', () => requestState(id) === 'expired');
};
const REQUEST_STATES = {
	requested: () => {},
	deferred: REQUEST_ACTS['the person puts it off'],
	refused: REQUEST_ACTS['the person refuses'],
	given: REQUEST_ACTS['the person gives'],
	expired: endRequest,
};
const RECORD_STATES = {
	given: () => {},
	withdrawn: RECORD_ACTS['the person withdraws'],
	revoked: RECORD_ACTS['the service revokes'],
	invalidated: RECORD_ACTS['an officer invalidates'],
	renewed: RECORD_ACTS['the person renews'],
	expired: async (id) => {
		sql(ombud, `UPDATE consent SET until_us = from_us + 1 WHERE record_id = '${id}'`);
		await until('the term is over', () => recordState(id) === 'expired');
	},
};

async function requestIn(state) {
	const id = await request();
	await REQUEST_STATES[state](id);
	assert.equal(requestState(id), state);
	return id;
}
async function recordIn(state) {
	const id = recordOf(await requestIn('given'));
	await RECORD_STATES[state](id);
	assert.equal(recordState(id), state);
	return id;
}

/* ---- what may change: [the state after, the entry]. No row, no change. ---- */

const REQUEST_CHANGES = {
	requested: {
		'the person gives': ['given', 'consent.granted'],
		'the person refuses': ['refused', 'consent.refused'],
		'the person puts it off': ['deferred', 'consent.deferred'],
	},
	deferred: {
		'the person gives': ['given', 'consent.granted'],
		'the person refuses': ['refused', 'consent.refused'],
	},
};
const RECORD_CHANGES = {
	given: {
		'the person withdraws': ['withdrawn', 'consent.withdrawn'],
		'the person renews': ['renewed', 'consent.renewed'],
		'the person\'s client withdraws': ['withdrawn', 'consent.withdrawn'],
		'the service revokes': ['revoked', 'consent.revoked'],
		'an officer withdraws on the person\'s word': ['withdrawn', 'consent.withdrawn'],
		'an officer revokes': ['revoked', 'consent.revoked'],
		'an officer invalidates': ['invalidated', 'consent.invalidated'],
	},
};

const cells = (states, acts) => Object.keys(states).flatMap((state) => Object.keys(acts).map((act) => [state, act]));

async function tryCell({ state, act, made, run, now, changes }) {
	const id = await made(state);
	const earlier = everything();
	const { answer, events } = await marked(() => run(id));
	const wanted = changes[state]?.[act];
	const cell = `${state}: ${act} (${answer?.status} ${events})`;
	assert.equal(now(id), wanted?.[0] ?? state, cell);
	assert.deepEqual(events, wanted ? [wanted[1]] : [], cell);
	if (wanted) {
		assert.notDeepEqual(everything(), earlier, cell);
	} else {
		assert.deepEqual(everything(), earlier, cell);
		assert.ok(!(answer?.status >= 200 && answer.status < 300), cell);
	}
}

test('requests: every state × every act', async (t) => {
	const all = cells(REQUEST_STATES, REQUEST_ACTS);
	for (const [state, act] of all) {
		await tryCell({ state, act, made: requestIn, run: REQUEST_ACTS[act], now: requestState, changes: REQUEST_CHANGES });
	}
	t.diagnostic(`${all.length} cells`);
	assert.equal(all.length, 45);
});

test('consents: every state × every act', async (t) => {
	const all = cells(RECORD_STATES, RECORD_ACTS);
	for (const [state, act] of all) {
		await tryCell({ state, act, made: recordIn, run: RECORD_ACTS[act], now: recordState, changes: RECORD_CHANGES });
	}
	t.diagnostic(`${all.length} cells`);
	assert.equal(all.length, 84);
});

test('what renewed a consent goes through every end as the first one does', async () => {
	for (const [act, [state, event]] of Object.entries(RECORD_CHANGES.given)) {
		const old = await recordIn('renewed');
		const [[fresh]] = sql(ombud, `SELECT record_id FROM consent WHERE renews = '${old}'`);
		const { events } = await marked(() => RECORD_ACTS[act](fresh));
		assert.equal(recordState(fresh), state, act);
		assert.deepEqual(events, [event], act);
		assert.equal(recordState(old), 'renewed', act);
	}
});

/* ---- at once ---- */

const OUTCOMES = { given: 'consent.granted', refused: 'consent.refused', withdrawn: 'consent.withdrawn', renewed: 'consent.renewed', revoked: 'consent.revoked' };

test('yes and no 16 at once from several browsers: one of them counts, and there is one entry and one record or none', async () => {
	const browsers = [browser, await signInPerson(ombud, person), await signInPerson(ombud, person)];
	for (let round = 0; round < 3; round++) {
		const id = await request();
		const sheets = await Promise.all(browsers.map(async (one) => csrfOf(await one.open('/security'))));
		const { answer: answers, events } = await marked(() => Promise.all(Array.from({ length: 16 }, (_, i) => browsers[i % 3].post(`/ask/${id}`, {
			form: [['csrf', sheets[i % 3]], ['answer', (i + round) % 2 ? 'give' : 'refuse']], headers: { origin: issuer, 'sec-fetch-site': 'same-origin' } }))));
		assert.ok(answers.every(({ status }) => [303, 409, 503].includes(status)), answers.map(({ status }) => status).join());
		const state = requestState(id);
		assert.ok(['given', 'refused'].includes(state));
		assert.deepEqual(events, [OUTCOMES[state]]);
		assert.equal(sql(ombud, `SELECT count(*) FROM consent WHERE request_id = '${id}'`)[0][0], state === 'given' ? '1' : '0');
		assert.equal((await decide()).decision, state === 'given');
		if (state === 'given') {
			await RECORD_ACTS['the person withdraws'](recordOf(id));
		}
	}
});

test('withdrawing, renewing and revoking 16 at once: one of them counts', async () => {
	for (let round = 0; round < 3; round++) {
		const id = await recordIn('given');
		const csrf = csrfOf(await browser.open('/security'));
		const form = (path) => browser.post(path, { form: [['csrf', csrf]], headers: { origin: issuer, 'sec-fetch-site': 'same-origin' } });
		const acts = [() => form(`/consents/${id}/withdraw`), () => form(`/consents/${id}/renew`), () => RECORD_ACTS['the service revokes'](id),
			() => RECORD_ACTS['the person\'s client withdraws'](id)];
		const { answer: answers, events } = await marked(() => Promise.all(Array.from({ length: 16 }, (_, i) => acts[(i + round) % 4]())));
		assert.ok(answers.every(({ status }) => [200, 303, 404, 409, 503].includes(status)), answers.map(({ status }) => status).join());
		const state = recordState(id);
		assert.ok(['withdrawn', 'renewed', 'revoked'].includes(state), state);
		assert.deepEqual(events, [OUTCOMES[state]]);
		const fresh = sql(ombud, `SELECT record_id FROM consent WHERE renews = '${id}'`);
		assert.equal(fresh.length, state === 'renewed' ? 1 : 0);
		assert.equal((await decide()).decision, state === 'renewed');
		for (const [one] of fresh) {
			await RECORD_ACTS['the person withdraws'](one);
		}
	}
});

test('an equal open request of another optional set, term, case or way back is another request', async () => {
	const same = { until: new Date(Date.now() + 9e8).toISOString() };
	const first = await request({ ...same, optional: ['family'] });
	assert.equal(await request({ ...same, optional: ['family'] }), first);
	const others = await Promise.all([{ ...same }, { ...same, optional: [] , case: '2026-1' }, { optional: ['family'] }, { ...same, categories: ['family'], optional: ['income'] }]
		.map((more) => request(more)));
	assert.equal(new Set([first, ...others]).size, 5);
});

test('the log of all this is lawful', async () => {
	assert.doesNotMatch(wordsOf((await stranger.open('/consents')).text), /req_/);
	await assertLawful(ombud);
});
