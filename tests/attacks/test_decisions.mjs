/*
 * test_decisions.mjs: decisions as somebody would talk, guess and race them out of Ombud: other subjects, borrowed roles, levels
 * that are only claimed, limits used in parallel, withdrawals overtaken, outcomes told twice and by others.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, assertProblem, authctlJson, bearer, claimsOf, entryAt, leafOf, logEntries, personTokens, settled, signInPerson, withdrawInBrowser } from '../system/lib/outsider.mjs';
import { auditlog, giveConsent, question, sleep, useOmbud, waitPublished, withinTerm } from '../system/lib/ombud.mjs';

let issuer;
let service;
let person;
let browser;
let record;
let officer; /* holds intake-officer in the service's organisation */

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	service = await started.service('svc_benefits_north');
	person = await addPerson(started);
	browser = await signInPerson(started, person);
	officer = await addPerson(started, { kind: 'staff', roles: [['org_csp_north', 'intake-officer']] });
	record = await giveConsent(started, service, browser, person.sub);
});

const evaluate = (body) => service('POST', '/access/v1/evaluation', body);
const DEFAULT_PROPERTIES = { acr: '2' };

/* A question with other properties of the subject; the answer's { decision, reason, index }. */
async function ask({ sub = person.sub, properties = DEFAULT_PROPERTIES, action = 'read', resource = {}, ...more } = {}) {
	const body = question(sub, more);
	body.subject.properties = properties;
	body.action.name = action;
	Object.assign(body.resource, resource);
	const { status, json, text } = await evaluate(body);
	assert.equal(status, 200, text);
	assert.equal('ticket' in json.context, json.decision, 'a ticket with a permit and with nothing else');
	return { decision: json.decision, reason: json.context.reason, index: json.context.log.index, context: json.context };
}

const refused = async (reason, asked) => {
	const answer = await ask(asked);
	assert.deepEqual([answer.decision, answer.reason], [false, reason], JSON.stringify(asked));
	const { entry } = await entryAt(ombud, answer.index);
	assert.deepEqual([entry.decision, entry.reason], ['refuse', reason]);
	return answer;
};

/* ---- who asks ---- */

test('the subject is the caller, spelt exactly', async () => {
	for (const id of ['svc_tax', 'svc_legacy', 'svc-legacy.example', 'SVC_BENEFITS_NORTH', 'svc_benefits_north ', 'svc_benefits_nort',
		'svc_benefits_north\u0001', 'svc:svc_benefits_north', person.sub, '*']) {
		const body = question(person.sub);
		body.subject.id = id;
		const answer = await evaluate(body);
		assert.ok([400, 403].includes(answer.status), `${id}: ${answer.status} ${answer.text.slice(0, 200)}`);
		assert.ok(!answer.text.includes('"decision"'));
	}
});

test('the roles are those of the caller, and naming more does not help', async () => {
	assert.equal((await ask({ properties: { acr: '2', roles: ['intake-officer'] } })).decision, true);
	for (const roles of [['senior-officer'], ['admin'], ['no-such-role'], ['auditor', 'admin'], ['Intake-Officer'], ['volunteer']]) {
		await refused('role_missing', { properties: { acr: '2', roles } });
	}
});

test('an operator is a person with a role in the organisation of the caller', async () => {
	const elsewhere = await addPerson(ombud, { kind: 'staff', roles: [['org_housing', 'intake-officer']] });
	const former = await addPerson(ombud, { kind: 'staff', roles: [['org_csp_north', 'intake-officer']] });
	const disabled = await addPerson(ombud, { kind: 'staff', roles: [['org_csp_north', 'intake-officer']] });
	await authctlJson(ombud, 'role', 'revoke', '--sub', former.sub, '--organisation', 'org_csp_north', '--role', 'intake-officer');
	await authctlJson(ombud, 'user', 'disable', disabled.sub);

	const good = await ask({ properties: { acr: '2', operator: officer.sub } });
	assert.equal(good.decision, true, good.reason);
	const { entry } = await entryAt(ombud, good.index);
	assert.ok(entry.by.operator && entry.by.operator !== officer.sub, 'an official has a pseudonym in the log');
	assert.deepEqual(entry.by.roles, ['intake-officer']);
	assert.equal((await ask({ properties: { acr: '2', operator: entry.by.operator } })).decision, true, 'the pseudonym names the same');
	for (const [what, operator] of Object.entries({ elsewhere: elsewhere.sub, former: former.sub, disabled: disabled.sub, citizen: person.sub,
		nobody: 'sub_AAAAAAAAAAAAAAAAAAAAAA',
		login: officer.login, script: '<script>' })) {
		const answer = await ask({ properties: { acr: '2', operator } });
		assert.deepEqual([answer.decision, answer.reason], [false, 'role_missing'], what);
	}
});

test('a level below the role\'s is too low, and cannot be talked up by a service with a secret', async () => {
	await refused('acr_too_low', { properties: { acr: '1' } });
	await refused('acr_too_low', { properties: { acr: '1', operator: officer.sub } });
	await refused('acr_too_low', { properties: { acr: '0' } });
	await refused('acr_too_low', { properties: { operator: officer.sub } });
	for (const acr of ['9', '-1', 'two', '2 ']) {
		const answer = await ask({ properties: { acr, operator: officer.sub } });
		assert.equal(answer.decision, false, acr);
	}
	const legacy = await ombud.service('svc_legacy');
	const body = question(person.sub, { purpose: 'housing_subsidy', category: 'family' });
	Object.assign(body.subject, { id: 'svc-legacy.example', properties: { acr: '3' } });
	const { json, status, text } = await legacy('POST', '/access/v1/evaluation', body);
	assert.equal(status, 200, text);
	assert.equal(json.decision, false);
});

test("an official does not look at their own data as an official", async () => {
	const both = await addPerson(ombud, { kind: 'adult', roles: [['org_csp_north', 'intake-officer']] });
	const theirs = await signInPerson(ombud, both);
	await giveConsent(ombud, service, theirs, both.sub);

	await refused('sod_conflict', { sub: both.sub, properties: { acr: '2', operator: both.sub } });
	assert.equal((await ask({ sub: both.sub, properties: { acr: '2', operator: officer.sub } })).decision, true);
});

/* ---- what is asked ---- */

test('action, purpose and category are what policy and consent name, spelt exactly', async () => {
	for (const action of ['READ', 'write', 'delete', 'read ', '*', 'break-glass', 'assist-consent', 'person-read']) {
		assert.equal((await ask({ action })).decision, false, action);
	}
	for (const purpose of ['ELIGIBILITY', 'eligibility/3', 'eligibility ', 'Eligibility', 'nothing', '*', '']) {
		const answer = await evaluate(question(person.sub, { purpose }));
		assert.ok(answer.status === 400 || answer.json.decision === false, purpose);
	}
	for (const category of ['Income', 'income,family', '*', 'contacts', 'nothing', 'ＩＮＣＯＭＥ']) {
		assert.equal((await ask({ category })).decision, false, category);
	}
	const none = question(person.sub);
	delete none.action.properties;
	assert.equal((await evaluate(none)).json?.decision ?? false, false, 'without a purpose nothing is permitted');
	await refused('consent_scope', { category: 'family' });
	await refused('purpose_not_declared', { purpose: 'emergency_aid', category: 'contacts' });
});

test('a person whom nobody knows, one with other services and one without consent look alike', async () => {
	const shape = ({ context, decision }) => ({ decision, members: Object.keys(context).sort(), reason: context.reason, user: context.reason_user,
		link: context.access_request && new URL(context.access_request.form_url).pathname });
	const stranger = await addPerson(ombud);
	const disabled = await addPerson(ombud);
	await authctlJson(ombud, 'user', 'disable', disabled.sub);
	const unknown = shape((await evaluate(question('sub_AAAAAAAAAAAAAAAAAAAAAA'))).json);
	const legacy = await ombud.service('svc_legacy');

	for (const id of [stranger.sub, disabled.sub, 'x', '../../x', "' or 1=1", 'sub_', `${stranger.sub}x`, person.sub.toLowerCase()]) {
		assert.deepEqual(shape((await evaluate(question(id))).json), unknown, id);
	}
	const theirs = (id) => {
		const body = question(id, { purpose: 'housing_subsidy', category: 'family' });
		Object.assign(body.subject, { id: 'svc-legacy.example' });
		return legacy('POST', '/access/v1/evaluation', body);
	};
	assert.deepEqual(shape((await theirs(person.sub)).json), shape((await theirs('sub_AAAAAAAAAAAAAAAAAAAAAA')).json),
		'a consent to somebody else shows nothing');
	for (const category of ['disability', 'health']) {
		const [a, b] = [await evaluate(question('sub_AAAAAAAAAAAAAAAAAAAAAA', { category })), await evaluate(question(stranger.sub, { category }))];
		if (category === 'health') {
			assert.deepEqual(shape(a.json), shape(b.json));
		} else {
			assert.equal(a.json.decision, false, 'a statute does not open the data of nobody');
		}
	}
});

test('the caller\'s clock, flags and hints change nothing', async () => {
	await refused('consent_missing', { purpose: 'housing_subsidy', category: 'family', time: '2020-01-01T00:00:00Z' });
	for (const context of [{ time: '2099-01-01T00:00:00Z' }, { dry_run: false }, { consent: record }, { break_glass: true }, { admin: true },
		{ decision: true }]) {
		assert.equal((await ask({ purpose: 'housing_subsidy', category: 'family', ...context })).decision, false, JSON.stringify(context));
	}
	const emergency = await ask({ category: 'family', emergency: true });
	assert.equal(emergency.decision, false, 'an emergency opens only what the policy opens in one');
});

test('a dry run permits nothing: no ticket, no use of a limit, and the entry says what it was', async () => {
	const body = question(person.sub, { dry_run: true });
	const { json } = await evaluate(body);
	const { entry } = await entryAt(ombud, json.context.log.index);

	assert.equal(json.context.ticket, undefined);
	assert.equal(entry.decision, 'refuse');
	assert.ok(!JSON.stringify(entry).includes('"permit"'));
	assertProblem(await service('POST', `/access/v1/outcomes/${json.context.evaluation_id}`, { outcome: 'released', records: 1 }), 404);
});

test('a case text that may be about a person is sealed, a number of a file is not', async () => {
	for (const text of ['Иванова Анна', 'SNILS 112-233-445 95', '11223344595', 'a@b.example', 'x'.repeat(60)]) {
		const { index } = await ask({ case: text });
		const { bytes } = await entryAt(ombud, index);
		assert.equal(bytes.indexOf(text), -1, text);
	}
	const { index } = await ask({ case: '2026-00123' });
	assert.equal((await entryAt(ombud, index)).entry.case, '2026-00123');
});

/* ---- limits and terms ---- */

test('of 16 parallel questions a limit of one per month lets one through', async () => {
	const { frequency } = ombud.demo.limits;
	const someone = await addPerson(ombud);
	const theirs = await signInPerson(ombud, someone);
	const asked = await service('POST', '/consent/v1/requests', { person: someone.sub, purpose: frequency, categories: ['income'] });
	const page = await theirs.open(asked.json.form_url);
	await theirs.submit(page, { answer: 'give' }, { having: ['answer'] });
	const dry = (await evaluate(question(someone.sub, { purpose: frequency, dry_run: true }))).json;
	assert.notEqual(dry.context.reason, 'limit_frequency');

	const answers = await Promise.all(Array.from({ length: 16 }, () => ask({ sub: someone.sub, purpose: frequency })));
	assert.equal(answers.filter(({ decision }) => decision).length, 1);
	assert.ok(answers.filter(({ decision }) => !decision).every(({ reason }) => reason === 'limit_frequency'));
	assert.deepEqual(answers.find(({ decision }) => decision).context.remaining, { count: 0, per: 'P1M' });
	const again = await ask({ sub: someone.sub, purpose: frequency });
	assert.equal(again.reason, 'limit_frequency');
});

test('a range is named, lies within what is allowed, and is not turned around', async () => {
	const { range } = ombud.demo.limits;
	const someone = await addPerson(ombud);
	const theirs = await signInPerson(ombud, someone);
	const asked = await service('POST', '/consent/v1/requests', { person: someone.sub, purpose: range, categories: ['income'] });
	await theirs.submit(await theirs.open(asked.json.form_url), { answer: 'give' }, { having: ['answer'] });
	const day = (offset) => new Date(Date.now() + offset * 86400e3).toISOString().slice(0, 10);
	const within = (from, to) => ask({ sub: someone.sub, purpose: range, resource: { properties: { range: { from, to } } } });

	assert.equal((await within(day(-300), day(-1))).decision, true);
	for (const [from, to] of [[day(-2000), day(-1)], [day(-1), day(-300)], ['1970-01-01', '9999-12-31'], [day(-800), day(-700)]]) {
		const answer = await within(from, to);
		assert.deepEqual([answer.decision, answer.reason], [false, 'limit_range'], `${from} ${to}`);
	}
	assert.equal((await ask({ sub: someone.sub, purpose: range })).decision, false, 'no range is no question');
	for (const bad of [{ from: 'x', to: day(0) }, { from: day(0) }, 'x', [], { from: 5, to: 6 }]) {
		const body = question(someone.sub, { purpose: range });
		body.resource.properties = { range: bad };
		assertProblem(await evaluate(body), 400);
	}
});

test('a consent of seconds ends by itself, and its last permit does not outlive it', async () => {
	const someone = await addPerson(ombud);
	const theirs = await signInPerson(ombud, someone);
	const { end, done: permit } = await withinTerm(async (term) => {
		await giveConsent(ombud, service, theirs, someone.sub, { until: new Date(term).toISOString() });
		return ask({ sub: someone.sub });
	});

	assert.equal(permit.decision, true);
	assert.ok(Date.parse(permit.context.valid_until) <= end + 1000, 'the ticket ends with the consent');
	assert.ok(claimsOf(permit.context.ticket).exp * 1000 <= end + 1000);
	await sleep(Math.max(end - Date.now(), 0) + 1100);
	const after_ = await ask({ sub: someone.sub });
	assert.deepEqual([after_.decision, after_.reason], [false, 'consent_expired']);
});

/* ---- withdrawal under load ---- */

test('no permit stands behind a withdrawal, however many ask at that moment', async () => {
	const someone = await addPerson(ombud);
	const theirs = await signInPerson(ombud, someone);
	const token = (await personTokens(ombud, theirs, 'web_portal', 'openid consent:manage')).access_token;
	const speakers = await Promise.all(Array.from({ length: 4 }, () => ombud.service('svc_benefits_north')));
	let permits = 0;

	for (let round = 0; round < 6; round++) {
		const given = await giveConsent(ombud, service, theirs, someone.sub);
		const answers = [];
		let withdrawnAt = Infinity;
		let stop = false;
		const deciders = Array.from({ length: 32 }, async (_, i) => {
			while (!stop) {
				const began = Date.now();
				const { status, json } = await speakers[i % speakers.length]('POST', '/access/v1/evaluation', question(someone.sub));
				answers.push({ began, status, json });
			}
		});
		await sleep(60 + Math.random() * 150);
		const done = round % 2 === 0
			? (await ombud.web().post(`${issuer}/consent/v1/records/${given}/withdraw`, { headers: bearer(token), json: {} })).status
			: (await withdrawInBrowser(theirs, given)).status;
		assert.equal(done, 200);
		withdrawnAt = Date.now();
		await sleep(100);
		stop = true;
		await Promise.all(deciders);

		const events = (await service('GET', `/consent/v1/records/${given}`)).json.events;
		const withdrawal = events.find(({ state }) => state === 'withdrawn').log.index;
		const granted = events.find(({ state }) => state === 'given').log.index;
		for (const { began, status, json } of answers) {
			assert.ok(status === 200 || status === 429 || status === 503, `${status}`);
			if (status !== 200) {
				continue;
			}
			if (json.decision) {
				permits++;
				assert.ok(json.context.log.index < withdrawal && json.context.log.index > granted,
					`permit ${json.context.log.index}, withdrawal ${withdrawal}`);
				assert.ok(began <= withdrawnAt, 'asked after the answer to the withdrawal, and permitted');
			}
		}
		assert.ok(answers.some(({ json }) => json?.context?.reason === 'consent_withdrawn'), 'somebody was refused');
	}
	assert.ok(permits > 20, `${permits} permits`);
	const { dir, vkey } = ombud.demo.log;
	await waitPublished(dir, (await ask()).index);
	const { status, text } = await auditlog('verify', dir, '--key', vkey, '--lawful');
	assert.equal(status, 0, text);
});

test('a grant permits from its own entry on, and not before', async () => {
	const someone = await addPerson(ombud);
	const theirs = await signInPerson(ombud, someone);
	const asked = await service('POST', '/consent/v1/requests', { person: someone.sub, purpose: 'eligibility', categories: ['income'] });
	const page = await theirs.open(asked.json.form_url);
	const answers = [];
	let stop = false;
	const deciders = Array.from({ length: 16 }, async () => {
		while (!stop) {
			answers.push((await evaluate(question(someone.sub))).json);
		}
	});
	await theirs.submit(page, { answer: 'give' }, { having: ['answer'] });
	await sleep(100);
	stop = true;
	await Promise.all(deciders);
	const records = (await service('GET', `/consent/v1/records?person=${someone.sub}`)).json.records;
	const granted = (await service('GET', `/consent/v1/records/${records[0].record_id}`)).json.events.find(({ state }) => state === 'given').log.index;

	for (const { decision, context } of answers.filter((one) => one.decision)) {
		assert.ok(decision && context.log.index > granted, `permit ${context.log.index}, grant ${granted}`);
	}
	assert.ok(answers.at(-1).decision);
});

/* ---- outcomes ---- */

test('of 16 parallel and different outcomes one holds', async () => {
	const { context } = await ask({ category: 'disability' });
	const path = `/access/v1/outcomes/${context.evaluation_id}`;
	const answers = await Promise.all(Array.from({ length: 16 }, (_, i) => service('POST', path, { outcome: 'released', records: i })));
	const held = answers.filter(({ status }) => status >= 200 && status < 300);

	assert.equal(held.length, 1, answers.map(({ status, text }) => `${status} ${text}`).join('\n'));
	assert.ok(answers.every(({ status }) => status === 409 || status < 300), answers.map(({ status }) => status).join());
	await settled(ombud);
	assert.equal(logEntries(ombud).filter(({ entry }) => entry.event === 'access.outcome' && entry.basis.index === context.log.index).length, 1);
});

test('an outcome is of the caller or the provider; to others the evaluation does not exist', async () => {
	const { context } = await ask({ category: 'disability' });
	const path = `/access/v1/outcomes/${context.evaluation_id}`;
	for (const name of ['svc_legacy', 'svc_tax']) { /* the tax service provides income, not disability */
		const other = await ombud.service(name);
		assertProblem(await other('POST', path, { outcome: 'released', records: 1 }), 404);
	}
	const token = (await personTokens(ombud, browser, 'web_portal', 'openid consent:manage')).access_token;
	assertProblem(await ombud.web().post(`${issuer}${path}`, { headers: bearer(token), json: { outcome: 'released' } }), 403);
	assertProblem(await ombud.web().post(`${issuer}${path}`, { json: { outcome: 'released' } }), 401);
	for (const id of ['x', '%00', '..%2f..', '0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a', 'a'.repeat(1500)]) {
		const answer = await service('POST', `/access/v1/outcomes/${id}`, { outcome: 'released', records: 1 });
		assert.ok([400, 404].includes(answer.status), `${id.slice(0, 20)}: ${answer.status}`);
	}
});

/* ---- at the end ---- */

test('every answer that was given is in the log as it was given', async () => {
	const { context } = await ask();
	const { bytes, entry } = await entryAt(ombud, context.log.index);

	assert.equal(leafOf(bytes), context.log.leaf);
	assert.equal(entry.id, context.evaluation_id);
	assert.equal(logEntries(ombud).filter((one) => one.entry.event === 'log.started').length, 1, 'nothing was started again');
	const indexes = logEntries(ombud).map((one) => one.entry.index);
	assert.deepEqual(indexes, [...indexes.keys()]);
});
