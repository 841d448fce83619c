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
let bare;     /* the same without a scope that matters here */

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	service = await started.service('svc_benefits_north');
	person = await addPerson(started);
	stranger = await addPerson(started);
	const browser = await signInPerson(started, person);
	await giveConsent(started, service, browser, person.sub);
	tokens = await personTokens(started, browser, 'web_portal', 'openid audit:read');
	bare = await personTokens(started, browser, 'web_portal', 'openid');
});

const EVALUATION = '/access/v1/evaluation';
const EVALUATIONS = '/access/v1/evaluations';
const SEARCH = { subject: '/access/v1/search/subject', resource: '/access/v1/search/resource', action: '/access/v1/search/action' };

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
const ALL = [EVALUATION, EVALUATIONS, ...Object.values(SEARCH)];

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
		const other = await ombud.web().request('POST', `${issuer}${path}`, { json: question(person.sub), token: bare.access_token });
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

/* ---- searches ---- */

const ownToken = (method, path, json) => ombud.web().request(method, `${issuer}${path}`, { json, token: tokens.access_token });
const asked = {
	subject: (id = person.sub, category = 'income', purpose = 'eligibility') => ({ subject: { type: 'service' },
		action: { name: 'read', ...(purpose ? { properties: { purpose } } : {}) }, resource: { type: category, id } }),
	resource: (category = 'income', purpose = 'eligibility') => ({ subject: { type: 'service', id: 'svc_benefits_north' },
		action: { name: 'read', properties: { purpose } }, resource: { type: category } }),
	action: (id = person.sub, category = 'income', service_id = 'svc_benefits_north') => ({ subject: { type: 'service', id: service_id },
		resource: { type: category, id } }),
};

test('a search answers with page, context and results, and is one entry that says what was looked for', async () => {
	const { page, context, results } = await ok(SEARCH.subject, asked.subject());
	assert.deepEqual(page, { next_token: '', count: 1 });
	assert.deepEqual(results, [{ type: 'service', id: 'svc_benefits_north' }]);
	const { entry } = await entryAt(ombud, context.log.index);
	assert.deepEqual([entry.event, entry.id, entry.by.service, entry.action, entry.categories, entry.decision], ['access.searched', context.search_id,
		'svc_benefits_north', 'read', ['income'], undefined]);
	assert.ok(entry.purpose.startsWith('eligibility/'));
	assert.equal(entry.about.length, 1, 'it was about somebody, who can see it');
	assert.ok(!JSON.stringify(entry).includes(person.sub));
});

test('a service finds itself when it may, and nobody otherwise', async () => {
	for (const [body, found] of [
		[asked.subject(), true], [asked.subject(stranger.sub), false], [asked.subject('sub_nobody'), false], [asked.subject(person.sub, 'family'), false],
		[asked.subject(person.sub, 'disability'), true], [asked.subject(person.sub, 'income', 'no-such-purpose'), false], [asked.subject(person.sub, 'no-such-category'), false],
		[asked.subject(person.sub, 'income', null), false], [{ ...asked.subject(), subject: { type: 'spaceship' } }, false],
		[{ ...asked.subject(), subject: { type: 'service', id: 'svc_tax' } }, true], [{ ...asked.subject(), subject: { type: 'service', id: { odd: 1 } } }, true],
		[{ ...asked.subject(), action: { name: 'fly', properties: { purpose: 'eligibility' } } }, false],
		[{ ...asked.subject(), context: { time: '2026-12-10T10:42:03+03:00', other: 1 } }, true],
	]) {
		const { results } = await ok(SEARCH.subject, body);
		assert.deepEqual(results, found ? [{ type: 'service', id: 'svc_benefits_north' }] : [], JSON.stringify(body));
	}
});

test('a person learns who may see their income, and for what', async () => {
	const { results, context } = await ok(SEARCH.subject, asked.subject(person.sub, 'income', null), ownToken);
	const north = results.find(({ id }) => id === 'svc_benefits_north');
	assert.ok(north, JSON.stringify(results));
	assert.deepEqual(north.properties.purposes.filter(({ basis }) => basis === 'consent'), [{ purpose: 'eligibility', basis: 'consent' }]);
	assert.ok(north.properties.organisation && north.properties.title.ru && north.properties.title.en);
	/* Each is one that a decision permits: nobody is named who may not. */
	assert.ok(results.every(({ type, properties }) => type === 'service' && properties.purposes.length > 0));
	const { entry } = await entryAt(ombud, context.log.index);
	assert.equal(entry.event, 'access.searched');
	const other = await personTokens(ombud, await signInPerson(ombud, stranger), 'web_portal', 'openid audit:read');
	const answer = await ombud.web().request('POST', `${issuer}${SEARCH.subject}`, { json: asked.subject(stranger.sub, 'income', 'eligibility'), token: other.access_token });
	assert.deepEqual(answer.json.results, [], 'who has agreed to nothing is seen by nobody');
});

test('a service finds the people it may look at, by the names it knows them by, and no others', async () => {
	const { results } = await ok(SEARCH.resource, asked.resource());
	assert.ok(results.some(({ type, id }) => type === 'income' && id === person.sub));
	assert.ok(results.every(({ id }) => id !== stranger.sub));
	for (const { id } of results) {
		assert.equal((await ok(EVALUATION, question(id, { dry_run: true }))).decision, true, id);
	}
	for (const body of [asked.resource('no-such-category'), asked.resource('income', 'no-such-purpose'), { ...asked.resource(), subject: { type: 'spaceship', id: 'svc_benefits_north' } }]) {
		assert.deepEqual((await ok(SEARCH.resource, body)).results, [], JSON.stringify(body));
	}
	assert.deepEqual((await ok(SEARCH.resource, { ...asked.resource(), resource: { type: 'income', id: stranger.sub } })).results, results, 'an id is passed over');
});

test('the actions that are found are those that a decision permits, each for the purposes that it names', async () => {
	const { results } = await ok(SEARCH.action, asked.action());
	assert.ok(results.some(({ name }) => name === 'read'));
	for (const { name, properties } of results) {
		for (const { purpose } of properties.purposes) {
			const body = question(person.sub, { purpose, dry_run: true });
			body.action.name = name;
			assert.equal((await ok(EVALUATION, body)).decision, true, `${name} ${purpose}`);
		}
	}
	assert.deepEqual((await ok(SEARCH.action, asked.action(stranger.sub))).results, []);
	assert.deepEqual((await ok(SEARCH.action, asked.action(person.sub, 'no-such-category'))).results, []);
	const own = await ok(SEARCH.action, asked.action(), ownToken);
	assert.ok(own.results.some(({ name }) => name === 'read'));
	assert.deepEqual((await ok(SEARCH.action, asked.action(person.sub, 'income', 'no-such-service'), ownToken)).results, []);
});

test('a search uses up nothing of a limit, and finds nobody when it is used up', async () => {
	const purpose = ombud.demo.limits.frequency;
	const limited = await addPerson(ombud);
	await giveConsent(ombud, service, await signInPerson(ombud, limited), limited.sub, { purpose });
	for (let i = 0; i < 5; i++) {
		assert.equal((await ok(SEARCH.subject, asked.subject(limited.sub, 'income', purpose))).results.length, 1);
	}
	const uses = (await several({ subject, action: { name: 'read', properties: { purpose } },
		evaluations: Array.from({ length: 20 }, () => ({ resource: resource('income', limited.sub) })) })).filter(({ decision }) => decision).length;
	assert.ok(uses > 0);
	assert.deepEqual((await ok(SEARCH.subject, asked.subject(limited.sub, 'income', purpose))).results, []);
});

/* Every page of a search from the first on. */
async function pages(path, body, limit, call) {
	const list = [];
	for (let token; token !== ''; token = list.at(-1).page.next_token) {
		list.push(await ok(path, { ...body, page: token === undefined ? { limit } : { token } }, call));
		assert.ok(list.length < 50);
		assert.equal(list.at(-1).page.count, list.at(-1).results.length);
		assert.ok(list.at(-1).results.length <= limit);
	}
	return list;
}

test('pages hold together: all results, each once, the last with an empty token', async () => {
	for (let i = 0; i < 4; i++) {
		const one = await addPerson(ombud);
		await giveConsent(ombud, service, await signInPerson(ombud, one), one.sub);
	}
	for (const [path, body, call] of [[SEARCH.resource, asked.resource()], [SEARCH.action, asked.action()], [SEARCH.subject, asked.subject(person.sub, 'income', null), ownToken]]) {
		const whole = await ok(path, body, call);
		assert.equal(whole.page.next_token, '');
		for (const limit of [1, 2, 100]) {
			const list = await pages(path, body, limit, call);
			assert.deepEqual(list.flatMap(({ results }) => results), whole.results, `${path} by ${limit}`);
			assert.ok(limit === 100 ? list.length === 1 : list.length >= whole.results.length / limit);
		}
	}
	const none = await ok(SEARCH.resource, { ...asked.resource(), page: { limit: 0 } });
	assert.deepEqual(none.results, []);
	assert.notEqual(none.page.next_token, '', 'there is more than nothing');
	assert.ok((await ok(SEARCH.resource, { ...asked.resource(), page: { limit: 1e9 } })).results.length <= 100);
});

test('what is wrong with a search is an HTTP error that names the member', async () => {
	const without = (body, name) => { const { [name]: left, ...rest } = body; return rest; };
	const rows = [
		...['subject', 'action', 'resource'].map((name) => [SEARCH.subject, without(asked.subject(), name), name]),
		...['subject', 'action', 'resource'].map((name) => [SEARCH.resource, without(asked.resource(), name), name]),
		...['subject', 'resource'].map((name) => [SEARCH.action, without(asked.action(), name), name]),
		[SEARCH.subject, { ...asked.subject(), subject: {} }, 'subject.type'], [SEARCH.subject, { ...asked.subject(), resource: { type: 'income' } }, 'resource.id'],
		[SEARCH.resource, { ...asked.resource(), subject: { type: 'service' } }, 'subject.id'], [SEARCH.resource, { ...asked.resource(), resource: {} }, 'resource.type'],
		[SEARCH.action, { ...asked.action(), resource: { type: 'income' } }, 'resource.id'], [SEARCH.action, { ...asked.action(), subject: { type: 'service' } }, 'subject.id'],
		...Object.entries(SEARCH).flatMap(([kind, path]) => [['x', 'page'], [{ limit: -1 }, 'limit'], [{ limit: '5' }, 'limit'], [{ limit: 1.5 }, 'limit'], [{ token: 5 }, 'token'],
			[{ token: 'x' }, 'page.token'], [{ properties: 'x' }, 'properties']].map(([page, name]) => [path, { ...asked[kind](), page }, name])),
	];
	for (const [path, body, name] of rows) {
		const answer = await service('POST', path, body);
		assert.equal(answer.status, 400, `${path} ${JSON.stringify(body)}: ${answer.text}`);
		assert.ok(answer.json.detail.includes(name), `${path} ${JSON.stringify(body)}: ${answer.json.detail}`);
	}
});

test('the metadata names every endpoint, for the very issuer, and may be kept', async () => {
	const answer = await ombud.web().get(`${issuer}/.well-known/authzen-configuration`);
	assert.equal(answer.status, 200);
	assert.match(answer.header('content-type'), /^application\/json\b/);
	assert.match(answer.header('cache-control'), /max-age=\d+/);
	assert.deepEqual(answer.json, {
		policy_decision_point: issuer,
		access_evaluation_endpoint: `${issuer}${EVALUATION}`,
		access_evaluations_endpoint: `${issuer}${EVALUATIONS}`,
		search_subject_endpoint: `${issuer}${SEARCH.subject}`,
		search_resource_endpoint: `${issuer}${SEARCH.resource}`,
		search_action_endpoint: `${issuer}${SEARCH.action}`,
	});
});

test('the log of all this is lawful', async () => {
	await assertLawful(ombud);
});
