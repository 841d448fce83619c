/*
 * test_hostile_service.mjs: a service with good credentials that wants more than it is for: whose relatives its officials are, the
 * sum behind a yes or no, a person's attention, more answers than its rate; and people who ask who may see what is not theirs to know.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { masked } from '../system/lib/blind.mjs';
import { addPerson, asClient, assertProblem, entryAt, logEntries, personTokens, reconfigure, settled, signInPerson } from '../system/lib/outsider.mjs';
import { formsOf, giveConsent, question, sleep, useOmbud, wordsOf } from '../system/lib/ombud.mjs';

const UNTIL = `${new Date().getUTCFullYear() + 1}-12-31`;
const SEARCH = '/access/v1/search/';

let issuer;
let service;
let officer; /* works at the service, and represents parent */
let parent; /* has nothing to do with the service until the tests say so */
let theirs; /* browsers */
let own;

const nobody = () => `sub_${randomBytes(32).toString('base64url').replace(/[^A-Za-z0-9]/g, 'x').slice(0, parent.sub.length - 4)}`;
const evaluate = async (body) => {
	const answer = await service('POST', '/access/v1/evaluation', body);
	assert.equal(answer.status, 200, answer.text);
	return answer;
};
const formOf = (page, name) => formsOf(page.text).find(({ action }) => action.includes(name)) ?? assert.fail(`no form ${name}: ${wordsOf(page.text)}`);
const send = async (browser, path, name, fields = {}) => {
	const page = await browser.open(path);
	return browser.submitOnce(page, formOf(page, name), fields);
};
const give = async (purpose) => {
	const offered = await send(own, '/representatives', '/offer', { purpose, action: ['see'], until: UNTIL });
	const code = /<code[^>]*id="code">([^<]+)</.exec(offered.text)?.[1];
	assert.equal((await send(theirs, '/representatives', '/accept', { code })).status, 303);
};

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	service = await started.service('svc_benefits_north');
	officer = await addPerson(started, { roles: [['org_csp_north', 'intake-officer']] });
	parent = await addPerson(started);
	theirs = await signInPerson(started, officer);
	own = await signInPerson(started, parent);
});

test('whose relatives its officials are: a service tries an official against people it has nothing to do with, and reads nothing', async () => {
	await give(['eligibility']);
	const as = (sub, changes) => {
		const body = question(sub, changes);
		body.subject.properties = { acr: '2', operator: officer.sub };
		return body;
	};
	for (const changes of [{}, { category: 'family' }, { purpose: 'emergency_aid' }, { category: 'contacts' }, { purpose: 'income_below' }]) {
		const [known, relative, self] = await Promise.all([nobody(), parent.sub, officer.sub].map((sub) => evaluate(as(sub, changes))));
		assert.equal(masked(relative.text), masked(known.text), JSON.stringify(changes));
		assert.equal(masked(self.text), masked(known.text), JSON.stringify(changes));
	}
	/* A law would permit the look: it is refused in the words for everybody. */
	const law = await evaluate(as(parent.sub, { category: 'disability' }));
	assert.equal(law.json.decision, false, law.text);
	assert.equal(law.json.context.reason, 'consent_missing');
	/* Whoever deals with the person is told what is wrong. */
	await giveConsent(ombud, service, own, parent.sub);
	assert.equal((await evaluate(as(parent.sub))).json.context.reason, 'sod_conflict');
	assert.equal((await evaluate(question(parent.sub))).json.decision, true);
});

test('who is there at all: whoever is named as an operator and is none is named in no entry, known or not', async () => {
	const shapes = [];
	const elsewhere = await addPerson(ombud, { kind: 'staff', roles: [['org_fund_home', 'charity-worker']] });
	for (const operator of [(await addPerson(ombud)).sub, parent.sub, nobody(), elsewhere.sub]) {
		const body = question(nobody());
		body.subject.properties.operator = operator;
		const answer = await evaluate(body);
		const { entry } = await entryAt(ombud, answer.json.context.log.index);
		const search = await service('POST', `${SEARCH}action`, { subject: body.subject, resource: body.resource });
		assert.equal(search.status, 200, search.text);
		const { entry: searched } = await entryAt(ombud, search.json.context.log.index);
		shapes.push(JSON.stringify([answer.json.context.reason, entry.by, searched.by]));
	}
	assert.equal(new Set(shapes).size, 1, shapes.join('\n'));
	const body = question(nobody());
	body.subject.properties.operator = (await addPerson(ombud, { kind: 'staff', roles: [['org_csp_north', 'intake-officer']] })).sub;
	assert.match((await entryAt(ombud, (await evaluate(body)).json.context.log.index)).entry.by.operator, /^opr_/);
});

test('what a representative may see: a search without a purpose shows nothing of those that the mandate is not for', async () => {
	await giveConsent(ombud, service, own, parent.sub, { purpose: 'income_below' });
	const { access_token: token } = await personTokens(ombud, theirs, 'web_portal', 'openid audit:read');
	const { access_token: mine } = await personTokens(ombud, own, 'web_portal', 'openid audit:read');
	const shown = async (access) => {
		const purposes = new Set();
		for (const name of ['read', 'verify']) {
			for (const [path, body] of [['subject', { subject: { type: 'service' }, action: { name } }],
				['action', { subject: { type: 'service', id: 'svc_benefits_north' } }]]) {
				const answer = await ombud.web().request('POST', `${issuer}${SEARCH}${path}`,
					{ token: access, json: { ...body, resource: { type: 'income', id: parent.sub } } });
				assert.equal(answer.status, 200, answer.text);
				answer.json.results.forEach(({ properties }) => properties.purposes.forEach(({ purpose }) => purposes.add(purpose)));
			}
		}
		return [...purposes].sort();
	};
	const all = await shown(mine);
	assert.ok(all.includes('income_below') && all.includes('eligibility'), all.join());
	assert.deepEqual(await shown(token), ['eligibility']);
});

test('which pseudonym is a relative: naming an official in a search about oneself changes nothing', async () => {
	const { access_token: mine } = await personTokens(ombud, own, 'web_portal', 'openid audit:read');
	const ask = async (properties) => {
		const answer = await ombud.web().request('POST', `${issuer}${SEARCH}subject`, { token: mine, json: { subject: { type: 'service', properties },
			action: { name: 'read' }, resource: { type: 'income', id: parent.sub } } });
		assert.equal(answer.status, 200, answer.text);
		return answer.json.results;
	};
	const without = await ask({});
	assert.ok(without.length > 0);
	assert.deepEqual(await ask({ operator: officer.sub }), without);
	assert.deepEqual(await ask({ operator: parent.sub }), without);
});

test('the sum behind yes or no: whoever may only verify does not ask often enough to find it by halves', async () => {
	const body = question(parent.sub, { purpose: 'income_below' });
	body.action.name = 'verify';
	const answers = await Promise.all(Array.from({ length: 24 }, () => evaluate(body)));
	const permits = answers.filter(({ json }) => json.decision);
	assert.equal(permits.length, 3);
	assert.ok(answers.every(({ json }) => json.decision || json.context.reason === 'limit_frequency'));
	/* Nor in a batch, as a dry run, or with a retry of the same request. */
	const batch = await service('POST', '/access/v1/evaluations', { ...body, evaluations: Array.from({ length: 50 }, () => ({})) }, { headers: { 'x-request-id': 'again' } });
	assert.equal(batch.status, 200, batch.text);
	assert.ok(batch.json.evaluations.every(({ decision }) => !decision));
	assert.equal((await evaluate({ ...body, context: { dry_run: true } })).json.decision, false);
});

test('a ticket is for its register: as a token of its own it opens nothing, and no token is exchanged for it', async () => {
	const permit = (await evaluate(question(parent.sub))).json.context;
	const tickets = [permit.ticket, `${permit.ticket.split('.').slice(0, 2).join('.')}.`];
	for (const token of tickets) {
		for (const [method, path, json] of [['POST', '/access/v1/evaluation', question(parent.sub)], ['POST', `/access/v1/outcomes/${permit.evaluation_id}`, { outcome: 'empty' }],
			['GET', '/consent/v1/records'], ['GET', '/verify'], ['GET', '/access/v1/entries'], ['GET', '/oauth2/userinfo'], ['GET', '/consent/v1/questions'], ['GET', '/grants']]) {
			const answer = await ombud.web().request(method, `${issuer}${path}`, { token, json });
			assert.equal(answer.status, 401, `${method} ${path}: ${answer.status} ${answer.text}`);
		}
	}
	const known = await asClient(ombud, 'svc_legacy', '/oauth2/introspect', { token: permit.ticket });
	assert.deepEqual(known.json, { active: false });
});

/* From here on the bounds are those of an installation, not of a demonstration. */
test('a batch is no way around the rate of a service, and what is refused has decided nothing', async () => {
	await reconfigure(ombud, (text) => text.replace(/^rate_factor: .*$/m, 'rate_factor: 1'));
	const fifty = { ...question(parent.sub), evaluations: Array.from({ length: 50 }, () => ({})) };
	service = await ombud.service('svc_benefits_north'); /* 50/s */
	await settled(ombud);
	const so_far = logEntries(ombud).filter(({ entry }) => entry.event === 'access.decided').length;
	const answers = await Promise.all(Array.from({ length: 24 }, () => service('POST', '/access/v1/evaluations', fifty)));
	const served = answers.filter(({ status }) => status === 200);
	const refused = answers.filter(({ status }) => status !== 200);
	assert.ok(served.length > 0 && refused.length > 0, answers.map(({ status }) => status).join());
	refused.forEach((answer) => {
		assertProblem(answer, 429, 'rate_limited');
		assert.ok(Number(answer.headers['retry-after']) > 0);
	});
	await settled(ombud);
	const decided = logEntries(ombud).filter(({ entry }) => entry.event === 'access.decided').length - so_far;
	assert.equal(decided, 50 * served.length);
});

test('a person buried in requests: one that is worded ever anew is asked a hundred times a day, and of nobody as often', async () => {
	const ends = [];
	const beyondRate = ({ status, json }) => status === 429 && /more often than it may/.test(json.detail);
	for (const sub of [(await addPerson(ombud)).sub, nobody()]) {
		const ask = async (i) => {
			const body = { person: sub, purpose: 'eligibility', categories: ['income'], case: `2026-${i}` };
			let got = await service('POST', '/consent/v1/requests', body);
			for (; beyondRate(got); got = await service('POST', '/consent/v1/requests', body)) {
				await sleep(1000 * Number(got.headers['retry-after']));
			}
			return got;
		};
		let made = 0;
		let answer;
		for (let i = 0; i < 110 && (answer = await ask(i)).status === 201; i++) {
			made++;
		}
		ends.push([made, answer.status, masked(answer.text), Number(answer.headers['retry-after']) > 0]);
		assertProblem(answer, 429, 'rate_limited');
		assert.equal((await ask(0)).status, 201, 'the one that is open is the one that is open');
	}
	assert.deepEqual(ends[0], ends[1]);
	assert.equal(ends[0][0], 100);
});
