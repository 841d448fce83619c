/*
 * test_authzen.mjs: AuthZEN Authorization API 1.0 from outside: what a caller may write, what it gets for it, and what it gets when
 * it is wrong. Rows of a table wherever a rule has more than one case.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, assertLawful, claimsOf, entryAt, logEntries, personTokens, signInPerson } from './lib/outsider.mjs';
import { giveConsent, question, useOmbud } from './lib/ombud.mjs';

let issuer;
let service;
let person;   /* gave income */
let stranger; /* has nothing to do with the service */
let tokens;   /* of the person */

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	service = await started.service('svc_benefits_north');
	person = await addPerson(started);
	stranger = await addPerson(started);
	const browser = await signInPerson(started, person);
	await giveConsent(started, service, browser, person.sub);
	tokens = await personTokens(started, browser, 'web_portal', 'openid audit:read');
});

const EVALUATION = '/access/v1/evaluation';
const EVALUATIONS = '/access/v1/evaluations';

const subject = { type: 'service', id: 'svc_benefits_north', properties: { acr: '2' } };
const action = { name: 'read', properties: { purpose: 'eligibility' } };
const resource = (category, id = person.sub, more = {}) => ({ type: category, id, ...more });

async function ok(path, body, call = service) {
	const answer = await call('POST', path, body);
	assert.equal(answer.status, 200, answer.text);
	assert.match(answer.header('content-type'), /^application\/json\b/);
	return answer.json;
}

const several = async (body) => (await ok(EVALUATIONS, body)).evaluations;
const decisions = (list) => list.map(({ decision }) => decision);

/* ---- one ---- */

test('a permit says on what it rests, how long it holds, where it stands in the log, and has a ticket', async () => {
	const { decision, context } = await ok(EVALUATION, question(person.sub));
	assert.equal(decision, true);
	assert.equal(context.reason, 'consent_valid');
	assert.equal(context.legal_basis.type, 'consent');
	assert.match(context.policy.sha256, /^sha256:[0-9a-f]{64}$/);
	assert.ok(Date.parse(context.valid_until) > Date.now());
	assert.ok(context.obligations.some(({ id, properties }) => id === 'confirm'
		&& properties.url === `/access/v1/outcomes/${context.evaluation_id}`));
	const { entry } = await entryAt(ombud, context.log.index);
	assert.equal(entry.id, context.evaluation_id);
	assert.equal(claimsOf(context.ticket).log.index, context.log.index);
});

test('a refusal is HTTP 200 with a reason in both languages and a way to ask', async () => {
	const { decision, context } = await ok(EVALUATION, question(stranger.sub));
	assert.equal(decision, false);
	assert.equal(context.reason, 'consent_missing');
	assert.ok(context.reason_user.ru && context.reason_user.en);
	assert.match(context.access_request.form_url, /^https:\/\/.*\/ask\/new\?/);
	assert.ok(!('ticket' in context) && !('legal_basis' in context));
});

/* A good question with one change; the text must name the member. */
const WITHOUT = (path) => (body) => {
	const steps = path.split('.');
	delete steps.slice(0, -1).reduce((at, step) => at[step], body)[steps.at(-1)];
};
const PUT = (path, value) => (body) => {
	const steps = path.split('.');
	steps.slice(0, -1).reduce((at, step) => { at[step] ??= {}; return at[step]; }, body)[steps.at(-1)] = value;
};
const WRONG = [
	...['subject', 'subject.type', 'subject.id', 'action', 'action.name', 'resource', 'resource.type', 'resource.id'].map((path) => [path, WITHOUT(path)]),
	...['subject', 'action', 'resource'].flatMap((path) => [['text', 'x'], ['a number', 1], ['a list', []], ['null', null]].map(([, value]) => [path, PUT(path, value)])),
	['context', PUT('context', 'x')], ['context', PUT('context', [])],
	...['subject.type', 'subject.id', 'action.name', 'resource.type', 'resource.id'].flatMap((path) => [1, true, {}, [], null, '']
		.map((value) => [path, PUT(path, value)])),
	['subject.properties', PUT('subject.properties', 'x')], ['action.properties', PUT('action.properties', 'x')],
	['resource.properties', PUT('resource.properties', 'x')], ['subject.properties.roles', PUT('subject.properties.roles', 'x')],
	['resource.properties.range', PUT('resource.properties.range', 'x')], ['resource.properties.range', PUT('resource.properties.range', { from: 'x', to: 'y' })],
	['action.properties.purpose', PUT('action.properties.purpose', 7)], ['context.dry_run', PUT('context.dry_run', 'yes')],
	['resource.id', PUT('resource.id', 'x'.repeat(129))],
];

test('a member that is missing or of another type is 400, and the text names it', async () => {
	for (const path of [EVALUATION, EVALUATIONS]) {
		for (const [name, change] of WRONG) {
			const body = question(person.sub);
			change(body);
			const answer = await service('POST', path, body);
			assert.equal(answer.status, 400, `${name}: ${JSON.stringify(body)} ${answer.text}`);
			assert.equal(answer.json.reason, 'invalid_request');
			assert.ok(answer.json.detail.includes(name.split('.')[0]), `${name}: ${answer.json.detail}`);
			assert.ok(!answer.text.includes(person.sub), 'what was written is not given back');
		}
	}
});

test('members that nobody knows are passed over, wherever they stand', async () => {
	const body = question(person.sub);
	for (const at of [body, body.subject, body.subject.properties, body.action, body.action.properties, body.resource, body.context]) {
		Object.assign(at, { future: { nested: [1, 2.5, null, true] }, 'x-other': 'y' });
	}
	assert.equal((await ok(EVALUATION, body)).decision, true);
	assert.deepEqual(decisions(await several({ ...body, evaluations: [{ strange: 1 }, { resource: { ...resource('income'), more: {} } }], options: { other: 1 } })),
		[true, true]);
});

const raw = (path, body, headers = {}, method = 'POST') => ombud.web().request(method, `${issuer}${path}`,
	{ body, token: service.token, headers: { 'content-type': 'application/json', ...headers } });
const ALL = [EVALUATION, EVALUATIONS];

test('what is no JSON object, is too deep, too long, of another type or by another method is an HTTP error', async () => {
	const good = JSON.stringify(question(person.sub));
	for (const path of ALL) {
		for (const [body, status] of [['', 400], ['{', 400], ['[]', 400], ['"x"', 400], ['null', 400], [`${good}x`, 400], [`${good.slice(0, -1)},"subject":{}}`, 400],
			['{"a":'.repeat(64) + '1' + '}'.repeat(64), 400], [Buffer.from([0x7b, 0xff, 0x7d]), 400], [`{"x":"${'y'.repeat(300 * 1024)}"}`, 413]]) {
			const answer = await raw(path, body);
			assert.equal(answer.status, status, `${path} ${String(body).slice(0, 40)}: ${answer.text}`);
		}
		for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded']) {
			assert.ok([400, 415].includes((await raw(path, good, { 'content-type': type })).status), type);
		}
		assert.equal((await raw(path, good, { 'content-type': 'text/plain' })).status, 415);
		assert.equal((await raw(path, good, { 'content-type': 'application/json; charset=utf-8' })).status >= 400, false);
		for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
			const answer = await ombud.web().request(method, `${issuer}${path}`, { token: service.token });
			assert.equal(answer.status, 405, method);
			assert.equal(answer.header('allow'), 'POST');
		}
	}
});

test('without a token 401 with a scheme, without the scope 403, and neither is a decision', async () => {
	for (const path of ALL) {
		const nobody = await ombud.web().post(`${issuer}${path}`, { json: question(person.sub) });
		assert.equal(nobody.status, 401);
		assert.match(nobody.header('www-authenticate'), /^(Bearer|DPoP)/);
		const other = await ombud.web().request('POST', `${issuer}${path}`, { json: question(person.sub), token: tokens.access_token });
		assert.equal(other.status, 403);
		for (const answer of [nobody, other]) {
			assert.ok(!answer.text.includes('decision'));
		}
	}
});

test('a sane X-Request-ID comes back, on answers and on errors; without one, or with an odd one, there is a new one', async () => {
	const good = JSON.stringify(question(person.sub));
	for (const path of ALL) {
		for (const body of [good, '{']) {
			assert.equal((await raw(path, body, { 'x-request-id': 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716' })).header('x-request-id'), 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716');
			const made = (await raw(path, body)).header('x-request-id');
			assert.ok(made.length >= 8);
			assert.notEqual((await raw(path, body)).header('x-request-id'), made);
			assert.notEqual((await raw(path, body, { 'x-request-id': 'a b"c' })).header('x-request-id'), 'a b"c');
		}
	}
});

/* ---- several ---- */

test('each item is a decision of its own: an entry, a ticket, in the order of the items', async () => {
	const list = await several({ subject, action, context: { case: '2026-7' },
		evaluations: [{ resource: resource('income') }, { resource: resource('family') }, { resource: resource('income', stranger.sub) }, { resource: resource('income') }] });
	assert.deepEqual(decisions(list), [true, false, false, true]);
	assert.deepEqual(list.map(({ context }) => context.reason), ['consent_valid', 'consent_scope', 'consent_missing', 'consent_valid']);
	const indices = list.map(({ context }) => context.log.index);
	assert.equal(new Set(indices).size, 4);
	assert.deepEqual(list.map(({ context }) => 'ticket' in context), [true, false, false, true]);
	for (const { context, decision } of list) {
		const { entry } = await entryAt(ombud, context.log.index);
		assert.deepEqual([entry.event, entry.id, entry.reason, entry.decision, entry.case], ['access.decided', context.evaluation_id, context.reason,
			decision ? 'permit' : 'refuse', '2026-7']);
	}
	assert.notEqual(claimsOf(list[0].context.ticket).jti, claimsOf(list[3].context.ticket).jti);
	await assertLawful(ombud);
});

test('an item replaces a default whole; nothing of two objects is mixed', async () => {
	const other = { name: 'read', properties: { purpose: 'no-such-purpose' } };
	assert.deepEqual((await several({ subject, action: other, resource: resource('income'), evaluations: [{}, { action }, { action, resource: resource('disability') },
		{ action: { name: 'read' } }] })).map(({ context }) => context.reason),
	['purpose_not_declared', 'consent_valid', 'statute', 'purpose_not_declared']);
	/* The item's resource lacks an id: the default's is not taken for it. */
	const [half] = await several({ subject, action, resource: resource('income'), evaluations: [{ resource: { type: 'family' } }] });
	assert.deepEqual([half.decision, half.context.error.status], [false, 400]);
	assert.match(half.context.error.message, /resource\.id/);
	/* A context of its own: the default's dry run is not its. */
	const [dry, wet] = await several({ subject, action, resource: resource('income'), context: { dry_run: true }, evaluations: [{}, { context: {} }] });
	assert.deepEqual([dry.decision, 'ticket' in dry.context, dry.context.dry_run], [true, false, true]);
	assert.deepEqual([wet.decision, 'ticket' in wet.context, wet.context.dry_run], [true, true, undefined]);
	/* null is absent: the default holds. */
	assert.deepEqual(decisions(await several({ subject, action, resource: resource('income'), evaluations: [{ resource: null }] })), [true]);
});

const FIRST_DENY = { options: { evaluations_semantic: 'deny_on_first_deny' } };
const FIRST_PERMIT = { options: { evaluations_semantic: 'permit_on_first_permit' } };
const yes = () => ({ resource: resource('income') });
const no = () => ({ resource: resource('income', stranger.sub) });
const bad = () => ({ resource: {} });
const SEMANTICS = [
	['no options', {}, () => [yes(), no(), yes()], [true, false, true]],
	['options without the member', { options: {} }, () => [yes(), no(), yes()], [true, false, true]],
	['execute_all', { options: { evaluations_semantic: 'execute_all' } }, () => [no(), yes(), bad(), yes()], [false, true, false, true]],
	['deny_on_first_deny, all permitted', FIRST_DENY, () => [yes(), yes()], [true, true]],
	['deny_on_first_deny', FIRST_DENY, () => [yes(), no(), yes()], [true, false]],
	['deny_on_first_deny, the first', FIRST_DENY, () => [no(), yes()], [false]],
	['deny_on_first_deny, an error is a denial', FIRST_DENY, () => [yes(), bad(), yes()], [true, false]],
	['permit_on_first_permit, none permitted', FIRST_PERMIT, () => [no(), bad(), no()], [false, false, false]],
	['permit_on_first_permit', FIRST_PERMIT, () => [no(), yes(), no()], [false, true]],
	['permit_on_first_permit, the first', FIRST_PERMIT, () => [yes(), no()], [true]],
];

test('the three semantics: how far it is gone, and nothing behind that leaves a trace', async () => {
	for (const [name, options, items, expected] of SEMANTICS) {
		const list = await several({ subject, action, ...options, evaluations: items() });
		assert.deepEqual(decisions(list), expected, name);
		const decided = list.filter(({ context }) => context.log);
		const indices = decided.map(({ context }) => context.log.index);
		if (indices.length > 1) {
			assert.equal(indices.at(-1) - indices[0], indices.length - 1, `${name}: only what was decided is in the log`);
		}
	}
});

test('without items, or with none, it is a request for one', async () => {
	for (const body of [question(person.sub), { ...question(person.sub), evaluations: [] }, { ...question(person.sub), evaluations: null },
		{ ...question(person.sub), ...FIRST_DENY }]) {
		const answer = await ok(EVALUATIONS, body);
		assert.equal(answer.decision, true);
		assert.ok(!('evaluations' in answer));
	}
});

test('an item that is wrong is that item\'s error; what is wrong with the whole is an HTTP error', async () => {
	const items = [yes(), 'x', 7, null, [], {}, { resource: 'x' }, { resource: { type: 'income', id: 5 } }, yes()];
	const list = await several({ subject, action, evaluations: items });
	assert.deepEqual(decisions(list), [true, ...Array(7).fill(false), true]);
	for (const { context } of list.slice(1, -1)) {
		assert.deepEqual(Object.keys(context), ['error']);
		assert.equal(context.error.status, 400);
		assert.ok(context.error.message.length > 0);
	}
	for (const [what, body] of [
		['items that are no list', { evaluations: {} }], ['items that are a text', { evaluations: 'x' }], ['options that are no object', { evaluations: [yes()], options: 'x' }],
		['an unknown semantic', { evaluations: [yes()], options: { evaluations_semantic: 'deny_on_second_deny' } }],
		['a semantic of another type', { evaluations: [yes()], options: { evaluations_semantic: 1 } }],
		['a default of another type', { evaluations: [{ subject, ...yes() }], subject: 'x' }],
		['51 items', { evaluations: Array.from({ length: 51 }, yes) }],
	]) {
		const answer = await service('POST', EVALUATIONS, { subject, action, ...body });
		assert.equal(answer.status, 400, `${what}: ${answer.text}`);
		assert.equal(answer.json.reason, 'invalid_request', what);
	}
});

test('fifty items are decided in one call', async () => {
	const list = await several({ subject, action, evaluations: Array.from({ length: 50 }, (_, i) => (i % 2 ? no() : yes())) });
	assert.deepEqual(decisions(list), Array.from({ length: 50 }, (_, i) => i % 2 === 0));
	assert.equal(new Set(list.map(({ context }) => context.evaluation_id)).size, 50);
});

test('an item in another\'s name is refused by itself, with an entry of the attempt', async () => {
	const size = (await ok(EVALUATION, question(person.sub))).context.log.index;
	const list = await several({ subject, action, evaluations: [yes(), { subject: { ...subject, id: 'svc_tax' }, ...yes() }, yes()] });
	assert.deepEqual(decisions(list), [true, false, true]);
	assert.equal(list[1].context.error.status, 403);
	await entryAt(ombud, list[2].context.log.index);
	assert.ok(logEntries(ombud, size).some(({ entry }) => entry.event === 'access.denied_request' && entry.reason === 'subject_mismatch'));
});

test('of a limit of N exactly N are permitted within one call, too', async () => {
	const purpose = ombud.demo.limits.frequency;
	const limited = await addPerson(ombud);
	const browser = await signInPerson(ombud, limited);
	await giveConsent(ombud, service, browser, limited.sub, { purpose });
	const first = (await ok(EVALUATION, question(limited.sub, { purpose, dry_run: true })));
	assert.equal(first.decision, true, JSON.stringify(first));
	const list = await several({ subject, action: { name: 'read', properties: { purpose } }, evaluations: Array.from({ length: 20 }, () => ({ resource: resource('income', limited.sub) })) });
	const permits = list.filter(({ decision }) => decision);
	assert.ok(permits.length > 0 && permits.length < 20, `${permits.length} permits`);
	assert.deepEqual(permits.map(({ context }) => context.remaining.count), Array.from({ length: permits.length }, (_, i) => permits.length - 1 - i));
	assert.ok(list.slice(permits.length).every(({ context }) => context.reason === 'limit_frequency'));
	assert.equal((await ok(EVALUATION, question(limited.sub, { purpose }))).context.reason, 'limit_frequency');
});
