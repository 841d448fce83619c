/*
 * test_openapi.mjs: what authd/openapi.yaml says is so. The document is sound; each operation, asked as its example has it, answers
 * as described; and from each operation's schema requests are made that must be refused, as described: a member missing, of another
 * type, too long, unknown; another media type, another method, no token, one without the scope. (That the document has every route
 * and reason is tests/unit/test_openapi.c's.)
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { addPerson, adminToken, authctlJson, authorizeRequest, personTokens, signInPerson } from './lib/outsider.mjs';
import { clientCredentials, giveConsent, question, until, useOmbud } from './lib/ombud.mjs';

const document = parse(readFileSync(new URL('../../authd/openapi.yaml', import.meta.url), 'utf8'));
const NORTH = 'org_csp_north';
const TITLES = ['openapi', 'info', 'servers', 'tags', 'security', 'paths', 'components'];

/* ---- the document, read ---- */

const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
addFormats(ajv);
ajv.addVocabulary(TITLES);
ajv.addKeyword('example');
ajv.addSchema(document, 'doc');

/* Where something stands, as a JSON pointer in an address. */
const pointer = (...steps) => steps.map((step) => `/${encodeURIComponent(String(step).replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');
const validator = (steps) => ajv.getSchema(`doc#${pointer(...steps)}`) ?? ajv.compile({ $ref: `doc#${pointer(...steps)}` });

const resolve = (value) => (value?.$ref === undefined ? value
	: resolve(value.$ref.slice(2).split('/').reduce((at, step) => at[step.replaceAll('~1', '/').replaceAll('~0', '~')], document)));

/* { path, method, id, steps, op } of each. */
const operations = Object.entries(document.paths).flatMap(([path, item]) => Object.entries(item).filter(([, op]) => op.operationId)
	.map(([method, op]) => ({ path, method: method.toUpperCase(), id: op.operationId, op, steps: ['paths', path, method] })));

function walk(value, visit, steps = []) {
	visit(value, steps);
	if (value !== null && typeof value === 'object') {
		Object.entries(value).forEach(([key, inner]) => walk(inner, visit, [...steps, key]));
	}
}

test('the document is OpenAPI 3.1, each schema is sound, each operation has its own name, each part is used', async () => {
	const { valid, errors } = await new Validator().validate(structuredClone(document));
	assert.ok(valid, JSON.stringify(errors));
	assert.equal(new Set(operations.map(({ id }) => id)).size, operations.length);
	for (const { id, op } of operations) {
		assert.ok(op.summary && op.tags?.length === 1, id);
		assert.ok(document.tags.some(({ name }) => name === op.tags[0]), id);
	}
	const used = new Set();
	walk(document, (value, steps) => {
		if (typeof value?.$ref === 'string') {
			assert.ok(resolve(value), value.$ref);
			used.add(value.$ref);
		}
		if (steps.at(-1) === 'schema') {
			validator(steps);
		}
	});
	for (const [kind, parts] of Object.entries(document.components)) {
		for (const name of kind === 'securitySchemes' ? [] : Object.keys(parts)) {
			assert.ok(used.has(`#/components/${kind}/${name}`), `${kind}/${name} is nowhere used`);
		}
	}
});

test('each example is valid by its own schema', () => {
	let examples = 0;
	walk(document, (value, steps) => {
		if (steps.at(-1) === 'example' && !steps.includes('properties')) {
			const schema = validator(steps.at(-3) === 'content' ? [...steps.slice(0, -1), 'schema'] : steps.slice(0, -1));
			assert.ok(schema(value), `${steps.join(' ')}: ${ajv.errorsText(schema.errors)}`);
			examples++;
		}
	});
	assert.ok(examples >= 20, `${examples} examples`);
});

/* ---- asking ---- */

let issuer;
let web;
let person;   /* who has given a consent */
let spare;    /* whose sessions, roles and consents are ended */
let tokens;
let consents; /* of the person, then of the spare one */
let permit;   /* an evaluation */
let made = {};
let pids;

const ombud = useOmbud({ before, after }, async (started) => {
	({ issuer } = started.demo);
	web = started.web();
	person = await addPerson(started);
	spare = await addPerson(started);
	const [browser, other] = [await signInPerson(started, person), await signInPerson(started, spare)];
	const north = await started.service('svc_benefits_north');
	const tax = await started.service('svc_tax');
	made.browser = browser;
	const [own, legacy] = [await personTokens(started, browser, 'web_portal', 'openid profile consent:manage audit:read'), await started.service('svc_legacy')];
	const senior = await addPerson(started, { kind: 'staff', roles: [[NORTH, 'senior-officer']] });
	const glass = await personTokens(started, await signInPerson(started, senior), 'emergency_app', 'openid access:emergency');
	const family = await personTokens(started, browser, 'family_app', 'openid represent');
	const bare = await personTokens(started, browser, 'web_portal', 'openid');
	tokens = { 'access:evaluate': north.token, 'consent:request': north.token, 'question:answer': (await started.service('answers_app')).token, 'audit:write': tax.token, 'consent:manage': own.access_token,
		'audit:read': own.access_token, 'access:emergency': glass.access_token, represent: family.access_token, openid: own.access_token, '': north.token, legacy: legacy.token, bare: bare.access_token };
	for (const name of ['author', 'approver', 'operator', 'operator2']) {
		tokens[name] = await adminToken(started, await signInPerson(started, started.demo.people[name]));
	}
	consents = [await giveConsent(started, north, browser, person.sub)];
	for (let end = 0; end < 5; end++) { /* withdrawn, revoked by the service, revoked and invalidated by an officer, ended as a grant */
		consents.push(await giveConsent(started, north, other, spare.sub, { until: new Date(Date.now() + (20 + end) * 86400e3).toISOString() }));
	}
	permit = (await north('POST', '/access/v1/evaluation', question(person.sub))).json;
	assert.equal(permit.decision, true);
	pids = { ...started.demo.pids };
});

/* By whose authority: the admin socket, a token with the scope, a client, or nobody's. */
const kindOf = ({ op }) => {
	const names = (op.security ?? []).flatMap((one) => Object.keys(one));
	return names.includes('adminSocket') ? 'admin' : names.includes('bearer') ? 'token' : names.includes('clientAssertion') ? 'client' : 'none';
};
const scopeOf = ({ op }) => op.security.find(({ bearer }) => bearer).bearer[0] ?? '';

/* The client that each endpoint is asked as. */
const CLIENTS = { pushAuthorizationRequest: 'web_portal', token: 'svc_legacy', deviceAuthorization: 'kiosk', introspect: 'web_portal', revoke: 'web_portal' };

async function clientParts(operation) {
	const name = CLIENTS[operation.id];
	const known = ombud.demo.clients[name];
	return clientCredentials(issuer, known.client_id ?? name, known);
}

/* One request. `as` undefined: by the authority that it needs; null: by nobody's; a string: with that token. */
async function ask(operation, { path = operation.path, query = '', as, method = operation.method, headers = {}, json, form, body } = {}) {
	const kind = kindOf(operation);
	const address = `${path}${query === '' ? '' : `?${query}`}`;
	if (kind === 'admin' && as === undefined) {
		return web.request(method, `http://localhost${address}`, { json, body, headers, socket: ombud.demo.socket.admin });
	}
	if (kind === 'client' && as === undefined) {
		const parts = await clientParts(operation);
		return web.request(method, `${issuer}${address}`, { headers: { ...parts.headers, ...headers }, body,
			form: form === undefined ? undefined : [...Object.entries(parts.form), ...Object.entries(form).filter(([name]) => !(name in parts.form))] });
	}
	const token = as === null || (kind !== 'token' && as === undefined) ? undefined : as ?? tokens[scopeOf(operation)];
	return web.request(method, `${issuer}${address}`, { headers, json, form, body, token });
}

/* ---- looking at answers ---- */

/* The answer's status is described, and its body is what is described for it. */
function assertDescribed({ id, op, steps }, answer, what) {
	const said = `${id}, ${what}: ${answer.status} ${answer.text.slice(0, 300)}`;
	const there = op.responses[answer.status];
	assert.ok(there, `not described: ${said}`);
	const response = resolve(there);
	const base = there.$ref ? there.$ref.slice(2).split('/') : [...steps, 'responses', answer.status];
	if (response.content === undefined) {
		assert.equal(answer.bytes.length, 0, said);
		return;
	}
	const type = answer.header('content-type')?.split(';')[0];
	assert.ok(response.content[type], `${type} is not described: ${said}`);
	if (type.endsWith('json')) {
		const valid = validator([...base, 'content', type, 'schema']);
		assert.ok(valid(answer.json), `${said}: ${ajv.errorsText(valid.errors)}`);
	}
	for (const name of Object.keys(response.headers ?? {})) {
		assert.notEqual(answer.headers[name.toLowerCase()], undefined, `no ${name}: ${said}`);
	}
	assert.match(answer.header('x-request-id'), /./, said);
}

/* ---- a good request for each ---- */

const withId = ({ path }, id) => path.replace('{id}', encodeURIComponent(id));
const bodyOf = ({ op }) => op.requestBody?.content;
const exampleOf = (operation) => structuredClone(bodyOf(operation)?.['application/json']?.example);
const onceMore = (operation, id, json = exampleOf(operation)) => ({ path: withId(operation, id), json });

/* What the examples of the document leave to whoever tries them: ids. */
const GOOD = {
	verify: () => ({ as: tokens.legacy }),
	...Object.fromEntries(['Get', 'Post', 'Put', 'Patch', 'Delete'].map((name) => [`verify${name}`, () => ({ path: '/verify/a/b', as: tokens.legacy })])),
	pushAuthorizationRequest: () => ({ form: Object.fromEntries(authorizeRequest(ombud, 'web_portal').url.searchParams) }),
	token: () => ({ form: { grant_type: 'client_credentials', scope: 'access:evaluate' } }),
	deviceAuthorization: () => ({ form: { scope: 'openid' } }),
	introspect: () => ({ form: { token: tokens.openid } }),
	revoke: () => ({ form: { token: tokens.bare } }),
	evaluate: () => ({ json: question(person.sub, { case: '2026-114' }) }),
	evaluateSeveral: (o) => ({ json: { ...exampleOf(o), evaluations: [{ resource: { type: 'income', id: person.sub } }, { resource: 'x' }] } }),
	requestAccess: (o) => ({ json: { ...exampleOf(o), resource: { type: 'income', id: person.sub } } }),
	searchSubjects: (o) => ({ json: { ...exampleOf(o), resource: { type: 'income', id: person.sub } } }),
	searchActions: (o) => ({ json: { ...exampleOf(o), resource: { type: 'income', id: person.sub } } }),
	confirmOutcome: (o) => onceMore(o, permit.context.evaluation_id),
	openEmergency: (o) => ({ json: { ...exampleOf(o), person: person.sub } }),
	closeEmergency: (o) => onceMore(o, made.glass),
	readEmergency: (o) => onceMore(o, made.glass),
	reviewEmergency: (o) => onceMore(o, made.glass, { ...exampleOf(o), verdict: 'unjustified' }),
	restoreEmergencyRight: (o) => onceMore(o, made.glass),
	requestConsent: (o) => ({ json: { ...exampleOf(o), person: person.sub } }),
	listConsents: () => ({ query: `person=${person.sub}&limit=1` }),
	readConsent: (o) => onceMore(o, consents[0]),
	readConsentReceipt: (o) => onceMore(o, consents[0]),
	withdrawConsent: (o) => onceMore(o, consents[0]),
	recordAccesses: (o) => ({ json: { entries: [{ ...exampleOf(o).entries[0], id: randomUUID(), person: person.sub }] } }),
	readProof: (o) => ({ path: withId(o, permit.context.evaluation_id), query: 'wait=1' }),
	readLog: () => ({ path: '/log/checkpoint' }),
	listPeople: () => ({ query: 'limit=2&kind=adult' }),
	addPerson: (o) => ({ json: { ...exampleOf(o), login: `api.${randomUUID()}` } }),
	readPerson: (o) => onceMore(o, made.sub),
	setPersonStatus: (o) => onceMore(o, made.sub),
	resetPerson: (o) => onceMore(o, made.sub),
	assignRole: (o) => ({ json: { ...exampleOf(o), sub: made.sub } }),
	revokeRole: (o) => ({ json: { ...exampleOf(o), sub: made.sub } }),
	addClient: (o) => ({ json: { ...exampleOf(o), client_id: `api-${randomUUID()}`, service: 'svc_legacy', organisation: NORTH } }),
	readClient: (o) => onceMore(o, made.client_id),
	setClientStatus: (o) => onceMore(o, made.client_id),
	rotateClient: (o) => onceMore(o, made.client_id),
	rotateKey: (o) => ({ json: exampleOf(o) }),
	listAnyConsents: () => ({ query: `person=${person.sub}` }),
	readAnyConsent: (o) => onceMore(o, consents[1]),
	withdrawAnyConsent: (o) => onceMore(o, consents[1]),
	revokeConsent: (o) => onceMore(o, consents[2]),
	revokeAnyConsent: (o) => onceMore(o, consents[3]),
	invalidateAnyConsent: (o) => onceMore(o, consents[4]),
	listGrants: () => ({ query: `person=${person.sub}` }),
	queryGrant: (o) => onceMore(o, consents[5]),
	revokeGrant: (o) => onceMore(o, consents[5]),
	closeCase: (o) => onceMore(o, '2026-114'),
	liftObjection: () => ({ json: exampleOf(operations.find(({ id }) => id === 'object')) }),
	restrictPerson: (o) => onceMore(o, made.sub),
	laterLooks: (o) => onceMore(o, person.sub),
	readQuestion: async (o) => ({ ...onceMore(o, await openQuestion()), query: `operator=${await answerer()}` }),
	takeQuestion: async (o) => onceMore(o, await openQuestion(), { operator: await answerer() }),
	answerQuestion: async (o) => onceMore(o, await openQuestion(), { ...exampleOf(o), operator: await answerer() }),
	proposeContract: (o) => ({ json: { ...exampleOf(o), person: person.sub } }),
	answerContract: (o) => onceMore(o, made.contract),
	endContract: (o) => onceMore(o, made.contract),
	findUsage: () => ({ headers: { 'x-road-userid': person.sub }, query: `userCode=${person.sub}` }),
	listAffected: () => ({ query: 'service=svc_benefits_north&since=2026-01-01&until=2090-01-01' }),
	proposePolicy: async () => ({ as: tokens.author, json: { files: await nextBundle(), valid: 'P1D' } }),
	readPolicyProposal: (o) => onceMore(o, made.proposal),
	withdrawPolicyProposal: (o) => ({ ...onceMore(o, made.proposal), as: tokens.author }),
	activatePolicy: async () => {
		const { json } = await ask(operations.find(({ id }) => id === 'proposePolicy'), { as: tokens.author, json: { files: await nextBundle() } });
		return { as: tokens.approver, json: { proposal: json.id, sha256: json.sha256 } };
	},
	registerMandate: (o) => ({ as: tokens.operator, json: { ...exampleOf(o), represented: person.sub, representative: spare.sub,
		until: new Date(Date.now() + 100 * 86400e3).toISOString().slice(0, 10) } }),
	readMandate: (o) => ({ ...onceMore(o, made.mandate), as: tokens.operator2 }),
	confirmMandate: async (o) => {
		const { json } = await ask(operations.find(({ id }) => id === 'readMandate'), { path: `/admin/v1/mandates/${made.mandate}`, as: tokens.operator2 });
		return { ...onceMore(o, made.mandate, { digest: json.digest }), as: tokens.operator2 };
	},
	revokeMandate: (o) => ({ ...onceMore(o, made.mandate), as: tokens.operator }),
	endSession: async (o) => onceMore(o, (await ask(operations.find(({ id }) => id === 'listSessions'), { query: `person=${spare.sub}` })).json.records[0].sid),
	eraseSubject: (o) => onceMore(o, made.sub, { confirm: made.sub }),
	exportSubject: (o) => onceMore(o, person.sub),
};

/* Who may answer for the organisation, by pseudonym. */
const answerer = async () => (await authctlJson(ombud, 'user', 'show', ombud.demo.people.senior.sub)).pseudonym;

/* The person asks about a look of the service that answers. */
async function openQuestion() {
	if (made.question === undefined) {
		const service = await ombud.service('svc_benefits_north');
		const { json } = await service('POST', '/access/v1/evaluation', question(person.sub));
		const page = await made.browser.open(`/accesses/${json.context.log.index}`);
		await made.browser.submitOnce(page, made.browser.findForm(page, { action: '/question' }), { kind: 'question', text: 'What was it for?' });
		const answers = await ombud.service('answers_app');
		made.question = (await answers('GET', '/consent/v1/questions?state=open')).json.records[0].question_id;
	}
	return made.question;
}

/* The bundle in force, one version on. */
async function nextBundle() {
	const { files } = (await ask(operations.find(({ id }) => id === 'readPolicyBundle'))).json;
	return { ...files, 'bundle.yaml': files['bundle.yaml'].replace(/^version: (\d+)/m, (all, n) => `version: ${Number(n) + 1}`) };
}

/* What later operations need of an answer. */
const KEEP = {
	proposePolicy: ({ id }) => { made.proposal = id; },
	registerMandate: ({ id }) => { made.mandate = id; },
	addPerson: ({ sub }) => { made.sub = sub; },
	proposeContract: ({ contract_id: id }) => { made.contract = id; },
	openEmergency: ({ id }) => { made.glass = id; },
	addClient: ({ client_id }) => { made.client_id = client_id; },
};

const goodOf = async (operation) => (GOOD[operation.id] ? GOOD[operation.id](operation)
	: { json: exampleOf(operation) });

test('a good request to each operation is answered as described', async (t) => {
	const answered = new Set();
	for (const operation of operations) {
		const good = await goodOf(operation);
		/* The first map comes with the first publishing. */
		const there = (answer) => operation.id !== 'readCompleteness' || answer.status === 200;
		const answer = await until(operation.id, async () => { const got = await ask(operation, good); return there(got) && got; });
		assertDescribed(operation, answer, 'asked well');
		assert.ok(answer.status >= 200 && answer.status < 300, `${operation.id}: ${answer.status} ${answer.text}`);
		KEEP[operation.id]?.(answer.json);
		answered.add(operation.id);
		if (operation.op.parameters?.some((one) => one.$ref?.endsWith('/Limit'))) {
			assertDescribed(operation, await ask(operation, { ...good, query: `${good.query ? `${good.query}&` : ''}limit=100` }), 'a whole page');
		}
	}
	assert.equal(answered.size, operations.length);
	t.diagnostic(`${answered.size} operations`);
});

test('the document is served, with its validator, to everybody', async () => {
	const answer = await web.get(`${issuer}/openapi.json`);
	assert.deepEqual(answer.json, document);
	assert.equal(answer.json.info.version, ombud.demo.version);
	assert.match(answer.header('cache-control'), /max-age=\d+/);
	assert.equal(answer.header('access-control-allow-origin'), '*');
	const again = await web.get(`${issuer}/openapi.json`, { headers: { 'if-none-match': answer.header('etag') } });
	assert.equal(again.status, 304);
});

/* ---- bad requests, made from the schemas ---- */

const copyWith = (value, steps, change) => {
	const copy = structuredClone(value);
	const at = steps.slice(0, -1).reduce((inner, step) => inner[step], copy);
	change(at, steps.at(-1));
	return copy;
};

/* { what, json }: each breaks the schema in one place. `good` is a body that is valid. */
function* broken(schema, good, steps = []) {
	const { type, required = [], properties = {}, additionalProperties, items, maxLength, minLength, maxItems, minItems, enum: choices, maximum, minimum,
		uniqueItems } = resolve(schema);
	const at = steps.reduce((inner, step) => inner?.[step], good);
	const put = (value) => (steps.length === 0 ? value : copyWith(good, steps, (inner, name) => { inner[name] = value; }));
	const where = steps.join('.') || 'body';
	const wrong = { string: [7, {}], integer: ['7', 1.5], boolean: ['true', 1], object: ['x', []], array: ['x', {}] }[type] ?? [];
	for (const value of steps.length === 0 ? [] : wrong) {
		yield { what: `${where} is ${JSON.stringify(value)}`, json: put(value) };
	}
	for (const name of required) {
		yield { what: `${where} without ${name}`, json: copyWith(good, [...steps, name], (inner) => { delete inner[name]; }) };
	}
	if (additionalProperties === false) {
		yield { what: `${where} with an unknown member`, json: put({ ...at, unknown_member: 1 }) };
	}
	if (maxLength !== undefined) {
		yield { what: `${where} is too long`, json: put('x'.repeat(maxLength + 1)) };
	}
	if (minLength > 0) {
		yield { what: `${where} is empty`, json: put('') };
	}
	if (choices) {
		yield { what: `${where} is none of the choices`, json: put('something else') };
	}
	if (maximum !== undefined) {
		yield { what: `${where} is too much`, json: put(maximum + 1) };
	}
	if (minimum !== undefined) {
		yield { what: `${where} is too little`, json: put(minimum - 1) };
	}
	if (maxItems !== undefined && resolve(items)?.type === 'string') {
		yield { what: `${where} has too many`, json: put(Array.from({ length: maxItems + 1 }, (_, i) => `x${i}`)) };
	}
	if (minItems > 0) {
		yield { what: `${where} has none`, json: put([]) };
	}
	if (uniqueItems && at?.length > 0) {
		yield { what: `${where} has one twice`, json: put([at[0], at[0]]) };
	}
	for (const [name, inner] of Object.entries(properties)) {
		const known = at?.[name] !== undefined;
		const full = known || resolve(inner).type !== 'object' ? good : copyWith(good, [...steps, name], (there) => { there[name] = {}; });
		yield* broken(inner, full, [...steps, name]);
	}
	if (type === 'array' && at?.length > 0) {
		yield* broken(items, good, [...steps, 0]);
	}
}

/* The same for a form: flat, so members are left out, doubled or too long. */
function* brokenForm(schema, good) {
	const parts = [resolve(schema), ...(resolve(schema).allOf ?? []).map(resolve)];
	const required = parts.flatMap((part) => part.required ?? []).filter((name) => name !== 'client_id');
	const properties = Object.assign({}, ...parts.map((part) => part.properties ?? {}));
	for (const name of required) {
		const { [name]: left, ...rest } = good;
		yield { what: `without ${name}`, form: rest };
		yield { what: `${name} empty`, form: { ...good, [name]: '' } };
	}
	for (const name of Object.keys(good).filter((one) => one !== 'resource' && one !== 'client_id')) {
		yield { what: `${name} twice`, twice: name };
		if (properties[name]?.enum) {
			yield { what: `${name} is none of the choices`, form: { ...good, [name]: 'something-else' } };
		}
	}
	yield { what: 'more bytes than a form may have', form: { ...good, filler: 'x'.repeat(20000) }, status: [413] };
}

async function refused(operation, asked, what, statuses) {
	const answer = await ask(operation, asked);
	assertDescribed(operation, answer, what);
	assert.ok(statuses.includes(answer.status), `${operation.id}, ${what}: ${answer.status} instead of ${statuses} ${answer.text.slice(0, 200)}`);
}

const inTurn = async (list, work, atOnce = 8) => {
	const rest = [...list];
	await Promise.all(Array.from({ length: atOnce }, async () => {
		for (let one = rest.shift(); one !== undefined; one = rest.shift()) {
			await work(one);
		}
	}));
	return list.length;
};

test('a JSON body that breaks its schema anywhere is refused as described, and so is one that is not JSON', async (t) => {
	let count = 0;
	for (const operation of operations.filter((one) => bodyOf(one)?.['application/json'])) {
		const { schema } = bodyOf(operation)['application/json'];
		const good = await goodOf(operation).catch(() => ({ path: withId(operation, 'x'), json: {} })); /* its session has ended */
		const most = operation.op.requestBody['x-body-most'];
		const variants = [...broken(schema, good.json ?? {})];
		count += await inTurn(variants, ({ what, json }) => refused(operation, { ...good, json }, what, [400, 413]));
		if (operation.op.requestBody.description === 'not looked at') {
			continue;
		}
		for (const [what, body] of [['not JSON', '{"a":'], ['a list', '[]'], ['a member twice', '{"a":1,"a":1}'], ['nothing', ''], ['no UTF-8', Buffer.from([0x22, 0xff])],
			['too deep', '['.repeat(200) + ']'.repeat(200)]]) {
			await refused(operation, { ...good, json: undefined, body, headers: { 'content-type': 'application/json' } }, what, [400, 415]);
		}
		/* Refused by its length alone: nobody waits for the rest. */
		await refused(operation, { ...good, json: undefined, body: '{', headers: { 'content-type': 'application/json', 'content-length': most + 1 } },
			'more bytes than a body may have', [413]);
		for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'text/json']) {
			/* Where any body may come, a form is looked at for a token that has no business there (RFC 6750 2.2): 400. */
			await refused(operation, { ...good, json: undefined, body: JSON.stringify(good.json), headers: { 'content-type': type } }, `as ${type}`,
				type.endsWith('urlencoded') ? [400, 415] : [415]);
		}
		count += 11;
	}
	t.diagnostic(`${count} requests`);
	assert.ok(count > 250, `${count} requests`);
});

test('a form that lacks, doubles or overfills a member is refused as described', async (t) => {
	let count = 0;
	for (const operation of operations.filter((one) => bodyOf(one)?.['application/x-www-form-urlencoded'])) {
		const good = await goodOf(operation);
		for (const { what, form, twice, status = [400] } of brokenForm(bodyOf(operation)['application/x-www-form-urlencoded'].schema, good.form)) {
			if (twice === undefined) {
				await refused(operation, { form }, what, status);
			} else {
				const { headers, form: own } = await clientParts(operation);
				await refused(operation, { body: new URLSearchParams([...Object.entries({ ...own, ...good.form }), [twice, good.form[twice]]]).toString(),
					headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' } }, what, status);
			}
			count++;
		}
		await refused(operation, { body: '{}', headers: { 'content-type': 'application/json' } }, 'as JSON', [415]);
		await refused(operation, { as: null, form: { ...good.form, client_id: 'svc-legacy.example' } }, 'by a client that proves nothing', [401]);
		await refused(operation, { as: null, form: { ...good.form, client_id: 'nobody' } }, 'by nobody', [401]);
	}
	t.diagnostic(`${count} requests`);
	assert.ok(count > 20);
});

test('without a token, with a bad one, and with one that lacks the scope each operation refuses as described', async () => {
	const guarded = operations.filter((one) => ['token', 'admin'].includes(kindOf(one)));
	assert.ok(guarded.length > 40);
	await inTurn(guarded, async (operation) => {
		const good = await goodOf(operation).catch(() => ({ path: withId(operation, 'x'), json: {} }));
		const needed = scopeOf(operation);
		await refused(operation, { ...good, as: null }, 'without a token', [401]);
		await refused(operation, { ...good, as: 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln' }, 'with a token of nobody', [401]);
		await refused(operation, { ...good, as: `${tokens.openid.slice(0, -4)}AAAA` }, 'with a changed token', [401]);
		if (needed === 'openid') {
			await refused(operation, { ...good, as: tokens.legacy }, 'with a service token', [403]);
		} else if (needed !== '') {
			await refused(operation, { ...good, as: needed === 'access:evaluate' ? tokens.openid : tokens.legacy }, 'without the scope', [403]);
		}
	});
});

test('another method is 405 and names the good ones; another path is 404', async () => {
	await inTurn(operations.filter(({ path }) => !path.startsWith('/verify')), async (operation) => {
		const { path } = await goodOf(operation).catch(() => ({ path: withId(operation, 'x') }));
		const there = operations.filter((one) => one.path === operation.path).map(({ method }) => method);
		for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((one) => !there.includes(one))) {
			const answer = await ask(operation, { path, method });
			assert.equal(answer.status, 405, `${method} ${operation.path}: ${answer.text}`);
			const allowed = answer.header('allow').split(', ').filter((one) => one !== 'HEAD');
			assert.deepEqual(allowed.sort(), there.sort(), operation.path);
			const valid = validator(['components', 'schemas', operation.path.startsWith('/oauth2/') ? 'OAuthFault' : 'Problem']);
			assert.ok(valid(answer.json), ajv.errorsText(valid.errors));
		}
		assert.equal((await web.get(`${issuer}${operation.path.replaceAll(/[{}]/g, '')}/nothing/here/at/all`)).status, 404, operation.path);
	});
});

test('ids of nobody are 404 as described', async () => {
	/* Closing a case says nothing about whether there is one. */
	for (const operation of operations.filter(({ path, id }) => path.includes('{id}') && id !== 'closeCase')) {
		const good = await goodOf(operation).catch(() => ({ json: {} }));
		const json = operation.id === 'eraseSubject' ? { confirm: 'sub_nobody' } : good.json;
		await refused(operation, { ...good, json, path: withId(operation, 'sub_nobody') }, 'an id of nobody', [404]);
	}
});

test('limits and cursors that are none are refused as described', async () => {
	for (const operation of operations.filter(({ op }) => op.parameters?.some((one) => one.$ref?.endsWith('/Limit')))) {
		const { query = '' } = await goodOf(operation);
		const base = query.split('&').filter((pair) => pair && !pair.startsWith('limit=')).join('&');
		for (const bad of ['limit=0', 'limit=101', 'limit=-1', 'limit=1e1', 'limit=x', 'limit=', 'limit=5&limit=5']) {
			await refused(operation, { query: `${base}${base ? '&' : ''}${bad}` }, bad, [400]);
		}
	}
});

test('after all of this the same processes run, and none has complained', () => {
	assert.deepEqual(ombud.demo.pids, pids);
});
